package scenario

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"halab/internal/haproxy"
	"halab/internal/haproxy/haproxytest"
)

// haproxyCheck runs haproxy -c and returns what it says.
func haproxyCheck(t *testing.T, h haproxytest.HAProxy, config string) (string, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "haproxy.cfg")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(h.Argv[0], append(h.Argv[1:len(h.Argv):len(h.Argv)], "-c", "-f", file)...).CombinedOutput()
	return string(out), err
}

const configHead = "global\n log 127.0.0.1:514 local0\n"

const configDefaults = "defaults\n log global\n timeout connect 1s\n timeout client 1s\n timeout server 1s\n"

// accepted are the words that check accepts among good ones, bad ones, and
// words of characters that mean something somewhere.
func accepted(check func(string) (string, string), words []string, alphabet string) []string {
	random := rand.New(rand.NewPCG(1, 2))
	letters := []rune(alphabet)
	for range 4000 {
		word := []rune(words[random.IntN(len(words))])
		for range 1 + random.IntN(3) {
			i := random.IntN(len(word) + 1)
			r := letters[random.IntN(len(letters))]
			if i < len(word) && random.IntN(2) == 0 {
				word[i] = r
			} else {
				word = append(word[:i], append([]rune{r}, word[i:]...)...)
			}
		}
		words = append(words, string(word))
	}
	seen := map[string]bool{}
	var out []string
	for _, w := range words {
		if msg, _ := check(w); msg == "" && !seen[w] && len(out) < 1500 {
			seen[w] = true
			out = append(out, w)
		}
	}
	return out
}

const nasty = "abz09AZ-_.:/\\ \t\n#'\"$%@*?&;,{}[]()<>|^~`!=+\x00\x7fé新"

// TestHAProxyAccepts runs whatever the formats accept through haproxy -c.
func TestHAProxyAccepts(t *testing.T) { haproxytest.Each(t, haproxyAccepts) }

func haproxyAccepts(t *testing.T, h haproxytest.HAProxy) {
	for _, tc := range []struct {
		name  string
		check func(string) (string, string)
		words []string
		line  func(i int, word string) string
	}{
		{"names", checkName, []string{"app", "bk_app", "nginx-1.x:y", ".a", "-", ":", "_", "a..b", "0", "default", "from", "defaults", "none", "backend"},
			func(i int, w string) string {
				return fmt.Sprintf("backend %s\n server %s 127.0.0.1:81\nfrontend f_%d%s\n bind :80\n default_backend %s\n", w, w, i, w, w)
			}},
		{"addresses", checkAddress, []string{"127.0.0.1:81", "[::1]:82", "[2001:db8::1:2]:65535", "localhost:80", "web-1.lan:1", "web_1:80", "[::ffff:1.2.3.4]:9", "1.2.3.4:1"},
			func(i int, w string) string {
				return fmt.Sprintf("backend b%d\n server s %s init-addr none\n", i, w)
			}},
		{"binds", checkBind, []string{":80", "*:80", "127.0.0.1:8080", "[::]:80", "[::1]:65535", "0.0.0.0:1"},
			func(i int, w string) string {
				return fmt.Sprintf("frontend b%d\n bind %s\n", i, w)
			}},
		{"uris", checkURI, []string{"/", "/index.html", "/a/b?c=d&e=f", "/%41", "/a,b;c", "/~x/@y:1"},
			func(i int, w string) string {
				return fmt.Sprintf("backend b%d\n mode http\n option httpchk GET %s\n server s 127.0.0.1:81 check\n", i, w)
			}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			words := accepted(tc.check, tc.words, nasty)
			if len(words) < 5 {
				t.Fatalf("only %d words accepted", len(words))
			}
			var b strings.Builder
			b.WriteString(configHead + configDefaults + "frontend listens\n bind :80\n")
			for i, w := range words {
				b.WriteString(tc.line(i, w))
			}
			if out, err := haproxyCheck(t, h, b.String()); err != nil {
				t.Errorf("%v\n%.2000s", err, out)
			}
		})
	}
}

// TestBindIsAnAddress: a bind that is accepted is an address for certain,
// never a name that HAProxy would ask a resolver for.
func TestBindIsAnAddress(t *testing.T) {
	for _, w := range accepted(checkBind, []string{":80", "*:80", "127.0.0.1:8080", "[::1]:80"}, nasty) {
		host := strings.Trim(w[:strings.LastIndexByte(w, ':')], "[]")
		if _, err := netip.ParseAddr(host); err != nil && host != "" && host != "*" {
			t.Errorf("%q accepted", w)
		}
	}
}

// TestHAProxyOptions asks HAProxy about every row of the table: what is said
// to work is taken without a warning, what is said to be ignored has one.
func TestHAProxyOptions(t *testing.T) { haproxytest.Each(t, haproxyOptions) }

func haproxyOptions(t *testing.T, h haproxytest.HAProxy) {
	args := map[string][]string{
		"forwardfor": {"", " if-none", " except 127.0.0.0/8", " header X-Real-IP", " except 10.0.0.1 header X-A if-none"},
		"originalto": {"", " except 127.0.0.1", " header X-To"},
		"httplog":    {"", " clf"}, "redispatch": {"", " 1", " -1", " 0", " 100"},
	}
	// HAProxy says some of it while reading and some only when the whole file
	// was fine, so there is a file for each.
	var works, section, mode optionFile
	running := versionOf(t, h)
	for i, o := range options() {
		if since, err := haproxy.ParseVersion(o.since); err == nil && haproxy.Compare(running, since) < 0 {
			continue
		}
		for k, arg := range orDefault(args[o.name]) {
			text := o.name + arg
			if msg, _ := checkOption(text); msg != "" {
				t.Errorf("checkOption(%q): %s", text, msg)
			}
			for _, front := range []bool{true, false} {
				for _, m := range []string{ModeHTTP, ModeTCP} {
					file := &works
					if front && !o.frontend || !front && !o.backend {
						file = &section
					} else if o.http && m == ModeTCP {
						file = &mode
					}
					file.add(fmt.Sprintf("p%d_%d_%s_%v", i, k, m, front), front, m, text)
				}
			}
		}
	}
	works.ask(t, h, true)
	section.ask(t, h, false)
	mode.ask(t, h, false)
}

// optionFile is a haproxy.cfg of many proxies with one option each.
type optionFile struct {
	text    strings.Builder
	proxies []string
}

func (f *optionFile) add(name string, front bool, mode, option string) {
	f.proxies = append(f.proxies, name)
	if front {
		fmt.Fprintf(&f.text, "frontend %s\n bind :80\n", name)
	} else {
		fmt.Fprintf(&f.text, "backend %s\n server s 127.0.0.1:81\n", name)
	}
	fmt.Fprintf(&f.text, " mode %s\n option %s\n", mode, option)
}

func (f *optionFile) ask(t *testing.T, h haproxytest.HAProxy, works bool) {
	t.Helper()
	out, err := haproxyCheck(t, h, configHead+configDefaults+"frontend listens\n bind :80\n"+f.text.String())
	if works && err != nil {
		t.Errorf("%v\n%.2000s", err, out)
	}
	for _, proxy := range f.proxies {
		said := linesWith(out, "'"+proxy+"'")
		if ignored := strings.Contains(said, "ignored") || strings.Contains(said, "not usable"); ignored == works {
			t.Errorf("%s (%s): the table says works=%v, HAProxy says %q", proxy, options()[rowOf(proxy)].name, works, said)
		}
	}
}

func rowOf(proxy string) (row int) {
	_, _ = fmt.Sscanf(proxy, "p%d_", &row)
	return row
}

func versionOf(t *testing.T, h haproxytest.HAProxy) haproxy.Version {
	t.Helper()
	out, err := exec.Command(h.Argv[0], append(h.Argv[1:len(h.Argv):len(h.Argv)], "-v")...).Output()
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(out), "ersion ")
	v, err := haproxy.ParseVersion(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func linesWith(text, word string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if strings.Contains(line, word) {
			out.WriteString(line)
		}
	}
	return out.String()
}

func orDefault(args []string) []string {
	if args == nil {
		return []string{""}
	}
	return args
}
