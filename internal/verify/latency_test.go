package verify

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"halab/internal/history"
)

// slow makes the answers of one lane come late, counted from when they were
// due: also what was sent late is late.
func slow(begin, end, by history.Micros) func(*request) {
	return func(r *request) {
		if onLane("new", begin, end)(r) {
			r.First, r.Done = r.Intended+by, r.Intended+by
		}
	}
}

func TestLatency(t *testing.T) {
	slower := slow(1001*ms, 1030*ms, 200*ms)
	runCases(t, []verdictCase{
		{"measured", build{request: slower}, Pass, "latency", "p99 on new: 1ms before the steps (of 100), 200ms during (of 101)"},
		{"p99 too high", build{expect: "latency: {p99: 100ms}", request: slower}, Fail, "latency", "200ms during (of 101); 100ms is allowed"},
		{"p99 high enough", build{expect: "latency: {p99: 300ms}", request: slower}, Pass, "latency", "200ms during"},
		{"too many times slower", build{expect: "latency: {factor: 50}", request: slower}, Fail, "latency", "ms is allowed"},
		{"slower, but not so many times", build{expect: "latency: {factor: 500}", request: slower}, Pass, "latency", "200ms during"},
		{"slow before alone", build{expect: "latency: {p99: 100ms}", request: slow(0, 900*ms, 200*ms)}, Pass, "latency", "200ms before"},
		{"counted from when it was due", build{expect: "latency: {p99: 20ms}", request: pause("new", 1001*ms, 1050*ms)}, Fail, "latency", "20ms is allowed"},
		{"nothing before to compare with", build{expect: "latency: {factor: 2}", request: unanswered(0, 1000*ms, "")}.losing(), Inconclusive, "latency", "no answer on new before the steps"},
		{"nothing during the steps", build{expect: "latency: {p99: 1s}", request: unanswered(1000*ms, allOver, "")}.losing(), Inconclusive, "latency", "no answer on new during the steps"},
		{"nothing during the steps on a lane that sends seldom", build{expect: "latency: {p99: 1s}", request: unanswered(1000*ms, allOver, "poll")}.losing(), Pass, "latency", "p99 on new: 1ms before"},
		{"nothing of what is quick", build{expect: "latency: {p99: 1s}", request: unanswered(1000*ms, allOver, ""), events: withTransfers("download", nil)}.losing(), Inconclusive, "latency", "no answer on new during the steps"},
	})
}

// unanswered loses what is due then on a lane; "": on every one.
func unanswered(begin, end history.Micros, lane string) func(*request) {
	return func(r *request) {
		if (lane == "" || r.Lane == lane) && r.Intended >= begin && r.Intended < end {
			lose(r, history.Reset)
		}
	}
}

// losing allows every loss.
func (b build) losing() build {
	b.expect += "\n  lost: 1000"
	return b
}

// The phase during ends a moment after the last step.
func TestLatencyPhases(t *testing.T) {
	s, err := parse("built.yaml", build{}.scenario())
	if err != nil {
		t.Fatal(err)
	}
	r := newRun(s, build{}.header())
	l := newLatency(r)
	r.lane("new")
	before := history.Micros(0)
	for _, at := range []history.Micros{500 * ms, command + ms, stepEnd + settle - ms, stepEnd + settle + ms} {
		for _, e := range stepEvents() {
			if begin, _ := span(e); begin > before && begin <= at {
				l.observe(e)
			}
		}
		q := &request{Lane: "new", Intended: at, Sent: at, Done: at + ms, Status: 200, Outcome: history.OK}
		answerOf(q, "old")
		l.observe(q)
		before = at
	}
	for i, want := range []Latency{{"new", "before", 1, ms, ms, ms}, {"new", "during", 2, ms, ms, ms}, {"new", "after", 1, ms, ms, ms}} {
		if got := l.list(); i >= len(got) || got[i] != want {
			t.Errorf("phase %d: %+v, want %+v", i, got, want)
		}
	}
}

// The quantiles agree with those of a sorted list to 1/32.
func TestQuantiles(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 3, 10, 99, 100, 101, 5000} {
		var h histogram
		all := make([]history.Micros, n)
		for i := range all {
			all[i] = history.Micros(math.Exp(random.Float64() * 20))
			h.add(all[i])
		}
		slices.Sort(all)
		for _, q := range []float64{0.001, 0.01, 0.5, 0.9, 0.99, 0.999, 1} {
			exact := all[int(math.Ceil(q*float64(n)))-1]
			got := h.quantile(q)
			if got < exact || float64(got) > float64(exact)*(1+1.0/32)+1 {
				t.Errorf("of %d: quantile %g is %d, want %d", n, q, got, exact)
			}
		}
		if h.max != all[n-1] || h.count != int64(n) {
			t.Errorf("of %d: max %d, count %d", n, h.max, h.count)
		}
	}
}

func TestBucketsAreInOrder(t *testing.T) {
	for _, v := range []uint64{0, 1, 31, 32, 33, 63, 64, 65, 127, 128, 1 << 20, 1<<20 + 1, 1<<63 - 1, 1 << 63, math.MaxUint64} {
		b := bucket(v)
		if b < 0 || b >= len(histogram{}.buckets) || upper(b) < v || b > 0 && upper(b-1) >= v {
			t.Errorf("%d is in bucket %d, of %d to %d", v, b, upper(max(b, 1)-1)+1, upper(b))
		}
	}
	var h histogram
	h.add(-5)
	if got := h.quantile(0.5); got != 0 {
		t.Errorf("the quantile of a negative time is %d", got)
	}
	if got := new(histogram).quantile(0.5); got != 0 {
		t.Errorf("the quantile of nothing is %d", got)
	}
}
