package scenario

import (
	"fmt"
	"strings"
	"testing"
)

// bombs are texts that are small to write and large to read.
func bombs() map[string]string {
	rep := func(s string) string { return strings.Repeat(s, MaxFile/len(s)) }
	cut := func(s string) string { return s[:min(len(s), MaxFile)] }
	var laughs, stairs strings.Builder
	laughs.WriteString("a0: &a0 [x,x,x,x,x,x,x,x,x]\n")
	for i := 1; i < 9; i++ {
		fmt.Fprintf(&laughs, "a%d: &a%d [%s]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d,", i-1), 9))
	}
	for i := range 1400 {
		stairs.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return map[string]string{
		"laughs":     laughs.String(),
		"lists":      rep("["),
		"mappings":   rep("{a: "),
		"hidden":     cut("a: x\nb: '\n  '\nc: " + rep("[")),
		"behind tag": cut("a: !x &y " + rep("[")),
		"dashes":     rep("- "),
		"questions":  rep("? "),
		"stairs":     stairs.String(),
		"commas":     cut("a: [" + rep("1,")),
		"brackets":   cut("a: [" + rep("[],")),
		"keys":       rep("a: b\n"),
		"documents":  rep("---\n"),
		"comments":   rep("#\n"),
		"file":       strings.Repeat("#", MaxFile+1),
	}
}

// A file's size is told as people give it, not as far as it was read.
func TestTooLarge(t *testing.T) {
	for size, want := range map[int64]string{MaxFile: "", MaxFile + 1: "has 1 MB", 100e6: "has 100 MB", 100 << 20: "has 100 MiB", 12_345_678: "has 12.3 MB"} {
		if errs := TooLarge("a.yaml", size); len(errs) != min(1, len(want)) || want != "" && errs[0].Msg != "the file "+want {
			t.Errorf("%d bytes: %v, want %q", size, errs, want)
		}
	}
	_, err := Parse("pipe", make([]byte, MaxFile+1), testKinds())
	if err == nil || !strings.Contains(err.Error(), "the file has more than 1 MiB") {
		t.Errorf("read as far as it may be: %v", err)
	}
}

// TestBombs: they are refused before or without the YAML parser's nodes. That
// this takes milliseconds is BenchmarkBombs' to show.
func TestBombs(t *testing.T) {
	for name, text := range bombs() {
		t.Run(name, func(t *testing.T) {
			s := newSource("bomb", []byte(text))
			_, err := Parse("bomb", []byte(text), testKinds())
			errs, ok := err.(Errors)
			if !ok {
				t.Fatalf("error %v", err)
			}
			checkErrors(t, errs)
			if n := len(errs.Pretty()); n > 64<<10 {
				t.Errorf("%d bytes of message", n)
			}
			if name != "laughs" && s.limits([]byte(text)) {
				t.Error("got as far as the YAML parser")
			}
		})
	}
}

func BenchmarkBombs(b *testing.B) {
	for name, text := range bombs() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_, _ = Parse("bomb", []byte(text), testKinds())
			}
		})
	}
}

// TestNotBombs: what only looks like one is taken for what it is.
func TestNotBombs(t *testing.T) {
	deep := strings.Repeat("[{", 100)
	for _, text := range []string{
		"a: |\n  " + deep + "\n\n  " + deep + "\nb: 1\n",
		"a:\n  - |-\n   " + deep + "\n  - b: >2\n      " + deep + "\n",
		"a: \"" + deep + "\\\"" + deep + "\"\n",
		"a: '" + deep + "''" + deep + "'\n",
		"a: 'x\n  " + deep + "'\n",
		"a: 1 # " + deep + "\n# " + deep + "\n",
		"a: x" + deep + "\n",
		"a:\n\t\n  b: 1\n",
	} {
		s := newSource("x", []byte(text))
		if !s.limits([]byte(text)) {
			t.Errorf("%.40q refused: %v", text, s.errs)
		}
	}
}

func TestManyMistakes(t *testing.T) {
	_, err := Parse("x", []byte(strings.Repeat("unknown: 1\n", 5000)), testKinds())
	if errs, ok := err.(Errors); !ok || len(errs) != maxErrors {
		t.Errorf("%d errors, want %d", len(errs), maxErrors)
	}
}
