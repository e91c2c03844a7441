package touchpoint

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// Touchpoint is one open interaction. Safe for concurrent use. Methods do nothing on nil, and after End.
type Touchpoint struct {
	node   flight.Node // the interaction as a context: one allocation for both
	mu     sync.Mutex
	ctx    context.Context
	around flight.Around // the interaction around it, or nil
	event  *flight.Event // nil once it has ended
	met    *meeting      // nil until code has met a run
	help   *Contact      // what people do in it, or nil
	arms   flight.Arms   // the arm of an experiment that the customer has seen in it
}

// inside is a Touchpoint as a context. Its methods are not among those of Touchpoint.
type inside Touchpoint

var _ context.Context = (*inside)(nil)

type (
	touchpointKey struct{}
	contactKey    struct{}
)

// Value implements [context.Context].
func (c *inside) Value(key any) any {
	switch key.(type) {
	case touchpointKey:
		return (*Touchpoint)(c)
	case contactKey:
		if c.help != nil {
			return c.help
		}
	case flight.HelpKey:
		if c.help != nil {
			return (*course)(c)
		}
	}
	return c.node.Value(key)
}

// Deadline implements [context.Context].
func (c *inside) Deadline() (time.Time, bool) { return c.node.Deadline() }

// Done implements [context.Context].
func (c *inside) Done() <-chan struct{} { return c.node.Done() }

// Err implements [context.Context].
func (c *inside) Err() error { return c.node.Err() } //nolint:wrapcheck // a context's error is its parent's

// FromContext returns the innermost interaction of ctx, or nil, which is a safe no-op. A handler within [Handler] uses it
// to mark its request as failed or degraded.
func FromContext(ctx context.Context) *Touchpoint {
	if ctx == nil {
		return nil
	}
	t, _ := ctx.Value(touchpointKey{}).(*Touchpoint)
	return t
}

func (d *Definition) start(
	ctx context.Context, scope *flight.Scope, rec flight.Recorder, c event.Channel, opts []StartOption, span trace.Span,
) (context.Context, *Touchpoint) {
	tp := &Touchpoint{}
	tp.node.Init(ctx, scope, rec)
	d.startIn(tp, rec, c, opts, &beginning{span: span})
	return tp.ctx, tp
}

// beginning is what a caller of startIn knows of the interaction, or has ready for it.
type beginning struct {
	span     trace.Span       // a live span that the interaction describes, or nil
	now      time.Time        // a recent reading of the client's clock, or zero
	position *flight.Position // room for the interaction's position, or nil
}

// startIn starts the interaction tp, whose node says where it begins.
func (d *Definition) startIn(tp *Touchpoint, rec flight.Recorder, c event.Channel, opts []StartOption, b *beginning) {
	h := &tp.node
	e := flight.Get()
	tp.event, tp.around = e, h.Scope().Around()
	h.SetAround((*course)(tp))
	h.SetArms(&tp.arms)
	inner, was := h.Position(), d.where(h.Scope())
	e.SetPosition(was)
	whose := e.Customer
	d.fill(e, c, opts)
	e.SetStated(e.Customer != whose) // by From
	if was != inner {
		within(e, inner)
	}
	e.Begin(h.Context)
	if b.span != nil {
		e.SetSpan(b.span, false)
	}
	if e.Time.IsZero() && !b.now.IsZero() {
		e.SetClocked(b.now)
	}
	tp.ctx = rec.Start((*inside)(tp), e)
	switch {
	case was == nil, was.Channel != e.Channel, was.Actor != e.Actor,
		e.Stage != "" && (was.Stage != e.Stage || was.Visit != e.Visit): // without a stage it is not known here
		p := b.position
		if p == nil || !e.PositionTo(p) {
			p = e.Position()
		}
		if p != nil || was == nil || !was.Journey.IsZero() { // one without a journey says who acts
			h.SetPosition(p)
		}
	case was != inner:
		h.SetPosition(was)
	}
}

// change runs f on the event, unless the interaction has ended.
func (t *Touchpoint) change(f func(*flight.Event)) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.event != nil {
		f(t.event)
	}
}

// severity orders the outcomes: the worst of several marks holds.
func severity(o event.Outcome) int {
	switch o {
	case event.Degraded:
		return 1
	case event.Cancelled, event.Abandoned:
		return 2
	case event.Failed:
		return 3
	default:
		return 0
	}
}

func worsen(e *flight.Event, o event.Outcome) bool {
	if severity(o) < severity(e.Outcome) {
		return false
	}
	e.Outcome = o
	return true
}

// Fail marks the interaction as failed by err: the customer did not get what they wanted. A nil err marks nothing.
//
// The event has the class of the error and never its message, which may hold personal data. The class is the first of
// these:
//
//   - the result of the method ErrorType() string of an error in err's tree,
//   - "timeout" for a timeout, such as [context.DeadlineExceeded],
//   - "_OTHER" for an error without a type of its own, such as that of [errors.New] or [errors.Join], and for
//     [context.Canceled],
//   - else the type, such as *fs.PathError, without the wrappers of [fmt.Errorf].
//
// A later Fail replaces the class. Fail keeps the cause of an earlier [Touchpoint.Degrade] or [Touchpoint.Because].
//
// [context.Canceled] marks the interaction as cancelled if the context of Start, which is the request's own, is cancelled:
// the customer has gone away. It is a failure if only a context of the service's own is cancelled, which that of a message's consumer
// is ([OncePer]).
func (t *Touchpoint) Fail(err error) {
	if err == nil {
		return
	}
	if t == nil {
		return
	}
	o, class := classify(t.ctx, err)
	t.change(func(e *flight.Event) {
		if o == event.Cancelled && e.Once() {
			o, class = event.Failed, otherError
		}
		if worsen(e, o) && o == event.Failed {
			e.ErrorType = class
		}
	})
}

// fail marks the interaction as failed with this class of error, unless it has one.
func (t *Touchpoint) fail(class string) {
	t.change(func(e *flight.Event) {
		if worsen(e, event.Failed) && e.ErrorType == "" {
			e.ErrorType = class
		}
	})
}

// failSpan marks the server's span, which otelhttp has opened, as an error by the conventions for HTTP.
func (t *Touchpoint) failSpan() { t.change((*flight.Event).FailSpan) }

// leave moves the interaction from a run that only its request names to the position p.
func (t *Touchpoint) leave(p *flight.Position) {
	t.change(func(e *flight.Event) {
		if e.Claimed() {
			e.Leave(p)
		}
	})
}

// Degrade marks the interaction as degraded: it worked, but worse than promised. The cause is from a bounded vocabulary, at
// most 64 bytes, and replaces an earlier one. Degrade does nothing if the interaction is failed or cancelled.
func (t *Touchpoint) Degrade(cause string) {
	t.change(func(e *flight.Event) {
		if worsen(e, event.Degraded) {
			e.Cause = cause
		}
	})
}

// Cancel marks the interaction as cancelled by the customer or the company, unless it is failed.
func (t *Touchpoint) Cancel() {
	t.change(func(e *flight.Event) { worsen(e, event.Cancelled) })
}

// Because sets the root cause, from a bounded vocabulary, at most 64 bytes. It replaces an earlier one, and does not change
// the outcome: a cause may become known before or after Fail.
func (t *Touchpoint) Because(cause string) {
	t.change(func(e *flight.Event) { e.Cause = cause })
}

// Intent sets the problem that the customer wants solved, from a bounded vocabulary, at most 64 bytes. It replaces an earlier one.
func (t *Touchpoint) Intent(intent string) {
	t.change(func(e *flight.Event) { e.Intent = intent })
}

// SetAttributes adds the caller's own attributes, at most 32 keys in all. The last value of a key holds. Attributes appear
// on spans and in the event's JSON, never on metrics.
func (t *Touchpoint) SetAttributes(kvs ...attribute.KeyValue) {
	t.change(func(e *flight.Event) { e.SetAttributes(kvs...) })
}

// End ends the interaction and records it. An interaction without a mark is ok. Only the first call counts.
func (t *Touchpoint) End() {
	if t == nil {
		return
	}
	var now time.Time
	if t.help != nil {
		now = t.node.Recorder().Now()
	}
	t.mu.Lock()
	e := t.event
	t.event = nil
	if e != nil {
		t.join(e)
		if t.help != nil {
			t.help.over(e, now)
		}
	}
	t.mu.Unlock()
	if e == nil {
		return
	}
	if e.Outcome == 0 {
		e.Outcome = event.OK
	}
	calledBack := t.help.completes(e)
	t.node.Recorder().Record(t.ctx, e)
	e.Put()
	if !calledBack.IsZero() {
		Callbacks.Complete(t.ctx, journey.At(calledBack))
	}
}
