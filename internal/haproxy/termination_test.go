package haproxy

import (
	"strings"
	"testing"
)

func TestTerminationState(t *testing.T) {
	for _, tt := range []struct {
		state   TerminationState
		clean   bool
		explain string
	}{
		{"--", true, "ended normally"},
		{"----", true, "ended normally"},
		{"--VN", true, "ended normally"},
		{"SC", false, "no server took the connection"},
		{"SH", false, "before it had sent complete response headers"},
		{"sH", false, "server timeout"},
		{"SD", false, "what the client got is cut"},
		{"sQ", false, "queue timeout"},
		{"DD--", false, "marked down during the transfer"},
		{"DH", false, "marked down"},
		{"KD", false, "administrator"},
		{"cR", false, "client sent no complete request"},
		{"CD", false, "client left"},
		{"PR", false, "blocked the request"},
		{"LR", false, "answered by itself"},
		{"UD", false, "a preferred server came up, during the transfer of data"},
		{"CL", false, "the client aborted the connection, while the last data"},
		{"Z?", false, "an event that HAProxy writes as Z, an event that HAProxy writes as ?"},
		{"C", false, "the client aborted"},
		{"-", false, "ended normally"},
		{"", false, ""},
	} {
		if got := tt.state.Clean(); got != tt.clean {
			t.Errorf("%q is clean: %t", tt.state, got)
		}
		if got := tt.state.Explain(); !strings.Contains(got, tt.explain) || (got == "") != (tt.explain == "") {
			t.Errorf("%q: %q, want it to say %q", tt.state, got, tt.explain)
		}
	}
}

func TestTerminationStateCharacters(t *testing.T) {
	s := TerminationState("SCVN")
	for _, tt := range []struct{ got, want string }{
		{s.Cause(), "the server aborted or refused the connection"},
		{s.Phase(), "while the connection to the server was being established"},
		{s.Cookie(), "the client's cookie named the server it reached"},
		{s.CookieOperation(), "the server sent no cookie and none was inserted"},
		{TerminationState("SC").Cookie(), ""},
		{TerminationState("").Cause(), ""},
	} {
		if tt.got != tt.want {
			t.Errorf("%q, want %q", tt.got, tt.want)
		}
	}
}

func TestTerminationTables(t *testing.T) {
	for name, letters := range map[string][]letter{
		"cause": causeLetters, "phase": phaseLetters, "cookie": cookieLetters, "operation": operationLetters,
	} {
		for i := 1; i < len(letters); i++ {
			if letters[i-1].char >= letters[i].char {
				t.Errorf("%s: %c stands before %c", name, letters[i-1].char, letters[i].char)
			}
		}
	}
	for i, e := range knownEndings {
		if i > 0 && knownEndings[i-1].state >= e.state {
			t.Errorf("%s stands before %s", knownEndings[i-1].state, e.state)
		}
		for _, text := range []string{TerminationState(e.state).Cause(), TerminationState(e.state).Phase()} {
			if strings.Contains(text, "writes as") {
				t.Errorf("%s: a character is in no table", e.state)
			}
		}
	}
}

func TestConnected(t *testing.T) {
	for state, want := range map[TerminationState]bool{"--": true, "SD": true, "sH": true, "cD": true, "SC": false, "sC--": false, "sQ": false, "": true} {
		if got := state.Connected(); got != want {
			t.Errorf("%q: %t", state, got)
		}
	}
}
