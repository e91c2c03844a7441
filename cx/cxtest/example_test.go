package cxtest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// printingTB stands for the *testing.T that a test has: it prints failures.
type printingTB struct {
	testing.TB
	cleanup func()
}

func (*printingTB) Helper()            {}
func (t *printingTB) Cleanup(f func()) { t.cleanup = f }
func (*printingTB) Errorf(format string, args ...any) {
	text, _, _ := strings.Cut(fmt.Sprintf(format, args...), "\nrecorded:") // every event, as JSON
	fmt.Println("FAIL:", text)
}

func ExampleNew() {
	// The service: it takes payments.
	order := journey.Define("order", journey.Stages("basket", "payment"))
	payment := touchpoint.Define("submit-payment", touchpoint.In(order, "payment"))
	checkOut := func(ctx context.Context, id string) {
		ctx = order.Start(ctx, id, event.Customer{ID: "alice"})
		ctx, tp := payment.Start(ctx, event.Web)
		defer tp.End()
		tp.Degrade("slow-psp")
		order.Complete(ctx)
	}

	t := &printingTB{} // in a test: func TestCheckOut(t *testing.T)
	noon := time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)
	rec := cxtest.New(t, cx.WithClock(func() time.Time { return noon })) // the clock is for this example
	checkOut(rec.Context(context.Background()), "o-1")

	rec.Journey("order", "o-1").Started().Stages("payment").Completed()
	rec.Journey("order", "o-1").Touchpoint("submit-payment").Times(1).OK()

	t.cleanup() // a test does that by itself
	// Output:
	// FAIL: touchpoint submit-payment of journey order o-1: it was degraded because of "slow-psp", want ok
	//   number 1: degraded because of "slow-psp" at 12:00:00.000, in order "o-1"
}

// The failure says which of several interactions went wrong, and why.
func ExampleTouchpoint_OK() {
	search := touchpoint.Define("search")
	noon := time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)

	t := &printingTB{} // in a test: func TestSearch(t *testing.T)
	rec := cxtest.New(t, cx.WithClock(func() time.Time { return noon }))
	ctx := rec.Context(context.Background())
	search.Record(ctx, event.Web)
	_, tp := search.Start(ctx, event.Web)
	tp.Fail(context.DeadlineExceeded)
	tp.Because("index-away")
	tp.End()

	rec.Touchpoint("search").Times(2).OK()

	t.cleanup() // a test does that by itself
	// Output:
	// FAIL: touchpoint search: number 2 of 2 was failed because of "index-away" with the error type "timeout", want ok
	//   number 2: failed because of "index-away" with the error type "timeout" at 12:00:00.000
}

// A test says that a customer who mistypes a number gets through at the second attempt, and without a detour.
func ExampleJourney_Friction() {
	order := journey.Define("order", journey.Stages("basket", "payment"))
	payment := touchpoint.Define("submit-payment", touchpoint.In(order, "payment"))
	noon := time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)

	t := &printingTB{} // in a test: func TestPayAgain(t *testing.T)
	rec := cxtest.New(t, cx.WithClock(func() time.Time { return noon }))
	ctx := order.Start(rec.Context(context.Background()), "o-1", event.Customer{ID: "alice"})
	payment.Record(ctx, event.Web, touchpoint.Outcome(event.Failed))
	noon = noon.Add(time.Minute)
	payment.Record(ctx, event.Phone) // the web page does not take the number, so that the customer calls
	order.Complete(ctx)

	rec.Journey("order", "o-1").Friction(event.Friction{Repeats: 1, FailuresBeforeSuccess: 1})

	t.cleanup() // a test does that by itself
	// Output:
	// FAIL: journey order "o-1": its friction is repeat 1, failure_before_success 1, channel_switch 1, want repeat 1, failure_before_success 1
}

// A test fails when it ends if the code under test misuses Cairn, and says what to do.
func ExampleRecorder_AllowFaults() {
	order := journey.Define("order", journey.Stages("basket", "payment"))
	checkOut := func(ctx context.Context, id string) {
		ctx = order.Start(ctx, id, event.Customer{})
		ctx = order.Enter(ctx, "paiment") // misspelt
		order.Complete(ctx)
	}

	t := &printingTB{} // in a test: func TestCheckOut(t *testing.T)
	rec := cxtest.New(t)
	checkOut(rec.Context(context.Background()), "o-1")
	t.cleanup() // a test does that by itself

	rec = cxtest.New(t).AllowFaults(fault.UnknownName, "paiment") // it passes, for a reason that the test gives
	checkOut(rec.Context(context.Background()), "o-1")
	t.cleanup()
	// Output:
	// FAIL: cxtest: the code under test misuses Cairn, or Cairn could not do its work; mend it, or allow it with AllowFaults
	// faults:
	//   1 times unknown_name "paiment": it is a stage that the journey order does not have: correct the name where it is recorded, or define it: in the blueprint, or with cx.WithDefinitions, and a queue, an intent or a cause with cx.WithQueues, cx.WithIntents or cx.WithCauses
}

// The faults can be asserted about; whoever does that expects them.
func ExampleRecorder_Fault() {
	order := journey.Define("order")

	t := &printingTB{} // in a test: func TestStrangers(t *testing.T)
	rec := cxtest.New(t)
	ctx := rec.Context(context.Background())
	order.Complete(ctx) // in no run
	order.Complete(ctx)

	rec.Fault(fault.NoJourney, "order").Times(2)
	for _, f := range rec.Faults() {
		fmt.Println(f.Fault, f.Name, f.Count)
	}
	t.cleanup()
	// Output:
	// no_journey order 2
}

// A test moves the clock of the client, and asserts that the promise was kept. The failure says how each promise stands.
func ExamplePromise_Kept() {
	order := journey.Define("order", journey.Stages("payment", "confirmation"),
		journey.Promise("confirmed", 10*time.Minute, journey.Since("payment"), journey.Until("confirmation")))
	now := time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)

	t := &printingTB{} // in a test: the *testing.T
	rec := cxtest.New(t, cx.WithClock(func() time.Time { return now }), cx.WithSweepInterval(time.Hour))
	pay := func(id string) context.Context {
		return order.Enter(order.Start(rec.Context(context.Background()), id, event.Customer{}), "payment")
	}
	first, second := pay("o-1"), pay("o-2")
	rec.Promise("confirmed").Times(2).Open().Due(now.Add(10 * time.Minute))
	now = now.Add(10 * time.Minute)
	order.Enter(first, "confirmation")
	now = now.Add(time.Second)
	order.Enter(second, "confirmation") // it is late

	rec.Journey("order", "o-1").Promise("confirmed").Times(1).Kept()
	rec.Journey("order", "o-2").Promise("confirmed").Kept()

	t.cleanup() // a test does that by itself
	// Output:
	// FAIL: promise confirmed of journey order o-2: it is broken, want kept
	//   number 1: broken, due at 2026-03-02T12:10:00Z, in order "o-2"
}

// A test asserts what an objective makes of an order that takes too long.
func ExampleRecorder_Objective() {
	order := journey.Define("order")
	now := time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)

	t := &printingTB{} // in a test: the *testing.T
	rec := cxtest.New(t, cx.WithClock(func() time.Time { return now }), cx.WithSweepInterval(time.Hour), cx.WithObjectives(slo.Objective{
		Name: "orders-are-quick", Journey: "order", Good: slo.Criteria{Within: time.Hour}, Target: 0.95, Window: slo.Window{Days: 28},
	}))
	ctx := order.Start(rec.Context(context.Background()), "o-1", event.Customer{})
	now = now.Add(2 * time.Hour)
	order.Complete(ctx)

	rec.Objective("orders-are-quick").Good(0).Bad(1)
	fmt.Println(rec.Client().Objectives()[0])
	t.cleanup()
	// Output:
	// 0 of 1 customer; promised 1; 1 short in the last 28 days; counted since 2026-03-02 12:00 UTC
}

// A test of an application's contact policy needs no server: it calls the code that sends, and asserts what became of it.
func ExampleContact_Suppressed() {
	// The service: it sends a survey after each order, and one a month to each customer.
	policy := touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("survey", touchpoint.Cap(1, 30*24*time.Hour)), touchpoint.ContactWait(5*time.Second))
	surveyMail := touchpoint.Define("survey-mail")
	sendSurvey := func(ctx context.Context, customer string) {
		grant := policy.Ask(ctx, event.Customer{ID: customer}, "survey", event.Email)
		if grant.Use(ctx) {
			surveyMail.Record(ctx, event.Email, touchpoint.Granted(grant))
		}
	}
	noon := time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)

	t := &printingTB{} // in a test: func TestSurvey(t *testing.T)
	rec := cxtest.New(t, cx.WithClock(func() time.Time { return noon }))
	sendSurvey(rec.Context(context.Background()), "alice")
	sendSurvey(rec.Context(context.Background()), "alice")

	rec.Contact("survey").Times(1).Granted().Suppressed(event.RuleCap)
	rec.Contact("survey").Suppressed(event.RuleHold)

	t.cleanup() // a test does that by itself
	// Output:
	// FAIL: contact for survey: number 1 of the 1 that were refused is so because of "cap", want "hold"
	//   number 1: made with survey-mail by email at 12:00:00.000
	//   number 2: refused because of "cap" by email at 12:00:00.000
}
