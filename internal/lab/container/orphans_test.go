package container

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestUnrecorded has labs of which the engine has something. Where a record is
// skipped, each of them may be the one that it is of, and run: none is an orphan.
func TestUnrecorded(t *testing.T) {
	const mine, other = "0123456789ab", "ba9876543210"
	record := func(dir, name, text string) error {
		return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600)
	}
	tests := []struct {
		name    string
		ids     []string
		more    func(dir string) error // beside the record of mine
		orphans string
		err     string
	}{
		{"recorded", []string{mine}, nil, "", ""},
		{"no record", []string{mine, other}, nil, other, ""},
		{"no lab's id", []string{"../etc"}, nil, "", ""},
		{"skipped, open to others", []string{mine, other}, func(dir string) error {
			return errors.Join(record(dir, "b.json", "{}"), os.Chmod(filepath.Join(dir, "b.json"), 0o666))
		}, "", "b.json is not the record of a lab: other users can write to it"},
		{"skipped, a directory", []string{other}, func(dir string) error { return os.Mkdir(filepath.Join(dir, "b.json"), 0o700) }, "", "records were skipped"},
		{"cut", []string{other}, func(dir string) error { return record(dir, "b.json", `{"id": "`) }, "", "the record of lab b cannot be read"},
		{"skipped, and nothing in doubt", []string{mine}, func(dir string) error { return os.Mkdir(filepath.Join(dir, "b.json"), 0o700) }, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			state := t.TempDir()
			dir := filepath.Join(state, "labs")
			if err := errors.Join(os.Mkdir(dir, 0o700), record(dir, "a.json", `{"id": "`+mine+`"}`)); err != nil {
				t.Fatal(err)
			}
			if tt.more != nil {
				if err := tt.more(dir); err != nil {
					t.Fatal(err)
				}
			}
			var got []string
			orphans, err := unrecorded(t.Context(), state, "container", tt.ids)
			for _, rec := range orphans {
				got = append(got, rec.ID)
			}
			if strings.Join(got, " ") != tt.orphans {
				t.Errorf("orphans %q, want %q", got, tt.orphans)
			}
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
		})
	}
}
