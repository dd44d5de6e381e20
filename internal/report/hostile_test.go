package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"halab/internal/verify"
)

// TestTextObeysNobody: of a text from outside nothing reaches a terminal that
// it would obey.
func TestTextObeysNobody(t *testing.T) {
	out := write(t, func(w io.Writer, v *verify.Verdict) error { return Text(w, v, TextOptions{}) }, hostile())
	for i, b := range out {
		if b != '\n' && (b < ' ' || b == 0x7f) {
			t.Fatalf("byte %#x at %d, in %q", b, i, out[max(0, i-20):i+1])
		}
	}
	if bytes.ContainsRune(out, '\u202e') || !utf8.Valid(out) {
		t.Error("a change of direction or broken UTF-8 got through")
	}
}

func TestTextKeepsToItsWidth(t *testing.T) {
	for name, v := range cases() {
		for _, width := range []int{60, 80, 120} {
			out := write(t, func(w io.Writer, v *verify.Verdict) error { return Text(w, v, TextOptions{Width: width}) }, v)
			for _, line := range strings.Split(string(out), "\n") {
				if n := utf8.RuneCountInString(line); n > width && line != visible(v.Scenario) {
					t.Errorf("%s at %d: %d columns: %s", name, width, n, line)
				}
			}
		}
	}
}

func TestTextEndsWithTheVerdict(t *testing.T) {
	for name, want := range map[string]string{
		"pass": "PASS", "fail": "FAIL", "expected-fail": "FAIL, as this scenario expects", "inconclusive": "INCONCLUSIVE",
	} {
		out := write(t, func(w io.Writer, v *verify.Verdict) error { return Text(w, v, TextOptions{}) }, cases()[name])
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		if got := lines[len(lines)-1]; got != want {
			t.Errorf("%s ends with %q", name, got)
		}
	}
}

func TestConclusionOfTheUnexpected(t *testing.T) {
	v := passed()
	v.Expected, v.AsWanted = verify.Fail, false
	if got := conclusion(v); got != "PASS, but this scenario expects FAIL" {
		t.Error(got)
	}
	v.Result = verify.Fail
	if got := conclusion(v); got != "FAIL, but not for the reason that this scenario expects" {
		t.Error(got)
	}
}

// junitRead is what a reader of JUnit takes from the file.
type junitRead struct {
	Suites []struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Cases    []struct {
			Class   string `xml:"classname,attr"`
			Name    string `xml:"name,attr"`
			File    string `xml:"file,attr"`
			Line    int    `xml:"line,attr"`
			Failure *struct {
				Message string `xml:"message,attr"`
			} `xml:"failure"`
			Error *struct{} `xml:"error"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

func TestJUnitReadBack(t *testing.T) {
	for name, v := range cases() {
		t.Run(name, func(t *testing.T) {
			var got junitRead
			if err := xml.Unmarshal(write(t, JUnit, v), &got); err != nil {
				t.Fatal(err)
			}
			suite := got.Suites[0]
			seen, failures := map[string]bool{}, 0
			for _, c := range suite.Cases {
				if key := c.Class + "\x00" + c.Name; seen[key] {
					t.Errorf("two cases are %q of %q", c.Name, c.Class)
				} else {
					seen[key] = true
				}
				if c.Error != nil {
					t.Error("an <error>")
				}
				if c.Failure != nil {
					failures++
				}
			}
			if len(suite.Cases) != suite.Tests || suite.Failures != failures {
				t.Errorf("%d tests, %d failures; counted %d and %d", suite.Tests, suite.Failures, len(suite.Cases), failures)
			}
			if (failures > 0) == v.AsWanted {
				t.Errorf("%d failures where the verdict is as wanted: %v", failures, v.AsWanted)
			}
		})
	}
}

// A case is there in every run of a scenario, or a pipeline has no history of
// it: what a run has to tell changes its result alone.
func TestJUnitHasTheSameCasesInEveryRun(t *testing.T) {
	names := func(v *verify.Verdict) []string {
		var got junitRead
		if err := xml.Unmarshal(write(t, JUnit, v), &got); err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, c := range got.Suites[0].Cases {
			out = append(out, c.Name)
		}
		return out
	}
	want := names(passed())
	told := failed()
	told.Findings = append(told.Findings,
		verify.Finding{Invariant: "coverage", Lane: "new", Result: verify.Inconclusive, Text: "fell behind"},
		verify.Finding{Invariant: "coverage", Lane: "new", Result: verify.Inconclusive, Text: "a gap"},
		verify.Finding{Invariant: "in flight", Result: verify.Fail, Text: "cut"},
		verify.Finding{Invariant: "origin", Result: verify.Pass, Text: "the proxy"},
		verify.Finding{Invariant: "outage", Lane: "new", Result: verify.Fail, Text: "2s"},
		verify.Finding{Invariant: "clean ends", Lane: "poll", Result: verify.Fail, Text: "SD"},
		verify.Finding{Invariant: "record", Result: verify.Inconclusive, Text: "cut"})
	if got := names(told); !slices.Equal(got, want) {
		t.Errorf("%q\nwant\n%q", got, want)
	}
	if out := string(write(t, JUnit, told)); !strings.Contains(out, "fell behind&#xA;a gap") {
		t.Error("of two findings of a case one is lost")
	}
}

// Lanes to several frontends have the cases of their class.
func TestJUnitCasesOfSeveralFrontends(t *testing.T) {
	v := passed()
	v.Lanes = []verify.Lane{{Name: "upload@www"}, {Name: "upload@api"}}
	cases := func() string {
		var out strings.Builder
		for _, c := range junitCases(v) {
			if c.lane != "" {
				out.WriteString(c.invariant + "/" + c.lane + "\n")
			}
		}
		return out.String()
	}
	v.Findings = nil
	want := cases()
	for _, name := range []string{"decided/upload@api\n", "decided/upload@www\n", "no failure/step@www\n"} {
		if !strings.Contains(want, name) {
			t.Errorf("no case %q in\n%s", name, want)
		}
	}
	// A step that sends a GET adds none.
	v.Lanes = append(v.Lanes, verify.Lane{Name: "step@www"})
	v.Findings = []verify.Finding{{Invariant: "no failure", Lane: "step@www", Result: verify.Pass}}
	if got := cases(); got != want {
		t.Errorf("with a GET of a step:\n%swant\n%s", got, want)
	}
}

func TestMarkdownNumbersAreNoLists(t *testing.T) {
	for text, want := range map[string]string{
		"0 of 5 requests": "0 of 5 requests", "2.6.12": "2.6.12", "1. first": `1\. first`, "12) twelfth": `12\) twelfth`, "3.": `3\.`, "1.5 s": "1.5 s", "- no": `\- no`,
		"new@www a|b": "new@www a|b", "http://a": `http\://a`, `\|`: `\\|`,
	} {
		if got := md(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// A cell's text stays in its cell, and no entity stands for a character.
func TestMarkdownCells(t *testing.T) {
	var b bytes.Buffer
	mdTable(&b, "a | b", "---|---", [][]string{{md(`one|two\`), md(`\|`)}})
	if want := "\n| a | b |\n|---|---|\n| one\\|two\\\\ | \\\\\\| |\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
	if out := write(t, Markdown, hostile()); bytes.Contains(out, []byte("&#")) {
		t.Error("the summary has an entity")
	}
}

func TestJUnitInconclusiveIsAFailure(t *testing.T) {
	var got junitRead
	if err := xml.Unmarshal(write(t, JUnit, inconclusive()), &got); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, c := range got.Suites[0].Cases {
		if c.Failure != nil && strings.HasPrefix(c.Failure.Message, "INCONCLUSIVE") {
			n++
		}
	}
	if n != 3 {
		t.Errorf("%d failures begin with INCONCLUSIVE, want two findings and the verdict", n)
	}
}

func TestMarkdownIsHarmless(t *testing.T) {
	out := string(write(t, Markdown, hostile()))
	// What stands behind a backslash is no markup (CommonMark 2.4).
	out = regexp.MustCompile("\\\\[!-/:-@\\[-`{-~]").ReplaceAllString(out, "")
	for _, markup := range []string{"<script", "<img", "](y)", "\x1b", "`", "://"} {
		if strings.Contains(out, markup) {
			t.Errorf("%q got through", markup)
		}
	}
	for _, line := range strings.Split(out, "\n") {
		if strings.HasPrefix(line, "| ") && !strings.HasSuffix(line, " |") {
			t.Errorf("a broken row: %.80s", line)
		}
	}
}

func TestMarkdownFitsAStepSummary(t *testing.T) {
	v := hostile()
	long := strings.Repeat("|", 5000)
	for i := range 5000 {
		v.Reasons = append(v.Reasons, long)
		v.Findings = append(v.Findings, verify.Finding{Invariant: long, Lane: long, Text: long})
		v.Lanes = append(v.Lanes, verify.Lane{Name: fmt.Sprint(i, long)})
		v.Lost = append(v.Lost, v.Lost[0])
	}
	if out := write(t, Markdown, v); len(out) > MaxMarkdown {
		t.Errorf("%d bytes", len(out))
	}
	if out := within(bytes.Repeat([]byte("a line\n"), MaxMarkdown)); len(out) > MaxMarkdown || !strings.HasSuffix(string(out), "a line\n\n\n*The summary was too long and is cut here.*\n") {
		t.Errorf("%d bytes that end in %q", len(out), out[len(out)-80:])
	}
}

func TestAnnotationsAreFewAndWhole(t *testing.T) {
	v := hostile()
	for range 30 {
		v.Findings = append(v.Findings, v.Findings[1], verify.Finding{Result: verify.Inconclusive, Text: nasty})
	}
	command := regexp.MustCompile(`^::(error|warning|notice) file=[^:,]*(,line=\d+)?,title=[^:,]*::`)
	kinds := map[string]int{}
	for _, line := range strings.Split(strings.TrimSuffix(string(write(t, Annotations, v)), "\n"), "\n") {
		m := command.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("no workflow command: %s", line)
		}
		kinds[m[1]]++
	}
	if kinds["error"] != maxAnnotations || kinds["warning"] != maxAnnotations {
		t.Errorf("annotations by kind: %v", kinds)
	}
}

func TestJSONHasNoNullLists(t *testing.T) {
	for name, v := range cases() {
		if out := write(t, JSON, v); bytes.Contains(out, []byte(": null")) {
			t.Errorf("%s: a null", name)
		}
	}
	if out := write(t, JSON, &verify.Verdict{}); bytes.Contains(out, []byte("null")) {
		t.Errorf("of an empty verdict: %s", out)
	}
}

// TestJSONFollowsTheSchema holds every report against the schema that ships.
func TestJSONFollowsTheSchema(t *testing.T) {
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	for name, v := range cases() {
		var doc any
		if err := json.Unmarshal(write(t, JSON, v), &doc); err != nil {
			t.Fatal(err)
		}
		for _, mistake := range against(schema, schema, doc, name) {
			t.Error(mistake)
		}
	}
}

// against is as much of JSON Schema as report.json needs, and closes objects:
// a field that the schema does not know is a mistake of the schema.
func against(root, schema map[string]any, doc any, path string) []string {
	if ref, ok := schema["$ref"].(string); ok {
		name := strings.TrimPrefix(ref, "#/$defs/")
		return against(root, root["$defs"].(map[string]any)[name].(map[string]any), doc, path)
	}
	if values, ok := schema["enum"].([]any); ok {
		for _, v := range values {
			if v == doc {
				return nil
			}
		}
		return []string{fmt.Sprintf("%s: %v is none of %v", path, doc, values)}
	}
	var out []string
	switch value := doc.(type) {
	case map[string]any:
		out = append(out, objectAgainst(root, schema, value, path)...)
	case []any:
		if schema["type"] != "array" {
			return []string{path + ": an array"}
		}
		for i, e := range value {
			out = append(out, against(root, schema["items"].(map[string]any), e, fmt.Sprintf("%s[%d]", path, i))...)
		}
	case string:
		if schema["type"] != "string" {
			out = append(out, path+": a string")
		}
	case float64:
		whole := value == float64(int64(value))
		if schema["type"] != "number" && (schema["type"] != "integer" || !whole) {
			out = append(out, path+": a number")
		}
	case bool:
		if schema["type"] != "boolean" {
			out = append(out, path+": a boolean")
		}
	default:
		out = append(out, fmt.Sprintf("%s: %v", path, doc))
	}
	return out
}

func objectAgainst(root, schema, value map[string]any, path string) []string {
	if schema["type"] != "object" {
		return []string{path + ": an object"}
	}
	var out []string
	properties, _ := schema["properties"].(map[string]any)
	extra, open := schema["additionalProperties"].(map[string]any)
	for key, v := range value {
		p, ok := properties[key].(map[string]any)
		switch {
		case ok:
			out = append(out, against(root, p, v, path+"."+key)...)
		case open:
			out = append(out, against(root, extra, v, path+"."+key)...)
		default:
			out = append(out, path+"."+key+" is in no schema")
		}
	}
	required, _ := schema["required"].([]any)
	for _, key := range required {
		if _, ok := value[key.(string)]; !ok {
			out = append(out, path+"."+key.(string)+" is missing")
		}
	}
	return out
}
