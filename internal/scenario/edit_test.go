package scenario

import (
	"errors"
	"os"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

func good(t testing.TB) *Scenario {
	t.Helper()
	data, err := os.ReadFile("testdata/good.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Parse("good.yaml", data, testKinds())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSetEdit(t *testing.T) {
	for _, c := range []struct {
		path, value string
		want        func(*Scenario) bool
	}{
		{"haproxy.version", "3.0", func(s *Scenario) bool { return s.HAProxy.Version == "3.0" }},
		{"haproxy.version", "2.10", func(s *Scenario) bool { return s.HAProxy.Version == "2.10" }},
		{"traffic.new.rate", "200", func(s *Scenario) bool { return s.Traffic.New.Rate == 200 }},
		{"traffic.poll.interval", "1s", func(s *Scenario) bool { return s.Traffic.Poll.IntervalD().Seconds() == 1 }},
		{"backends[0].servers[1].weight", "7", func(s *Scenario) bool { return *s.Backends[0].Servers[1].Weight == 7 }},
		{"backends[0].servers[0].backup", "false", func(s *Scenario) bool { return !s.Backends[0].Servers[0].Backup }},
		{"backends[0].option[1]", "redispatch", func(s *Scenario) bool { return len(s.Backends[0].Option) == 2 }},
		{"haproxy.defaults.option", "[]", func(s *Scenario) bool { return len(s.HAProxy.Defaults.Option) == 0 }},
		{"expect.latency", "{p99: 1s}", func(s *Scenario) bool { return s.Expect.Latency.P99.D().Seconds() == 1 }},
		{"teaches", `a "word": # here`, func(s *Scenario) bool { return s.Teaches == `a "word": # here` }},
		{"steps[0].pause", "3s", func(s *Scenario) bool { return s.Steps[0].Args.(*pause).For.D().Seconds() == 3 }},
		{"steps[2].flip.within", "3s", func(s *Scenario) bool { return s.Steps[2].Args.(*flip).Within.D().Seconds() == 3 }},
	} {
		s, err := good(t).Edited(testKinds(), SetEdit{c.path, c.value})
		if err != nil {
			t.Errorf("%s=%s: %v", c.path, c.value, err)
			continue
		}
		if !c.want(s) {
			t.Errorf("%s=%s was not set:\n%s", c.path, c.value, s.Source)
		}
	}
}

func TestSetEditMistakes(t *testing.T) {
	for _, c := range []struct{ path, value, want string }{
		{"", "1", `"" is no path`},
		{"a..b", "1", `"a..b" is no path`},
		{"backends[x]", "1", "is no path"},
		{"backends[0", "1", "is no path"},
		{"backends[0]balance", "1", "is no path"},
		{"backends[4].balance", "first", "backends has 1 entries, counted from 0: there is no [4]"},
		{"backends.balance", "first", "backends is a list, not a mapping"},
		{"haproxy[0]", "1", "haproxy is a mapping, not a list"},
		{"haproxy.version.major", "2", "haproxy.version is a number, not a mapping"},
		{"haproxy.defaults.option", "[redispatch", "is no list or mapping"},
	} {
		_, err := good(t).Edited(testKinds(), SetEdit{c.path, c.value})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s=%s: %v, want %q in it", c.path, c.value, err, c.want)
		}
	}
	// What the parser knows it says, with the line.
	var mistakes Errors
	_, err := good(t).Edited(testKinds(), SetEdit{"traffic.new.rat", "9"})
	if !errors.As(err, &mistakes) || !strings.Contains(err.Error(), `unknown key "rat" in new`) {
		t.Errorf("an unknown key: %v", err)
	}
}

func TestNginxEdit(t *testing.T) {
	s, err := good(t).Edited(testKinds(), NginxEdit{"1.18.0": "1.19.8", "1.19.8": "1.26.3"})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Backends[0].Servers; got[0].Nginx != "1.26.3" || got[1].Nginx != "1.19.8" {
		t.Errorf("servers have %s and %s, want 1.26.3 and 1.19.8", got[0].Nginx, got[1].Nginx)
	}
	if got := strings.Join(s.NginxVersions(), " "); got != "1.26.3 1.19.8" {
		t.Errorf("versions %s", got)
	}
}

// TestDroppedSteps: indices are those of the scenario as it was.
func TestDroppedSteps(t *testing.T) {
	s, err := good(t).Edited(testKinds(), StepEdit{Index: 0}, StepEdit{Index: 3, YAML: "pause: 2s"}, StepEdit{Index: 2})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Steps) != 2 || s.Steps[0].Text != "flip: nginx2" || s.Steps[1].Text != "pause: 2s" {
		t.Errorf("steps %+v", s.Steps)
	}
}

// FuzzSetEdit: whatever the path and value, the result is a scenario or an
// error, and what Parse accepts says the same again.
func FuzzSetEdit(f *testing.F) {
	f.Add("traffic.new.rate", "50")
	f.Add("backends[0].servers[1].weight", "7")
	f.Add("haproxy.defaults.option", "[redispatch]")
	f.Add("a[0][1].b", "{x: [y]}")
	f.Add("teaches", "\x00 &a *b !!c")
	s := good(f)
	f.Fuzz(func(t *testing.T, path, value string) {
		edited, err := s.Edited(testKinds(), SetEdit{path, value})
		if err != nil {
			return
		}
		if _, err := edited.Edited(testKinds()); err != nil {
			t.Errorf("%q=%q: the result is accepted once and then not: %v", path, value, err)
		}
	})
}

// TestNginxEditInSteps: arguments of steps however deep, and the Server
// headers that steps wait for; not the text of a command.
func TestNginxEditInSteps(t *testing.T) {
	const steps = `steps:
    - rolling: {backend: bk, nginx: 1.18.0}
    - repeat:
        times: 2
        steps:
            - replace: {server: bk/a, nginx: 1.18.0} # the old one
            - expect: {header: nginx/1.18.0, within: 2s}
            - expect: {header: Nginx/1.18.0}
            - expect: {header: nginx/}
    - run: install nginx 1.18.0
`
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(steps), &doc); err != nil {
		t.Fatal(err)
	}
	if err := (NginxEdit{"1.18.0": "1.30"}).edit(&doc); err != nil {
		t.Fatal(err)
	}
	got, err := yaml.Marshal(&doc)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(strings.ReplaceAll(steps, "1.18.0", "1.30"), "install nginx 1.30", "install nginx 1.18.0", 1)
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
