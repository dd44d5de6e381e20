// Package software owns the way from "nginx 1.18.0" to something that can be
// started: an executable on PATH that is this version, Debian's package of it
// unpacked into the user's cache, an image on a container engine, an image that
// can be pulled, or one built from the cached package.
//
// It never starts a lab, never installs anything outside its cache, and never
// lets a program pass for a version that its own binary does not report.
package software

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"halab/internal/haproxy"
)

// The programs that this package knows.
const (
	Nginx   = "nginx"
	HAProxy = "haproxy"
)

// Want is a program and the version asked for. A version may be a prefix:
// "haproxy:2.6" is satisfied by 2.6.12.
type Want struct {
	Name    string // "nginx" or "haproxy"
	Version haproxy.Version
}

// ParseWant reads "nginx:1.18.0" or "haproxy:2.6".
func ParseWant(s string) (Want, error) {
	name, version, ok := strings.Cut(s, ":")
	if !ok || version == "" {
		return Want{}, fmt.Errorf("parse %q: expected NAME:VERSION, for example nginx:1.18.0", s)
	}
	if !slices.Contains(names, name) {
		return Want{}, fmt.Errorf("parse %q: unknown program %q, expected one of %s", s, name, strings.Join(names, ", "))
	}
	v, err := haproxy.ParseVersion(version)
	if err != nil {
		return Want{}, fmt.Errorf("parse %q: %w", s, err)
	}
	if v.Suffix != "" {
		return Want{}, fmt.Errorf("parse %q: a version is asked for without its suffix %s", s, v.Suffix)
	}
	return Want{Name: name, Version: v}, nil
}

// String gives the form that ParseWant reads.
func (w Want) String() string { return w.Name + ":" + w.Version.String() }

// Program is something that can be started.
type Program struct {
	Name  string
	Asked haproxy.Version
	Got   haproxy.Version // read from the binary, never assumed
	// Source is for people: "nginx on PATH (/usr/sbin/nginx)",
	// "Debian bullseye", "image nginx:1.19.8".
	Source string
	// Substitute says that Got does not satisfy Asked. Only with
	// Options.Substitute.
	Substitute bool
	// Argv is how to start the program, without its own arguments. For an
	// unpacked package that is the package's own loader, its options and the
	// binary; with an Image it is the command inside the image, which replaces
	// the image's entrypoint.
	Argv []string
	// Image is the image's reference, empty for a process.
	Image string
}

// Options say where a Resolver looks. The zero value looks on PATH, in the
// user's cache and at Debian, and knows no container engine.
type Options struct {
	// Cache is the directory of unpacked packages; empty: the directory
	// $HALAB_CACHE, else "halab" in the user's cache directory.
	Cache string
	// Substitute takes the nearest newer version where nobody has the one
	// asked for.
	Substitute bool
	// Offline keeps from downloading: what is here already has to do.
	Offline bool
	// Engine is the container engine, nil where there is none.
	Engine Engine
	// Progress, when set, is told in a line of text what takes a while. It may
	// be called from several goroutines.
	Progress func(line string)
	// Path are the directories searched for executables; nil: those of $PATH
	// and the system's directories that are often not on a user's PATH.
	Path []string
}

// Engine is what this package needs of a container engine.
type Engine interface {
	// ImageID is the id of the image that ref names, which stands for its
	// content; "" where the engine does not hold it.
	ImageID(ctx context.Context, ref string) (string, error)
	// Pull gets an image from its registry. It calls progress, from any
	// goroutine, with what the engine reports; the first call means that the
	// registry has answered, and stops the clock on it. A registry that has no
	// such image is an error that wraps ErrNoSuchImage.
	Pull(ctx context.Context, ref string, progress func(line string)) error
	// Build builds an image from a build context, a tar stream with a
	// Dockerfile in it, and reads that stream to its end or its error.
	Build(ctx context.Context, tag string, buildContext io.Reader, labels map[string]string) error
	// Run runs argv in a new container instead of the image's entrypoint,
	// without a network, removes it, and returns what it wrote to stdout and
	// stderr.
	Run(ctx context.Context, image string, argv []string) (output string, err error)
}

// Offer is a version that can be had.
type Offer struct {
	Name    string
	Version haproxy.Version // a prefix where the patch level is known only after unpacking
	Source  string          // for people, as in Program
	Here    bool            // nothing has to be downloaded
}

// Resolver finds programs. It is safe for concurrent use, and remembers for
// its lifetime, which is to be one run, what it found out about PATH, images
// and a registry that does not answer.
type Resolver struct {
	opts     Options
	versions memo[haproxy.Version] // by path of an executable or by image
	fetches  memo[tree]            // by catalogue entry and version
	failed   sync.Map              // catalogue keys that could not be fetched
	noMirror atomic.Bool           // Debian's mirror could not be reached
	registry *registry
}

// New returns a Resolver. It looks at nothing yet.
func New(opts Options) *Resolver {
	if opts.Progress == nil {
		opts.Progress = func(string) {}
	}
	return &Resolver{opts: opts, registry: newRegistry(registryTimeout)}
}
