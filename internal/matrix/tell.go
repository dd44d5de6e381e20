package matrix

import (
	"fmt"
	"strconv"
	"strings"
)

// tell is a difference in a sentence: "HAProxy 2.2 loses 41 requests at step 1
// reload; 2.6, 3.0 and 3.2 none".
func tell(d Difference) string {
	var with, without, unknown []Group
	for _, g := range d.Groups {
		switch g.State {
		case has:
			with = append(with, g)
		case hasNot:
			without = append(without, g)
		default:
			unknown = append(unknown, g)
		}
	}
	if len(d.Axes) == 0 {
		every := "every cell "
		if d.partly {
			every = "every cell of which it is known "
		}
		return every + d.predicate(with[0], false, true)
	}
	var parts []string
	for i, same := range d.alike(with) {
		parts = append(parts, d.names(same, i == 0)+" "+d.predicate(same[0], len(same) > 1, i == 0))
	}
	text := strings.Join(parts, ", ")
	if len(without) > 0 {
		text += "; " + d.others(without) + " " + d.negative(len(without) > 1)
	}
	if len(unknown) > 0 && d.Kind != kindInconclusive {
		text += "; of " + d.others(unknown) + " it is not known"
	}
	return text
}

// alike puts the groups of which the same is said together.
func (d Difference) alike(groups []Group) [][]Group {
	var out [][]Group
	at := map[[2]int64]int{}
	for _, g := range groups {
		var key [2]int64
		if d.Kind == kindLost {
			key = [2]int64{g.Least, g.Most}
		}
		i, known := at[key]
		if !known {
			i = len(out)
			at[key] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], g)
	}
	return out
}

// predicate says what a group has; only the first one in full.
func (d Difference) predicate(g Group, several, first bool) string {
	amount := strconv.FormatInt(g.Least, 10)
	if g.Most > g.Least {
		amount += " to " + strconv.FormatInt(g.Most, 10)
	}
	switch {
	case d.Kind == kindLost && !first:
		return amount
	case d.Kind == kindLost:
		noun := "requests"
		if g.Most == 1 {
			noun = "request"
		}
		where := "after " + d.What
		if !strings.HasPrefix(d.What, "step") {
			where = d.What
		}
		return fmt.Sprintf("%s %s %s %s", verb("loses", "lose", several), amount, noun, where)
	case d.Kind == kindRule:
		return fmt.Sprintf("%s the rule %q", verb("breaks", "break", several), d.What)
	case d.Kind == kindUnavailable && d.What == "unavailable":
		return "cannot be had"
	case d.Kind == kindUnavailable:
		return "could not be run"
	}
	return verb("proves", "prove", several) + " nothing"
}

// negative says that a group does not have it.
func (d Difference) negative(several bool) string {
	switch d.Kind {
	case kindLost:
		return "none"
	case kindRule:
		return verb("keeps", "keep", several) + " it"
	case kindUnavailable:
		if d.What == "unavailable" {
			return "can"
		}
		return "could"
	}
	return verb("proves", "prove", several) + " something"
}

func verb(one, many string, several bool) string {
	if several {
		return many
	}
	return one
}

// maxNamed is how many groups are named one by one, maxTogetherNamed where
// several axes make a name long.
const (
	maxNamed         = 6
	maxTogetherNamed = 3
)

// others are the groups that do not have it, all named where that is short.
func (d Difference) others(groups []Group) string {
	if len(groups) > maxNamed || len(d.Axes) > 1 && len(groups) > 1 {
		return fmt.Sprintf("the %d others", len(groups))
	}
	return d.names(groups, false)
}

// names are those of groups; full says what the values are of.
func (d Difference) names(groups []Group, full bool) string {
	most := maxNamed
	if len(d.Axes) > 1 {
		most = maxTogetherNamed
	}
	more := 0
	if len(groups) > most {
		more = len(groups) - most + 1
		groups = groups[:most-1]
	}
	var all []string
	for i, g := range groups {
		all = append(all, d.name(g, full && i == 0 || len(d.Axes) > 1))
	}
	if more > 0 {
		all = append(all, fmt.Sprintf("%d more", more))
	}
	if last := len(all) - 1; last > 0 {
		return strings.Join(all[:last], ", ") + " and " + all[last]
	}
	return all[0]
}

// name is "HAProxy 2.2 to nginx 1.26.3", or "2.2" where it is clear of what.
func (d Difference) name(g Group, full bool) string {
	var words []string
	for i, axis := range d.Axes {
		if full {
			label := Label(axis, g.order[i])
			if i > 0 && axis != FromAxis && axis != ToAxis {
				label = "with " + label
			}
			words = append(words, label)
		} else {
			words = append(words, g.order[i])
		}
	}
	return strings.Join(words, " ")
}

// Label names a value for people.
func Label(axis, value string) string {
	switch axis {
	case HAProxyAxis:
		return "HAProxy " + value
	case FromAxis:
		return "from nginx " + value
	case ToAxis:
		return "to nginx " + value
	}
	return axis + "=" + value
}
