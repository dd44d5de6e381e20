package report

import (
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSeveral: the reports of several runs have each of them, also the one that
// could not be run, and carry nothing foreign.
func TestSeveral(t *testing.T) {
	runs := []Run{{Scenario: "one", Dir: "one", V: passed()}, {Scenario: "two", Dir: "two", V: failed()}, {Scenario: "three", Problem: "no such version"}, {Scenario: "four", Dir: "four", V: hostile()}}
	dir := t.TempDir()
	if err := WriteSeveral(dir, runs); err != nil {
		t.Fatal(err)
	}
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	page, summary := read(IndexFile), read(MarkdownFile)
	for _, want := range []string{`<a href="one/report.html">one</a>`, `<a href="two/report.html">two</a>`, "no such version", "1 of 4 scenarios came out as expected"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if strings.Contains(page, "<script") || strings.Contains(page, "<img") || strings.Contains(page, `href="three`) {
		t.Error("the page has what it must not")
	}
	if !strings.Contains(summary, "| NOT RUN | three |") || !strings.Contains(summary, "proxy 5xx 503, SC at bk_app/") {
		t.Errorf("summary:\n%s", summary)
	}
	var got junitRead
	if err := xml.Unmarshal([]byte(read(JUnitFile)), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Suites) != 4 || got.Suites[0].Cases[0].Name != "verdict" {
		t.Errorf("%d suites", len(got.Suites))
	}
	var text bytes.Buffer
	if err := SeveralText(&text, runs, TextOptions{Width: 60}); err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(text.String(), "\n") {
		if len([]rune(line)) > 60 {
			t.Errorf("too long: %s", line)
		}
	}
	text.Reset()
	if err := Quiet(&text, &runs[1]); err != nil || !strings.HasPrefix(text.String(), "FAIL  two\n  ") {
		t.Errorf("quiet: %q, %v", text.String(), err)
	}
}

// A run that was not carried through is green nowhere, whatever its verdict.
func TestSeveralNotCarriedThrough(t *testing.T) {
	runs := []Run{
		{Scenario: "kept", Dir: "kept", V: passed(), Problem: "remove the lab: network busy"},
		{Scenario: "cut", Dir: "cut", V: inconclusive(), Problem: "start the lab: context canceled"},
		{Scenario: "lost", Dir: "lost", V: failed(), Problem: "remove the lab: network busy"},
		{Scenario: "absent", Problem: "context canceled"},
	}
	var junit, page, summary bytes.Buffer
	for write, out := range map[*bytes.Buffer]func(io.Writer, []Run) error{&junit: SeveralJUnit, &page: SeveralHTML, &summary: SeveralMarkdown} {
		if err := out(write, runs); err != nil {
			t.Fatal(err)
		}
	}
	var got junitRead
	if err := xml.Unmarshal(junit.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"run: remove the lab: network busy", "run: interrupted", "run: remove the lab: network busy", "verdict: NOT RUN: interrupted"} {
		cases := got.Suites[i].Cases
		last := cases[len(cases)-1]
		if last.Failure == nil || last.Name+": "+last.Failure.Message != want {
			t.Errorf("%s: %+v, want %q", runs[i].Scenario, last, want)
		}
	}
	for i, want := range []string{"doubt", "doubt", "fail", "doubt"} {
		if row := runs[i].row(); row.Tone != want {
			t.Errorf("%s: tone %s, want %s", runs[i].Scenario, row.Tone, want)
		}
	}
	for _, text := range []string{page.String(), summary.String()} {
		if strings.Contains(text, "context canceled") || !strings.Contains(text, "interrupted") || !strings.Contains(text, "network busy") {
			t.Errorf("the problems are not told:\n%s", text)
		}
	}
}
