package rehearse

import (
	"testing"
	"time"

	"halab/internal/history"
	"halab/internal/lab"
)

// HAProxy waits for the whole of the second second.
func TestStarved(t *testing.T) {
	const second = history.Micros(1_000_000)
	now := history.Micros(0)
	s := &starved{timeout: 90 * second, now: func() history.Micros { return now }, held: func() lab.Held {
		return lab.Held{CPU: min(max(now-second, 0), second).D()}
	}}
	for ; now <= 4*second; now += second / 10 {
		s.look()
	}
	for _, c := range []struct {
		name string
		r    history.Request
		want history.Micros
	}{
		{"all of it", history.Request{Intended: second, Done: 2 * second}, second},
		{"half of it", history.Request{Intended: 3 * second / 2, Done: 3 * second}, second / 2},
		{"between two looks", history.Request{Intended: second, Done: 3 * second, Quiet: 2 * second, QuietFrom: second + second/20}, second * 19 / 20},
		{"none of it", history.Request{Intended: 2 * second, Done: 4 * second}, 0},
		{"before the first look", history.Request{Intended: -5 * second, Done: 2 * second}, second},
		{"too short to tell of", history.Request{Intended: second, Done: 2*second - 1}, 0},
	} {
		if s.mark(&c.r); c.r.Starved != c.want {
			t.Errorf("%s: %s, want %s", c.name, c.r.Starved, c.want)
		}
	}
}

// halab is stopped from 1 s to 3 s, a tenth of which HAProxy waits for a
// processor, and looks are no more exact than their interval.
func TestStopped(t *testing.T) {
	const second = history.Micros(1_000_000)
	now, waited := history.Micros(0), time.Duration(0)
	s := &starved{timeout: 2 * second, now: func() history.Micros { return now }, held: func() lab.Held { return lab.Held{CPU: waited} }}
	for now = range 5 * second {
		if now%(second/10) != 0 || now > second && now < 3*second {
			continue
		}
		if now == 3*second {
			waited = time.Second / 5
		}
		s.look()
	}
	for _, c := range []struct {
		name     string
		r        history.Request
		from, to history.Micros
	}{
		{"all of it", history.Request{Intended: second, Done: 3 * second}, 19 * second / 10, 2 * second},
		{"half of it", history.Request{Intended: 2 * second, Done: 4 * second}, 9 * second / 10, second},
		{"none of it", history.Request{Intended: 3 * second, Done: 5 * second}, 0, 0},
		{"given up after its time was up", history.Request{Intended: 0, Done: 3 * second, Outcome: history.Timeout}, 9 * second / 10, second},
		{"answered after its time was up", history.Request{Intended: 0, Done: 3 * second, Outcome: history.OK}, 9 * second / 10, second},
	} {
		if s.mark(&c.r); c.r.Starved < c.from || c.r.Starved > c.to || c.to > 0 && c.r.StarvedBy != history.HeldBySelf {
			t.Errorf("%s: %s by %q, want from %s to %s", c.name, c.r.Starved, c.r.StarvedBy, c.from, c.to)
		}
	}
}

// A request may take less than a second in all.
func TestStarvedShort(t *testing.T) {
	now := history.Micros(0)
	s := &starved{timeout: 400_000, now: func() history.Micros { return now }, held: func() lab.Held { return lab.Held{Disk: now.D()} }}
	s.look()
	now = 400_000
	s.look()
	r := history.Request{Done: 400_000, Outcome: history.Timeout}
	if s.mark(&r); r.Starved != 400_000 || r.StarvedBy != history.HeldByDisk {
		t.Errorf("starved for %s of 400ms, by %q", r.Starved, r.StarvedBy)
	}
}

// What is kept does not grow with the run.
func TestStarvedForgets(t *testing.T) {
	now := history.Micros(0)
	s := &starved{timeout: 10 * lookAgain, now: func() history.Micros { return now }, held: func() lab.Held { return lab.Held{} }}
	for range 10_000 {
		now += lookAgain
		s.look()
	}
	if most := 2 * int((s.timeout+keepLooks)/lookAgain); len(s.looks) > most+2 {
		t.Errorf("%d looks are kept", len(s.looks))
	}
}

// The largest share names what held the lab up; who is stolen from waits for a
// processor too, and is held up once.
func TestStarvedBy(t *testing.T) {
	const second = history.Micros(1_000_000)
	for _, c := range []struct {
		held lab.Held // of each second
		want history.Micros
		by   string
	}{
		{lab.Held{CPU: 600 * time.Millisecond, Disk: 300 * time.Millisecond}, 900_000, history.HeldByCPU},
		{lab.Held{CPU: 300 * time.Millisecond, Disk: 600 * time.Millisecond}, 900_000, history.HeldByDisk},
		{lab.Held{CPU: 600 * time.Millisecond, Steal: 800 * time.Millisecond}, 800_000, history.HeldBySteal},
		{lab.Held{CPU: time.Second, Disk: time.Second}, second, history.HeldByCPU},
		{lab.Held{}, 0, ""},
	} {
		now := history.Micros(0)
		s := &starved{timeout: 9 * second, now: func() history.Micros { return now }, held: func() lab.Held {
			part := func(d time.Duration) time.Duration { return d * time.Duration(now) / time.Duration(second) }
			return lab.Held{CPU: part(c.held.CPU), Disk: part(c.held.Disk), Steal: part(c.held.Steal)}
		}}
		for ; now <= 2*second; now += second / 10 {
			s.look()
		}
		r := history.Request{Intended: second / 2, Done: 3 * second / 2}
		if s.mark(&r); r.Starved != c.want || r.StarvedBy != c.by {
			t.Errorf("%+v: %s by %q, want %s by %q", c.held, r.Starved, r.StarvedBy, c.want, c.by)
		}
	}
}

// What the host counts is recorded once a second, and only where it moved.
func TestHostRecord(t *testing.T) {
	const second = history.Micros(1_000_000)
	var h hostRecord
	var got []history.Host
	p := lab.Pressure{IO: time.Hour}
	for now := history.Micros(0); now <= 5*second; now += second / 10 {
		seen := look{at: now}
		if now > 2*second {
			p.IO += 50 * time.Millisecond
			gone := now - 2*second
			seen.without, seen.by = gone/2, [len(helds)]history.Micros{gone / 8, 3 * gone / 8, 0, 0}
		}
		if e := h.add(seen, p); e != nil {
			got = append(got, *e)
		}
	}
	if len(got) != 2 || got[1].IO < 400_000 || got[1].IO > 600_000 || got[1].Lasted < second || got[1].Held != second/2 || got[1].HeldBy != history.HeldByDisk {
		t.Errorf("%+v", got)
	}
}
