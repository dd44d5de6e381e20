package labtest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"halab/internal/lab"
)

// The first arguments by which a test binary becomes another program.
const (
	keepWord  = "__keep" // a lab's keeper
	childWord = "__lab"  // a halab that brings one lab up
)

// orders are what a child is told, as its second argument.
type orders struct {
	State    string
	Programs lab.Programs
}

// What a child says on its standard output, and what it is told on its
// standard input.
const (
	saysReady   = "ready"
	saysClosing = "closing"
	toldClose   = "close\n"
)

// Main is TestMain's: it runs the tests, or is the keeper or the halab of one.
func Main(m *testing.M, runtime func() lab.Runtime) int {
	if len(os.Args) < 3 {
		return m.Run()
	}
	var err error
	switch os.Args[1] {
	case keepWord:
		err = lab.Keep(os.Stdin, os.Stdout, os.Args[2], func(string) (lab.Runtime, error) { return runtime(), nil })
	case childWord:
		err = child(os.Args[2], runtime())
	default:
		return m.Run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// child does with a lab what halab run does: bring it up, and close it when
// told to or on a signal.
func child(text string, rt lab.Runtime) error {
	var o orders
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	s, err := parseText()
	if err != nil {
		return err
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	defer stop()
	l, err := lab.Start(ctx, s, rt, o.Programs, lab.Options{StateDir: o.State, Keeper: []string{exe, keepWord}, Ready: patience, InPlace: daemons()})
	if err != nil {
		return err
	}
	fmt.Println(saysReady)
	told := make(chan error, 1)
	go func() {
		_, err := bufio.NewReader(os.Stdin).ReadString('\n')
		told <- err
	}()
	select {
	case <-ctx.Done():
	case err = <-told:
		fmt.Println(saysClosing)
	}
	return errors.Join(err, l.Close())
}
