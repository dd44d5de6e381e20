package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// tool is one load generator.
type tool struct {
	name string
	// closed is the command line of a closed loop at 50 connections.
	closed func(m measurement) []string
	// open is that of an open loop; nil where the tool has none.
	open func(m measurement) []string
	// count reads how many requests were answered as they should, and how
	// many were not, from what the tool wrote.
	count func(ctx context.Context, output string) (ok, other int64, err error)
}

// measurement is what a tool is asked to do.
type measurement struct {
	address string
	keep    bool
	rate    int // requests a second, open loop
	length  time.Duration
	dir     string
}

const connections = "50"

// findTools returns the tools, the prober first. vegeta is built from the
// version in go.mod.
func findTools(ctx context.Context, dir string) ([]tool, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	vegeta := filepath.Join(dir, "vegeta")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", vegeta, "github.com/tsenart/vegeta/v12").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build vegeta: %w\n%s", err, out)
	}
	tools := []tool{probeTool(self), wrkTool(), h2loadTool(), vegetaTool(vegeta)}
	for _, name := range []string{"wrk", "h2load"} {
		if _, err := exec.LookPath(name); err != nil {
			return nil, fmt.Errorf("%w (Debian's wrk and nghttp2-client have wrk and h2load)", err)
		}
	}
	return tools, nil
}

func probeTool(self string) tool {
	args := func(m measurement) []string {
		return []string{self, "prober", "-address", m.address, "-keep=" + strconv.FormatBool(m.keep),
			"-connections", connections, "-rate", strconv.Itoa(m.rate), "-length", m.length.String()}
	}
	return tool{name: "halab", closed: args, open: args, count: counts(`(\d+) ok, (\d+) other`, false)}
}

func wrkTool() tool {
	return tool{name: "wrk", count: counts(`(\d+) requests in .*\n(?:.*Socket errors.*\n)?(?:.*Non-2xx or 3xx responses: (\d+))?`, true),
		closed: func(m measurement) []string {
			argv := []string{"wrk", "-t", "2", "-c", connections, "-d", seconds(m.length)}
			if !m.keep {
				argv = append(argv, "-H", "Connection: close")
			}
			return append(argv, "http://"+m.address+"/")
		}}
}

func h2loadTool() tool {
	return tool{name: "h2load", count: counts(`(\d+) succeeded, (\d+) failed`, false),
		closed: func(m measurement) []string {
			argv := []string{"h2load", "--h1", "-t", "2", "-c", connections}
			if m.keep {
				argv = append(argv, "-D", seconds(m.length))
			} else {
				// On connections that are closed it does not heed -D.
				argv = append(argv, "-H", "Connection: close", "-n", strconv.Itoa(int(5000*m.length.Seconds())))
			}
			return append(argv, "http://"+m.address+"/")
		}}
}

func vegetaTool(vegeta string) tool {
	attack := func(m measurement) []string {
		targets := filepath.Join(m.dir, "targets")
		_ = os.WriteFile(targets, []byte("GET http://"+m.address+"/\n"), 0o600)
		return []string{vegeta, "attack", "-targets", targets, "-duration", m.length.String(),
			"-keepalive=" + strconv.FormatBool(m.keep), "-output", filepath.Join(m.dir, "attack.bin"), "-rate", strconv.Itoa(m.rate)}
	}
	return tool{name: "vegeta", open: attack,
		closed: func(m measurement) []string {
			return append(attack(m), "-max-workers", connections, "-connections", connections)
		},
		count: func(ctx context.Context, _ string) (int64, int64, error) {
			out, err := exec.CommandContext(ctx, vegeta, "report", "-type=json", filepath.Join(filepath.Dir(vegeta), "attack.bin")).Output()
			if err != nil {
				return 0, 0, fmt.Errorf("vegeta report: %w", err)
			}
			var r struct {
				Requests int64            `json:"requests"`
				Codes    map[string]int64 `json:"status_codes"`
			}
			err = json.Unmarshal(out, &r)
			return r.Codes["200"], r.Requests - r.Codes["200"], err
		}}
}

func seconds(d time.Duration) string {
	return strconv.Itoa(max(1, int(d.Round(time.Second)/time.Second))) + "s"
}

// counts reads two numbers by a regular expression. Where all is set the
// first is the number of all requests, not that of the good ones.
func counts(expression string, all bool) func(context.Context, string) (int64, int64, error) {
	re := regexp.MustCompile(expression)
	return func(_ context.Context, output string) (int64, int64, error) {
		m := re.FindStringSubmatch(output)
		if m == nil {
			return 0, 0, fmt.Errorf("cannot read what it wrote:\n%s", output)
		}
		ok, _ := strconv.ParseInt(m[1], 10, 64)
		other, _ := strconv.ParseInt(m[2], 10, 64)
		if all {
			ok -= other
		}
		return ok, other, nil
	}
}

// cost is what a measurement took.
type cost struct {
	ok, other int64
	wall, cpu time.Duration
}

// limit is the longest that one measurement may take.
const limit = 2 * time.Minute

// measure runs one tool once.
func measure(ctx context.Context, t tool, argv []string) (cost, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	began := time.Now()
	out, err := cmd.CombinedOutput()
	c := cost{wall: time.Since(began)}
	if err != nil {
		return c, fmt.Errorf("%s: %w\n%s", strings.Join(argv, " "), err, out)
	}
	c.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if c.ok, c.other, err = t.count(ctx, string(out)); err != nil {
		err = fmt.Errorf("%s: %w", t.name, err)
	}
	return c, err
}
