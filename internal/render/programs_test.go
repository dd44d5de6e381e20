package render_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"halab/internal/haproxy/haproxytest"
	"halab/internal/render"
	"halab/internal/scenario"
	"halab/internal/software"
	"halab/internal/upgrade"
)

// program finds a program as halab does, in the user's cache or from Debian.
func program(t *testing.T, want string) []string {
	t.Helper()
	w, err := software.ParseWant(want)
	if err != nil {
		t.Fatal(err)
	}
	p, err := software.New(software.Options{Progress: func(line string) { t.Log(line) }}).Process(t.Context(), w)
	if err != nil && os.Getenv("CI") != "true" {
		fmt.Fprintf(os.Stderr, "SKIPPED %s: %v\n", t.Name(), err)
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p.Argv
}

// eachHAProxy runs a test with every version that halab knows.
func eachHAProxy(t *testing.T, test func(t *testing.T, h haproxytest.HAProxy)) {
	t.Helper()
	for _, version := range []string{"2.2", "2.6", "3.0", "3.2"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			test(t, haproxytest.HAProxy{Name: version, Argv: program(t, "haproxy:"+version)})
		})
	}
}

func TestHAProxyTakesEveryShippedScenario(t *testing.T) {
	certificate := certificate(t)
	eachHAProxy(t, func(t *testing.T, h haproxytest.HAProxy) {
		shipped(t, func(t *testing.T, s *scenario.Scenario) {
			if !takes(t, s, h.Name) {
				return
			}
			for name, target := range targets(s) {
				target.Certificate = certificate
				files, err := render.Render(s, target)
				if err != nil {
					t.Fatal(err)
				}
				if out, err := h.Check(t, string(files.HAProxy)); err != nil || strings.Contains(out, "ALERT") {
					t.Errorf("%s: %v\n%s\n%s", name, err, out, files.HAProxy)
				}
			}
		})
	})
}

// takes tells whether the scenario could ask for this HAProxy: an option that
// came later is refused by Parse already. Nothing else may be.
func takes(t *testing.T, s *scenario.Scenario, version string) bool {
	t.Helper()
	source := strings.Replace(string(s.Source), `version: "`+s.HAProxy.Version+`"`, `version: "`+version+`"`, 1)
	_, err := scenario.Parse(s.File, []byte(source), upgrade.Kinds())
	if err != nil && !strings.Contains(err.Error(), "has no option") {
		t.Errorf("%s for HAProxy %s: %v", s.Name, version, err)
	}
	return err == nil
}

func TestNginxTakesEveryShippedScenario(t *testing.T) {
	for _, version := range []string{"1.18.0", "1.22.1"} {
		t.Run(version, func(t *testing.T) {
			argv := program(t, "nginx:"+version)
			shipped(t, func(t *testing.T, s *scenario.Scenario) {
				dir := t.TempDir()
				target := targets(s)["lab"]
				target.Dir = dir
				if os.Geteuid() != 0 {
					target.User = ""
				}
				files, err := render.Render(s, target)
				if err != nil {
					t.Fatal(err)
				}
				if err := files.Write(dir); err != nil {
					t.Fatal(err)
				}
				if err := files.WritePages(dir); err != nil {
					t.Fatal(err)
				}
				for _, ref := range s.ServerRefs() {
					args := append(argv[1:len(argv):len(argv)], "-t", "-p", dir, "-c", filepath.Join(dir, render.FileName(ref)+".conf"))
					out, err := exec.Command(argv[0], args...).CombinedOutput()
					if err != nil || strings.Contains(string(out), "[emerg]") {
						t.Errorf("%s: %v\n%s", ref, err, out)
					}
				}
			})
		})
	}
}

// What HAProxy says of a line of haproxy.cfg leads to the line of the
// scenario that it came from.
// The lines of a listen section, and of servers by template, lead there too.
func TestOriginsOfListenSections(t *testing.T) {
	const text = `apiVersion: halab/v1
name: listens
haproxy: {version: "2.6"}
frontends: [{name: app, bind: ":80", default_backend: web}]
listens:
  - name: web
    bind: :81
    option: [httplog]
    servers:
      - {name: a, address: 127.0.0.1:82, nginx: 1.18.0}
      - {template: nginx, count: 2, address: 127.0.0.1:83, nginx: 1.18.0}
`
	s := parse(t, "listens.yaml", text)
	files, err := render.Render(s, render.Target{Dir: "/lab"})
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for i, line := range strings.Split(string(files.HAProxy), "\n") {
		for start, want := range map[string]int{"  bind :80": 4, "listen web": 6, "  bind :81": 6, "  server a ": 10, "  server nginx1 ": 11, "  server nginx2 ": 11} {
			if !strings.HasPrefix(line, start) {
				continue
			}
			found++
			if pos, ok := s.PosOf(files.Origins[i]); !ok || pos.Line != want {
				t.Errorf("%s comes from %s at %+v, want line %d", line, files.Origins[i], pos, want)
			}
		}
		if strings.HasPrefix(line, "  option httplog") && i > 20 {
			t.Errorf("%s comes after the log-format of the lab and takes it back", line)
		}
	}
	if found != 6 {
		t.Errorf("%d lines found:\n%s", found, files.HAProxy)
	}
}

func TestOriginsLeadToTheScenario(t *testing.T) {
	const text = `apiVersion: halab/v1
name: nowhere
haproxy: {version: "2.6"}
frontends:
  - {name: app, bind: ":80", default_backend: bk2}
backends:
  - name: bk1
    servers:
      - {name: a, address: 127.0.0.1:81, nginx: 1.18.0}
  - name: bk2
    servers:
      - {name: a, address: 127.0.0.1:82, nginx: 1.18.0}
      - name: b
        address: nowhere.invalid:83
        nginx: 1.18.0
`
	s := parse(t, "nowhere.yaml", text)
	files, err := render.Render(s, render.Target{Dir: "/lab", Sockets: []string{"/lab/admin.sock"}, LogSocket: "/lab/log.sock"})
	if err != nil {
		t.Fatal(err)
	}
	cfg := strings.Split(strings.TrimSuffix(string(files.HAProxy), "\n"), "\n")
	if len(cfg) != len(files.Origins) {
		t.Fatalf("%d lines, %d origins", len(cfg), len(files.Origins))
	}
	for i, line := range cfg {
		from, want := files.Origins[i], ""
		switch word, _, _ := strings.Cut(strings.TrimSpace(line), " "); {
		case strings.Contains(line, "nowhere.invalid"):
			want = "backends[1].servers[1]"
		case strings.Contains(line, "127.0.0.1:82"):
			want = "backends[1].servers[0]"
		case strings.Contains(line, "127.0.0.1:81"):
			want = "backends[0].servers[0]"
		case word == "backend":
			want = "backends[" + strings.TrimPrefix(line, "backend bk")[:1] + "]"
			want = map[string]string{"backends[1]": "backends[0]", "backends[2]": "backends[1]"}[want]
		case word == "bind", word == "default_backend", word == "frontend":
			want = "frontends[0]"
		case word == "defaults", word == "mode", strings.Contains(line, "timeout client"):
			want = "haproxy.defaults"
		default:
			continue
		}
		if from != want {
			t.Errorf("%s comes from %q, want %q", line, from, want)
		}
	}
	haproxytest.Each(t, func(t *testing.T, h haproxytest.HAProxy) {
		out, err := h.Check(t, string(files.HAProxy))
		m := regexp.MustCompile(`haproxy\.cfg:(\d+)\]`).FindStringSubmatch(out)
		if err == nil || m == nil {
			t.Fatalf("%v: %s", err, out)
		}
		n, _ := strconv.Atoi(m[1])
		pos, ok := s.PosOf(files.Origins[n-1])
		if !ok || pos.Line != 13 {
			t.Errorf("line %d comes from %q, which is at %+v, %v; want line 13", n, files.Origins[n-1], pos, ok)
		}
	})
}

// randomScenario writes a scenario of values that are allowed, by chance.
func randomScenario(random *rand.Rand, version string) string {
	pick := func(all ...string) string { return all[random.IntN(len(all))] }
	maybe := func(text string) string {
		if random.IntN(3) == 0 {
			return text
		}
		return ""
	}
	name := func(i int) string {
		return pick("bk_app", "a.b", "A-1", "x:y", "_", "-", "0", "from", "none", "default") + strconv.Itoa(i)
	}
	options := func(all ...string) string {
		return "option: [" + pick(all...) + "], "
	}
	ms := func() string { return pick("1ms", "10ms", "1s", "90s", "2m", "1h", "24h", "1h30m", "1500ms") }
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: halab/v1\nname: generated\nhaproxy:\n  version: %q\n", version)
	b.WriteString(maybe("  global: {maxconn: 100}\n"))
	if random.IntN(5) == 0 {
		b.WriteString("  defaults: {bare: true}\n")
	} else {
		fmt.Fprintf(&b, "  defaults: {%s%s%stimeout: {connect: %s, client: %s, server: %s%s%s%s%s%s}}\n", maybe("mode: "+pick("http", "tcp")+", "), maybe("retries: "+pick("0", "1", "100")+", "),
			maybe(options("redispatch", "redispatch 1", "redispatch -1", "http-server-close", "tcplog", "httplog clf", "dontlognull", "abortonclose", "forwardfor", "allbackups", "socket-stats", "tcpka", "http-keep-alive")),
			ms(), ms(), ms(), maybe(", queue: "+ms()), maybe(", check: "+ms()), maybe(", tunnel: "+ms()), maybe(", http-keep-alive: 80s"), maybe(", http-request: "+ms()))
	}
	backends := 1 + random.IntN(3)
	port := 1000
	b.WriteString(maybe(fmt.Sprintf("listens:\n  - {name: %q, bind: \":999\", %s%s%s%s%sservers: {template: %q, count: %d, address: \"127.0.0.1:900\", nginx: 1.18.0, check: true%s}}\n", "l"+name(0),
		maybe("mode: "+pick("http", "tcp")+", "), maybe("balance: "+pick("roundrobin", "leastconn", "uri")+", "), maybe("retries: 1, "), maybe("httpchk: {method: GET, status: 200}, "),
		maybe(options("httplog", "httplog clf", "tcplog", "redispatch 1", "http-keep-alive", "tcpka", "forwardfor", "logasap", "log-health-checks", "idle-close-on-response", "persist", "contstats")),
		name(0), 1+random.IntN(20), maybe(", backup: false, inter: 1s"))))
	b.WriteString("backends:\n")
	for i := range backends {
		fmt.Fprintf(&b, "  - {name: %q, %s%s%s%s%sservers: [", name(i), maybe("mode: "+pick("http", "tcp")+", "), maybe("balance: "+pick("roundrobin", "static-rr", "leastconn", "first", "source", "random", "uri")+", "),
			maybe("retries: 3, "), maybe("httpchk: {"+pick("", "method: GET", "uri: /x?a=b", "status: 200", "method: HEAD, uri: /, status: 404")+"}, "),
			maybe(options("log-health-checks", "redispatch", "prefer-last-server", "http-pretend-keepalive", "srvtcpka", "persist", "forwardfor except 127.0.0.0/8 header X-A", "splice-auto", "checkcache", "nolinger")))
		for k := range 1 + random.IntN(4) {
			port++
			fmt.Fprintf(&b, "{name: %q, address: %q, nginx: 1.18.0%s%s%s%s%s%s%s%s%s%s}, ", name(k), pick("127.0.0.1", "[::1]", "localhost")+":"+strconv.Itoa(port),
				maybe(", check: true"), maybe(", backup: "+pick("true", "false")), maybe(", weight: "+pick("0", "1", "256")), maybe(", check: true, inter: "+ms()), maybe(", rise: 1000"), maybe(", fall: 1"),
				maybe(", maxconn: 1"), maybe(", check: true, observe: "+pick("layer4", "layer7")+", error-limit: 1, on-error: "+pick("fastinter", "fail-check", "sudden-death", "mark-down")),
				maybe(", on-marked-down: shutdown-sessions"), maybe(`, content: "<h1>\"%s\" {{.}} $x # \\ é</h1>\n"`))
		}
		b.WriteString("]}\n")
	}
	b.WriteString("frontends:\n")
	for i := range 1 + random.IntN(2) {
		port += 2
		ssl := fmt.Sprintf("ssl: {bind: \":%d\"%s}, ", port-1, maybe(", alpn: ["+pick("h2", "http/1.1", "h2, http/1.1", "http/1.1, h2")+"]"))
		fmt.Fprintf(&b, "  - {name: %q, bind: %q, %s%s%sdefault_backend: BACKEND%d}\n", "f"+name(i), pick(":", "*:", "127.0.0.1:", "[::1]:")+strconv.Itoa(port), maybe(ssl), maybe("mode: "+pick("http", "tcp")+", "),
			maybe(options("httplog", "tcplog", "idle-close-on-response", "logasap", "http-ignore-probes", "clitcpka", "dontlog-normal", "httpclose", "contstats")), random.IntN(backends))
	}
	return b.String()
}

// Whatever Parse accepts, HAProxy accepts as it is rendered.
func TestHAProxyTakesWhatParseAccepts(t *testing.T) {
	var mu sync.Mutex
	accepted := map[string]int{}
	certificate := certificate(t)
	t.Run("versions", func(t *testing.T) {
		eachHAProxy(t, func(t *testing.T, h haproxytest.HAProxy) {
			random := rand.New(rand.NewPCG(5, 6))
			for n := 0; n < 4000 && count(&mu, accepted, h.Name) < 12; n++ {
				text := randomScenario(random, h.Name)
				text = backendNames(text)
				s, err := scenario.Parse("generated.yaml", []byte(text), upgrade.Kinds())
				if err != nil {
					continue
				}
				mu.Lock()
				accepted[h.Name]++
				mu.Unlock()
				for name, target := range targets(s) {
					target.Certificate = certificate
					files, err := render.Render(s, target)
					if err != nil {
						t.Fatalf("%v\n%s", err, text)
					}
					if out, err := h.Check(t, string(files.HAProxy)); err != nil || strings.Contains(out, "ALERT") {
						t.Fatalf("%s: %v\n%s\n%s\n%s", name, err, out, files.HAProxy, text)
					}
				}
			}
		})
	})
	for version, n := range accepted {
		if n < 12 {
			t.Errorf("%s: only %d scenarios were accepted", version, n)
		}
	}
}

func count(mu *sync.Mutex, counts map[string]int, name string) int {
	mu.Lock()
	defer mu.Unlock()
	return counts[name]
}

// backendNames puts the names of the backends where the frontends want them.
func backendNames(text string) string {
	_, list, _ := strings.Cut(text, "backends:\n")
	for i, m := range regexp.MustCompile(`(?m)^  - \{name: ("[^"]*")`).FindAllStringSubmatch(list, -1) {
		text = strings.ReplaceAll(text, fmt.Sprintf("BACKEND%d}", i), m[1]+"}")
	}
	return text
}
