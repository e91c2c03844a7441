package touchpoint_test

import (
	"context"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

var exampleSupport = touchpoint.Define("support")

// legTeller tells what was recorded of each contact. A service does not need one.
type legTeller struct{}

func (legTeller) Process(_ context.Context, e *event.Event) {
	if e.Assisted == nil {
		return
	}
	fmt.Println(e.Channel, e.Outcome, e.Duration)
	for _, l := range e.Assisted.Legs {
		fmt.Printf("  %q answered %t: wait %v, talk %v, hold %v, wrap %v: %s\n", l.Queue, l.Answered,
			time.Duration(l.Wait), time.Duration(l.Talk), time.Duration(l.Hold), time.Duration(l.Wrap), l.End)
	}
}
func (legTeller) Shutdown(context.Context) error { return nil }

// newSupport returns a client with a clock of the example's own, and a function that lets time pass. A service has the real clock.
func newSupport() (ctx context.Context, pass func(time.Duration), stop func()) {
	now := time.Date(2026, 3, 25, 10, 0, 0, 0, time.UTC)
	client, err := cx.New(
		cx.WithProcessors(legTeller{}),
		cx.WithCustomerKey([]byte("a secret of at least 16 bytes")),
		cx.WithClock(func() time.Time { return now }), cx.WithSweepInterval(time.Hour))
	if err != nil {
		panic(err)
	}
	return cx.NewContext(context.Background(), client), func(d time.Duration) { now = now.Add(d) }, func() { _ = client.Shutdown(context.Background()) }
}

func ExampleDefinition_Contact() {
	ctx, pass, stop := newSupport()
	defer stop()

	_, call := exampleSupport.Contact(ctx, event.Phone, touchpoint.From(event.Customer{ID: "customer-7"}), touchpoint.Intent("late-delivery"))
	defer call.End()
	call.Queue("orders")
	pass(20 * time.Second)
	call.Answer("employee-12")
	pass(time.Minute)
	call.Hold()
	pass(30 * time.Second)
	call.Transfer("carriers", touchpoint.Warm())
	pass(10 * time.Second)
	call.Answer("employee-31")
	pass(2 * time.Minute)
	call.Claim(event.Yes)
	call.Wrap() // the customer hangs up
	pass(45 * time.Second)
	call.End()

	// Output:
	// phone ok 4m0s
	//   "orders" answered true: wait 20s, talk 1m0s, hold 30s, wrap 0s: transferred
	//   "carriers" answered true: wait 10s, talk 2m0s, hold 0s, wrap 45s: finished
}

// A chat in which the company's bot hands over to an employee.
func ExampleContact_AnswerBot() {
	ctx, pass, stop := newSupport()
	defer stop()

	_, chat := exampleSupport.Contact(ctx, event.Chat)
	defer chat.End()
	chat.AnswerBot()
	pass(40 * time.Second)
	chat.Unable("not-understood") // the bot cannot help
	chat.Transfer("chat")
	pass(15 * time.Second)
	chat.Abandon() // the customer closes the window

	chat.End()

	// Output:
	// chat abandoned 55s
	//   "" answered true: wait 0s, talk 40s, hold 0s, wrap 0s: transferred
	//   "chat" answered false: wait 15s, talk 0s, hold 0s, wrap 0s: abandoned
}

// Code that handles one message of a chat finds the contact in its context.
func ExampleContactFromContext() {
	ctx, _, stop := newSupport()
	defer stop()

	ctx, chat := exampleSupport.Contact(ctx, event.Chat)
	defer chat.End()
	chat.Answer("employee-12")

	touchpoint.ContactFromContext(ctx).Saw("orders", 5*time.Minute, 300*time.Millisecond, true)
	chat.End()

	// Output:
	// chat ok 0s
	//   "" answered true: wait 0s, talk 0s, hold 0s, wrap 0s: finished
}

func ExampleContact_Approval() {
	now := time.Date(2026, 3, 25, 10, 0, 0, 0, time.UTC)
	client, err := cx.New(cx.WithProcessors(decisionTeller{}), cx.WithClock(func() time.Time { return now }), cx.WithSweepInterval(time.Hour))
	if err != nil {
		panic(err)
	}
	defer func() { _ = client.Shutdown(context.Background()) }()

	_, call := exampleSupport.Contact(cx.NewContext(context.Background(), client), event.Phone)
	call.Answer("")
	approval := call.Approval("team_lead")
	now = now.Add(90 * time.Second)
	approval.Granted(touchpoint.Decision{
		What: "refund", Amount: &event.Money{Amount: 9900, Currency: "EUR"}, Limit: &event.Money{Amount: 5000, Currency: "EUR"},
	})
	call.Decide(touchpoint.Decision{What: "replacement", Path: "courier", Skipped: []string{"return-first"}})
	call.End()

	// Output:
	// refund: asked "team_lead" for 1m30s
	// replacement: without approval, skipped [return-first]
}

type decisionTeller struct{}

func (decisionTeller) Process(_ context.Context, e *event.Event) {
	for _, d := range e.Assisted.Decisions {
		if d.Approval {
			fmt.Printf("%s: asked %q for %v\n", d.What, d.Approver, time.Duration(d.Waited))
		} else {
			fmt.Printf("%s: without approval, skipped %v\n", d.What, d.Skipped)
		}
	}
}
func (decisionTeller) Shutdown(context.Context) error { return nil }

func ExampleContact_Callback() {
	now := time.Date(2026, 3, 25, 10, 0, 0, 0, time.UTC)
	client, err := cx.New(cx.WithProcessors(promiseTeller{}), cx.WithClock(func() time.Time { return now }), cx.WithSweepInterval(time.Hour))
	if err != nil {
		panic(err)
	}
	defer func() { _ = client.Shutdown(context.Background()) }()
	ctx := cx.NewContext(context.Background(), client)

	// The customer leaves the queue for a promise. The ID goes into the list of those to call back.
	_, call := exampleSupport.Contact(ctx, event.Phone)
	call.Queue("orders")
	now = now.Add(2 * time.Minute)
	id := call.Callback(now.Add(time.Hour))
	call.End()

	// Whoever takes the next entry of that list, perhaps in another process that shares the store:
	now = now.Add(40 * time.Minute)
	_, back := exampleSupport.Contact(touchpoint.Callbacks.Resume(ctx, id), event.Phone, touchpoint.Outbound())
	back.Ring()
	back.Answer("") // the customer is reached
	back.End()

	// Output:
	// promise.made called-back
	// promise.kept called-back
	// callback completed
}

type promiseTeller struct{}

func (promiseTeller) Process(_ context.Context, e *event.Event) {
	switch {
	case e.Promise != nil:
		fmt.Println(e.Kind, e.Promise.Name)
	case e.Kind == event.JourneyEnded:
		fmt.Println(e.Journey.Name, e.Outcome)
	}
}
func (promiseTeller) Shutdown(context.Context) error { return nil }

// A mail on Friday, which the bot acknowledges and an employee answers on Monday.
func ExampleThread() {
	hours := calendar.Define("support", calendar.Zone("Europe/Berlin"), calendar.Open("mon-fri", "09:00-17:00"))
	friday := time.Date(2026, 3, 20, 15, 0, 0, 0, time.UTC) // 16:00 in Berlin
	thread := touchpoint.Thread([]touchpoint.Message{
		{At: friday, By: event.ActorCustomer},
		{At: friday.Add(time.Minute), By: event.ActorAutomation},
		{At: friday.Add(20 * time.Minute), By: event.ActorEmployee, Internal: true},
		{At: friday.Add(66 * time.Hour), By: event.ActorEmployee},
	}, hours)
	fmt.Println("first reply after", time.Duration(thread.Replies[0].After), "and", time.Duration(thread.Replies[0].Open), "in business hours")

	// The help desk records the thread when the ticket is closed.
	mail := touchpoint.Define("mail-support")
	mail.Record(context.Background(), event.Email, touchpoint.At(friday), touchpoint.Took(66*time.Hour),
		touchpoint.Assisted(event.Assisted{Thread: &thread, Claimed: event.Yes}))

	// Output:
	// first reply after 66h0m0s and 2h0m0s in business hours
}
