package report

import (
	"bytes"
	"strings"
	"testing"
)

func TestBackticksAreCode(t *testing.T) {
	for text, want := range map[string]string{
		"step 1 `maint: a`: <b>":      "step 1 <code>maint: a</code>: &lt;b&gt;",
		"`<script>` and a lone ` one": "<code>&lt;script&gt;</code> and a lone ` one",
		"none":                        "none",
	} {
		if got := string(coded(text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Wherever a page gives a reason or a remark, what is between backticks is code.
func TestBackticksAreCodeOnEveryPage(t *testing.T) {
	v := controlled()
	v.Control.Reasons = []string{"a reason of the control: `touches: [a]` says so"}
	v.Remarks = []string{"a remark: `touches: [a]` says so"}
	m := mixedMatrix()
	m.Cells[0].Reasons = []string{"a reason of a cell: `touches: [a]` says so"}
	var pages bytes.Buffer
	if err := HTML(&pages, v, &list{events: runOf(v)}); err != nil {
		t.Fatal(err)
	}
	if err := MatrixHTML(&pages, m); err != nil {
		t.Fatal(err)
	}
	for _, of := range []string{"a reason of the control", "a remark", "a reason of a cell"} {
		if !strings.Contains(pages.String(), of+": <code>touches: [a]</code> says so") {
			t.Errorf("%s has no code", of)
		}
	}
}
