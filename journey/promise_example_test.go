package journey_test

import (
	"context"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
)

// promises prints what becomes of promises. A service does not need it: its telemetry and its sinks have these events.
type promises struct{}

func (promises) Process(_ context.Context, e *event.Event) {
	switch {
	case e.Promise == nil:
	case e.Late: // the promise stays broken
		fmt.Println(e.Journey.ID, e.Kind, e.Promise.Name, "late")
	default:
		fmt.Println(e.Journey.ID, e.Kind, e.Promise.Name, "due", e.Promise.Due.UTC().Format("Mon 15:04"))
	}
}
func (promises) Shutdown(context.Context) error { return nil }

// The company answers a claim within eight opened hours. The clock stops while it waits for the customer.
func ExamplePromise() {
	office := calendar.Define("office", calendar.Zone("UTC"), calendar.Open("mon-fri", "09:00-17:00"))
	claim := journey.Define("claim",
		journey.Stages("received", "waiting-for-customer", "replied"),
		journey.Promise("answered", 8*time.Hour,
			journey.Since("received"), journey.Until("replied"), journey.Pauses("waiting-for-customer"), journey.Hours(office),
			journey.Target(0.9)))
	client, err := cx.New(cx.WithDefinitions(claim), cx.WithProcessors(promises{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Shutdown(context.Background()) }()
	ctx := cx.NewContext(context.Background(), client)

	friday := time.Date(2026, time.January, 9, 15, 0, 0, 0, time.UTC)
	in := func(d time.Duration) journey.RecordOption { return journey.At(friday.Add(d)) }

	first := claim.Start(ctx, "claim-1", event.Customer{}, in(0))
	first = claim.Enter(first, "received", in(0))
	first = claim.Enter(first, "replied", in(66*time.Hour)) // Monday at nine
	claim.Complete(first, in(66*time.Hour))

	second := claim.Start(ctx, "claim-2", event.Customer{}, in(0))
	second = claim.Enter(second, "received", in(0))
	second = claim.Enter(second, "waiting-for-customer", in(time.Hour))
	second = claim.Enter(second, "received", in(66*time.Hour)) // the Friday's last hour did not count
	second = claim.Enter(second, "replied", in(95*time.Hour))  // Tuesday
	claim.Complete(second, in(95*time.Hour))
	// Output:
	// claim-1 promise.made answered due Mon 15:00
	// claim-1 promise.kept answered due Mon 15:00
	// claim-2 promise.made answered due Mon 15:00
	// claim-2 promise.broken answered due Mon 16:00
	// claim-2 promise.kept answered late
}

// A promise that the code makes for one customer, when it knows until when.
func ExampleDefinition_Promise() {
	claim := journey.Define("claim", journey.Stages("received", "replied"), journey.ByHand("call back"))
	client, err := cx.New(cx.WithDefinitions(claim), cx.WithProcessors(promises{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Shutdown(context.Background()) }()
	ctx := cx.NewContext(context.Background(), client)

	friday := time.Date(2026, time.January, 9, 15, 0, 0, 0, time.UTC)
	ctx = claim.Start(ctx, "claim-1", event.Customer{}, journey.At(friday))
	claim.Promise(ctx, "call back", friday.Add(2*time.Hour), journey.At(friday))
	claim.Keep(ctx, "call back", journey.At(friday.Add(time.Hour)))
	claim.Complete(ctx, journey.At(friday.Add(time.Hour)))
	// Output:
	// claim-1 promise.made call back due Fri 17:00
	// claim-1 promise.kept call back due Fri 17:00
}
