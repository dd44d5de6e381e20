package software

import (
	"errors"
	"fmt"
	"strings"

	"halab/internal/haproxy"
)

// ErrNoSuchImage is wrapped by the error of Engine.Pull when the registry
// answered that it has no such image.
var ErrNoSuchImage = errors.New("no such image")

// errOffline is why nothing was downloaded with Options.Offline.
var errOffline = errors.New("nothing is downloaded in offline mode")

// errNoSuite is why Debian was not asked.
var errNoSuite = errors.New("no Debian suite has it")

// errNoMirror is why Debian's mirror is asked only once a run.
var errNoMirror = errors.New("the mirror cannot be reached")

// UnavailableError says that a version cannot be had, and which can.
type UnavailableError struct {
	Want Want
	// Have are the versions of the same program that can be had, oldest first.
	Have []haproxy.Version
	// Hint says what to do about it.
	Hint string
	// Err is why the sources that might have had it did not give it; nil where
	// there is no such source.
	Err error
}

// Error names the version, the reason, the versions that can be had and the
// way out, in one line.
func (e *UnavailableError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "get %s %s: not to be had here", e.Want.Name, e.Want.Version)
	if e.Err != nil {
		fmt.Fprintf(&b, " (%s)", strings.ReplaceAll(e.Err.Error(), "\n", "; "))
	}
	if len(e.Have) == 0 {
		b.WriteString("; no other version either")
	} else {
		words := make([]string, len(e.Have))
		for i, v := range e.Have {
			words[i] = v.String()
		}
		fmt.Fprintf(&b, "; there is %s", strings.Join(words, ", "))
	}
	if e.Hint != "" {
		fmt.Fprintf(&b, "; %s", e.Hint)
	}
	return b.String()
}

// Unwrap returns the reason.
func (e *UnavailableError) Unwrap() error { return e.Err }

// ToolError says that a tool of the machine is missing, and the one command
// that mends it.
type ToolError struct {
	Tool string // "mmdebstrap"
	Mend string // "apt-get install mmdebstrap"
}

// Error names the tool and the command.
func (e *ToolError) Error() string {
	return fmt.Sprintf("%s is not installed (%s)", e.Tool, e.Mend)
}
