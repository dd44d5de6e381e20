package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"halab/internal/haproxy"
	"halab/internal/history"
)

// randomBuild is a run with a random number of things that went another way
// without harm.
func randomBuild(random *rand.Rand) build {
	delay := map[string]history.Micros{}
	mixed := moved + history.Micros(random.IntN(90))*ms
	for range random.IntN(20) {
		delay[fmt.Sprintf("%s-%d", []string{"new", "kept", "poll"}[random.IntN(3)], 1+random.IntN(201))] = history.Micros(random.IntN(900)) * ms
	}
	expect := []string{"", "stale: 5", "masked: 3", "min-weight: 1", "max-gap: 400ms"}[random.IntN(5)]
	return build{
		mode:   []string{"http", "tcp"}[random.IntN(2)],
		expect: expect,
		request: func(r *request) {
			r.First, r.Done = r.First+delay[r.ID], r.Done+delay[r.ID]
			if r.Lane == "new" && r.Sent >= moved && r.Sent < mixed && random.IntN(2) == 0 {
				answerOf(r, "old")
			}
			if expect == "stale: 5" && r.ID == "kept-7" {
				stalled(r)
			}
		},
	}
}

// spoil is what may have become of a request that was lost.
func spoil(random *rand.Rand, r *request) {
	switch random.IntN(6) {
	case 0:
		lose(r, outcomes[random.IntN(len(outcomes))])
	case 1:
		r.Outcome = outcomes[random.IntN(len(outcomes))]
	case 2:
		r.Got--
	case 3:
		r.Status = 500 + random.IntN(5)
	case 4:
		r.Header = "nginx/0.0.0"
	case 5:
		conn, sent := r.Conn, r.Sent
		lose(r, history.Timeout)
		r.Conn, r.Sent = conn, sent
	}
}

// A run that passes does not pass with one more request that was lost, as
// whatever it was lost, whenever and on whatever lane; nor when the record of
// a request is taken away.
func TestALossNeverPasses(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	passed := 0
	for range 120 {
		seed := random.Uint64()
		make := func() build { return randomBuild(rand.New(rand.NewPCG(seed, 1))) }
		if check(t, &source{events: make().history()}).Result != Pass {
			continue
		}
		passed++
		events := make().history()
		i := random.IntN(len(events))
		for r, ok := events[i].(*request); !ok || r.Outcome == history.Stale; r, ok = events[i].(*request) {
			i = random.IntN(len(events))
		}
		r := events[i].(*request)
		if v := check(t, &source{events: slices.Delete(slices.Clone(events), i, i+1)}); v.Result == Pass {
			t.Fatalf("seed %d: passes without %s", seed, r.ID)
		}
		spoil(random, r)
		if v := check(t, &source{events: events}); v.Result != Fail {
			t.Fatalf("seed %d: %s with %+v\n%s", seed, v.Result, r, listed(v.Findings))
		}
	}
	if passed < 90 {
		t.Errorf("only %d of 120 runs passed, so the others showed nothing", passed)
	}
}

// FuzzCheck: whatever the lines of a history say, Check returns a verdict
// that can be written, or an error, and a lost request among them is a FAIL.
func FuzzCheck(f *testing.F) {
	for _, text := range []string{
		`{"k":"req","id":"new-1","lane":"new","conn":1,"intended_us":1,"sent_us":1,"done_us":2,"status":200,"header":"nginx/1.18.0","outcome":"ok"}`,
		`{"k":"req","id":"-9223372036854775808","lane":"","intended_us":-9223372036854775808,"done_us":9223372036854775807,"outcome":"</script>"}`,
		`{"k":"step","at_us":5,"index":-1,"kind":"maint","text":"\u0000","phase":"command","server":"bk/old","sessions":-1}`,
		`{"k":"state","at_us":5,"server":"bk/old","status":"DOWN 1/2","weight":-1}`,
		`{"k":"counters","proxy":"app","req_tot":-1,"final":true}` + "\n" + `{"k":"end","at_us":-5,"lost_log_lines":-1}`,
		`{"k":"log","fe":"app","ts":"","bytes":1,"retries":-1}` + "\n{", "\n\n", `{"k":"header"}`,
	} {
		f.Add(text)
	}
	head, err := json.Marshal(build{}.header())
	if err != nil {
		f.Fatal(err)
	}
	head = append(append([]byte(`{"k":"header",`), head[1:]...), '\n')
	f.Fuzz(func(t *testing.T, text string) {
		v, err := Check(history.NewReader(bytes.NewReader(append(head[:len(head):len(head)], text...))), parse)
		if err != nil {
			return
		}
		if _, err := json.Marshal(v); err != nil {
			t.Fatal(err)
		}
		if v.Result == Pass && (v.LostAll > 0 || !strings.Contains(text, `"end"`)) {
			t.Errorf("PASS of %q", text)
		}
	})
}

// What a server or a user wrote reaches the verdict as it is, and as one
// string: no text of it is code to anybody here.
func TestHostileStrings(t *testing.T) {
	const nasty = "</script>\n\x1b[31m%s%d\u202e\"'`"
	v := build{
		request: only("new-50", func(r *request) {
			r.Header, r.Server, r.Error, r.Outcome = nasty, nasty, nasty, nasty
			r.Log.State = nasty
		}),
		events: addEvent(&history.ServerState{At: allOver, Server: haproxy.ServerRef{Backend: nasty, Server: nasty}, Status: nasty}),
	}.check(t)
	if v.Result != Fail || v.Lost[0].Header != nasty {
		t.Errorf("%s, %+v", v.Result, v.Lost)
	}
	for _, f := range v.Findings {
		if strings.Contains(f.Text, "!(") {
			t.Errorf("a verb of Sprintf: %s", f.Text)
		}
	}
}
