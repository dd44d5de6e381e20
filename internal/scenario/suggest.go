package scenario

import (
	"fmt"
	"slices"
	"strings"
)

// Suggest returns the known word that word was probably meant to be, or "".
func Suggest(word string, known []string) string { return suggest(word, known) }

// suggest returns the known word that word was probably meant to be, or "".
// At most a third of the letters may differ.
func suggest(word string, known []string) string {
	best, least := "", max(len(word)/3, 1)+1
	for _, k := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(k), least); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance is the number of letters to insert, remove, replace or swap with
// the neighbour to get from a to b; limit if there are that many or more.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for i := range a {
		for j := range len(b) {
			if i == 0 {
				rows[0][j+1] = j + 1
			}
			rows[i+1][j+1] = cell(rows, a, b, i, j)
		}
	}
	return rows[len(a)][len(b)]
}

func cell(rows [][]int, a, b string, i, j int) int {
	replace := rows[i][j]
	if a[i] != b[j] {
		replace++
	}
	least := min(replace, rows[i][j+1]+1, rows[i+1][j]+1)
	if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
		least = min(least, rows[i-1][j-1]+1)
	}
	return least
}

// meant is the hint for a word that is not among the known ones.
func meant(word string, known []string) string {
	if s := suggest(word, known); s != "" {
		return fmt.Sprintf("did you mean %q?", s)
	}
	return ""
}

// list names the known words for "expected:".
func list(known []string) string {
	const most = 20
	known = slices.Compact(slices.Clone(known))
	if len(known) > most {
		return "one of " + strings.Join(known[:most], ", ") + ", …"
	}
	if len(known) == 1 {
		return known[0]
	}
	return "one of " + strings.Join(known, ", ")
}
