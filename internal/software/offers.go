package software

import (
	"context"
	"slices"

	"halab/internal/haproxy"
)

// Available returns the versions that can be had on this machine, sorted by
// name and version, and within one version in the order in which Process takes
// them. It downloads nothing. What only a registry might have is not among
// them.
func (r *Resolver) Available(ctx context.Context) []Offer {
	var offers []Offer
	for _, name := range names {
		of := append(r.pathOffers(ctx, name), r.packageOffers(name)...)
		of = append(of, r.imageOffers(ctx, name)...)
		sortOffers(of)
		offers = append(offers, of...)
	}
	return offers
}

func sortOffers(offers []Offer) {
	slices.SortStableFunc(offers, func(a, b Offer) int { return compare(a.Version, b.Version) })
}

func (r *Resolver) pathOffers(ctx context.Context, name string) []Offer {
	var offers []Offer
	for _, in := range r.onPath(ctx, name) {
		offers = append(offers, Offer{name, in.version, in.source(), true})
	}
	return offers
}

// packageOffers are Debian's packages: those in the cache, then those that can
// be fetched.
func (r *Resolver) packageOffers(name string) []Offer {
	var offers []Offer
	trees := r.cached(name)
	for _, t := range trees {
		offers = append(offers, Offer{name, t.version, t.source(), true})
	}
	if r.opts.Offline || r.noMirror.Load() || canUnpack() != nil {
		return offers
	}
	for _, p := range catalogue {
		here := slices.ContainsFunc(trees, func(t tree) bool { return t.suite == p.suite })
		if _, failed := r.failed.Load(p.key()); p.name == name && !here && !failed {
			offers = append(offers, Offer{name, p.version(), p.source(), false})
		}
	}
	return offers
}

// imageOffers are the images on the engine that halab built.
func (r *Resolver) imageOffers(ctx context.Context, name string) []Offer {
	if r.opts.Engine == nil {
		return nil
	}
	var offers []Offer
	for _, own := range r.ownImages(name) {
		if id, err := r.opts.Engine.ImageID(ctx, own.ref); err == nil && id != "" {
			offers = append(offers, Offer{name, own.version, own.source, true})
		}
	}
	return offers
}

// unavailable is the error for a version that is not among the offers, which it
// names, or that could not be had from them for the reason err.
func (r *Resolver) unavailable(want Want, offers []Offer, err error) error {
	sortOffers(offers)
	var have []haproxy.Version
	for _, o := range offers {
		if !slices.Contains(have, o.Version) {
			have = append(have, o.Version)
		}
	}
	hint := ""
	if len(newerThan(want.Version, have)) > 0 {
		hint = "take one of them, or the nearest newer one with --substitute"
	}
	return &UnavailableError{Want: want, Have: have, Hint: hint, Err: err}
}
