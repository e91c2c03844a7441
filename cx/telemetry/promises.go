package telemetry

import (
	"context"
	"slices"
	"time"

	"go.opentelemetry.io/otel/codes"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/internal/flight"
)

// promisePrefix precedes the promise's name in the name of its span.
const promisePrefix = "promise "

// promise emits the span of a promise that was settled, under the root of the journey's trace. It begins when the promise was
// made; where that is not known it is a moment. A keep that comes after the break was reported has no span, because the
// promise has one.
func (t *Telemetry) promise(ctx context.Context, e *flight.Event) {
	p := e.Promise
	if p == nil || e.Late || !t.spend(ctx, &t.budget, e) {
		return
	}
	root := e.Trace().Root()
	made := e.Time
	if !p.Made.IsZero() && p.Made.Before(e.Time) {
		made = p.Made
	}
	whole := interval{made.UnixNano(), later(e.Time, made).UnixNano()}
	began := nanos(e.Journey.Started)
	times, how := t.extents.fit(root.SpanID(), began, whole, false)
	if how == before { // it was settled before the journey began
		times = interval{began, began + 1}
	}
	d := t.draft(promisePrefix+p.Name, times)
	d.Parent = root
	if t.journeys.flat() {
		d.random = true
	} else {
		d.SpanContext = own(root, flight.PromiseSpanID(&e.Journey, p.Name, p.Number))
	}
	d.Attributes = describePromise(describe(nil, e, nil), p)
	if e.Kind != event.PromiseWithdrawn {
		d.Attributes = append(d.Attributes, semconv.PromiseKeptKey.Bool(e.Kind == event.PromiseKept))
	}
	if moved(whole.start, times.start) || moved(whole.end, times.end) {
		d.Attributes = append(slices.Clip(d.Attributes), semconv.EventDurationKey.Float64(e.Time.Sub(made).Seconds()))
		if times.start > whole.start+1 {
			d.Attributes = append(d.Attributes, semconv.EventTimeKey.String(made.UTC().Format(time.RFC3339Nano)))
		}
	}
	t.linkRequest(d, e.Request())
	if e.Kind == event.PromiseBroken {
		d.Status = codes.Error
	}
	t.journeys.emit(d)
}

// moved reports whether two times differ by more than the nanosecond that is added to a span that took no time.
func moved(a, b int64) bool { return abs(a-b) > 1 }
