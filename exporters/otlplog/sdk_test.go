package otlplog_test

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/trace"
	collogpb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/exporters/otlplog"
)

const (
	scope     = "cairncx.dev/cairn/exporters/otlplog"
	schemaURL = "https://opentelemetry.io/schemas/1.37.0"
)

func resourceAttributes() []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("service.name", "shop"), attribute.Int("host.cpus", 2), attribute.StringSlice("tags", []string{"a", ""}),
		attribute.String("long", strings.Repeat("x", 300)),
	}
}

// emit hands the event to the SDK, as somebody would who wrote this package on its API.
func emit(l log.Logger, e *event.Event, comments bool) {
	var r log.Record
	r.SetEventName("cx." + string(e.Kind))
	r.SetTimestamp(e.Time)
	r.SetSeverity(log.SeverityInfo)
	if e.Outcome == event.Failed || e.Kind == event.JourneyStalled || e.Kind == event.PromiseBroken {
		r.SetSeverity(log.SeverityWarn)
	}
	switch {
	case !comments:
		r.SetBody(attribute.StringValue(string(e.AppendJSON(make([]byte, 0, 1024)))))
	case e.Feedback != nil && e.Feedback.Comment != "":
		r.SetBody(attribute.StringValue(e.Feedback.Comment))
	}
	r.AddAttributes(described(e)...)
	sc := e.SpanContext
	if !sc.IsValid() {
		sc = e.JourneySpan()
	}
	l.Emit(trace.ContextWithSpanContext(context.Background(), sc), r)
}

// described are the attributes by the names of package semconv, read off its reference page.
func described(e *event.Event) []attribute.KeyValue {
	kvs := append(make([]attribute.KeyValue, 0, 32), e.Attributes...)
	add := func(k attribute.Key, v string) {
		if v != "" {
			kvs = append(kvs, k.String(v))
		}
	}
	if !e.ID.IsZero() {
		add(semconv.EventIDKey, e.ID.String())
	}
	kvs = append(kvs, semconv.EventKindKey.String(string(e.Kind)))
	add(semconv.TouchpointNameKey, e.Touchpoint)
	add(semconv.ChannelKey, e.Channel.String())
	add(semconv.OutcomeKey, e.Outcome.String())
	add(semconv.ApdexZoneKey, e.Zone.String())
	if e.Actor != event.ActorCustomer {
		add(semconv.ActorKey, e.Actor.String())
	}
	if e.Direction != event.Inbound {
		add(semconv.DirectionKey, e.Direction.String())
	}
	if e.Journey.Name != "" || e.Journey.ID != "" {
		add(semconv.JourneyNameKey, e.Journey.Name)
		add(semconv.JourneyIDKey, e.Journey.ID)
		add(semconv.JourneyNamespaceKey, e.Journey.Namespace)
		add(semconv.JourneyVersionKey, e.Journey.Version)
	}
	add(semconv.StageNameKey, e.Stage)
	if e.Visit != 0 {
		kvs = append(kvs, semconv.StageVisitKey.Int(e.Visit))
	}
	add(semconv.UserHashKey, e.Customer.Hash)
	add(semconv.CustomerSegmentKey, e.Customer.Segment)
	add(semconv.CustomerAccountKey, e.Customer.Account)
	add(semconv.CauseKey, e.Cause)
	add(semconv.IntentKey, e.Intent)
	if add(semconv.ErrorTypeKey, e.ErrorType); e.Outcome == event.Failed && e.ErrorType == "" && e.Kind == event.TouchpointEnded {
		add(semconv.ErrorTypeKey, "_OTHER")
	}
	if t := e.Transition; t != nil {
		if t.Partial {
			kvs = append(kvs, semconv.JourneyPartialKey.Bool(true))
		}
		if t.Failures > 0 || t.LastTouchpoint != "" {
			kvs = append(kvs, semconv.JourneyFailureCountKey.Int(t.Failures))
		}
		add(semconv.JourneyLastCauseKey, t.LastCause)
		add(semconv.JourneyLastTouchpointKey, t.LastTouchpoint)
		if f := t.Friction; f != nil {
			for name, n := range map[attribute.Key]int{
				"cx.journey.friction.repeats": f.Repeats, "cx.journey.friction.failures_before_success": f.FailuresBeforeSuccess, "cx.journey.friction.loops": f.Loops,
				"cx.journey.friction.channel_switches": f.ChannelSwitches, "cx.journey.friction.overdue": f.Overdue,
			} {
				if n > 0 {
					kvs = append(kvs, name.Int(n))
				}
			}
		}
	}
	if p := e.Promise; p != nil {
		add(semconv.PromiseNameKey, p.Name)
		if p.Number != 0 {
			kvs = append(kvs, semconv.PromiseNumberKey.Int(p.Number))
		}
		if !p.Due.IsZero() {
			add(semconv.PromiseDueKey, p.Due.UTC().Format(time.RFC3339Nano))
		}
	}
	if v := e.Journey.Value; v != nil {
		kvs = append(kvs, semconv.JourneyAmountKey.Int64(v.Amount), semconv.CurrencyKey.String(v.Currency))
	}
	if v := e.Variant; v != nil {
		add(semconv.ServiceVersionKey, v.Release)
		add(semconv.FeatureFlagKeyKey, v.Experiment)
		add(semconv.FeatureFlagResultVariantKey, v.Arm)
	}
	if f := e.Feedback; f != nil {
		add(semconv.SurveyNameKey, f.Survey)
		add(semconv.FeedbackScaleKey, f.Scale.String())
		kvs = append(kvs, semconv.FeedbackValueKey.Int(f.Score))
		add(semconv.FeedbackVerdictKey, f.Verdict.String())
		add("cx.survey.version", f.Version)
		add("cx.survey.end", f.Ended.String())
		add("cx.mention.source", f.Source)
		if f.Shown {
			kvs = append(kvs, attribute.Bool("cx.survey.shown", true))
		}
		if e.Kind == event.FeedbackReceived {
			kvs = append(kvs, attribute.Bool("cx.feedback.solicited", f.Request != event.ID{}))
		}
		if m := e.Mention; m != nil {
			kvs = append(kvs, said(m)...)
		}
	}
	if f := e.FollowUp; f != nil {
		add("cx.followup.owner", f.Owner)
		add("cx.followup.severity", f.Severity)
		add("cx.followup.rule", f.Rule)
		add("cx.followup.remedy", f.Remedy)
	}
	if a := e.Action; a != nil {
		add("cx.action.name", a.Name)
		add("cx.action.owner", a.Owner)
	}
	if b := e.Breakdown; b != nil {
		add("cx.breakdown.about", b.About)
		add("cx.breakdown.journey", b.Journey)
		add("cx.breakdown.name", b.Name)
		if b.Better {
			kvs = append(kvs, attribute.Bool("cx.breakdown.better", true))
		}
		add("cx.breakdown.severity", b.Severity)
		add("cx.breakdown.owner", b.Owner)
	}
	return kvs
}

// said returns the attributes of a mention.
func said(m *event.Mention) (kvs []attribute.KeyValue) {
	if m.Nature != 0 {
		kvs = append(kvs, attribute.String("cx.mention.nature", m.Nature.String()))
	}
	if m.Stars != 0 {
		kvs = append(kvs, attribute.Float64("cx.mention.stars", m.Stars))
	}
	if m.Reach != 0 {
		kvs = append(kvs, attribute.Int("cx.mention.reach", m.Reach))
	}
	return kvs
}

// normal makes two requests comparable that mean the same: attributes sorted by name, and no observed
// time, which is each one's own, where there is one.
func normal(t interface{ Fatalf(string, ...any) }, requests []*collogpb.ExportLogsServiceRequest) *collogpb.ExportLogsServiceRequest {
	if len(requests) != 1 {
		t.Fatalf("%d requests, want 1", len(requests))
	}
	r := requests[0]
	byKey := func(x, y *commonpb.KeyValue) int { return cmp.Compare(x.GetKey(), y.GetKey()) }
	for _, rl := range r.GetResourceLogs() {
		slices.SortFunc(rl.GetResource().GetAttributes(), byKey)
	}
	for _, record := range recordsOf(r) {
		slices.SortFunc(record.GetAttributes(), byKey)
		if time.Since(time.Unix(0, int64(record.GetObservedTimeUnixNano()))) > time.Hour {
			t.Fatalf("the observed time is %d", record.GetObservedTimeUnixNano())
		}
		record.ObservedTimeUnixNano = 0
		if record.GetBody() != nil && record.GetBody().GetValue() == nil {
			record.Body = nil // the SDK sends an empty one for none
		}
	}
	return r
}

// bySDK sends the events through the SDK.
func bySDK(t interface{ Fatalf(string, ...any) }, url string, events []event.Event, comments bool) {
	ctx := context.Background()
	exp, err := otlploghttp.New(ctx, otlploghttp.WithEndpointURL(url+"/v1/logs"))
	if err != nil {
		t.Fatalf("%v", err)
	}
	p := sdklog.NewLoggerProvider(
		sdklog.WithResource(resource.NewWithAttributes(schemaURL, resourceAttributes()...)),
		sdklog.WithProcessor(sdklog.NewBatchProcessor(exp, sdklog.WithMaxQueueSize(4096), sdklog.WithExportMaxBatchSize(4096), sdklog.WithExportInterval(time.Hour))),
	)
	l := p.Logger(scope)
	for i := range events {
		emit(l, &events[i], comments)
	}
	if err := p.Shutdown(ctx); err != nil {
		t.Fatalf("%v", err)
	}
}

// equal sends the events both ways and compares what arrives.
func equal(t *rapid.T, outer testing.TB, events []event.Event, comments bool) {
	theirs, ours := newReceiver(outer), newReceiver(outer)
	defer theirs.Close()
	defer ours.Close()
	bySDK(t, theirs.URL, events, comments)
	opts := []otlplog.Option{otlplog.WithEndpoint(ours.URL + "/v1/logs"), otlplog.WithResource(schemaURL, resourceAttributes()...)}
	if comments {
		opts = append(opts, otlplog.WithoutJSON())
	}
	exporter, err := otlplog.New(opts...)
	if err != nil {
		t.Fatalf("%v", err)
	}
	if err := exporter.Export(context.Background(), events); err != nil {
		t.Fatalf("%v", err)
	}
	if err := exporter.Shutdown(context.Background()); err != nil {
		t.Fatalf("%v", err)
	}
	want, got := normal(t, theirs.Bodies()), normal(t, ours.Bodies())
	if len(recordsOf(want)) != len(events) {
		t.Fatalf("the SDK sent %d records of %d", len(recordsOf(want)), len(events))
	}
	if !proto.Equal(want, got) {
		t.Fatalf("not what the SDK sends:\n%s\nwant\n%s", prototext.Format(got), prototext.Format(want))
	}
}

// TestSameAsSDK: whatever the event is, a receiver cannot tell this exporter from the SDK.
func TestSameAsSDK(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		equal(rt, t, rapid.SliceOfN(events(validText(), years(1970, 2262)), 1, 5).Draw(rt, "events"), rapid.Bool().Draw(rt, "comments"))
	})
}
