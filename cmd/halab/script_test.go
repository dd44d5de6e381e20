package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"halab/internal/lab/container"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"halab": main})
}

// TestScript runs the scripts of testdata/script, each with real HAProxy and
// nginx, and then looks for what they left behind.
func TestScript(t *testing.T) {
	cache := os.Getenv("HALAB_CACHE")
	if cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			t.Fatal(err)
		}
		cache = filepath.Join(user, "halab") // one for all scripts: versions are fetched once
	}
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Condition:           condition,
		Setup:               func(env *testscript.Env) error { return setup(t, env, cache) },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"get":     cmdGet,
			"haproxy": cmdHAProxy,
			"listen":  cmdListen,
			"peer":    cmdPeer,
			"rc":      cmdRC,
			"refuse":  cmdRefuse,
			"sed":     cmdSed,
			"signal":  cmdSignal,
		},
	})
}

// setup gives a script a state directory and a short temporary directory of
// its own, and no engine unless it asks for one.
func setup(t *testing.T, env *testscript.Env, cache string) error {
	tmp, err := os.MkdirTemp("", "hl")
	if err != nil {
		return err
	}
	env.Setenv("TMPDIR", tmp)
	env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
	env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, "state"))
	env.Setenv("HALAB_CACHE", cache)
	env.Setenv("DOCKER_HOST", "unix:///nowhere.sock")
	env.Setenv("CI", os.Getenv("CI"))
	name := filepath.Base(env.WorkDir)
	env.Defer(func() {
		found, took := leftovers(tmp, env.WorkDir)
		for _, left := range found {
			t.Errorf("%s left behind: %s", name, left)
		}
		t.Logf("%s: looked for what it left for %s", name, took.Round(time.Millisecond))
		for _, dir := range []string{tmp, env.WorkDir} {
			for pid := range processes(dir) {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
		if err := os.RemoveAll(tmp); err != nil {
			t.Error(err)
		}
	})
	return nil
}

// keeperTime is how long a killed halab's keeper may take: three times the
// five seconds that are promised, for a machine that has other things to do.
const keeperTime = 15 * time.Second

// leftovers are the processes, directories and records of a script's labs
// that are still there after as long as a keeper may take, and how long it was
// until there were none.
func leftovers(tmp, work string) (found []string, took time.Duration) {
	for begin := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		found = nil
		for _, dir := range []string{tmp, work} {
			for _, text := range processes(dir) {
				found = append(found, text)
			}
		}
		for _, pattern := range []string{tmp + "/halab-*", work + "/state/halab/labs/*"} {
			files, _ := filepath.Glob(pattern)
			found = append(found, files...)
		}
		took = time.Since(begin)
		if len(found) == 0 || took > keeperTime {
			return found, took
		}
	}
}

// processes are those whose working directory or command line is in dir, by
// process id.
func processes(dir string) map[int]string {
	found := map[int]string{}
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, proc := range all {
		cwd, _ := os.Readlink(filepath.Join(proc, "cwd"))
		line, _ := os.ReadFile(filepath.Join(proc, "cmdline"))
		if strings.HasPrefix(cwd, dir+"/") || strings.Contains(string(line), dir+"/") {
			pid, _ := strconv.Atoi(filepath.Base(proc))
			found[pid] = fmt.Sprintf("process %d in %s: %s", pid, cwd, strings.Trim(strings.ReplaceAll(string(line), "\x00", " "), " "))
		}
	}
	return found
}

// condition knows [engine], [privports] and [root]. With CI=true a machine
// that cannot do what a script needs fails it.
func condition(name string) (bool, error) {
	var ok bool
	switch name {
	case "engine":
		ok = container.New().Ping(context.Background()) == nil
	case "privports":
		out, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
		ok = err != nil || strings.TrimSpace(string(out)) != "0"
	case "mounts":
		ok = exec.Command("unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt").Run() == nil
	case "root":
		return os.Geteuid() == 0, nil
	default:
		return false, fmt.Errorf("unknown condition %q", name)
	}
	if !ok && os.Getenv("CI") == "true" {
		return false, fmt.Errorf("this machine has no %s, and CI=true", name)
	}
	return ok, nil
}
