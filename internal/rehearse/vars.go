package rehearse

import (
	"os"
	"path/filepath"
	"strings"

	"halab/internal/lab/process"
)

// adopt has a command of the user's end with the lab, whatever runs that.
func (r *run) adopt(pid int) error { return process.Adopt(r.lab.Dir, pid) }

// hold opens what marks a command of the user's as the lab's.
func (r *run) hold() (*os.File, error) { return process.Hold(r.lab.ID, r.lab.Dir) }

// vars are the environment variables by which a command of the user's finds
// the lab (step run).
func (r *run) vars() []string {
	var servers, frontends strings.Builder
	for _, f := range r.Scenario.Frontends {
		frontends.WriteString(f.Name + " " + r.lab.Frontends[f.Name] + "\n")
	}
	for _, ref := range r.Scenario.ServerRefs() {
		servers.WriteString(ref.String() + " " + r.lab.ServerAddress(ref) + "\n")
	}
	out, err := filepath.Abs(r.Out)
	if err != nil {
		out = r.Out
	}
	all := []string{
		"HALAB_LAB=" + r.lab.ID,
		"HALAB_STATS_SOCKET=" + r.lab.Admin,
		"HALAB_FRONTEND=" + r.lab.Frontends[r.Scenario.TrafficFrontend().Name],
		"HALAB_FRONTENDS=" + frontends.String(),
		"HALAB_SERVERS=" + servers.String(),
		"HALAB_OUT=" + out,
	}
	if r.lab.AdminTCP != "" {
		all = append(all, "HALAB_STATS_TCP="+r.lab.AdminTCP)
	}
	return all
}
