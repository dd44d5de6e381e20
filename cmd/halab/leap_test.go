package main

import (
	"testing"

	"halab/internal/haproxy"
)

func TestLastServing(t *testing.T) {
	server := func(backend, name, status string, weight int64) haproxy.Stat {
		return haproxy.Stat{Type: haproxy.StatServer, Proxy: backend, Server: name, Status: haproxy.Status(status), Weight: weight}
	}
	one := server("bk", "one", "UP", 1)
	for name, tt := range map[string]struct {
		server haproxy.Stat
		others []haproxy.Stat
		want   bool
	}{
		"alone":                        {one, nil, true},
		"beside one that is up":        {one, []haproxy.Stat{server("bk", "two", "UP", 1)}, false},
		"beside one without a check":   {one, []haproxy.Stat{server("bk", "two", "no check", 1)}, false},
		"beside one on its way down":   {one, []haproxy.Stat{server("bk", "two", "UP 1/3", 1)}, false},
		"beside one that is down":      {one, []haproxy.Stat{server("bk", "two", "DOWN", 1)}, true},
		"beside one on its way up":     {one, []haproxy.Stat{server("bk", "two", "DOWN 1/2", 1)}, true},
		"beside one that drains":       {one, []haproxy.Stat{server("bk", "two", "DRAIN", 1)}, true},
		"beside one of weight 0":       {one, []haproxy.Stat{server("bk", "two", "UP", 0)}, true},
		"beside one of another":        {one, []haproxy.Stat{server("bk2", "one", "UP", 1)}, true},
		"beside the backend's line":    {one, []haproxy.Stat{{Type: haproxy.StatBackend, Proxy: "bk", Server: "BACKEND", Status: "UP", Weight: 1}}, true},
		"it serves nothing as it is":   {server("bk", "one", "DOWN", 1), nil, false},
		"it is in maintenance already": {server("bk", "one", "MAINT", 1), nil, false},
		"it has weight 0 already":      {server("bk", "one", "DRAIN", 0), nil, false},
	} {
		if got := lastServing(append(tt.others, tt.server), tt.server); got != tt.want {
			t.Errorf("%s: %t, want %t", name, got, tt.want)
		}
	}
}

func TestComesToZero(t *testing.T) {
	for _, tt := range []struct {
		weight     string
		configured int
		zero, told bool
	}{
		{"0", 1, true, false}, {"0%", 100, true, false}, {"00", 1, true, false}, {"1", 0, false, false},
		{"50%", 1, true, true}, {"100%", 1, false, false}, {"99%", 1, true, true}, {"50%", 2, false, false},
		{"1%", 100, false, false}, {"1%", 99, true, true}, {"100%", 0, true, true},
	} {
		zero, why := comesToZero(tt.weight, tt.configured)
		if zero != tt.zero || (why != "") != tt.told {
			t.Errorf("%s of %d: %t, %q; want %t, told %t", tt.weight, tt.configured, zero, why, tt.zero, tt.told)
		}
	}
}
