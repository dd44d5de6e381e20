package software

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"time"

	"halab/internal/haproxy"
)

// versionTimeout bounds a program that is asked for its version.
const versionTimeout = 10 * time.Second

// banners find the version in what -v prints: "nginx version: nginx/1.18.0",
// "HAProxy version 2.6.12-1+deb12u4 2026/10/17", and up to 2.3
// "HA-Proxy version 2.2.9-2+deb11u6 2023/12/12". Only upstream's part of the
// version counts.
var banners = map[string]*regexp.Regexp{
	HAProxy: regexp.MustCompile(`(?m)^HA-?Proxy version ([0-9]+(?:\.[0-9]+)+)`),
	Nginx:   regexp.MustCompile(`(?m)^nginx version: nginx/([0-9]+(?:\.[0-9]+)+)`),
}

// parseBanner reads the version from the output of `NAME -v`.
func parseBanner(name, output string) (haproxy.Version, error) {
	m := banners[name].FindStringSubmatch(output)
	if m == nil {
		return haproxy.Version{}, fmt.Errorf("read the version of %s: no version in %q", name, firstBytes(output, 200))
	}
	v, err := haproxy.ParseVersion(m[1])
	if err != nil {
		return haproxy.Version{}, fmt.Errorf("read the version of %s: %w", name, err)
	}
	return v, nil
}

// runVersion starts argv with -v and reads the version that it reports.
func runVersion(ctx context.Context, name string, argv []string) (haproxy.Version, error) {
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], append(slices.Clone(argv[1:]), "-v")...)
	cmd.WaitDelay = time.Second // a child that keeps the pipe open is not waited for
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out // nginx prints to stderr, HAProxy to stdout
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return haproxy.Version{}, fmt.Errorf("run %s -v: %w: %s", argv[len(argv)-1], err, firstBytes(out.String(), 200))
	}
	return parseBanner(name, out.String())
}

// satisfies says whether the version got is one that was asked for.
func satisfies(got, asked haproxy.Version) bool { return asked.Matches(got) }

// compare orders versions, oldest first.
func compare(a, b haproxy.Version) int { return haproxy.Compare(a, b) }

func firstBytes(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}
