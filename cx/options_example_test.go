package cx_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	sdkmetric "go.opentelemetry.io/otel/metric/noop"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// The company's bot answers beside the customer and the agents: with this option cx.touchpoint.interactions tells
// them apart under cx.actor.
func ExampleWithMetricActor() {
	answer := touchpoint.Define("answer")
	client, err := cx.New(
		cx.WithDefinitions(answer),
		cx.WithMeterProvider(sdkmetric.NewMeterProvider()), // that of the OpenTelemetry SDK, in a service
		cx.WithMetricActor())
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := cx.NewContext(context.Background(), client)
	answer.Record(ctx, event.Chat, touchpoint.By(event.ActorAutomation))
	answer.Record(ctx, event.Chat, touchpoint.By(event.ActorEmployee))
	fmt.Println(client.Shutdown(context.Background()))
	// Output: <nil>
}

// A page about a service's health shows what the client could not take as it was given.
func ExampleClient_Faults() {
	order := journey.Define("order", journey.Stages("basket", "payment"))
	client, err := cx.New(cx.WithDefinitions(order), cx.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := order.Start(cx.NewContext(context.Background(), client), "o-1", event.Customer{})
	for range 3 {
		order.Enter(ctx, "paiment")
	}
	order.Cancel(ctx)
	for _, f := range client.Faults() {
		fmt.Printf("%d × %s %q: %s\n", f.Count, f.Fault, f.Name, f.Detail)
	}
	fmt.Println(client.Shutdown(context.Background()))
	// Output:
	// 3 × unknown_name "paiment": it is a stage that the journey order does not have
	// <nil>
}

// Three of four customers completed their checkout, and 95% were promised: an admin page says so, and how much was at stake.
func ExampleWithObjectives() {
	checkout := journey.Define("checkout")
	now := time.Date(2026, time.March, 4, 12, 0, 0, 0, time.UTC)
	client, err := cx.New(
		cx.WithDefinitions(checkout),
		cx.WithClock(func() time.Time { return now }), // so that the example says the same every day
		cx.WithObjectives(
			slo.Objective{Name: "checkout-completes", Journey: "checkout", Target: 0.95, Window: slo.Window{Days: 28}, MinEvents: 2}))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, id := range []string{"o-1", "o-2", "o-3", "o-4"} {
		ctx := checkout.Start(cx.NewContext(context.Background(), client), id, event.Customer{}, journey.Worth(4_999, "EUR"))
		if id == "o-3" {
			checkout.Fail(ctx)
		} else {
			checkout.Complete(ctx)
		}
	}
	for _, s := range client.Objectives() {
		fmt.Printf("%s: %s\n", s.Name, s)
	}
	fmt.Println(client.Shutdown(context.Background()))
	// Output:
	// checkout-completes: 3 of 4 customers; promised 4; 1 short in the last 28 days; 49.99 EUR at stake; counted since 2026-03-04 12:00 UTC
	// <nil>
}

// comments is a processor that shows what is exported of comments.
type comments struct{}

func (comments) Process(_ context.Context, e *event.Event) { fmt.Println(e.Cause, e.Customer.ID == "") }
func (comments) Shutdown(context.Context) error            { return nil }

// A processor sees every event in line. With a key, the customer is known by a hash of the ID alone.
func ExampleWithProcessors() {
	client, err := cx.New(
		cx.WithProcessors(comments{}),
		cx.WithCustomerKey([]byte("32 random bytes, for this example")))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := cx.NewContext(context.Background(), client)
	touchpoint.Define("pay").Record(ctx, event.Web,
		touchpoint.From(event.Customer{ID: "alice"}), touchpoint.Outcome(event.Failed), touchpoint.Because("declined"))
	fmt.Println(client.Shutdown(context.Background()))
	// Output:
	// declined true
	// <nil>
}

// Everything that is wrong with the options is named, each with what may be given.
func ExampleWithStoreQueue() {
	_, err := cx.New(cx.WithStoreQueue(-1), cx.WithMaxJourneys(-1))
	fmt.Println(strings.Count(err.Error(), "\n")+1, "faults")
	fmt.Println(err)
	// Output:
	// 2 faults
	// cx: the client cannot be made: WithMaxJourneys(-1): it is negative: give a number of journeys, or 0 for 4194304
	// WithStoreQueue(-1): give 1 to 1048576 changes, or 0 for 8192
}

// Journeys stay in memory, and what may be done to a customer is in a store that outlives the process.
func ExampleWithContactStore() {
	records := new(memory.Store) // a service uses one on a disk or a server, such as cx/stores/sqlite
	contacts := touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("survey", touchpoint.Cap(1, 24*time.Hour)), touchpoint.ContactWait(5*time.Second))
	for range 2 { // two processes, one after the other
		client, err := cx.New(cx.WithContactStore(records), cx.WithCustomerKey([]byte("a secret of at least 16 bytes")), cx.WithDefinitions(contacts))
		if err != nil {
			panic(err)
		}
		ctx := cx.NewContext(context.Background(), client)
		grant := contacts.Ask(ctx, event.Customer{ID: "customer-7"}, "survey", event.Email)
		fmt.Println(grant.Use(ctx), grant.Reason())
		_ = client.Shutdown(context.Background())
	}
	// Output:
	// true granted
	// false cap
}

func ExampleWithOnViolation() {
	newsletter := touchpoint.Define("newsletter")
	client, err := cx.New(cx.WithOnViolation(func(_ context.Context, e event.Event) {
		fmt.Println(e.Touchpoint, e.Contact.Purpose, e.Channel, e.Contact.Rule)
	}))
	if err != nil {
		panic(err)
	}
	newsletter.Record(cx.NewContext(context.Background(), client), event.Email, touchpoint.For("marketing")) // no policy was asked
	_ = client.Shutdown(context.Background())                                                                // which waits for the hook
	// Output:
	// newsletter marketing email no_grant
}

// A simulation asks a contact policy over two months, without a store.
func ExampleWithContactsInMemory() {
	policy := touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("survey", touchpoint.Cap(1, 30*24*time.Hour)), touchpoint.ContactWait(5*time.Second))
	now := time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)
	client, err := cx.New(
		cx.WithContactsInMemory(),
		cx.WithClock(func() time.Time { return now }), cx.WithSweepInterval(time.Hour),
		cx.WithCustomerKey([]byte("a secret of at least 16 bytes")))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := cx.NewContext(context.Background(), client)
	for range 5 {
		grant := policy.Ask(ctx, event.Customer{ID: "customer-7"}, "survey", event.Email)
		fmt.Println(now.Format("2 January"), grant.Use(ctx), grant.Reason())
		now = now.Add(15 * 24 * time.Hour)
	}
	fmt.Println(client.Shutdown(context.Background()))
	// Output:
	// 2 March true granted
	// 17 March false cap
	// 1 April true granted
	// 16 April false cap
	// 1 May true granted
	// <nil>
}

// The client knows the queues of the company. A call that waits in another one is counted under _other.
func ExampleWithQueues() {
	client, err := cx.New(
		cx.WithQueues(assist.Queue{Name: "support", Level: assist.Level{Within: 20 * time.Second}}),
		cx.WithIntents("refund", "order-late"),
		cx.WithCauses("no-authority"),
		cx.WithProcessors(printQueues{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Shutdown(context.Background()) }()
	client.Record(context.Background(), event.Event{
		Kind: event.TouchpointEnded, Touchpoint: "helpline", Channel: event.Phone, Outcome: event.OK, Intent: "ballet",
		Assisted: &event.Assisted{Legs: []event.Leg{{Queue: "support", Queued: true, Answered: true}, {Queue: "nowhere", Queued: true}}},
	})
	// Output: _other: support, _other
}

type printQueues struct{}

func (printQueues) Process(_ context.Context, e *event.Event) {
	fmt.Printf("%s: %s, %s\n", e.Intent, e.Assisted.Legs[0].Queue, e.Assisted.Legs[1].Queue)
}

func (printQueues) Shutdown(context.Context) error { return nil }

func ExampleWithOnFollowUp() {
	complaint := feedback.DefineFollowUp("complaint", feedback.AcknowledgeWithin(24*time.Hour))
	client, err := cx.New(cx.WithDefinitions(complaint),
		cx.WithOnFollowUp(func(ctx context.Context, e event.Event) {
			if e.Stage == feedback.Received { // write to the customer, and say so
				fmt.Println("we have your complaint", e.Journey.ID)
			}
		}))
	if err != nil {
		fmt.Println(err)
		return
	}
	complaint.Open(cx.NewContext(context.Background(), client), "case-7", event.Customer{})
	_ = client.Shutdown(context.Background())
	// Output:
	// we have your complaint case-7
}

// A command moves a customer on, and ends. The service that shares the store tells it.
func ExampleWithHandOver() {
	order := journey.Define("order", journey.Stages("sent"))
	store := new(memory.Store) // in production sqlite, redis or postgres
	told := make(chan string, 1)
	service, err := cx.New(cx.WithDefinitions(order), cx.WithStore(store), cx.WithSweepInterval(10*time.Millisecond), cx.WithProcessors(entries(told)))
	if err != nil {
		fmt.Println(err)
		return
	}
	command, err := cx.New(cx.WithDefinitions(order), cx.WithStore(store), cx.WithHandOver())
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := order.Start(cx.NewContext(context.Background(), command), "o-7", event.Customer{})
	order.Enter(ctx, "sent")
	fmt.Println("the command ends:", command.Shutdown(context.Background()))
	fmt.Println("the service tells:", <-told)
	_ = service.Shutdown(context.Background())
	// Output:
	// the command ends: <nil>
	// the service tells: o-7 sent
}

// entries is a processor that sends on the stages that customers enter.
type entries chan string

func (s entries) Process(_ context.Context, e *event.Event) {
	if e.Kind == event.JourneyStageEntered {
		s <- e.Journey.ID + " " + e.Stage
	}
}

func (entries) Shutdown(context.Context) error { return nil }

// A page for support looks up a customer by the ID of the shop: the archive knows the pseudonym.
func ExampleClient_CustomerHash() {
	client, err := cx.New(cx.WithCustomerKey([]byte("a key of 16 bytes or more")), cx.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		fmt.Println(err)
		return
	}
	hash, err := client.CustomerHash("customer-8821")
	fmt.Println(hash, err)
	fmt.Println(client.Shutdown(context.Background()))
	// Output:
	// 00fc66dee122e41d2e0464a2e15c0471 <nil>
	// <nil>
}

// Compare releases: questions and objectives are split by the release that the customer dealt with.
func ExampleWithRelease() {
	client, err := cx.New(cx.WithRelease("2026.11"), cx.WithProcessors(released{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	touchpoint.Define("pay").Record(cx.NewContext(context.Background(), client), event.Web)
	fmt.Println(client.Shutdown(context.Background()))
	// Output:
	// pay 2026.11
	// <nil>
}

// The release is the version of the service: service.version of the resource that otelsetup has made, or of OTEL_RESOURCE_ATTRIBUTES.
func ExampleWithReleaseOfService() {
	// sdk, err := otelsetup.Start(ctx, …), and cx.WithJourneyTracerProvider(sdk.JourneyTracerProvider)
	client, err := cx.New(cx.WithReleaseOfService())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(client.Shutdown(context.Background()))
	// Output: <nil>
}

// released prints the release.
type released struct{}

func (released) Process(_ context.Context, e *event.Event) {
	fmt.Println(e.Touchpoint, e.Variant.Release)
}

func (released) Shutdown(context.Context) error { return nil }

// By default the touchpoint of an assistant has no Apdex zone, because the customer did not wait for it.
func ExampleWithScoredDelegates() {
	pay := touchpoint.Define("pay", touchpoint.Satisfied(time.Second))
	for _, opts := range [][]cx.Option{nil, {cx.WithScoredDelegates()}} {
		client, err := cx.New(append(opts, cx.WithDefinitions(pay), cx.WithProcessors(zoned{}))...)
		if err != nil {
			fmt.Println(err)
			return
		}
		pay.Record(cx.NewContext(context.Background(), client), event.API, touchpoint.By(event.ActorDelegate), touchpoint.Took(time.Second/2))
		_ = client.Shutdown(context.Background())
	}
	// Output:
	// by delegate: ""
	// by delegate: "satisfied"
}

// zoned prints the actor and the Apdex zone.
type zoned struct{}

func (zoned) Process(_ context.Context, e *event.Event) {
	fmt.Printf("by %s: %q\n", e.Actor, e.Zone)
}

func (zoned) Shutdown(context.Context) error { return nil }
