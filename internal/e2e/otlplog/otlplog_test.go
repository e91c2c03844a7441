package otlplog_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/otlplog"
	"cairncx.dev/cairn/internal/e2e/servers"
	"cairncx.dev/cairn/internal/flight"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds the wait for the collector's file.
const patience = time.Minute

// ofEveryKind returns an event of each kind, with every part for which a record has a place, and with texts that
// are not UTF-8.
func ofEveryKind() []event.Event {
	noon := time.Date(2026, 4, 17, 12, 0, 0, 123456789, time.UTC)
	var list []event.Event
	for i, kind := range append(event.Kinds(), "acme.parcel.lost") {
		at := noon.Add(time.Duration(i) * time.Second)
		e := event.Event{
			ID: event.NewID(at), Kind: kind, Time: at, Duration: time.Second,
			Journey: event.Run{Namespace: "production", Name: "checkout", ID: fmt.Sprint("order-", i), Version: "7"},
			Stage:   "payment", Visit: 2, Touchpoint: "submit-payment", Channel: event.Web, Outcome: event.Outcome(i % flight.NumOutcomes),
			Actor: event.ActorDelegate, Direction: event.Outbound, Zone: event.Tolerating,
			Customer: event.Customer{Hash: "abc", Segment: "business"}, Cause: "psp-timeout", ErrorType: "timeout",
			Variant:    &event.Variant{Release: "2026.4", Experiment: "one-page", Arm: "b"},
			Transition: &event.Transition{From: "basket", Visit: 1, Entered: at, Partial: true},
			Feedback:   &event.Feedback{Survey: "after", Scale: event.NPS, Score: 3, Verdict: event.Negative, Comment: "so slow \xff \U0001f642"},
			Attributes: []attribute.KeyValue{
				attribute.String("region", "eu\xff"), attribute.Int64("n", -1), attribute.Float64("f", 1.5), attribute.Bool("b", true),
				attribute.StringSlice("s", []string{"a", ""}),
				{Key: "bytes", Value: attribute.ByteSliceValue([]byte{0, 255})},
				{Key: "map", Value: attribute.MapValue(attribute.Int("x", 1), attribute.String("y", "z"))},
				attribute.Int("n", 7),
			},
		}
		if i%2 == 0 {
			e.SpanContext = trace.NewSpanContext(trace.SpanContextConfig{
				TraceID: trace.TraceID{1, byte(i)}, SpanID: trace.SpanID{2, byte(i)}, TraceFlags: trace.FlagsSampled,
			})
		}
		list = append(list, e)
	}
	return list
}

// logs waits for n records of the collector.
func logs(t *testing.T, c *servers.Collector, n int) (records []servers.LogRecord) {
	t.Helper()
	servers.Eventually(t, patience, func() error {
		if records = c.Logs(t); len(records) < n {
			return fmt.Errorf("%d records, want %d", len(records), n)
		}
		return nil
	})
	return records
}

// TestCollector: the Collector's own receiver takes all records of the exporter, compressed and uncompressed.
func TestCollector(t *testing.T) {
	for name, how := range map[string]otlplog.Compression{"gzip": otlplog.Gzip, "plain": otlplog.NoCompression} {
		t.Run(name, func(t *testing.T) {
			c := servers.StartCollector(t)
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.OTLPHTTPEndpoint())
			sink, err := otlplog.New(otlplog.WithCompression(how), otlplog.WithResource("", attribute.String("service.name", "shop")))
			if err != nil {
				t.Fatal(err)
			}
			list := ofEveryKind()
			for range 100 { // larger than the usual batch
				list = append(list, ofEveryKind()...)
			}
			if err := sink.Export(t.Context(), list); err != nil {
				t.Fatal(err)
			}
			records := logs(t, c, len(list))
			if len(records) != len(list) {
				t.Errorf("%d records of %d events", len(records), len(list))
			}
			for i, r := range records {
				text, _ := r.Body.(string)
				if want := string(list[i].AppendJSON(nil)); text != want {
					t.Fatalf("record %d is %s, want %s", i, text, want)
				}
				if r.Service != "shop" || r.EventName != "cx."+string(list[i].Kind) || !r.Time.Equal(list[i].Time) ||
					r.Attributes["cx.event.id"] != list[i].ID.String() || r.Attributes["n"] != int64(7) {
					t.Fatalf("record %d is %+v", i, r)
				}
			}
			if err := sink.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestSameAsSDK: a collector writes the same record for an event from the SDK and from the exporter.
func TestSameAsSDK(t *testing.T) {
	c := servers.StartCollector(t)
	list := ofEveryKind()
	for i := range list { // the SDK sends no batch with text that is not UTF-8
		list[i].Attributes[0] = attribute.String("region", "eu")
		list[i].Feedback.Comment = "so slow"
	}
	attrs := []attribute.KeyValue{attribute.String("service.name", "shop")}
	sink, err := otlplog.New(otlplog.WithEndpoint(c.OTLPHTTPEndpoint()+"/v1/logs"), otlplog.WithResource("", attrs...), otlplog.WithoutJSON())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(sink.Export(t.Context(), list), sink.Shutdown(t.Context())); err != nil {
		t.Fatal(err)
	}
	ours := logs(t, c, len(list))
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	exp, err := otlploghttp.New(t.Context(), otlploghttp.WithEndpointURL(c.OTLPHTTPEndpoint()+"/v1/logs"), otlploghttp.WithHTTPClient(client))
	if err != nil {
		t.Fatal(err)
	}
	p := sdklog.NewLoggerProvider(sdklog.WithResource(resource.NewSchemaless(attrs...)), sdklog.WithProcessor(sdklog.NewBatchProcessor(exp)))
	l := p.Logger("cairncx.dev/cairn/exporters/otlplog")
	for i, record := range ours { // sends the collector's record of ours again through the SDK
		emit(l, &list[i], record)
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := logs(t, c, 2*len(list))
	for i := range list {
		want, got := all[len(list)+i], all[i]
		if got.ObservedTime.IsZero() {
			t.Errorf("record %d has no observed time", i)
		}
		want.ObservedTime, got.ObservedTime = time.Time{}, time.Time{}
		if want.Body == "" {
			want.Body = nil
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: the record differs from the SDK's (-SDK +ours):\n%s", list[i].Kind, diff)
		}
	}
}

// emit passes the event to the SDK with its own attributes and with those of package semconv from the record. The
// exporter's own tests check the latter; this test compares the two ways to the collector.
func emit(l log.Logger, e *event.Event, record servers.LogRecord) {
	var r log.Record
	r.SetEventName("cx." + string(e.Kind))
	r.SetTimestamp(e.Time)
	r.SetSeverity(log.SeverityInfo)
	if e.Outcome == event.Failed || e.Kind == event.JourneyStalled || e.Kind == event.PromiseBroken {
		r.SetSeverity(log.SeverityWarn)
	}
	r.SetBody(attribute.StringValue(e.Feedback.Comment))
	r.AddAttributes(e.Attributes...)
	for k, v := range record.Attributes {
		switch v := v.(type) {
		case string:
			if k != "region" {
				r.AddAttributes(attribute.String(k, v))
			}
		case int64:
			if k != "n" {
				r.AddAttributes(attribute.Int64(k, v))
			}
		case bool:
			if k != "b" {
				r.AddAttributes(attribute.Bool(k, v))
			}
		}
	}
	sc := e.SpanContext
	if !sc.IsValid() {
		sc = e.JourneySpan()
	}
	l.Emit(trace.ContextWithSpanContext(context.Background(), sc), r)
}

// TestPipeline: the exporter as an application uses it, behind a queue and retries.
func TestPipeline(t *testing.T) {
	c := servers.StartCollector(t)
	sink, err := otlplog.New(otlplog.WithEndpoint(c.OTLPHTTPEndpoint() + "/v1/logs"))
	if err != nil {
		t.Fatal(err)
	}
	q := exporters.NewBatch(exporters.NewRetry(sink), exporters.WithOverflow(exporters.Block))
	const n = 20_000
	list := ofEveryKind()
	for i := range n {
		e := list[i%len(list)]
		e.ID = event.NewID(e.Time)
		q.Process(t.Context(), &e)
	}
	if err := q.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen := map[any]bool{}
	for _, r := range logs(t, c, n) {
		seen[r.Attributes["cx.event.id"]] = true
	}
	if len(seen) != n {
		t.Errorf("%d events arrived, want %d", len(seen), n)
	}
}
