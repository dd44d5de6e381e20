package lab

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"syscall"
	"time"

	"halab/internal/scenario"
)

// Record is what is known of a lab by those who did not start it: halab down,
// status and gc, and the keeper. It is a file in the user's state directory,
// written before anything of the lab exists.
type Record struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Runtime string    `json:"runtime"`
	Dir     string    `json:"dir"`
	Created time.Time `json:"created"`
	// Stay is set once the lab is meant to outlive the halab that made it.
	Stay      bool              `json:"stay"`
	File      string            `json:"file"`     // scenario file
	Source    string            `json:"scenario"` // its text
	Frontends map[string]string `json:"frontends,omitempty"`
	SSL       map[string]string `json:"ssl,omitempty"` // bind lines with ssl
	Admin     string            `json:"admin"`         // path of the stats socket
	AdminTCP  string            `json:"admin_tcp,omitempty"`
	Notes     []string          `json:"notes,omitempty"`

	path string
	lock *os.File
}

// ErrTaken says that a lab of this name exists.
var ErrTaken = errors.New("a lab of this name exists")

// ErrUnknown says that there is no lab of this name.
var ErrUnknown = errors.New("no such lab")

// StateDir is the user's state directory for halab: $XDG_STATE_HOME/halab,
// or .local/state/halab in the home directory (XDG Base Directory
// Specification).
func StateDir() (string, error) {
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "halab"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find the state directory: %w", err)
	}
	return filepath.Join(home, ".local", "state", "halab"), nil
}

// dirPrefix begins the name of a lab's directory; its id follows.
const dirPrefix = "halab-"

// validName keeps a record's file in the directory of the records. It takes
// every scenario's name with an id behind.
var validName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$`)

func newRecord(s *scenario.Scenario, runtime string, o Options) (*Record, error) {
	id := newID()
	r := &Record{ID: id, Name: o.Name, Runtime: runtime, Created: time.Now().UTC(), File: s.File, Source: string(s.Source)}
	if r.Name == "" {
		r.Name = s.Name + "-" + id[:6]
	}
	state := o.StateDir
	if state == "" {
		var err error
		if state, err = StateDir(); err != nil {
			return nil, err
		}
	}
	if !validName.MatchString(r.Name) {
		return nil, fmt.Errorf("name of a lab %q: want letters, digits, - _ and ., beginning with a letter or digit, at most 80", r.Name)
	}
	r.Dir = filepath.Join(os.TempDir(), dirPrefix+id)
	r.Admin = filepath.Join(r.Dir, "admin.sock")
	r.path = filepath.Join(state, "labs", r.Name+".json")
	return r, nil
}

func newID() string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand
	return hex.EncodeToString(b[:])
}

// create makes the record's file and holds its lock, which tells a living
// owner from a dead one without trusting a process id. The file appears whole,
// so that a kill in between leaves none that says nothing.
func (r *Record) create() error {
	if err := os.MkdirAll(filepath.Dir(r.path), 0o700); err != nil {
		return fmt.Errorf("record the lab: %w", err)
	}
	f, err := os.OpenFile(r.draft(), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("record the lab: %w", err)
	}
	r.lock = f
	if err := r.publish(); err != nil {
		r.lock = nil
		return errors.Join(err, f.Close(), os.Remove(r.draft()))
	}
	return os.Remove(r.draft())
}

// draft is the record's file until it is complete.
func (r *Record) draft() string { return r.path + "." + r.ID }

func (r *Record) publish() error {
	if err := syscall.Flock(int(r.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return fmt.Errorf("record the lab: %w", err)
	}
	if err := r.save(); err != nil {
		return err
	}
	err := os.Link(r.draft(), r.path)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: %s (halab down %s removes it)", ErrTaken, r.Name, r.Name)
	}
	if err != nil {
		return fmt.Errorf("record the lab: %w", err)
	}
	return nil
}

// save writes the record in place, so that the lock on its file stays.
func (r *Record) save() error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("record the lab: %w", err)
	}
	if _, err := r.lock.WriteAt(append(data, '\n'), 0); err != nil {
		return fmt.Errorf("record the lab: %w", err)
	}
	if err := r.lock.Truncate(int64(len(data) + 1)); err != nil {
		return fmt.Errorf("record the lab: %w", err)
	}
	return nil
}

// Open reads the record of the lab of this name. With name "" it takes the
// only lab that stays. Its error is ErrUnknown where there is none.
func Open(stateDir, name string) (*Record, error) {
	all, err := List(stateDir)
	if err != nil {
		return nil, err
	}
	var names []string
	var found []*Record
	for _, r := range all {
		names = append(names, r.Name)
		if r.Name == name || name == "" && r.Stay {
			found = append(found, r)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return nil, fmt.Errorf("%w without a name: several run, name one of %s", ErrUnknown, strings.Join(names, ", "))
	case len(names) == 0:
		return nil, fmt.Errorf("%w%s: none runs (halab up SCENARIO starts one)", ErrUnknown, named(name))
	}
	return nil, fmt.Errorf("%w: %q; there are %s", ErrUnknown, name, strings.Join(names, ", "))
}

// named is a lab's name in a message; nothing where none was given.
func named(name string) string {
	if name == "" {
		return ""
	}
	return fmt.Sprintf(" %q", name)
}

// List reads every record, by name. A file that is no record (cut by a full
// disk, say) comes back with its name alone, so that it can be removed.
func List(stateDir string) ([]*Record, error) {
	paths, err := filepath.Glob(filepath.Join(stateDir, "labs", "*.json"))
	if err != nil {
		return nil, err
	}
	sort.Strings(paths)
	var out []*Record
	for _, path := range paths {
		r, err := readRecord(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

func readRecord(path string) (*Record, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the lab's record: %w", err)
	}
	r := &Record{}
	// What follows the value is the end of an older, longer one: the writer
	// was killed before it cut the file.
	if json.NewDecoder(bytes.NewReader(data)).Decode(r) != nil {
		r = &Record{Name: strings.TrimSuffix(filepath.Base(path), ".json")}
	}
	r.path = path
	return r, nil
}

// Owned tells whether the halab that made the lab still runs.
func (r *Record) Owned() bool {
	f, err := os.OpenFile(r.path, os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil
}

// Remove removes the lab with whatever of it is left.
func (r *Record) Remove(ctx context.Context, rt Runtime) error { return r.remove(ctx, rt) }

// remove ends the programs first, then deletes the directory, and the record
// last: until then a second attempt finds everything.
func (r *Record) remove(ctx context.Context, rt Runtime) error {
	if r.ID != "" {
		if err := rt.Remove(ctx, r); err != nil {
			return fmt.Errorf("remove lab %s: %w", r.Name, err)
		}
		if err := r.removeDir(); err != nil {
			return fmt.Errorf("remove lab %s: %w", r.Name, err)
		}
	}
	if err := os.Remove(r.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove lab %s: %w", r.Name, err)
	}
	if r.lock == nil {
		return nil
	}
	lock := r.lock
	r.lock = nil
	return lock.Close()
}

// removeDir removes the lab's directory, and no other one, whatever the
// record says.
func (r *Record) removeDir() error {
	if filepath.Base(r.Dir) != dirPrefix+r.ID {
		return nil
	}
	return os.RemoveAll(r.Dir)
}
