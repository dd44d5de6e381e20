package lab

import (
	"errors"
	"fmt"

	"halab/internal/haproxy"
	"halab/internal/relay"
)

// interpose puts a relay in front of each server on which faults are to be
// rehearsed. A lab that stays has none: they would end with halab.
func (l *Lab) interpose(layout *Layout, o Options) error {
	if o.Stay {
		return nil
	}
	l.relays = map[haproxy.ServerRef]*relay.Relay{}
	for _, ref := range o.Faulty {
		r, err := relay.Listen(layout.Near, layout.Reach[ref])
		if err != nil {
			return fmt.Errorf("put a relay in front of %s, for HAProxy to reach it through halab (--runtime process needs no network for that): %w", ref, err)
		}
		l.relays[ref] = r
		place := layout.Target.Servers[ref]
		place.Connect, place.Relayed = r.Address(), true
		layout.Target.Servers[ref] = place
	}
	return nil
}

// watch has a server's relay refuse when its program ends.
func (l *Lab) watch(role string, i Instance) {
	for ref, r := range l.relays {
		if ref.String() == role {
			r.Watch(i.Done())
		}
	}
}

// Relay is the relay in front of a server, on which faults are rehearsed.
func (l *Lab) Relay(ref haproxy.ServerRef) (*relay.Relay, error) {
	if r := l.relays[ref]; r != nil {
		return r, nil
	}
	return nil, fmt.Errorf("%s: HAProxy reaches it without a relay, so no fault can be put between", ref)
}

func (l *Lab) closeRelays() error {
	var errs []error
	for _, r := range l.relays {
		errs = append(errs, r.Close())
	}
	l.relays = nil
	return errors.Join(errs...)
}
