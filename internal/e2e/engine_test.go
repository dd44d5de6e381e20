package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// runtimes are the two that a lab can run in.
var runtimes = []string{"container", "process"}

// eachRuntime runs a test on both, side by side.
func eachRuntime(t *testing.T, test func(t *testing.T, runtime string)) {
	t.Helper()
	for _, runtime := range runtimes {
		t.Run(runtime, func(t *testing.T) {
			t.Parallel()
			if runtime == "container" && !engineAnswers(t) {
				lacks(t, "a container engine")
			}
			test(t, runtime)
		})
	}
}

// engineSocket is the engine's, unless DOCKER_HOST says otherwise.
func engineSocket() string {
	if host := os.Getenv("DOCKER_HOST"); host != "" {
		return strings.TrimPrefix(host, "unix://")
	}
	return "/var/run/docker.sock"
}

// ask sends a GET to the engine (Docker Engine API) and decodes its answer.
func ask(ctx context.Context, path string, answer any) error {
	c := http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", engineSocket())
		},
	}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://engine"+path, nil)
	if err != nil {
		return err
	}
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", path, resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(answer)
}

func engineAnswers(t testing.TB) bool {
	t.Helper()
	return ask(t.Context(), "/version", &struct{}{}) == nil
}

// onEngine names the containers and networks of labs of a state directory,
// and the containers in which a version was to be read and never was.
func onEngine(t testing.TB, state string) []string {
	t.Helper()
	ctx := context.Background() // it is asked while a test ends, too
	if _, err := os.Stat(engineSocket()); err != nil {
		return nil
	}
	filter := func(key, value string) string {
		return "?all=true&filters=" + url.QueryEscape(fmt.Sprintf("{%q:[%q]}", key, value))
	}
	var containers, networks []struct{ ID, Name, Status string }
	if ask(ctx, "/version", &struct{}{}) != nil {
		return nil
	}
	if err := ask(ctx, "/containers/json"+filter("label", "halab.state="+state), &containers); err != nil {
		t.Fatal(err)
	}
	if err := ask(ctx, "/networks"+filter("label", "halab.state="+state), &networks); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range containers {
		out = append(out, "container "+c.ID+" "+c.Status)
	}
	for _, n := range networks {
		out = append(out, "network "+n.Name)
	}
	return append(out, orphansOnEngine(t)...)
}

// begun is when these tests began: what is older is none of theirs.
var begun = time.Now()

// asked is a container in which a version is read.
type asked struct {
	ID, Status string
	Created    int64
	Labels     map[string]string
}

// askedOnEngine lists them, whoever made them.
func askedOnEngine(t testing.TB) []asked {
	t.Helper()
	var all []asked
	path := "/containers/json?all=true&filters=" + url.QueryEscape(`{"label":["halab.once"]}`)
	if err := ask(context.Background(), path, &all); err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(c asked) bool { return c.Created < begun.Unix() })
}

// removing is how long the engine may take to remove a container.
const removing = 5 * time.Second

// orphansOnEngine names those whose maker is gone and that nobody removes. Who
// lives removes its own, and other tests have some beside these.
func orphansOnEngine(t testing.TB) []string {
	t.Helper()
	for begin := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		var out []string
		for _, c := range askedOnEngine(t) {
			owner := c.Labels["halab.once"] // host:pid
			pid, err := strconv.Atoi(owner[strings.LastIndex(owner, ":")+1:])
			if err != nil || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
				out = append(out, "container "+c.ID+" that asks for a version: "+c.Status)
			}
		}
		if len(out) == 0 || time.Since(begin) > removing {
			return out
		}
	}
}
