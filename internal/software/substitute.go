package software

import (
	"context"
	"errors"
	"slices"

	"halab/internal/haproxy"
)

// orSubstitute gets what is wanted or, with Options.Substitute, the nearest
// newer version that can be had.
func (r *Resolver) orSubstitute(ctx context.Context, want Want, get func(context.Context, Want) (Program, error)) (Program, error) {
	p, err := get(ctx, want)
	if err == nil || !r.opts.Substitute || ctx.Err() != nil {
		return p, err
	}
	unavailable, ok := errors.AsType[*UnavailableError](err)
	if !ok {
		return Program{}, err
	}
	newer := newerThan(want.Version, unavailable.Have)
	for _, v := range newer {
		p, err := get(ctx, Want{Name: want.Name, Version: v})
		if err != nil {
			if ctx.Err() != nil {
				return Program{}, err
			}
			continue // the next nearest may be had
		}
		p.Asked, p.Substitute = want.Version, !satisfies(p.Got, want.Version)
		r.progress("%s %s is not to be had here: taking %s instead (%s)", want.Name, want.Version, p.Got, p.Source)
		return p, nil
	}
	unavailable.Hint = "and none of them is a newer one that could take its place"
	if len(newer) > 0 {
		unavailable.Hint = "and none of the newer ones could be had in its place"
	}
	return Program{}, unavailable
}

// newerThan returns the versions above v, the nearest first.
func newerThan(v haproxy.Version, have []haproxy.Version) []haproxy.Version {
	var newer []haproxy.Version
	for _, h := range have {
		if compare(h, v) > 0 && !satisfies(h, v) {
			newer = append(newer, h)
		}
	}
	slices.SortFunc(newer, compare)
	return newer
}
