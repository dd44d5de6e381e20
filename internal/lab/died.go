package lab

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"halab/internal/scenario"
)

// DiedError says that a program ended while the lab came up.
type DiedError struct {
	Role   string
	Output string
	// Pos is the place in the scenario that HAProxy's message speaks of;
	// zero when it names none.
	Pos scenario.Pos
	// File is the scenario's file.
	File string
}

func (e *DiedError) Error() string {
	text := fmt.Sprintf("%s ended at once; it wrote:\n%s", e.Role, strings.TrimSpace(e.Output))
	if e.Pos.Line > 0 {
		text += fmt.Sprintf("\nwhich comes from %s:%d:%d", e.File, e.Pos.Line, e.Pos.Col)
	}
	return text
}

// cfgLine finds the line of haproxy.cfg in HAProxy's message:
// "[ALERT] (123) : config : parsing [/x/haproxy.cfg:23] : …".
var cfgLine = regexp.MustCompile(`\[[^\]\s]*haproxy\.cfg:(\d+)\]`)

func (l *Lab) diedError(role string) error {
	l.mu.Lock()
	output := l.instances[role].Output()
	l.mu.Unlock()
	e := &DiedError{Role: role, Output: output, File: l.Scenario.File}
	if m := cfgLine.FindStringSubmatch(output); m != nil && role == HAProxyRole {
		line, _ := strconv.Atoi(m[1])
		if line >= 1 && line <= len(l.Files.Origins) && l.Files.Origins[line-1] != "" {
			e.Pos, _ = l.Scenario.PosOf(l.Files.Origins[line-1])
		}
	}
	return e
}
