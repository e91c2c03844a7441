package schedule

import (
	"context"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/insight/report"
)

// Delivery is one attempt to deliver a report.
type Delivery struct {
	// Name is the plan's.
	Name string
	// Every is the kind of the period.
	Every  report.Kind
	Period report.Period
	Report Report
	// MessageID names the report of this period: 32 hexadecimal digits, the same in each attempt and each instance. No other period, plan
	// or store has it. It is a digest, and says nothing of the report or of its readers.
	MessageID string
	// Missed is how many periods before this one have no report, because no instance ran, or none could deliver. MissedSince is where the
	// first of them began.
	Missed      int
	MissedSince time.Time
	// Attempt counts the attempts, from 1 on.
	Attempt int

	note noter
}

// noter notes the parts of a delivery.
type noter interface {
	delivered(part string) bool
	note(ctx context.Context, part string) error
}

// Once calls deliver, unless an earlier attempt has delivered this part of the report, such as the one for a recipient. After deliver has returned
// nil, the store notes the part. An error of the store is the error of Once: the part is delivered, and may be delivered again. The store gets a
// digest of the part. It notes at most 1,000 parts of one report; more are delivered in each attempt. A Delivery that a test has made has no
// store, and Once calls deliver each time.
func (d *Delivery) Once(ctx context.Context, part string, deliver func(context.Context) error) error {
	if d.note == nil {
		return deliver(ctx)
	}
	name := digest("cairn.schedule.part.1", d.MessageID, part)[:16]
	if d.note.delivered(name) {
		return nil
	}
	if err := deliver(ctx); err != nil {
		return err
	}
	// What is delivered is noted, even if the context has ended meanwhile.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeCall)
	defer cancel()
	if err := d.note.note(ctx, name); err != nil {
		return fmt.Errorf("schedule: note a part of the report as delivered: %w", err)
	}
	return nil
}
