package upgrade

import (
	"testing"

	"halab/internal/haproxy"
)

func TestInService(t *testing.T) {
	server := func(name string, status haproxy.Status, weight, bck int64) haproxy.Stat {
		return haproxy.Stat{Type: haproxy.StatServer, Proxy: "bk", Server: name, Status: status, Weight: weight, Bck: bck}
	}
	elsewhere := server("active", "UP", 1, 0)
	elsewhere.Proxy = "other"
	for _, c := range []struct {
		name  string
		stats []haproxy.Stat // the last is asked for
		want  bool
	}{
		{"an active server", []haproxy.Stat{server("b", "UP", 1, 1), server("a", "UP", 1, 0)}, true},
		{"without a check", []haproxy.Stat{server("a", "no check", 1, 0)}, true},
		{"in maintenance", []haproxy.Stat{server("a", "MAINT", 1, 0)}, false},
		{"of weight 0", []haproxy.Stat{server("a", "UP", 0, 0)}, false},
		{"a backup beside an active server", []haproxy.Stat{server("a", "UP", 1, 0), server("b", "UP", 1, 1)}, false},
		{"a backup that carries the traffic", []haproxy.Stat{elsewhere, server("a", "MAINT", 1, 0), server("b", "UP", 1, 1)}, true},
		{"a second backup", []haproxy.Stat{server("a", "DOWN", 1, 0), server("b", "UP", 1, 1), server("c", "UP", 1, 1)}, false},
		{"a second backup whose first is down", []haproxy.Stat{server("b", "DOWN", 1, 1), server("c", "UP", 1, 1)}, true},
	} {
		if got := inService(c.stats, c.stats[len(c.stats)-1]); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
	later := []haproxy.Stat{server("b", "UP", 1, 1), server("a", "UP", 1, 0)}
	if inService(later, later[0]) {
		t.Error("a backup before an active server")
	}
}
