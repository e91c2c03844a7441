package journey

import (
	"context"
	"time"

	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
)

// TrackerConfig is what a Tracker needs.
type TrackerConfig struct {
	// Rules of a journey by its name; nil is one that is not known, and never abandoned. Required.
	Rules func(journey string) *Definition
	// Now is the time. Required.
	Now func() time.Time
	// Store keeps the runs, for all instances that share it. Default: this process's memory.
	Store Store
	// Deliver tells what was committed in the Store, with the state of the run, and passes on what
	// went with it through the queue. It is called by one goroutine at a time for one run, in order.
	// Required with a Store.
	Deliver func(e *flight.Event, s State)
	// Safe returns when everything that was delivered before the call would survive the end of this
	// process, or ctx is done. Default: what is delivered is safe.
	Safe func(ctx context.Context) error
	// Uncommitted is given the event of a transition that the Store has not taken, for want of room or of
	// time, under its derived ID: for sinks that tell events apart by their IDs, and not to be counted. It
	// is marked as retold, because the Store may take the same transition later. Shutdown calls it, and Deliver
	// with what belongs to no transition, while Deliver may be called for what the Store takes.
	// Default: such a transition is not told.
	Uncommitted func(e *flight.Event)
	// Fault counts a fault of the Store. Default: it is not counted.
	Fault func(fault.Fault)
	// Late counts an event that came after the end of its run, when the Store has answered. Default: it is not
	// counted.
	Late func(*flight.Event)
	// Tell is given what a fault of the Store is about, after Fault: each time that it happens, which may be
	// many times a second. Default: it is not told.
	Tell func(fault.Report)
	// OtherCustomer is given the journey of a live run that this instance or another one started with another
	// customer, when the Store has answered. Without a Store see [Verdict]. Default: it is not told.
	OtherCustomer func(journey string)
	// SpanLimit is how many spans of touchpoints and feedback fit into one segment of a journey's
	// trace, where a Store counts them. Default: all of them into the first.
	SpanLimit int
	// MaxRuns bounds the live runs in memory, and the ended ones that are remembered: a run beyond it
	// has no state, which is counted, and an ended one makes room for another. Runs are spread over 64
	// parts, each with its part of the bound. Default, and for what is not positive: 4,194,304. This and the bounds
	// below are taken as they are, because NewTracker returns no error; the options of cx refuse what is negative.
	MaxRuns int
	// QueueSize bounds the changes that wait for the Store. Default, and for what is not positive: 8,192.
	QueueSize int
	// EndGrace is how long an end by call waits in the Store for what other instances still have to say
	// of the time before it, by the Store's clock. Without a Store an end is decided at once. Negative
	// is none, and it is 30 seconds at most. Default: 2 seconds.
	EndGrace time.Duration
	// Linger is how long a Tracker goes on by itself, for the Store to come back, when Shutdown has run
	// out of time. Default, and for what is not positive: one minute.
	Linger time.Duration
	// Remember says for how long an ended run is known at least, so that what comes late changes
	// nothing: in memory in whole days, rounded up, by the days of the clock in UTC, where more than
	// 1,000 are for ever; with a Store for 100 years at most. Default, and for what is not positive:
	// 30 days.
	Remember time.Duration
	// ImplicitStarts makes the first thing that happens to a run start it, other than its end: a touchpoint
	// when it begins, feedback, or the entry of a stage.
	ImplicitStarts bool
}

func (c *TrackerConfig) safe(ctx context.Context) error {
	if c.Safe == nil {
		return nil
	}
	return c.Safe(ctx)
}

// keepUnstarted is how long a run is kept in a Store that was never started.
func (c *TrackerConfig) keepUnstarted() time.Duration { return min(unstartedFor, c.Remember) }

func (c *TrackerConfig) fault(f fault.Fault) {
	if c.Fault != nil {
		c.Fault(f)
	}
}

func (c *TrackerConfig) panicked(p any) {
	c.fault(fault.Panic)
	if c.Tell != nil {
		c.Tell(fault.PanicReport("", p))
	}
}

// report counts and tells what an error of the Store, or of what makes things safe, says.
func (c *TrackerConfig) report(f fault.Fault, err error) {
	c.fault(f)
	if c.Tell != nil {
		c.Tell(fault.Report{Fault: f, Detail: err.Error()})
	}
}

func (c *TrackerConfig) otherCustomer(journey string) {
	if c.OtherCustomer != nil {
		c.OtherCustomer(journey)
	}
}

func (c *TrackerConfig) late(e *flight.Event) {
	if c.Late != nil {
		c.Late(e)
	}
}
