// Command bench owns the comparison of halab's prober with other load
// generators: it measures them side by side, on the same HAProxy and nginx in
// the same run, and prints the ratios.
//
// It never judges what it measures; it fails where it cannot measure.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// options are how much is measured.
type options struct {
	rounds int
	length time.Duration // of one measurement
	judged int           // requests of the history that is judged
	rates  []int         // of the open loops, requests a second
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		stop()
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 && children[args[0]] != nil {
		return children[args[0]](ctx, args[1:])
	}
	o := options{}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&o.rounds, "rounds", 3, "rounds, of which the medians are taken")
	flags.DurationVar(&o.length, "length", 4*time.Second, "length of one measurement")
	flags.IntVar(&o.judged, "judged", 2_000_000, "requests of the history that is judged")
	what := flags.String("what", "closed,open,sampling,judging", "what to measure")
	rates := flags.String("rates", "100,1000,5000", "requests a second of the open loops")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	for text := range strings.SplitSeq(*rates, ",") {
		rate, err := strconv.Atoi(text)
		if err != nil || rate <= 0 {
			return fmt.Errorf("-rates %s: want whole numbers above 0, as in 100,1000", *rates)
		}
		o.rates = append(o.rates, rate)
	}
	fmt.Printf("%d cores, %d rounds of %v, medians\n", runtime.NumCPU(), o.rounds, o.length)
	dir, err := os.MkdirTemp("", "halab-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	for part := range strings.SplitSeq(*what, ",") {
		switch part {
		case "closed":
			err = beside(ctx, dir, o, closedLoops)
		case "open":
			err = beside(ctx, dir, o, openLoops)
		case "judging":
			err = judging(ctx, dir, o)
		case "sampling":
			err = sampling(ctx, dir, o)
		default:
			err = fmt.Errorf("-what %s: want some of closed, open, sampling and judging, as in closed,open", *what)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// beside measures on a stack of its own, with the tools that are there.
func beside(ctx context.Context, dir string, o options, measure func(context.Context, *stack, []tool, options) error) error {
	dir, err := os.MkdirTemp(dir, "")
	if err != nil {
		return err
	}
	s, err := start(ctx, dir)
	if err != nil {
		return err
	}
	defer s.stop()
	tools, err := findTools(ctx, dir)
	if err != nil {
		return err
	}
	return measure(ctx, s, tools, o)
}
