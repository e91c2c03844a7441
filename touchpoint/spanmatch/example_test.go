package spanmatch_test

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint/spanmatch"
)

// printer prints touchpoints.
type printer struct{}

func (printer) Process(_ context.Context, e *event.Event) {
	fmt.Println(e.Kind, e.Touchpoint, e.Outcome, "in", e.Journey.Name, e.Journey.ID)
}

func (printer) Shutdown(context.Context) error { return nil }

func Example() {
	bp := &blueprint.Blueprint{ // package cx/blueprint/yaml reads it from a file
		Version:  blueprint.Version,
		Journeys: []blueprint.Journey{{Name: "checkout"}},
		Touchpoints: []blueprint.Touchpoint{{
			Name: "submit-payment", Journey: "checkout",
			Match: blueprint.Matches{{Span: "POST /pay", Kind: "server", Case: blueprint.MatchSource{Attribute: "cart.id"}}},
		}},
	}
	client, err := cx.New(cx.WithBlueprint(bp), cx.WithProcessors(printer{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	matcher, err := spanmatch.New(bp, spanmatch.WithClient(client)) // and WithNext(batch), which exports the spans
	if err != nil {
		fmt.Println(err)
		return
	}
	sampler := sdktrace.ParentBased(sdktrace.TraceIDRatioBased(0.01))
	provider := sdktrace.NewTracerProvider(sdktrace.WithSampler(spanmatch.RecordAll(sampler)), sdktrace.WithSpanProcessor(matcher))

	// otelhttp makes such a span of a request, and the service sets the attribute:
	_, span := provider.Tracer("otelhttp").Start(context.Background(), "POST /pay", trace.WithSpanKind(trace.SpanKindServer))
	span.SetAttributes(attribute.String("cart.id", "c-1"))
	span.End()

	if err := provider.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}
	if err := client.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output: touchpoint.ended submit-payment ok in checkout c-1
}

func ExampleRecordAll() {
	fmt.Println(spanmatch.RecordAll(sdktrace.TraceIDRatioBased(0.01)).Description())
	// Output: RecordAll{TraceIDRatioBased{0.01}}
}
