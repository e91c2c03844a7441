package telemetry

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/internal/flight"
)

// A follow-up is a run with a trace of its own. Each of its steps also has a span in the trace of the run that it is about, with a link to
// the follow-up, so that the trace of a failed payment leads to "customer told". The span of the follow-up's start has a link back.

// maxAbouts is how many follow-ups the process remembers with what they are about.
const maxAbouts = 4096

// abouts remembers what the latest follow-ups are about, by the IDs of their traces: later steps do not say it. The zero value is ready.
// Safe for concurrent use.
type abouts struct {
	mu       sync.Mutex
	now, old map[trace.TraceID]event.Run
}

func (a *abouts) put(id trace.TraceID, r event.Run) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.now) >= maxAbouts/2 {
		a.now, a.old = nil, a.now
	}
	if a.now == nil {
		a.now = map[trace.TraceID]event.Run{}
	}
	a.now[id] = r
}

func (a *abouts) get(id trace.TraceID) (r event.Run, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r, ok = a.now[id]; !ok {
		r, ok = a.old[id]
	}
	return r, ok
}

// about returns the run that a step of a follow-up is about, and whether it is known.
func (t *Telemetry) about(e *flight.Event) (r event.Run, ok bool) {
	f := e.FollowUp
	if f == nil {
		return r, false
	}
	switch ref := f.About; {
	case ref == event.RunRef{}:
		return t.abouts.get(e.TraceID())
	case ref.Name == event.Other: // the root of its trace is not known
		return r, false
	default:
		r = event.Run{Namespace: cmp.Or(ref.Namespace, e.Journey.Namespace), Name: ref.Name, ID: ref.ID}
		t.abouts.put(e.TraceID(), r)
		return r, true
	}
}

// aboutRoot returns the root of the trace of the run that a step of a follow-up is about. It is invalid where there is none, or the trace
// is not kept.
func (t *Telemetry) aboutRoot(e *flight.Event) trace.SpanContext {
	if r, ok := t.about(e); ok {
		if root := r.RootSpan(); t.keeps(root.TraceID()) {
			return root
		}
	}
	return trace.SpanContext{}
}

// answered emits the span of a step of a follow-up in the trace of the run that the follow-up is about.
func (t *Telemetry) answered(e *flight.Event, kept bool) {
	root := t.aboutRoot(e)
	if !root.IsValid() || !t.budget.take(root.TraceID()) {
		return
	}
	own := interval{e.Time.UnixNano(), e.Time.UnixNano() + 1}
	times, _ := t.extents.fit(root.SpanID(), 0, own, false)
	d := t.draft(answerSpan(e), times)
	d.Parent, d.random = root, true
	d.Attributes = describe(nil, e, nil)
	if e.Kind != event.JourneyEnded { // describe has it of an end
		d.Attributes = describeAnswer(d.Attributes, e)
	}
	if moved(own.start, times.start) {
		d.Attributes = append(d.Attributes, semconv.EventTimeKey.String(e.Time.UTC().Format(time.RFC3339Nano)))
	}
	if kept {
		d.addLink(trace.Link{SpanContext: e.Trace().Root(), Attributes: t.links.journey})
	}
	t.journeys.emit(d)
}

// answerSpan returns the name of the span of a step of a follow-up.
func answerSpan(e *flight.Event) string {
	if e.Kind == event.JourneyEnded {
		return e.Journey.Name + " " + e.Outcome.String()
	}
	return e.Journey.Name + " " + e.Stage
}

// followUpInstruments makes the instruments by the functions that make counters and histograms.
func (m *metrics) followUpInstruments(
	counter func(into *metric.Int64Counter, name, unit, description string),
	seconds func(into *metric.Float64Histogram, name, description string, buckets []float64),
) {
	counter(&m.skipped, semconv.FollowUpSkippedName, semconv.FollowUpSkippedUnit, semconv.FollowUpSkippedDescription)
	seconds(&m.silence, semconv.FollowUpSilenceDurationName, semconv.FollowUpSilenceDurationDescription, semconv.FollowUpSilenceDurationBuckets())
}

// followUp counts at the end of a follow-up the steps that it left out, and the longest silence.
func (m *metrics) followUp(ctx context.Context, e *flight.Event) {
	f := e.FollowUp
	if f == nil {
		return
	}
	expected := flight.Expected()
	for _, step := range f.Skipped {
		if slices.Contains(expected[:], step) && m.skipped.Enabled(ctx) {
			m.skipped.Add(ctx, 1, m.ofKey(ctx, seriesKey{what: followUpEnded, name: e.Journey.Name, stage: step}).add...)
		}
	}
	if f.Silence > 0 && m.silence.Enabled(ctx) {
		m.silence.Record(ctx, f.Silence.Seconds(), m.ofKey(ctx, seriesKey{what: followUpEnded, name: e.Journey.Name}).record...)
	}
}
