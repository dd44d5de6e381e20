package matrix

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"halab/internal/history"
	"halab/internal/scenario"
	"halab/internal/verify"
)

const text = `apiVersion: halab/v1
name: small
haproxy: {version: "2.6"}
backends:
  - name: bk
    servers:
      - {name: a, address: 127.0.0.1:81, nginx: 1.22.1, check: true, backup: true}
      - {name: b, address: 127.0.0.1:82, nginx: 1.18.0, check: true}
frontends:
  - {name: app, bind: ":80", default_backend: bk}
traffic:
  new: {rate: 20}
`

func parse(t *testing.T, text string) *scenario.Scenario {
	t.Helper()
	s, err := scenario.Parse("small.yaml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestVersions(t *testing.T) {
	for _, c := range []struct {
		values []string
		want   string
	}{
		{[]string{"nginx:1.18.0", "1.22.1"}, "[1.18.0 1.22.1] <nil>"},
		{[]string{"apache:2.4"}, `want a version of nginx`},
		{[]string{"1.18.0", "nginx:1.18.0"}, "axis from has 1.18.0 twice"},
		{[]string{""}, "axis from has an empty value"},
	} {
		a, err := Versions(FromAxis, "nginx", c.values)
		if got := fmt.Sprint(a.Values, " ", err); !strings.Contains(got, c.want) {
			t.Errorf("%q: %s, want %s", c.values, got, c.want)
		}
	}
}

func TestSet(t *testing.T) {
	for text, want := range map[string]string{
		"traffic.new.rate=50,200": `traffic.new.rate ["50" "200"] <nil>`,
		"a.b = x , y":             `a.b ["x" "y"] <nil>`,
		"o=[a, b],[c]":            `o ["[a, b]" "[c]"] <nil>`,
		"o={a: [1,2], b: 3}":      `o ["{a: [1,2], b: 3}"] <nil>`,
		"teaches=a=b":             `teaches ["a=b"] <nil>`,
		"traffic.new.rate":        `want PATH=VALUE`,
		"=1":                      `want PATH=VALUE`,
		"a=1,,2":                  `axis a has an empty value`,
		"a=1,1":                   `axis a has 1 twice`,
	} {
		a, err := Set(text)
		if got := fmt.Sprintf("%s %q %v", a.Name, a.Values, err); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func FuzzSet(f *testing.F) {
	for _, s := range []string{"a=1,2", "o=[a, b],[c]", "x=]],[", "=", "a[0]=é,\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := Set(text)
		if err != nil || CheckAxes([]Axis{a}) != nil {
			return
		}
		seen := map[string]bool{}
		for _, p := range Product([]Axis{a}) {
			if seen[p.ID] || len(p.ID) > maxID || strings.ContainsAny(p.ID, "/\\ \x00") || strings.HasPrefix(p.ID, ".") {
				t.Errorf("id %q", p.ID)
			}
			seen[p.ID] = true
		}
	})
}

func TestCheckAxes(t *testing.T) {
	many := Axis{Name: "a"}
	for i := range 100 {
		many.Values = append(many.Values, fmt.Sprint(i))
	}
	other := many
	other.Name = "b"
	for _, c := range []struct {
		axes []Axis
		want string
	}{
		{nil, "there is no axis: a matrix wants at least one of --haproxy"},
		{[]Axis{{"a", nil}}, "axis a has no value"},
		{[]Axis{{"a", []string{"1"}}, {"a", []string{"2"}}}, "axis a is there twice"},
		{[]Axis{{"haproxy", []string{"2.2"}}, {"haproxy.version", []string{"2.6"}}}, "axes haproxy and haproxy.version set the same value"},
		{[]Axis{many, other}, "more than 4096 cells"},
	} {
		if err := CheckAxes(c.axes); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

func ids(places []Place) string {
	var out []string
	for _, p := range places {
		out = append(out, p.ID)
	}
	return strings.Join(out, " ")
}

// TestIDs: an id is a directory's name and does not change when an axis gets
// more values.
func TestIDs(t *testing.T) {
	axes := []Axis{{HAProxyAxis, []string{"2.2", "2.6"}}, {ToAxis, []string{"1.22.1"}}}
	want := "haproxy-2.2_to-1.22.1 haproxy-2.6_to-1.22.1"
	if got := ids(Product(axes)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	axes[0].Values = []string{"2.0", "2.2", "2.6"}
	if got := ids(Product(axes)); !strings.HasSuffix(got, want) {
		t.Errorf("%s does not end in %s", got, want)
	}
	long := strings.Repeat("x", 200)
	for _, p := range Product([]Axis{{"backends[0].option", []string{"[a]", "{a}", long + "1", long + "2", "../../etc"}}}) {
		if len(p.ID) > maxID || strings.ContainsAny(p.ID, "/[]{}") {
			t.Errorf("id %q", p.ID)
		}
	}
}

func TestShards(t *testing.T) {
	for text, want := range map[string]string{
		"1/3": "1/3 <nil>", "3/3": "3/3 <nil>",
		"0/3": "want i/n", "4/3": "want i/n", "1": "want i/n", "a/b": "want i/n", "1/0": "want i/n", "1/9999999": "want i/n", "1/3/4": "want i/n",
	} {
		s, err := ParseShard(text)
		if got := fmt.Sprint(s, " ", err); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	if s, err := IndexedShard("0", "4"); err != nil || s != (Shard{1, 4}) {
		t.Errorf("index 0 of 4 is %v, %v", s, err)
	}
	if _, err := IndexedShard("4", "4"); err == nil {
		t.Error("index 4 of 4 is accepted")
	}
	// Every cell is in one shard.
	for n := 1; n < 9; n++ {
		for cell := range 30 {
			in := 0
			for i := 1; i <= n; i++ {
				if (Shard{i, n}).Has(cell) {
					in++
				}
			}
			if in != 1 {
				t.Errorf("cell %d is in %d of %d shards", cell, in, n)
			}
		}
	}
}

func TestPlan(t *testing.T) {
	p, err := NewPlan(parse(t, text), []Axis{{HAProxyAxis, []string{"3.0"}}, {FromAxis, []string{"1.22.1"}}, {ToAxis, []string{"1.26.3"}}, {"traffic.new.rate", []string{"50"}}})
	if err != nil {
		t.Fatal(err)
	}
	all, err := p.Cells(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := all[0]
	got := fmt.Sprint(s.HAProxy.Version, " ", s.Backends[0].Servers[0].Nginx, " ", s.Backends[0].Servers[1].Nginx, " ", s.Traffic.New.Rate)
	if want := "3.0 1.26.3 1.22.1 50"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestRoles: which version is the old one and which the new.
func TestRoles(t *testing.T) {
	one := strings.ReplaceAll(text, "1.22.1", "1.18.0")
	for name, c := range map[string]struct{ text, old, new string }{
		"the active one":      {text, "1.18.0", "1.22.1"},
		"the switch says":     {text + "expect: {switch: {from: bk/a, to: bk/b}}\n", "1.22.1", "1.18.0"},
		"one version":         {one, "1.18.0", ""},
		"most active servers": {strings.Replace(text, "      - {name: b", "      - {name: c, address: 127.0.0.1:83, nginx: 1.19.8}\n      - {name: d, address: 127.0.0.1:84, nginx: 1.19.8}\n      - {name: b", 1), "1.19.8", "1.22.1"},
	} {
		t.Run(name, func(t *testing.T) {
			s := parse(t, c.text)
			old := oldVersion(s)
			if got := newVersion(s, old); old != c.old || got != c.new {
				t.Errorf("from %q to %q, want %q to %q", old, got, c.old, c.new)
			}
		})
	}
	if _, err := NewPlan(parse(t, one), []Axis{{ToAxis, []string{"1.26.3"}}}); !errors.Is(err, ErrNoNew) {
		t.Errorf("no new version: %v", err)
	}
}

// TestMistakes: those of all cells are told once, with the cells.
func TestMistakes(t *testing.T) {
	p, err := NewPlan(parse(t, text), []Axis{{"traffic.new.rate", []string{"x", "1"}}, {"backends[0].balanc", []string{"first", "uri"}}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Cells(nil)
	var errs scenario.Errors
	if !errors.As(err, &errs) {
		t.Fatal(err)
	}
	for _, want := range []string{
		`small.yaml, cell traffic.new.rate-x_backends-0-.balanc-first and 1 more:`, `rate: "x" is not a number`,
		`unknown key "balanc" in backends[0]`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in\n%v", want, err)
		}
	}
	if p, err = NewPlan(parse(t, text), []Axis{{"haproxy.version.x", []string{"1"}}}); err == nil {
		_, err = p.Cells(nil)
	}
	if err == nil || !strings.Contains(err.Error(), "cell haproxy.version.x-1: edit the scenario: haproxy.version.x: haproxy.version is text, not a mapping") {
		t.Errorf("a path through a value: %v", err)
	}
}

func TestResult(t *testing.T) {
	cell := func(o Outcome, wanted bool) Cell { return Cell{Outcome: o, AsExpected: wanted} }
	pass, fail, doubt, hole := cell(Pass, true), cell(Fail, false), cell(Inconclusive, false), cell(Unavailable, false)
	for _, c := range []struct {
		cells []Cell
		want  Result
	}{
		{nil, ResultPass},
		{[]Cell{pass, cell(Fail, true)}, ResultPass},
		{[]Cell{pass, doubt}, ResultInconclusive},
		{[]Cell{doubt, hole, pass}, ResultIncomplete},
		{[]Cell{hole, fail, doubt}, ResultFail},
		{[]Cell{cell(Pass, false)}, ResultFail},
		{[]Cell{cell(NotRun, false)}, ResultIncomplete},
		{[]Cell{cell(Error, false), doubt}, ResultIncomplete},
	} {
		if got := result(c.cells); got != c.want {
			t.Errorf("%v: %s, want %s", c.cells, got, c.want)
		}
	}
}

// TestJudge: what a verdict leaves in a cell.
func TestJudge(t *testing.T) {
	v := &verify.Verdict{Result: verify.Fail, Expected: verify.Pass, Reasons: []string{"x"}, LostAll: 10,
		Lanes: []verify.Lane{{Name: "poll", Sent: 3, Largest: 2000}, {Name: "new", Sent: 100, Largest: 20}, {Name: history.StepLane, Sent: 5, Largest: 1},
			{Name: history.LaneName(history.StreamLane, "www"), Sent: 5, Largest: 1}, {Name: history.LaneName(history.StepLane, "www"), Sent: 5, Largest: 1}},
		Steps: []verify.Step{{Index: 1, Text: "maint: b"}, {Index: 2, Text: "reload: {}", Lost: 7}},
		Findings: []verify.Finding{
			{Invariant: "no failure", Result: verify.Fail, Count: 10}, {Invariant: "health", Result: verify.Fail, Count: 1, Text: "h"},
			{Invariant: "health", Result: verify.Fail, Count: 2}, {Invariant: "coverage", Result: verify.Pass}}}
	var c Cell
	c.Judge(v)
	got := fmt.Sprint(c.Outcome, c.AsExpected, c.Sent, c.Lost, c.Gap, c.Losses, c.Broken)
	if want := `FAILfalse 118 10 20µs [{0 before any step 3} {2 reload: {} 7}] [{health FAIL 3 h}]`; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}
