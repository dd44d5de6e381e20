package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"halab/internal/haproxy"
	"halab/internal/lab"
)

// labStatus is what status says of a lab.
type labStatus struct {
	Name      string            `json:"name"`
	Runtime   string            `json:"runtime"`
	State     string            `json:"state"`
	Created   time.Time         `json:"created"`
	Scenario  string            `json:"scenario"` // file
	Frontends map[string]string `json:"frontends"`
	SSL       map[string]string `json:"ssl,omitempty"` // bind lines with ssl
	Admin     string            `json:"admin"`
	AdminTCP  string            `json:"admin_tcp,omitempty"`
	Notes     []string          `json:"notes,omitempty"`
	Software  []lab.Software    `json:"software,omitempty"` // what the lab began with
	Servers   []serverStatus    `json:"servers"`
	Error     string            `json:"error,omitempty"` // of the stats socket
}

type serverStatus struct {
	Server   string `json:"server"`
	Status   string `json:"status"`
	Weight   int64  `json:"weight"`
	Backup   bool   `json:"backup"`
	Sessions int64  `json:"sessions"`
	Served   int64  `json:"served"` // sessions since the start
	Check    string `json:"check,omitempty"`
}

func (a *app) statusCommand() *cobra.Command {
	var json bool
	cmd := &cobra.Command{
		Use:   "status [LAB]",
		Short: "List the labs, with their servers",
		Long: `List the labs, those that halab up made and those of runs that go on, with the
state of their servers as HAProxy has it.

  up          it runs
  running     the halab that made it still runs: a halab run, or an up at work
  dead        nothing of it runs any more, after a reboot, say; halab gc removes it
  abandoned   its halab is gone; halab gc removes it`,
		Example: `  halab status
  halab status --json`,
		Args:              takes(cobra.MaximumNArgs(1)),
		ValidArgsFunction: completeLab(0),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.statuses(cmd.Context(), args, json) },
	}
	jsonFlag(cmd, &json)
	return cmd
}

func (a *app) statuses(ctx context.Context, args []string, json bool) error {
	var records []*lab.Record
	var err error
	if len(args) == 1 {
		var one *lab.Record
		one, err = openRecord(args)
		records = []*lab.Record{one}
	} else {
		records, err = a.listLabs()
	}
	if err != nil {
		return err
	}
	all := []labStatus{}
	for _, rec := range records {
		all = append(all, a.status(ctx, rec))
	}
	switch {
	case json:
		return a.json(all)
	case len(all) == 0:
		a.say("no lab runs (halab up SCENARIO starts one)")
	}
	for i, s := range all {
		if i > 0 {
			a.print("\n")
		}
		a.print("%s", printable(s.text())) // a record is a file: it may hold anything
	}
	return nil
}

// statusTimeout bounds the look at one lab.
const statusTimeout = 3 * time.Second

func (a *app) status(ctx context.Context, rec *lab.Record) labStatus {
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	s := labStatus{Name: rec.Name, Runtime: rec.Runtime, State: state(ctx, rec), Created: rec.Created, Scenario: rec.File,
		Frontends: rec.Frontends, SSL: rec.SSL, Admin: rec.Admin, AdminTCP: rec.AdminTCP, Notes: rec.Notes, Software: rec.Software, Servers: []serverStatus{}}
	if why := rec.Foreign(); why != nil && rec.ID != "" {
		s.Error = "its record is not trusted: " + why.Error()
		return s
	}
	if s.State != stateUp && s.State != stateRunning {
		return s
	}
	stats, err := adminOf(rec).Stat(ctx)
	if err != nil {
		s.Error = err.Error()
	}
	for _, st := range haproxy.Servers(stats) {
		s.Servers = append(s.Servers, serverStatus{Server: st.Ref().String(), Status: string(st.Status), Weight: st.Weight,
			Backup: st.Bck > 0, Sessions: st.Scur, Served: st.Stot, Check: st.LastChk})
	}
	return s
}

// text is the status for people.
func (s labStatus) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s", s.Name, s.State)
	if s.Runtime != "" {
		fmt.Fprintf(&b, "  %s  %s", s.Runtime, age(time.Since(s.Created)))
	}
	b.WriteString("\n")
	var rows [][]string
	for name, address := range sorted(s.Frontends) {
		rows = append(rows, []string{"  frontend " + name, link(address)})
		if address, ok := s.SSL[name]; ok {
			rows = append(rows, []string{"  over TLS", "https://" + address + "/"})
		}
	}
	if s.State == stateUp || s.State == stateRunning {
		rows = append(rows, []string{"  stats socket", s.Admin})
	}
	programs := map[string]string{}
	for _, p := range s.Software {
		programs[p.Role] = p.String()
	}
	if text, ok := programs[lab.HAProxyRole]; ok {
		rows = append(rows, []string{"  " + lab.HAProxyRole, text})
	}
	b.WriteString(table(rows))
	rows = nil
	for _, v := range s.Servers {
		role := "active"
		if v.Backup {
			role = "backup"
		}
		rows = append(rows, []string{"  " + v.Server, v.Status, role, weightText(v.Weight), fmt.Sprintf("%s, %d served", counted(int(v.Sessions), "session"), v.Served), programs[v.Server]})
	}
	b.WriteString(table(rows))
	for _, note := range s.Notes {
		b.WriteString("  note: " + note + "\n")
	}
	if s.Error != "" {
		b.WriteString("  " + s.Error + "\n")
	}
	return b.String()
}

// weightText is a server's weight. Of 0 it says what that means: it is not on
// the line otherwise, since a server that is down has no other status.
func weightText(weight int64) string {
	if weight == 0 {
		return "weight 0: no traffic"
	}
	return fmt.Sprintf("weight %d", weight)
}

// age is a length of time as people say it.
func age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("for %ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("for %dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("for %dh%dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("for %d days", int(d.Hours()/24))
}
