package journey

import (
	"context"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// ByHand names promises that only code makes, with [Definition.Promise], such as a call back. Metrics count the promises that the
// definition names, here or with [Promise], by their names, and all others under _other. The client reports a promise that is made or
// kept under another name (unknown_name), because the name may be a mistake. A definition names at most [MaxPromises]. Default: none.
func ByHand(promises ...string) Option {
	promises = slices.Clone(promises)
	return optionFunc(func(d *Definition) { d.byHand = append(slices.Clip(d.byHand), promises...) })
}

// ByHand returns the names of promises that only code makes, in the order of the definition.
func (d *Definition) ByHand() []string {
	if d == nil {
		return nil
	}
	return slices.Clone(d.byHand)
}

// HasPromise reports whether the definition names the promise, with [Promise] or [ByHand].
func (d *Definition) HasPromise(name string) bool {
	return d != nil && (slices.Contains(d.byHand, name) || slices.ContainsFunc(d.promises, func(p Promised) bool { return p.Name == name }))
}

// PromiseNames returns the names of all promises that the definition names: those of [Promise], and then those of [ByHand].
func (d *Definition) PromiseNames() (names []string) {
	for p := range d.Promises() {
		names = append(names, p.Name)
	}
	return append(names, d.ByHand()...)
}

// Promise promises the customer of ctx's run by hand that something happens by the due time, such as a call back. Made again
// while it is open, it moves to the new due time. Name it in the definition, with [ByHand] or [Promise]. A run can have promises of
// [MaxPromises] names. A due time that has passed breaks the promise at once; one without a due time is a fault. So is a due time
// after more than [MaxOpenings] openings, if the definition declares the name with [Hours] and [Pauses]: promise_far.
//
// If the store of journeys does not take the promise, because its queue is full or it is given up at Shutdown, promise.made is exported
// all the same, without a number and under an ID of its own, and no metric counts it. Nothing
// withdraws or pauses a promise by hand: keep it, or let the end of the run settle it.
func (d *Definition) Promise(ctx context.Context, name string, due time.Time, opts ...RecordOption) {
	d.agree(ctx, event.PromiseMade, name, due, opts)
}

// Keep keeps the open promise of ctx's run with this name. At a time that is after the due time, it is late: the promise stays
// broken. Without an open promise it changes nothing.
//
// If the store of journeys does not take it, promise.kept is exported without number and due time, which means that it is not known
// whether the promise was kept in time. No metric counts it.
func (d *Definition) Keep(ctx context.Context, name string, opts ...RecordOption) {
	d.agree(ctx, event.PromiseKept, name, time.Time{}, opts)
}

func (d *Definition) agree(ctx context.Context, kind event.Kind, name string, due time.Time, opts []RecordOption) {
	e := d.change(ctx)
	if e == nil {
		return
	}
	defer e.Put()
	e.Kind, e.Promise = kind, &event.Promise{Name: name, Due: due, ByHand: true}
	d.apply(e, opts)
	flight.RecorderFrom(ctx).Record(ctx, e)
}
