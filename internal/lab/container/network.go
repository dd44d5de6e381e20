package container

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
)

// networkTries is how many subnets are offered to the engine: another program
// may take one between the look and the call.
const networkTries = 8

func networkName(id string) string { return "halab-" + id }

// makeNetwork makes a network of the lab's for this many containers, on a
// subnet of its own choice: the engine's own choice does not look at all of
// the host's routes, and takes no static addresses.
func (r *Runtime) makeNetwork(ctx context.Context, name string, labels map[string]string, hosts int) (netip.Prefix, error) {
	cli, err := r.client()
	if err != nil {
		return netip.Prefix{}, err
	}
	taken, err := engineNetworks(ctx, cli)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("make the lab's network: %w", explain(err))
	}
	taken = append(taken, hostNetworks()...)
	for range networkTries {
		subnet, ok := pickSubnet(hosts, taken, rand.Uint32N)
		if !ok {
			break
		}
		err := r.createNetwork(ctx, cli, name, client.NetworkCreateOptions{
			Driver: "bridge",
			Labels: labels,
			IPAM:   &network.IPAM{Config: []network.IPAMConfig{{Subnet: subnet, Gateway: host(subnet, gateway)}}},
		})
		if err == nil {
			return subnet, ctx.Err()
		}
		if !strings.Contains(err.Error(), "Pool overlaps") {
			return netip.Prefix{}, fmt.Errorf("make the lab's network: %w", explain(err))
		}
		taken = append(taken, subnet)
	}
	return netip.Prefix{}, errors.New("make the lab's network: no subnet is free of the host's routes and the engine's other networks")
}

// createNetwork waits for the engine's answer, whatever ends meanwhile.
func (r *Runtime) createNetwork(ctx context.Context, cli *client.Client, name string, options client.NetworkCreateOptions) error {
	ctx, done := r.uncut(ctx)
	defer done()
	_, err := cli.NetworkCreate(ctx, name, options)
	return err
}

// engineNetworks are the subnets of the engine's networks.
func engineNetworks(ctx context.Context, cli *client.Client) ([]netip.Prefix, error) {
	list, err := cli.NetworkList(ctx, client.NetworkListOptions{})
	if err != nil {
		return nil, err
	}
	var out []netip.Prefix
	for _, n := range list.Items {
		for _, c := range n.IPAM.Config {
			if c.Subnet.IsValid() && c.Subnet.Addr().Is4() {
				out = append(out, c.Subnet)
			}
		}
	}
	return out, nil
}

// rootless tells whether the engine runs without root; testcontainers
// remembers what the engine says of itself.
func rootless(ctx context.Context, provider *testcontainers.DockerProvider) bool {
	info, err := provider.Client().Info(ctx, client.InfoOptions{})
	return err == nil && slices.ContainsFunc(info.Info.SecurityOptions, func(o string) bool {
		return strings.Contains(o, "rootless")
	})
}
