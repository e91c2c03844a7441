package track

import (
	"context"
	"time"

	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/engine"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// Config is what a Tracker needs.
type Config struct {
	// Rules returns the definition of a journey by its name; nil is a journey that is not known, and is never abandoned.
	// Required.
	Rules func(journey string) *journey.Definition
	// Now returns the time. Required.
	Now func() time.Time
	// Store keeps the runs, for all instances that share it. Default: the memory of this process.
	Store ledger.Store
	// Deliver delivers the event of a transition that the store has committed, with the state of its run, and the events
	// that went through the queue with it. It is called by one goroutine at a time for one run, in order. Required with a
	// store.
	Deliver func(e *flight.Event, s journey.State)
	// Safe returns nil when everything that was delivered before the call would survive the end of this process, or the
	// cause of ctx when that is done first. Default: what is delivered is safe.
	Safe func(ctx context.Context) error
	// Uncommitted delivers the event of a transition that the store has not taken, for want of room or of time. The event has
	// its derived ID and is marked as retold, because the store may take the same transition later: sinks that tell events
	// apart by their IDs keep one, and nothing counts it. Shutdown calls it, and Deliver with events of no transition, while
	// Deliver may be called with what the store takes. Default: such a transition is not delivered.
	Uncommitted func(e *flight.Event)
	// Fault counts and reports a fault of the store or of Safe: each time that it happens, which may be many times a second.
	// The report has no name. Default: faults are not counted.
	Fault func(fault.Report)
	// Late counts an event that came after the end of its run, once the store has answered. Default: late events are not
	// counted.
	Late func(*flight.Event)
	// OtherCustomer is given the journey of a live run that this instance or another one started again with another customer,
	// once the store has answered. Without a store see [Result]. Default: it is not reported.
	OtherCustomer func(journey string)
	// PromiseFault is given [fault.PromiseLimit] or [fault.PromiseFar] with the journey of the run, once the store has answered.
	// Without a store see [Result]. Default: they are not reported.
	PromiseFault func(f fault.Fault, journey string)
	// Warning says when a promise is about to break. Default: never.
	Warning Warning
	// SpanLimit is how many spans of touchpoints and feedback fit into one segment of a journey's trace, where a store
	// counts them. Default: all of them fit into the first one.
	SpanLimit int
	// MaxRuns bounds the live runs in memory, and the ended runs that are remembered. A run beyond the bound has no state,
	// which is counted; an ended run makes room for another one. Runs are spread over 64 shards, each with its part of the
	// bound. Default, and for values below 1: 4,194,304. New returns no error, so that it takes this bound and those below
	// as they are; the options of cx refuse negative ones.
	MaxRuns int
	// QueueSize bounds the changes that wait for the store. Default, and for values below 1: 8,192.
	QueueSize int
	// EndGrace is how long an end by call waits in the store for facts of other instances from before it, by the store's
	// clock. Without a store an end is decided at once. A negative value is no time; the longest is 30 seconds. Default: 2
	// seconds.
	EndGrace time.Duration
	// Linger is how long a Tracker goes on by itself, so that the store can come back, when Shutdown has run out of time.
	// Default, and for values that are not positive: one minute.
	Linger time.Duration
	// Remember is for how long at least an ended run is known, so that a late event changes nothing. In memory it is rounded
	// up to whole days of the clock in UTC, and more than 1,000 days are for ever; a store keeps an ended run for 100 years
	// at most. Default, and for values that are not positive: 30 days.
	Remember time.Duration
	// ImplicitStarts makes the first thing that happens to a run start it, except its end: a touchpoint when it begins,
	// feedback, or the entry of a stage.
	ImplicitStarts bool
	// HandOver leaves the transitions that this instance commits to the instances that share the store, which deliver and count them.
	HandOver bool
}

// withDefaults returns the configuration with each default in its place, and every value within its bounds.
func withDefaults(c Config) Config {
	if c.Remember <= 0 {
		c.Remember = keepEnded
	}
	c.Remember = min(c.Remember, keepMost)
	if c.EndGrace == 0 {
		c.EndGrace = endGrace
	}
	c.EndGrace = min(max(0, c.EndGrace), engine.Lease)
	return c
}

func (c *Config) otherCustomer(journey string) {
	if c.OtherCustomer != nil {
		c.OtherCustomer(journey)
	}
}

func (c *Config) promise(f fault.Fault, journey string) {
	if c.PromiseFault != nil {
		c.PromiseFault(f, journey)
	}
}

func (c *Config) late(e *flight.Event) {
	if c.Late != nil {
		c.Late(e)
	}
}
