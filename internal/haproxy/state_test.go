package haproxy

import "testing"

func TestAdminState(t *testing.T) {
	for _, tt := range []struct {
		state AdminState
		text  string
		maint bool
		drain bool
	}{
		{0, "ready", false, false},
		{FMAINT, "FMAINT", true, false},
		{IMAINT, "IMAINT", true, false},
		{RMAINT, "RMAINT", true, false},
		{CMAINT, "CMAINT", false, false},
		{FMAINT | CMAINT, "FMAINT|CMAINT", true, false},
		{FDRAIN, "FDRAIN", false, true},
		{IDRAIN, "IDRAIN", false, true},
		{FMAINT | FDRAIN, "FMAINT|FDRAIN", true, false},
		{HMAINT | 0x80, "HMAINT|0x80", false, false},
	} {
		if got := tt.state.String(); got != tt.text {
			t.Errorf("%#x reads %q, want %q", uint8(tt.state), got, tt.text)
		}
		if tt.state.Maint() != tt.maint || tt.state.Drain() != tt.drain || tt.state.Ready() == (tt.maint || tt.drain) {
			t.Errorf("%v: maint %t, drain %t, ready %t", tt.state, tt.state.Maint(), tt.state.Drain(), tt.state.Ready())
		}
	}
}

func TestServerActionDone(t *testing.T) {
	for _, tt := range []struct {
		state               AdminState
		ready, drain, maint bool
	}{
		{0, true, false, false},
		{CMAINT, true, false, false},
		{IMAINT, true, false, false},
		{FDRAIN, false, true, false},
		{FDRAIN | IMAINT, false, true, false},
		{FMAINT, false, false, true},
		{FMAINT | FDRAIN, false, false, true},
	} {
		if Ready.Done(tt.state) != tt.ready || Drain.Done(tt.state) != tt.drain || Maint.Done(tt.state) != tt.maint {
			t.Errorf("%v: ready %t, drain %t, maint %t", tt.state,
				Ready.Done(tt.state), Drain.Done(tt.state), Maint.Done(tt.state))
		}
	}
	if _, err := ParseServerAction("down"); err == nil {
		t.Error("down was taken for an administrative state")
	}
	if a, err := ParseServerAction("drain"); a != Drain || err != nil {
		t.Errorf("drain: %v, %v", a, err)
	}
}

func TestStatus(t *testing.T) {
	for _, tt := range []struct {
		status                                              Status
		base                                                string
		plain, serving, maint, draining, down, transitional bool
	}{
		{"UP", "UP", true, true, false, false, false, false},
		{"UP 1/3", "UP", false, true, false, false, false, true},
		{"no check", "no check", true, true, false, false, false, false},
		{"DOWN", "DOWN", false, false, false, false, true, false},
		{"DOWN 1/2", "DOWN", false, false, false, false, true, true},
		{"DOWN (agent)", "DOWN", false, false, false, false, true, false},
		{"NOLB", "NOLB", false, false, false, true, false, false},
		{"NOLB 1/2", "NOLB", false, false, false, true, false, true},
		{"DRAIN", "DRAIN", false, false, false, true, false, false},
		{"DRAIN 2/3", "DRAIN", false, false, false, true, false, true},
		{"DRAIN (agent)", "DRAIN", false, false, false, true, false, false},
		{"MAINT", "MAINT", false, false, true, false, false, false},
		{"MAINT (via bk_app/nginx2)", "MAINT", false, false, true, false, false, false},
		{"MAINT (resolution)", "MAINT", false, false, true, false, false, false},
		{"MAINT(resolution)", "MAINT", false, false, true, false, false, false},
		{"OPEN", "OPEN", false, true, false, false, false, false},
		{"STOP", "STOP", false, false, false, false, false, false},
		{"", "", false, false, false, false, false, false},
	} {
		s := tt.status
		if s.Base() != tt.base || s.PlainUp() != tt.plain || s.Serving() != tt.serving || s.Maint() != tt.maint ||
			s.Draining() != tt.draining || s.Down() != tt.down || s.Transitional() != tt.transitional {
			t.Errorf("%q: base %q, plain %t, serving %t, maint %t, draining %t, down %t, transitional %t", s,
				s.Base(), s.PlainUp(), s.Serving(), s.Maint(), s.Draining(), s.Down(), s.Transitional())
		}
	}
	if n, of, ok := Status("UP 1/3").Progress(); n != 1 || of != 3 || !ok {
		t.Errorf("UP 1/3: %d of %d, %t", n, of, ok)
	}
}
