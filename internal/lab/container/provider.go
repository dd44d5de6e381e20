package container

import (
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/testcontainers/testcontainers-go"
	tclog "github.com/testcontainers/testcontainers-go/log"
)

// configure is done before testcontainers reads its configuration, which it
// does once and for the whole process. Ryuk stays off: its image would have to
// be pulled, and it would remove a lab that is meant to stay. What
// testcontainers tells goes nowhere, for it would go to standard error.
var configure = sync.OnceValue(func() error {
	tclog.SetDefault(tclog.NewNoopLogger())
	return os.Setenv("TESTCONTAINERS_RYUK_DISABLED", "true")
})

// containers is testcontainers' provider. It is made once an engine is known
// to answer, since testcontainers remembers a failure for ever, and panics on
// some.
func (r *Runtime) containers(ctx context.Context) (*testcontainers.DockerProvider, error) {
	if err := r.Ping(ctx); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.provider != nil {
		return r.provider, nil
	}
	if err := configure(); err != nil {
		return nil, fmt.Errorf("configure testcontainers: %w", err)
	}
	p, err := newProvider()
	if err != nil {
		return nil, &EngineError{Host: Host(), Problem: "testcontainers cannot use it", Err: err}
	}
	if used := p.Client().DaemonHost(); used != Host() {
		return nil, &EngineError{Host: Host(), Problem: "testcontainers is set to use " + used,
			Mend: "see ~/.testcontainers.properties"}
	}
	r.provider = p
	return p, nil
}

func newProvider() (p *testcontainers.DockerProvider, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	return testcontainers.NewDockerProvider(testcontainers.WithDefaultBridgeNetwork(testcontainers.Bridge))
}
