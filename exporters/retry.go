package exporters

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v4"
	"go.opentelemetry.io/otel"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

// Retry is an exporter that calls another one again, with exponential backoff and jitter, until it succeeds, fails permanently,
// or the time is up. After a [sink.PartialError] it tries the rest of the batch again, in its order. Safe for concurrent use,
// as far as the other exporter is.
//
// The time is that of [WithMaxElapsed], and at most that of the call's context. Within it a Retry waits for as long as the sink
// asks ([sink.RetryAfter]). If the sink asks for longer, the Retry waits until the end of that time and tries once more; behind
// a [Batch] the events are lost after that. If the context has a deadline, this try begins earlier by a sixth of the time, at
// most five seconds. The error still says what the sink asks for ([sink.RetryDelay]), so that a caller that keeps the events,
// such as a [Spool], can wait for it.
type Retry struct {
	next    event.Exporter
	cfg     settings
	metrics *selfMetrics
}

var (
	_ event.Exporter = (*Retry)(nil)
	_ event.Flusher  = (*Retry)(nil)
)

// NewRetry returns a Retry of e, which it owns. A bound that is zero is the default. NewRetry returns no error: it
// reports a bound that is out of range, such as a negative one, to OpenTelemetry's error handler, and uses the default.
func NewRetry(e event.Exporter, opts ...RetryOption) *Retry {
	var cfg settings
	apply(opts, func(o RetryOption) { o.retry(&cfg) })
	report(otel.Handle, "NewRetry", cfg.defaults())
	if cfg.name == "" {
		cfg.name = fmt.Sprintf("retry/%T", e)
	}
	e = somewhere(otel.Handle, "NewRetry", e)
	return &Retry{next: e, cfg: cfg, metrics: newSelfMetrics(measured{
		tell: otel.Handle, provider: cfg.meter, component: "retry", name: cfg.name, exporter: e, drops: []string{classes()[classPermanent]},
	})}
}

// lastCall bounds the part of a call's time that is kept for the last try.
const lastCall = 5 * time.Second

// pauses computes the pauses between tries. Each pause is at least as long as the sink asks for. A pause that is longer than the
// time that is left is shortened, once, so that the last try begins as late as possible. There is one exception: if
// WithMaxElapsed alone ends the time and the sink asks for no wait, the tries end instead, because the last try would begin
// sooner than the backoff allows.
type pauses struct {
	backoff.BackOff

	within time.Duration // of [WithMaxElapsed]
	limit  time.Time     // the latest time at which a try may begin, or zero if the context has no deadline
	until  time.Time     // the time at which the last try begins
	asked  time.Duration // how long the sink asks to wait
	waited bool          // a pause has passed
	last   bool          // the last try has begun
}

func newPauses(ctx context.Context, cfg *settings) *pauses {
	p := &pauses{within: cfg.elapsed, BackOff: backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(cfg.initialPause),
		backoff.WithMaxInterval(cfg.maxPause),
		backoff.WithMaxElapsedTime(0), // until ends the tries
		backoff.WithMultiplier(2),
	)}
	if deadline, ok := ctx.Deadline(); ok {
		p.limit = deadline.Add(-min(lastCall, time.Until(deadline)/6))
	}
	p.Reset()
	return p
}

// Reset implements [backoff.BackOff].
func (p *pauses) Reset() {
	p.BackOff.Reset()
	p.last = false
	p.until = time.Now().Add(p.within)
	if !p.limit.IsZero() && p.limit.Before(p.until) {
		p.until = p.limit
	}
}

// outOfTime reports whether the context's deadline, and not WithMaxElapsed, allows no further try.
func (p *pauses) outOfTime() bool { return p.last && p.until.Equal(p.limit) }

// NextBackOff implements [backoff.BackOff].
func (p *pauses) NextBackOff() time.Duration {
	backOff := p.BackOff.NextBackOff()
	pause, left := max(backOff, p.asked), time.Until(p.until)
	waited := p.waited
	p.waited = true
	switch {
	case p.last || left <= 0:
		return backoff.Stop
	case pause < left:
		return pause
	case waited && p.asked < backOff && !p.until.Equal(p.limit):
		return backoff.Stop
	default:
		p.last = true
		return left
	}
}

// Export implements [event.Exporter]. A nil or zero Retry does nothing. The error says how often the Retry tried. It wraps a
// [sink.PartialError] with the events that were not delivered, if others were.
func (r *Retry) Export(ctx context.Context, events []event.Event) error {
	if r == nil || r.next == nil {
		return nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	start := time.Now()
	err := r.export(ctx, events)
	if len(events) > 0 {
		r.metrics.called(len(events), time.Since(start), err, classify(err, events))
	}
	return outward(err)
}

func (r *Retry) export(ctx context.Context, events []event.Event) error {
	p := newPauses(ctx, &r.cfg)
	b := batch{events: events, bury: r.cfg.dead != nil}
	tries := 0
	var last error
	err := backoff.Retry(func() error {
		tries++
		before := len(b.rest) + len(b.dead)
		was := b.part
		last = b.try(ctx, r.next)
		if b.part && (!was || len(b.rest)+len(b.dead) != before) {
			p.Reset() // the sink has taken a part, so that the rest is tried again after a short pause
		}
		p.asked, _ = sink.RetryDelay(last)
		if last != nil && (b.settled() || errors.Is(last, sink.ErrClosed) || len(events) == 0 && sink.IsPermanent(last)) {
			return backoff.Permanent(last) // the sink will never take the rest
		}
		return last
	}, backoff.WithContext(p, ctx))
	if errors.Is(last, errRefusesAll) && !errors.Is(ctx.Err(), context.Canceled) {
		b.believe() // the time is up: dead letters are better than losses. A caller that cancels may still have the events
	}
	if err == nil && len(b.dead) == 0 {
		return nil
	}
	if err == nil || b.settled() && len(b.dead) > 0 {
		return r.bury(ctx, &b, tries)
	}
	if last != nil && !errors.Is(err, last) {
		err = fmt.Errorf("%w: %w", err, last)
	} else if p.outOfTime() {
		err = fmt.Errorf("%w: no time is left for another try: %w", context.DeadlineExceeded, err)
	}
	err = fmt.Errorf("after %d tries: %w", tries, err)
	if len(b.dead) > 0 && r.cfg.dead != nil { // these dead letters are kept now; the caller exports the rest again
		if deadErr := r.put(ctx, &b); deadErr != nil {
			return errors.Join(b.failed(err), deadErr)
		}
		b.dead = nil
	}
	return b.failed(err)
}

// buryFor bounds the export of dead letters, which also takes place after the time of the call is up.
const buryFor = 5 * time.Second

// bury keeps the dead letters, if there is an exporter for them, and returns the error of Export.
func (r *Retry) bury(ctx context.Context, b *batch, tries int) error {
	err := b.failed(fmt.Errorf("after %d tries: %w", tries, b.dead[0].Err))
	if r.cfg.dead == nil {
		return err
	}
	if deadErr := r.put(ctx, b); deadErr != nil {
		return errors.Join(err, deadErr)
	}
	return nil
}

// put exports the dead letters to the exporter of [WithDeadLetters], and returns its error.
func (r *Retry) put(ctx context.Context, b *batch) error {
	letters := make([]event.Event, len(b.dead))
	for i, f := range b.dead {
		letters[i] = b.events[f.Index]
	}
	aside, cancel := context.WithTimeout(context.WithoutCancel(ctx), buryFor)
	defer cancel()
	if err := contained(func() error { return r.cfg.dead.Export(aside, letters) }); err != nil {
		return fmt.Errorf("%d dead letters could not be kept: %s", len(letters), err) //nolint:errorlint // the events failed with another error
	}
	r.metrics.refused(len(letters))
	otel.Handle(fmt.Errorf("cairn: %s: %d events are dead letters: %w", r.cfg.name, len(letters), b.dead[0].Err))
	return nil
}

// batch is the state of one Export: the events that are left to be tried, and the dead letters.
type batch struct {
	events []event.Event
	rest   []int // indexes of the events that are left; only used if part is set
	part   bool  // some events are delivered, or dead letters
	bury   bool  // there is an exporter for dead letters, so that a refused batch is halved until the events are found
	dead   []sink.Failure

	patience patience
	refusals int            // tries in a row in which the sink refused every event
	suspects []sink.Failure // the failures of the last of these tries
}

// settled reports whether no event is left to be tried.
func (b *batch) settled() bool { return b.part && len(b.rest) == 0 }

// left returns the events that are left to be tried.
func (b *batch) left() []event.Event {
	if !b.part {
		return b.events
	}
	return pick(b.events, b.rest)
}

var errRefusesAll = errors.New("the sink refuses every event of the batch: check its address and its tables or topics")

// try exports the events that are left once, and updates which are left after it.
func (b *batch) try(ctx context.Context, next event.Exporter) error {
	events := b.left()
	refused, left, why := b.patience.search(func(part []event.Event) error { return next.Export(ctx, part) }, events, b.bury)
	b.suspects = nil
	if b.bury && len(refused) == len(events) && len(events) >= suspicious && b.refusals < maxRefusals {
		b.refusals++
		b.suspects = refused
		return errRefusesAll // the batch is tried again
	}
	b.condemn(refused)
	for i := range left {
		left[i] = b.at(left[i])
	}
	if len(left) < len(events) || why == nil {
		b.part = true
	}
	if b.part {
		b.rest = left
	}
	if why == nil && len(refused) > 0 {
		return refused[0].Err
	}
	return transient(why, len(events))
}

// transient returns, for a batch of n events that was taken in part, one error of the events that are left: the one that asks
// for the longest wait, or the first if none asks. The error of the whole batch cannot be used: it counts as permanent if
// another event was refused for good.
func transient(why error, n int) error {
	p, failed := failures(why, n)
	if p == nil {
		return why
	}
	var left error
	most := time.Duration(-1)
	for i := range n {
		err, ok := failed[i]
		if !ok || err == nil || sink.IsPermanent(err) {
			continue
		}
		after, asks := sink.RetryDelay(err)
		if !asks {
			after = -1
		}
		if left == nil || after > most {
			left, most = err, after
		}
	}
	if left == nil {
		return why
	}
	return fmt.Errorf("%d events failed: %w", len(failed), left)
}

// at returns the index in the batch of event i of those that are left.
func (b *batch) at(i int) int {
	if b.part {
		return b.rest[i]
	}
	return i
}

// condemn makes dead letters of the refused events, whose indexes are among those that are left.
func (b *batch) condemn(refused []sink.Failure) {
	for _, f := range refused {
		f.Index = b.at(f.Index)
		b.dead = append(b.dead, f)
	}
}

// believe makes dead letters of all events that are left, because the sink refuses every one of them.
func (b *batch) believe() {
	b.condemn(b.suspects)
	b.part, b.rest = true, nil
}

// failed returns err as the error of the events that were not delivered.
func (b *batch) failed(err error) error {
	if !b.part {
		return err
	}
	p := &sink.PartialError{Failed: slices.Clone(b.dead)}
	for _, k := range b.rest {
		p.Failed = append(p.Failed, sink.Failure{Index: k, ID: b.events[k].ID, Err: err})
	}
	if len(b.dead) == len(b.events) {
		return sink.Permanent(err)
	}
	slices.SortFunc(p.Failed, func(x, y sink.Failure) int { return x.Index - y.Index })
	return p // it has the indexes of the batch; err has those of the last call
}

// Flush implements [event.Flusher].
func (r *Retry) Flush(ctx context.Context) error {
	if r == nil || r.next == nil {
		return nil
	}
	return outward(errors.Join(flush(ctx, r.next), flush(ctx, r.cfg.dead)))
}

// untold implements lossy.
func (r *Retry) untold() func() error {
	if r == nil || r.next == nil {
		return nothingLost
	}
	return both(untold(r.next), untold(r.cfg.dead))
}

// flush flushes e, if it is an event.Flusher.
func flush(ctx context.Context, e event.Exporter) error {
	if f, ok := e.(event.Flusher); ok {
		return contained(func() error { return f.Flush(ctx) })
	}
	return nil
}

// Shutdown implements [event.Exporter].
func (r *Retry) Shutdown(ctx context.Context) error {
	if r == nil || r.next == nil {
		return nil
	}
	err := contained(func() error { return r.next.Shutdown(ctx) })
	if r.cfg.dead != nil {
		err = errors.Join(err, contained(func() error { return r.cfg.dead.Shutdown(ctx) }))
	}
	r.metrics.shutdown()
	return outward(err)
}
