package exporters

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

// FilterOption is an option of [Filter].
type FilterOption interface{ filter(*settings) }

func (o option) filter(s *settings) { o(s) }

// Filter returns an exporter that calls keep for each event before next gets it, to drop events or to scrub them. Other SDKs
// call such a function before-send. Filter owns next, and goes around any exporter:
//
//	safe := exporters.Filter(sink, func(e event.Event) (event.Event, bool) {
//		e.Customer.Segment = ""                  // changed: next never sees it
//		return e, e.Actor != event.ActorSynthetic // false: dropped
//	})
//
// keep gets a copy of the event that is its own, with everything that it points to: it may change whatever it likes, and the
// caller's batch stays as it is. It should leave the journey's namespace, name and ID alone, because the order of events
// follows from them, and Customer.Hash, because Forget looks for it; a change of the event's ID is undone, because sinks
// remove duplicates by it. keep must not block, and is called concurrently if Export is.
//
// An event for which keep returns false is not lost: the Filter counts it in cx.sdk.processor.dropped as filtered, and Flush
// does not report it, whatever becomes of the other events of its batch. An event for which keep panics is not delivered,
// because it may not be scrubbed: it is counted as panic, told to OpenTelemetry's error handler without the panic's text, and
// reported by the next Flush in a [LossError]. Behind a Spool, the next Flush of the Spool after the delivery reports it.
//
// A [sink.PartialError] of next names the events of the caller's batch. If next refuses a batch from which keep has dropped
// events, the error is a PartialError that names the others. An event that next refuses is filtered again when it is tried
// again. The dropped events are not tried again, and are counted once. A Retry with dead letters and a Spool in front still find
// the events that next refuses for good.
//
// A Spool, or a Retry with dead letters, in front of a Filter writes events to the disk as they were before it. Put the Filter
// in front of them if such files must not hold what it removes: Filter(spool, keep).
//
// Flush, Forget and ServerAddress ask next. The options are [WithName] and [WithMeterProvider]. A nil next is told to the error
// handler, as [NewRetry] does. With a nil keep every event is dropped as if keep had panicked. Safe for concurrent use, as far
// as next is.
func Filter(next event.Exporter, keep func(event.Event) (event.Event, bool), opts ...FilterOption) event.Exporter {
	var cfg settings
	apply(opts, func(o FilterOption) { o.filter(&cfg) })
	if cfg.name == "" {
		cfg.name = fmt.Sprintf("filter/%T", next)
	}
	next = somewhere(otel.Handle, "Filter", next)
	if keep == nil {
		otel.Handle(errNoKeep)
	}
	return &filter{next: next, keep: keep, name: cfg.name, metrics: newSelfMetrics(measured{
		tell: otel.Handle, provider: cfg.meter, component: "filter", name: cfg.name, exporter: next, dropsOnly: true,
		drops: []string{filtered, classes()[classPanic]},
	})}
}

// filtered is the error.type of events that a Filter drops because its function says so.
const filtered = "filtered"

var (
	errNoKeep = errors.New("cairn: exporters: Filter: the function is nil, so every event is dropped: give one that says which events to keep")
	errKeep   = errors.New("keep panicked")
)

type filter struct {
	next    event.Exporter
	keep    func(event.Event) (event.Event, bool)
	name    string
	metrics *selfMetrics
	closed  atomic.Bool

	mu     sync.Mutex
	losses losses // events for which the function panicked
}

var (
	_ event.Exporter = (*filter)(nil)
	_ event.Flusher  = (*filter)(nil)
	_ event.Eraser   = (*filter)(nil)
	_ sink.Addressed = (*filter)(nil)
)

// sieved is a batch behind the function.
type sieved struct {
	kept     []event.Event
	from     []int // where each of them, and each event that stop has left, is in the caller's batch
	filtered int
	panicked int
	why      error // the last panic
}

// Export implements [event.Exporter].
func (f *filter) Export(ctx context.Context, events []event.Event) error {
	if f == nil {
		return nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	if f.closed.Load() {
		return outward(fmt.Errorf("%s: %w", f.name, sink.ErrClosed))
	}
	b := sieved{kept: make([]event.Event, 0, len(events)), from: make([]int, 0, len(events))}
	var err error
	for i := range events {
		if ctx.Err() != nil {
			err = fmt.Errorf("%s: %w", f.name, context.Cause(ctx))
			b.stop(i, len(events))
			break
		}
		f.sieve(&b, i, &events[i])
	}
	if err == nil && (len(b.kept) > 0 || len(events) == 0) {
		err = contained(func() error { return f.next.Export(ctx, b.kept) })
	}
	f.count(&b)
	return outward(b.mapped(err, events))
}

// sieve calls the function for event i of the batch.
func (f *filter) sieve(b *sieved, i int, e *event.Event) {
	defer func() {
		if r := recover(); r != nil {
			b.panicked++
			b.why = fmt.Errorf("%w with a value of type %T", errKeep, r) // the value itself may be personal
			if fault, ok := r.(runtime.Error); ok {
				b.why = fmt.Errorf("%w: %w", errKeep, fault)
			}
		}
	}()
	kept, ok := f.keep(deepCopy(e))
	if !ok {
		b.filtered++
		return
	}
	kept.ID = e.ID
	b.kept, b.from = append(b.kept, kept), append(b.from, i)
}

// stop leaves the events of the caller's batch from first on, and those that were kept, to be tried again.
func (b *sieved) stop(first, n int) {
	b.kept = nil
	b.from = append(b.from, count(first, n-first)...)
}

// mapped returns the error of the exporter behind the filter as one about the caller's batch. It names no event that the filter
// has dropped: the filter counts those, whatever becomes of the others.
func (b *sieved) mapped(err error, events []event.Event) error {
	if err == nil || len(b.from) == len(events) {
		return err // the indexes are the same
	}
	failed := b.failed(err)
	p := &sink.PartialError{}
	for i, k := range b.from {
		if err, ok := failed[i]; ok {
			p.Failed = append(p.Failed, sink.Failure{Index: k, ID: events[k].ID, Err: err})
		}
	}
	return p
}

// failed returns the error of each event that the exporter behind the filter did not take, by its index in from.
func (b *sieved) failed(err error) map[int]error {
	if partial, ok := errors.AsType[*sink.PartialError](err); ok {
		if _, failed := failures(err, len(b.kept)); failed != nil {
			return failed
		}
		err = fmt.Errorf("the exporter behind the filter names events that it was not given: %v", partial) //nolint:errorlint // nothing is known of the events that were kept
	}
	if len(b.from) > 1 {
		err = together(err)
	}
	failed := make(map[int]error, len(b.from))
	for i := range b.from {
		failed[i] = err
	}
	return failed
}

// count counts the events that the filter has dropped, and tells of panics.
func (f *filter) count(b *sieved) {
	if b.filtered > 0 {
		f.metrics.dropped.Add(context.Background(), int64(b.filtered), f.metrics.because(filtered))
	}
	if b.panicked == 0 {
		return
	}
	lost := tally{classPanic: b.panicked}
	f.metrics.gaveUp(lost)
	f.mu.Lock()
	f.losses.add(lost, b.why)
	f.mu.Unlock()
	otel.Handle(fmt.Errorf("cairn: %s: %d events are dropped, because they may not be scrubbed: %w", f.name, b.panicked, b.why))
}

// Flush implements [event.Flusher].
func (f *filter) Flush(ctx context.Context) error {
	if f == nil {
		return nil
	}
	own := f.own()
	err := flush(ctx, f.next)
	if !leaves(ctx) {
		err = errors.Join(err, own())
	}
	return outward(err)
}

// own returns a function that returns the events for which the function has panicked and that no Flush had reported by the
// call of own.
func (f *filter) own() func() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	began := f.losses.told
	return func() error {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.losses.since(began, f.name)
	}
}

// untold implements lossy.
func (f *filter) untold() func() error {
	if f == nil {
		return nothingLost
	}
	return both(f.own(), untold(f.next))
}

// Forget implements [event.Eraser].
func (f *filter) Forget(ctx context.Context, customerHash string) (records int64, err error) {
	if f == nil {
		return 0, nil
	}
	return forget(ctx, f.name, f.next, customerHash)
}

// ServerAddress implements [sink.Addressed].
func (f *filter) ServerAddress() (host string, port int) {
	if f == nil {
		return "", 0
	}
	return addressOf(f.next)
}

// Shutdown implements [event.Exporter].
func (f *filter) Shutdown(ctx context.Context) error {
	if f == nil {
		return nil
	}
	f.closed.Store(true)
	err := contained(func() error { return f.next.Shutdown(ctx) })
	if err == nil {
		f.metrics.shutdown()
	}
	return outward(err)
}

// deepCopy returns a copy of the event that shares nothing with it that can be changed.
func deepCopy(e *event.Event) event.Event {
	c := *e
	c.Variant, c.Transition, c.Promise, c.Effort = own(c.Variant), own(c.Transition), own(c.Promise), own(c.Effort)
	if c.Transition != nil {
		c.Transition.Friction = own(c.Transition.Friction)
	}
	c.FollowUp, c.Action, c.Breakdown, c.Contact, c.Mention = own(c.FollowUp), own(c.Action), own(c.Breakdown), own(c.Contact), own(c.Mention)
	if c.FollowUp != nil {
		c.FollowUp.Skipped = slices.Clone(c.FollowUp.Skipped)
	}
	if c.Action != nil {
		c.Action.Feedbacks = slices.Clone(c.Action.Feedbacks)
	}
	if c.Breakdown != nil {
		c.Breakdown.Placed, c.Breakdown.Value = slices.Clone(c.Breakdown.Placed), own(c.Breakdown.Value)
	}
	c.Journey.Value = own(c.Journey.Value)
	if c.Feedback = own(c.Feedback); c.Feedback != nil {
		f := c.Feedback
		f.Causes, f.Previous, f.Testimonial = slices.Clone(f.Causes), own(f.Previous), own(f.Testimonial)
	}
	if c.Assisted = own(c.Assisted); c.Assisted != nil {
		ownAssisted(c.Assisted)
	}
	c.Attributes = slices.Clone(c.Attributes)
	return c
}

// ownAssisted makes the contact's lists its own.
func ownAssisted(a *event.Assisted) {
	a.Legs, a.Views, a.Decisions = slices.Clone(a.Legs), slices.Clone(a.Views), slices.Clone(a.Decisions)
	for i := range a.Decisions {
		d := &a.Decisions[i]
		d.Amount, d.Limit, d.Skipped = own(d.Amount), own(d.Limit), slices.Clone(d.Skipped)
	}
	if a.Thread = own(a.Thread); a.Thread != nil {
		a.Thread.Replies = slices.Clone(a.Thread.Replies)
	}
}

// own returns a copy of what p points to.
func own[T any](p *T) *T {
	if p == nil {
		return nil
	}
	c := *p
	return &c
}
