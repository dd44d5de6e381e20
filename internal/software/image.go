package software

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"halab/internal/haproxy"
)

// Label is the label of the images that halab builds; its value is the program
// and its real version, "nginx:1.18.0".
const Label = "halab.software"

// recipe is the version of what buildContext makes; it is part of an image's
// tag, so that a change of the recipe makes a new image.
const recipe = "r1"

var errNoEngine = errors.New("there is no container engine")

// Image returns a program that can be started in a container: an image on the
// engine, else one that is pulled, else one built from the unpacked Debian
// package. Where there is no such version the error is an *UnavailableError.
func (r *Resolver) Image(ctx context.Context, want Want) (Program, error) {
	if r.opts.Engine == nil {
		return Program{}, fmt.Errorf("get an image of %s: %w", want, errNoEngine)
	}
	return r.orSubstitute(ctx, want, r.image)
}

func (r *Resolver) image(ctx context.Context, want Want) (Program, error) {
	if p, ok, err := r.imageHere(ctx, want); ok || err != nil {
		return p, err
	}
	p, pullErr := r.pulled(ctx, want)
	if pullErr == nil {
		return p, nil
	}
	if ctx.Err() != nil {
		return Program{}, pullErr
	}
	t, err := r.tree(ctx, want)
	if err != nil {
		if ctx.Err() == nil {
			offers := append(r.packageOffers(want.Name), r.imageOffers(ctx, want.Name)...)
			err = r.unavailable(want, offers, errors.Join(pullErr, err))
		}
		return Program{}, err
	}
	return r.built(ctx, want, t)
}

// imageHere looks on the engine, without downloading or building anything.
func (r *Resolver) imageHere(ctx context.Context, want Want) (Program, bool, error) {
	for _, own := range r.ownImages(want.Name) {
		if !satisfies(own.version, want.Version) {
			continue
		}
		p, ok, err := r.checkImage(ctx, want, own.ref, []string{"/usr/sbin/" + want.Name}, own.source)
		if ok || err != nil {
			return p, ok, err
		}
	}
	ref := officialRef(want)
	return r.checkImage(ctx, want, ref, []string{want.Name}, "image "+ref)
}

// ownImage is an image that halab may have built before.
type ownImage struct {
	ref, source string
	version     haproxy.Version
}

// newOwnImage names the image of a Debian package.
func newOwnImage(name string, v haproxy.Version, suite string) ownImage {
	return ownImage{
		ref:     fmt.Sprintf("halab/%s:%s-%s-%s", name, v, suite, recipe),
		source:  "image of Debian " + suite,
		version: v,
	}
}

// ownImages are those of the packages in the cache, and of the packages whose
// version is known without unpacking them.
func (r *Resolver) ownImages(name string) []ownImage {
	var images []ownImage
	for _, t := range r.cached(name) {
		images = append(images, newOwnImage(name, t.version, t.suite))
	}
	for _, p := range catalogue {
		own := newOwnImage(name, p.version(), p.suite)
		if p.name == name && !own.version.Branch && !slices.Contains(images, own) {
			images = append(images, own)
		}
	}
	return images
}

// officialRef is the image of the engine's default registry.
func officialRef(want Want) string {
	v := want.Version
	v.Suffix = ""
	return want.Name + ":" + v.String()
}

// checkImage says whether the engine holds an image that reports a version that
// satisfies want. An image that is there and is another version, or does not
// run, is passed over.
func (r *Resolver) checkImage(ctx context.Context, want Want, ref string, argv []string, source string) (Program, bool, error) {
	id, err := r.opts.Engine.ImageID(ctx, ref)
	if err != nil {
		return Program{}, false, fmt.Errorf("look for the image %s: %w", ref, err)
	}
	if id == "" {
		return Program{}, false, nil
	}
	v, err := r.imageVersion(ctx, want.Name, ref, id, argv)
	if err != nil {
		if ctx.Err() != nil {
			return Program{}, false, err
		}
		r.progress("image %s is passed over: %v", ref, err)
		return Program{}, false, nil
	}
	if !satisfies(v, want.Version) {
		r.progress("image %s is passed over: it is %s %s", ref, want.Name, v)
		return Program{}, false, nil
	}
	return Program{
		Name: want.Name, Asked: want.Version, Got: v,
		Source: source, Argv: argv, Image: ref,
	}, true, nil
}

// imageVersion is what the program in the image of this id says that it is. It
// is asked once: the same id is the same content.
func (r *Resolver) imageVersion(ctx context.Context, name, ref, id string, argv []string) (haproxy.Version, error) {
	return r.versions.do(ctx, "image "+ref, func(ctx context.Context) (haproxy.Version, error) {
		if v, ok := r.recall(id, argv[0]); ok {
			return v, nil
		}
		out, err := r.opts.Engine.Run(ctx, ref, []string{argv[0], "-v"})
		if err != nil {
			return haproxy.Version{}, fmt.Errorf("run %s -v in %s: %w: %s", argv[0], ref, err, strings.TrimSpace(firstBytes(out, 200)))
		}
		v, err := parseBanner(name, out)
		if err == nil {
			r.remember(id, argv[0], v)
		}
		return v, err
	})
}
