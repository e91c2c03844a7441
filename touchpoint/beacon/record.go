package beacon

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/internal/flight"
)

// The causes of signals.
const (
	formAbandoned = "form_abandoned"
	rageClick     = "rage_click"
	deadClick     = "dead_click"
	errorClick    = "error_click"
	scriptError   = "script_error" // the type of error of an error click
)

// recording is one request whose body was read.
type recording struct {
	h       *Handler
	c       *cx.Client
	r       *http.Request
	body    *body
	now     time.Time
	run     event.Run
	session string
}

// record records the signals, in the order in which they happened.
func (x *recording) record() {
	unknown := false
	for i := range x.body.signals {
		s := &x.body.signals[i]
		name := s.name
		if d := x.c.Touchpoint(name); d == nil || d.Ends() != 0 || d.Purpose() != "" || x.h.promised[name] {
			name, unknown = event.Other, true
		}
		if s.kind == "vital" {
			x.vital(s, name)
			continue
		}
		e := event.Event{
			ID:   flight.DeriveID(x.run, "beacon "+x.body.page+" "+strconv.Itoa(x.body.first+i)),
			Kind: event.TouchpointEnded, Time: x.now.Add(-s.ago), Duration: s.took, Journey: x.run,
			Touchpoint: name, Channel: event.Web, Actor: actorOf(x.r.Context()),
			Attributes: []attribute.KeyValue{semconv.SessionIDKey.String(x.session)},
		}
		e.Outcome, e.Cause, e.ErrorType = meaning(s.kind)
		if s.took > 0 {
			e.Time = e.Time.Add(-s.took)
		}
		x.c.Record(x.r.Context(), e)
	}
	if unknown { // without the name, which a stranger may have chosen
		x.c.RecordFault(x.r.Context(), fault.Report{
			Fault: fault.UnknownName, Name: "touchpoint/beacon", Detail: "a page or an element has a name that is no touchpoint, or that of one which ends its journey or has a purpose",
		})
	}
}

// meaning returns what a signal says of the interaction.
func meaning(kind string) (o event.Outcome, cause, class string) {
	switch kind {
	case "form":
		return event.Abandoned, formAbandoned, ""
	case "rage":
		return event.Degraded, rageClick, ""
	case "dead":
		return event.Failed, deadClick, deadClick
	case "error":
		return event.Failed, errorClick, scriptError
	default:
		return event.OK, "", ""
	}
}

// The names of OpenTelemetry's event for Core Web Vitals (https://opentelemetry.io/docs/specs/semconv/browser/events/). Its fields are attributes
// here, with the names that OpenTelemetry's own instrumentation gives them.
const (
	vitalEvent = "browser.web_vital"

	vitalName  = attribute.Key("browser.web_vital.name")
	vitalValue = attribute.Key("browser.web_vital.value")
	vitalDelta = attribute.Key("browser.web_vital.delta")
	vitalID    = attribute.Key("browser.web_vital.id")
)

// vital emits a Core Web Vital in the trace of the run.
func (x *recording) vital(s *signal, name string) {
	if x.h.logger == nil {
		return
	}
	ctx := flight.NewPosition(event.Position{Journey: x.run}).Trace().Context()
	if !x.h.logger.Enabled(ctx, log.EnabledParameters{Severity: log.SeverityInfo, EventName: vitalEvent}) {
		return
	}
	var r log.Record
	r.SetEventName(vitalEvent)
	r.SetTimestamp(x.now.Add(-s.ago))
	r.SetSeverity(log.SeverityInfo)
	r.AddAttributes(
		vitalName.String(s.vital), vitalValue.Float64(s.value), vitalDelta.Float64(s.value), vitalID.String(x.body.page+"-"+s.vital),
		semconv.JourneyNameKey.String(x.run.Name), semconv.JourneyIDKey.String(x.run.ID), semconv.TouchpointNameKey.String(name),
		semconv.SessionIDKey.String(x.session),
	)
	x.h.logger.Emit(ctx, r)
}

// nowOf returns the time by the clock of the request's client.
func nowOf(r *http.Request) time.Time {
	if rec := flight.RecorderFrom(r.Context()); rec != nil {
		return rec.Now()
	}
	return time.Now()
}

// actorOf returns who acts in a request: a probe, if the handler around has found that it is one.
func actorOf(ctx context.Context) event.Actor {
	if p := flight.PositionFromContext(ctx); p != nil {
		return p.Actor
	}
	return event.ActorCustomer
}
