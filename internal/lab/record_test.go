package lab

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"halab/internal/scenario"
)

func TestRecordTaken(t *testing.T) {
	state := t.TempDir()
	first := newTestRecord(t, state, "mine")
	mustCreate(t, first)
	wantFiles(t, state, "mine.json")
	second := newTestRecord(t, state, "mine")
	if err := second.create(); !errors.Is(err, ErrTaken) || !strings.Contains(err.Error(), "halab down mine") {
		t.Errorf("create a record that is there: %v", err)
	}
	wantFiles(t, state, "mine.json")
	if got, err := Open(state, "mine"); err != nil || got.ID != first.ID {
		t.Errorf("open: %+v, %v", got, err)
	}
}

func TestRecordName(t *testing.T) {
	for _, name := range []string{"../escape", "a/b", ".", "..", ".hidden", "-flag", "a b", "a\nb", strings.Repeat("a", 200)} {
		_, err := newRecord(&scenario.Scenario{Name: "s"}, "fake", Options{Name: name, StateDir: t.TempDir()})
		if err == nil {
			t.Errorf("name %q is taken for one", name)
		}
	}
	r, err := newRecord(&scenario.Scenario{Name: strings.Repeat("s", 64)}, "fake", Options{StateDir: "/state"})
	if err != nil || filepath.Dir(r.path) != "/state/labs" {
		t.Errorf("record of the longest scenario name: %+v, %v", r, err)
	}
}

// A directory that sockets or configurations cannot be in is refused, and named.
func TestTempDir(t *testing.T) {
	for _, tt := range []struct{ dir, want string }{
		{"/tmp", ""},
		{"/" + strings.Repeat("a", 64), ""},
		{"/" + strings.Repeat("a", 65), "TMPDIR"},
		{"/tmp/a b", "ends a word"},
		{"/tmp/a;b", "ends a word"},
		{"tmp", "no absolute path"},
	} {
		t.Setenv("TMPDIR", tt.dir)
		r, err := newRecord(&scenario.Scenario{Name: "s"}, "fake", Options{StateDir: "/state"})
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v, want %q", tt.dir, err, tt.want)
		}
		if err == nil && len(r.Admin)+len(".4194304.tmp") > 107 {
			t.Errorf("%s: HAProxy cannot bind %s", tt.dir, r.Admin)
		}
	}
}

func TestRecordOwned(t *testing.T) {
	state := t.TempDir()
	r := newTestRecord(t, state, "mine")
	mustCreate(t, r)
	opened, err := Open(state, "mine")
	if err != nil {
		t.Fatal(err)
	}
	if !opened.Owned() {
		t.Error("a lab whose halab runs is not owned")
	}
	if err := r.lock.Close(); err != nil {
		t.Fatal(err)
	}
	r.lock = nil
	if opened.Owned() {
		t.Error("a lab whose halab has ended is owned")
	}
}

func TestOpen(t *testing.T) {
	tests := []struct {
		name  string
		stay  map[string]bool // the records that are there
		asked string
		want  string // "" is ErrUnknown
		says  string
	}{
		{"none", nil, "", "", "no lab runs"},
		{"none of that name", nil, "a", "", `no such lab: "a"; none runs`},
		{"by name", map[string]bool{"a": false, "b": true}, "a", "a", ""},
		{"unknown", map[string]bool{"a": true, "b": true}, "c", "", `no such lab: "c"; there is a, b`},
		{"the only one that stays", map[string]bool{"a": false, "b": true}, "", "b", ""},
		{"several that stay", map[string]bool{"a": true, "b": true, "run": false}, "", "", "several labs are up: name one of a, b"},
		{"none that stays", map[string]bool{"run": false}, "", "", "no lab of halab up: name one, or start one with halab up SCENARIO; run belongs to a halab that still runs"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			state := t.TempDir()
			for name, stay := range tt.stay {
				r := newTestRecord(t, state, name)
				r.Stay = stay
				mustCreate(t, r)
			}
			got, err := Open(state, tt.asked)
			switch {
			case tt.want != "" && (err != nil || got.Name != tt.want):
				t.Errorf("got %+v, %v, want %s", got, err, tt.want)
			case tt.want == "" && (!errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), tt.says)):
				t.Errorf("got %v, want ErrUnknown with %q", err, tt.says)
			}
		})
	}
}

// TestRecordCut reads what a full disk or a kill leaves of a record.
func TestRecordCut(t *testing.T) {
	state := t.TempDir()
	r := newTestRecord(t, state, "mine")
	r.Source = strings.Repeat("x", 100)
	mustCreate(t, r)
	long, err := os.ReadFile(r.path)
	if err != nil {
		t.Fatal(err)
	}
	r.Source = ""
	if err := r.save(); err != nil {
		t.Fatal(err)
	}
	short, err := os.ReadFile(r.path)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		data string
		id   string
	}{
		{"whole", string(short), r.ID},
		{"not cut after a longer one", string(short) + string(long[len(short):]), r.ID},
		{"half", string(long[:len(long)/2]), ""},
		{"empty", "", ""},
		{"another format", "[]", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := os.WriteFile(r.path, []byte(tt.data), 0o600); err != nil {
				t.Fatal(err)
			}
			all, _, err := List(state)
			if err != nil || len(all) != 1 || all[0].ID != tt.id || all[0].Name != "mine" {
				t.Fatalf("got %+v, %v, want id %q", all, err, tt.id)
			}
		})
	}
}

func TestRecordRemove(t *testing.T) {
	state := t.TempDir()
	r := newTestRecord(t, state, "mine")
	mustCreate(t, r)
	rt := &fakeRuntime{fail: []error{errors.New("no engine")}}
	if err := r.Remove(t.Context(), rt); err == nil {
		t.Error("removal that the runtime cannot do: no error")
	}
	wantFiles(t, state, "mine.json") // until it can, a second attempt finds all
	for range 2 {
		if err := r.Remove(t.Context(), rt); err != nil {
			t.Fatal(err)
		}
	}
	wantFiles(t, state)
	if _, err := os.Stat(r.Dir); !os.IsNotExist(err) {
		t.Errorf("the lab's directory: %v", err)
	}
}

// TestRecordRemoveForeign has a record name a directory that is no lab's.
func TestRecordRemoveForeign(t *testing.T) {
	state := t.TempDir()
	r := newTestRecord(t, state, "mine")
	mustCreate(t, r)
	precious := t.TempDir()
	r.Dir = precious
	if err := r.Remove(t.Context(), &fakeRuntime{}); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(precious); err != nil {
		t.Errorf("a directory that is not the lab's is gone: %v", err)
	}
}

func TestStateDir(t *testing.T) {
	t.Setenv("HOME", "/home/somebody")
	for _, tt := range []struct{ xdg, want string }{
		{"", "/home/somebody/.local/state/halab"},
		{"/state", "/state/halab"},
		{"relative", "/home/somebody/.local/state/halab"}, // to be ignored, says the specification
	} {
		t.Setenv("XDG_STATE_HOME", tt.xdg)
		if got, err := StateDir(); err != nil || got != tt.want {
			t.Errorf("XDG_STATE_HOME=%q: %q, %v, want %q", tt.xdg, got, err, tt.want)
		}
	}
}
