package scenario

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Duration is a time.Duration written as in HAProxy (HAProxy manual 2.5, Time
// format: us, ms, s, m, h, d) or Go: 500ms, 2s, 1m30s. Whole milliseconds
// only, because that is what HAProxy's timers count.
type Duration time.Duration

// D returns d as a time.Duration.
func (d Duration) D() time.Duration { return time.Duration(d) }

// String returns d as Go writes it, which ParseDuration reads again.
func (d Duration) String() string { return time.Duration(d).String() }

// Bounds of every Duration that sets none of its own. A day is as long as a
// whole run may take.
const (
	minDuration = Duration(time.Millisecond)
	maxDuration = Duration(24 * time.Hour)
)

var (
	durationPattern = regexp.MustCompile(`^([0-9]+(\.[0-9]+)?(us|ms|s|m|h|d))+$`)
	durationPart    = regexp.MustCompile(`([0-9]+(?:\.[0-9]+)?)(us|ms|s|m|h|d)`)
	bareNumber      = regexp.MustCompile(`^[0-9]+$`)
)

// durationError carries a hint beside its message.
type durationError struct{ msg, hint string }

func (e *durationError) Error() string { return e.msg }

// ParseDuration reads a Duration. A bare number is an error: HAProxy would
// take milliseconds for it, a person mostly means seconds.
func ParseDuration(text string) (Duration, error) {
	if bareNumber.MatchString(text) {
		return 0, &durationError{
			fmt.Sprintf("duration %s has no unit", printable(text)),
			fmt.Sprintf("%sms is what HAProxy would take; or did you mean %ss?", printable(text), printable(text)),
		}
	}
	if len(text) > 64 || !durationPattern.MatchString(text) {
		return 0, fmt.Errorf("%s is not a duration", quoted(text))
	}
	total := 0.0
	for _, part := range durationPart.FindAllStringSubmatch(text, -1) {
		n, err := strconv.ParseFloat(part[1], 64)
		if err != nil {
			return 0, fmt.Errorf("%q is not a duration", text)
		}
		total += n * float64(unitOf(part[2]))
	}
	if total > float64(365*24*time.Hour) {
		return 0, fmt.Errorf("duration %s is longer than a year", text)
	}
	d := time.Duration(total + 0.5)
	if d%time.Millisecond != 0 {
		return 0, &durationError{fmt.Sprintf("duration %s is not whole milliseconds", text), "HAProxy's timers count milliseconds"}
	}
	return Duration(d), nil
}

func unitOf(name string) time.Duration {
	switch name {
	case "us":
		return time.Microsecond
	case "ms":
		return time.Millisecond
	case "s":
		return time.Second
	case "m":
		return time.Minute
	case "h":
		return time.Hour
	}
	return 24 * time.Hour
}

// hintOf returns the hint that err carries, or "".
func hintOf(err error) string {
	var d *durationError
	if errors.As(err, &d) {
		return d.hint
	}
	return ""
}
