package software

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// built makes an image of an unpacked package.
func (r *Resolver) built(ctx context.Context, want Want, t tree) (Program, error) {
	own := newOwnImage(t.name, t.version, t.suite)
	ref := own.ref
	r.progress("%s: building the image %s", want, ref)
	if err := r.build(ctx, ref, t); err != nil {
		return Program{}, fmt.Errorf("build %s: %w", ref, err)
	}
	p, ok, err := r.checkImage(ctx, want, ref, []string{"/usr/sbin/" + t.name}, own.source)
	if err == nil && !ok {
		err = fmt.Errorf("build %s: the image is not %s", ref, want)
	}
	return p, err
}

// build streams the build context to the engine.
func (r *Resolver) build(ctx context.Context, ref string, t tree) error {
	out, in := io.Pipe()
	written := make(chan error, 1)
	go func() {
		err := writeBuildContext(in, t)
		written <- errors.Join(err, in.CloseWithError(err))
	}()
	labels := map[string]string{Label: t.name + ":" + t.version.String()}
	err := r.opts.Engine.Build(ctx, ref, out, labels)
	_ = out.CloseWithError(io.ErrClosedPipe) // lets the writer end where the engine stopped reading
	if werr := <-written; err == nil && werr != nil && !errors.Is(werr, io.ErrClosedPipe) {
		err = werr
	}
	return err
}
