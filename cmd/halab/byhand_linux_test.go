package main

import (
	"bytes"
	"fmt"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"halab/internal/rehearse"
	"halab/internal/upgrade"
)

// openTerminal is a terminal and the end at which somebody types.
func openTerminal(t *testing.T) (terminal, keys *os.File) {
	t.Helper()
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(keys.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(keys.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = keys.Close()
		_ = terminal.Close()
	})
	return terminal, keys
}

// TestTypedAhead: an Enter counts for the instruction that is on the screen. One
// that was typed before it, or during an earlier step, ends nothing.
func TestTypedAhead(t *testing.T) {
	terminal, keys := openTerminal(t)
	a := &app{stdin: terminal, ui: newConsole(&bytes.Buffer{})}
	l := newLive(a.ui)
	defer l.close()
	var c rehearse.Config
	a.attach(&c, l)
	press := func() {
		if _, err := keys.WriteString("\n\n"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(200 * time.Millisecond)
	}
	ended := func(done <-chan struct{}, limit time.Duration) bool {
		select {
		case <-done:
			return true
		case <-time.After(limit):
			return false
		}
	}
	for step := range 3 {
		press()
		done := c.ByHand(upgrade.Instruction{Text: "press F10", Enter: true}, "socket")
		if ended(done, 200*time.Millisecond) {
			t.Errorf("instruction %d ended by an Enter from before", step+1)
		}
		press()
		if !ended(done, 10*time.Second) {
			t.Errorf("instruction %d not ended by Enter", step+1)
		}
	}
	if done := c.ByHand(upgrade.Instruction{Text: "press F10", Until: "nginx2 is MAINT"}, "socket"); done != nil {
		t.Error("Enter is offered where it ends nothing")
	}
}
