package telemetry

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/internal/flight"
)

// metrics are the client's instruments and the attribute sets that they have used.
type metrics struct {
	meter metric.Meter
	tell  func(context.Context, fault.Report) // or nil

	handle func(error) // gets errors of the configuration

	counted    func(context.Context, *event.Event) // or nil
	collecting func(context.Context)               // or nil

	started, ended, late metric.Int64Counter
	exits, value         metric.Int64Counter
	friction             metric.Int64Counter
	stalled              metric.Int64Counter
	settled              metric.Int64Counter // promises
	decisions            metric.Int64Counter // of contact policies
	violations           metric.Int64Counter // of contact policies
	efforts              effortMetrics
	interactions         metric.Int64Counter
	failed               metric.Int64Counter
	said                 feedbackMetrics
	skipped              metric.Int64Counter // steps of follow-ups
	faults               metric.Int64Counter
	queued, passedOn     metric.Int64Counter     // contacts
	decided              metric.Int64Counter     // by employees
	handled, replied     metric.Float64Histogram // contacts
	queues               map[string]assist.Queue
	journeyDuration      metric.Float64Histogram
	stageDuration        metric.Float64Histogram
	touchpointDuration   metric.Float64Histogram
	waitDuration         metric.Float64Histogram
	promiseDelay         metric.Float64Histogram
	silence              metric.Float64Histogram // of follow-ups
	active, info         metric.Int64ObservableUpDownCounter
	byActor              bool
	scoreDelegates       bool
	touchpoints          [flight.NumActors]tables
	series               seriesCache
	failures             failures
	stages, currencies   labels
	promises             declared
	contacts             labels
	voices, causes       labels // versions of surveys and sources of mentions; causes of surveys
	choices              declared
	zeros                zeros
	places               places
	faultOptions         [fault.Num][]metric.AddOption
	mu                   sync.Mutex
	registrations        []metric.Registration
}

func newMetrics(m metric.Meter, byActor bool) (*metrics, error) {
	ms := &metrics{meter: m, byActor: byActor}
	var faults []error
	counter := func(into *metric.Int64Counter, name, unit, description string) {
		c, err := m.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(description))
		if err != nil {
			faults = append(faults, fmt.Errorf("telemetry: counter %s: %w", name, err))
		}
		*into = c
	}
	seconds := func(into *metric.Float64Histogram, name, description string, buckets []float64) {
		h, err := m.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(description),
			metric.WithExplicitBucketBoundaries(buckets...))
		if err != nil {
			faults = append(faults, fmt.Errorf("telemetry: histogram %s: %w", name, err))
		}
		*into = h
	}
	counter(&ms.started, semconv.JourneyStartedName, semconv.JourneyStartedUnit, semconv.JourneyStartedDescription)
	counter(&ms.ended, semconv.JourneyEndedName, semconv.JourneyEndedUnit, semconv.JourneyEndedDescription)
	counter(&ms.exits, semconv.JourneyExitsName, semconv.JourneyExitsUnit, semconv.JourneyExitsDescription)
	counter(&ms.friction, semconv.JourneyFrictionName, semconv.JourneyFrictionUnit, semconv.JourneyFrictionDescription)
	counter(&ms.value, semconv.JourneyValueName, semconv.JourneyValueUnit, semconv.JourneyValueDescription)
	counter(&ms.stalled, semconv.JourneyStalledName, semconv.JourneyStalledUnit, semconv.JourneyStalledDescription)
	counter(&ms.settled, semconv.PromiseSettledName, semconv.PromiseSettledUnit, semconv.PromiseSettledDescription)
	counter(&ms.decisions, semconv.ContactDecisionsName, semconv.ContactDecisionsUnit, semconv.ContactDecisionsDescription)
	counter(&ms.violations, semconv.ContactViolationsName, semconv.ContactViolationsUnit, semconv.ContactViolationsDescription)
	ms.efforts.make(counter)
	counter(&ms.late, semconv.JourneyLateName, semconv.JourneyLateUnit, semconv.JourneyLateDescription)
	counter(&ms.interactions, semconv.TouchpointInteractionsName, semconv.TouchpointInteractionsUnit, semconv.TouchpointInteractionsDescription)
	counter(&ms.failed, semconv.TouchpointFailuresName, semconv.TouchpointFailuresUnit, semconv.TouchpointFailuresDescription)
	if err := ms.feedbackInstruments(counter); err != nil {
		faults = append(faults, err)
	}
	ms.contactInstruments(counter, seconds)
	ms.followUpInstruments(counter, seconds)
	counter(&ms.faults, semconv.SDKFaultsName, semconv.SDKFaultsUnit, semconv.SDKFaultsDescription)
	seconds(&ms.journeyDuration, semconv.JourneyDurationName, semconv.JourneyDurationDescription, semconv.JourneyDurationBuckets())
	seconds(&ms.stageDuration, semconv.JourneyStageDurationName, semconv.JourneyStageDurationDescription, semconv.JourneyStageDurationBuckets())
	seconds(&ms.touchpointDuration, semconv.TouchpointDurationName, semconv.TouchpointDurationDescription, semconv.TouchpointDurationBuckets())
	seconds(&ms.waitDuration, semconv.TouchpointWaitDurationName, semconv.TouchpointWaitDurationDescription, semconv.TouchpointWaitDurationBuckets())
	seconds(&ms.promiseDelay, semconv.PromiseDelayName, semconv.PromiseDelayDescription, semconv.PromiseDelayBuckets())
	observed := func(into *metric.Int64ObservableUpDownCounter, name, unit, description string) {
		c, err := m.Int64ObservableUpDownCounter(name, metric.WithUnit(unit), metric.WithDescription(description))
		if err != nil {
			faults = append(faults, fmt.Errorf("telemetry: up-down counter %s: %w", name, err))
		}
		*into = c
	}
	observed(&ms.active, semconv.JourneyActiveName, semconv.JourneyActiveUnit, semconv.JourneyActiveDescription)
	observed(&ms.info, semconv.SDKInfoName, semconv.SDKInfoUnit, semconv.SDKInfoDescription)
	for f := range ms.faultOptions {
		ms.faultOptions[f] = []metric.AddOption{metric.WithAttributeSet(
			attribute.NewSet(semconv.ErrorTypeKey.String(fault.Fault(f).String())))}
	}
	return ms, errors.Join(faults...)
}

// record counts the event. It leaves out synthetic events, because they are no customer's experience, and events
// that were counted before. It returns the series of a touchpoint that it counted, or nil.
func (m *metrics) record(ctx context.Context, e *flight.Event) *series {
	if e.Actor == event.ActorSynthetic || e.Retold() {
		return nil
	}
	if m.counted != nil {
		m.counted(ctx, &e.Event)
	}
	switch e.Kind {
	case event.TouchpointEnded:
		return m.touchpoint(ctx, e)
	case event.JourneyStarted:
		if m.started.Enabled(ctx) {
			m.started.Add(ctx, 1, m.of(ctx, journeyStarted, e).add...)
		}
	case event.JourneyStageEntered:
		m.stage(ctx, e)
	case event.JourneyStalled:
		m.stalled.Add(ctx, 1, m.of(ctx, journeyStalled, e).add...)
	case event.JourneyEnded:
		m.end(ctx, e)
	case event.PromiseKept, event.PromiseBroken:
		m.promise(ctx, e)
	case event.ContactSuppressed:
		m.contact(ctx, m.decisions, e)
	case event.ContactViolated:
		m.contact(ctx, m.violations, e)
	case event.ContactResolved:
		m.effort(ctx, e)
	case event.SurveyRequested, event.SurveyShown, event.SurveyClosed, event.FeedbackReceived, event.FeedbackAmended, event.FeedbackMentioned:
		m.feedback(ctx, e)
	default: // other kinds have no metrics here
	}
	return nil
}

// contact counts what a contact policy decided.
func (m *metrics) contact(ctx context.Context, c metric.Int64Counter, e *flight.Event) {
	if e.Contact != nil && c.Enabled(ctx) {
		c.Add(ctx, 1, m.of(ctx, contactDecided, e).add...)
	}
}

// promise records that a promise was kept or broken. A keep that comes after the break was reported is late and changes no
// number.
func (m *metrics) promise(ctx context.Context, e *flight.Event) {
	if e.Promise == nil || e.Late || !m.settled.Enabled(ctx) && !m.promiseDelay.Enabled(ctx) {
		return
	}
	s := m.of(ctx, promiseSettled, e)
	m.settled.Add(ctx, 1, s.add...)
	if e.Duration > 0 { // the end of a journey breaks a promise without a delay
		m.promiseDelay.Record(ctx, e.Duration.Seconds(), s.record...)
	}
}

// end records the end of a journey.
func (m *metrics) end(ctx context.Context, e *flight.Event) {
	m.stage(ctx, e)
	if m.exits.Enabled(ctx) {
		m.exits.Add(ctx, 1, m.of(ctx, journeyExited, e).add...)
	}
	if t := e.Transition; t != nil && t.Friction != nil && m.friction.Enabled(ctx) {
		for kind, n := range t.Friction.Counts() {
			if n > 0 {
				m.friction.Add(ctx, int64(n), m.ofKey(ctx, seriesKey{what: journeyFriction, name: e.Journey.Name, stage: kind}).add...)
			}
		}
	}
	m.followUp(ctx, e)
	if v := e.Journey.Value; v != nil && m.value.Enabled(ctx) {
		if v.Amount < 0 {
			m.report(ctx, fault.Report{Fault: fault.Number, Name: e.Journey.Name, Detail: "the amount of its value is negative: no metric has it; give a positive amount"})
		} else {
			m.value.Add(ctx, v.Amount, m.of(ctx, journeyValued, e).add...)
		}
	}
	if !m.ended.Enabled(ctx) && !m.journeyDuration.Enabled(ctx) {
		return
	}
	s := m.of(ctx, journeyEnded, e)
	m.ended.Add(ctx, 1, s.add...)
	if e.Transition == nil || !e.Transition.Partial {
		m.journeyDuration.Record(ctx, e.Duration.Seconds(), s.record...)
	}
}

// touchpoint counts an interaction. It returns its series, or nil if every instrument is off.
func (m *metrics) touchpoint(ctx context.Context, e *flight.Event) *series {
	if e.Assisted != nil {
		m.assisted(ctx, e)
	}
	count, times := m.interactions.Enabled(ctx), m.touchpointDuration.Enabled(ctx)
	failed := e.Outcome == event.Failed && (times || m.failed.Enabled(ctx))
	if !count && !times && !failed {
		return nil
	}
	of := m.ofTouchpoint(ctx, e)
	s := of
	if count {
		m.interactions.Add(ctx, 1, s.add...)
	}
	if failed {
		s = m.ofFailure(ctx, e)
		m.failed.Add(ctx, 1, s.add...)
	}
	if live, _ := e.Span(); times && (live != nil || e.Duration > 0) { // an event that was recorded afterwards with the duration 0 has an unknown one
		m.touchpointDuration.Record(ctx, e.Duration.Seconds(), s.record...)
	}
	return of
}

// stage records the time in the stage that the customer left with this event, and in a second stage if the event
// names one.
func (m *metrics) stage(ctx context.Context, e *flight.Event) {
	if left, at, ok := e.AlsoLeft(); ok {
		visit := left // a copy, so that only an event with a second visit allocates
		m.stage(ctx, &flight.Event{Event: event.Event{Kind: e.Kind, Time: at, Journey: e.Journey, Transition: &visit}})
	}
	left := e.Transition
	if left == nil || left.From == "" || left.Entered.IsZero() || !m.stageDuration.Enabled(ctx) {
		return
	}
	took := max(0, e.Time.Sub(left.Entered))
	m.stageDuration.Record(ctx, took.Seconds(), m.of(ctx, stageLeft, e).record...)
}

func (m *metrics) fault(ctx context.Context, f fault.Fault) { m.countFaults(ctx, f, 1) }

func (m *metrics) countFaults(ctx context.Context, f fault.Fault, n int64) {
	if int(f) < len(m.faultOptions) {
		m.faults.Add(ctx, n, m.faultOptions[f]...)
	}
}

// report counts r and passes it to tell.
func (m *metrics) report(ctx context.Context, r fault.Report) {
	m.fault(ctx, r.Fault)
	if m.tell != nil {
		m.tell(ctx, r)
	}
}

func (m *metrics) recordLate(ctx context.Context, e *flight.Event) {
	if e.Actor == event.ActorSynthetic {
		return
	}
	m.late.Add(ctx, 1, m.of(ctx, journeyLate, e).add...)
}

func (m *metrics) shutdown() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var faults []error
	for _, r := range m.registrations {
		if err := r.Unregister(); err != nil {
			faults = append(faults, fmt.Errorf("telemetry: stopping a gauge: %w", err))
		}
	}
	m.registrations = nil
	return errors.Join(faults...)
}
