package main

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// closedLoops measures requests a second and what they cost.
func closedLoops(ctx context.Context, s *stack, tools []tool, o options) error {
	for _, keep := range []bool{true, false} {
		rates, cpus, bad := samples{}, samples{}, map[string]int64{}
		for range o.rounds {
			for _, t := range tools {
				m := measurement{address: s.plain, keep: keep, length: o.length, dir: s.dir}
				c, err := measure(ctx, t, t.closed(m))
				if err != nil {
					return err
				}
				rates.add(t.name, float64(c.ok)/c.wall.Seconds())
				cpus.add(t.name, c.cpu.Seconds()/float64(c.ok)*100_000)
				bad[t.name] += c.other
			}
		}
		fmt.Printf("\nclosed loop at %s connections, %s; every request of halab's recorded\n", connections, kind(keep))
		table := newTable("", "requests/s", "to wrk", "CPU s per 100,000", "to wrk", "not answered")
		for _, t := range tools {
			table.row(t.name, "%.0f", rates.median(t.name), "%.2f", rates.median(t.name)/rates.median("wrk"),
				"%.2f", cpus.median(t.name), "%.2f", cpus.median(t.name)/cpus.median("wrk"), "%.0f", float64(bad[t.name]))
		}
		table.print()
	}
	return nil
}

// jitter is what a schedule of halab's that is kept to the dot comes to: each
// request is due at a random moment of its interval, so that the time between two
// is triangular between none and two intervals, and its p99 is 2 − √0.02 of them.
// A metronome's is one. What is above that is lateness, and comparable.
const jitter = "halab sends each request at a random moment of its interval: kept to the dot, its p99 is 1.86 intervals and its largest below 2; the others aim at 1"

// openLoops measures how evenly requests arrive at HAProxy.
func openLoops(ctx context.Context, s *stack, tools []tool, o options) error {
	for _, keep := range []bool{true, false} {
		fmt.Printf("\nopen loop, %s: µs between arrivals at HAProxy, by its own log\n", kind(keep))
		table := newTable("", "p99", "to vegeta", "largest", "to vegeta", "arrived", "not answered")
		for _, rate := range o.rates {
			if err := openLoop(ctx, s, tools, o, keep, rate, table); err != nil {
				return err
			}
		}
		table.print()
		fmt.Println(jitter)
	}
	return nil
}

func openLoop(ctx context.Context, s *stack, tools []tool, o options, keep bool, rate int, table *table) error {
	p99s, largest, arrived, bad := samples{}, samples{}, samples{}, samples{}
	for range o.rounds {
		for _, t := range tools {
			if t.open == nil {
				continue
			}
			s.arrivals.take()
			m := measurement{address: s.logged, keep: keep, rate: rate, length: o.length, dir: s.dir}
			c, err := measure(ctx, t, t.open(m))
			if err != nil {
				return err
			}
			at := s.arrivals.take()
			p99, most := gaps(at)
			p99s.add(t.name, p99)
			largest.add(t.name, most)
			arrived.add(t.name, float64(len(at)))
			bad.add(t.name, float64(c.other))
		}
	}
	for _, t := range tools {
		if t.open == nil {
			continue
		}
		table.row(fmt.Sprintf("%s at %d/s", t.name, rate), "%.0f", p99s.median(t.name), "%.2f", p99s.median(t.name)/p99s.median("vegeta"),
			"%.0f", largest.median(t.name), "%.2f", largest.median(t.name)/largest.median("vegeta"), "%.0f", arrived.median(t.name), "%.0f", bad.median(t.name))
	}
	return nil
}

func kind(keep bool) string {
	if keep {
		return "kept connections"
	}
	return "a new connection each"
}

// samples are the figures of every round, by tool.
type samples map[string][]float64

func (s samples) add(name string, v float64) { s[name] = append(s[name], v) }

func (s samples) median(name string) float64 {
	all := slices.Clone(s[name])
	if len(all) == 0 {
		return math.NaN()
	}
	slices.Sort(all)
	return (all[len(all)/2] + all[(len(all)-1)/2]) / 2
}
