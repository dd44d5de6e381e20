//go:build linux

package software

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestDebianPackages gets every package of the catalogue and runs it with its
// own loader.
func TestDebianPackages(t *testing.T) {
	for _, p := range catalogue {
		t.Run(p.name+"_"+p.prefix, func(t *testing.T) {
			got := realProgram(t, p.name+":"+p.prefix)
			if !satisfies(got.Got, p.version()) || got.Source != p.source() || got.Substitute || got.Image != "" {
				t.Errorf("got %+v", got)
			}
			out, err := exec.CommandContext(t.Context(), got.Argv[0], append(got.Argv[1:], "-v")...).CombinedOutput()
			if err != nil || !strings.Contains(string(out), got.Got.String()) {
				t.Errorf("-v prints %q, %v; want %s", out, err, got.Got)
			}
		})
	}
}

func TestNginxOfAnotherReleaseServes(t *testing.T) {
	p := realProgram(t, "nginx:1.18.0")
	addr, log := startNginx(t, p)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	tr := &http.Transport{DisableKeepAlives: true}
	resp, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatalf("%v: %s", err, log)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Error(err)
	}
	if got := resp.Header.Get("Server"); got != "nginx/1.18.0" {
		t.Errorf("Server: %s", got)
	}
}

// startNginx starts the program in the foreground on a free port of loopback
// and waits until it accepts connections.
func startNginx(t *testing.T, p Program) (addr string, log *bytes.Buffer) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr = l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	user := ""
	if os.Geteuid() == 0 { // Debian's www-data need not be on this machine
		user = "user root;\n"
	}
	conf := user + "daemon off; master_process off; error_log stderr; pid " + dir + "/pid;\n" +
		"events {}\nhttp { access_log off;\n"
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		conf += fmt.Sprintf("%s_temp_path %s/%s;\n", kind, dir, kind)
	}
	conf += "server { listen " + addr + "; return 200 hello; } }\n"
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	log = new(bytes.Buffer)
	cmd := exec.CommandContext(ctx, p.Argv[0], append(slices.Clone(p.Argv[1:]), "-c", file)...)
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() { cancel(); <-ended })
	for {
		if c, err := net.Dial("tcp", addr); err == nil {
			_ = c.Close()
			return addr, log
		}
		select {
		case <-ended:
			t.Fatalf("nginx ended: %s", log)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// TestImageIsBuilt streams the build context of a real package to an engine.
func TestImageIsBuilt(t *testing.T) {
	realProgram(t, "nginx:1.18.0")
	var labels map[string]string
	e := &engine{images: map[string]string{}, pull: noSuchImage}
	e.built = func(tag string, buildContext io.Reader, l map[string]string) (string, error) {
		labels = l
		files := readContext(t, buildContext)
		for _, name := range []string{"usr/sbin/nginx", "etc/passwd", "lib64/ld-linux-x86-64.so.2"} {
			if files[name] == nil && (runtime.GOARCH == "amd64" || !strings.HasPrefix(name, "lib64")) {
				t.Errorf("the image lacks %s", name)
			}
		}
		return oldNginx, nil
	}
	r := New(Options{Engine: e, Path: []string{}})
	p, err := r.Image(t.Context(), mustWant(t, "nginx:1.18.0"))
	if err != nil || p.Image != "halab/nginx:1.18.0-bullseye-"+recipe || p.Argv[0] != "/usr/sbin/nginx" {
		t.Errorf("got %+v, %v", p, err)
	}
	if labels[Label] != "nginx:1.18.0" {
		t.Errorf("labels %v", labels)
	}
	e.built = func(string, io.Reader, map[string]string) (string, error) { return "", io.ErrUnexpectedEOF }
	delete(e.images, p.Image)
	if _, err := New(Options{Engine: e, Path: []string{}}).Image(t.Context(), mustWant(t, "nginx:1.18.0")); err == nil {
		t.Error("an engine that reads half of the context makes no error")
	}
}

// nobody is an unprivileged user, or the user who runs the tests.
func nobody() uint32 {
	if os.Geteuid() == 0 {
		return 65534
	}
	return 0
}

func TestUnprivilegedUserUnpacks(t *testing.T) {
	cache := openTempDir(t)
	if uid := nobody(); uid != 0 {
		if err := os.Chown(cache, int(uid), int(uid)); err != nil {
			t.Fatal(err)
		}
	}
	realProgram(t, "haproxy:2.2") // says whether the mirror is there
	out, err := childCommand(t, "haproxy:2.2", cache, nobody()).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "got 2.2.9 from Debian bullseye") {
		t.Errorf("%v: %s", err, out)
	}
}

// What is in the cache is used by a user who may not write there.
func TestCacheIsReadOnlyForAnotherUser(t *testing.T) {
	entry := realTree(t, "nginx:1.18.0")
	cache := openTempDir(t)
	copyTree(t, entry.dir, filepath.Join(cache, filepath.Base(entry.dir)))
	out, err := childCommand(t, "nginx:1.18.0", cache, nobody()).CombinedOutput()
	if err != nil || string(out) != "got 1.18.0 from Debian bullseye\n" {
		t.Errorf("%v: %s", err, out)
	}
	files, err := os.ReadDir(cache)
	if err != nil || len(files) != 1 {
		t.Errorf("the cache holds %v, %v", files, err)
	}
}

func copyTree(t *testing.T, from, to string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "cp", "-a", from, to).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}
