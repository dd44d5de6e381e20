package report

import "testing"

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
