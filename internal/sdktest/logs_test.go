package sdktest_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/log/embedded"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// TestLogEvents expects exactly these records, in the journey's trace.
func TestLogEvents(t *testing.T) {
	t.Parallel()
	about := map[string]string{"cx.journey.name": "checkout", "cx.journey.id": orderID}
	for _, c := range []struct {
		name, reason string
		opts         []cx.Option
		play         func(ctx context.Context, k *clock)
		event        string // "" means no record
		attrs        map[string]string
		body         string
		severity     log.Severity
		after        time.Duration
		requests     bool // the record is in the request's trace
	}{
		{
			name: "a journey that completes", reason: "one event, at the time of the end",
			play: func(ctx context.Context, k *clock) {
				ctx = checkout.Start(ctx, orderID, event.Customer{ID: secret, Segment: "gold"}, journey.Via(event.Web),
					journey.Worth(100, "EUR"), journey.Variant(event.Variant{Release: "1"}))
				checkout.Enter(ctx, "payment")
				k.pass(time.Hour)
				checkout.Complete(ctx, journey.Because("it-was-easy"))
			},
			event: "cx.journey.ended", severity: log.SeverityInfo, after: time.Hour,
			attrs: with(about, map[string]string{"cx.outcome": "completed", "cx.cause": "it-was-easy", "cx.stage.name": "payment"}),
		},
		{
			name: "a journey that fails", reason: "a failed journey is a warning",
			play: func(ctx context.Context, k *clock) {
				checkout.Fail(checkout.Start(ctx, orderID, event.Customer{}))
			},
			event: "cx.journey.ended", severity: log.SeverityWarn,
			attrs: with(about, map[string]string{"cx.outcome": "failed"}),
		},
		{
			name: "a journey's start and stages", reason: "starts and stages are no log events",
			play: func(ctx context.Context, k *clock) {
				checkout.Enter(checkout.Start(ctx, orderID, event.Customer{}), "cart")
			},
		},
		{
			name: "a touchpoint", reason: "touchpoints are many, so they are no log events by default",
			play: func(ctx context.Context, k *clock) { chargeCard.Record(ctx, event.Web) },
		},
		{
			name: "a touchpoint on request", reason: "with WithTouchpointEvents it is a log event",
			opts: []cx.Option{cx.WithTouchpointEvents()},
			play: func(ctx context.Context, k *clock) {
				submitPayment.Record(checkout.Start(ctx, orderID, event.Customer{}), event.Web,
					touchpoint.Outcome(event.Failed), touchpoint.Because("psp-timeout"))
			},
			event: "cx.touchpoint.ended", severity: log.SeverityWarn, requests: true,
			attrs: with(about, map[string]string{
				"cx.touchpoint.name": "submit-payment", "cx.outcome": "failed", "cx.cause": "psp-timeout", "error.type": "_OTHER",
			}),
		},
		{
			name: "a touchpoint that fails with an error", reason: "the event has the class of the error",
			opts: []cx.Option{cx.WithTouchpointEvents()},
			play: func(ctx context.Context, k *clock) {
				_, tp := chargeCard.Start(ctx, event.Web)
				tp.Fail(context.DeadlineExceeded)
				tp.End()
			},
			event: "cx.touchpoint.ended", severity: log.SeverityWarn, requests: true,
			attrs: map[string]string{"cx.touchpoint.name": "charge-card", "cx.outcome": "failed", "error.type": "timeout"},
		},
		{
			name: "a journey that an error ends", reason: "the event has the class",
			play: func(ctx context.Context, k *clock) {
				ctx = checkout.Start(ctx, orderID, event.Customer{})
				flight.RecorderFrom(ctx).Record(ctx, flight.Of(event.Event{
					Kind: event.JourneyEnded, Journey: event.Run{Name: "checkout", ID: orderID}, Outcome: event.Failed, ErrorType: "timeout",
				}))
			},
			event: "cx.journey.ended", severity: log.SeverityWarn,
			attrs: with(about, map[string]string{"cx.outcome": "failed", "error.type": "timeout"}),
		},
		{
			name: "a touchpoint on request, without a cause", reason: "without a cause the event has the stage",
			opts: []cx.Option{cx.WithTouchpointEvents()},
			play: func(ctx context.Context, k *clock) {
				submitPayment.Record(checkout.Start(ctx, orderID, event.Customer{}), event.Web)
			},
			event: "cx.touchpoint.ended", severity: log.SeverityInfo, requests: true,
			attrs: with(about, map[string]string{
				"cx.touchpoint.name": "submit-payment", "cx.outcome": "ok", "cx.stage.name": "payment",
			}),
		},
		{
			name: "feedback", reason: "the event has the redacted comment",
			opts: []cx.Option{cx.WithRedactor(func(string) string { return "[redacted]" })},
			play: func(ctx context.Context, k *clock) {
				ctx = checkout.Start(ctx, orderID, event.Customer{ID: secret})
				feedback.CSAT.Record(ctx, 1, feedback.Comment(secret), feedback.Causes("slow", "rude"))
			},
			event: "cx.feedback.received", severity: log.SeverityInfo, body: "[redacted]",
			attrs: with(about, map[string]string{
				"cx.survey.name": "csat", "cx.feedback.value": "1", "cx.feedback.verdict": "negative",
			}),
		},
		{
			name: "feedback as the customer wrote it", reason: "the application allows the unredacted comment",
			opts: []cx.Option{cx.WithUnredactedText()},
			play: func(ctx context.Context, k *clock) {
				feedback.NPS.Record(ctx, 8, feedback.Comment("good"), feedback.About("checkout", orderID))
			},
			event: "cx.feedback.received", severity: log.SeverityInfo, body: "good",
			attrs: with(about, map[string]string{
				"cx.survey.name": "nps", "cx.feedback.value": "8", "cx.feedback.verdict": "neutral",
			}),
		},
		{
			name: "feedback in no journey", reason: "the event is in the trace of its request",
			play:  func(ctx context.Context, k *clock) { feedback.Stars.Record(ctx, 5) },
			event: "cx.feedback.received", severity: log.SeverityInfo, requests: true,
			attrs: map[string]string{"cx.survey.name": "stars", "cx.feedback.value": "5", "cx.feedback.verdict": "positive"},
		},
		{
			name: "a score that is not on the scale", reason: "an invalid score is no event",
			play: func(ctx context.Context, k *clock) { feedback.Stars.Record(ctx, 6) },
		},
		{
			name: "a contact without a grant", reason: "a violation is an error: the company acts on each one",
			play: func(ctx context.Context, k *clock) {
				touchpoint.Define("survey-mail", touchpoint.For("survey")).Record(checkout.Start(ctx, orderID, event.Customer{}), event.Email)
			},
			event: "cx.contact.violated", severity: log.SeverityError,
			attrs: with(about, map[string]string{"cx.contact.purpose": "survey", "cx.contact.rule": "no_grant", "cx.touchpoint.name": "survey-mail"}),
		},
		{
			name: "a question to a customer", reason: "a question is no log event",
			play: func(ctx context.Context, k *clock) { feedback.Stars.Request(ctx) },
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := newClock()
			p := newProcess(t, "shop", append([]cx.Option{cx.WithClock(k.now)}, c.opts...)...)
			ctx, request := p.request("POST /")
			defer request.End()
			c.play(ctx, k)
			records := p.logs.all()
			if c.event == "" {
				if len(records) != 0 {
					t.Errorf("%d log events, want none: %s", len(records), c.reason)
				}
				return
			}
			if len(records) != 1 {
				t.Fatalf("%d log events, want one: %s", len(records), c.reason)
			}
			r := records[0]
			if r.EventName() != c.event || r.Severity() != c.severity {
				t.Errorf("the event is %q, %v; want %q, %v: %s", r.EventName(), r.Severity(), c.event, c.severity, c.reason)
			}
			if d := cmp.Diff(c.attrs, recordAttrs(r)); d != "" || r.AttributesLen() > 6 || r.DroppedAttributes() > 0 {
				t.Errorf("attributes (-want +got): %s\n%s", c.reason, d)
			}
			if got := r.Body().String(); got != c.body {
				t.Errorf("the event's body is %q, want %q: %s", got, c.body, c.reason)
			}
			if got, want := r.Timestamp(), day1.Add(c.after); !got.Equal(want) {
				t.Errorf("the record's time is %v, want the event's, %v", got, want)
			}
			want := traceID("checkout", orderID)
			if c.requests {
				want = request.SpanContext().TraceID()
			}
			if r.TraceID() != want || !r.SpanID().IsValid() {
				t.Errorf("the record is in the trace %v (span %v), want %v: %s", r.TraceID(), r.SpanID(), want, c.reason)
			}
		})
	}
}

// TestLogEventsOfUnsampledJourneys: Cairn also emits them for a dropped journey, and they do not point into a
// trace that does not exist.
func TestLogEventsOfUnsampledJourneys(t *testing.T) {
	t.Parallel()
	p := newProcess(t, "shop", cx.WithJourneySampling(0))
	ctx, request := p.request("POST /")
	defer request.End()
	ctx = checkout.Start(ctx, orderID, event.Customer{})
	feedback.NPS.Record(ctx, 9)
	checkout.Complete(ctx)
	records := p.logs.all()
	if len(records) != 2 {
		t.Fatalf("%d log events, want 2", len(records))
	}
	for _, r := range records {
		if r.TraceID() != request.SpanContext().TraceID() {
			t.Errorf("%s is in the trace %v, want the request's", r.EventName(), r.TraceID())
		}
	}
}

// selective enables only one event.
type selective struct {
	embedded.Logger
	only  string
	asked []log.EnabledParameters
	names []string
}

func (s *selective) Enabled(_ context.Context, p log.EnabledParameters) bool {
	s.asked = append(s.asked, p)
	return p.EventName == s.only
}

func (s *selective) Emit(_ context.Context, r log.Record) { s.names = append(s.names, r.EventName()) }

// provider returns the same logger for every name.
type provider struct {
	embedded.LoggerProvider
	logger log.Logger
}

func (p provider) Logger(string, ...log.LoggerOption) log.Logger { return p.logger }

// TestDisabledLoggers: a disabled logger is asked and gets no record.
func TestDisabledLoggers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		only   string
		reason string
		want   []string
	}{
		{"", "none of them", nil},
		{"cx.journey.ended", "one of them", []string{"cx.journey.ended"}},
		{"cx.feedback.received", "another", []string{"cx.feedback.received"}},
		{"cx.touchpoint.ended", "the third", []string{"cx.touchpoint.ended", "cx.touchpoint.ended"}},
	} {
		t.Run("only "+c.only, func(t *testing.T) {
			t.Parallel()
			s := &selective{only: c.only}
			p := newProcess(t, "shop", cx.WithLoggerProvider(provider{logger: s}), cx.WithTouchpointEvents())
			ctx := checkout.Start(p.context(), orderID, event.Customer{})
			viewCart.Record(ctx, event.Web)
			chargeCard.Record(ctx, event.Web, touchpoint.Outcome(event.Failed))
			feedback.NPS.Record(ctx, 9)
			checkout.Complete(ctx)
			if !slices.Equal(s.names, c.want) {
				t.Errorf("the logger got %q, want %q: %s", s.names, c.want, c.reason)
			}
			if len(s.asked) != 4 || s.asked[1].Severity != log.SeverityWarn {
				t.Errorf("the logger was asked %v, want four times with the event's name and severity", s.asked)
			}
		})
	}
}

// TestLogLimit: the SDK drops attributes beyond its limit. Five attributes are below any sensible limit.
func TestLogLimit(t *testing.T) {
	t.Parallel()
	logs := &logExporter{}
	lp := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewSimpleProcessor(logs)), sdklog.WithAttributeCountLimit(5))
	p := newProcess(t, "shop", cx.WithLoggerProvider(lp))
	ctx := checkout.Start(p.context(), orderID, event.Customer{}, journey.Attributes())
	ctx = checkout.Enter(ctx, "cart")
	checkout.Fail(ctx, journey.Because("a-cause"))
	records := logs.all()
	if len(records) != 1 || records[0].AttributesLen() != 5 { // as many as the limit lets through
		t.Fatalf("the log events are %v, want the journey's end with five attributes", records)
	}
	if n := records[0].DroppedAttributes(); n > 0 {
		t.Errorf("%s lost %d attributes", records[0].EventName(), n)
	}
}
