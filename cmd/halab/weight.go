package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"halab/internal/haproxy"
	"halab/internal/haproxy/adminsock"
)

func (a *app) weightCommand() *cobra.Command {
	var f socketFlags
	kinds := []argument{serverArgument, weightArgument, labArgument}
	cmd := &cobra.Command{
		Use:   "weight SERVER WEIGHT [LAB]",
		Short: "Change a server's weight",
		Long: `Change a server's weight: 0 to 256, or a percentage of the weight that it has in
the configuration. 0 takes it out of load balancing, and so can a percentage:
HAProxy rounds down, so 50% of weight 1 is 0.

SERVER is backend/server, or the server's name where only one backend has it.
HAProxy is asked through the stats socket of the LAB, or through any other with
-s, which needs level admin. The weight is read back and shown, before and after.` + leapHelp,
		Example: `  halab weight nginx2 50
  halab weight bk_app/nginx2 50% -s 127.0.0.1:9999`,
		Args:              takes(cobra.RangeArgs(2, 3)),
		ValidArgsFunction: completeArguments(&f, kinds...),
		RunE: func(cmd *cobra.Command, args []string) error {
			// Nothing is known of the servers behind -s: one may be called 1.
			if f.socket == "" || !validWeight(args[1]) {
				if err := f.known().inOrder(cmd, kinds, args); err != nil {
					return err
				}
			}
			client, err := f.client(args[2:])
			if err != nil {
				return err
			}
			return a.weight(cmd.Context(), client, args[0], args[1], f)
		},
	}
	f.add(cmd)
	f.addForce(cmd)
	return cmd
}

// weightWord is what HAProxy takes for a weight, and maxWeight the highest that
// is none of percents (HAProxy Configuration Manual 5.2, weight).
var weightWord = regexp.MustCompile(`^[0-9]{1,5}%?$`)

const maxWeight = 256

func validWeight(text string) bool {
	if !weightWord.MatchString(text) {
		return false
	}
	n, err := strconv.Atoi(text)
	return err != nil || n <= maxWeight // err: a percentage
}

func (a *app) weight(ctx context.Context, client *adminsock.Client, name, weight string, f socketFlags) error {
	if !validWeight(weight) {
		return usagef("weight %q: want 0 to 256, or a percentage such as 50%%", weight)
	}
	server, stats, err := findServer(ctx, client, name)
	if err != nil {
		return err
	}
	ref := server.Ref()
	states, err := client.ServersState(ctx)
	if err != nil {
		return err
	}
	before, _ := haproxy.FindState(states, ref)
	zero, why := comesToZero(weight, before.Iweight)
	if why != "" {
		a.say("%s", why)
	}
	if zero {
		if err := a.leap(ctx, stats, server, f.force); err != nil {
			return err
		}
	}
	after, err := client.SetWeight(ctx, ref, weight)
	if err != nil {
		return err
	}
	return a.changed(change{ref.String(), fmt.Sprintf("weight %d", before.Uweight), fmt.Sprintf("weight %d", after)}, f.json)
}

// comesToZero reports whether a weight that validWeight takes is 0 for a server
// of this weight in the configuration, and why, where that does not meet the
// eye: HAProxy rounds a percentage down.
func comesToZero(weight string, configured int) (zero bool, why string) {
	digits, percent := strings.CutSuffix(weight, "%")
	n, err := strconv.Atoi(digits)
	switch {
	case err != nil:
		return false, ""
	case !percent || n == 0:
		return n == 0, ""
	case n*configured/100 > 0:
		return false, ""
	}
	return true, fmt.Sprintf("%s of weight %d is 0, since HAProxy rounds down: load balancing sends nothing to the server", weight, configured)
}
