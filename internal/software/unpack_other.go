//go:build !linux

package software

import (
	"context"
	"errors"
	"runtime"
)

var errNotLinux = errors.New("Debian's packages run on Linux only")

func arch() string { return runtime.GOARCH }

func canUnpack() error { return errNotLinux }

func unpack(context.Context, debianPackage, string, string, func(string)) error {
	return errNotLinux
}
