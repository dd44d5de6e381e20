package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"halab/internal/history"
	"halab/internal/scenario"
	"halab/internal/upgrade"
	"halab/internal/verify"
)

const judgedScenario = `apiVersion: halab/v1
name: judged
haproxy: {version: "2.6"}
backends:
  - name: bk_app
    servers:
      - {name: nginx1, address: 127.0.0.1:81, nginx: 1.22.1, check: true, backup: true}
      - {name: nginx2, address: 127.0.0.1:82, nginx: 1.18.0, check: true}
frontends:
  - {name: app, bind: ":80", default_backend: bk_app}
traffic:
  new: {rate: 5000}
`

// judging measures how long a history of many requests takes to judge, and
// the memory of that.
func judging(ctx context.Context, dir string, o options) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "history.jsonl")
	if out, err := exec.CommandContext(ctx, self, "generate", "-requests", strconv.Itoa(o.judged), path).CombinedOutput(); err != nil {
		return fmt.Errorf("generate a history: %w\n%s", err, out)
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	cpu, wall, memory := samples{}, samples{}, samples{}
	for range o.rounds {
		cmd := exec.CommandContext(ctx, self, "judge", path)
		began := time.Now()
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("judge a history: %w\n%s", err, out)
		}
		scale := 10_000_000 / float64(o.judged)
		wall.add("", time.Since(began).Seconds()*scale)
		cpu.add("", (cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()).Seconds()*scale)
		memory.add("", float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)/1024)
	}
	fmt.Printf("\na history of %d requests (%d MB) judged\n", o.judged, info.Size()>>20)
	table := newTable("", "s per 10,000,000", "CPU s per 10,000,000", "MB of memory")
	table.row("halab verify", "%.1f", wall.median(""), "%.1f", cpu.median(""), "%.0f", memory.median(""))
	table.print()
	return nil
}

// generate writes a history of requests that were all answered, 5,000 a
// second.
func generate(_ context.Context, args []string) error {
	flags := flag.NewFlagSet("generate", flag.ContinueOnError)
	n := flags.Int("requests", 0, "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	w, err := history.Create(flags.Arg(0))
	if err != nil {
		return err
	}
	interval := history.M(time.Second / 5000)
	w.Write(&history.Header{Version: history.Version, Started: time.Now(), File: "judged.yaml", Scenario: judgedScenario,
		Software: []history.Software{{Role: "bk_app/nginx2", Name: "nginx", Asked: "1.18.0", Got: "1.18.0"}},
		Lanes:    []history.Lane{{Name: "new", Interval: interval}}})
	for i := range *n {
		at := history.Micros(i+1) * interval
		w.Write(&history.Request{ID: "new-" + strconv.Itoa(i+1), Lane: "new", Conn: int64(i + 1), Port: 1024 + i%60000,
			Intended: at, Sent: at + 20, First: at + 400, Done: at + 420, Status: 200, Header: "nginx/1.18.0",
			Server: "bk_app/nginx2", Want: 7, Got: 7, Outcome: history.OK,
			Log: &history.Seen{State: "--", Server: "bk_app/nginx2", Status: 200, Bytes: 245, Arrived: at + 80}})
	}
	last := history.Micros(*n+1) * interval
	w.Write(&history.Counters{At: last, Proxy: "app", Stot: int64(*n), ReqTot: int64(*n), Final: true})
	w.Write(&history.End{At: last})
	return w.Close()
}

// judge judges a history.
func judge(_ context.Context, args []string) error {
	f, err := history.Open(args[0])
	if err != nil {
		return err
	}
	defer f.Close()
	events := history.NewAhead(f)
	defer events.Close()
	v, err := verify.Check(events, func(file, text string) (*scenario.Scenario, error) {
		return scenario.Parse(file, []byte(text), upgrade.Kinds())
	})
	if err != nil {
		return err
	}
	fmt.Println(v.Result, v.Reasons)
	return nil
}
