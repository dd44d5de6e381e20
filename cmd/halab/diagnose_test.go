package main

import (
	"strings"
	"syscall"
	"testing"
)

// A command that mends nothing is not told as if it did.
func TestPort80(t *testing.T) {
	for _, tt := range []struct {
		err        error
		ok         bool
		text, mend string
	}{
		{nil, true, "free", ""},
		{syscall.EADDRINUSE, false, "this shows who: stop that, or leave --publish 80 out", "ss -ltnp"},
		{syscall.EACCES, false, "not permitted", "sysctl"},
		{syscall.EINVAL, false, "invalid argument", ""},
	} {
		f := port80By(tt.err)
		if f.OK != tt.ok || !strings.Contains(f.Text, tt.text) || !strings.Contains(f.Mend, tt.mend) || tt.mend == "" && f.Mend != "" {
			t.Errorf("%v: %+v", tt.err, f)
		}
	}
}
