package haproxy

import "strings"

// refusals are words by which HAProxy refuses a command or a configuration, in
// lower case (management guide 9.3 and the answers of the versions 2.2 to 3.2).
var refusals = []string{
	"can't find backend",
	"can't find server",
	"backend not found",
	"invalid server",
	"malformed identifier",
	"no such backend",
	"no such frontend",
	"no such proxy",
	"no such server",
	"permission denied",
	"proxy not found",
	"require 'backend/server'",
	"server not found",
	"unknown command",
	"'set server <srv> state' expects",
	"[alert]",
}

// Refusal is the first line of what a command wrote in which HAProxy refuses
// something, or "".
func Refusal(output string) string {
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		severity, answer := 6, line
		if len(line) >= 4 && line[0] == '[' && line[2:4] == "]:" {
			severity, answer = int(line[1]-'0'), strings.TrimSpace(line[4:])
		}
		if severity >= 0 && severity <= 3 {
			return answer
		}
		lower := strings.ToLower(answer)
		for _, words := range refusals {
			if strings.Contains(lower, words) {
				return answer
			}
		}
	}
	return ""
}
