package process_test

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"go.uber.org/goleak"

	"halab/internal/lab"
	"halab/internal/lab/labtest"
	"halab/internal/lab/process"
	"halab/internal/software"
)

func TestMain(m *testing.M) {
	os.Exit(labtest.Main(m, func() lab.Runtime { return process.New() }))
}

func TestConformance(t *testing.T) {
	labtest.Run(t, subject(t))
}

func subject(t testing.TB) labtest.Subject {
	t.Helper()
	resolver := software.New(software.Options{Progress: func(line string) { t.Log(line) }})
	programs, err := labtest.Programs(func(w software.Want) (software.Program, error) {
		return resolver.Process(context.Background(), w)
	})
	if err != nil {
		t.Fatal(err)
	}
	return labtest.Subject{
		New:      func() lab.Runtime { return process.New() },
		Programs: programs,
		// Processes and files are all there is, and the suite looks for those.
		Left: func(*testing.T, string) []string { return nil },
	}
}

// TestCloseSparesOthers has somebody look around in a lab's directory.
func TestCloseSparesOthers(t *testing.T) {
	l, err := lab.Start(t.Context(), labtest.Scenario(t), process.New(), subject(t).Programs, lab.Options{StateDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	visitor := exec.Command("sleep", "60")
	visitor.Dir = l.Dir
	if err := visitor.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = visitor.Wait()
		close(ended)
	}()
	defer func() {
		_ = visitor.Process.Kill()
		<-ended
	}()
	if pids, err := process.Find(l.ID, l.Dir); err != nil || len(pids) == 0 {
		t.Errorf("find the lab's processes: %v, %v", pids, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if pids, err := process.Find(l.ID, l.Dir); err != nil || len(pids) > 0 {
		t.Errorf("processes of a closed lab: %v, %v", pids, err)
	}
	select {
	case <-ended:
		t.Error("closing the lab ended a process that is not the lab's")
	case <-time.After(100 * time.Millisecond):
	}
}

// TestNoGoroutines holds a lab that is closed to leaving none behind.
func TestNoGoroutines(t *testing.T) {
	programs := subject(t).Programs
	before := goleak.IgnoreCurrent()
	l, err := lab.Start(t.Context(), labtest.Scenario(t), process.New(), programs, lab.Options{StateDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	goleak.VerifyNone(t, before)
}
