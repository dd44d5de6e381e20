package history

import (
	"bytes"

	"halab/internal/haproxy"
)

// scanner reads a line of the form that appendRequest writes, in its order of
// keys. Anything else makes it bad, and the line is read by encoding/json.
type scanner struct {
	line  []byte
	at    int // how far it is read; past the end when the line is bad
	names *names
}

// scanRequest reads a request line into r and, where it has one, its log line
// into log; false means that the line may well be right but is not of the
// exact form, and that r and log are of no use.
func scanRequest(line []byte, names *names, r *Request, log *Seen) bool {
	s := scanner{line: line, names: names}
	s.want(`{"k":"req","id":`)
	r.ID = s.text()
	s.want(`,"lane":`)
	r.Lane = s.name()
	r.Conn = s.optional(`,"conn":`)
	r.Port = int(s.optional(`,"port":`))
	r.Reuse = int(s.optional(`,"reuse":`))
	r.Intended = Micros(s.required(`,"intended_us":`))
	r.Sent = Micros(s.optional(`,"sent_us":`))
	r.First = Micros(s.optional(`,"first_us":`))
	r.Quiet = Micros(s.optional(`,"quiet_us":`))
	r.QuietFrom = Micros(s.optional(`,"quiet_from_us":`))
	r.Starved = Micros(s.optional(`,"starved_us":`))
	r.StarvedBy = s.optionalName(`,"starved_by":`)
	r.Done = Micros(s.required(`,"done_us":`))
	r.Status = int(s.optional(`,"status":`))
	r.Header = s.optionalName(`,"header":`)
	r.Server = s.optionalName(`,"server":`)
	r.Put = s.optional(`,"put":`)
	r.Want = s.optional(`,"want":`)
	r.Got = s.optional(`,"got":`)
	s.want(`,"outcome":`)
	r.Outcome = Outcome(s.name())
	r.Error = s.optionalName(`,"error":`)
	if s.skip(`,"log":`) {
		r.Log = s.seen(log)
	}
	return s.skip("}\n") && s.at == len(line)
}

func (s *scanner) seen(out *Seen) *Seen {
	s.want(`{"ts":`)
	out.State = haproxy.TerminationState(s.name())
	s.want(`,"srv":`)
	out.Server = s.name()
	out.Status = int(s.required(`,"status":`))
	out.Bytes = s.required(`,"bytes":`)
	out.Arrived = Micros(s.optional(`,"arrived_us":`))
	out.Tw = s.required(`,"tw":`)
	out.Tc = s.required(`,"tc":`)
	out.Tr = s.required(`,"tr":`)
	out.Ta = s.required(`,"ta":`)
	out.Retries = int(s.optional(`,"retries":`))
	out.Redispatched = s.skip(`,"redispatched":true`)
	s.want(`}`)
	return out
}

// fail makes the line bad: nothing can be read from it any more.
func (s *scanner) fail() { s.at = len(s.line) + 1 }

// skip goes past text if it comes next.
func (s *scanner) skip(text string) bool {
	end := s.at + len(text)
	if end > len(s.line) || string(s.line[s.at:end]) != text {
		return false
	}
	s.at = end
	return true
}

func (s *scanner) want(text string) {
	if !s.skip(text) {
		s.fail()
	}
}

func (s *scanner) required(key string) int64 {
	s.want(key)
	return s.int()
}

func (s *scanner) optional(key string) int64 {
	if !s.skip(key) {
		return 0
	}
	return s.int()
}

// int reads a number of at most 18 digits, which no int64 overflows.
func (s *scanner) int() int64 {
	negative := s.skip("-")
	n, begin, i := int64(0), s.at, s.at
	for ; i < len(s.line) && s.line[i]-'0' <= 9; i++ {
		n = n*10 + int64(s.line[i]-'0')
	}
	digits := i - begin
	if digits <= 0 || digits > 18 || digits > 1 && s.line[begin] == '0' {
		s.fail()
		return 0
	}
	s.at = i
	if negative {
		return -n
	}
	return n
}

// quoted reads what stands between two quotes.
func (s *scanner) quoted() []byte {
	if s.want(`"`); s.at <= len(s.line) {
		if n := bytes.IndexByte(s.line[s.at:], '"'); n >= 0 {
			text := s.line[s.at : s.at+n]
			s.at += n + 1
			return text
		}
	}
	s.fail()
	return nil
}

// text reads a string in which every byte stands for itself.
func (s *scanner) text() string {
	text := s.quoted()
	for _, c := range text {
		if !plain(c) {
			s.fail()
			return ""
		}
	}
	return string(text)
}

// name reads a string that comes again and again: the ones that are known
// need no second look.
func (s *scanner) name() string {
	before := s.at
	if text, ok := s.names.known[string(s.quoted())]; ok || s.at > len(s.line) {
		return text
	}
	s.at = before
	return s.names.add(s.text())
}

func (s *scanner) optionalName(key string) string {
	if !s.skip(key) {
		return ""
	}
	return s.name()
}

// names holds the strings that come again and again, once each.
type names struct{ known map[string]string }

// maxNames bounds them: error texts may differ on every line.
const maxNames = 4096

func (n *names) add(text string) string {
	if len(n.known) < maxNames {
		if n.known == nil {
			n.known = map[string]string{}
		}
		n.known[text] = text
	}
	return text
}
