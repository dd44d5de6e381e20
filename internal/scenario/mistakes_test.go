package scenario

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the goldens anew")

// TestMistakes compares what is said about every file of testdata/mistakes
// with its golden.
func TestMistakes(t *testing.T) {
	files, err := filepath.Glob("testdata/mistakes/*.yaml")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s, err := Parse(filepath.Base(file), data, testKinds())
			var errs Errors
			if !errors.As(err, &errs) || len(errs) == 0 || s != nil {
				t.Fatalf("scenario %v, error %v; want no scenario and Errors", s, err)
			}
			checkErrors(t, errs)
			golden := strings.TrimSuffix(file, ".yaml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(errs.Pretty()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got := errs.Pretty(); got != string(want) {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

// checkErrors checks what holds for every Errors of Parse.
func checkErrors(t *testing.T, errs Errors) {
	t.Helper()
	if len(errs) == 0 || len(errs) > maxErrors {
		t.Errorf("%d errors", len(errs))
	}
	if !slices.IsSortedFunc(errs, func(a, b *Error) int { return (a.Line-b.Line)*10_000_000 + a.Col - b.Col }) {
		t.Error("not in the order of the file")
	}
	for _, e := range errs {
		if e.Line < 1 || e.Col < 1 || e.Width < 1 || e.Msg == "" {
			t.Errorf("incomplete: %+v", *e)
		}
		if strings.ContainsAny(e.Error(), "\n\r\x1b\x00") || strings.ContainsAny(e.Pretty(), "\r\x1b\x00") {
			t.Errorf("not fit for a terminal: %q", e.Pretty())
		}
	}
}
