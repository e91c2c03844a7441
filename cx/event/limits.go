package event

import (
	"math"
	"time"

	"cairncx.dev/cairn/internal/text"
)

// The bounds of an event's fields, in bytes unless the comment names another unit. The client cuts a longer text at the end
// of a rune, and counts a fault. It drops a longer ID, because a part of an ID may be the ID of another customer.
const (
	MaxName  = 64      // names of journeys, stages, touchpoints, surveys, segments, variants
	MaxID    = 128     // IDs of journeys and customers
	MaxCause = 64      // causes, error types
	MaxText  = 8 << 10 // comments and other free text
	MaxLine  = 2 << 10 // addresses, questions of surveys, consent texts
	// MaxAttributes is how many of the caller's own attributes an event keeps.
	MaxAttributes = 32
	// MaxDuration is the longest duration of an event: ten years.
	MaxDuration = 10 * 365 * 24 * time.Hour
	// MaxAhead is how far an event may be ahead of the client's clock, because clocks differ. The client records an event
	// that is further ahead as of now, and counts a fault, unless it has cx.WithImplicitStarts.
	MaxAhead = 5 * time.Minute
	// MaxAmount is the largest amount of money, in minor units. A float64, and so JSON, holds it exactly, and a sum of
	// thousands of such amounts does not overflow.
	MaxAmount = 1_000_000_000_000_000
)

// The first and the last time of an event. The count of nanoseconds in 64 bits begins in 1970 and ends in 2262; an event that
// takes [MaxDuration] has to end before that.
var (
	firstTime = time.Unix(0, 0)
	lastTime  = time.Unix(0, math.MaxInt64).Add(-MaxDuration)
)

// ValidTime reports whether t can be the time of an event: from 1970 until ten years before 2262-04-11. The time, and the
// end of an event that takes [MaxDuration], then fit into 64 bits of nanoseconds since 1970.
func ValidTime(t time.Time) bool { return !t.Before(firstTime) && !t.After(lastTime) }

// Other is the name into which the client folds every name that it does not know.
const Other = "_other"

// ValidID reports whether s can be the ID of a run or of a customer: 1 to [MaxID] bytes of valid UTF-8 without control
// characters.
//
// An ID is compared byte by byte and never changed, because every service derives the run's trace from it. Two IDs that
// differ in case, in a zero-width character or in their normal form name two runs. Clean text that a person has typed or
// pasted before you use it as an ID.
func ValidID(s string) bool {
	return len(s) > 0 && len(s) <= MaxID && text.Printable(s)
}

// ValidName reports whether s can be the name of a definition: 1 to [MaxName] bytes of valid UTF-8 without a leading "_",
// which is reserved for names such as [Other].
//
// Two different names must not look the same. A name is therefore in Unicode's normal form C, and has no invisible
// character: no control, format, zero-width or bidirectional character. Names that differ in case, in spaces, or in letters
// of two alphabets that look alike, such as Latin a and Cyrillic а, are different names.
func ValidName(s string) bool {
	return len(s) > 0 && len(s) <= MaxName && s[0] != '_' && text.Distinct(s)
}
