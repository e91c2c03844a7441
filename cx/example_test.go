package cx_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/exporters/stdout"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

var (
	checkout = journey.Define("checkout",
		journey.Stages("cart", "payment"),
		journey.AbandonAfter(30*time.Minute))

	submitPayment = touchpoint.Define("submit-payment",
		touchpoint.In(checkout, "payment"),
		touchpoint.Satisfied(800*time.Millisecond))
)

// One client for the whole process, made in main. Spans, metrics and log events go to
// OpenTelemetry's global providers; the events themselves, here, to the standard output.
func ExampleNew() {
	client, err := cx.New(
		cx.WithDefinitions(checkout, submitPayment),
		cx.WithNamespace("production"),
		cx.WithExporters(stdout.New(stdout.WithWriter(os.Stdout))),
		cx.WithClock(func() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }))
	if err != nil {
		fmt.Println(err)
		return
	}
	cx.SetDefault(client)
	defer cx.SetDefault(nil)

	checkout.Start(context.Background(), "cart-1", event.Customer{})

	stop, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := client.Shutdown(stop); err != nil { // delivers what is left
		fmt.Println(err)
	}

	// The ID is derived from the journey: who reports the start twice is found out.

	// Output:
	// {"v":1,"id":"1e509beb-7368-8b25-aea2-770cb647f34c","kind":"journey.started","time":"2026-03-02T09:00:00Z","journey":{"namespace":"production","name":"checkout","id":"cart-1","started":"2026-03-02T09:00:00Z"}}
}

// Everything that is wrong with options and definitions is said at once.
func ExampleNew_faults() {
	_, err := cx.New(
		cx.WithJourneySampling(7),
		cx.WithDefinitions(
			journey.Define("checkout", journey.Stages("cart", "cart")),
			touchpoint.Define("pay", touchpoint.In(checkout, "payement")),
		))
	fmt.Println(errors.Is(err, cx.ErrConfig))
	fmt.Println(err)

	// Output:
	// true
	// cx: the client cannot be made: WithJourneySampling(7): the ratio has to be between 0 and 1
	// invalid definition: journey "checkout": stage 2, "cart", occurs twice: remove one
	// invalid definition: touchpoint "pay": the journey "checkout" has no stage "payement": it has ["cart" "payment"]: did you mean "payment"?
}

// The promise in a blueprint, here as values; cx/blueprint/yaml reads it from a file.
func ExampleWithBlueprint() {
	promise := &blueprint.Blueprint{
		Version: blueprint.Version,
		Journeys: []blueprint.Journey{{
			Name:         "return",
			Stages:       []blueprint.Stage{{Name: "request"}, {Name: "refund", Expect: blueprint.Duration(72 * time.Hour)}},
			AbandonAfter: blueprint.Duration(30 * 24 * time.Hour),
		}},
	}
	client, err := cx.New(cx.WithBlueprint(promise))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Shutdown(context.Background()) }()

	ctx := promise.Journey("return").Start(cx.NewContext(context.Background(), client), "return-7", event.Customer{})
	run, _ := journey.FromContext(ctx)
	fmt.Println(run.Name(), run.ID())

	// Output: return return-7
}

// Stepping in before a customer gives up: a run that is too long in a stage is told to the
// application, once.
func ExampleWithOnStall() {
	apply := journey.Define("apply", journey.Stages("form", "review"), journey.Expect("review", 48*time.Hour))
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	client, err := cx.New(
		cx.WithDefinitions(apply),
		cx.WithClock(func() time.Time { return now }), cx.WithSweepInterval(time.Hour),
		cx.WithOnStall(func(_ context.Context, s journey.State) {
			fmt.Printf("%s %s is in %s since %s\n", s.Journey.Name, s.Journey.ID, s.Stage, s.Entered.Format(time.DateOnly))
		}))
	if err != nil {
		fmt.Println(err)
		return
	}
	apply.Enter(apply.Start(cx.NewContext(context.Background(), client), "application-3", event.Customer{}), "review")

	now = now.AddDate(0, 0, 3)
	client.Sweep(context.Background()) // which a client does by itself every second
	_ = client.Shutdown(context.Background())

	// Output: apply application-3 is in review since 2026-03-02
}

// A team is told while a customer can still be answered in time, and when it is too late.
func ExampleWithOnDue() {
	claim := journey.Define("claim", journey.Stages("received", "replied"),
		journey.Promise("answered", 24*time.Hour, journey.Since("received"), journey.Until("replied")))
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	client, err := cx.New(
		cx.WithDefinitions(claim),
		cx.WithClock(func() time.Time { return now }), cx.WithSweepInterval(time.Hour),
		cx.WithOnDue(func(_ context.Context, d journey.Due) {
			if d.Broken {
				fmt.Printf("%s: %s was due %s\n", d.State.Journey.ID, d.Promise.Name, d.Promise.Due.Format(time.DateTime))
				return
			}
			fmt.Printf("%s: %s is due %s\n", d.State.Journey.ID, d.Promise.Name, d.Promise.Due.Format(time.DateTime))
		}, cx.WarnLeft(2*time.Hour)))
	if err != nil {
		fmt.Println(err)
		return
	}
	claim.Enter(claim.Start(cx.NewContext(context.Background(), client), "claim-7", event.Customer{}), "received")

	for range 2 {
		now = now.Add(23 * time.Hour)
		client.Sweep(context.Background()) // which a client does by itself every second
		_ = client.Flush(context.Background())
	}
	_ = client.Shutdown(context.Background())

	// Output:
	// claim-7: answered is due 2026-03-03 09:00:00
	// claim-7: answered was due 2026-03-03 09:00:00
}

// A share of the time suits promises of minutes and of weeks alike.
func ExampleWarnAfter() {
	onDue := cx.WithOnDue(func(_ context.Context, d journey.Due) {
		fmt.Println(d.State.Journey.ID, d.Promise.Name)
	}, cx.WarnAfter(0.75))
	client, err := cx.New(onDue)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(client.Shutdown(context.Background()))
	// Output: <nil>
}

// A team looks at each promise half an hour before it is due. A promise of less time than that has no warning.
func ExampleWarnLeft() {
	onDue := cx.WithOnDue(func(_ context.Context, d journey.Due) {
		fmt.Println(d.State.Journey.ID, d.Promise.Name)
	}, cx.WarnLeft(30*time.Minute))
	client, err := cx.New(onDue)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(client.Shutdown(context.Background()))
	// Output: <nil>
}

// Two services in one process, or tests in parallel, have a client each, in the context.
func ExampleNewContext() {
	client, err := cx.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Shutdown(context.Background()) }()

	ctx := checkout.Start(cx.NewContext(context.Background(), client), "cart-1", event.Customer{})
	run, ok := journey.FromContext(ctx)
	fmt.Println(ok, run.Name(), run.ID())

	// Without a client nothing is recorded, and nothing breaks.
	_, ok = journey.FromContext(checkout.Start(context.Background(), "cart-1", event.Customer{}))
	fmt.Println(ok)

	// Output:
	// true checkout cart-1
	// false
}

// The customer's position in a message that waits in a queue, while the key is being changed: the
// sender still has the old one alone, the receiver has both.
func ExampleWithPositionKeys() {
	oldKey, newKey := []byte("32 random bytes: the older key.."), []byte("32 random bytes: the newer key..")
	sender, err := cx.New(cx.WithPositionKeys(oldKey))
	if err != nil {
		panic(err)
	}
	defer func() { _ = sender.Shutdown(context.Background()) }()
	receiver, err := cx.New(cx.WithPositionKeys(newKey, oldKey))
	if err != nil {
		panic(err)
	}
	defer func() { _ = receiver.Shutdown(context.Background()) }()

	ctx := checkout.Start(cx.NewContext(context.Background(), sender), "cart-1", event.Customer{})
	header := propagate.Sign(ctx, propagate.MessageLife) // the message's header "cairn", say

	ctx = cx.NewContext(context.Background(), receiver)
	position, err := propagate.Verify(ctx, header, propagate.MessageLife)
	if err != nil {
		fmt.Println(err) // it is counted; the message is in no journey
		return
	}
	ctx = propagate.ContextWithPosition(ctx, position)
	run, _ := journey.FromContext(ctx)
	fmt.Println(run.Name(), run.ID())

	// HTTP takes no keys by hand: touchpoint.Transport signs, touchpoint.WithSignedPositions believes.

	_, err = cx.New(cx.WithPositionKeys([]byte("too short")))
	fmt.Println(err)

	// Output:
	// checkout cart-1
	// cx: the client cannot be made: WithPositionKeys: propagate: key 1 of 1 for positions has 9 bytes, at least 16 are needed: use random ones
}

// What cannot be taken as it is recorded is told to a log, with what to do about it.
func ExampleWithLogger() {
	order := journey.Define("order", journey.Stages("basket", "payment"))
	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{} // it is another one each time
		}
		return a
	}}))
	client, err := cx.New(cx.WithDefinitions(order), cx.WithLogger(log))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := cx.NewContext(context.Background(), client)

	ctx = order.Start(ctx, "o-1", event.Customer{})
	for range 3 {
		order.Enter(ctx, "paiment") // it is told once a minute
	}
	order.Cancel(ctx)
	if err := client.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// level=WARN msg="cairn: unknown_name" fault=unknown_name name=paiment detail="it is a stage that the journey order does not have" remedy="correct the name where it is recorded, or define it: in the blueprint, or with cx.WithDefinitions, and a queue, an intent or a cause with cx.WithQueues, cx.WithIntents or cx.WithCauses"
}

// Code hears of faults too: here it keeps the names of those that a page about the service's health shows.
func ExampleWithOnFault() {
	order := journey.Define("order")
	client, err := cx.New(cx.WithDefinitions(order), cx.WithLogger(slog.New(slog.DiscardHandler)),
		cx.WithOnFault(func(_ context.Context, r fault.Report) {
			fmt.Printf("%s of %s: %s\n", r.Fault, r.Name, r.Detail)
		}))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := cx.NewContext(context.Background(), client)

	order.Complete(ctx) // in no run
	order.Complete(ctx)
	if err := client.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}
	for _, f := range client.Faults() {
		fmt.Println(f.Count, f.Fault, f.Name)
	}
	// Output:
	// no_journey of order: the context is in no run of the journey
	// 2 no_journey order
}
