package lab

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
	"unicode"

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
	// Software is what HAProxy and every server began with.
	Software []Software `json:"software,omitempty"`

	path string
	lock *os.File
}

// ErrTaken says that a lab of this name exists.
var ErrTaken = errors.New("a lab of this name exists")

// ErrKept says that of a lab which is removed there is still what its runtime
// will not give up.
var ErrKept = errors.New("the engine keeps the lab's network")

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
	r.Admin = filepath.Join(r.Dir, adminSocket)
	r.path = recordPath(state, r.Name)
	return r, CheckTempDir()
}

// adminSocket is the stats socket's file in the lab's directory.
const adminSocket = "admin.sock"

// longestSocket is how long the path of the stats socket may be: HAProxy binds
// it under a name that its process id makes up to 12 bytes longer, and unix(7)
// allows 107.
const longestSocket = 107 - len(".4194304.tmp")

// CheckTempDir says what keeps labs from having their directories where
// temporary files go: the paths in it are those of unix sockets, and words of
// configurations.
func CheckTempDir() error {
	dir := os.TempDir()
	why := ""
	room := longestSocket - len(dirPrefix+newID()) - len("//"+adminSocket)
	switch {
	case !filepath.IsAbs(dir):
		why = "is no absolute path"
	case len(dir) > room:
		why = fmt.Sprintf("has %d bytes, and the paths of the lab's unix sockets leave room for %d", len(dir), room)
	case strings.ContainsFunc(dir, breaksWord):
		why = "has a character that ends a word in the configurations of HAProxy or nginx"
	}
	if why == "" {
		return nil
	}
	return fmt.Errorf("make the lab's directory: TMPDIR %q %s (export TMPDIR=/tmp, or another directory)", dir, why)
}

// breaksWord tells the characters that do not stand for themselves in a word
// of HAProxy's or nginx's configuration.
func breaksWord(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`"'\;{}#$,`, r)
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
		return taken(r.Name)
	}
	if err != nil {
		return fmt.Errorf("record the lab: %w", err)
	}
	return nil
}

func taken(name string) error {
	return fmt.Errorf("%w: %s (halab down %s removes it)", ErrTaken, name, name)
}

// CheckFree is ErrTaken where a lab of this name is recorded already.
func CheckFree(stateDir, name string) error {
	if _, err := os.Lstat(recordPath(stateDir, name)); err == nil {
		return taken(name)
	}
	return nil
}

// Orphan stands for a lab that the runtime of this name still has something
// of and that has no record any more.
func Orphan(stateDir, id, runtime string) *Record {
	return &Record{ID: id, Runtime: runtime, path: recordPath(stateDir, id)}
}

// StateDir is the state directory that holds the record.
func (r *Record) StateDir() string { return filepath.Dir(filepath.Dir(r.path)) }

// recordPath is the file of the record of the lab of this name.
func recordPath(stateDir, name string) string {
	return filepath.Join(stateDir, "labs", name+recordSuffix)
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
// only lab that stays. Its error is an ErrUnknown where there is none.
func Open(stateDir, name string) (*Record, error) {
	all, _, err := List(stateDir)
	if err != nil {
		return nil, err
	}
	var found []*Record
	for _, r := range all {
		if r.Name == name || name == "" && r.Stay {
			found = append(found, r)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return nil, unknown("several labs are up: name one of " + names(found))
	case name != "" && skips(stateDir, name) != nil:
		return nil, unknown(skips(stateDir, name).Error())
	case name != "" && len(all) > 0:
		return nil, unknown(fmt.Sprintf("no such lab: %q; there is %s", name, names(all)))
	case name != "":
		return nil, unknown(fmt.Sprintf("no such lab: %q; none runs (halab up SCENARIO starts one)", name))
	case len(all) > 0:
		return nil, unknown("no lab of halab up: name one, or start one with halab up SCENARIO; " + others(all))
	}
	return nil, unknown("no lab runs (halab up SCENARIO starts one)")
}

// skips is why the record of this name is skipped; nil where none is there.
func skips(stateDir, name string) error {
	if !validName.MatchString(name) {
		return nil
	}
	if _, err := readRecord(recordPath(stateDir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// unknown is an ErrUnknown in words of its own.
type unknown string

func (u unknown) Error() string { return string(u) }

// Is makes it an ErrUnknown.
func (u unknown) Is(target error) bool { return target == ErrUnknown }

func names(records []*Record) string {
	var out []string
	for _, r := range records {
		out = append(out, r.Name)
	}
	return strings.Join(out, ", ")
}

// others says what the labs are that nobody can mean without naming them.
func others(records []*Record) string {
	var out []string
	for _, r := range records {
		what := "was left behind (halab gc removes it)"
		if r.Owned() {
			what = "belongs to a halab that still runs"
		}
		out = append(out, r.Name+" "+what)
	}
	return strings.Join(out, ", ")
}

// maxRecord is how many bytes a record may have; the scenario is in it.
const maxRecord = 16 << 20

// List reads every record, by name. A file that is no record (cut by a full
// disk, say) comes back with its name alone, so that it can be removed. What
// halab cannot have written is skipped: skipped says of each why.
func List(stateDir string) (records []*Record, skipped []error, err error) {
	entries, err := os.ReadDir(filepath.Join(stateDir, "labs"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read the labs' records: %w", err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), recordSuffix) {
			continue
		}
		r, err := readRecord(filepath.Join(stateDir, "labs", e.Name()))
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			skipped = append(skipped, err)
		default:
			records = append(records, r)
		}
	}
	return records, skipped, nil
}

// recordSuffix ends the name of a record's file, after the lab's name.
const recordSuffix = ".json"

// readRecord reads a record, but nothing that is not a file which halab wrote
// as this user: a FIFO or a device does not hold it up.
func readRecord(path string) (*Record, error) {
	data, err := readOwn(path)
	if err != nil {
		return nil, err
	}
	name := strings.TrimSuffix(filepath.Base(path), recordSuffix)
	r := &Record{}
	// What follows the value is the end of an older, longer one: the writer
	// was killed before it cut the file.
	if json.NewDecoder(bytes.NewReader(data)).Decode(r) != nil || !ValidID(r.ID) {
		r = &Record{}
	}
	r.Name, r.path = name, path
	if r.ID != "" {
		r.Admin = filepath.Join(r.Dir, adminSocket)
	}
	return r, nil
}

func readOwn(path string) ([]byte, error) {
	name := filepath.Base(path)
	if !validName.MatchString(strings.TrimSuffix(name, recordSuffix)) {
		return nil, fmt.Errorf("%q in %s is not the record of a lab: no lab has that name", name, filepath.Dir(path))
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("read the lab's record: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read the lab's record: %w", err)
	}
	why := ""
	switch {
	case !info.Mode().IsRegular():
		why = "it is not a regular file"
	case !Mine(info):
		why = "it belongs to another user"
	case info.Mode().Perm()&0o022 != 0:
		why = "other users can write to it"
	case info.Size() > maxRecord:
		why = fmt.Sprintf("it has %d bytes, more than %d", info.Size(), maxRecord)
	}
	if why != "" {
		return nil, fmt.Errorf("%s is not the record of a lab: %s", path, why)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxRecord))
	if err != nil {
		return nil, fmt.Errorf("read the lab's record: %w", err)
	}
	return data, nil
}

// Owned tells whether the halab that made the lab still runs.
func (r *Record) Owned() bool {
	f, err := os.OpenFile(r.path, os.O_RDWR|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil
}

// Remove removes the lab with whatever of it is left.
func (r *Record) Remove(ctx context.Context, rt Runtime) error { return r.remove(ctx, rt) }

// remove ends the programs first, then deletes the directory, and the record
// last: until then a second attempt finds everything. What is kept is found
// without it.
func (r *Record) remove(ctx context.Context, rt Runtime) error {
	var kept error
	if r.ID != "" {
		if err := rt.Remove(ctx, r); err != nil {
			err = fmt.Errorf("remove lab %s: %w", r.Name, err)
			if !errors.Is(err, ErrKept) {
				return err
			}
			kept = err
		}
		if err := r.removeDir(); err != nil {
			return errors.Join(kept, fmt.Errorf("remove lab %s: %w", r.Name, err))
		}
	}
	if err := os.Remove(r.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(kept, fmt.Errorf("remove lab %s: %w", r.Name, err))
	}
	if r.lock == nil {
		return kept
	}
	lock := r.lock
	r.lock = nil
	return errors.Join(kept, lock.Close())
}
