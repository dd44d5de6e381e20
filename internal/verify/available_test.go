package verify

import (
	"testing"

	"halab/internal/history"
)

// A look ends the time without a server, unless HAProxy may have answered it
// before that began.
func TestAvailableUntilALook(t *testing.T) {
	const from = 1300 * ms
	at := func(times ...history.Micros) func([]history.Event) []history.Event {
		return func(all []history.Event) []history.Event {
			for _, at := range times {
				all = withMessage(all, at)
			}
			return all
		}
	}
	ends := func(states ...*history.ServerState) func([]history.Event) []history.Event {
		return func(all []history.Event) []history.Event { return withStates(states...)(at(from)(all)) }
	}
	weightless := seen(from+500*ms, "new", "UP")
	weightless.Weight = 0
	runCases(t, []verdictCase{
		{"no look", build{events: ends()}, Fail, AvailableName, "HAProxy had no server left in bk at 1.300s, until the end"},
		{"one that was under way", build{events: ends(seen(from+ms/2, "new", "UP"))}, Fail, AvailableName, "until the end"},
		{"and one after it", build{events: ends(seen(from+ms/2, "new", "UP"), seen(from+150*ms, "new", "UP"))}, Fail, AvailableName, "at 1.300s, for 150ms at most"},
		{"the next", build{events: ends(seen(from+100*ms, "new", "UP"))}, Fail, AvailableName, "at 1.300s, for 100ms at most"},
		{"without a weight", build{events: ends(weightless)}, Fail, AvailableName, "until the end"},
		{"once more", build{events: at(from, from+ms)}, Fail, AvailableName, "until the end; and 1 more time"},
		{"twice more", build{events: at(from, from+ms, from+2*ms)}, Fail, AvailableName, "until the end; and 2 more times"},
	})
}

func withMessage(all []history.Event, at history.Micros) []history.Event {
	return append(append(all[:len(all)-2:len(all)-2], &history.Message{At: at, Text: "backend bk has no server available!"}), all[len(all)-2:]...)
}
