package report

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"strings"

	"halab/internal/history"
	"halab/internal/report/timeline"
	"halab/internal/verify"
	"halab/templates"
)

// File is a configuration file shown in the HTML report.
type File struct{ Name, Text string }

// HTML writes report.html: one page that needs no network and, for all but
// the zooming of its timeline, no script. It reads src, the history of the
// verdict, once and to its end; memory does not grow with the run's length.
func HTML(w io.Writer, v *verify.Verdict, src verify.Source, files ...File) error {
	t, err := timeline.Collect(v, src)
	if err != nil {
		return err
	}
	p, err := newPage(v, t, files)
	if err != nil {
		return err
	}
	all, err := template.New("page.html.tmpl").Funcs(pageFuncs).ParseFS(templates.Report, "report/*.html.tmpl")
	if err != nil {
		return fmt.Errorf("parse the page's templates: %w", err)
	}
	if err := all.Execute(w, p); err != nil {
		return fmt.Errorf("fill the page in: %w", err)
	}
	return nil
}

// pageFuncs are what the templates call.
var pageFuncs = template.FuncMap{
	"clock":       clock,
	"coded":       coded,
	"compared":    comparedOf,
	"count":       count,
	"gap":         func(l verify.Lane) string { return gapOf(&l) },
	"len64":       func(l []lostRow) int64 { return int64(len(l)) },
	"length":      func(m history.Micros) string { return length(m) },
	"lines":       lines,
	"moreShares":  moreShares,
	"output":      htmlOutputs,
	"plural":      plural,
	"shares":      shareRows,
	"shareServer": func(s verify.Share) string { return shareServer(&s) },
	"sub":         func(a, b int) int { return a - b },
	"sure":        func(l verify.Lane) string { return sure(&l) },
	"text":        visible,
	"tone":        tone,
}

// tone is the class of a result.
func tone(r verify.Result) string {
	switch r {
	case verify.Pass:
		return "pass"
	case verify.Fail:
		return "fail"
	}
	return "doubt"
}

// maxFile bounds a file that the page shows, in bytes.
const maxFile = 256 << 10

// lines is a file's text with its lines kept and all else made visible.
func lines(s string) string {
	cut := ""
	if len(s) > maxFile {
		s, cut = s[:maxFile], "\n…"
	}
	all := strings.Split(s, "\n")
	for i, l := range all {
		all[i] = plain(strings.ReplaceAll(strings.TrimSuffix(l, "\r"), "\t", "    "), maxFile)
	}
	return strings.Join(all, "\n") + cut
}

// assets are the page's style and script, and the policy that lets these two
// through and nothing else: no other script, no style, no request to anyone
// (W3C, Content Security Policy Level 3).
func assets() (style, script, policy string, err error) {
	if style, err = joined(templates.Report, "report/*.css"); err != nil {
		return "", "", "", err
	}
	if script, err = joined(templates.Report, "report/*.js"); err != nil {
		return "", "", "", err
	}
	policy = fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; img-src data:; base-uri 'none'; form-action 'none'",
		digest(style), digest(script))
	return style, script, policy, nil
}

// joined are the embedded files that match, in the order of their names.
func joined(from fs.FS, pattern string) (string, error) {
	names, err := fs.Glob(from, pattern)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, name := range names {
		text, err := fs.ReadFile(from, name)
		if err != nil {
			return "", err
		}
		out.Write(text)
	}
	return out.String(), nil
}

// digest is a source expression of the policy for exactly this text.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// scriptData is the JSON in the page. encoding/json writes <, > and & as
// escapes, so nothing in it can end the block that it stands in.
func scriptData(t *timeline.Timeline, v *verify.Verdict) (template.JS, error) {
	type step struct {
		Index int            `json:"i"`
		At    history.Micros `json:"t"`
	}
	data := struct {
		timeline.Data
		Steps []step `json:"steps"`
	}{Data: t.Data(keyLabel), Steps: []step{}}
	for i, l := range data.Lanes {
		data.Lanes[i].Name = visible(l.Name)
	}
	for i, k := range data.Kinds {
		data.Kinds[i] = visible(k)
	}
	for _, s := range v.Steps {
		data.Steps = append(data.Steps, step{s.Index, s.Begin})
	}
	text, err := json.Marshal(data)
	if err != nil {
		return "", fmt.Errorf("encode the page's data: %w", err)
	}
	return template.JS(text), nil
}

// keyLabel names who answered.
func keyLabel(k timeline.Key) string {
	switch {
	case k.Server == "":
		return visible(k.Header)
	case k.Header == "":
		return visible(k.Server)
	}
	return visible(k.Header + " of " + k.Server)
}
