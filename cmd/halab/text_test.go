package main

import (
	"testing"
	"time"
)

func TestTable(t *testing.T) {
	got := table([][]string{{"a", "bb", "c"}, {"äää", "b", "a long last column"}, {"x"}})
	want := "a    bb  c\näää  b   a long last column\nx\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestTableIn(t *testing.T) {
	rows := [][]string{{"NAME", "TEACHES"}, {"drain", "what a kept connection does while its server is drained"}}
	want := "NAME   TEACHES\ndrain  what a kept connection\n       does while its server\n       is drained\n"
	if got := tableIn(29, rows); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	wide := [][]string{{"blog-walkthrough", "PASS", "nginx2 goes into maintenance"}}
	want = "blog-walkthrough  PASS\n    nginx2 goes into\n    maintenance\n"
	if got := tableIn(26, wide); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestPrintable(t *testing.T) {
	if got := printable("nginx\x1b[2J\r\u202e ok\n"); got != "nginx\uFFFD[2J\uFFFD\uFFFD ok\n" {
		t.Errorf("%q", got)
	}
}

func TestCut(t *testing.T) {
	for text, want := range map[string]string{"": "", "abcd": "abcd", "abcde": "abc…", "ääääää": "äää…"} {
		if got := cut(text, 4); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestQuote(t *testing.T) {
	for word, want := range map[string]string{"": "''", "/a/b.sock": "/a/b.sock", "a b": "'a b'", "it's": `'it'\''s'`} {
		if got := quote(word); got != want {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
	}
}

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		5 * time.Second: "for 5s", 90 * time.Second: "for 1m", 90 * time.Minute: "for 1h30m", 50 * time.Hour: "for 2 days",
	} {
		if got := age(d); got != want {
			t.Errorf("%s: %s, want %s", d, got, want)
		}
	}
}
