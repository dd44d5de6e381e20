package rehearse

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"halab/internal/history"
	"halab/internal/lab"
	"halab/internal/render"
	"halab/internal/verify"
)

// overTLS makes the lanes of the scenario those of TLS and HTTP/2.
func overTLS() []string {
	return []string{
		`bind: ":80",`, `bind: ":80", ssl: {bind: ":443", alpn: [h2, http/1.1]},`,
		"before: 400ms", "before: 1s", "  poll: {interval: 200ms}\n  new: {rate: 50}\n  kept: {rate: 50, connections: 5}\n", "  tls: {rate: 30}\n  h2: {rate: 100, connections: 2}\n",
	}
}

// TestRunOverTLS: through a flip and through takeovers nothing is lost over
// TLS and HTTP/2, and what the prober, HAProxy's counter and its log count is
// the same. A server that is killed unprepared is seen on both lanes.
func TestRunOverTLS(t *testing.T) {
	switching := "expect:\n  max-gap: 20s\n  switch: {from: bk/old, to: bk/new, within: 20s}\n"
	steps := "  - maint: bk/old\n  - expect: {header: nginx/1.22.1}\n"
	for _, c := range []struct {
		name    string
		replace []string
		want    verify.Result
	}{
		{"maint", nil, verify.Pass},
		{"reload", []string{steps, "  - reload: {}\n  - wait: 500ms\n  - reload: {}\n  - wait: 500ms\n", switching, "expect:\n  max-gap: 20s\n"}, verify.Pass},
		{"kill", []string{steps, "  - kill: bk/old\n  - wait: 1s\n"}, verify.Fail},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlace(t)
			v := p.decided(t, p.config(t, parse(t, append(overTLS(), c.replace...)...)))
			if v.Result != c.want {
				t.Fatalf("%s: %q", v.Result, v.Reasons)
			}
			var sum int64
			for _, l := range v.Lanes {
				sum += l.Sent
				if (l.Name == "tls" || l.Name == "h2") && (l.Sent < 20 || (l.Lost > 0) != (c.want == verify.Fail)) {
					t.Errorf("%+v", l)
				}
			}
			if c.want == verify.Pass && (v.Accounts.Answered != sum || v.Accounts.HAProxy != sum || v.Accounts.Logged != sum) {
				t.Errorf("%d requests, accounts %+v", sum, v.Accounts)
			}
			for _, name := range []string{render.CertificateFile, lab.CAFile} {
				if _, err := os.Stat(filepath.Join(p.out, name)); err == nil {
					t.Errorf("%s is among the results", name)
				}
			}
		})
	}
}

// TestKeyIsTheUsersAlone: while the lab is there nobody else reads its key.
func TestKeyIsTheUsersAlone(t *testing.T) {
	p := newPlace(t)
	c := p.config(t, parse(t, overTLS()...))
	modes := map[string]fs.FileMode{}
	c.Watch = func(e history.Event) {
		if _, ok := e.(*history.Header); !ok {
			return
		}
		files, _ := filepath.Glob(filepath.Join(p.tmp, "halab-*", "*.pem"))
		for _, file := range files {
			if info, err := os.Stat(file); err == nil {
				modes[filepath.Base(file)] = info.Mode()
			}
		}
	}
	if err := Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if modes[render.CertificateFile] != 0o600 || modes[lab.CAFile] == 0 {
		t.Errorf("%v", modes)
	}
}

// TestRunOverTLSInTCP: HAProxy takes the TLS off and relays the rest. A client
// that ends its connections properly is never one that left (CD).
func TestRunOverTLSInTCP(t *testing.T) {
	p := newPlace(t)
	s := parse(t, `{version: "2.6"}`, `{version: "2.6", defaults: {mode: tcp}}`, `bind: ":80",`, `bind: ":80", ssl: {bind: ":443"},`,
		"before: 400ms", "before: 1s", "  poll: {interval: 200ms}\n  new: {rate: 50}\n  kept: {rate: 50, connections: 5}\n", "  tls: {rate: 100}\n")
	v := p.decided(t, p.config(t, s))
	if v.Result != verify.Pass || v.Accounts.HAProxy != v.Accounts.Answered || v.Accounts.Answered < 50 {
		t.Errorf("%s: %q, %+v", v.Result, v.Reasons, v.Accounts)
	}
}
