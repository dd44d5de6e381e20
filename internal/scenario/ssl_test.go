package scenario

import (
	"strings"
	"testing"
)

// TestSSLLanes: a lane in a protocol that the frontend does not speak is
// refused, with what to add.
func TestSSLLanes(t *testing.T) {
	const text = `apiVersion: halab/v1
name: ssl
haproxy: {version: "2.6"}
backends:
  - {name: bk, mode: MODE, servers: [{name: a, address: 127.0.0.1:81, nginx: 1.18.0}]}
frontends:
  - {name: app, mode: MODE, bind: ":80", SSL default_backend: bk}
traffic: {LANE: {rate: 10}}
`
	for _, c := range []struct{ mode, ssl, lane, want string }{
		{"http", `ssl: {bind: ":443"},`, "tls", ""},
		{"http", `ssl: {bind: ":443", alpn: [http/1.1]},`, "tls", ""},
		{"tcp", `ssl: {bind: ":443"},`, "tls", ""},
		{"http", `ssl: {bind: ":443", alpn: [h2, http/1.1]},`, "h2", ""},
		{"http", ``, "tls", "lane tls needs TLS"},
		{"http", ``, "h2", "lane h2 needs TLS"},
		{"http", `ssl: {bind: ":443", alpn: [h2]},`, "tls", "lane tls needs http/1.1"},
		{"http", `ssl: {bind: ":443"},`, "h2", "lane h2 needs h2"},
		{"http", `ssl: {bind: ":443", alpn: [http/1.1]},`, "h2", "lane h2 needs h2"},
		{"tcp", `ssl: {bind: ":443"},`, "h2", "lane h2 needs mode http"},
		{"tcp", `ssl: {bind: ":443", alpn: [h2]},`, "tls", "alpn h2 in mode tcp"},
		{"http", `ssl: {bind: ":80"},`, "tls", ":80 is the address of frontend app"},
	} {
		yaml := strings.NewReplacer("MODE", c.mode, "SSL", c.ssl, "LANE", c.lane).Replace(text)
		_, err := Parse("ssl.yaml", []byte(yaml), nil)
		switch {
		case err == nil && c.want != "":
			t.Errorf("%s %s %s: accepted", c.mode, c.ssl, c.lane)
		case err != nil && (c.want == "" || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s %s %s: %v, want %q", c.mode, c.ssl, c.lane, err, c.want)
		case err != nil && strings.HasPrefix(c.want, "lane") && c.mode == "http" && !strings.Contains(err.Error(), "alpn: [h2, http/1.1]"):
			t.Errorf("no hint what to add: %v", err)
		}
	}
}
