package labtest

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"halab/internal/lab"
)

// keepers are the keepers of the case's labs that run.
func (b *bench) keepers(t *testing.T) []int {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var out []int
	for _, file := range files {
		words, _ := os.ReadFile(file) // a process may end at any moment
		if bytes.Contains(words, []byte("\x00"+keepWord+"\x00"+b.state+"/")) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			out = append(out, pid)
		}
	}
	return out
}

// anotherKeeper kills the keeper, and waits until another one runs.
func (b *bench) anotherKeeper(t *testing.T) {
	t.Helper()
	old := b.keepers(t)
	if len(old) != 1 {
		t.Fatalf("keepers: %v, want one", old)
	}
	if err := syscall.Kill(old[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for begin := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		now := b.keepers(t)
		if len(now) == 1 && !slices.Contains(now, old[0]) {
			return
		}
		if time.Since(begin) > emptyLimit {
			t.Fatalf("keepers: %v; want one that follows %v", now, old)
		}
	}
}

// keeperKilled kills the keeper alone: halab goes on as if nothing had been, and
// another keeper does its work, also when halab is killed later.
func keeperKilled(t *testing.T, b *bench) {
	h := b.halab(t)
	h.says(t, saysReady)
	b.anotherKeeper(t)
	b.anotherKeeper(t)
	h.close(t)
	if err := h.cmd.Wait(); err != nil {
		t.Errorf("close: %v\n%s", err, h.err.String())
	}
	b.wantEmpty(t)

	h = b.halab(t)
	h.says(t, saysReady)
	b.anotherKeeper(t)
	_ = h.signal(t, syscall.SIGKILL)
	b.wantEmpty(t)
}

// keeperAndHalabKilled leaves a lab that only its record tells of, and removes
// it as halab gc does. halab is stopped first, or another keeper would follow.
func keeperAndHalabKilled(t *testing.T, b *bench) {
	h := b.halab(t)
	h.says(t, saysReady)
	if err := syscall.Kill(-h.cmd.Process.Pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for _, pid := range b.keepers(t) {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	_ = h.signal(t, syscall.SIGKILL)
	if len(b.left(t)) == 0 {
		t.Error("nothing is left, though no one removed the lab")
	}
	records, skipped, err := lab.List(b.state)
	if err != nil || len(records) != 1 || len(skipped) > 0 {
		t.Fatalf("records: %v, %v, %v", records, skipped, err)
	}
	if records[0].Owned() || records[0].Foreign() != nil {
		t.Errorf("owned: %v, foreign: %v", records[0].Owned(), records[0].Foreign())
	}
	if err := records[0].Remove(t.Context(), b.New()); err != nil {
		t.Error(err)
	}
	b.wantEmpty(t)
}
