package software

import (
	"context"
	"errors"
	"fmt"
)

// Process returns a program that can be started as a process on this machine:
// an executable on PATH, else the unpacked Debian package, which is fetched
// when the cache has none. Where there is no such version the error is an
// *UnavailableError.
func (r *Resolver) Process(ctx context.Context, want Want) (Program, error) {
	return r.orSubstitute(ctx, want, r.process)
}

func (r *Resolver) process(ctx context.Context, want Want) (Program, error) {
	for _, in := range r.onPath(ctx, want.Name) {
		if satisfies(in.version, want.Version) {
			return Program{
				Name: want.Name, Asked: want.Version, Got: in.version,
				Source: in.source(), Argv: []string{in.path},
			}, nil
		}
	}
	t, err := r.tree(ctx, want)
	if err != nil {
		if ctx.Err() == nil {
			offers := append(r.pathOffers(ctx, want.Name), r.packageOffers(want.Name)...)
			err = r.unavailable(want, offers, err)
		}
		return Program{}, err
	}
	return t.program(want)
}

// program is how to start the tree's program as a process.
func (t tree) program(want Want) (Program, error) {
	argv, err := t.argv()
	if err != nil {
		return Program{}, err
	}
	return Program{
		Name: want.Name, Asked: want.Version, Got: t.version,
		Source: t.source(), Argv: argv,
	}, nil
}

// tree returns an unpacked package that satisfies want, from the cache or else
// from Debian. The error says why each suite that might have it did not give
// it.
func (r *Resolver) tree(ctx context.Context, want Want) (tree, error) {
	if t, ok := r.cachedTree(ctx, want, ""); ok {
		return t, nil
	}
	var errs []error
	for _, p := range candidates(want) {
		t, err := r.fetch(ctx, p, want)
		if err == nil && satisfies(t.version, want.Version) {
			return t, nil
		}
		if err == nil {
			err = fmt.Errorf("%s now holds %s", p.source(), t.version)
		}
		errs = append(errs, err)
	}
	if ctx.Err() != nil {
		return tree{}, fmt.Errorf("get %s: %w", want, ctx.Err())
	}
	if errs == nil {
		return tree{}, errNoSuite
	}
	return tree{}, errors.Join(errs...)
}

// Fetch gets a version into the cache, telling the progress: Debian's package
// of it, or where no suite has it and there is an engine, its image.
func (r *Resolver) Fetch(ctx context.Context, want Want) (Program, error) {
	return r.orSubstitute(ctx, want, func(ctx context.Context, want Want) (Program, error) {
		t, err := r.tree(ctx, want)
		switch {
		case err == nil:
			return t.program(want)
		case ctx.Err() != nil:
			return Program{}, err
		case r.opts.Engine != nil:
			return r.image(ctx, want)
		}
		return Program{}, r.unavailable(want, r.packageOffers(want.Name), err)
	})
}
