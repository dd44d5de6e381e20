package process_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"halab/internal/lab"
	"halab/internal/lab/labtest"
	"halab/internal/lab/ports"
)

// BenchmarkUp compares a lab that is ready with bare forks of the same three
// programs, up to the first answer.
func BenchmarkUp(b *testing.B) {
	s := subject(b)
	dir := b.TempDir()
	var choose ports.Chooser
	var at [3]string
	for i := range at {
		var err error
		if at[i], err = choose.Free(); err != nil {
			b.Fatal(err)
		}
	}
	write := func(name, format string, args ...any) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, fmt.Appendf(nil, format, args...), 0o644); err != nil {
			b.Fatal(err)
		}
		return path
	}
	const nginx = "user root; daemon off; pid %[1]s/%[2]s.pid; error_log stderr; events {}\n" +
		"http { access_log off; client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s; uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;\n" +
		"server { listen %[3]s; return 200 hello; } }\n"
	const haproxy = "defaults\n  mode http\n  timeout connect 5s\n  timeout client 5s\n  timeout server 5s\n" +
		"frontend f\n  bind %s\n  default_backend b\nbackend b\n  server nginx1 %s check backup\n  server nginx2 %s check\n"
	args := [][]string{
		{"-f", write("haproxy.cfg", haproxy, at[0], at[1], at[2])},
		{"-c", write("1.conf", nginx, dir, "1", at[1])},
		{"-c", write("2.conf", nginx, dir, "2", at[2])},
	}
	var argv [3][]string
	for i, role := range []string{lab.HAProxyRole, "bk_app/nginx1", "bk_app/nginx2"} {
		argv[i] = append(append(argv[i], s.Programs[role].Argv...), args[i]...)
	}
	labtest.BenchUp(b, s, func() (func(), error) { return forks(b.Context(), argv[:], at[0]) })
}

// forks starts programs and returns when address answers, and what ends them.
func forks(ctx context.Context, argv [][]string, address string) (func(), error) {
	ctx, cancel := context.WithCancel(ctx)
	var started []*exec.Cmd
	end := func() {
		cancel()
		for _, cmd := range started {
			_ = cmd.Wait()
		}
	}
	for _, a := range argv {
		cmd := exec.CommandContext(ctx, a[0], a[1:]...)
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
		if err := cmd.Start(); err != nil {
			return end, err
		}
		started = append(started, cmd)
	}
	for begin := time.Now(); lab.Answers(ctx, address) != nil; time.Sleep(time.Millisecond) {
		if time.Since(begin) > 10*time.Second {
			return end, fmt.Errorf("%s does not answer", address)
		}
	}
	return end, nil
}
