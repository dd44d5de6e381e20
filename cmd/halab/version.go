package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by the linker: -ldflags "-X main.version=v1.2.3".
var version string

// build is what is known of this binary.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func buildInfo() build {
	b := build{Version: version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if ok {
		if b.Version == "" {
			b.Version = info.Main.Version
		}
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.modified":
				b.Modified = s.Value == "true"
			case "vcs.revision":
				b.Revision = s.Value
			}
		}
	}
	if b.Version == "" {
		b.Version = "(devel)"
	}
	return b
}

// String is the binary for people, in a line.
func (b build) String() string {
	revision := ""
	if b.Revision != "" {
		revision = fmt.Sprintf(" (%.12s)", b.Revision)
	}
	return fmt.Sprintf("halab %s%s %s %s", b.Version, revision, b.Go, b.Platform)
}

// halabVersion is the version alone, for histories.
func halabVersion() string { return buildInfo().Version }

func (a *app) versionCommand() *cobra.Command {
	var json bool
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version of halab",
		Example: "  halab version --json",
		Args:    takes(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			b := buildInfo()
			if json {
				return a.json(b)
			}
			a.print("%s\n", b)
			return nil
		},
	}
	jsonFlag(cmd, &json)
	return cmd
}
