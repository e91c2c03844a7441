package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/internal/flight"
)

// log emits the event as an OpenTelemetry event: a log record with a name, in the trace of ctx. The record has at
// most five attributes, which it holds without an allocation, and for a failed event the class of the error. An
// exporter gets the whole event.
func (t *Telemetry) log(ctx context.Context, e *flight.Event) {
	name, severity := logEvent(e)
	if name == "" {
		return
	}
	if e.Outcome == event.Failed {
		severity = log.SeverityWarn
	}
	if !t.logger.Enabled(ctx, log.EnabledParameters{Severity: severity, EventName: name}) {
		return
	}
	var r log.Record
	r.SetEventName(name)
	r.SetTimestamp(e.Time)
	r.SetSeverity(severity)
	var front [6]attribute.KeyValue
	kvs := front[:0]
	text := func(k attribute.Key, v string) {
		if v != "" && len(kvs) < 5 {
			kvs = append(kvs, k.String(v))
		}
	}
	if f := e.Feedback; f != nil {
		if f.Comment != "" {
			r.SetBody(attribute.StringValue(f.Comment))
		}
		text(semconv.SurveyNameKey, f.Survey)
		switch {
		case e.Kind == event.FeedbackMentioned:
			kvs = describeMention(kvs, e)
		case e.Kind == event.SurveyClosed:
			kvs = append(kvs, semconv.SurveyEndKey.String(f.Ended.String()), semconv.SurveyShownKey.Bool(f.Shown))
		case f.Verdict != 0:
			kvs = append(kvs, semconv.FeedbackValueKey.Int(f.Score), semconv.FeedbackVerdictKey.String(f.Verdict.String()))
		}
	}
	if e.Kind == event.ContactViolated {
		kvs = describeContact(kvs, e.Contact)
	}
	if p := e.Promise; p != nil {
		kvs = describePromise(kvs, p)
	}
	if name == semconv.ContactResolvedEvent {
		kvs = describeEffort(kvs, e)
	}
	text(semconv.TouchpointNameKey, e.Touchpoint)
	text(semconv.JourneyNameKey, e.Journey.Name)
	text(semconv.JourneyIDKey, e.Journey.ID)
	text(semconv.OutcomeKey, e.Outcome.String())
	text(semconv.CauseKey, e.Cause)
	text(semconv.StageNameKey, e.Stage)
	if class := errorType(e); class != "" {
		kvs = append(kvs, semconv.ErrorTypeKey.String(class))
	}
	r.AddAttributes(kvs...)
	t.logger.Emit(ctx, r)
}

// logEvent returns the name and the severity of the log event; "" is none.
func logEvent(e *flight.Event) (name string, severity log.Severity) {
	severity = log.SeverityInfo
	switch e.Kind {
	case event.JourneyEnded:
		name = semconv.JourneyEndedEvent
	case event.JourneyStalled:
		name, severity = semconv.JourneyStalledEvent, log.SeverityWarn
	case event.PromiseBroken:
		name, severity = semconv.PromiseBrokenEvent, log.SeverityWarn
	case event.ContactViolated:
		name, severity = semconv.ContactViolatedEvent, log.SeverityError
	case event.ContactResolved:
		if e.Effort != nil {
			name = semconv.ContactResolvedEvent
		}
	case event.FeedbackReceived:
		name = semconv.FeedbackReceivedEvent
	case event.FeedbackAmended:
		name = semconv.FeedbackAmendedEvent
	case event.FeedbackMentioned:
		name = semconv.FeedbackMentionedEvent
	case event.SurveyClosed:
		name = semconv.SurveyClosedEvent
	case event.TouchpointEnded:
		name = semconv.TouchpointEndedEvent
	default: // other kinds have no log event
	}
	return name, severity
}

// describeContact appends the purpose of a contact and the rule that it breaks.
func describeContact(kvs []attribute.KeyValue, c *event.Contact) []attribute.KeyValue {
	if c == nil {
		return kvs
	}
	return append(kvs, semconv.ContactPurposeKey.String(c.Purpose), semconv.ContactRuleKey.String(c.Rule))
}
