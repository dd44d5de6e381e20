package verify_test

import (
	"testing"

	"halab/internal/upgrade"
	"halab/internal/verify"
)

// Every kind of step that names one server says what it does to it.
func TestEveryKindHasItsEffect(t *testing.T) {
	others := map[string]bool{
		"wait": true, "expect": true, "save_state": true, "run": true, // no server is changed, or any may be
		"blue_green": true, "canary": true, "parallel": true, "repeat": true, "rolling": true, // stand for others
	}
	kinds := 0
	for _, kind := range upgrade.Kinds() {
		kinds++
		if verify.HasEffect(kind.Name) == others[kind.Name] {
			t.Errorf("%s: an effect is known: %t", kind.Name, !others[kind.Name])
		}
	}
	if kinds < len(others) {
		t.Errorf("%d kinds", kinds)
	}
}
