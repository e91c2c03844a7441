package telemetry

import (
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/internal/flight"
)

// attrs holds slices for reuse, so that describing a span does not allocate.
var attrs = sync.Pool{New: func() any { s := make([]attribute.KeyValue, 0, 32); return &s }}

// describeError appends error.type, which only failed spans have.
func describeError(kvs []attribute.KeyValue, e *flight.Event) []attribute.KeyValue {
	return text(kvs, semconv.ErrorTypeKey, errorType(e))
}

// errorType returns the event's class of error. For a failed touchpoint without one it is OpenTelemetry's word for any
// class; a failed journey may have none, since its cause says why it failed.
func errorType(e *flight.Event) string {
	if e.ErrorType == "" && e.Outcome == event.Failed && e.Kind == event.TouchpointEnded {
		return otherError
	}
	return e.ErrorType
}

// describeEnd appends the attributes by which operators search for journeys.
func describeEnd(kvs []attribute.KeyValue, e *flight.Event) []attribute.KeyValue {
	left := e.Transition
	if left == nil {
		return kvs
	}
	if left.Failures > 0 || left.LastTouchpoint != "" {
		kvs = append(kvs, semconv.JourneyFailureCountKey.Int(left.Failures))
	}
	kvs = text(kvs, semconv.JourneyLastCauseKey, left.LastCause)
	kvs = text(kvs, semconv.JourneyLastTouchpointKey, left.LastTouchpoint)
	return describeFriction(kvs, left.Friction)
}

// describeFriction appends the counts that are not 0.
func describeFriction(kvs []attribute.KeyValue, f *event.Friction) []attribute.KeyValue {
	if f == nil {
		return kvs
	}
	for _, n := range [...]struct {
		key   attribute.Key
		count int
	}{
		{semconv.JourneyFrictionRepeatsKey, f.Repeats},
		{semconv.JourneyFrictionFailuresBeforeSuccessKey, f.FailuresBeforeSuccess},
		{semconv.JourneyFrictionLoopsKey, f.Loops},
		{semconv.JourneyFrictionChannelSwitchesKey, f.ChannelSwitches},
		{semconv.JourneyFrictionOverdueKey, f.Overdue},
	} {
		if n.count > 0 {
			kvs = append(kvs, n.key.Int(n.count))
		}
	}
	return kvs
}

// describe appends the attributes of the event's span except error.type. The attributes that most events have are
// appended first, in few calls.
//
// The spans of a touchpoint all begin with the attributes in of, which may be nil.
func describe(kvs []attribute.KeyValue, e *flight.Event, of *series) []attribute.KeyValue {
	kvs = append(kvs, e.Attributes...) // first, because the last value of a key holds
	switch {
	case of != nil && of.span != nil:
		kvs = append(kvs, of.span...)
	case e.Kind == event.TouchpointEnded:
		kvs = describeTouchpoint(kvs, e)
	default:
		kvs = text(kvs, semconv.TouchpointNameKey, e.Touchpoint)
		kvs = append(kvs, semconv.ChannelKey.String(channelOf(e)))
		kvs = text(kvs, semconv.OutcomeKey, e.Outcome.String())
		kvs = text(kvs, semconv.ApdexZoneKey, e.Zone.String())
	}
	if !e.Journey.IsZero() {
		kvs = append(kvs, semconv.JourneyNameKey.String(e.Journey.Name), semconv.JourneyIDKey.String(e.Journey.ID))
		if e.Stage != "" {
			kvs = append(kvs, semconv.StageNameKey.String(e.Stage))
		}
	}
	kvs = text(kvs, semconv.UserHashKey, e.Customer.Hash)
	kvs = text(kvs, semconv.CustomerSegmentKey, e.Customer.Segment)
	kvs = text(kvs, semconv.CustomerAccountKey, e.Customer.Account)
	kvs = text(kvs, semconv.CauseKey, e.Cause)
	kvs = text(kvs, semconv.IntentKey, e.Intent)
	if e.Assisted != nil && e.Kind == event.TouchpointEnded {
		kvs = describeAssisted(kvs, e.Assisted)
		kvs = describeSoFar(kvs, e)
	}
	if e.Actor != event.ActorCustomer || e.Direction != event.Inbound || e.Variant != nil ||
		e.Feedback != nil || e.Kind == event.JourneyEnded || e.Kind == event.JourneyStarted {
		kvs = describeRest(kvs, e)
	}
	return kvs
}

// describeTouchpoint appends the attributes that follow from the name, the channel, the outcome and the zone.
func describeTouchpoint(kvs []attribute.KeyValue, e *flight.Event) []attribute.KeyValue {
	kvs = append(kvs,
		semconv.TouchpointNameKey.String(e.Touchpoint),
		semconv.ChannelKey.String(channelOf(e)),
		semconv.OutcomeKey.String(e.Outcome.String()))
	return text(kvs, semconv.ApdexZoneKey, e.Zone.String())
}

// channelOf returns the event's channel as spans have it.
func channelOf(e *flight.Event) string {
	if e.Channel == 0 {
		return event.OtherChannel.String()
	}
	return e.Channel.String()
}

func describeRest(kvs []attribute.KeyValue, e *flight.Event) []attribute.KeyValue {
	if e.Actor != event.ActorCustomer {
		kvs = text(kvs, semconv.ActorKey, e.Actor.String())
	}
	if e.Direction != event.Inbound {
		kvs = text(kvs, semconv.DirectionKey, e.Direction.String())
	}
	if v := e.Variant; v != nil {
		kvs = text(kvs, semconv.ServiceVersionKey, v.Release)
		kvs = text(kvs, semconv.FeatureFlagKeyKey, v.Experiment)
		kvs = text(kvs, semconv.FeatureFlagResultVariantKey, v.Arm)
	}
	if e.Feedback != nil {
		kvs = describeFeedback(kvs, e)
	}
	if e.Kind == event.JourneyEnded || e.Kind == event.JourneyStarted {
		if v := e.Journey.Value; v != nil {
			kvs = append(kvs, semconv.JourneyAmountKey.Int64(v.Amount), semconv.CurrencyKey.String(v.Currency))
		}
		kvs = text(kvs, semconv.JourneyNamespaceKey, e.Journey.Namespace)
		kvs = text(kvs, semconv.JourneyVersionKey, e.Journey.Version)
		if e.Transition != nil && e.Transition.Partial {
			kvs = append(kvs, semconv.JourneyPartialKey.Bool(true))
		}
		kvs = describeAnswer(kvs, e)
	}
	return kvs
}

// describePromise appends the attributes of a promise.
func describePromise(kvs []attribute.KeyValue, p *event.Promise) []attribute.KeyValue {
	kvs = text(kvs, semconv.PromiseNameKey, p.Name)
	if p.Number > 0 {
		kvs = append(kvs, semconv.PromiseNumberKey.Int(p.Number))
	}
	if !p.Due.IsZero() {
		kvs = append(kvs, semconv.PromiseDueKey.String(p.Due.UTC().Format(time.RFC3339Nano)))
	}
	return kvs
}

func text(kvs []attribute.KeyValue, k attribute.Key, v string) []attribute.KeyValue {
	if v == "" {
		return kvs
	}
	return append(kvs, k.String(v))
}

// status returns the status of the event's span, which is an error where the event failed. The description is a class,
// never a message: a message may hold a customer's data.
func status(e *flight.Event) (code codes.Code, description string) {
	if e.Outcome != event.Failed {
		return codes.Unset, ""
	}
	if e.Cause != "" || e.ErrorType == otherError {
		return codes.Error, e.Cause
	}
	return codes.Error, e.ErrorType
}
