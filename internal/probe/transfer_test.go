package probe

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"halab/internal/haproxy"
	"halab/internal/haproxy/haproxytest"
	"halab/internal/history"
	"halab/internal/render"
	"halab/internal/scenario"
	"halab/internal/software"
)

// size is that of the transfers in these tests: no whole number of the
// pattern's lines, nor of any buffer.
const size = 100_003

func patternText(n int) string {
	b := make([]byte, n)
	render.Pattern(0, b)
	return string(b)
}

// read reads n bytes of a request's body.
func read(n int64) act {
	return func(p *peer) bool {
		_, err := io.CopyN(discard{}, p.in.R, n)
		return err == nil
	}
}

func flip(text string, at int) string { return text[:at] + "X" + text[at+1:] }

func TestTransfers(t *testing.T) {
	text, head := patternText(size), with(fmt.Sprintf("content-length: %d\r\n", size))
	download := scenario.Traffic{Download: &scenario.Download{Size: size}}
	upload := scenario.Traffic{Upload: &scenario.Upload{Size: size, Lasts: scenario.Duration(50 * time.Millisecond)}}
	// A body that lasts long is not all written when the answer comes.
	slow := scenario.Traffic{Upload: &scenario.Upload{Size: size, Lasts: scenario.Duration(10 * time.Second)}}
	for _, c := range []struct {
		name    string
		traffic scenario.Traffic
		script  []act
		outcome history.Outcome
		put     bool // the whole body was written
	}{
		{"download", download, script(request, say(head+text)), history.OK, true},
		{"download cut", download, script(request, say(head+text[:60_000])), history.Truncated, true},
		{"download reset", download, script(request, say(head+text[:60_000]), reset), history.Truncated, true},
		{"download with one byte wrong", download, script(request, say(head+flip(text, 70_001))), history.WrongBody, true},
		{"download with a piece missing", download, script(request, say(head+text[:50_000]+text[50_001:]+"0")), history.WrongBody, true},
		{"download too short", download, script(request, say(with("content-length: 9\r\n")+text[:9])), history.WrongBody, true},
		{"upload", upload, script(request, read(size), say(head+text)), history.OK, true},
		{"upload with one byte wrong", upload, script(request, read(size), say(head+flip(text, 99_999))), history.WrongBody, true},
		{"upload refused early", slow, script(request, read(9), say("HTTP/1.1 413 Too Large\r\nconnection: close\r\n\r\n")), history.BadStatus, false},
		{"upload closed early", slow, script(request, read(9)), history.Closed, false},
		{"upload reset early", slow, script(request, read(9), reset), history.Reset, false},
		{"upload never answered", upload, script(request, read(size)), history.Closed, true},
		{"upload never read", upload, script(stop), history.Timeout, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, c.script)
			to := target(s.addr)
			if c.outcome == history.Timeout {
				to.Timeout = 500 * time.Millisecond
			}
			if c.name == "upload never read" { // more than the buffers of the kernel take
				c.traffic.Upload = &scenario.Upload{Size: 32 << 20, Lasts: upload.Upload.Lasts}
			}
			p, _ := prober(t, to)
			r := &history.Request{ID: "x-1", Intended: history.Since(p.started)}
			for _, class := range classes() {
				if class.interval(c.traffic) == 0 {
					continue
				}
				sender := class.sender(p, c.traffic)
				if follow := sender.send(r); follow != nil {
					follow()
				}
			}
			if r.Outcome != c.outcome {
				t.Errorf("%+v, want %s", r, c.outcome)
			}
			if c.traffic.Upload != nil && (r.Put == int64(c.traffic.Upload.Size)) != c.put {
				t.Errorf("%d bytes written", r.Put)
			}
		})
	}
}

// stop reads nothing at all until the client has given up.
func stop(p *peer) bool {
	_ = p.net.SetReadBuffer(4096)
	time.Sleep(time.Second)
	return false
}

// TestTransfersThroughNginx: the lanes on what halab renders for them, nginx
// of every version behind HAProxy.
func TestTransfersThroughNginx(t *testing.T) {
	for _, version := range []string{"1.18.0", "1.22.1", "1.26.3"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			s := &scenario.Scenario{
				Backends: []scenario.Backend{{Name: "bk_app", Servers: []scenario.Server{{Name: "nginx2", ServerParams: scenario.ServerParams{Nginx: version}}}}},
				Traffic: scenario.Traffic{
					Download: &scenario.Download{Size: size, Lasts: scenario.Duration(time.Second)},
					Upload:   &scenario.Upload{Size: size, Lasts: scenario.Duration(time.Second)},
				},
			}
			to := target(behindNginx(t, s))
			to.Bodies = map[string]string{"bk_app/nginx2": pageText}
			all := run(t, to, s.Traffic, 16)
			for _, l := range Lanes(s.Traffic, "") {
				sent := 0
				for _, r := range byTick(t, all, l.Name, l.Interval.D()) {
					if r.Outcome == history.Unsent { // this machine was too busy
						continue
					}
					sent++
					if r.Outcome != history.OK || r.Got != size {
						t.Errorf("%+v", r)
					}
					if took := r.Done.D() - r.Sent.D(); l.Name == "download" && took < 500*time.Millisecond {
						t.Errorf("a download took %v", took)
					}
				}
				if sent == 0 {
					t.Errorf("nothing was sent on %s", l.Name)
				}
			}
		})
	}
}

// behindNginx starts a scenario's only nginx, with a HAProxy in front, and
// returns where that listens.
func behindNginx(t *testing.T, s *scenario.Scenario) string {
	t.Helper()
	ref := haproxy.ServerRef{Backend: "bk_app", Server: "nginx2"}
	dir := haproxytest.Dir(t)
	user := ""
	if os.Geteuid() == 0 {
		user = "root"
	}
	files, err := render.Render(s, render.Target{Dir: dir, User: user, Servers: map[haproxy.ServerRef]render.Place{ref: {Listen: "unix:" + dir + "/nginx"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := files.Write(dir); err != nil {
		t.Fatal(err)
	}
	if err := files.WritePages(dir); err != nil {
		t.Fatal(err)
	}
	argv := nginx(t, s.Backends[0].Servers[0].Nginx)
	cmd := exec.Command(argv[0], append(argv[1:], "-p", dir, "-c", filepath.Join(dir, render.FileName(ref)+".conf"))...)
	var output strings.Builder
	cmd.Stderr = &output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(output.String())
		}
	})
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(dir + "/nginx"); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("nginx does not come up: " + output.String())
		}
	}
	return behind(t, haproxytest.All(t)[0], "10s", "unix@"+dir+"/nginx", "")
}

func nginx(t *testing.T, version string) []string {
	t.Helper()
	want, err := software.ParseWant("nginx:" + version)
	if err != nil {
		t.Fatal(err)
	}
	p, err := software.New(software.Options{}).Process(t.Context(), want)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("NGINX " + version + " CANNOT BE HAD: " + err.Error())
	}
	return p.Argv
}
