package scenario

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzParse: whatever the bytes, Parse returns a scenario or Errors that can
// be shown, and what it accepts holds nothing that could leave its place in a
// configuration.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/mistakes/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range append(files, "testdata/good.yaml") {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, text := range bombs() {
		f.Add([]byte(text[:min(len(text), 2000)]))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse("fuzz.yaml", data, testKinds())
		if err != nil {
			errs, ok := err.(Errors)
			if !ok || s != nil {
				t.Fatalf("scenario %v, error %T", s, err)
			}
			checkErrors(t, errs)
			return
		}
		checkWords(t, s)
	})
}

func checkWords(t *testing.T, s *Scenario) {
	t.Helper()
	words := []string{s.Name, s.HAProxy.Version, s.Traffic.Frontend, s.Traffic.Path}
	for _, f := range s.Frontends {
		words = append(words, f.Name, f.Bind, f.DefaultBackend, f.Mode)
	}
	for _, b := range s.Backends {
		words = append(words, b.Name, b.Mode, b.Balance)
		if b.HTTPChk != nil {
			words = append(words, b.HTTPChk.URI, b.HTTPChk.Method)
		}
		for _, srv := range b.Servers {
			words = append(words, srv.Name, srv.Address, srv.Nginx, srv.Observe, srv.OnError)
		}
	}
	for _, w := range words {
		if strings.ContainsAny(w, " \t\r\n\x00#\"'\\$;{}") || strings.Contains(w, "../") {
			t.Errorf("%q accepted", w)
		}
	}
	for _, ref := range s.ServerRefs() {
		if s.Server(ref) == nil {
			t.Errorf("server %v not found", ref)
		}
	}
}

func FuzzParseDuration(f *testing.F) {
	for _, tc := range durations {
		f.Add(tc.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDuration(text)
		if err != nil {
			return
		}
		if again, err := ParseDuration(d.String()); err != nil || again != d {
			t.Errorf("%q is %v, which reads as %v, %v", text, d, again, err)
		}
	})
}
