package matrix

import (
	"slices"
	"strings"
)

// maxTogether is how many axes are tried together; beyond that every axis is
// taken, which explains everything.
const maxTogether = 3

// explain finds the fewest axes by whose values alone it is clear which cells
// have the symptom; of several sets the first one. There are none where every
// cell has it.
func explain(axes []Axis, cells []Cell, s *symptom) (groups []Group, by []int) {
	var all []int
	for i, a := range axes {
		if len(a.Values) > 1 {
			all = append(all, i)
		}
	}
	for n := range min(maxTogether, len(all)) + 1 {
		for _, set := range choose(all, n) {
			if groups, pure := group(axes, cells, s, set); pure {
				return groups, set
			}
		}
	}
	groups, _ = group(axes, cells, s, all)
	return groups, all
}

// choose are the ways to take n of list, in order.
func choose(list []int, n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var out [][]int
	for i := range list {
		for _, rest := range choose(list[i+1:], n-1) {
			out = append(out, append([]int{list[i]}, rest...))
		}
	}
	return out
}

// group puts the cells with the same values on these axes together; pure
// says that no group has cells of both kinds.
func group(axes []Axis, cells []Cell, s *symptom, by []int) (groups []Group, pure bool) {
	at := map[string]int{}
	pure = true
	for i := range cells {
		c := &cells[i]
		var order []string
		for _, a := range by {
			order = append(order, c.Values[axes[a].Name])
		}
		key := strings.Join(order, "\x00")
		n, known := at[key]
		if !known {
			n = len(groups)
			at[key] = n
			groups = append(groups, Group{Values: map[string]string{}, State: open, order: order})
			for j, a := range by {
				groups[n].Values[axes[a].Name] = order[j]
			}
		}
		pure = groups[n].add(c.ID, s) && pure
	}
	rank := []string{has, hasNot, open}
	slices.SortStableFunc(groups, func(a, b Group) int { return slices.Index(rank, a.State) - slices.Index(rank, b.State) })
	return groups, pure
}

// add takes a cell in and says whether the group is still of one kind.
func (g *Group) add(id string, s *symptom) bool {
	g.Cells = append(g.Cells, id)
	amount, known := s.amount[id]
	state := hasNot
	switch {
	case !known:
		return true
	case amount > 0:
		state = has
		if g.Least == 0 || amount < g.Least {
			g.Least = amount
		}
		g.Most = max(g.Most, amount)
	}
	if g.State != open && g.State != state {
		g.State = has
		return false
	}
	g.State = state
	return true
}
