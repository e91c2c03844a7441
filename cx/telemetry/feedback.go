package telemetry

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/internal/flight"
)

// This file counts what customers are asked and what they say. In a [seriesKey] of it, name is the survey or the source of a mention, stage
// the version or the cause, and kept whether an answer was solicited or a question shown.

// feedbackMetrics are the instruments for what customers are asked and what they say.
type feedbackMetrics struct {
	requests, shown, closed, responses, causes, amended, mentions metric.Int64Counter

	score metric.Int64Histogram
}

// feedbackInstruments makes the instruments: the counters by the function that makes counters.
func (m *metrics) feedbackInstruments(counter func(into *metric.Int64Counter, name, unit, description string)) (err error) {
	s := &m.said
	counter(&s.requests, semconv.FeedbackRequestsName, semconv.FeedbackRequestsUnit, semconv.FeedbackRequestsDescription)
	counter(&s.shown, semconv.FeedbackShownName, semconv.FeedbackShownUnit, semconv.FeedbackShownDescription)
	counter(&s.closed, semconv.FeedbackClosedName, semconv.FeedbackClosedUnit, semconv.FeedbackClosedDescription)
	counter(&s.responses, semconv.FeedbackResponsesName, semconv.FeedbackResponsesUnit, semconv.FeedbackResponsesDescription)
	counter(&s.causes, semconv.FeedbackCausesName, semconv.FeedbackCausesUnit, semconv.FeedbackCausesDescription)
	counter(&s.amended, semconv.FeedbackAmendedName, semconv.FeedbackAmendedUnit, semconv.FeedbackAmendedDescription)
	counter(&s.mentions, semconv.FeedbackMentionsName, semconv.FeedbackMentionsUnit, semconv.FeedbackMentionsDescription)
	s.score, err = m.meter.Int64Histogram(semconv.FeedbackScoreName, metric.WithUnit(semconv.FeedbackScoreUnit),
		metric.WithDescription(semconv.FeedbackScoreDescription), metric.WithExplicitBucketBoundaries(semconv.FeedbackScoreBuckets()...))
	if err != nil {
		return fmt.Errorf("telemetry: histogram %s: %w", semconv.FeedbackScoreName, err)
	}
	return nil
}

// The number of names that a metric distinguishes besides other.
const (
	mostVersions = 8  // of a survey
	mostSources  = 64 // of mentions
	mostCauses   = 64 // of a survey without choices

	// allSources is the one journey in whose names the sources of mentions are numbered. No journey has such a name.
	allSources = "_sources"
)

// feedback counts what a customer was asked or said. Every event of these kinds has Feedback, unless it comes from outside the client.
func (m *metrics) feedback(ctx context.Context, e *flight.Event) {
	f := e.Feedback
	if f == nil || !m.scores(e) {
		return
	}
	add := func(c metric.Int64Counter, w what) {
		if c.Enabled(ctx) {
			c.Add(ctx, 1, m.of(ctx, w, e).add...)
		}
	}
	switch e.Kind { //nolint:exhaustive // the caller names the kinds
	case event.SurveyRequested:
		add(m.said.requests, feedbackRequested)
	case event.SurveyShown:
		add(m.said.shown, feedbackShown)
	case event.SurveyClosed:
		if f.Ended != event.SurveyAnswered { // the answer was counted
			add(m.said.closed, feedbackClosed)
		}
	case event.FeedbackAmended:
		add(m.said.amended, feedbackAmended)
	case event.FeedbackMentioned:
		add(m.said.mentions, feedbackMentioned)
	case event.FeedbackReceived:
		m.answer(ctx, e)
	}
}

// scores reports whether the event counts by its actor. The answer of a delegate is not the customer's; a mention is in no score.
func (m *metrics) scores(e *flight.Event) bool {
	return e.Actor != event.ActorDelegate || m.scoreDelegates || e.Kind == event.FeedbackMentioned
}

// answer counts an answer to a survey.
func (m *metrics) answer(ctx context.Context, e *flight.Event) {
	f := e.Feedback
	if m.said.responses.Enabled(ctx) || m.said.score.Enabled(ctx) {
		s := m.of(ctx, feedbackReceived, e)
		m.said.responses.Add(ctx, 1, s.add...)
		m.said.score.Record(ctx, int64(f.Score), s.record...)
	}
	if !f.Request.IsZero() && m.said.closed.Enabled(ctx) {
		k := key(feedbackClosed, e)
		k.end, k.kept = event.SurveyAnswered, true
		m.said.closed.Add(ctx, 1, m.ofKey(ctx, k).add...)
	}
	for i, c := range f.Causes {
		if c != "" && !slices.Contains(f.Causes[:i], c) && m.said.causes.Enabled(ctx) { // each cause counts once
			m.said.causes.Add(ctx, 1, m.ofKey(ctx, seriesKey{what: feedbackCaused, name: f.Survey, stage: c}).add...)
		}
	}
}

// feedbackKey sets what tells the series of feedback apart.
func feedbackKey(k *seriesKey, e *flight.Event) {
	f := e.Feedback
	k.name, k.stage = f.Survey, f.Version
	switch k.what { //nolint:exhaustive // the rest have no more
	case feedbackMentioned:
		k.name, k.stage = f.Source, ""
		if e.Mention != nil {
			k.nature = e.Mention.Nature
		}
	case feedbackReceived:
		k.channel, k.scale, k.verdict, k.kept = e.Channel, f.Scale, f.Verdict, !f.Request.IsZero()
	case feedbackClosed:
		k.channel, k.end, k.kept = e.Channel, f.Ended, f.Shown
	case feedbackRequested, feedbackShown:
		k.channel = e.Channel
	}
}

// foldFeedback replaces what a metric does not distinguish, and reports whether it did because there is too much of it.
func (m *metrics) foldFeedback(k *seriesKey) (folded bool) {
	switch k.what {
	case feedbackMentioned:
		k.name, folded = m.voices.label(allSources, k.name, mostSources)
	case feedbackCaused:
		if m.choices.has(k.name) {
			k.stage = m.choices.label(k.name, k.stage)
			return false
		}
		k.stage, folded = m.causes.label(k.name, k.stage, mostCauses)
	default:
		k.stage, folded = m.voices.label(k.name, k.stage, mostVersions)
	}
	return folded
}

// feedbackAttributes returns the attributes of a series of feedback: those of its counter, and those of the histogram of scores.
func feedbackAttributes(k seriesKey, channel event.Channel) (add, record []attribute.KeyValue) {
	switch k.what {
	case feedbackMentioned:
		return text(text(nil, semconv.MentionSourceKey, k.name), semconv.MentionNatureKey, k.nature.String()), nil
	case feedbackCaused:
		return []attribute.KeyValue{semconv.SurveyNameKey.String(k.name), semconv.CauseKey.String(k.stage)}, nil
	default:
		add = text(text(nil, semconv.SurveyNameKey, k.name), semconv.SurveyVersionKey, k.stage)
	}
	switch k.what { //nolint:exhaustive // the rest have no more
	case feedbackReceived:
		add = text(add, semconv.FeedbackScaleKey, k.scale.String())
		record = slices.Clone(add)
		add = text(add, semconv.FeedbackVerdictKey, k.verdict.String())
		add = append(add, semconv.FeedbackSolicitedKey.Bool(k.kept), semconv.ChannelKey.String(channel.String()))
	case feedbackClosed:
		add = append(add, semconv.SurveyEndKey.String(k.end.String()), semconv.SurveyShownKey.Bool(k.kept), semconv.ChannelKey.String(channel.String()))
	case feedbackRequested, feedbackShown:
		add = append(add, semconv.ChannelKey.String(channel.String()))
	}
	return add, record
}

// Survey has the parts of a survey's definition that metrics need before the first event.
type Survey struct {
	Name, Version string
	Scale         event.Scale
	// Channels are those by which customers answer.
	Channels []event.Channel
	// Choices are the causes that metrics distinguish. Without choices they distinguish the first ones.
	Choices []string
}

// DeclareSurvey makes the counters of the survey exist with zero, as [Telemetry.DeclareJourney] does for a journey: requests, questions
// shown, ends and answers of each channel. It also tells the metrics which causes the customer can choose from.
func (t *Telemetry) DeclareSurvey(s Survey) { t.metrics.declareSurvey(&s) }

// errManySurveys is reported once.
var errManySurveys = errors.New("cairn: the surveys have more series than a metric can start at zero: " +
	"a backend misses the first answer to the surveys that are defined last: define fewer surveys or channels")

func (m *metrics) declareSurvey(s *Survey) {
	if len(s.Choices) > 0 {
		m.choices.declare(s.Name, s.Choices)
	}
	var fresh []zero
	room := true
	for _, z := range m.surveyZeros(s) {
		m.fold(&z.key)
		s, is, fits := m.zeros.add(z)
		if is {
			fresh = append(fresh, s)
		}
		room = room && fits
	}
	if !room && m.zeros.fullOfSurveys.CompareAndSwap(false, true) {
		m.handle(errManySurveys)
	}
	m.addZeros(fresh)
}

// surveyZeros returns the series that a survey has before its first event.
func (m *metrics) surveyZeros(s *Survey) (all []counted) {
	add := func(c metric.Int64Counter, k seriesKey) {
		k.name, k.stage = s.Name, s.Version
		all = append(all, counted{c, k})
	}
	add(m.said.amended, seriesKey{what: feedbackAmended})
	for _, c := range s.Channels {
		add(m.said.requests, seriesKey{what: feedbackRequested, channel: c})
		add(m.said.shown, seriesKey{what: feedbackShown, channel: c})
		for end, shown := range surveyEnds() {
			add(m.said.closed, seriesKey{what: feedbackClosed, channel: c, end: end, kept: shown})
		}
		for _, v := range verdictsOf(s.Scale) {
			for _, solicited := range []bool{true, false} {
				add(m.said.responses, seriesKey{what: feedbackReceived, channel: c, scale: s.Scale, verdict: v, kept: solicited})
			}
		}
	}
	return all
}

// surveyEnds yields how requests mostly end, and whether the question was shown.
func surveyEnds() func(yield func(end event.SurveyEnd, shown bool) bool) {
	return func(yield func(event.SurveyEnd, bool) bool) {
		_ = yield(event.SurveyAnswered, true) && yield(event.SurveyDismissed, true) && yield(event.SurveyBounced, false) &&
			yield(event.SurveyExpired, true) && yield(event.SurveyExpired, false)
	}
}

// verdictsOf returns the verdicts that an answer on the scale can have.
func verdictsOf(s event.Scale) []event.Verdict {
	found := map[event.Verdict]bool{}
	for score := s.Min(); score <= s.Max(); score++ {
		v, _ := s.Verdict(score)
		found[v] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// describeFeedback appends the attributes of what a customer was asked or said. An answer, and the change of one, have a score.
func describeFeedback(kvs []attribute.KeyValue, e *flight.Event) []attribute.KeyValue {
	f := e.Feedback
	kvs = text(kvs, semconv.SurveyNameKey, f.Survey)
	kvs = text(kvs, semconv.SurveyVersionKey, f.Version)
	kvs = text(kvs, semconv.FeedbackScaleKey, f.Scale.String())
	if f.Verdict != 0 {
		kvs = append(kvs, semconv.FeedbackValueKey.Int(f.Score), semconv.FeedbackVerdictKey.String(f.Verdict.String()))
	}
	switch e.Kind { //nolint:exhaustive // the rest have no more
	case event.FeedbackReceived:
		kvs = append(kvs, semconv.FeedbackSolicitedKey.Bool(!f.Request.IsZero()))
	case event.FeedbackMentioned:
		kvs = describeMention(kvs, e)
		if e.Mention != nil && e.Mention.Reach > 0 {
			kvs = append(kvs, semconv.MentionReachKey.Int(e.Mention.Reach))
		}
	}
	return kvs
}

// describeMention appends the nature, the source and the rating of a mention.
func describeMention(kvs []attribute.KeyValue, e *flight.Event) []attribute.KeyValue {
	if m := e.Mention; m != nil {
		kvs = text(kvs, semconv.MentionNatureKey, m.Nature.String())
		if m.Stars != 0 {
			kvs = append(kvs, semconv.MentionStarsKey.Float64(m.Stars))
		}
	}
	return text(kvs, semconv.MentionSourceKey, e.Feedback.Source)
}

// describeAnswer appends what the company does about what customers say and meet: a follow-up, an action, or what it knows of a breakdown.
func describeAnswer(kvs []attribute.KeyValue, e *flight.Event) []attribute.KeyValue {
	if f := e.FollowUp; f != nil {
		kvs = text(kvs, semconv.FollowUpOwnerKey, f.Owner)
		kvs = text(kvs, semconv.FollowUpSeverityKey, f.Severity)
		kvs = text(kvs, semconv.FollowUpRuleKey, f.Rule)
		kvs = text(kvs, semconv.FollowUpRemedyKey, f.Remedy)
	}
	if a := e.Action; a != nil {
		kvs = text(kvs, semconv.ActionNameKey, a.Name)
		kvs = text(kvs, semconv.ActionOwnerKey, a.Owner)
	}
	if d := e.Breakdown; d != nil {
		kvs = describeBreakdown(kvs, d)
	}
	return kvs
}

// describeBreakdown appends what a breakdown is about.
func describeBreakdown(kvs []attribute.KeyValue, d *event.Breakdown) []attribute.KeyValue {
	kvs = text(kvs, semconv.BreakdownAboutKey, d.About)
	kvs = text(kvs, semconv.BreakdownJourneyKey, d.Journey)
	kvs = text(kvs, semconv.BreakdownNameKey, d.Name)
	if d.Better {
		kvs = append(kvs, semconv.BreakdownBetterKey.Bool(true))
	}
	kvs = text(kvs, semconv.BreakdownSeverityKey, d.Severity)
	return text(kvs, semconv.BreakdownOwnerKey, d.Owner)
}

// feedbackSpan returns the name of the span of what a customer was asked or said.
func feedbackSpan(e *flight.Event) string {
	switch {
	case e.Kind == event.FeedbackMentioned || e.Feedback.Survey == "":
		return "mention"
	case e.Kind == event.SurveyRequested:
		return e.Feedback.Survey + " requested"
	case e.Kind == event.FeedbackAmended:
		return e.Feedback.Survey + " amended"
	default:
		return e.Feedback.Survey
	}
}
