package main

import (
	"bufio"
	"context"
	"fmt"
	"slices"
	"strings"

	"halab/internal/haproxy"
)

// takesTraffic reports whether load balancing sends new sessions to a server. A
// backup does not count as one less: it serves once no active server is left.
func takesTraffic(s haproxy.Stat) bool { return s.Status.Serving() && s.Weight > 0 }

// lastServing reports whether the server is the only one of its backend that
// takes traffic, so that the backend has none once it is taken out.
func lastServing(stats []haproxy.Stat, server haproxy.Stat) bool {
	return takesTraffic(server) && !slices.ContainsFunc(haproxy.Servers(stats), func(s haproxy.Stat) bool {
		return s.Proxy == server.Proxy && s.Server != server.Server && takesTraffic(s)
	})
}

// leap has somebody agree to taking out the last server of a backend: at a
// terminal by a y, elsewhere by --force. It returns nil for any other server.
func (a *app) leap(ctx context.Context, stats []haproxy.Stat, server haproxy.Stat, force bool) error {
	if !lastServing(stats, server) {
		return nil
	}
	text := fmt.Sprintf("%s is the last server that serves %s: without it, %s", server.Ref(), server.Proxy, refusedBy(stats, server.Proxy))
	switch {
	case force:
		a.say("%s", printable(text))
		return nil
	case !a.atTerminal() || !a.ui.tty:
		return usagef("%s; nothing was changed (--force does it all the same)", text)
	}
	a.ui.text(printable(text) + "\nDo it anyway? [y/N] ")
	answer, err := await(ctx, func() (string, error) { return bufio.NewReader(a.stdin).ReadString('\n') })
	if ctx.Err() != nil {
		return err
	}
	if word := strings.ToLower(strings.TrimSpace(answer)); word != "y" && word != "yes" {
		return usagef("nothing was changed")
	}
	return nil
}

// refusedBy is what becomes of traffic for a backend without a server.
func refusedBy(stats []haproxy.Stat, backend string) string {
	for _, s := range stats {
		if s.Type == haproxy.StatBackend && s.Proxy == backend && s.Mode == "tcp" {
			return "HAProxy closes new connections to that backend"
		}
	}
	return "HAProxy answers requests to that backend with a 503"
}
