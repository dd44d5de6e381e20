package adminsock

import (
	"strings"
)

// What stands around a command on its line. The prologue makes HAProxy begin
// an error with its severity. The epilogue is a command that HAProxy answers
// on a socket of any level, with that level: where its answer is missing, so
// may be part of the one before it (management guide section 9.3, "set
// severity-output" and "show cli level").
const (
	prologue = "set severity-output number; "
	epilogue = "; show cli level\n"
)

// epilogueAnswers are the possible answers to the epilogue, at the very end.
var epilogueAnswers = []string{"[6]: admin\n\n", "[6]: operator\n\n", "[6]: user\n\n"}

// maxSeverity is the highest severity number, debug: the syslog ones.
const maxSeverity = 7

// errorSeverity is the severity at and below which an answer is an error:
// emergency, alert, critical and error, as in syslog.
const errorSeverity = 3

// unknownCommand begins the answer to a command that HAProxy does not know;
// its severity is that of information.
const unknownCommand = "Unknown command"

// unwrap takes the answer to cmd out of what HAProxy sent for the whole line:
// an empty line for the prologue, the answer, and the epilogue's answer.
func unwrap(cmd, raw string) (string, error) {
	body, ok := cutEpilogue(raw)
	if ok {
		body, ok = strings.CutPrefix(body, "\n")
	}
	// Every answer ends with a line feed, the empty one is nothing else.
	if !ok || !strings.HasSuffix(body, "\n") {
		return "", &noAnswerError{cmd: cmd, got: raw}
	}
	severity, answer := cutSeverity(strings.Trim(body, "\n"))
	if severity <= errorSeverity || strings.HasPrefix(answer, unknownCommand) {
		return "", &CommandError{Command: cmd, Answer: answer, Severity: severity}
	}
	return answer, nil
}

func cutEpilogue(raw string) (string, bool) {
	for _, answer := range epilogueAnswers {
		if body, ok := strings.CutSuffix(raw, answer); ok {
			return body, true
		}
	}
	return "", false
}

// cutSeverity takes "[3]: " off an answer. Dumps have no severity and count as
// information.
func cutSeverity(answer string) (int, string) {
	if len(answer) >= 4 && answer[0] == '[' && answer[2:4] == "]:" {
		if n := int(answer[1] - '0'); n >= 0 && n <= maxSeverity {
			return n, strings.TrimSpace(answer[4:])
		}
	}
	return maxSeverity - 1, answer
}
