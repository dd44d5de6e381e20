// Package container is the runtime that runs a lab's HAProxy and nginx in
// containers on a network of their own, through testcontainers-go and the
// engine's API.
//
// It never decides what a lab is made of or when it is ready, never pulls or
// builds an image by itself, and leaves nothing to the clean-up of
// testcontainers (Ryuk): everything that it makes carries labels by which
// Remove finds it again, whoever made it.
package container

import (
	"context"
	"sync"

	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"halab/internal/lab"
	"halab/internal/software"
)

// Labels of everything that the runtime makes.
const (
	labelLab   = "halab.lab"   // the lab's id
	labelState = "halab.state" // the state directory that holds its record
	labelRole  = "halab.role"  // lab.HAProxyRole, or backend/server
	labelOnce  = "halab.once"  // a container that runs one command and is gone
)

// labels are those of everything of a lab.
func labels(id, stateDir string) map[string]string {
	return map[string]string{labelLab: id, labelState: stateDir}
}

// Runtime runs the programs of one lab as containers, and is the engine that
// package software gets images from.
type Runtime struct {
	// life ends with the lab, and with it what waits for its containers.
	life context.Context
	end  context.CancelFunc

	mu       sync.Mutex
	cli      *client.Client
	provider *testcontainers.DockerProvider
	plan     *plan
	started  map[string]string // container ids by role
	unsure   bool              // an engine call was given up before it ended
	swept    bool
}

var (
	_ lab.Runtime     = (*Runtime)(nil)
	_ software.Engine = (*Runtime)(nil)
)

// New makes a container runtime for one lab. It does not look for an engine
// yet.
func New() *Runtime {
	r := &Runtime{started: map[string]string{}}
	r.life, r.end = context.WithCancel(context.Background())
	return r
}

// Name is "container".
func (r *Runtime) Name() string { return "container" }
