package track

import (
	"context"
	"time"

	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// Config is what a Tracker needs.
type Config struct {
	// Rules of a journey by its name; nil is one that is not known, and never abandoned. Required.
	Rules func(journey string) *journey.Definition
	// Now is the time. Required.
	Now func() time.Time
	// Store keeps the runs, for all instances that share it. Default: this process's memory.
	Store ledger.Store
	// Deliver tells what was committed in the store, with the state of the run, and passes on what
	// went with it through the queue. It is called by one goroutine at a time for one run, in order.
	// Required with a store.
	Deliver func(e *flight.Event, s journey.State)
	// Safe returns when everything that was delivered before the call would survive the end of this
	// process, or ctx is done. Default: what is delivered is safe.
	Safe func(ctx context.Context) error
	// Uncommitted is given the event of a transition that the store has not taken, for want of room or of
	// time, under its derived ID: for sinks that tell events apart by their IDs, and not to be counted. It
	// is marked as retold, because the store may take the same transition later. Shutdown calls it, and Deliver
	// with what belongs to no transition, while Deliver may be called for what the store takes.
	// Default: such a transition is not told.
	Uncommitted func(e *flight.Event)
	// Fault counts a fault of the store. Default: it is not counted.
	Fault func(fault.Fault)
	// Late counts an event that came after the end of its run, when the store has answered. Default: it is not
	// counted.
	Late func(*flight.Event)
	// Tell is given what a fault of the store is about, after Fault: each time that it happens, which may be
	// many times a second. Default: it is not told.
	Tell func(fault.Report)
	// OtherCustomer is given the journey of a live run that this instance or another one started with another
	// customer, when the store has answered. Without a store see [Result]. Default: it is not told.
	OtherCustomer func(journey string)
	// SpanLimit is how many spans of touchpoints and feedback fit into one segment of a journey's
	// trace, where a store counts them. Default: all of them into the first.
	SpanLimit int
	// MaxRuns bounds the live runs in memory, and the ended ones that are remembered: a run beyond it
	// has no state, which is counted, and an ended one makes room for another. Runs are spread over 64
	// parts, each with its part of the bound. Default, and for what is not positive: 4,194,304. This and the bounds
	// below are taken as they are, because New returns no error; the options of cx refuse what is negative.
	MaxRuns int
	// QueueSize bounds the changes that wait for the store. Default, and for what is not positive: 8,192.
	QueueSize int
	// EndGrace is how long an end by call waits in the store for what other instances still have to say
	// of the time before it, by the store's clock. Without a store an end is decided at once. Negative
	// is none, and it is 30 seconds at most. Default: 2 seconds.
	EndGrace time.Duration
	// Linger is how long a Tracker goes on by itself, for the store to come back, when Shutdown has run
	// out of time. Default, and for what is not positive: one minute.
	Linger time.Duration
	// Remember says for how long an ended run is known at least, so that what comes late changes
	// nothing: in memory in whole days, rounded up, by the days of the clock in UTC, where more than
	// 1,000 are for ever; with a store for 100 years at most. Default, and for what is not positive:
	// 30 days.
	Remember time.Duration
	// ImplicitStarts makes the first thing that happens to a run start it, other than its end: a touchpoint
	// when it begins, feedback, or the entry of a stage.
	ImplicitStarts bool
}

// withDefaults returns the configuration with the default of what is not set, and everything within its bounds.
func (c Config) withDefaults() Config {
	if c.Remember <= 0 {
		c.Remember = keepEnded
	}
	c.Remember = min(c.Remember, keepMost)
	if c.Linger <= 0 {
		c.Linger = lingerFor
	}
	if c.QueueSize <= 0 {
		c.QueueSize = storeQueue
	}
	if c.EndGrace == 0 {
		c.EndGrace = endGrace
	}
	c.EndGrace = min(max(0, c.EndGrace), storeLease)
	return c
}

func (c *Config) safe(ctx context.Context) error {
	if c.Safe == nil {
		return nil
	}
	return c.Safe(ctx)
}

// keepUnstarted is how long a run is kept in a store that was never started.
func (c *Config) keepUnstarted() time.Duration { return min(unstartedFor, c.Remember) }

func (c *Config) fault(f fault.Fault) {
	if c.Fault != nil {
		c.Fault(f)
	}
}

func (c *Config) panicked(p any) {
	c.fault(fault.Panic)
	if c.Tell != nil {
		c.Tell(fault.PanicReport("", p))
	}
}

// report counts and tells what an error of the store, or of what makes things safe, says.
func (c *Config) report(f fault.Fault, err error) {
	c.fault(f)
	if c.Tell != nil {
		c.Tell(fault.Report{Fault: f, Detail: err.Error()})
	}
}

func (c *Config) otherCustomer(journey string) {
	if c.OtherCustomer != nil {
		c.OtherCustomer(journey)
	}
}

func (c *Config) late(e *flight.Event) {
	if c.Late != nil {
		c.Late(e)
	}
}
