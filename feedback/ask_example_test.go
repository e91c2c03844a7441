package feedback_test

import (
	"context"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/touchpoint"
)

var (
	contacts = touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("survey", touchpoint.Cap(2, 90*24*time.Hour)), touchpoint.ContactWait(5*time.Second)) // an example may run on a busy machine
	delivery = feedback.Define("delivery", feedback.CSAT, feedback.Every(30*24*time.Hour))
)

// shown is a processor that prints what becomes of requests.
type shown struct{}

func (shown) Process(_ context.Context, e *event.Event) {
	if f := e.Feedback; f != nil {
		fmt.Println(e.Kind, f.Score, "of", f.Survey)
	}
}

func (shown) Shutdown(context.Context) error { return nil }

// newAsker returns a client that asks. A service uses a store that survives it.
func newAsker() (context.Context, func()) {
	client, err := cx.New(
		cx.WithStore(new(memory.Store)),
		cx.WithCustomerKey([]byte("a secret of at least 16 bytes")),
		cx.WithDefinitions(contacts, delivery),
		cx.WithProcessors(shown{}))
	if err != nil {
		panic(err)
	}
	return cx.NewContext(context.Background(), client), func() { _ = client.Shutdown(context.Background()) }
}

func ExampleSurvey_Ask() {
	ctx, stop := newAsker()
	customer := event.Customer{ID: "customer-7"}

	req := delivery.Ask(ctx, customer, feedback.Via(event.Email))
	fmt.Println("asked:", req.OK())
	delivery.Record(ctx, 4, feedback.Answering(req))
	delivery.Record(ctx, 4, feedback.Answering(req)) // the same form once more
	delivery.Record(ctx, 5, feedback.Answering(req))

	again := delivery.Ask(ctx, customer, feedback.Via(event.Email))
	fmt.Println("asked again:", again.OK(), again.Refused())
	stop()
	// Unordered output:
	// asked: true
	// asked again: false cap
	// survey.requested 0 of delivery
	// feedback.received 4 of delivery
	// feedback.amended 5 of delivery
}

// A link in a mail carries the ID of the request. The process that answers it may be another one than the one that asked.
func ExampleSurvey_Asked() {
	ctx, stop := newAsker()
	defer stop()
	link := delivery.Ask(ctx, event.Customer{ID: "customer-7"}, feedback.Via(event.Email)).ID()

	req := delivery.Asked(link)
	req.Shown(ctx)
	req.Dismissed(ctx)
	fmt.Println(req.OK(), delivery.Asked(event.ID{}).Refused())
	// Unordered output:
	// true unknown
	// survey.requested 0 of delivery
	// survey.shown 0 of delivery
	// survey.closed 0 of delivery
}

func ExampleRequest_Status() {
	client, err := cx.New(cx.WithContactsInMemory(), cx.WithCustomerKey([]byte("a secret of at least 16 bytes")), cx.WithDefinitions(contacts, delivery))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Shutdown(context.Background()) }()
	ctx := cx.NewContext(context.Background(), client)

	req := delivery.Ask(ctx, event.Customer{ID: "customer-7"}, feedback.Via(event.Email))
	delivery.Record(ctx, 2, feedback.AnsweringID(req.ID()))
	status, err := req.Status(ctx)
	fmt.Println(status.Ended, status.Score, status.Amended, status.Over, err)
	// Output: answered 2 0 false <nil>
}
