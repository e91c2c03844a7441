package blueprint

import (
	"strings"

	"cairncx.dev/cairn/cx/event"
)

// Suggest returns the one of known that name was probably meant to be, or "" where none is near:
// a third of the letters may be wrong, and capitals and the kind of dash do not count. How near
// is the optimal string alignment distance, in which two swapped letters are one mistake
// (Boytsov, "Indexing methods for approximate dictionary searching", JEA 16, 2011, section 2.1).
// Of several that are as near it is the first.
func Suggest(name string, known []string) string {
	if name == "" || len(name) > 2*event.MaxName {
		return ""
	}
	want := fold(name)
	best, nearest := "", max(1, len(want)/3)+1
	for _, k := range known {
		if len(k) > 2*event.MaxName {
			continue
		}
		if d := distance(want, fold(k), nearest); d < nearest {
			best, nearest = k, d
		}
	}
	return best
}

var dashes = strings.NewReplacer("-", "_", " ", "_", ".", "_")

func fold(s string) []rune { return []rune(dashes.Replace(strings.ToLower(s))) }

// distance returns how many letters have to be put in, taken out, changed or swapped to make b of
// a; limit or more where it is not below limit.
func distance(a, b []rune, limit int) int {
	if diff := len(a) - len(b); diff >= limit || -diff >= limit {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range a {
		row[0] = i + 1
		least := row[0]
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			d := min(row[j]+1, last[j+1]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				d = min(d, before[j-1]+1)
			}
			row[j+1] = d
			least = min(least, d)
		}
		if least > limit {
			return limit
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
