package bench

import (
	"context"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
)

// nothingLogged takes log records and keeps none.
type nothingLogged struct{}

func (nothingLogged) Export(context.Context, []sdklog.Record) error { return nil }
func (nothingLogged) Shutdown(context.Context) error                { return nil }
func (nothingLogged) ForceFlush(context.Context) error              { return nil }

// counting are providers of metrics and log events, without traces.
func counting() providers {
	blp := sdklog.NewBatchProcessor(nothingLogged{}, sdklog.WithMaxQueueSize(queue))
	tp := tracenoop.NewTracerProvider()
	return providers{
		tp, tp, sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader())),
		sdklog.NewLoggerProvider(sdklog.WithProcessor(blp)), func() { _ = blp.ForceFlush(context.Background()) },
	}
}

const (
	surveyName    = "after-payment"
	surveyVersion = "4be1c3d2"
)

// sayer is the code that is written by hand: one log event and one counter.
type sayer struct {
	logger  log.Logger
	answers metric.Int64Counter
}

func (p providers) sayer(b *testing.B) *sayer {
	b.Helper()
	counter, err := p.meter.Meter("bench").Int64Counter("cx.feedback.responses")
	if err != nil {
		b.Fatal(err)
	}
	return &sayer{p.logs.Logger("bench"), counter}
}

// verdict is what each hand has to find out.
func verdict(score int) string {
	v, _ := event.CSAT.Verdict(score)
	return v.String()
}

// emit is the log event with the attributes of Cairn's.
func (s *sayer) emit(ctx context.Context, score int, verdict string) {
	if !s.logger.Enabled(ctx, log.EnabledParameters{Severity: log.SeverityInfo, EventName: "cx.feedback.received"}) {
		return
	}
	var r log.Record
	r.SetEventName("cx.feedback.received")
	r.SetTimestamp(time.Now())
	r.SetSeverity(log.SeverityInfo)
	r.AddAttributes(
		attribute.String("cx.survey.name", surveyName),
		attribute.Int("cx.feedback.value", score),
		attribute.String("cx.feedback.verdict", verdict),
	)
	s.logger.Emit(ctx, r)
}

// usual builds the attributes at each call.
func (s *sayer) usual(ctx context.Context, score int) {
	v := verdict(score)
	s.answers.Add(ctx, 1, metric.WithAttributes(
		attribute.String("cx.survey.name", surveyName),
		attribute.String("cx.survey.version", surveyVersion),
		attribute.String("cx.feedback.scale", "csat"),
		attribute.String("cx.feedback.verdict", v),
		attribute.Bool("cx.feedback.solicited", false),
		attribute.String("cx.channel", "web"),
	))
	s.emit(ctx, score, v)
}

// said are the options of the counter for each verdict, made beforehand.
var said = func() map[string][]metric.AddOption {
	m := map[string][]metric.AddOption{}
	for score := 1; score <= 5; score++ {
		v := verdict(score)
		m[v] = []metric.AddOption{metric.WithAttributeSet(attribute.NewSet(
			attribute.String("cx.survey.name", surveyName), attribute.String("cx.survey.version", surveyVersion),
			attribute.String("cx.feedback.scale", "csat"), attribute.String("cx.feedback.verdict", v),
			attribute.Bool("cx.feedback.solicited", false), attribute.String("cx.channel", "web")))}
	}
	return m
}()

// tuned finds its options in a map.
func (s *sayer) tuned(ctx context.Context, score int) {
	v := verdict(score)
	s.answers.Add(ctx, 1, said[v]...)
	s.emit(ctx, score, v)
}

// BenchmarkFeedback: an answer without text, beside one log event and one counter by hand, through the same SDK and without traces. Cairn
// also checks the score, knows the survey's version, and records the histogram of scores. The variant in which the hands record that
// histogram too is the same work.
func BenchmarkFeedback(b *testing.B) {
	once(b, func() {
		p := counting()
		s := p.sayer(b)
		scores, err := p.meter.Meter("bench").Int64Histogram("cx.feedback.score", metric.WithExplicitBucketBoundaries(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10))
		if err != nil {
			b.Fatal(err)
		}
		scored := []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(attribute.String("cx.survey.name", surveyName),
			attribute.String("cx.survey.version", surveyVersion), attribute.String("cx.feedback.scale", "csat")))}
		asked := feedback.Define(surveyName, feedback.CSAT, feedback.Version(surveyVersion))
		ctx := context.Background()
		answering := cx.NewContext(ctx, p.client(b, cx.WithDefinitions(asked)))
		web := feedback.Via(event.Web)
		n := 0
		next := func() int { n++; return 1 + n%5 }
		vs := []variant{
			{"usual: one log event and one counter", func() { s.usual(ctx, next()) }, p.flush},
			{"tuned: one log event and one counter", func() { s.tuned(ctx, next()) }, p.flush},
			{"tuned: one log event, one counter and one histogram", func() {
				score := next()
				scores.Record(ctx, int64(score), scored...)
				s.tuned(ctx, score)
			}, p.flush},
			{"cairn: an answer without text", func() { asked.Record(answering, next(), web) }, p.flush},
		}
		scenario{"feedback", vs, func(r []result) []goal {
			return []goal{
				{"answer: cairn/usual", r[3].nanos / r[0].nanos, 1.3, 0},
				{"answer: cairn/tuned", r[3].nanos / r[1].nanos, 1.3, 1.63},
				{"answer: cairn/tuned with the histogram", r[3].nanos / r[2].nanos, 1.3, 1.51},
				{"answer: cairn allocs above tuned", r[3].allocs - r[1].allocs, 1, 0}, // what the customer said
			}
		}}.run(b)
	})
}
