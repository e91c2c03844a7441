package journey_test

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
)

// printed prints of each event what say returns. A service does not need it: its telemetry and its sinks have the events.
type printed func(e *event.Event) string

func (say printed) Process(_ context.Context, e *event.Event) { fmt.Println(e.Kind, say(e)) }
func (printed) Shutdown(context.Context) error                { return nil }

// startWith starts a run with the options and prints its start.
func startWith(say printed, opts ...journey.RecordOption) {
	d := journey.Define("checkout")
	client, err := cx.New(cx.WithDefinitions(d), cx.WithProcessors(say), cx.WithoutCustomerIDs())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Shutdown(context.Background()) }()
	d.Start(cx.NewContext(context.Background(), client), "cart-1", event.Customer{}, opts...)
}

// A letter that arrived in the morning is recorded in the afternoon.
func ExampleAt() {
	morning := time.Date(2026, time.January, 9, 8, 30, 0, 0, time.UTC)
	startWith(func(e *event.Event) string { return e.Time.UTC().Format("15:04") }, journey.At(morning))
	// Output: journey.started 08:30
}

func ExampleVia() {
	startWith(func(e *event.Event) string { return e.Channel.String() }, journey.Via(event.Phone))
	// Output: journey.started phone
}

// A probe goes through the journey as a customer does. It counts in traces, and in no metric of what customers experience.
func ExampleBy() {
	startWith(func(e *event.Event) string { return e.Actor.String() }, journey.By(event.ActorSynthetic))
	// Output: journey.started synthetic
}

func ExampleFrom() {
	startWith(func(e *event.Event) string { return e.Customer.Segment }, journey.From(event.Customer{Segment: "gold"}))
	// Output: journey.started gold
}

func ExampleBecause() {
	startWith(func(e *event.Event) string { return e.Cause }, journey.Because("newsletter"))
	// Output: journey.started newsletter
}

func ExampleVariant() {
	startWith(func(e *event.Event) string { return e.Variant.Experiment + " " + e.Variant.Arm }, journey.Variant(event.Variant{Experiment: "one-page", Arm: "b"}))
	// Output: journey.started one-page b
}

func ExampleAttributes() {
	startWith(func(e *event.Event) string { return e.Attributes[0].Value.AsString() }, journey.Attributes(attribute.String("shop", "Bern")))
	// Output: journey.started Bern
}

// The amount is in cents.
func ExampleWorth() {
	startWith(func(e *event.Event) string { return fmt.Sprint(e.Journey.Value.Amount, " ", e.Journey.Value.Currency) }, journey.Worth(4_999, "EUR"))
	// Output: journey.started 4999 EUR
}
