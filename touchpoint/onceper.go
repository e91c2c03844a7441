package touchpoint

import (
	"slices"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// OncePer says that the interaction processes something that may be processed again, such as a message of a queue, which the parts identify.
// The ID of its event is then derived: from the client's namespace, the touchpoint, the parts, and whether the interaction is done,
// failed, cancelled or abandoned. A redelivery, a crash before the commit, a rebalance and a second instance give the same ID, and sinks
// and archives keep one event of it, the first. An interaction that is ok and one that is degraded are both done.
//
// A failed attempt has an ID of its own, because sinks keep the first event of an ID: under one ID, the archive would keep the failure of an
// order that went out at the second attempt. All failed attempts of a message have the same ID. An archive therefore has at most
// one event that says that it failed, and at most one that says that it was done.
//
// The ID removes repeated events in sinks and archives. Metrics and objectives count each processing, and so do the friction and the
// late touchpoints of a run. A touchpoint that is processed again after its run has moved on moves the run back to the stage that it
// declares ([In]). Its time is that of the processing. Do the work itself once by your own means, such as a key in the database.
//
// The context of Start is the service's own, and not a request of the customer: [Touchpoint.Fail] with [context.Canceled] is a failure.
//
// The last of several such options holds. The parts may be of any length and are on no event. Packages touchpoint/message, cxkafka
// and cxnats use OncePer with what identifies a message. Default, and without a part that is not empty: a new ID.
func OncePer(parts ...string) StartOption {
	if !slices.ContainsFunc(parts, func(p string) bool { return p != "" }) {
		parts = nil
	}
	parts = slices.Clone(parts)
	return startOption(func(e *flight.Event) { e.SetOnce(parts) })
}

// OnSpan describes the interaction on a live span of this process that another library has opened for it and will end, such as that of
// kotel or otelgrpc. [Definition.Start] then opens no span of its own. It opens one for a nil span, for one of another process and for
// one that has ended. [Definition.Record] ignores it. Default: a new span.
func OnSpan(span trace.Span) StartOption {
	return startOption(func(e *flight.Event) {
		if span == nil {
			return
		}
		sc := span.SpanContext()
		if !sc.IsValid() || sc.IsRemote() || sc.IsSampled() && !span.IsRecording() {
			return
		}
		e.SetSpan(span, false)
	})
}

// Via sets the channel, and replaces the one that [Definition.Start] and [Definition.Record] are given. It is for code that is given
// options only. 0 changes nothing. Default: the channel of the call.
func Via(c event.Channel) StartOption {
	return startOption(func(e *flight.Event) {
		if c != 0 {
			e.Channel = c
		}
	})
}
