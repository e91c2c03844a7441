package insight

import (
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/insight/number"
)

// enough is the share of the runs that have ended by the age at which a run is old enough to be compared.
const enough = 0.95

// oldEnough returns the age, in microseconds, by which 95 of 100 of the runs that have ended had ended, and 0 without one.
func oldEnough(overs *spans) int64 {
	if overs.n == 0 {
		return 0
	}
	rank := int(enough * float64(overs.n-1))
	age, _ := overs.ranks(rank, rank)
	return age
}

// ageOf returns the age at which groups of runs are compared: the needed one, or, where fewer than half of a group's runs have had that time, the age
// that half of them have had. It frees the ages of the groups.
func ageOf(needed int64, groups ...*spans) int64 {
	age := needed
	for _, g := range groups {
		if g.n > 0 {
			half, _ := g.ranks(g.n/2, g.n/2)
			age = min(age, half)
			g.free()
		}
	}
	return max(age, 1)
}

// warning says at which age runs are compared, and how many are left out.
func warning(age int64, left int64) string {
	switch {
	case left > 0 && age > 0:
		return fmt.Sprintf("Some runs are too young to compare: %s left out, and of the others counts what had happened within %s of their beginning.",
			number.Of(left, "is", "are"), spell(time.Duration(age)*time.Microsecond))
	case age > 0:
		return fmt.Sprintf("Some runs are young: of all runs counts what had happened within %s of their beginning.", spell(time.Duration(age)*time.Microsecond))
	case left > 0:
		return number.Of(left, "promise is left out, because it is not due yet.", "promises are left out, because they are not due yet.")
	default:
		return ""
	}
}
