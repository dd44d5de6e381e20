package process_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"halab/internal/lab"
	"halab/internal/lab/labtest"
	"halab/internal/lab/process"
)

// bystander is a process that is no lab's, in this directory, under this name.
func bystander(t *testing.T, dir, name string) int {
	t.Helper()
	exe := filepath.Join(t.TempDir(), name)
	data, err := os.ReadFile("/bin/sleep")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(exe, data, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "60")
	cmd.Dir, cmd.SysProcAttr = dir, &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd.Process.Pid
}

// orphan writes the record of a lab whose halab is gone, and reads it.
func orphan(t *testing.T, state, id, dir string) *lab.Record {
	t.Helper()
	labs := filepath.Join(state, "labs")
	if err := os.MkdirAll(labs, 0o700); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`{"id": %q, "name": "mine", "runtime": "process", "dir": %q}`, id, dir)
	if err := os.WriteFile(filepath.Join(labs, "mine.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	rec, err := lab.Open(state, "mine")
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

const someID = "0123456789ab"

// TestRecordNotBelieved has records that name directories which halab did not
// make. What is there stays, and so do the programs that run there or are listed
// there.
func TestRecordNotBelieved(t *testing.T) {
	here := t.TempDir()
	theirs := filepath.Join(t.TempDir(), "halab-"+someID)
	if err := os.Mkdir(theirs, 0o755); err != nil {
		t.Fatal(err)
	}
	pids := []int{bystander(t, here, "sleep"), bystander(t, theirs, "nginx"), bystander(t, theirs, "haproxy")}
	for _, dir := range []string{here, theirs} {
		var list strings.Builder
		for _, pid := range pids {
			fmt.Fprintln(&list, pid)
		}
		if err := os.WriteFile(filepath.Join(dir, "leaders"), []byte(list.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(here)
	link := filepath.Join(t.TempDir(), "halab-"+someID)
	if err := os.Symlink(theirs, link); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", ".", here, theirs, link, theirs + "/../halab-" + someID} {
		state := t.TempDir()
		rec := orphan(t, state, someID, dir)
		if rec.Foreign() == nil {
			t.Errorf("dir %q: believed", dir)
		}
		if err := rec.Remove(t.Context(), process.New()); err != nil {
			t.Errorf("dir %q: %v", dir, err)
		}
		if _, err := os.Stat(filepath.Join(state, "labs", "mine.json")); !os.IsNotExist(err) {
			t.Errorf("dir %q: its record: %v", dir, err)
		}
	}
	for _, pid := range pids {
		if !runs(pid) {
			t.Errorf("process %d, which is no lab's, was killed", pid)
		}
	}
	for _, file := range []string{here, theirs, link} {
		if _, err := os.Stat(filepath.Join(file, "leaders")); err != nil {
			t.Error(err)
		}
	}
}

// runs reports whether a process has not ended; a zombie has.
func runs(pid int) bool {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(data), ") ")
	return rest != "" && rest[0] != 'Z'
}

// TestLabSparesOthers has a program called nginx in a real lab's directory, and
// numbers of other processes in its list of leaders: only what the lab started
// is ended with it.
func TestLabSparesOthers(t *testing.T) {
	l, err := lab.Start(t.Context(), labtest.Scenario(t), process.New(), subject(t).Programs, lab.Options{StateDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	pid, other := bystander(t, l.Dir, "nginx"), bystander(t, "/", "sleep")
	f, err := os.OpenFile(filepath.Join(l.Dir, "leaders"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	// As lines of before, and as the leader that had the number earlier.
	fmt.Fprintf(f, "%d\n%d\n%d 1 %s", pid, other, other, boot)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if !runs(pid) || !runs(other) {
		t.Error("closing the lab ended a process that is not the lab's")
	}
}

// TestDaemonOfScript has a command of the user's start an nginx that leaves its
// session and overwrites its environment: it is found by what it has open.
func TestDaemonOfScript(t *testing.T) {
	l, err := lab.Start(t.Context(), labtest.Scenario(t), process.New(), subject(t).Programs, lab.Options{StateDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	held, err := process.Hold(l.ID, l.Dir)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("setsid", "sleep", "61")
	cmd.Dir, cmd.Env, cmd.ExtraFiles = "/", []string{"PATH=" + os.Getenv("PATH")}, []*os.File{held}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = held.Close()
	pid, ended := cmd.Process.Pid, make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if runs(pid) {
		t.Errorf("process %d of the lab's goes on", pid)
	}
	_ = cmd.Process.Kill()
	t.Logf("it ended: %v", <-ended)
}
