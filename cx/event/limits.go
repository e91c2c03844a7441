package event

import (
	"math"
	"time"

	"cairncx.dev/cairn/internal/text"
)

// The bounds of what an event holds, in bytes. What is longer is cut at a rune's
// border when an event is resolved (IDs are refused instead: half an ID is
// another customer's), and counted.
const (
	MaxName  = 64      // names of journeys, stages, touchpoints, surveys, segments, variants
	MaxID    = 128     // IDs of journeys and customers
	MaxCause = 64      // causes, error types
	MaxText  = 8 << 10 // comments and other free text
	// MaxAttributes is how many of the caller's own attributes an event keeps.
	MaxAttributes = 32
	// MaxDuration is the longest time that an interaction or a journey is believed
	// to have taken: ten years.
	MaxDuration = 10 * 365 * 24 * time.Hour
	// MaxAhead is how far ahead of the recorder's clock an event may be, because clocks differ. An
	// event that is further ahead is recorded as now. Replay takes the times of a log as they are.
	MaxAhead = 5 * time.Minute
	// MaxAmount is the largest amount of money, in minor units: JSON and a float64 hold it exactly,
	// and a sum of thousands of them does not overflow.
	MaxAmount = 1_000_000_000_000_000
)

// The first and the last second that a time of an event may be in: from 1970, when the count of
// nanoseconds begins, until it ends in 2262, with [MaxDuration] to spare.
var (
	firstTime = time.Unix(0, 0)
	lastTime  = time.Unix(0, math.MaxInt64).Add(-MaxDuration)
)

// ValidTime reports whether t can be the time of an event: from 1970 to ten years before
// 2262-04-11, so that its nanoseconds since 1970 fit into 64 bits and so do those of what takes
// [MaxDuration] from then on.
func ValidTime(t time.Time) bool { return !t.Before(firstTime) && !t.After(lastTime) }

// Other is the name that stands for every name that is not known.
const Other = "_other"

// ValidID reports whether s can be a journey's or a customer's ID: 1 to [MaxID]
// bytes of valid UTF-8 without control characters. An ID is the application's own and is taken byte by byte:
// it is never changed, because every service has to derive the same trace from it, nor refused for what cannot be
// seen in it. Two that differ in case, in a zero-width character or in their normal form are two runs: clean what
// people have typed or pasted before it becomes an ID.
func ValidID(s string) bool {
	return len(s) > 0 && len(s) <= MaxID && text.Printable(s)
}

// ValidName reports whether s can be the name of a definition: 1 to [MaxName]
// bytes of valid UTF-8, and no leading "_", which is kept for names like [Other]. Names that look the same
// have to be the same: so it is in Unicode's normal form C, and has no character that cannot be seen, such as
// control, format, zero-width and bidirectional ones. Names that differ in case, in their spaces, or in letters of
// two alphabets that look alike, such as Latin a and Cyrillic а, are two.
func ValidName(s string) bool {
	return len(s) > 0 && len(s) <= MaxName && s[0] != '_' && text.Distinct(s)
}
