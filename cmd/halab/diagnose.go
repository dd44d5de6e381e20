package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"halab/internal/lab"
	"halab/internal/lab/container"
	"halab/internal/software"
)

// diagnose looks at everything, in the order in which it matters.
func diagnose(ctx context.Context) []finding {
	offers := software.New(software.Options{}).Available(ctx)
	return []finding{
		versions(offers, software.HAProxy, "HAProxy", "haproxy:2.6"),
		versions(offers, software.Nginx, "nginx", "nginx:1.18.0"),
		stateDir(),
		tool("mmdebstrap", "gets other versions from Debian"),
		engine(ctx),
		port80(),
		tool("hatop", "flips servers by hand, as in the walkthrough"),
	}
}

// versions says which versions of a program are here and which can be had.
func versions(offers []software.Offer, name, title, example string) finding {
	f := finding{Name: title, Needed: true}
	var here, there []string
	for _, o := range offers {
		switch {
		case o.Name != name:
		case o.Here:
			here = append(here, o.Version.String()+" ("+o.Source+")")
		default:
			there = append(there, o.Version.String())
		}
	}
	f.OK = len(here)+len(there) > 0
	f.Text = strings.Join(here, ", ")
	if len(here) == 0 {
		f.Text = "none is here"
		f.Mend = "halab software fetch " + example
		if !f.OK {
			f.Mend = install(provider(name))
		}
	}
	if len(there) > 0 {
		f.Text += "; from Debian: " + strings.Join(there, ", ")
	}
	return f
}

// provider is the package by which a program can be had: on Linux the one that
// gets every version of both.
func provider(name string) string {
	if runtime.GOOS == "linux" {
		return "mmdebstrap"
	}
	return name
}

// tool says whether a program is on PATH.
func tool(name, use string) finding {
	f := finding{Name: name, OK: true, Text: use}
	if _, err := exec.LookPath(name); err != nil {
		f.OK, f.Mend = false, install(name)
	}
	return f
}

// install is the command that installs a package here.
func install(name string) string {
	switch {
	case runtime.GOOS == "darwin":
		return "brew install " + name
	case os.Geteuid() == 0:
		return "apt-get install " + name
	}
	return "sudo apt-get install " + name
}

func engine(ctx context.Context) finding {
	f := finding{Name: "container engine"}
	version, err := container.New().Version(ctx)
	if err != nil {
		f.Text = err.Error() + "; labs run as processes"
		if e, ok := errors.AsType[*container.EngineError](err); ok {
			f.Text, f.Mend = fmt.Sprintf("%s: %s; labs run as processes", e.Host, e.Problem), e.Command
		}
		if errors.Is(err, fs.ErrNotExist) && f.Mend == "" {
			f.Mend = install("docker.io")
		}
		return f
	}
	f.OK = true
	f.Text = version + " at " + container.Host()
	return f
}

// port80 says whether a lab could have the walkthrough's own port.
func port80() finding {
	l, err := net.Listen("tcp", "127.0.0.1:80")
	if err == nil {
		err = l.Close()
	}
	return port80By(err)
}

// port80By tells what listening on it came to.
func port80By(err error) finding {
	f := finding{Name: "port 80", Text: "free, for --publish 80; any other port does as well"}
	switch {
	case err == nil:
		f.OK = true
	case errors.Is(err, syscall.EADDRINUSE):
		f.Text, f.Mend = "something else listens there, and this shows who: stop that, or leave --publish 80 out, and labs take another port", "ss -ltnp 'sport = :80'"
	case errors.Is(err, syscall.EACCES):
		f.Text, f.Mend = "not permitted to this user; labs take another port", "sudo sysctl -w net.ipv4.ip_unprivileged_port_start=80"
	default:
		f.Text = err.Error()
	}
	return f
}

// stateDir says whether labs can be recorded, and whether some were left
// behind.
func stateDir() finding {
	f := finding{Name: "state directory", Needed: true}
	dir, err := lab.StateDir()
	if err == nil {
		f.Text = dir
		err = os.MkdirAll(dir, 0o700)
	}
	if err == nil {
		var probe *os.File
		if probe, err = os.CreateTemp(dir, ".doctor-"); err == nil {
			err = errors.Join(probe.Close(), os.Remove(probe.Name()))
		}
	}
	if err != nil {
		f.Text, f.Mend = err.Error(), "export XDG_STATE_HOME=/a/directory/of/yours"
		return f
	}
	f.OK = true
	return f
}
