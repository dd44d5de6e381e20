package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"halab/internal/haproxy"
	"halab/internal/haproxy/adminsock"
	"halab/internal/software"
)

// looksPerSecond is how often a run looks at show stat.
const looksPerSecond = 10

const fleetConfig = `global
	stats socket %[1]s/admin.sock level admin
	maxconn 100
defaults
	mode http
	timeout connect 5s
	timeout client 50s
	timeout server 50s
backend bk_app
	server-template nginx %[2]d 127.0.0.1:9
`

// sampling measures what the looks at the servers' states cost: HAProxy's CPU
// with them and without, idle otherwise, and halab's own.
func sampling(ctx context.Context, dir string, o options) error {
	fmt.Printf("\nshow stat %d times a second, HAProxy idle otherwise\n", looksPerSecond)
	table := newTable("", "HAProxy without, ms/s", "with, ms/s", "µs a look", "halab, µs a look")
	for _, servers := range []int{2, 100} {
		f, err := newFleet(ctx, filepath.Join(dir, fmt.Sprint("fleet-", servers)), servers)
		if err != nil {
			return err
		}
		err = f.measure(ctx, o, servers, table)
		f.stop()
		if err != nil {
			return err
		}
	}
	table.print()
	return nil
}

// fleet is a HAProxy with servers that nobody asks for anything.
type fleet struct{ *stack }

func newFleet(ctx context.Context, dir string, servers int) (*fleet, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	log, err := listen(filepath.Join(dir, "log.sock"))
	if err != nil {
		return nil, err
	}
	f := &fleet{&stack{dir: dir, arrivals: log}}
	err = f.launch(ctx, software.New(software.Options{}), "haproxy:2.6", fmt.Sprintf(fleetConfig, dir, servers), "-db", "-f")
	if err == nil {
		err = f.await(ctx)
	}
	if err == nil {
		return f, nil
	}
	f.stop()
	return nil, err
}

// await returns when HAProxy answers.
func (f *fleet) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		_, err := adminsock.New("unix", f.socket()).Stat(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
		_ = sleep(ctx, 10*time.Millisecond)
	}
}

func (f *fleet) socket() string { return filepath.Join(f.dir, "admin.sock") }

func (f *fleet) measure(ctx context.Context, o options, servers int, table *table) error {
	figures := samples{}
	for range o.rounds {
		idle, err := f.spent(func() error { return sleep(ctx, o.length) })
		if err != nil {
			return err
		}
		var own string
		busy, err := f.spent(func() (err error) { own, err = f.looks(ctx, o.length, servers); return err })
		if err != nil {
			return err
		}
		us, looks, _ := strings.Cut(own, " ")
		n, nerr := strconv.ParseFloat(looks, 64)
		each, eerr := strconv.ParseFloat(us, 64)
		if err := errors.Join(nerr, eerr); err != nil {
			return fmt.Errorf("the sampler wrote %q: %w", own, err)
		}
		figures.add("without", idle.Seconds()*1000/o.length.Seconds())
		figures.add("with", busy.Seconds()*1000/o.length.Seconds())
		figures.add("look", float64((busy-idle).Microseconds())/n)
		figures.add("own", each)
	}
	table.row(fmt.Sprintf("%d servers", servers), "%.2f", figures.median("without"), "%.2f", figures.median("with"), "%.0f", figures.median("look"), "%.0f", figures.median("own"))
	return nil
}

// looks runs the sampler as a process of its own and returns what it wrote.
func (f *fleet) looks(ctx context.Context, length time.Duration, servers int) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, self, "sampler", "-socket", f.socket(), "-servers", strconv.Itoa(servers), "-length", length.String())
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	err = cmd.Run()
	return strings.TrimSpace(out.String()), err
}

// spent is the CPU time that HAProxy took while do went on.
func (f *fleet) spent(do func() error) (time.Duration, error) {
	pid := f.children[0].Process.Pid
	before, err := cpuOf(pid)
	if err != nil {
		return 0, err
	}
	if err := do(); err != nil {
		return 0, err
	}
	after, err := cpuOf(pid)
	return after - before, err
}

// cpuOf is the time that all threads of a process were on a CPU (Linux,
// Documentation/scheduler/sched-stats).
func cpuOf(pid int) (time.Duration, error) {
	paths, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(paths) == 0 {
		return 0, fmt.Errorf("the CPU time of process %d is not known here", pid)
	}
	var sum time.Duration
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return 0, err
		}
		first, _, _ := strings.Cut(string(text), " ")
		ns, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", path, err)
		}
		sum += time.Duration(ns)
	}
	return sum, nil
}

// sampler looks at the servers as a run does, and writes the CPU time of a
// look, in microseconds, and how many there were.
func sampler(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("sampler", flag.ContinueOnError)
	socket := flags.String("socket", "", "")
	servers := flags.Int("servers", 1, "")
	length := flags.Duration("length", time.Second, "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	client := adminsock.New("unix", *socket)
	tick := time.NewTicker(time.Second / looksPerSecond)
	defer tick.Stop()
	before, n := usage(), 0
	for end := time.Now().Add(*length); time.Now().Before(end); n++ {
		stats, err := client.Stat(ctx)
		if err != nil {
			return err
		}
		for i := range *servers {
			if _, ok := haproxy.Find(stats, haproxy.ServerRef{Backend: "bk_app", Server: fmt.Sprint("nginx", i+1)}); !ok {
				return fmt.Errorf("nginx%d is not in show stat", i+1)
			}
		}
		<-tick.C
	}
	fmt.Println(float64((usage()-before).Microseconds())/float64(n), n)
	return nil
}

// usage is the CPU time of this process.
func usage() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
