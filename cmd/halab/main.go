// Command halab is the program that proves that an upgrade behind HAProxy loses
// no request, before anyone does it in production. It has the flags, the wiring,
// what people read on the way, and the exit codes.
//
// It never decides what a run means.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	if err := enoughMemory(); err != nil {
		fmt.Fprintln(os.Stderr, "halab:", err)
		os.Exit(codeLab)
	}
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, wanted()...)
	go func() {
		// The first signal ends what goes on in order. A second one ends
		// halab at once, and the keeper removes the lab.
		<-signals
		signal.Stop(signals)
		cancel()
	}()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// execute carries a command out. A panic is told with its place and is an
// error like any other: halab ends in order, and the keeper finds what a panic
// on another goroutine leaves.
func execute(ctx context.Context, root *cobra.Command) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("this is a mistake in halab itself: %v\n%s", p, debug.Stack())
		}
	}()
	return root.ExecuteContext(ctx)
}

// wanted are the signals that end halab, without those that whoever started
// it wants ignored, as nohup does with HUP.
func wanted() []os.Signal {
	var out []os.Signal
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			out = append(out, s)
		}
	}
	return out
}

// run is the whole program: it returns the exit code and touches nothing of
// the process but what it is given.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ui := newConsole(stderr)
	a := &app{stdin: stdin, stdout: &output{Writer: stdout, ui: ui}, ui: ui}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(a.stdout)
	root.SetErr(stderr)
	err := execute(ctx, root)
	a.ui.close()
	a.tell(err)
	code := exitCode(err)
	if a.stdout.err != nil && code == codePass {
		a.say("halab: write the result: %v", a.stdout.err)
		code = codeLab
	}
	return code
}
