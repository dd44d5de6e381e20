package scenario

import (
	"strings"
	"testing"
)

func TestUnderline(t *testing.T) {
	long := strings.Repeat("x", 200)
	for _, tc := range []struct {
		source     string
		col, width int
		line, mark string
	}{
		{"name: x", 7, 1, "name: x", "      ^"},
		{"name: xyz", 7, 3, "name: xyz", "      ^~~"},
		{"\tname:\tab", 8, 2, "\tname:\tab", "\t     \t^~"},
		{"新: 新x", 4, 2, "新: 新x", "    ^~~"},
		{"e\u0301: x", 5, 1, "e\u0301: x", "   ^"},
		{"ab", 3, 1, "ab", "  ^"},
		{"ab", 9, 9, "ab", "  ^"},
		{"", 1, 1, "", "^"},
		{"a\x1b[31mb", 2, 1, "a\uFFFD[31mb", " ^"},
		{"a\u202eb", 3, 1, "a\uFFFDb", "  ^"},
		{long, 1, 200, long[:120] + "…", "^" + strings.Repeat("~", 119)},
		{long, 101, 2, "…" + long[:120] + "…", strings.Repeat(" ", 61) + "^~"},
	} {
		line, mark := underline(tc.source, tc.col, tc.width)
		if line != tc.line || mark != tc.mark {
			t.Errorf("underline(%.20q, %d, %d):\n%s\n%s\nwant\n%s\n%s", tc.source, tc.col, tc.width, line, mark, tc.line, tc.mark)
		}
	}
}

func TestSuggest(t *testing.T) {
	for word, want := range map[string]string{
		"maitn": "maint", "MAINT": "maint", "dran": "drain", "weigth": "weight", "xyz": "", "": "", "redy": "ready",
		strings.Repeat("a", 1000): "",
	} {
		if got := suggest(word, []string{"drain", "maint", "ready", "weight"}); got != want {
			t.Errorf("suggest(%.20q) = %q, want %q", word, got, want)
		}
	}
}
