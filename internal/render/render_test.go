package render_test

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"halab/internal/haproxy"
	"halab/internal/render"
	"halab/internal/scenario"
	"halab/internal/upgrade"
	"halab/scenarios"
)

var update = flag.Bool("update", false, "write the goldens anew")

func parse(t *testing.T, file, text string) *scenario.Scenario {
	t.Helper()
	s, err := scenario.Parse(file, []byte(text), upgrade.Kinds())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// shipped calls test with every scenario that ships.
func shipped(t *testing.T, test func(t *testing.T, s *scenario.Scenario)) {
	t.Helper()
	for _, name := range scenarios.Names() {
		text, err := scenarios.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) { test(t, parse(t, name+".yaml", string(text))) })
	}
}

// targets are what a person reads, and what a lab runs: elsewhere than the
// scenario says, with its log read by halab.
func targets(s *scenario.Scenario) map[string]render.Target {
	lab := render.Target{
		Dir: "/lab", LogSocket: "/lab/log.sock", Sockets: []string{"/lab/admin.sock", "ipv4@127.0.0.1:9999"},
		Binds: map[string]string{}, SSLBinds: map[string]string{}, Servers: map[haproxy.ServerRef]render.Place{}, User: "root", Streams: "/lab/stream.sock",
	}
	for i, f := range s.Frontends {
		lab.Binds[f.Name] = fmt.Sprintf("127.0.0.1:%d", 20000+i)
		lab.SSLBinds[f.Name] = fmt.Sprintf("127.0.0.1:%d", 25000+i)
	}
	for i, ref := range s.ServerRefs() {
		address := fmt.Sprintf("127.0.0.1:%d", 30000+i)
		lab.Servers[ref] = render.Place{Connect: address, Listen: address, Relayed: slices.Contains(upgrade.Faulted(s), ref)}
	}
	return map[string]render.Target{"lab": lab, "plain": {Plain: true}, "stay": {Dir: "/lab", Sockets: lab.Sockets[:1]}}
}

// one is everything that is rendered, as one text.
func one(t *testing.T, s *scenario.Scenario, target render.Target) string {
	t.Helper()
	files, err := render.Render(s, target)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	fmt.Fprintf(&out, "-- haproxy.cfg --\n%s", files.HAProxy)
	for _, ref := range s.ServerRefs() {
		fmt.Fprintf(&out, "-- %s.conf --\n%s", render.FileName(ref), files.Nginx[ref])
	}
	return out.String()
}

// TestGoldens: what people read changes only when somebody means it to. After
// a change: go test ./internal/render -update, and read the difference.
func TestGoldens(t *testing.T) {
	shipped(t, func(t *testing.T, s *scenario.Scenario) {
		for name, target := range targets(s) {
			file := filepath.Join("testdata", s.Name+"-"+name+".txt")
			got := one(t, s, target)
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("%v (a new scenario wants go test ./internal/render -update)", err)
			}
			if got != string(want) {
				t.Errorf("%s has changed:\n%s", file, got)
			}
		}
	})
}

func TestRenderIsDeterministic(t *testing.T) {
	shipped(t, func(t *testing.T, s *scenario.Scenario) {
		for name, target := range targets(s) {
			first := one(t, s, target)
			var side sync.WaitGroup
			for range 4 {
				side.Go(func() {
					if again := one(t, s, target); again != first {
						t.Errorf("%s: another time\n%s", name, again)
					}
				})
			}
			side.Wait()
		}
	})
}

// --plain is what the scenario says and nothing of the lab's.
func TestPlainHasNothingOfTheLab(t *testing.T) {
	shipped(t, func(t *testing.T, s *scenario.Scenario) {
		files, err := render.Render(s, render.Target{Plain: true})
		if err != nil {
			t.Fatal(err)
		}
		if text := strings.ToLower(string(files.HAProxy)); strings.Contains(text, "halab") || strings.Contains(text, "# lab") {
			t.Errorf("the lab's own:\n%s", files.HAProxy)
		}
	})
}

// Leave out what is marked as the lab's, and what is left is what --plain
// says, but for where the log, the stats socket, the certificate and the
// servers' state are.
func TestLabLinesAreMarked(t *testing.T) {
	shipped(t, func(t *testing.T, s *scenario.Scenario) {
		all := targets(s)
		lab, plain := lines(t, s, all["stay"]), lines(t, s, all["plain"])
		for line := range lines(t, s, all["lab"]) {
			if !strings.Contains(line, "# lab") && !plain[line] && line != "ring halab" {
				t.Errorf("not marked: %s", line)
			}
		}
		for line := range plain {
			if own := strings.HasPrefix(line, "log /dev/log") || strings.Contains(line, " ssl crt ") || strings.HasPrefix(line, "stats socket") || strings.HasPrefix(line, "server-state-file "); !own && !lab[line] {
				t.Errorf("not in the lab: %s", line)
			}
		}
	})
}

func lines(t *testing.T, s *scenario.Scenario, target render.Target) map[string]bool {
	t.Helper()
	files, err := render.Render(s, target)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for line := range bytes.Lines(files.HAProxy) {
		out[strings.TrimSpace(string(line))] = true
	}
	maps.DeleteFunc(out, func(line string, _ bool) bool { return strings.HasPrefix(line, "# ") })
	return out
}

// The sections of the article stand in its order.
func TestSectionOrder(t *testing.T) {
	text, err := scenarios.Read("blog-walkthrough")
	if err != nil {
		t.Fatal(err)
	}
	s := parse(t, "a.yaml", string(text))
	files, err := render.Render(s, targets(s)["lab"])
	if err != nil {
		t.Fatal(err)
	}
	var sections []string
	for line := range strings.Lines(string(files.HAProxy)) {
		if line[0] != ' ' && line[0] != '#' && line[0] != '\n' {
			sections = append(sections, strings.TrimSpace(line))
		}
	}
	if want := []string{"global", "defaults", "ring halab", "backend bk_app", "frontend app"}; !slices.Equal(sections, want) {
		t.Errorf("%q, want %q", sections, want)
	}
}

func TestFileNameNamesOneFile(t *testing.T) {
	for ref, want := range map[haproxy.ServerRef]string{
		{Backend: "bk_app", Server: "nginx1"}: "nginx-bk_app-nginx1",
		{Backend: "a/b", Server: "../c d"}:    "nginx-a~b-..~c~d",
		{Backend: "a:b", Server: "c\n"}:       "nginx-a~b-c~",
		{Backend: "a-b", Server: "c-d"}:       "nginx-a=b-c-d",
	} {
		if got := render.FileName(ref); got != want || filepath.Base(got) != got {
			t.Errorf("%+v: %q, want %q", ref, got, want)
		}
	}
}

// Names that differ have files that differ.
func TestFileNamesDiffer(t *testing.T) {
	seen := map[string]haproxy.ServerRef{}
	for _, text := range []string{"a/b-c", "a-b/c", "a-/b", "a/-b", "a--/b", "a:b/c", "a/b:c", "a.b/c", "a/:", "a/_", "a/-", "-/a", ":/a", "A/b", "a/B"} {
		ref, err := haproxy.ParseServerRef(text)
		if err != nil {
			t.Fatal(err)
		}
		name := render.FileName(ref)
		if first, ok := seen[name]; ok {
			t.Errorf("%v and %v are both %s", first, ref, name)
		}
		seen[name] = ref
	}
}
