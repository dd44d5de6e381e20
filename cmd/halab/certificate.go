package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"halab/internal/lab"
)

// certificateFile is where a program finds the first file that it inherits.
const certificateFile = "/dev/fd/3"

// namelessCertificate is a certificate as a lab makes it, in a file that has
// no name any more: nothing of it outlives halab.
func namelessCertificate() (*os.File, error) {
	made, err := lab.NewCertificates(time.Now())
	if err != nil {
		return nil, err
	}
	f, err := os.CreateTemp("", "halab-")
	if err != nil {
		return nil, fmt.Errorf("keep a certificate: %w", err)
	}
	_, err = f.Write(made.Server)
	if err = errors.Join(os.Remove(f.Name()), err); err != nil {
		return nil, fmt.Errorf("keep a certificate: %w", errors.Join(err, f.Close()))
	}
	return f, nil
}
