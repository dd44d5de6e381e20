package lab

import (
	"strconv"
	"strings"
	"time"
)

// Pressure is what the host counts of its own since it was started. The counters
// stay 0 where the kernel has none.
type Pressure struct {
	// CPU, IO and Memory are the time in which some task of the host waited for
	// that (/proc/pressure; Linux, Pressure Stall Information).
	CPU, IO, Memory time.Duration
	// Steal is the time of one processor that the hypervisor gave to others
	// (/proc/stat).
	Steal time.Duration
	told  bool // there are counters of pressure
}

// waits reports whether the host waited for a disk or for memory since was, as
// far as it tells.
func (p Pressure) waits(was Pressure) bool { return !p.told || p.IO > was.IO || p.Memory > was.Memory }

// parsePressure reads a file of /proc/pressure: the total of its line some, in
// microseconds.
func parsePressure(text string) (some time.Duration, ok bool) {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != "some" {
			continue
		}
		total, is := strings.CutPrefix(fields[len(fields)-1], "total=")
		n, err := strconv.ParseInt(total, 10, 64)
		if !is || err != nil || n < 0 || n > int64(maxPressure/time.Microsecond) {
			continue
		}
		some, ok = time.Duration(n)*time.Microsecond, true
	}
	return some, ok
}

// maxPressure is more than a host runs.
const maxPressure = 100 * 365 * 24 * time.Hour

// parseSteal reads how long each processor was stolen on average from /proc/stat
// (proc_stat(5)): its first line sums up all, in hundredths of a second.
func parseSteal(text string) time.Duration {
	var ticks, processors int64
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		switch {
		case len(fields) < 9 || !strings.HasPrefix(fields[0], "cpu"):
		case fields[0] == "cpu":
			ticks, _ = strconv.ParseInt(fields[8], 10, 64)
		default:
			processors++
		}
	}
	if processors == 0 || ticks < 0 || ticks > int64(maxPressure/tick) {
		return 0
	}
	return time.Duration(ticks) * tick / time.Duration(processors)
}

// tick is the unit of /proc/stat, USER_HZ: 100 on every architecture of Linux
// that halab runs on.
const tick = 10 * time.Millisecond
