package telemetry

import (
	"context"
	"maps"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/internal/flight"
)

// what is the kind of a series.
type what uint8

const (
	touchpointEnded what = iota
	journeyStarted
	journeyEnded
	journeyExited
	journeyValued
	journeyFriction
	followUpEnded
	journeyLate
	journeyStalled
	stageLeft
	feedbackRequested
	feedbackShown
	feedbackClosed
	feedbackReceived
	feedbackCaused
	feedbackAmended
	feedbackMentioned
	promiseSettled
	contactDecided
	legQueued
	legWaited
	legHandled
	replyGiven
	legPassedOn
	employeeDecided
)

// seriesKey has the values from which the attributes of an event's metrics are made.
type seriesKey struct {
	// In the key of the metric of values, stage is the currency, in those of promises the promise's name, and in that of friction its
	// kind. In those of contact policies, name is the purpose and stage the rule. contacts.go says what they are in those of contacts in
	// which people help, and feedback.go in those of feedback.
	name, stage string
	what        what
	actor       event.Actor // 0, the customer, unless byActor is set
	byActor     bool
	channel     event.Channel
	outcome     event.Outcome
	zone        event.Zone
	scale       event.Scale
	verdict     event.Verdict
	end         event.SurveyEnd
	nature      event.Nature
	kept        bool // the promise; of a contact the way that contacts.go says, of feedback the one of feedback.go
	leg         legKey
}

// series are prepared options. Making them for each measurement would cost more than the measurement.
type series struct {
	add    []metric.AddOption
	record []metric.RecordOption
	// span are the attributes that the spans of the touchpoint begin with, under its own name even where the metrics fold
	// it; nil for other series.
	span []attribute.KeyValue
}

// maxSeries bounds the attribute sets of one client. The number of names that a client keeps stays below it,
// unless nearly every combination of them occurs.
const maxSeries = 8192

// seriesCache is read without a lock. It copies its map when it adds series.
type seriesCache struct {
	m  atomic.Pointer[map[seriesKey]*series]
	mu sync.Mutex
	// fresh are series that are not in m yet. They save a copy for each series in a burst of new ones.
	fresh map[seriesKey]*series
}

func (c *seriesCache) get(k seriesKey) *series {
	if m := c.m.Load(); m != nil {
		return (*m)[k]
	}
	return nil
}

// touchpointSeries are the series of one touchpoint, found by index. This is the fastest way for the most frequent
// measurement.
type touchpointSeries [flight.NumChannels][flight.NumOutcomes][flight.NumZones]atomic.Pointer[series]

// ofTouchpoint returns the options for a touchpoint's measurements.
func (m *metrics) ofTouchpoint(ctx context.Context, e *flight.Event) *series {
	if m.byActor && int(e.Actor) >= flight.NumActors {
		return m.of(ctx, touchpointEnded, e)
	}
	tables := &m.touchpoints[0]
	if m.byActor {
		tables = &m.touchpoints[e.Actor]
	}
	table := tables.get(e.Touchpoint)
	if table == nil || int(e.Channel) >= flight.NumChannels || int(e.Outcome) >= flight.NumOutcomes || int(e.Zone) >= flight.NumZones {
		return m.of(ctx, touchpointEnded, e)
	}
	slot := &table[e.Channel][e.Outcome][e.Zone]
	if s := slot.Load(); s != nil {
		return s
	}
	s := *m.of(ctx, touchpointEnded, e)
	s.span = describeTouchpoint(nil, e)
	slot.Store(&s)
	return &s
}

// tables are the series of touchpoints by name, with the same bound as the names that a client keeps.
type tables struct {
	m  atomic.Pointer[map[string]*touchpointSeries]
	mu sync.Mutex
}

// maxTables far exceeds the number of touchpoints of a service. Further touchpoints use the slower map.
const maxTables = 200

func (t *tables) get(name string) *touchpointSeries {
	if m := t.m.Load(); m != nil {
		if s := (*m)[name]; s != nil {
			return s
		}
		if len(*m) >= maxTables {
			return nil
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	next := map[string]*touchpointSeries{}
	if m := t.m.Load(); m != nil {
		if s := (*m)[name]; s != nil {
			return s
		}
		next = maps.Clone(*m)
	}
	s := new(touchpointSeries)
	next[name] = s
	t.m.Store(&next)
	return s
}

// of returns the options for the event's measurements.
func (m *metrics) of(ctx context.Context, w what, e *flight.Event) *series {
	k := key(w, e)
	if m.byActor && w == touchpointEnded {
		k.actor, k.byActor = e.Actor, true
	}
	return m.ofKey(ctx, k)
}

// ofKey returns the options for the measurements of the key.
func (m *metrics) ofKey(ctx context.Context, k seriesKey) *series {
	if s := m.series.get(k); s != nil {
		return s
	}
	name := k.name
	folded := m.fold(&k)
	s, full := m.series.add(k)
	switch {
	case folded:
		m.report(ctx, fault.Report{Fault: fault.SeriesLimit, Name: name, Detail: manyOf(k.what) + ": further ones are counted under _other"})
	case full:
		m.report(ctx, fault.Report{Fault: fault.SeriesLimit, Name: name, Detail: "the metrics have more than 8,192 attribute sets: further ones are counted under _other"})
	}
	return s
}

// manyOf says of what there is more than fold leaves.
func manyOf(w what) string {
	switch w {
	case contactDecided:
		return "the metrics of contact policies have more than 64 purposes or 16 rules"
	case employeeDecided:
		return "the metric of employees' decisions has more than 64 decisions"
	case feedbackRequested, feedbackShown, feedbackClosed, feedbackReceived, feedbackAmended:
		return "a survey has more than 8 versions in one metric"
	case feedbackCaused:
		return "a survey has more than 64 causes in one metric"
	case feedbackMentioned:
		return "mentions come from more than 64 sources"
	default:
		return "a journey has more than 200 attribute sets in one metric"
	}
}

// fold replaces the key's stage or currency if the journey has too many of them, or the name of a decision or of a contact policy, and
// reports whether it did. It replaces a promise that the journey does not declare.
func (m *metrics) fold(k *seriesKey) (folded bool) {
	names := &m.stages
	switch k.what {
	case contactDecided:
		return m.foldRule(k)
	case legQueued, legWaited, legHandled, replyGiven, legPassedOn: // their names are declared
		return false
	case employeeDecided:
		k.name, folded = m.contacts.label(allDecisions, k.name, mostDecisions)
		return folded
	case journeyValued:
		names = &m.currencies
	case promiseSettled:
		k.stage = m.promises.label(k.name, k.stage)
		return false
	case journeyFriction, followUpEnded: // it has a kind, or a step of a follow-up
		return false
	case feedbackRequested, feedbackShown, feedbackClosed, feedbackReceived, feedbackCaused, feedbackAmended, feedbackMentioned:
		return m.foldFeedback(k)
	default: // the rest have stages, or none of these
	}
	k.stage, folded = names.label(k.name, k.stage, most(k.what))
	return folded
}

func key(w what, e *flight.Event) seriesKey {
	k := seriesKey{what: w, name: e.Journey.Name}
	switch w {
	case touchpointEnded:
		k.name, k.channel, k.outcome, k.zone = e.Touchpoint, e.Channel, e.Outcome, e.Zone
	case journeyStarted:
		k.channel = e.Channel
	case journeyEnded:
		k.channel, k.outcome = e.Channel, e.Outcome
	case journeyExited:
		k.outcome, k.stage = e.Outcome, e.Stage
	case journeyValued:
		k.outcome, k.stage = e.Outcome, e.Journey.Value.Currency
	case journeyLate, journeyStalled:
		k.stage = e.Stage
	case stageLeft:
		k.stage = e.Transition.From
		if e.Kind == event.JourneyEnded {
			k.outcome = e.Outcome
		}
	case promiseSettled:
		k.stage, k.kept = e.Promise.Name, e.Kind == event.PromiseKept
	case journeyFriction, followUpEnded: // an event has several
	case contactDecided:
		k.name, k.channel, k.stage = e.Contact.Purpose, e.Channel, e.Contact.Rule
	case legQueued, legWaited, legHandled, replyGiven, legPassedOn, employeeDecided: // an event has several: contacts.go makes their keys
	case feedbackRequested, feedbackShown, feedbackClosed, feedbackReceived, feedbackCaused, feedbackAmended, feedbackMentioned:
		feedbackKey(&k, e)
	}
	return k
}

// add adds the series of k. If there are too many series, it returns that of the folded name.
func (c *seriesCache) add(k seriesKey) (s *series, full bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.get(k); s != nil {
		return s, false
	}
	if s := c.fresh[k]; s != nil {
		return s, false
	}
	known := 0
	if m := c.m.Load(); m != nil {
		known = len(*m)
	}
	if known+len(c.fresh) >= maxSeries {
		k.name = event.Other
		if k.stage != "" {
			k.stage = event.Other
		}
		return build(k), true
	}
	s = build(k)
	if c.fresh == nil {
		c.fresh = map[seriesKey]*series{}
	}
	c.fresh[k] = s
	// Copy the map only if the new series are at least an eighth of the old ones.
	if len(c.fresh)*8 >= known {
		next := make(map[seriesKey]*series, known+len(c.fresh))
		if m := c.m.Load(); m != nil {
			maps.Copy(next, *m)
		}
		maps.Copy(next, c.fresh)
		c.m.Store(&next)
		c.fresh = nil
	}
	return s, false
}

func build(k seriesKey) *series {
	var add, record []attribute.KeyValue
	channel := k.channel
	if channel == 0 {
		channel = event.OtherChannel
	}
	switch k.what {
	case touchpointEnded:
		add = text(add, semconv.TouchpointNameKey, k.name)
		add = text(add, semconv.ChannelKey, channel.String())
		add = text(add, semconv.OutcomeKey, k.outcome.String())
		add = text(add, semconv.ApdexZoneKey, k.zone.String())
		if k.byActor {
			add = text(add, semconv.ActorKey, k.actor.String())
		}
		record = text(record, semconv.TouchpointNameKey, k.name)
		record = text(record, semconv.OutcomeKey, k.outcome.String())
	case journeyStarted, journeyEnded, journeyExited, journeyValued, journeyLate, journeyStalled, stageLeft:
		add = text(add, semconv.JourneyNameKey, k.name)
		add = text(add, semconv.OutcomeKey, k.outcome.String())
		if k.what == journeyValued {
			add = text(add, semconv.CurrencyKey, k.stage)
		} else {
			add = text(add, semconv.StageNameKey, k.stage)
		}
		record = append(record, add...)
		if k.what == journeyStarted || k.what == journeyEnded {
			add = text(add, semconv.ChannelKey, channel.String())
		}
	case journeyFriction:
		add = append(add, semconv.JourneyNameKey.String(k.name), semconv.FrictionKindKey.String(k.stage))
	case followUpEnded:
		record = append(record, semconv.JourneyNameKey.String(k.name))
		add = append(add, semconv.JourneyNameKey.String(k.name), semconv.StageNameKey.String(k.stage))
	case promiseSettled:
		add = text(add, semconv.JourneyNameKey, k.name)
		add = text(add, semconv.PromiseNameKey, k.stage)
		add = append(add, semconv.PromiseKeptKey.Bool(k.kept))
		record = add
	case contactDecided:
		add = append(add, semconv.ContactPurposeKey.String(k.name), semconv.ContactRuleKey.String(k.stage))
		add = text(add, semconv.ChannelKey, channel.String())
	case legQueued, legWaited, legHandled, replyGiven, legPassedOn, employeeDecided:
		add = contactAttributes(k, channel)
		record = add
	case feedbackRequested, feedbackShown, feedbackClosed, feedbackReceived, feedbackCaused, feedbackAmended, feedbackMentioned:
		add, record = feedbackAttributes(k, channel)
	}
	return &series{
		add:    []metric.AddOption{metric.WithAttributeSet(attribute.NewSet(add...))},
		record: []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(record...))},
	}
}
