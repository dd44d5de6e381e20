package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"halab/internal/haproxy"
	"halab/internal/render"
	"halab/internal/scenario"
	"halab/internal/software"
	"halab/internal/upgrade"
)

// stdinFile is standard input as a file.
const stdinFile = "/dev/stdin"

// configVerdict is what one HAProxy says of a configuration.
type configVerdict struct {
	Asked   string   `json:"asked"`
	Version string   `json:"version"`
	Source  string   `json:"source"`
	OK      bool     `json:"ok"`
	Says    string   `json:"says,omitempty"`    // HAProxy's words
	Origins []string `json:"origins,omitempty"` // places of the scenario that they speak of
}

// String is a line, and below it HAProxy's words where it refuses or warns.
func (v configVerdict) String() string {
	name := fmt.Sprintf("HAProxy %s (%s): ", v.Version, v.Source)
	if v.OK && !strings.Contains(v.Says, "[WARNING]") {
		return name + "ok"
	}
	word := "refused"
	if v.OK {
		word = "ok, with warnings"
	}
	return strings.Join(append([]string{name + word, "  " + strings.ReplaceAll(printable(v.Says), "\n", "\n  ")}, v.Origins...), "\n  ")
}

// checkConfigs has every HAProxy of a scenario read its configuration, and
// prints what each says. The certificate is one as a lab makes it, for HAProxy
// reads it.
func (a *app) checkConfigs(ctx context.Context, s *scenario.Scenario, target render.Target, f renderFlags) error {
	certificate, err := namelessCertificate()
	if err != nil {
		return err
	}
	defer certificate.Close()
	target.Certificate = certificateFile
	files, err := render.Render(s, target)
	if err != nil {
		return err
	}
	find := software.New(software.Options{Substitute: f.substitute, Progress: func(l string) { a.say("%s", l) }})
	all, code := []configVerdict{}, codePass
	var missing []error // a version that is not available hides no other's verdict
	for _, version := range haproxyVersions(s) {
		v, err := a.checkConfig(ctx, s, files, certificate, find, version)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			missing = append(missing, err)
			continue
		}
		if !v.OK {
			code = codeUsage
		}
		all = append(all, v)
	}
	return a.outcome(code, errors.Join(append(missing, a.printVerdicts(all, f))...))
}

// printVerdicts makes the verdicts the result, but narration beside the JSON of
// files that are written.
func (a *app) printVerdicts(all []configVerdict, f renderFlags) error {
	if f.json && f.out == "" {
		return a.json(all)
	}
	for _, v := range all {
		if f.json {
			a.say("%s", v)
		} else {
			a.print("%s\n", v)
		}
	}
	return nil
}

// haproxyVersions are the versions that a scenario begins with and upgrades to.
func haproxyVersions(s *scenario.Scenario) []haproxy.Version {
	first, _ := haproxy.ParseVersion(s.HAProxy.Version) // the scenario was validated
	out := []haproxy.Version{first}
	for _, need := range upgrade.Needs(s) {
		if need.Want.Name == software.HAProxy && !slices.Contains(out, need.Want.Version) {
			out = append(out, need.Want.Version)
		}
	}
	return out
}

// checkConfig runs haproxy -c of one version.
func (a *app) checkConfig(ctx context.Context, s *scenario.Scenario, files render.Files, certificate *os.File, find *software.Resolver, version haproxy.Version) (configVerdict, error) {
	defer a.ui.wait("checking with HAProxy " + version.String())()
	p, err := find.Process(ctx, software.Want{Name: software.HAProxy, Version: version})
	if err != nil {
		return configVerdict{}, err
	}
	// Over a pipe: a temporary file could outlive a kill.
	args := append(p.Argv[1:len(p.Argv):len(p.Argv)], "-c", "-f", stdinFile)
	cmd := exec.CommandContext(ctx, p.Argv[0], args...)
	cmd.Stdin = bytes.NewReader(files.HAProxy)
	cmd.ExtraFiles = []*os.File{certificate}
	out, err := cmd.CombinedOutput()
	var refused *exec.ExitError
	if err != nil && !errors.As(err, &refused) {
		return configVerdict{}, fmt.Errorf("check with HAProxy %s (%s): %w", version, p.Source, err)
	}
	text := strings.TrimSpace(strings.ReplaceAll(string(out), stdinFile, "haproxy.cfg"))
	v := configVerdict{Asked: version.String(), Version: p.Got.String(), Source: p.Source, OK: err == nil, Says: text}
	if err != nil {
		v.Origins = origins(s, files, text)
		if text == "" {
			v.Says = err.Error()
		}
	}
	return v, nil
}

// origins name the places of the scenario that HAProxy's message speaks of.
func origins(s *scenario.Scenario, files render.Files, message string) []string {
	var out []string
	for _, m := range files.Mentions(s, message) {
		out = append(out, fmt.Sprintf("line %d of haproxy.cfg comes from %s:%d:%d", m.Line, s.File, m.Pos.Line, m.Pos.Col))
	}
	return out
}
