package software

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// registryTimeout is how long a registry may take to answer at all; a download
// that has begun may take as long as it needs.
const registryTimeout = 5 * time.Second

var errNoAnswer = errors.New("the registry does not answer")

// registry asks the engine's default registry, and no more once it did not
// answer. Only one question is open at a time, so that the wait for a registry
// that does not answer is spent once.
type registry struct {
	timeout time.Duration
	asking  chan struct{} // holds one token while a pull has no answer yet
	silent  error         // why the registry is not asked any more; owned by the token
}

func newRegistry(timeout time.Duration) *registry {
	return &registry{timeout: timeout, asking: make(chan struct{}, 1)}
}

// pull gets an image. It returns within the timeout unless the registry has
// answered.
func (g *registry) pull(ctx context.Context, e Engine, ref string, progress func(string)) error {
	select {
	case g.asking <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("pull %s: %w", ref, ctx.Err())
	}
	if err := g.silent; err != nil {
		<-g.asking
		return fmt.Errorf("pull %s: %w", ref, err)
	}
	attempt, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var once sync.Once
	// settle ends the wait for an answer, whichever it is.
	settle := func(why error) {
		once.Do(func() {
			g.silent = why
			<-g.asking
			if why != nil {
				cancel(why)
			}
		})
	}
	timer := time.AfterFunc(g.timeout, func() { settle(errNoAnswer) })
	defer timer.Stop()
	err := e.Pull(attempt, ref, func(line string) {
		settle(nil)
		progress(line)
	})
	return g.outcome(ctx, attempt, ref, err, settle)
}

// outcome says what the end of a pull means for the registry.
func (g *registry) outcome(ctx, attempt context.Context, ref string, err error, settle func(error)) error {
	switch {
	case err == nil, errors.Is(err, ErrNoSuchImage), ctx.Err() != nil:
		settle(nil)
	default:
		settle(err) // without effect where the registry had answered
	}
	if err == nil {
		return nil
	}
	if cause := context.Cause(attempt); errors.Is(cause, errNoAnswer) {
		err = cause
	}
	return fmt.Errorf("pull %s: %w", ref, err)
}

// pulled gets the program's official image.
func (r *Resolver) pulled(ctx context.Context, want Want) (Program, error) {
	ref := officialRef(want)
	if r.opts.Offline {
		return Program{}, fmt.Errorf("pull %s: %w", ref, errOffline)
	}
	r.progress("%s: asking the registry for %s", want, ref)
	err := r.registry.pull(ctx, r.opts.Engine, ref, func(line string) { r.progress("%s: %s", want, line) })
	if err != nil {
		return Program{}, err
	}
	p, ok, err := r.checkImage(ctx, want, ref, []string{want.Name}, "image "+ref)
	if err == nil && !ok {
		err = fmt.Errorf("pull %s: what came is not %s", ref, want)
	}
	return p, err
}
