package scenario

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"halab/internal/haproxy"
)

func isScalarType(t reflect.Type) bool {
	if t == durationType || t == stdDuration || t == serverRefType {
		return true
	}
	switch t.Kind() {
	case reflect.String, reflect.Int, reflect.Float64, reflect.Bool:
		return true
	}
	return false
}

// scalar decodes one word, number or text.
func (d *decoder) scalar(s spot, v reflect.Value) {
	if s.node.Kind != yaml.ScalarNode {
		d.at(s.node, fmt.Sprintf("%s is %s", s.rules.name, describe(s.node)), wantOf(v.Type(), s.rules), "")
		return
	}
	if msg, hint := setScalar(s, v); msg != "" {
		want := wantOf(v.Type(), s.rules)
		d.at(s.node, fmt.Sprintf("%s: %s", s.rules.name, msg), want, hint)
	}
}

// setScalar returns what is wrong with the scalar, and a hint, or "".
func setScalar(s spot, v reflect.Value) (msg, hint string) {
	text := s.node.Value
	if v.Type() == durationType || v.Type() == stdDuration {
		return setDuration(text, s.rules, v)
	}
	if v.Type() == serverRefType {
		ref, err := ParseServerRef(text)
		if err != nil {
			return err.Error(), ""
		}
		v.Set(reflect.ValueOf(ref))
		return "", ""
	}
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if err := u.UnmarshalText([]byte(text)); err != nil {
			return err.Error(), ""
		}
		return "", ""
	}
	switch v.Kind() {
	case reflect.Bool:
		return setBool(s.node, v)
	case reflect.Int:
		return setInt(s, v)
	case reflect.Float64:
		return setFloat(s, v)
	default:
		return setString(s, v)
	}
}

func setString(s spot, v reflect.Value) (msg, hint string) {
	text := s.node.Value
	if s.node.Tag == "!!bool" {
		return fmt.Sprintf("%s is a boolean, not text", text), strconv.Quote(text)
	}
	if len(s.rules.enum) > 0 {
		for _, e := range s.rules.enum {
			if e == text {
				v.SetString(text)
				return "", ""
			}
		}
		return fmt.Sprintf("%s is not known", quoted(text)), meant(text, s.rules.enum)
	}
	if s.rules.required && text == "" {
		return "is empty", ""
	}
	if f := formatNamed(s.rules.format); f.check != nil {
		if msg, hint := f.check(text); msg != "" {
			return msg, hint
		}
	}
	v.SetString(text)
	return "", ""
}

func setBool(n *yaml.Node, v reflect.Value) (msg, hint string) {
	switch n.Value {
	case "true", "True", "TRUE":
		v.SetBool(true)
	case "false", "False", "FALSE":
		v.SetBool(false)
	case "yes", "on", "y":
		return fmt.Sprintf("%q is not a boolean", n.Value), "true"
	case "no", "off", "n":
		return fmt.Sprintf("%q is not a boolean", n.Value), "false"
	default:
		return fmt.Sprintf("%s is not a boolean", quoted(n.Value)), ""
	}
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		return fmt.Sprintf("%q is text, not a boolean", n.Value), n.Value
	}
	return "", ""
}

func setInt(s spot, v reflect.Value) (msg, hint string) {
	n, err := strconv.ParseInt(s.node.Value, 10, 64)
	if err != nil {
		return fmt.Sprintf("%s is not a whole number", quoted(s.node.Value)), ""
	}
	if !between(float64(n), s.rules) {
		return fmt.Sprintf("%d is out of range", n), ""
	}
	v.SetInt(n)
	return "", ""
}

func setFloat(s spot, v reflect.Value) (msg, hint string) {
	text := s.node.Value
	if s.rules.format == "rate" {
		text = strings.TrimSuffix(text, "/s")
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) || strings.ContainsAny(text, "xX_") {
		hint := ""
		if number, unit, ok := strings.Cut(text, "/"); ok && s.rules.format == "rate" {
			hint = fmt.Sprintf("rates are per second, not per %s: %s/s", printable(unit), printable(number))
		}
		return fmt.Sprintf("%s is not a number", quoted(s.node.Value)), hint
	}
	if !between(n, s.rules) {
		return fmt.Sprintf("%s is out of range", printable(text)), ""
	}
	v.SetFloat(n)
	return "", ""
}

func between(n float64, r rules) bool {
	if low, err := strconv.ParseFloat(r.min, 64); err == nil && n < low {
		return false
	}
	if high, err := strconv.ParseFloat(r.max, 64); err == nil && n > high {
		return false
	}
	return true
}

func setDuration(text string, r rules, v reflect.Value) (msg, hint string) {
	dur, err := ParseDuration(text)
	if err != nil {
		return err.Error(), hintOf(err)
	}
	low, high := durationBounds(r)
	if dur < low {
		return fmt.Sprintf("%s is too short", printable(text)), ""
	}
	if dur > high {
		return fmt.Sprintf("%s is too long", printable(text)), ""
	}
	v.SetInt(int64(dur))
	return "", ""
}

// durationBounds are the field's own bounds, or those of every duration.
func durationBounds(r rules) (low, high Duration) {
	low, high = minDuration, maxDuration
	if d, err := ParseDuration(r.min); err == nil {
		low = d
	}
	if d, err := ParseDuration(r.max); err == nil {
		high = d
	}
	return low, high
}

// ParseServerRef reads a server as a scenario names it: backend/server, or the
// server alone, which leaves Backend empty until Check.ServerRef has found it.
func ParseServerRef(text string) (haproxy.ServerRef, error) {
	if haproxy.ValidName(text) {
		return haproxy.ServerRef{Server: text}, nil
	}
	ref, err := haproxy.ParseServerRef(text)
	if err != nil {
		return ref, fmt.Errorf("%s does not name a server", quoted(text))
	}
	return ref, nil
}
