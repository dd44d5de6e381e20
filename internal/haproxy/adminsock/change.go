package adminsock

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"halab/internal/haproxy"
)

// SetState puts a server into an administrative state and reads it back; an
// error is ErrUnchanged where HAProxy has another one afterwards. A server
// that is in the state already stays in it, without an error. The state is
// that of HAProxy's reading, so health follows later: a server that becomes
// ready is up when its next check has passed.
func (c *Client) SetState(ctx context.Context, ref haproxy.ServerRef, state haproxy.ServerAction) error {
	if err := checkRef(ref); err != nil {
		return err
	}
	if _, err := haproxy.ParseServerAction(string(state)); err != nil {
		return err
	}
	if _, err := c.Command(ctx, fmt.Sprintf("set server %s state %s", ref, state)); err != nil {
		return err
	}
	got, err := c.state(ctx, ref)
	if err != nil {
		return err
	}
	if !state.Done(got.Admin) {
		return &UnchangedError{Server: ref, Want: string(state), Got: got.Admin.String()}
	}
	return nil
}

// SetWeight sets a server's weight, "0" to "256" or a percentage of the weight
// it has in the configuration, "0%" to "100%" and above, reads it back and
// returns it. HAProxy rounds a percentage down and caps it at 256: 50% of
// weight 1 is 0, which takes the server out of load balancing.
func (c *Client) SetWeight(ctx context.Context, ref haproxy.ServerRef, weight string) (int, error) {
	if err := checkRef(ref); err != nil {
		return 0, err
	}
	if err := checkWeight(weight); err != nil {
		return 0, err
	}
	if _, err := c.Command(ctx, fmt.Sprintf("set weight %s %s", ref, weight)); err != nil {
		return 0, err
	}
	got, err := c.state(ctx, ref)
	if err != nil {
		return 0, err
	}
	if want := effectiveWeight(weight, got.Iweight); got.Uweight != want {
		return got.Uweight, &UnchangedError{
			Server: ref,
			Want:   "weight " + strconv.Itoa(want),
			Got:    "weight " + strconv.Itoa(got.Uweight),
		}
	}
	return got.Uweight, nil
}

// checkRef refuses names that could smuggle in another word or command.
func checkRef(ref haproxy.ServerRef) error {
	_, err := haproxy.ParseServerRef(ref.String())
	return err
}

// maxWeight is HAProxy's highest weight.
const maxWeight = 256

// checkWeight takes digits and one '%' at most, so that HAProxy is the one to
// say what it does not accept.
func checkWeight(weight string) error {
	digits := strings.TrimSuffix(weight, "%")
	if _, err := strconv.ParseUint(digits, 10, 16); err != nil {
		return fmt.Errorf("weight %q: want 0 to %d, or a percentage of the configured weight", weight, maxWeight)
	}
	return nil
}

// effectiveWeight is the weight that HAProxy makes of a valid one: percentages
// are of the configured weight, rounded down.
func effectiveWeight(weight string, configured int) int {
	digits, relative := strings.CutSuffix(weight, "%")
	n, _ := strconv.Atoi(digits) // checked by checkWeight
	if relative {
		n = configured * n / 100
	}
	return min(n, maxWeight)
}
