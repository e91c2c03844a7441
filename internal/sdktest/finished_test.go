package sdktest_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/cx/telemetry"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// limits are settings of the SDK's variables that change a span's content.
var limits = []struct {
	name string
	env  map[string]string
}{
	{"defaults", nil},
	{"few attributes", map[string]string{"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "5"}},
	{"no attributes", map[string]string{"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "0"}},
	{"any attributes", map[string]string{"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "-1"}},
	{"short values", map[string]string{"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT": "4"}},
	{"no links", map[string]string{"OTEL_SPAN_LINK_COUNT_LIMIT": "0"}},
	{"one link", map[string]string{"OTEL_SPAN_LINK_COUNT_LIMIT": "1"}},
	{"bare links", map[string]string{"OTEL_LINK_ATTRIBUTE_COUNT_LIMIT": "0"}},
}

// TestFinishedSpans: the SDK's provider and otelsetup's export the same span, under every limit.
func TestFinishedSpans(t *testing.T) { //nolint:paralleltest // the test sets environment variables
	for _, l := range limits {
		t.Run(l.name, func(t *testing.T) {
			for k, v := range l.env {
				t.Setenv(k, v)
			}
			res := sdkResource("shop")
			plain, sunk := tracetest.NewInMemoryExporter(), tracetest.NewInMemoryExporter()
			given := &givenIDs{}
			tracer := sdktrace.NewTracerProvider(sdktrace.WithResource(res), sdktrace.WithSyncer(plain), sdktrace.WithIDGenerator(given),
				sdktrace.WithSampler(sdktrace.AlwaysSample())).Tracer("scope", trace.WithInstrumentationVersion("1"))
			sink := otelsetup.NewJourneyTracerProvider(res, sdktrace.NewSimpleSpanProcessor(sunk)).
				SpanSink("scope", trace.WithInstrumentationVersion("1"))
			rapid.Check(t, func(rt *rapid.T) {
				plain.Reset()
				sunk.Reset()
				s := finishedSpans().Draw(rt, "span")
				given.sc = s.SpanContext
				startAndEnd(tracer, s)
				sink.EndSpan(s)
				if diff := gocmp.Diff(described(plain.GetSpans()), described(sunk.GetSpans())); diff != "" {
					rt.Fatalf("started and ended (-), ended (+):\n%s", diff)
				}
			})
		})
	}
}

// givenIDs returns the given IDs.
type givenIDs struct{ sc trace.SpanContext }

func (g *givenIDs) NewIDs(context.Context) (trace.TraceID, trace.SpanID) {
	return g.sc.TraceID(), g.sc.SpanID()
}

func (g *givenIDs) NewSpanID(context.Context, trace.TraceID) trace.SpanID { return g.sc.SpanID() }

// startAndEnd starts and ends a span by hand.
func startAndEnd(tracer trace.Tracer, s *telemetry.FinishedSpan) {
	ctx := context.Background()
	if s.Parent.IsValid() {
		ctx = trace.ContextWithSpanContext(ctx, s.Parent)
	}
	_, span := tracer.Start(ctx, s.Name, trace.WithTimestamp(s.Start), trace.WithSpanKind(s.Kind))
	span.SetAttributes(s.Attributes...)
	for _, l := range s.Links {
		span.AddLink(l)
	}
	span.SetStatus(s.Status, s.Description)
	span.End(trace.WithTimestamp(s.End))
}

func finishedSpans() *rapid.Generator[*telemetry.FinishedSpan] {
	return rapid.Custom(func(t *rapid.T) *telemetry.FinishedSpan {
		tid := trace.TraceID{1: byte(rapid.IntRange(1, 255).Draw(t, "trace"))}
		start := day1.Add(time.Duration(rapid.IntRange(0, 1e9).Draw(t, "start")))
		s := &telemetry.FinishedSpan{
			SpanContext: spanContext(tid, rapid.IntRange(1, 255).Draw(t, "ID"), false),
			Name:        rapid.SampledFrom([]string{"", "pay", "a name"}).Draw(t, "name"),
			Kind:        trace.SpanKind(rapid.IntRange(0, 6).Draw(t, "kind")),
			Start:       start, End: start.Add(time.Duration(rapid.IntRange(1, 1e9).Draw(t, "took"))),
			Attributes:  rapid.SliceOfN(attributes(), 0, 12).Draw(t, "attributes"),
			Status:      rapid.SampledFrom([]codes.Code{codes.Unset, codes.Error, codes.Ok}).Draw(t, "status"),
			Description: rapid.SampledFrom([]string{"", "declined"}).Draw(t, "description"),
		}
		if rapid.Bool().Draw(t, "child") {
			s.Parent = spanContext(tid, rapid.IntRange(1, 255).Draw(t, "parent"), true)
		}
		s.Links = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) trace.Link {
			return trace.Link{
				SpanContext: spanContext(trace.TraceID{2}, rapid.IntRange(0, 3).Draw(t, "linked"), true),
				Attributes:  rapid.SliceOfN(attributes(), 0, 3).Draw(t, "link's"),
			}
		}), 0, 3).Draw(t, "links")
		return s
	})
}

func spanContext(tid trace.TraceID, id int, remote bool) trace.SpanContext {
	return trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: tid, SpanID: trace.SpanID{7: byte(id)}, TraceFlags: trace.FlagsSampled, Remote: remote,
	})
}

// attributes draws an attribute of every type, including those that the SDK changes.
func attributes() *rapid.Generator[attribute.KeyValue] {
	return rapid.Custom(func(t *rapid.T) attribute.KeyValue {
		key := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g", "h", "i", ""}).Draw(t, "key")
		text := rapid.SampledFrom([]string{"", "long text", "übergroß", "ok", "\xff\xfe\xfd\xfc\xfb"}).Draw(t, "text")
		n := rapid.IntRange(-2, 2).Draw(t, "number")
		return rapid.SampledFrom([]attribute.KeyValue{
			attribute.String(key, text), attribute.String(key, text), attribute.String(key, text),
			attribute.Int(key, n), attribute.Bool(key, n > 0), attribute.Float64(key, float64(n)/3),
			attribute.StringSlice(key, []string{text, "ok"}), attribute.IntSlice(key, []int{n, n}),
			attribute.BoolSlice(key, []bool{true}), attribute.Float64Slice(key, []float64{1.5}),
			attribute.ByteSlice(key, []byte(text)), attribute.Slice(key, attribute.StringValue(text)),
			attribute.Map(key, attribute.String("x", text), attribute.String("x", "twice")),
			{Key: attribute.Key(key)},
		}).Draw(t, "value")
	})
}

// described returns every field of the spans that an exporter gets, as text.
func described(spans tracetest.SpanStubs) []string {
	lines := make([]string, len(spans))
	for i, s := range spans {
		parts := []string{
			s.Name, fmt.Sprintf("%+v", s.SpanContext), fmt.Sprintf("under %+v", s.Parent), s.SpanKind.String(),
			s.StartTime.String(), s.EndTime.String(), fmt.Sprintf("attributes %t %+v", s.Attributes == nil, s.Attributes),
			fmt.Sprintf("events %t %+v", s.Events == nil, s.Events), fmt.Sprintf("links %t %+v", s.Links == nil, s.Links),
			fmt.Sprintf("status %+v", s.Status),
			fmt.Sprintf("dropped %d %d %d, children %d", s.DroppedAttributes, s.DroppedEvents, s.DroppedLinks, s.ChildSpanCount),
			s.Resource.SchemaURL(), s.Resource.String(),
			fmt.Sprintf("scope %+v %+v", s.InstrumentationScope, s.InstrumentationLibrary),
		}
		lines[i] = strings.Join(parts, "\n")
	}
	return lines
}

// step is a step of a life.
type step struct {
	what, run int
	wait      time.Duration
	ago, took time.Duration
	outcome   event.Outcome
	cause     string
	worth     int64
	own       []attribute.KeyValue
}

// GoString describes the step in a failed test.
func (s step) GoString() string { return fmt.Sprintf("\n%+v", s) }

var lifeSteps = []string{"start", "enter", "record", "touch", "touch", "fail", "stray", "feedback", "complete", "fail journey"}

func lives() *rapid.Generator[[]step] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
		return step{
			what: rapid.IntRange(0, len(lifeSteps)-1).Draw(t, "what"), run: rapid.IntRange(1, 2).Draw(t, "run"),
			wait:    time.Duration(rapid.SampledFrom([]int{0, 1, 1e6, 1e9, 3600e9}).Draw(t, "wait")),
			ago:     time.Duration(rapid.SampledFrom([]int{0, 0, 1e6, 1e9}).Draw(t, "ago")),
			took:    time.Duration(rapid.SampledFrom([]int{0, 1, 1e6, 2e9}).Draw(t, "took")),
			outcome: rapid.SampledFrom([]event.Outcome{event.OK, event.Failed, event.Degraded}).Draw(t, "outcome"),
			cause:   rapid.SampledFrom([]string{"", "fraud"}).Draw(t, "cause"),
			worth:   int64(rapid.IntRange(0, 2).Draw(t, "worth")),
			own: rapid.SliceOfN(rapid.SampledFrom([]attribute.KeyValue{
				attribute.String("shop.basket", "a rather long text"), attribute.Int("shop.items", 3), attribute.String("cx.outcome", "mine"),
				attribute.Map("shop.nested", attribute.Bool("gift", true)), attribute.StringSlice("shop.tags", []string{"new", "blue"}),
			}), 0, 4).Draw(t, "own"),
		}
	}), 1, 30)
}

// counted returns IDs in order, so that two processes with the same steps have the same IDs.
type counted struct{ n atomic.Uint64 }

func (c *counted) NewIDs(ctx context.Context) (tid trace.TraceID, sid trace.SpanID) {
	tid = trace.TraceID{0: 0xc0}
	binary.BigEndian.PutUint64(tid[8:], c.n.Add(1))
	return tid, c.NewSpanID(ctx, tid)
}

func (c *counted) NewSpanID(context.Context, trace.TraceID) (sid trace.SpanID) {
	binary.BigEndian.PutUint64(sid[:], c.n.Add(1))
	return sid
}

// lived plays the life and returns the exported spans of its requests and journeys.
func lived(t *testing.T, a arrangement, steps []step) (spans []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := sdk(t, "shop", a)
		tp := sdktrace.NewTracerProvider(sdktrace.WithSyncer(p.spans), sdktrace.WithIDGenerator(&counted{}),
			sdktrace.WithSampler(sdktrace.TraceIDRatioBased(0.5)))
		p.tracer = tp.Tracer("test")
		p.start(cx.WithTracerProvider(tp), cx.WithDefinitions(errand, look, buy, chargeCard), cx.WithSpanLimit(12))
		at := map[int]context.Context{}
		for _, s := range steps {
			time.Sleep(s.wait)
			synctest.Wait() // a sweep of the same moment comes first
			p.take(s, at)
		}
		if err := p.client.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		requests, twins := p.spans.GetSpans(), p.twins.GetSpans()
		var random []string
		for _, s := range twins {
			if s.Name == "look" || s.Name == "buy" || s.Name == "charge-card" || s.Name == "nps" {
				if !s.SpanContext.SpanID().IsValid() {
					t.Errorf("%q has no ID", s.Name)
				}
				id := s.SpanContext.SpanID()
				random = append(random, fmt.Sprint(id[:]), fmt.Sprintf("random %d", len(random)))
			}
		}
		same := strings.NewReplacer(random...)
		for _, line := range append(described(requests), described(twins)...) {
			spans = append(spans, same.Replace(line))
		}
	})
	return spans
}

// take takes the step in a request of its own.
func (p *process) take(s step, at map[int]context.Context) {
	ctx := at[s.run]
	if ctx == nil {
		ctx = p.context()
	}
	ctx, request := p.tracer.Start(ctx, "request", trace.WithNewRoot())
	defer request.End()
	id := fmt.Sprint(s.run)
	switch lifeSteps[s.what] {
	case "start":
		opts := []journey.RecordOption{journey.Via(event.Web), journey.Attributes(s.own...)}
		if s.worth > 0 {
			opts = append(opts, journey.Worth(s.worth, "EUR"))
		}
		at[s.run] = errand.Start(ctx, id, event.Customer{ID: "alice", Segment: "gold"}, opts...)
	case "enter":
		at[s.run] = errand.Enter(ctx, []string{"cart", "payment", "confirmation"}[s.worth])
	case "record":
		look.Record(ctx, event.Web, touchpoint.At(time.Now().Add(-s.ago)), touchpoint.Took(s.took),
			touchpoint.Outcome(s.outcome), touchpoint.Because(s.cause), touchpoint.Attributes(s.own...))
	case "touch", "fail":
		_, tp := buy.Start(ctx, event.Mobile, touchpoint.Attributes(s.own...))
		time.Sleep(s.took)
		if lifeSteps[s.what] == "fail" {
			tp.Fail(declined("card_declined"))
			tp.Because(s.cause)
		}
		tp.End()
	case "stray":
		chargeCard.Record(errand.Resume(ctx, id), event.Phone, touchpoint.Took(s.took))
	case "feedback":
		feedback.NPS.Record(ctx, int(s.worth)*5, feedback.Via(event.Web), feedback.Causes("slow"))
	case "complete":
		errand.Complete(ctx, journey.Attributes(s.own...))
	case "fail journey":
		errand.Fail(ctx, journey.Because(s.cause))
	}
}

// TestSameLivesBothWays: the provider of otelsetup and the SDK's own provider export the same spans of the same
// life, under every limit.
func TestSameLivesBothWays(t *testing.T) { //nolint:paralleltest // the test sets environment variables
	for _, l := range limits {
		t.Run(l.name, func(t *testing.T) {
			for k, v := range l.env {
				t.Setenv(k, v)
			}
			lives, all := lives(), 0
			rapid.Check(t, func(rt *rapid.T) {
				steps := lives.Draw(rt, "life")
				plain, sunk := lived(t, byHand(), steps), lived(t, likeOtelsetup(), steps)
				if diff := gocmp.Diff(plain, sunk); diff != "" {
					rt.Fatalf("the SDK's provider (-), otelsetup's (+):\n%s", diff)
				}
				all += len(sunk)
			})
			if all < 50 {
				t.Errorf("all lives have %d spans together: they try nothing", all)
			}
		})
	}
}
