package lab

import (
	"testing"
	"time"

	"halab/internal/scenario"
)

func TestReadyLimit(t *testing.T) {
	for _, tt := range []struct {
		server scenario.ServerParams
		want   time.Duration
	}{
		{scenario.ServerParams{}, 19 * time.Second},
		{scenario.ServerParams{Inter: scenario.Duration(10 * time.Second)}, 35 * time.Second},
		{scenario.ServerParams{Inter: scenario.Duration(time.Second), Rise: 5}, 20 * time.Second},
		{scenario.ServerParams{Inter: scenario.Duration(time.Hour)}, 75 * time.Second},
	} {
		s := &scenario.Scenario{Backends: []scenario.Backend{{Name: "bk", Servers: []scenario.Server{{Name: "a", ServerParams: tt.server}}}}}
		if got := readyLimit(s); got != tt.want {
			t.Errorf("inter %s, rise %d: %s, want %s", tt.server.Inter, tt.server.Rise, got, tt.want)
		}
	}
}
