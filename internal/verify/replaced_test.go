package verify

import (
	"testing"

	"halab/internal/history"
)

// replacing makes the only command one that puts nginx 1.30.1 on a server.
func replacing(server string) func([]history.Event) []history.Event {
	return func(all []history.Event) []history.Event {
		h := all[0].(*history.Header)
		h.Software = append(h.Software, history.Software{Role: server, Name: "nginx", Asked: "1.30.1", Got: "1.30.1"})
		return stayUp(stepsOnly(func(s *history.Step) {
			if s.Index != 1 {
				return
			}
			s.Kind, s.Text = "replace", "replace: {server: "+server+", nginx: 1.30.1}"
			if s.Phase == history.Command {
				s.Server, s.Version = server, "1.30.1"
			}
		})(all))
	}
}

// showing lets bk/old answer all along, from one moment on with this version.
func showing(header string, since history.Micros) func(*request) {
	return func(r *request) {
		answerOf(r, "old")
		if r.Sent >= since {
			r.Header = header
		}
	}
}

func TestReplaced(t *testing.T) {
	const later = "nginx/1.30.1"
	replace := replacing("bk/old")
	untold := func(all []history.Event) []history.Event {
		return stepsOnly(func(s *history.Step) { s.Version = "" })(replace(all))
	}
	earlier := only("new-150", func(r *request) { r.Header = "nginx/1.18.0" })
	idle := func(all []history.Event) []history.Event { return unseen(replacing("bk/other")(all)) }
	runCases(t, []verdictCase{
		{"by the later version", build{expect: "-", request: showing(later, moved), events: replace}, Pass, "replaced", "bk/old answered as nginx/1.30.1 once step 1 had put it there"},
		{"the earlier version answers on", build{expect: "-", request: both(showing(later, moved), earlier), events: replace}, Fail, "replaced", "1 answer came from bk/old as nginx/1.18.0 after step 1 had put nginx/1.30.1 there; the first at 1.491s"},
		{"nothing but the earlier version", build{expect: "-", request: showing("nginx/1.18.0", 0), events: replace}, Fail, "replaced", "202 answers came from bk/old as nginx/1.18.0"},
		{"a history that does not tell the version", build{expect: "-", request: both(showing(later, moved), earlier), events: untold}, Fail, "replaced", "1 answer came from bk/old as nginx/1.18.0"},
		{"nobody asked the later version", build{events: func(all []history.Event) []history.Event {
			return stepsOnly(func(s *history.Step) {
				if s.Index == 1 && s.Phase == history.Command {
					s.Server, s.Version = "bk/old", "1.30.1"
				}
			})(replace(all))
		}}, Inconclusive, "replaced", "bk/old never answered as nginx/1.30.1, which step 1 put there"},
		{"of a server that serves nobody", build{expect: "-", request: from(0, "old"), events: idle}, Inconclusive, "replaced", "bk/other never answered"},
	})
}

// stayUp has every look see every server up.
func stayUp(all []history.Event) []history.Event {
	for _, e := range all {
		if s, ok := e.(*history.ServerState); ok {
			s.Status = "UP"
		}
	}
	return all
}

// A procedure that touches nothing that serves proves nothing.
func TestActedOnWhatServes(t *testing.T) {
	command := func(change func(s *history.Step)) func([]history.Event) []history.Event {
		return func(all []history.Event) []history.Event {
			return stayUp(stepsOnly(func(s *history.Step) {
				if s.Phase == history.Command {
					change(s)
				}
			})(all))
		}
	}
	stays := from(0, "old")
	backup := command(func(s *history.Step) { s.Server = "bk/new" })
	ran := command(func(s *history.Step) { s.Kind, s.Server, s.AnyServer = "run", "", true })
	nothing := "no step acted on a server that serves"
	runCases(t, []verdictCase{
		{"the backup alone", build{expect: "-", request: stays, events: backup}, Inconclusive, "procedure", nothing},
		{"the backup alone, in mode tcp", build{mode: "tcp", expect: "-", request: stays, events: backup}, Inconclusive, "procedure", nothing},
		{"the backup, which served once", build{expect: "-", request: both(stays, between("new", 1990*ms, allOver, "new")), events: backup}, Pass, "procedure", "2 of 2 steps"},
		{"a command that changes nothing", build{expect: "-", request: stays, events: ran}, Inconclusive, "procedure", "step 1 changed nothing that HAProxy or the servers show"},
		{"a command that changes the weight of one that serves", build{expect: "-", request: stays, events: func(all []history.Event) []history.Event {
			return withStates(weighed(1100*ms, "old", 2))(ran(all))
		}}, Pass, "procedure", "2 of 2 steps"},
		{"a command that changes one that does not serve", build{expect: "-", request: stays, events: func(all []history.Event) []history.Event {
			return withStates(weighed(1100*ms, "other", 2))(ran(all))
		}}, Inconclusive, "procedure", nothing},
		{"HAProxy itself", build{expect: "-", request: stays, events: command(func(s *history.Step) { s.Server, s.Takeover = "", true })}, Pass, "procedure", "2 of 2 steps"},
	})
}
