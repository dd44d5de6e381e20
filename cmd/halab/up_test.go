package main

import (
	"strings"
	"testing"

	"halab/internal/lab"
)

// Where --own-ports fell back, the row with the address says so.
func TestGuideSaysWhichPortFellBack(t *testing.T) {
	s, err := loadShipped("tls-upgrade")
	if err != nil {
		t.Fatal(err)
	}
	fe := s.Frontends[0].Name
	rec := &lab.Record{Name: "x", Frontends: map[string]string{fe: "127.0.0.1:12345"}, SSL: map[string]string{fe: "127.0.0.1:443"},
		Notes: []string{"frontend " + fe + ": port 127.0.0.1:80 cannot be had: something else listens there; 127.0.0.1:12345 is used instead"}}
	for line := range strings.Lines(guide(rec, s)) {
		want := strings.Contains(line, ":12345/")
		if got := strings.HasSuffix(line, "/   (port 127.0.0.1:80 cannot be had: something else listens there)\n"); got != want {
			t.Errorf("%q: %v, want %v", line, got, want)
		}
	}
}
