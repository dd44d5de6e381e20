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
	"sync"
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

// request sends a request to the engine (Docker Engine API).
func request(ctx context.Context, method, path string) (*http.Response, error) {
	c := http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", engineSocket())
		},
	}}
	req, err := http.NewRequestWithContext(ctx, method, "http://engine"+path, nil)
	if err != nil {
		return nil, err
	}
	return c.Do(req)
}

// ask sends a GET to the engine and decodes its answer.
func ask(ctx context.Context, path string, answer any) error {
	resp, err := request(ctx, http.MethodGet, path)
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
		if !kept(t, n.ID) {
			out = append(out, "network "+n.Name)
		}
	}
	return append(out, orphansOnEngine(t)...)
}

// keeps are the networks that the engine was seen to keep, by id.
var keeps sync.Map

// keptAfter is when halab has long given up what the engine keeps.
const keptAfter = 80 * time.Second

// kept tells whether the engine itself keeps a network: it says that somebody is
// connected, and shows nobody. moby counts a network's endpoints beside the list
// of them, and was once seen to count one too many after a kill of halab; only its
// restart mends that.
func kept(t testing.TB, id string) bool {
	t.Helper()
	if _, known := keeps.Load(id); known {
		return true
	}
	var n struct {
		Name       string
		Created    time.Time
		Containers map[string]struct{}
	}
	if err := ask(context.Background(), "/networks/"+id, &n); err != nil || len(n.Containers) > 0 || time.Since(n.Created) < keptAfter {
		return false
	}
	resp, err := request(context.Background(), http.MethodDelete, "/networks/"+id)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusNoContent:
		t.Errorf("network %s was left, and the engine did not keep it", n.Name)
		return false
	case http.StatusForbidden:
	default:
		return false
	}
	keeps.Store(id, true)
	t.Logf("the engine keeps network %s, to which nobody is connected", n.Name)
	return true
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
		if len(out) == 0 || time.Since(begin) > emptyLimit {
			return out
		}
	}
}
