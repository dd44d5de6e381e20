package report

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"halab/internal/history"
	"halab/internal/verify"
	"halab/templates"
)

// TestPageCarriesNothingForeign: whatever a server sends stays text.
func TestPageCarriesNothingForeign(t *testing.T) {
	out := string(render(t, hostile()))
	for _, markup := range []string{"<img", "</script><script>document", "\x1b", "\u202e", "\x00"} {
		if strings.Contains(out, markup) {
			t.Errorf("%q got through", markup)
		}
	}
	if n := strings.Count(out, "</script>"); n != 2 {
		t.Errorf("%d ends of scripts, want the data's and the script's", n)
	}
	if strings.Contains(out, "ZgotmplZ") {
		t.Error("the template engine refused a value")
	}
	if m := regexp.MustCompile(`(?i)(src|href)="(https?:)?//|@import|url\(`).FindString(out); m != "" {
		t.Errorf("the page has %q", m)
	}
	tags := regexp.MustCompile(`="[^"]*"`).ReplaceAllString(out, "=v") // values apart
	if m := regexp.MustCompile(`(?i)<[^>]*\s(on[a-z]+|style)=`).FindString(tags); m != "" {
		t.Errorf("the page has %q", m)
	}
}

func TestPolicyNamesTheStyleAndTheScript(t *testing.T) {
	style, script, policy, err := assets()
	if err != nil {
		t.Fatal(err)
	}
	out := string(render(t, passed()))
	for _, want := range []string{"<style>" + style + "</style>", "<script>" + script + "</script>"} {
		if !strings.Contains(out, want) {
			t.Errorf("the page does not have %.40q as it was hashed", want)
		}
	}
	if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy: %s", policy)
	}
}

func TestPageIsDeterministic(t *testing.T) {
	if !bytes.Equal(render(t, failed()), render(t, failed())) {
		t.Error("two pages of one run differ")
	}
}

func TestPageOfAnEmptyHistory(t *testing.T) {
	var out bytes.Buffer
	if err := HTML(&out, &verify.Verdict{Result: verify.Inconclusive}, &list{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "INCONCLUSIVE") || strings.Contains(out.String(), "NaN") {
		t.Error("the page of nothing is not right")
	}
}

// TestContrast holds the page's colours to WCAG 2.2, level AA: 4.5 for text
// (1.4.3) and 3 for what is drawn (1.4.11), in light and dark.
func TestContrast(t *testing.T) {
	css, err := templates.Report.ReadFile("report/report.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, ok := strings.Cut(string(css), "prefers-color-scheme: dark")
	if !ok {
		t.Fatal("no dark colours")
	}
	dark, _, _ = strings.Cut(dark, "box-sizing")
	for name, text := range map[string]string{"light": light, "dark": dark} {
		c := colours(text)
		for _, ground := range []string{"paper", "wash"} {
			for _, ink := range []string{"ink", "soft", "pass", "fail", "doubt"} {
				atLeast(t, name, c, ink, ground, 4.5)
			}
			for _, drawn := range []string{"lost", "retried", "quiet", "focus", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7"} {
				atLeast(t, name, c, drawn, ground, 3)
			}
		}
		for _, state := range []string{"up", "maint", "drain", "down", "rising"} {
			atLeast(t, name, c, "ink", state, 4.5)
		}
	}
}

func atLeast(t *testing.T, scheme string, c map[string]float64, a, b string, want float64) {
	t.Helper()
	x, y := c[a], c[b]
	if x == 0 && y == 0 {
		t.Fatalf("%s: no colour %s or %s", scheme, a, b)
	}
	if got := (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05); got < want {
		t.Errorf("%s: %s on %s has a contrast of %.2f, want %.1f", scheme, a, b, got, want)
	}
}

// colours are the relative luminances of the style's colours.
func colours(css string) map[string]float64 {
	out := map[string]float64{}
	for _, m := range regexp.MustCompile(`--([a-z0-9]+): #([0-9a-f]{6})`).FindAllStringSubmatch(css, -1) {
		l := 0.0
		for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
			n, _ := strconv.ParseUint(m[2][2*i:2*i+2], 16, 8)
			v := float64(n) / 255
			if v <= 0.04045 {
				v /= 12.92
			} else {
				v = math.Pow((v+0.055)/1.055, 2.4)
			}
			l += weight * v
		}
		out[m[1]] = l
	}
	return out
}

// writeHistory writes a history to a file.
func writeHistory(t *testing.T, v *verify.Verdict) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "history.jsonl")
	w, err := history.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range runOf(v) {
		w.Write(e)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWrite(t *testing.T) {
	path := writeHistory(t, failed())
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "haproxy.cfg"), []byte("# the very configuration\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for range 2 { // the second time over the first
		if err := Write(dir, failed(), path); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if got := fmt.Sprint(names); got != "[junit.xml report.html report.json summary.md]" {
		t.Errorf("written: %s", got)
	}
	page, err := os.ReadFile(filepath.Join(dir, HTMLFile))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(page, []byte("# the very configuration")) {
		t.Error("the configuration beside the history is not in the page")
	}
}

// TestWriteLeavesNoHalves: where a report cannot be made, no part of it is
// there, and what was there before stays.
func TestWriteLeavesNoHalves(t *testing.T) {
	dir := t.TempDir()
	old := filepath.Join(dir, HTMLFile)
	if err := os.WriteFile(old, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Write(dir, failed(), filepath.Join(dir, "no-history.jsonl")); err == nil {
		t.Fatal("no error although there is no history")
	}
	if got, _ := os.ReadFile(old); string(got) != "old" {
		t.Errorf("the old page is now %q", got)
	}
	if hidden, _ := filepath.Glob(filepath.Join(dir, ".*")); len(hidden) > 0 {
		t.Errorf("left behind: %v", hidden)
	}
}

// The page says in the words of the others what was compared.
func TestPageSaysWhatWasCompared(t *testing.T) {
	if page := string(render(t, passed())); strings.Count(page, comparedOf(passed())) != 1 {
		t.Errorf("the page does not say %q once", comparedOf(passed()))
	}
	v := passed()
	v.Compared = ""
	if page := string(render(t, v)); strings.Contains(page, "Compared in each answer") {
		t.Error("an old record did not tell what was compared")
	}
}

// The GETs of the steps themselves are no lane of the traffic.
func TestPageCountsTheLanesOfTheTraffic(t *testing.T) {
	if page := string(render(t, passed())); !strings.Contains(page, "on 2 lanes<") {
		t.Error("poll and new are not counted as two lanes")
	}
}
