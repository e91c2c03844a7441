package watch_test

import (
	"context"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/insight/watch"
	"cairncx.dev/cairn/cx/stores/memory"
)

// printing prints the steps of breakdowns.
type printing struct{}

func (printing) Process(_ context.Context, e *event.Event) {
	switch e.Kind { //nolint:exhaustive // the rest is not printed
	case event.JourneyStageEntered:
		fmt.Println(e.Stage, e.Breakdown.About, e.Breakdown.Name, "of", e.Breakdown.Owner)
	case event.JourneyEnded:
		fmt.Println(e.Outcome, e.Cause)
	}
}
func (printing) Shutdown(context.Context) error { return nil }

// A breakdown has promises by severity. A person plans and dismisses it.
func ExampleDefine() {
	breakdowns := watch.Define("", watch.ConfirmWithin(24*time.Hour), watch.PlanWithin(7*24*time.Hour), watch.MendWithin(30*24*time.Hour),
		watch.ForSeverity("high", 20, watch.ConfirmWithin(4*time.Hour)))
	client, err := cx.New(cx.WithDefinitions(breakdowns.Journey()), cx.WithProcessors(printing{}), cx.WithoutCustomerIDs())
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := cx.NewContext(context.Background(), client)
	for _, p := range breakdowns.Promises(breakdowns.Severity(25)) {
		fmt.Println(p.Name, "within", p.Within)
	}
	d := event.Breakdown{About: "stage", Journey: "checkout", Name: "payment", Owner: "shop", Severity: "high", Before: 0.1, Since: 0.25, Customers: 58}
	ctx = breakdowns.Find(ctx, "5b1c", d)
	ctx = breakdowns.Plan(ctx, event.RunRef{Name: "improvement", ID: "retry"}, "payments", watch.Details(d))
	breakdowns.Dismiss(ctx, "intended")
	_ = client.Shutdown(context.Background())
	// Output:
	// confirmed within 4h0m0s
	// planned within 168h0m0s
	// mended within 720h0m0s
	// found stage payment of shop
	// planned stage payment of payments
	// cancelled intended
}

// A service watches. A finding is a breakdown in the store, which another process can list.
func ExampleNew() {
	store, ctx := new(memory.Store), context.Background() // in production sqlite, redis or postgres
	breakdowns := watch.Define("")
	client, err := cx.New(cx.WithStore(store), cx.WithDefinitions(breakdowns.Journey()), cx.WithoutCustomerIDs())
	if err != nil {
		fmt.Println(err)
		return
	}
	told := make(chan watch.News)
	w, err := watch.New(store, watch.Plan{
		Journey: breakdowns, Client: client,
		Find: func(context.Context, []breakdown.Open) (breakdown.Findings, error) {
			return breakdown.Findings{Found: []breakdown.Found{{Subject: breakdown.Subject{About: breakdown.OfStage, Journey: "checkout", Name: "payment"}, PerDay: 12}}}, nil
		},
		Tell: func(_ context.Context, n watch.News) error { told <- n; return nil },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	n := <-told
	fmt.Println(n.Kind, n.About, n.Name)
	_, _ = w.Shutdown(ctx), client.Shutdown(ctx)
	list, err := watch.List(ctx, store, client.Namespace(), breakdowns.Name())
	fmt.Println(len(list), list[0].Stage, err)
	// Output:
	// found stage payment
	// 1 found <nil>
}
