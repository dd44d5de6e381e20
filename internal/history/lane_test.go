package history

import "testing"

func TestLaneName(t *testing.T) {
	for _, tc := range []struct{ class, frontend, want string }{
		{"new", "", "new"},
		{"new", "api", "new@api"},
		{"step", "a-b.c:d", "step@a-b.c:d"},
	} {
		name := LaneName(tc.class, tc.frontend)
		if name != tc.want || LaneClass(name) != tc.class || LaneFrontend(name) != tc.frontend {
			t.Errorf("%q is of class %q and frontend %q; want %q, %q, %q", name, LaneClass(name), LaneFrontend(name), tc.want, tc.class, tc.frontend)
		}
	}
}

func TestBegan(t *testing.T) {
	for want, r := range map[Micros]Request{7: {Intended: 5, Sent: 7}, 5: {Intended: 5}} {
		if got := r.Began(); got != want {
			t.Errorf("%+v began at %d", r, got)
		}
	}
}
