package scenario

import (
	"strings"
	"testing"
)

const versionsText = `apiVersion: halab/v1
name: versions
haproxy: {version: "2.6"}
backends:
  - {name: bk_app, servers: [{name: nginx1, address: "127.0.0.1:81", nginx: 1.18.0}]}
  - {name: bk_api, servers: [{name: nginx1, address: "127.0.0.1:82", nginx: 1.18.0}]}
frontends:
  - {name: app, bind: ":80", default_backend: bk_app}
  - {name: api, bind: ":90", default_backend: bk_api}
traffic: {frontends: [app, api]}
steps: [{pause: 1s}]
expect: {version: VERSION}
`

// TestVersions: one version is for every backend, a mapping for those that it
// names.
func TestVersions(t *testing.T) {
	for _, c := range []struct{ text, app, api string }{
		{"1.22.1", "1.22.1", "1.22.1"},
		{`"1.22"`, "1.22", "1.22"},
		{"{bk_app: 1.22.1, bk_api: 1.26.3}", "1.22.1", "1.26.3"},
		{"{bk_api: 1.26.3}", "", "1.26.3"},
	} {
		s, err := Parse("versions.yaml", []byte(strings.Replace(versionsText, "VERSION", c.text, 1)), testKinds())
		if err != nil {
			t.Fatal(err)
		}
		if app, api := s.Expect.Version.For("bk_app"), s.Expect.Version.For("bk_api"); app != c.app || api != c.api {
			t.Errorf("%s: %q and %q", c.text, app, api)
		}
		edited, err := s.Edited(testKinds(), NginxEdit{"1.22.1": "1.30.1"})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := edited.Expect.Version.For("bk_app"), strings.Replace(c.app, "1.22.1", "1.30.1", 1); got != want {
			t.Errorf("%s, edited: %q, want %q", c.text, got, want)
		}
	}
	for _, c := range []struct{ text, want string }{
		{"{bk_ap: 1.22.1}", `did you mean "bk_app"?`},
		{"{bk_app: new}", "a version"},
		{"{}", "version is empty"},
		{"{bk_app: }", "bk_app has no value"},
		{"[1.22.1]", "version is a list"},
	} {
		_, err := Parse("versions.yaml", []byte(strings.Replace(versionsText, "VERSION", c.text, 1)), testKinds())
		if err == nil || !strings.Contains(err.Error()+err.(Errors).Pretty(), c.want) {
			t.Errorf("%s: %v, want %q", c.text, err, c.want)
		}
	}
}
