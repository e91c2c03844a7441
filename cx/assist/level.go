package assist

import (
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// DefaultShortAbandon is the default of [Level.ShortAbandon].
const DefaultShortAbandon = 6 * time.Second

// Variant says how a customer who leaves the queue within [Level.Within] counts for the service level. The zero value is [Negative].
type Variant uint8

// The variants, as Cisco publishes them for Unified ICM (Reporting User Guide, "Service level types"). In the formulas, a is the number of
// legs answered within the threshold, b of those abandoned within it, and n of all legs with a service level event.
const (
	Negative Variant = iota // "Abandoned Calls have Negative Impact": a / n
	Ignored                 // "Ignore Abandoned Calls": a / (n - b)
	Positive                // "Abandoned Calls have Positive Impact": (a + b) / n
)

func variantNames() []string { return []string{"negative", "ignored", "positive"} }

// Variants returns the names of the variants.
func Variants() []string { return variantNames() }

// String returns the name of the variant: "negative", "ignored" or "positive". It is "" for what is no variant.
func (v Variant) String() string {
	if names := variantNames(); int(v) < len(names) {
		return names[v]
	}
	return ""
}

// MarshalText implements [encoding.TextMarshaler].
func (v Variant) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. An unknown name is an error, and leaves the variant as it was.
func (v *Variant) UnmarshalText(text []byte) error {
	for i, name := range variantNames() {
		if name == string(text) {
			*v = Variant(i)
			return nil
		}
	}
	return fmt.Errorf("assist: %.40q is no variant of the service level: want one of %q", text, variantNames())
}

// Level is the promise of a queue to its customers: a share of them is answered within a time. The share itself belongs to an
// objective. The zero value promises nothing.
type Level struct {
	// Within is the threshold, more than 0 and at most [event.MaxDuration]. A wait of exactly Within is in time.
	Within time.Duration
	// Variant says how a customer who leaves within Within counts. Default: [Negative].
	Variant Variant
	// ShortAbandon is the wait below which a customer who leaves does not count at all, because no employee could have answered: Cisco's
	// "abandon wait time". A customer who leaves after exactly this time counts. 0 means [DefaultShortAbandon]. With a negative value
	// every customer who leaves counts.
	ShortAbandon time.Duration
	// FlowOuts counts a leg as missed that left the queue within Within without an answer, and was not abandoned: it overflowed into
	// another queue, was exchanged for a callback, or was closed. Default: such a leg does not count.
	FlowOuts bool
}

// Validate returns an error that says what is wrong with the level, or nil. The zero value is not valid.
func (l Level) Validate() error {
	switch {
	case l.Within <= 0 || l.Within > event.MaxDuration:
		return fmt.Errorf("assist: the threshold of the service level is %v: give more than 0s and at most %v", l.Within, event.MaxDuration)
	case l.Variant > Positive:
		return fmt.Errorf("assist: the variant of the service level is %d: give one of %q", l.Variant, variantNames())
	case l.ShortAbandon > event.MaxDuration:
		return fmt.Errorf("assist: the wait of a short abandon is %v: give at most %v", l.ShortAbandon, event.MaxDuration)
	}
	return nil
}

// Judge reports whether a leg counts for the service level, and whether it met it. The first event that happens to the leg decides, which
// Cisco calls the service level event:
//
//	answered by a person within Within     counted, good
//	abandoned before ShortAbandon          not counted
//	abandoned within Within                by Variant: counted and bad, not counted, or counted and good
//	left otherwise within Within           not counted; with FlowOuts counted and bad
//	longer than Within in the queue        counted, bad, whatever happened afterwards
//
// A leg that was not in the queue, one that a bot has answered, and one that ended within Within in a way that is not known do not count.
// A zero Level counts nothing.
//
// Source: Cisco Unified ICM/CCE, Reporting User Guide, "Service Level Event" and "Enterprise Service-Level Calculation". It leaves open
// what an answer at the threshold itself is; here it is in time.
func (l Level) Judge(leg *event.Leg) (counted, good bool) {
	if l.Within <= 0 || !queued(leg) {
		return false, false
	}
	end := EndOf(leg)
	wait := time.Duration(leg.Wait)
	if end == Abandoned && l.Short(leg) {
		return false, false
	}
	if wait > l.Within {
		return true, false
	}
	switch end {
	case Answered:
		return true, true
	case Abandoned:
		return l.Variant != Ignored, l.Variant == Positive
	case Overflowed, Callback, Closed:
		return l.FlowOuts, false
	default:
		return false, false
	}
}

// Short reports whether the customer left the queue so early that the leg does not count as abandoned: see [Level.ShortAbandon].
func (l Level) Short(leg *event.Leg) bool {
	return EndOf(leg) == Abandoned && time.Duration(leg.Wait) < l.ShortWait()
}

// ShortWait returns the wait below which a customer who leaves does not count: ShortAbandon, its default in place of 0, and 0 for a
// negative value.
func (l Level) ShortWait() time.Duration {
	if l.ShortAbandon == 0 {
		return DefaultShortAbandon
	}
	return max(l.ShortAbandon, 0)
}

// queued reports whether the leg was in a queue for people.
func queued(leg *event.Leg) bool { return leg.Queued && !leg.Bot }
