package insight

import (
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/insight/internal/cases"
)

// enough is the share of the runs that have ended by the age at which a run is old enough to be compared.
const enough = 0.95

// oldEnough returns the age, in microseconds, by which 95 of 100 of the runs that have ended had ended, and 0 without one. The times are sought by mostOver.
func oldEnough(overs *sought, chunks []*cases.Chunk) int64 {
	if found := overs.find(chunks); found != nil {
		return found[0]
	}
	return 0
}

// The ranks of ages.
func mostOver(n int64) int64 { return int64(enough * float64(n-1)) }
func half(n int64) int64     { return n / 2 }

// ageOf returns the age at which groups of runs are compared: the needed one, or, where fewer than half of a group's runs have had that time, the age
// that half of them have had. The ages of the groups are sought by half.
func ageOf(needed int64, chunks []*cases.Chunk, groups ...*sought) int64 {
	age := needed
	for _, g := range groups {
		if found := g.find(chunks); found != nil {
			age = min(age, found[0])
		}
	}
	return max(age, 1)
}

// warning says at which age runs are compared, and how many are left out.
func warning(age int64, left int64) string {
	switch {
	case left > 0 && age > 0:
		return fmt.Sprintf("Some runs are too young to compare: %d are left out, and of the others counts what had happened within %s of their beginning.",
			left, spell(time.Duration(age)*time.Microsecond))
	case age > 0:
		return fmt.Sprintf("Some runs are young: of all runs counts what had happened within %s of their beginning.", spell(time.Duration(age)*time.Microsecond))
	case left > 0:
		return fmt.Sprintf("%d promises are left out, because they are not due yet.", left)
	default:
		return ""
	}
}
