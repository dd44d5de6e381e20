package rehearse

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// AccessLogSuffix ends the names of the servers' access logs: one line a
// request, with halab's id of it (see templates/nginx.conf.tmpl).
const AccessLogSuffix = ".access.log"

// keepAccessLogs copies the servers' access logs out of the lab before it
// goes: they are the account of whoever answered.
func (r *run) keepAccessLogs() error {
	logs, err := filepath.Glob(filepath.Join(r.lab.Dir, "*"+AccessLogSuffix))
	if err != nil {
		return err
	}
	for _, path := range logs {
		if err := copyFile(filepath.Join(r.Out, filepath.Base(path)), path); err != nil {
			return fmt.Errorf("keep an access log: %w", err)
		}
	}
	return nil
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
