package adminsock

import (
	"errors"
	"strings"
	"testing"
)

var answerTests = []struct {
	name, raw string
	answer    string
	fails     error // nil, ErrNoAnswer, ErrPermission, ErrUnknownServer or errAny
}{
	{name: "empty", raw: "\n\n[6]: admin\n\n"},
	{name: "one line", raw: "\n1 (initial 1)\n\n[6]: user\n\n", answer: "1 (initial 1)"},
	{name: "many lines", raw: "\na: b\nc: d\n\n[6]: operator\n\n", answer: "a: b\nc: d"},
	{name: "information", raw: "\n[6]: 2.6.12\n\n[6]: admin\n\n", answer: "2.6.12"},
	{name: "warning", raw: "\n[4]: mind this\n\n[6]: admin\n\n", answer: "mind this"},
	{name: "the epilogue itself", raw: "\n[6]: admin\n\n[6]: admin\n\n", answer: "admin"},
	{name: "brackets", raw: "\n[x]: y\n\n[6]: admin\n\n", answer: "[x]: y"},
	{name: "error", raw: "\n[3]: No such server.\n\n[6]: admin\n\n", fails: ErrUnknownServer},
	{name: "no backend", raw: "\n[3]: Can't find backend.\n\n[6]: admin\n\n", fails: ErrUnknownServer},
	{name: "permission", raw: "\n[3]: Permission denied\n\n[6]: user\n\n", fails: ErrPermission},
	{name: "alert", raw: "\n[1]: fire\n\n[6]: admin\n\n", fails: errAny},
	{name: "unknown command", raw: "\n[6]: Unknown command: 'x'\n  help\n\n[6]: admin\n\n", fails: errAny},
	{name: "nothing", raw: "", fails: ErrNoAnswer},
	{name: "no prologue", raw: "\n[6]: admin\n\n", fails: ErrNoAnswer},
	{name: "no answer", raw: "[6]: admin\n\n", fails: ErrNoAnswer},
	{name: "another level", raw: "\n\n[6]: root\n\n", fails: ErrNoAnswer},
	{name: "a web server", raw: "HTTP/1.1 400 Bad Request\r\n\r\n", fails: ErrNoAnswer},
}

// errAny stands for an error that is a *CommandError and nothing else.
var errAny = errors.New("any")

func TestUnwrap(t *testing.T) {
	for _, tt := range answerTests {
		answer, err := unwrap("cmd", tt.raw)
		if answer != tt.answer || (err == nil) != (tt.fails == nil) {
			t.Errorf("%s: %q, %v", tt.name, answer, err)
		}
		for _, sentinel := range []error{ErrNoAnswer, ErrPermission, ErrUnknownServer} {
			if errors.Is(err, sentinel) != (tt.fails == sentinel) {
				t.Errorf("%s: errors.Is(%v, %v) is %t", tt.name, err, sentinel, tt.fails != sentinel)
			}
		}
		var refused *CommandError
		if errors.As(err, &refused) == (err == nil || tt.fails == ErrNoAnswer) {
			t.Errorf("%s: %T", tt.name, err)
		}
	}
}

// TestUnwrapCut cuts every complete answer at every byte: none of the pieces
// may pass for an answer.
func TestUnwrapCut(t *testing.T) {
	for _, tt := range answerTests {
		if errors.Is(tt.fails, ErrNoAnswer) {
			continue
		}
		for i := range tt.raw {
			if answer, err := unwrap("cmd", tt.raw[:i]); !errors.Is(err, ErrNoAnswer) {
				t.Errorf("%s: %q passed for the answer %q, %v", tt.name, tt.raw[:i], answer, err)
			}
		}
	}
}

func FuzzUnwrap(f *testing.F) {
	for _, tt := range answerTests {
		f.Add(tt.raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		answer, err := unwrap("cmd", raw)
		if err != nil && answer != "" {
			t.Errorf("%q beside %v", answer, err)
		}
		if err == nil && !strings.Contains(raw, answer) {
			t.Errorf("%q is nowhere in %q", answer, raw)
		}
	})
}

func TestErrorTexts(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{&CommandError{Command: "set x", Answer: "Permission denied", Severity: 3},
			"set x: HAProxy answered: Permission denied (the stats socket needs level admin)"},
		{&CommandError{Command: "x", Answer: "Unknown command: 'x'\n  help", Severity: 6},
			"x: HAProxy answered: Unknown command: 'x'"},
		{&noAnswerError{cmd: "show stat"}, "show stat: no complete answer: the peer closed the connection"},
		{&noAnswerError{cmd: "show stat", got: "\n# px"}, `show stat: no complete answer: 5 bytes, the last are "\n# px"`},
	} {
		if tt.err.Error() != tt.want {
			t.Errorf("%q, want %q", tt.err, tt.want)
		}
	}
}
