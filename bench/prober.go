package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"halab/internal/history"
	"halab/internal/probe"
	"halab/internal/scenario"
)

// children are the measurements that run as a process of their own, so that
// what they cost can be told.
var children = map[string]func(context.Context, []string) error{
	"generate": generate,
	"judge":    judge,
	"prober":   prober,
	"sampler":  sampler,
}

// prober runs halab's prober: with a rate in an open loop as halab runs it,
// without one in a closed loop. Every request is recorded in a history.
func prober(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("prober", flag.ContinueOnError)
	address := flags.String("address", "", "")
	keep := flags.Bool("keep", false, "")
	rate := flags.Float64("rate", 0, "")
	connections := flags.Int("connections", 50, "")
	length := flags.Duration("length", time.Second, "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "halab-bench-history-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	w, err := history.Create(filepath.Join(dir, "history.jsonl"))
	if err != nil {
		return err
	}
	var ok, other atomic.Int64
	p := probe.New(probe.Target{
		Address: *address, Path: "/", Timeout: 10 * time.Second, Status: []int{200}, Bodies: map[string]string{"": page},
	}, time.Now(), func(e history.Event) {
		w.Write(e)
		if r, is := e.(*history.Request); is && r.Outcome == history.OK {
			ok.Add(1)
		} else {
			other.Add(1)
		}
	})
	ctx, cancel := context.WithTimeout(ctx, *length)
	defer cancel()
	switch {
	case *rate == 0:
		p.Loop(ctx, *connections, *keep)
	case *keep:
		p.Run(ctx, scenario.Traffic{Kept: &scenario.Kept{Rate: *rate, Connections: *connections}})
	default:
		p.Run(ctx, scenario.Traffic{New: &scenario.New{Rate: *rate}})
	}
	fmt.Printf("%d ok, %d other\n", ok.Load(), other.Load())
	return errors.Join(w.Close())
}
