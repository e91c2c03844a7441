package spanmatch_test

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/telemetry"
	"cairncx.dev/cairn/touchpoint/spanmatch"
)

// shop has a journey that a span starts, and one that ends it.
func shop() *blueprint.Blueprint {
	cart := blueprint.MatchSource{Attribute: "cart.id"}
	return &blueprint.Blueprint{
		Version:  1,
		Journeys: []blueprint.Journey{{Name: "checkout", Stages: []blueprint.Stage{{Name: "cart"}, {Name: "payment"}}}},
		Touchpoints: []blueprint.Touchpoint{
			{Name: "open-cart", Journey: "checkout", Stage: "cart", Match: blueprint.Matches{{Span: "POST /cart", Case: cart, Starts: true, Customer: blueprint.MatchSource{Attribute: "enduser.id"}}}},
			{Name: "submit-payment", Journey: "checkout", Stage: "payment", Ends: "completed", Match: blueprint.Matches{{Span: "POST /cart/*/pay", Kind: "server", Case: cart}}},
			{Name: "charge-card", Journey: "checkout", Match: blueprint.Matches{{Span: "charge", Kind: "client", Case: blueprint.MatchSource{Baggage: "cart.id", Trusted: true}}}},
			{Name: "search", Match: blueprint.Matches{{Span: "GET /search"}}},
		},
	}
}

// service is a service whose spans become touchpoints.
type service struct {
	*cxtest.Recorder

	tracer   trace.Tracer
	spans    *tracetest.InMemoryExporter // what a backend gets of requests
	journeys *tracetest.InMemoryExporter // and of journeys
	provider *sdktrace.TracerProvider
}

// serve makes a service with the sampler.
func serve(t testing.TB, sampler sdktrace.Sampler, opts ...spanmatch.Option) *service {
	t.Helper()
	s := &service{spans: tracetest.NewInMemoryExporter(), journeys: tracetest.NewInMemoryExporter()}
	journeys := sdktrace.NewTracerProvider(sdktrace.WithSyncer(s.journeys), sdktrace.WithIDGenerator(telemetry.IDGenerator()))
	s.Recorder = cxtest.New(t, cx.WithBlueprint(shop()), cx.WithJourneyTracerProvider(journeys))
	p, err := spanmatch.New(shop(), append([]spanmatch.Option{spanmatch.WithClient(s.Client()), spanmatch.WithNext(sdktrace.NewSimpleSpanProcessor(s.spans))}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	s.provider = sdktrace.NewTracerProvider(sdktrace.WithSampler(sampler), sdktrace.WithSpanProcessor(p))
	s.tracer = s.provider.Tracer("shop")
	return s
}

// span makes a span of the kind and ends it. The last function to change it may be nil.
func (s *service) span(ctx context.Context, name string, kind trace.SpanKind, kvs ...attribute.KeyValue) trace.SpanContext {
	_, span := s.tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(kvs...))
	span.End()
	return span.SpanContext()
}

func cart(id string) attribute.KeyValue { return attribute.String("cart.id", id) }
