package cx

import (
	"context"
	"fmt"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/touchpoint"
)

// outside tells of a touchpoint that declares a journey ([touchpoint.In]) and is recorded in no run of it,
// once it is over: its stage is never entered, and the journey that it declares to end does not end. A run of
// another journey makes no difference: it has no such stage. These are no misuse, and are not told:
//
//   - an event from outside, which has a name and no definition: a log that is replayed, an adapter, a webhook;
//   - a request that was refused (4xx), or that left a run which does not exist: strangers can make both;
//   - a probe ([event.ActorSynthetic]), which is nobody's journey;
//   - a run that was refused, which was told.
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
	c.teller.consider(ctx, fault.OutsideJourney, d.Name(), func() fault.Report {
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
