package insight

import (
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

// theyBegan is from when the age of runs counts, for all measures but that of reopened runs.
const theyBegan = "they began"

// since is from when the age of runs counts.
func (j *judge) since() string {
	if j.kind == badReopened {
		return "they ended"
	}
	return theyBegan
}

// warning says at which age runs are compared, and how many are left out. The age is the time since what is said: "they began" or "they ended".
func warning(age int64, left int64, since string) string {
	then := spell(time.Duration(age)*time.Microsecond) + " after " + since
	switch {
	case left > 0 && age > 0:
		return number.Of(left, "run is too young to compare, and is left out.", "runs are too young to compare, and are left out.") + " The others count as they were " + then + "."
	case age > 0:
		return "Some runs are young, so that all of them count as they were " + then + "."
	case left > 0:
		return number.Of(left, "promise is left out, because it is not due yet.", "promises are left out, because they are not due yet.")
	default:
		return ""
	}
}
