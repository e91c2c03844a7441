package cx

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/touchpoint"
)

// The faults in this file are found by comparing definition, context and run. Only the client knows all three.

// outside reports a touchpoint that declares a journey ([touchpoint.In]) and is recorded in no run of it, once it is over: its
// stage is never entered, and the journey that it declares to end does not end. A run of another journey makes no difference,
// because it has no such stage. These are no misuse, and are not reported:
//
//   - an event from outside, which has a name and no definition: a log that is replayed, an adapter, a webhook;
//   - a request that was refused (4xx), or that left a run which does not exist: strangers can make both;
//   - a probe ([event.ActorSynthetic]), which is not a customer's journey;
//   - a run that was refused, which is a fault of its own.
func (c *Client) outside(ctx context.Context, e *flight.Event) {
	if e.Kind != event.TouchpointEnded || e.Excused() || e.Actor == event.ActorSynthetic {
		return
	}
	d, _ := e.Definition().(*touchpoint.Definition)
	j, stage := d.Journey()
	if j == nil || j.Name() == e.Journey.Name || e.Journey.Name == event.Other {
		return
	}
	if flight.PositionIn(ctx, j.Name()) != nil || flight.Refused(ctx, j.Name()) {
		return
	}
	c.reporter.consider(ctx, fault.OutsideJourney, d.Name(), func() fault.Report {
		in := "no journey"
		if !e.Journey.IsZero() {
			in = fmt.Sprintf("a run of %q only", e.Journey.Name)
		}
		where := fmt.Sprintf("the journey %q", j.Name())
		if stage != "" {
			where = fmt.Sprintf("the stage %q of %s", stage, where)
		}
		return fault.Report{
			Fault: fault.OutsideJourney, Name: d.Name(),
			Detail: fmt.Sprintf("it is declared in %s, and its context is in %s", where, in),
		}
	})
	c.telemetry.RecordFault(ctx, fault.OutsideJourney)
}

// reportLive reports the journeys whose runs are live at Shutdown and in no store, because no event will say how they end. Each run
// counts as one fault, and each journey has one report. A log that is replayed may end in the middle of journeys, which the
// report of the replay says.
func (c *Client) reportLive(ctx context.Context) {
	if c.replays || c.tracker.Shared() {
		return
	}
	live := map[string]int64{}
	c.tracker.Active(func(journey, _ string, runs int64) { live[journey] += runs })
	for _, name := range slices.Sorted(maps.Keys(live)) {
		n := live[name]
		if n <= 0 {
			continue
		}
		format := "%d runs were still live at Shutdown and only in memory; how they end is not recorded"
		if n == 1 {
			format = "%d run was still live at Shutdown and only in memory; how it ends is not recorded"
		}
		c.faults(ctx, fault.Report{
			Fault: fault.LiveRuns, Name: name,
			Detail: fmt.Sprintf(format, n),
		}, n)
	}
}

// otherCustomer reports a start of a live run with another customer.
func (c *Client) otherCustomer(ctx context.Context, journey string) {
	c.RecordFault(ctx, fault.Report{
		Fault: fault.OtherCustomer, Name: journey,
		Detail: "a live run was started again with another customer, and the one of the earliest start holds",
	})
}
