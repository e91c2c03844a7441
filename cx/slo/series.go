package slo

import (
	"context"
	"maps"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
)

// results is how many results an event can have, and so how many series a combination of values has.
const results = 3

// mostSplit is how many combinations of values have series of their own, beside those without the split and [event.Other].
const mostSplit = MaxSeries/results - 2

// series are the series of one combination of values, by result from [Good], or the one series of a currency. The options are
// prepared, because making them costs more than counting.
type series struct {
	counter  metric.Int64Counter
	add      [results][]metric.AddOption // a currency has the first one
	born     uint64                      // how many collections had begun when it was made
	currency string
}

func (s *series) zero(ctx context.Context) {
	for _, with := range s.add {
		if with != nil {
			s.counter.Add(ctx, 0, with...)
		}
	}
}

// collected reports whether a collection has exported the zeros of the series: the second one since it was made has begun, so that
// the first one is over. With several readers at once it may be true a collection early.
func (s *series) collected(c *Counter) bool { return c.collections.Load()-s.born > 1 }

// eventsOf returns the series of cx.slo.events of the objective with these further attributes.
func (c *Counter) eventsOf(objective string, split []attribute.KeyValue) *series {
	s := &series{counter: c.events, born: c.collections.Load()}
	for i, result := range []Result{Good, Bad, Excluded} {
		kvs := append([]attribute.KeyValue{
			semconv.ObjectiveNameKey.String(objective), semconv.ObjectiveResultKey.String(result.String()),
		}, split...)
		s.add[i] = []metric.AddOption{metric.WithAttributeSet(attribute.NewSet(kvs...))}
	}
	return s
}

// by is a set of dimensions.
type by uint8

const (
	byChannel by = 1 << iota
	bySegment
	byActor
	byIntent
	byRelease
	byArm
)

func byOf(list []Dimension) (b by) {
	for _, d := range list {
		switch d {
		case ByChannel:
			b |= byChannel
		case BySegment:
			b |= bySegment
		case ByActor:
			b |= byActor
		case ByIntent:
			b |= byIntent
		case ByRelease:
			b |= byRelease
		case ByArm:
			b |= byArm
		}
	}
	return b
}

// combination has the values of an event in the dimensions of an objective.
type combination struct{ channel, segment, actor, intent, release, arm string }

func (b by) of(e *event.Event) (k combination) {
	if b&byChannel != 0 {
		k.channel = ByChannel.Of(e)
	}
	if b&bySegment != 0 {
		k.segment = BySegment.Of(e)
	}
	if b&byActor != 0 {
		k.actor = ByActor.Of(e)
	}
	if b&byIntent != 0 {
		k.intent = ByIntent.Of(e)
	}
	if b&byRelease != 0 {
		k.release = ByRelease.Of(e)
	}
	if b&byArm != 0 {
		k.arm = ByArm.Of(e)
	}
	return k
}

// others returns the combination of events whose own one has no series.
func (b by) others() (k combination) {
	for bit, into := range map[by]*string{
		byChannel: &k.channel, bySegment: &k.segment, byActor: &k.actor, byIntent: &k.intent, byRelease: &k.release, byArm: &k.arm,
	} {
		if b&bit != 0 {
			*into = event.Other
		}
	}
	return k
}

// attributes returns the attributes of the combination. A value that the event does not have has none.
func (b by) attributes(k combination) (kvs []attribute.KeyValue) {
	for _, of := range []struct {
		key   attribute.Key
		value string
	}{
		{semconv.ChannelKey, k.channel},
		{semconv.CustomerSegmentKey, k.segment},
		{semconv.ActorKey, k.actor},
		{semconv.IntentKey, k.intent},
		{semconv.ServiceVersionKey, k.release},
		{semconv.FeatureFlagResultVariantKey, k.arm},
	} {
		if of.value != "" {
			kvs = append(kvs, of.key.String(strings.Clone(of.value))) // the event's text may be part of a long one
		}
	}
	return kvs
}

// splitOf returns the series that counts the event for an objective that is split. A combination that is new has zeros first. Until
// they are exported, the series without the split counts its events, because a backend would lose what a new series begins with.
func (c *Counter) splitOf(ctx context.Context, t *tally, e *event.Event) *series {
	k := t.by.of(e)
	var s *series
	if m := t.split.Load(); m != nil {
		s = (*m)[k]
	}
	if s == nil {
		s = c.newSplit(ctx, t, k)
	}
	if s.collected(c) {
		return s
	}
	return t.whole
}

// newSplit makes the series of the combination, or returns those of [event.Other] if there is no room.
func (c *Counter) newSplit(ctx context.Context, t *tally, k combination) *series {
	if s := t.rest.Load(); s != nil { // there will never be room again
		return s
	}
	s, first := c.makeSplit(t, k)
	if first && c.folded != nil {
		c.folded(ctx, t.objective.Name)
	}
	return s
}

// makeSplit makes the series of the combination. It reports whether the combination is the first one that has no room.
func (c *Counter) makeSplit(t *tally, k combination) (s *series, folds bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var old map[combination]*series
	if m := t.split.Load(); m != nil {
		old = *m
	}
	if s := old[k]; s != nil {
		return s, false
	}
	if s := t.rest.Load(); s != nil {
		return s, false
	}
	kvs := t.by.attributes(k)
	switch {
	case len(kvs) == 0: // it has none of the values
		s = t.whole
	case len(old) >= mostSplit || c.room < results:
		s = c.eventsOf(t.objective.Name, t.by.attributes(t.by.others()))
		c.begin(s)
		t.rest.Store(s)
		return s, true
	default:
		s = c.eventsOf(t.objective.Name, kvs)
		c.room -= results
		c.begin(s)
	}
	next := maps.Clone(old)
	if next == nil {
		next = map[combination]*series{}
	}
	next[k.clone()] = s
	t.split.Store(&next)
	return s, false
}

func (k combination) clone() combination {
	return combination{
		strings.Clone(k.channel), strings.Clone(k.segment), strings.Clone(k.actor),
		strings.Clone(k.intent), strings.Clone(k.release), strings.Clone(k.arm),
	}
}

// begin makes the series exist with zero. The caller holds c.mu.
func (c *Counter) begin(s *series) {
	s.zero(context.Background()) // a zero has no exemplar
	c.known = append(c.known, s)
}

// currencyOf returns the series of cx.slo.value of the objective in the currency.
func (c *Counter) currencyOf(t *tally, currency string) *series {
	if m := t.currencies.Load(); m != nil {
		if s := (*m)[currency]; s != nil {
			return s
		}
		if len(*m) > MaxCurrencies {
			return (*m)[event.Other]
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	next := map[string]*series{}
	if m := t.currencies.Load(); m != nil {
		if s := (*m)[currency]; s != nil {
			return s
		}
		next = maps.Clone(*m)
	}
	if len(next) >= MaxCurrencies {
		currency = event.Other
	}
	s := next[currency]
	if s != nil {
		return s
	}
	currency = strings.Clone(currency)
	s = &series{counter: c.value, currency: currency, add: [results][]metric.AddOption{{metric.WithAttributeSet(attribute.NewSet(
		semconv.ObjectiveNameKey.String(t.objective.Name), semconv.CurrencyKey.String(currency)))}}}
	c.begin(s)
	next[currency] = s
	t.currencies.Store(&next)
	return s
}
