package insight

import (
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/insight/number"
)

// ranked are durations of which a rank is wanted.
type ranked interface {
	// rank returns the value with the rank, and false without a value.
	rank(rank) (int64, bool)
}

// oldEnough returns the age, in microseconds, by which 95 of 100 of the runs that have ended had ended, and 0 without one.
func oldEnough(overs ranked) int64 {
	age, _ := overs.rank(mostOver)
	return age
}

// The ranks of ages.

// mostOver is the nearest rank of 95%: no fewer of n durations are at most that.
func mostOver(n int64) int64 { return (95*n+99)/100 - 1 } //nolint:mnd // the percentage, rounded up

// half is the rank of an age that half of n runs have had, or more.
func half(n int64) int64 { return n / 2 }

// ageOf returns the age at which groups of runs are compared: the needed one, or, where fewer than half of a group's runs have had that time, the age
// that half of them have had.
func ageOf(needed int64, groups ...ranked) int64 {
	age := needed
	for _, g := range groups {
		if middle, ok := g.rank(half); ok {
			age = min(age, middle)
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
