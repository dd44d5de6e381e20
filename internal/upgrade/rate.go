package upgrade

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// rate is so much a second, as people write it: 64KB, 1.5MiB, 10Mbit.
type rate struct {
	bytes int64
	text  string
}

// maxRate is more than a relay carries.
const maxRate = 100e9

var ratePattern = regexp.MustCompile(`^([0-9]{1,12}(?:\.[0-9]{1,9})?) ?([A-Za-z]{1,4})(/s|ps)?$`)

// units are the units of a rate in bytes; k and K are the same.
func units() map[string]float64 {
	return map[string]float64{
		"B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9,
		"KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30,
		"BIT": 1. / 8, "KBIT": 1e3 / 8, "MBIT": 1e6 / 8, "GBIT": 1e9 / 8,
	}
}

// UnmarshalText reads a number with its unit, maybe with /s.
func (r *rate) UnmarshalText(text []byte) error {
	m := ratePattern.FindStringSubmatch(string(text))
	if m == nil {
		return fmt.Errorf("%q is not a number with a unit", text)
	}
	if strings.HasSuffix(m[2], "b") {
		return fmt.Errorf("%s may mean bits or bytes: say %sbit or %sB", m[2], strings.TrimSuffix(m[2], "b"), strings.TrimSuffix(m[2], "b"))
	}
	unit, ok := units()[strings.ToUpper(m[2])]
	if !ok {
		return fmt.Errorf("unknown unit %s", m[2])
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return err
	}
	bytes := math.Round(n * unit)
	if bytes < 1 || bytes > maxRate {
		return errors.New("not between 1B and 100GB a second")
	}
	r.bytes, r.text = int64(bytes), m[1]+m[2]
	return nil
}

func (r rate) String() string { return r.text + "/s" }
