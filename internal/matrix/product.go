package matrix

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Place is one cell of the product: a value of every axis.
type Place struct {
	// ID names the cell: a directory name, the same on every machine, and the
	// same when an axis gets more values.
	ID string
	// Values are those of the axes, in their order.
	Values []string
}

// Product is every cell of the axes, the last axis the quickest to change.
func Product(axes []Axis) []Place {
	rows := [][]string{nil}
	for _, a := range axes {
		var next [][]string
		for _, row := range rows {
			for _, v := range a.Values {
				next = append(next, append(row[:len(row):len(row)], v))
			}
		}
		rows = next
	}
	out := make([]Place, len(rows))
	for i, values := range rows {
		out[i] = Place{ID: id(axes, values), Values: values}
	}
	return out
}

// maxID bounds an id in bytes, so that it is a file's name everywhere.
const maxID = 120

// id is haproxy-2.2_from-1.18.0_to-1.22.1. Where a value has characters that a
// file's name had better not have, or the id grows too long, the start of a
// sum over all values keeps it apart from others.
func id(axes []Axis, values []string) string {
	var parts []string
	exact := true
	for i, a := range axes {
		name, _ := tame(a.Name)
		value, same := tame(values[i])
		exact = exact && same
		parts = append(parts, name+"-"+value)
	}
	text := strings.Join(parts, "_")
	if exact && len(text) <= maxID {
		return text
	}
	sum := sha256.Sum256([]byte(strings.Join(values, "\x00")))
	suffix := "_" + hex.EncodeToString(sum[:4])
	return text[:min(len(text), maxID-len(suffix))] + suffix
}

// tame makes a text fit for a file's name, and says whether it was.
func tame(text string) (out string, same bool) {
	out = strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '.', r == '-':
			return r
		}
		return '-'
	}, text)
	return out, out == text
}
