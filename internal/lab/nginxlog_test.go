package lab

import (
	"reflect"
	"strings"
	"testing"
)

const upgradeLog = `2026/11/25 03:39:02 [notice] 17#17: signal 12 (SIGUSR2) received from 14, changing binary
2026/11/25 03:39:02 [notice] 17#17: start new binary process 40
2026/11/25 03:39:02 [notice] 18#18: start worker process 19
2026/11/25 03:39:02 [error] 18#18: *5 open() "/x" failed (2: No such file or directory), client: 127.0.0.1
`

func TestNginxLog(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []entry
	}{
		{"", nil},
		{"nginx: [alert] could not open error log file: open() failed\n", nil},
		{"2026/11/25 03:39:02 [notice] 17#17: exit\n2026/11/25 03:39:02 [emerg] 17#17: half a li", []entry{{"notice", 17, "exit"}}},
		{"2026/11/25 03:39:02 [notice] 99999999999999999999#1: exit\n", nil},
		{"2026/11/25 03:39:02 [emerg] 7#7: open() \"/a]b: c\" failed\n", []entry{{"emerg", 7, `open() "/a]b: c" failed`}}},
	} {
		if got := parseEntries(tt.text); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%q: %v, want %v", tt.text, got, tt.want)
		}
	}
}

func TestReloaded(t *testing.T) {
	const begin = "2026/11/25 03:39:02 [notice] 17#17: reconfiguring\n"
	for _, tt := range []struct {
		text string
		ok   bool
		err  string
	}{
		{"", false, ""},
		{begin + "2026/11/25 03:39:02 [notice] 17#17: start worker processes\n", false, ""},
		{begin + "2026/11/25 03:39:02 [notice] 17#17: start worker process 20\n", false, ""},
		// An old worker that shuts down for another reason.
		{"2026/11/25 03:39:02 [notice] 18#18: gracefully shutting down\n" + begin, false, ""},
		{begin + "2026/11/25 03:39:02 [notice] 17#17: start worker process 20\n2026/11/25 03:39:02 [notice] 18#18: gracefully shutting down\n", true, ""},
		{begin + "2026/11/25 03:39:02 [emerg] 17#17: bind() failed\n", false, "keeps the configuration that it had: bind() failed"},
	} {
		if ok, err := reloaded(parseEntries(tt.text)); ok != tt.ok || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%q: %v, %v; want %v, %q", tt.text, ok, err, tt.ok, tt.err)
		}
	}
}

func TestSucceeded(t *testing.T) {
	const next = "2026/11/25 03:39:02 [notice] 40#40: "
	for _, tt := range []struct {
		text string
		pid  int
		ok   bool
		err  string
	}{
		{upgradeLog, 0, false, ""},
		{upgradeLog + next + "start worker processes\n", 0, false, ""},
		{upgradeLog + next + "start worker process 41\n", 40, true, ""},
		{upgradeLog + "2026/11/25 03:39:02 [notice] 17#17: new binary process 40 exited with code 1\n", 0, false, "exited with code 1, and the old one goes on"},
		{upgradeLog + "2026/11/25 03:39:02 [alert] 17#17: new binary process 40 exited on signal 9\n", 0, false, "exited on signal 9"},
		{"2026/11/25 03:39:02 [crit] 17#17: the changing binary signal is ignored: you should shutdown or terminate\n", 0, false, "is ignored"},
		{"2026/11/25 03:39:02 [notice] 17#17: start new binary process none\n", 0, false, "nginx says"},
	} {
		pid, ok, err := succeeded(parseEntries(tt.text))
		if ok != tt.ok || ok && pid != tt.pid || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%q: %d, %v, %v; want %d, %v, %q", tt.text, pid, ok, err, tt.pid, tt.ok, tt.err)
		}
	}
}

func FuzzNginxLog(f *testing.F) {
	f.Add(upgradeLog)
	f.Add("2026/11/25 03:39:02 [emerg] 7#7: open() \"/a]b: c\" failed\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, e := range parseEntries(text) {
			if e.level == "" || e.pid < 0 || !strings.Contains(text, e.text) {
				t.Errorf("%+v", e)
			}
		}
		_, _ = reloaded(parseEntries(text))
		if pid, ok, err := succeeded(parseEntries(text)); ok && (pid == 0 || err != nil) {
			t.Errorf("%d, %v", pid, err)
		}
	})
}
