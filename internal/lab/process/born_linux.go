package process

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// ticks is USER_HZ, in which /proc counts: 100 on every Linux that Go runs
// on (proc(5)).
const ticks = 100

// dirTime is when the lab's haproxy.cfg was written, in ticks since boot and a
// second early. That is before any of its programs was started, so a process
// that is older is none of the lab's, although its session has a number that
// was recorded: another had it before. It is 0, which excludes nothing,
// where that cannot be told.
func dirTime(dir string) int64 {
	info, err := os.Stat(dir + "/haproxy.cfg")
	if err != nil {
		return 0
	}
	data, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return 0
	}
	text, _, _ := strings.Cut(string(data), " ")
	up, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0
	}
	age := time.Since(info.ModTime()).Seconds()
	return max(0, int64((up-age)*ticks)-ticks)
}
