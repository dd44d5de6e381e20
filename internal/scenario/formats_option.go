package scenario

import (
	"fmt"
	"regexp"
	"strings"
)

// option is one word that may stand after "option" (HAProxy manual 4.2,
// Alphabetically sorted keywords reference), and where it does something.
type option struct {
	name string
	// args is what may follow the name, as a regular expression; "" is nothing.
	args string
	// frontend, backend: HAProxy ignores it, with a warning, in the other.
	frontend, backend bool
	// http: ignored in mode tcp. tcp: senseless in mode http.
	http, tcp bool
	// since is the first version that knows it, where 2.2 does not.
	since string
}

// options returns the table, sorted by name. Not in it: what HAProxy has
// removed or deprecated, what needs a setting that a scenario cannot have, and
// the checks of servers that are no nginx. A test asks a real HAProxy about
// every row.
func options() []option {
	return []option{
		{name: "abortonclose", backend: true},
		{name: "allbackups", backend: true},
		{name: "checkcache", backend: true, http: true},
		{name: "clitcpka", frontend: true},
		{name: "contstats", frontend: true},
		{name: "dontlog-normal", frontend: true},
		{name: "dontlognull", frontend: true},
		{name: "forwardfor", args: `(except [0-9a-fA-F.:/]+)?( ?header [A-Za-z0-9-]+)?( ?if-none)?`, frontend: true, backend: true, http: true},
		{name: "http-buffer-request", frontend: true, backend: true, http: true},
		{name: "http-ignore-probes", frontend: true, http: true},
		{name: "http-keep-alive", frontend: true, backend: true},
		{name: "http-no-delay", frontend: true, backend: true, http: true},
		{name: "http-pretend-keepalive", backend: true, http: true},
		{name: "http-server-close", frontend: true, backend: true},
		{name: "http-use-proxy-header", frontend: true, http: true},
		{name: "httpclose", frontend: true, backend: true},
		{name: "httplog", args: `(clf)?`, frontend: true, http: true},
		{name: "idle-close-on-response", frontend: true, http: true, since: "2.4"},
		{name: "independent-streams", frontend: true, backend: true},
		{name: "log-health-checks", backend: true},
		{name: "log-separate-errors", frontend: true},
		{name: "logasap", frontend: true},
		{name: "nolinger", frontend: true, backend: true},
		{name: "originalto", args: `(except [0-9a-fA-F.:/]+)?( ?header [A-Za-z0-9-]+)?`, frontend: true, backend: true, http: true},
		{name: "persist", backend: true},
		{name: "prefer-last-server", backend: true, http: true},
		{name: "redispatch", args: `(-?[0-9]{1,3})?`, backend: true},
		{name: "socket-stats", frontend: true},
		{name: "splice-auto", frontend: true, backend: true},
		{name: "splice-request", frontend: true, backend: true},
		{name: "splice-response", frontend: true, backend: true},
		{name: "srvtcpka", backend: true},
		{name: "tcp-smart-accept", frontend: true},
		{name: "tcp-smart-connect", backend: true},
		{name: "tcpka", frontend: true, backend: true},
		{name: "tcplog", frontend: true, tcp: true},
	}
}

func optionNamed(text string) (option, bool) {
	name, _, _ := strings.Cut(text, " ")
	for _, o := range options() {
		if o.name == name {
			return o, true
		}
	}
	return option{}, false
}

func optionNames() []string {
	var out []string
	for _, o := range options() {
		out = append(out, o.name)
	}
	return out
}

// checkOption checks the word and its arguments. Where it may stand is for
// validate, which knows the section and the mode.
func checkOption(text string) (msg, hint string) {
	name, args, _ := strings.Cut(text, " ")
	switch name {
	case "httpchk":
		return "option httpchk is a key of its own here", "httpchk: {uri: /}, beside servers"
	case "option", "no":
		return fmt.Sprintf("%q begins with the word %s", printable(text), name), printable(args)
	}
	o, ok := optionNamed(text)
	if !ok {
		return fmt.Sprintf("%s is not an option of HAProxy that a scenario can have", quoted(text)), meant(name, optionNames())
	}
	if strings.HasSuffix(text, " ") || !regexp.MustCompile(`^(?:`+o.args+`)$`).MatchString(args) {
		if o.args == "" {
			return fmt.Sprintf("%s: option %s takes no argument", quoted(text), name), name
		}
		return fmt.Sprintf("%s: option %s does not take that argument", quoted(text), name), ""
	}
	return "", ""
}
