//go:build !linux

package software

import (
	"context"
	"errors"
)

var errNotLinux = errors.New("Debian's packages run on Linux only")

func canUnpack() error { return errNotLinux }

func unpack(context.Context, debianPackage, string, string, func(string)) error {
	return errNotLinux
}
