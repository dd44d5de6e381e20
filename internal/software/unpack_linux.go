package software

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

// waitDelay bounds the wait for the pipes of what was killed.
const waitDelay = 5 * time.Second

// aptOpts bound the wait for a mirror that does not answer to seconds a try;
// apt tries each of a suite's three indexes.
var aptOpts = []string{`Acquire::http::Timeout "5"`, `Acquire::Retries "0"`}

// guarded runs "$@" and ends with its status. Descriptor 3 is a pipe whose other
// end only halab holds: when halab is gone, however it ended, the whole process
// group goes with it, for apt can wait for a mirror for minutes.
const guarded = `"$@" 3<&- & work=$!
(read -r _ <&3; kill -KILL 0) & guard=$!
wait $work; status=$?
kill -KILL $guard
exit $status`

// stage finds the lines in which mmdebstrap says what it is at.
var stage = regexp.MustCompile(`^I: ((?:running|downloading|extracting) .*)\.\.\.$`)

// unreachable finds in apt's complaints that its mirror cannot be reached, which
// is so for every suite alike. Not knowing one of them costs only time.
var unreachable = regexp.MustCompile(`(?i)(could not|unable to) connect|connection (failed|timed out)|failure resolving|could not resolve`)

// canUnpack says what keeps this machine from unpacking Debian packages.
func canUnpack() error {
	if _, err := exec.LookPath("mmdebstrap"); err != nil {
		return &ToolError{Tool: "mmdebstrap", Mend: "apt-get install mmdebstrap"}
	}
	return nil
}

// unpack puts the files of a package and of all that it depends on into root.
// Nothing of it is run: the extract variant configures no package. scratch is
// where mmdebstrap may leave its temporary files.
func unpack(ctx context.Context, p debianPackage, root, scratch string, progress func(string)) error {
	// base-files brings /lib64 from trixie on. The chrootless mode needs
	// neither root nor mounts, and is the same for every user.
	args := []string{"--mode=chrootless", "--variant=extract", "--include=base-files," + p.pkg}
	if os.Geteuid() == 0 {
		args = append(args, "--skip=check/chrootless") // it warns of maintainer scripts; none is run
	}
	for _, o := range slices.Concat(aptOpts, p.aptOpts) {
		args = append(args, "--aptopt="+o)
	}
	alive, mine, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("mmdebstrap: %w", err)
	}
	defer alive.Close()
	defer mine.Close()
	args = slices.Concat([]string{"-c", guarded, "sh", "mmdebstrap"}, args, []string{p.suite, root})
	cmd := exec.CommandContext(ctx, "/bin/sh", args...)
	cmd.ExtraFiles = []*os.File{alive} // descriptor 3
	cmd.Env = append(os.Environ(), "TMPDIR="+scratch, "LC_ALL=C.UTF-8")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = waitDelay
	if err := runReporting(cmd, progress); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("mmdebstrap: %w", ctx.Err())
		}
		return fmt.Errorf("mmdebstrap: %w", err)
	}
	return nil
}

// runReporting runs a command, tells its progress lines as they come, and puts
// its errors into the error.
func runReporting(cmd *exec.Cmd, progress func(string)) error {
	out, in := io.Pipe()
	cmd.Stdout, cmd.Stderr = in, in
	ended := make(chan error, 1)
	go func() {
		err := cmd.Run()
		ended <- errors.Join(err, in.Close())
	}()
	var complaints []string
	for s := bufio.NewScanner(out); s.Scan(); {
		if m := stage.FindStringSubmatch(s.Text()); m != nil {
			progress(m[1])
		}
		if text, ok := strings.CutPrefix(s.Text(), "E: "); ok {
			complaints = append(complaints, text)
		}
	}
	_, _ = io.Copy(io.Discard, out) // a line too long for the scanner
	if err := <-ended; err != nil {
		// The first complaints are apt's, the last ones mmdebstrap's about apt.
		text := strings.Join(complaints[:min(2, len(complaints))], "; ")
		if unreachable.MatchString(text) {
			err = errNoMirror
		}
		return fmt.Errorf("%w: %s", err, text)
	}
	return nil
}
