//go:build !linux

package probe

import "time"

func sharpen() {}

func nanosleep(d time.Duration) { time.Sleep(d) }
