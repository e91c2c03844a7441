package exporterstest

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// Sink is one exporter that is tested, and what the suite may do behind its back. Only Exporter is
// needed; each other field makes more of the contract testable.
type Sink struct {
	// Exporter to test, in front of a sink that is empty. The suite shuts it down, some tests more
	// than once, when the test ends too.
	Exporter event.Exporter

	// Received returns what the sink has, in the order in which it keeps it, duplicates as they are.
	// It is called after Flush, where the exporter has it, and may be called after Shutdown. Nil is a
	// sink that cannot be read back: then no test looks at what arrived.
	Received func(t *testing.T) []event.Event

	// Keeps returns what of an event the sink keeps, for one that keeps less than the event's JSON, or
	// writes it otherwise. It is applied to what was sent and to what was received before they are
	// compared. It must keep the ID, the journey and the touchpoint. Nil is everything that
	// [event.Event.AppendJSON] writes.
	Keeps func(e event.Event) event.Event

	// Late bounds how long Received may lag behind a successful Export and Flush: the suite asks again
	// until then, and waits no longer than it has to. Zero is not at all.
	Late time.Duration

	// Deduplicates says that the sink itself keeps one event of each ID.
	Deduplicates bool

	// Break makes the sink fail as f says, from now until [Broken.Mend]. It returns nil where this
	// sink cannot fail so. A nil Break is a sink that never fails.
	Break func(t *testing.T, f Fault) *Broken

	// Outages are further ways in which this sink takes nothing for now: one for each call that the exporter
	// makes of it (connecting, logging in, asking for what is there, writing) and each way in which that call
	// can fail. Each is a test of its own, on an exporter that was used before and on one that was not: once
	// the sink works again, the exporter does too, and nothing is lost. The list is the same for every Sink
	// that open returns. Default: none, so that the recovery is tested with the faults of Break alone.
	Outages []Outage
}

// Outage is a way in which a sink takes nothing for now.
type Outage struct {
	// Name says which call fails, and how. It is unique among the sink's outages.
	Name string
	// Start makes the sink fail until [Broken.Mend]. Export may return nil all the same, where it did not need
	// the call. It returns within ten seconds of its context, which is done after a second.
	Start func(t *testing.T) *Broken
	// Loses says that the outage loses what the sink had and took before Mend, as that of a topic which is
	// deleted does. Default: the sink has it afterwards.
	Loses bool
}

// Broken is a sink that fails.
type Broken struct {
	// Mend makes the sink work again, what was delivered before still in it, unless [Outage].Loses says
	// otherwise. Not nil. The suite calls it once.
	Mend func()
	// Reached is closed, or receives, when a call has reached the sink since it was broken. Nil is not
	// known: then the suite does not wait for it.
	Reached <-chan struct{}
}

// Fault is a way in which sinks fail.
type Fault int

// The faults, and what Export has to say to each.
const (
	// Away is a sink that takes nothing for now: it is not reachable, its disk is full, it answers 503.
	// The error is neither permanent nor nil, and the next try may succeed.
	Away Fault = iota + 1
	// Throttled is a sink that asks to wait for a positive time, as HTTP's 429 with Retry-After does. The error is one of
	// [sink.RetryAfter] with that time.
	Throttled
	// Refused is a sink that will never take this: a request that it will never take, an answer of 400. The error is one
	// of [sink.Permanent], or a [sink.PartialError] of such errors.
	Refused
	// Poisoned is a sink that refuses each event whose touchpoint is [Poison], for ever, and takes the
	// others. The error is a [sink.PartialError] that names just these, as permanent.
	Poisoned
	// Cut is a sink that takes the batch, or a part of it, and whose answer never arrives. The error is
	// neither permanent nor nil: trying again makes duplicates, and loses nothing.
	Cut
	// Stalled is a sink that takes the call and does not answer. Export returns when its context is done.
	Stalled
	// Garbled is a sink whose answer makes no sense. The answer has to hold the text of an event, such as the line that the
	// sink was sent, so that the suite finds an error that repeats the answer. The error, if any, is short, and does not
	// repeat it.
	Garbled
	// Partial is a sink that does not take, for now, any event whose touchpoint is [Busy], and takes the others. The error is
	// not permanent. It is either a [sink.PartialError] that names these events and all later events of their journeys in the
	// batch, none of which the sink has, or an error about the whole batch, of which the sink then has at most the beginning
	// of each journey.
	Partial
)

// String returns the fault's name.
func (f Fault) String() string {
	names := [...]string{"none", "away", "throttled", "refused", "poisoned", "cut", "stalled", "garbled", "partial"}
	if f < 0 || int(f) >= len(names) {
		return "unknown"
	}
	return names[f]
}

// Poison is the touchpoint of the events that a sink which is [Poisoned] refuses.
const Poison = "exporterstest.poison"

// Busy is the touchpoint of the events that a sink which is [Partial] does not take for now.
const Busy = "exporterstest.busy"
