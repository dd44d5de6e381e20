package render

import (
	"regexp"
	"strconv"

	"halab/internal/scenario"
)

// Mention is a line of haproxy.cfg that a message speaks of, and the place of
// the scenario that it comes from.
type Mention struct {
	Line int
	Pos  scenario.Pos
}

// cfgLine finds the lines of haproxy.cfg in HAProxy's messages:
// "[ALERT] (123) : config : parsing [/x/haproxy.cfg:23] : …".
var cfgLine = regexp.MustCompile(`\[[^\]\s]*haproxy\.cfg:(\d+)\]`)

// Mentions are the lines that a message of HAProxy about these files names, in
// its order, without those that come from nowhere in the scenario.
func (f Files) Mentions(s *scenario.Scenario, message string) []Mention {
	var out []Mention
	for _, m := range cfgLine.FindAllStringSubmatch(message, -1) {
		line, err := strconv.Atoi(m[1])
		if err != nil || line < 1 || line > len(f.Origins) || f.Origins[line-1] == "" {
			continue
		}
		if pos, ok := s.PosOf(f.Origins[line-1]); ok {
			out = append(out, Mention{line, pos})
		}
	}
	return out
}
