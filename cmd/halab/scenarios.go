package main

import (
	"strings"

	"github.com/spf13/cobra"

	"halab/internal/scenario"
	"halab/scenarios"
)

// shipped is what scenarios says of one that ships.
type shipped struct {
	Name    string   `json:"name"`
	Teaches string   `json:"teaches"`
	Verdict string   `json:"verdict"`
	HAProxy string   `json:"haproxy"`
	Nginx   []string `json:"nginx"`
}

func (a *app) scenariosCommand() *cobra.Command {
	var json bool
	cmd := &cobra.Command{
		Use:   "scenarios [NAME]",
		Short: "List the scenarios that ship, or print one",
		Long: `List the scenarios that ship: the name, the verdict that it must have, and what
running it teaches. With a NAME its file is printed, to begin one's own with.`,
		Example: `  halab scenarios
  halab scenarios blog-walkthrough > my.yaml`,
		Args:              takes(cobra.MaximumNArgs(1)),
		ValidArgsFunction: completeScenario,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				return a.printScenario(args[0])
			}
			return a.listScenarios(json)
		},
	}
	jsonFlag(cmd, &json)
	return cmd
}

func (a *app) printScenario(name string) error {
	s, err := loadShipped(name)
	if err != nil {
		return err
	}
	a.print("%s", s.Source)
	return nil
}

func (a *app) listScenarios(json bool) error {
	var all []shipped
	rows := [][]string{{"NAME", "VERDICT", "NGINX", "TEACHES"}}
	for _, name := range scenarios.Names() {
		s, err := loadShipped(name)
		if err != nil {
			return err
		}
		one := shipped{name, s.Teaches, s.Expect.Verdict, s.HAProxy.Version, nginxVersions(s)}
		if one.Verdict == "" {
			one.Verdict = "PASS"
		}
		all = append(all, one)
		rows = append(rows, []string{name, one.Verdict, strings.Join(one.Nginx, ", "), one.Teaches})
	}
	if json {
		return a.json(all)
	}
	a.print("%s", tableIn(a.width(), rows))
	return nil
}

// nginxVersions are the versions of the servers, each once, in their order.
func nginxVersions(s *scenario.Scenario) []string {
	var out []string
	seen := map[string]bool{}
	for _, ref := range s.ServerRefs() {
		if v := s.Server(ref).Nginx; !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}
