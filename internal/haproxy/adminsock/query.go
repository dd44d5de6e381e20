package adminsock

import (
	"context"
	"fmt"
	"strings"

	"halab/internal/haproxy"
)

// Stat returns show stat: every frontend, backend, server and listener.
func (c *Client) Stat(ctx context.Context) ([]haproxy.Stat, error) {
	answer, err := c.Command(ctx, "show stat")
	if err != nil {
		return nil, err
	}
	return parseStat(c.String(), answer)
}

func parseStat(address, answer string) ([]haproxy.Stat, error) {
	stats, err := haproxy.ParseStat(strings.NewReader(answer))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	return stats, nil
}

// ServersState returns show servers state: every server of every backend.
func (c *Client) ServersState(ctx context.Context) ([]haproxy.ServerState, error) {
	return c.serversState(ctx, "show servers state")
}

func (c *Client) serversState(ctx context.Context, cmd string) ([]haproxy.ServerState, error) {
	answer, err := c.Command(ctx, cmd)
	if err != nil {
		return nil, err
	}
	states, err := haproxy.ParseServersState(strings.NewReader(answer))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c, err)
	}
	return states, nil
}

// Info returns show info by its names: "Version", "Pid", "Uptime_sec",
// "DroppedLogs", …
func (c *Client) Info(ctx context.Context) (map[string]string, error) {
	answer, err := c.Command(ctx, "show info")
	if err != nil {
		return nil, err
	}
	return parseInfo(c.String(), answer)
}

func parseInfo(address, answer string) (map[string]string, error) {
	info := map[string]string{}
	for line := range strings.Lines(answer) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		if !ok {
			return nil, fmt.Errorf("%s: show info: no colon in the line %.60q", address, line)
		}
		info[name] = strings.TrimSpace(value)
	}
	return info, nil
}

// state returns the state of one server.
func (c *Client) state(ctx context.Context, ref haproxy.ServerRef) (haproxy.ServerState, error) {
	states, err := c.serversState(ctx, "show servers state "+ref.Backend)
	if err != nil {
		return haproxy.ServerState{}, err
	}
	s, ok := haproxy.FindState(states, ref)
	if !ok {
		return haproxy.ServerState{}, fmt.Errorf("%s: server %s: %w", c, ref, ErrUnknownServer)
	}
	return s, nil
}
