//go:build unix

package export

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/getsentry/sentry-go"
	"github.com/posthog/posthog-go"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/log"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/otlplog"
	"cairncx.dev/cairn/exporters/webhook"
)

const (
	all        = 50_000 // events in a turn
	slow       = 20_000 // of sentry-go, which loses most of them anyhow
	some       = 250    // events in a request by hand, which is what posthog-go does
	httpRounds = 9
)

// overHTTP measures those that send to a local HTTP sink.
func overHTTP(b *testing.B, t *table) {
	hand := &side{name: "by hand: appended JSON, a request for 250", run: byHand}
	hook := &side{name: "`webhook`: CloudEvents, twice the bytes", run: cairnWebhook}
	otlp := &side{name: "`otlplog` without the JSON body", run: cairnOTLP}
	post := &side{name: "posthog-go " + posthog.Version, run: postHog}
	sent := &side{name: "sentry-go " + sentry.SDKVersion, run: sentryGo}
	usual := &side{name: "OpenTelemetry log SDK " + sdk.Version() + ", default queue", run: func(b *testing.B) turn { return otelLogs(b, 2048) }}
	large := &side{name: "OpenTelemetry log SDK, a queue for all", run: func(b *testing.B) turn { return otelLogs(b, all) }}
	contest(b, httpRounds, hand, hook, otlp, post, sent, usual, large)
	t.sink(b, hook, hand, &goal{bound: 0.5})
	t.sink(b, hook, post, &goal{bound: 8, reach: spreadOf(ratios(hand.rates(), post.rates())).median})
	t.sink(b, hook, sent, nil)
	t.sink(b, otlp, usual, nil)
	t.sink(b, otlp, large, &goal{bound: 5})
}

func byHand(b *testing.B) turn {
	s := newSink(occurrences(`"v":1`))
	var buf []byte
	post := func() {
		if len(buf) == 0 {
			return
		}
		res, err := http.Post(s.URL, "application/json", bytes.NewReader(buf)) //nolint:noctx // as one would by hand
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		buf = buf[:0]
	}
	return s.send(b, "by hand", all, func(i int) {
		e := sample(i)
		buf = append(e.AppendJSON(buf), '\n')
		if i%some == some-1 {
			post()
		}
	}, func() error { post(); return nil })
}

func cairn(b *testing.B, s *sink, e event.Exporter, err error) turn {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	q := exporters.NewBatch(e, exporters.WithMeterProvider(metricnoop.NewMeterProvider()), exporters.WithOverflow(exporters.Block),
		exporters.WithConcurrency(4))
	ctx := context.Background()
	return s.send(b, "Cairn", all, func(i int) {
		ev := sample(i)
		q.Process(ctx, &ev)
	}, func() error { return errors.Join(q.Flush(ctx), q.Shutdown(ctx)) })
}

func cairnWebhook(b *testing.B) turn {
	s := newSink(occurrences(`"specversion"`))
	e, err := webhook.New(s.URL)
	return cairn(b, s, e, err)
}

func cairnOTLP(b *testing.B) turn { // what the SDK is given, see TestSameRecord
	s := newSink(records)
	e, err := otlplog.New(otlplog.WithEndpoint(s.URL), otlplog.WithoutJSON())
	return cairn(b, s, e, err)
}

func postHog(b *testing.B) turn {
	s := newSink(occurrences(`"distinct_id"`))
	c, err := posthog.NewWithConfig("key", posthog.Config{Endpoint: s.URL, Logger: silent{}})
	if err != nil {
		b.Fatal(err)
	}
	return s.send(b, "posthog-go", all, func(i int) {
		if err := c.Enqueue(capture(i)); err != nil {
			b.Fatal(err)
		}
	}, c.Close)
}

type silent struct{}

func (silent) Logf(string, ...any)   {}
func (silent) Errorf(string, ...any) {}

// capture is the same event as posthog-go has it.
func capture(i int) posthog.Capture {
	return posthog.Capture{
		Uuid: event.NewID(now).String(), DistinctId: "cart-" + strconv.Itoa(i%1000), Event: "touchpoint.ended",
		Timestamp: now.Add(time.Duration(i) * time.Millisecond),
		Properties: posthog.Properties{
			"namespace": "prod", "journey": "checkout", "journey_started": now, "stage": "payment", "visit": 1,
			"touchpoint": "submit-payment", "channel": "web", "outcome": "ok", "apdex_zone": "tolerating", "duration_seconds": 1.2,
		},
	}
}

func sentryGo(b *testing.B) turn {
	s := newSink(occurrences(`"event_id"`))
	c, err := sentry.NewClient(sentry.ClientOptions{Dsn: "http://key@" + s.Listener.Addr().String() + "/1"})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	return s.send(b, "sentry-go", slow, func(i int) {
		e := sentry.NewEvent()
		e.Message, e.Level, e.Timestamp = "touchpoint.ended", sentry.LevelInfo, now
		e.Tags = map[string]string{
			"journey": "checkout", "stage": "payment", "touchpoint": "submit-payment", "channel": "web",
			"outcome": "ok", "apdex_zone": "tolerating", "cart": strconv.Itoa(i % 1000),
		}
		c.CaptureEvent(e, nil, nil)
	}, func() error { c.Flush(time.Minute); return nil })
}

func otelLogs(b *testing.B, queue int) turn {
	b.Helper()
	s := newSink(records)
	ctx := context.Background()
	exp, err := otlploghttp.New(ctx, otlploghttp.WithEndpointURL(s.URL+"/v1/logs"), otlploghttp.WithCompression(otlploghttp.GzipCompression))
	if err != nil {
		b.Fatal(err)
	}
	p := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(exp, sdklog.WithMaxQueueSize(queue))))
	l := p.Logger("bench")
	place := sample(0)
	ctx = trace.ContextWithSpanContext(ctx, place.JourneySpan()) // as in a request, where it is there
	return s.send(b, "OpenTelemetry log SDK", all, func(i int) { l.Emit(ctx, logRecord(i)) },
		func() error { return errors.Join(p.ForceFlush(ctx), p.Shutdown(ctx)) })
}

// logRecord is the same event as the OpenTelemetry log SDK has it: what otlplog sends, without the JSON body.
func logRecord(i int) log.Record {
	var r log.Record
	r.SetEventName("cx.touchpoint.ended")
	r.SetTimestamp(now.Add(time.Duration(i) * time.Millisecond))
	r.SetSeverity(log.SeverityInfo)
	r.AddAttributes(
		semconv.EventIDKey.String(event.NewID(now).String()), semconv.EventKindKey.String("touchpoint.ended"),
		semconv.JourneyNamespaceKey.String("prod"), semconv.JourneyNameKey.String("checkout"),
		semconv.JourneyIDKey.String("cart-"+strconv.Itoa(i%1000)),
		semconv.StageNameKey.String("payment"), semconv.StageVisitKey.Int(1),
		semconv.TouchpointNameKey.String("submit-payment"), semconv.ChannelKey.String("web"),
		semconv.OutcomeKey.String("ok"), semconv.ApdexZoneKey.String("tolerating"))
	return r
}
