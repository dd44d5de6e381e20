package container

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"

	"github.com/moby/moby/api/types/network"
	"github.com/testcontainers/testcontainers-go"

	"halab/internal/haproxy"
	"halab/internal/lab"
	"halab/internal/lab/ports"
	"halab/internal/render"
)

// plan is what Prepare decided and Start needs.
type plan struct {
	site    lab.Site
	ports   ports.Chooser
	network string
	user    string // uid:gid of every container
	extra   []string
	alias   map[string]string     // by role
	address map[string]netip.Addr // by role
	publish network.PortMap       // of HAProxy's container
}

// Prepare makes the lab's network and gives every container an address on it,
// every server a name, and every frontend a port on loopback that is free
// now.
func (r *Runtime) Prepare(ctx context.Context, site lab.Site) (lab.Layout, error) {
	if r.life.Err() != nil {
		return lab.Layout{}, errors.New("this container runtime has had its lab: each lab wants one of its own")
	}
	provider, err := r.containers(ctx)
	if err != nil {
		return lab.Layout{}, err
	}
	refs := site.Scenario.ServerRefs()
	p := &plan{site: site, ports: ports.Chooser{Own: site.OwnPorts, Engine: true}, network: networkName(site.ID),
		alias: map[string]string{lab.HAProxyRole: haproxyHost}, address: map[string]netip.Addr{}, publish: network.PortMap{}}
	for ref, name := range aliases(refs) {
		p.alias[ref.String()] = name
	}
	r.mu.Lock()
	r.plan = p
	r.mu.Unlock()
	layout, err := p.layout(refs)
	if err != nil {
		return lab.Layout{}, err
	}
	if err := p.writeNsswitch(); err != nil {
		return lab.Layout{}, err
	}
	p.user, layout.Target.User = user(ctx, provider)
	subnet, err := r.makeNetwork(ctx, p.network, labels(site.ID, site.StateDir), len(refs)+1)
	if err != nil {
		return lab.Layout{}, err
	}
	p.place(subnet, refs)
	layout.Near = host(subnet, gateway).String()
	layout.Reach = map[haproxy.ServerRef]string{}
	for _, ref := range refs {
		port := layout.Target.Servers[ref].Listen
		layout.Reach[ref] = net.JoinHostPort(p.address[ref.String()].String(), port)
	}
	if !site.StatsTCP {
		return layout, nil
	}
	// HAProxy's stats socket listens on the container's one address.
	inside := netip.AddrPortFrom(p.address[lab.HAProxyRole], p.unbound(adminPort))
	layout.Target.Sockets = []string{"ipv4@" + inside.String()}
	return layout, p.bind(inside.Port(), layout.AdminTCP)
}

// layout is all that does not depend on the network's addresses.
func (p *plan) layout(refs []haproxy.ServerRef) (lab.Layout, error) {
	l := lab.Layout{Frontends: map[string]string{}, SSL: map[string]string{}}
	l.Target.Binds, l.Target.SSLBinds = map[string]string{}, map[string]string{}
	l.Target.Servers = map[haproxy.ServerRef]render.Place{}
	for _, f := range p.site.Scenario.Frontends {
		outside, err := p.ports.Frontend(f.Name, f.Bind, p.site.Publish)
		if err != nil {
			return lab.Layout{}, err
		}
		l.Frontends[f.Name] = outside
		if l.Target.Binds[f.Name], err = p.publishAt(f.Name, f.Bind, outside); err != nil {
			return lab.Layout{}, err
		}
		if f.SSL == nil {
			continue
		}
		if outside, err = p.ports.Take("frontend "+f.Name, f.SSL.Bind); err != nil {
			return lab.Layout{}, err
		}
		l.SSL[f.Name] = outside
		if l.Target.SSLBinds[f.Name], err = p.publishAt(f.Name, f.SSL.Bind, outside); err != nil {
			return lab.Layout{}, err
		}
	}
	for _, ref := range refs {
		port, err := portOf(ref.String(), p.site.Scenario.Server(ref).Address)
		if err != nil {
			return lab.Layout{}, err
		}
		text := strconv.Itoa(int(port))
		l.Target.Servers[ref] = render.Place{Connect: p.alias[ref.String()] + ":" + text, Listen: text}
	}
	var err error
	if p.site.StatsTCP {
		l.AdminTCP, err = p.ports.Free()
	}
	l.Notes = p.ports.Notes
	return l, err
}

// publishAt publishes a frontend's port at an address of loopback, and
// returns where HAProxy binds it.
func (p *plan) publishAt(frontend, bind, outside string) (string, error) {
	inside, err := portOf("frontend "+frontend, bind)
	if err != nil {
		return "", err
	}
	inside = p.unbound(inside)
	return ":" + strconv.Itoa(int(inside)), p.bind(inside, outside)
}

// portOf is the port of an address of the scenario.
func portOf(who, address string) (uint16, error) {
	_, text, err := net.SplitHostPort(address)
	if err != nil {
		return 0, fmt.Errorf("address of %s: %w", who, err)
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("address of %s: %w", who, err)
	}
	return uint16(port), nil
}

// tcp is the engine's word for a TCP port.
func tcp(port uint16) network.Port {
	p, _ := network.PortFrom(port, network.TCP) // every number is a port
	return p
}

// adminPort is the port of the stats socket in HAProxy's container, unless a
// frontend has it.
const adminPort = 9999

// unbound is port, or the next one that HAProxy does not bind yet: two
// frontends on the same port of two addresses share one address here.
func (p *plan) unbound(port uint16) uint16 {
	for {
		if _, bound := p.publish[tcp(port)]; !bound && port != 0 {
			return port
		}
		port++
	}
}

// bind publishes a port of HAProxy's container at an address of loopback.
func (p *plan) bind(inside uint16, outside string) error {
	at, err := netip.ParseAddrPort(outside)
	if err != nil {
		return fmt.Errorf("publish port %d: %w", inside, err)
	}
	p.publish[tcp(inside)] = []network.PortBinding{{HostIP: at.Addr(), HostPort: strconv.Itoa(int(at.Port()))}}
	return nil
}

// place gives every container its address. HAProxy gets the names of all
// servers as a hosts file, so that it can start before they do, and without a
// DNS server.
func (p *plan) place(subnet netip.Prefix, refs []haproxy.ServerRef) {
	const first = gateway + 1
	p.address[lab.HAProxyRole] = host(subnet, first)
	for i, ref := range refs {
		role := ref.String()
		p.address[role] = host(subnet, first+1+i)
		p.extra = append(p.extra, p.alias[role]+":"+p.address[role].String())
	}
}

// user is who the containers run as, uid:gid, and the name that nginx's
// workers need where that is the superuser: the files that they make must be
// the user's. A rootless engine maps the user to its containers' root.
func user(ctx context.Context, provider *testcontainers.DockerProvider) (ids, name string) {
	if rootless(ctx, provider) || os.Getuid() == 0 {
		return "0:0", "root"
	}
	return fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid()), ""
}
