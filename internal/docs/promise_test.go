package docs_test

import (
	"context"
	"log"
	"net/http"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// This file has the code that docs/instrument.md shows about promises, and its tests.

var (
	claim = journey.Define("claim",
		journey.Stages("received", "waiting-for-customer", "replied"),
		journey.Promise("answered", 24*time.Hour,
			journey.Since("received"), journey.Until("replied"), journey.Pauses("waiting-for-customer")),
		journey.ByHand("callback"))

	answerByPhone = touchpoint.Define("answer-by-phone",
		touchpoint.Keeps(claim, "answered"))
)

func askForCall(_ http.ResponseWriter, r *http.Request) {
	claim.Promise(r.Context(), "callback", time.Now().Add(2*time.Hour))
}

func callBack(_ http.ResponseWriter, r *http.Request) {
	claim.Keep(r.Context(), "callback")
}

func newClient() (*cx.Client, error) {
	return cx.New(
		cx.WithDefinitions(claim, answerByPhone),
		cx.WithOnDue(func(_ context.Context, d journey.Due) {
			log.Printf("claim %s: the promise %s is due at %v, broken: %t", d.State.Journey.ID, d.Promise.Name, d.Promise.Due, d.Broken)
		}, cx.WarnLeft(2*time.Hour)))
}

func TestAnswerInTime(t *testing.T) {
	now := time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)
	rec := cxtest.New(t, cx.WithClock(func() time.Time { return now }))
	ctx := claim.Start(rec.Context(t.Context()), "claim-1", event.Customer{})

	ctx = claim.Enter(ctx, "received")
	rec.Promise("answered").Open().Due(now.Add(24 * time.Hour))
	now = now.Add(23 * time.Hour)
	claim.Enter(ctx, "replied")
	rec.Journey("claim", "claim-1").Promise("answered").Kept().Times(1)
}

// TestPromiseByHand: a promise that is made by hand can be moved and kept, and the end of the run settles it.
func TestPromiseByHand(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(context.Context)
		want func(*cxtest.Promise) *cxtest.Promise
	}{
		{"kept", func(ctx context.Context) { claim.Keep(ctx, "callback") }, (*cxtest.Promise).Kept},
		{"completed", func(ctx context.Context) { claim.Complete(ctx) }, (*cxtest.Promise).Withdrawn},
		{"cancelled", func(ctx context.Context) { claim.Cancel(ctx) }, (*cxtest.Promise).Withdrawn},
		{"failed", func(ctx context.Context) { claim.Fail(ctx) }, (*cxtest.Promise).Broken},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)
			rec := cxtest.New(t, cx.WithClock(func() time.Time { return now }))
			ctx := claim.Start(rec.Context(t.Context()), "claim-1", event.Customer{})
			claim.Promise(ctx, "callback", now.Add(time.Hour))
			claim.Promise(ctx, "callback", now.Add(2*time.Hour))
			now = now.Add(90 * time.Minute)
			c.end(ctx)
			c.want(rec.Promise("callback").Due(now.Add(30 * time.Minute)).Times(1))
		})
	}
}

// TestPromiseInAnotherProcess: a process that does not have the state of the run cannot make or keep a promise.
func TestPromiseInAnotherProcess(t *testing.T) {
	rec := cxtest.New(t)
	ctx := claim.Resume(rec.Context(t.Context()), "claim-1")
	claim.Promise(ctx, "callback", time.Now().Add(time.Hour))
	claim.Keep(ctx, "callback")
	answerByPhone.Record(ctx, event.Phone) // it is recorded, and keeps nothing
	rec.Fault(fault.UnknownRun, "claim").Times(2)
	rec.Promise("callback").Times(0)
}

// TestPromiseHandlers: the handlers and the client of the page work together.
func TestPromiseHandlers(t *testing.T) {
	client, err := newClient()
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	rec := cxtest.New(t)
	ctx := claim.Enter(claim.Start(rec.Context(t.Context()), "claim-1", event.Customer{}), "received")
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	askForCall(nil, r)
	callBack(nil, r)
	answerByPhone.Record(ctx, event.Phone)
	rec.Promise("callback").Kept().Times(1)
	rec.Promise("answered").Kept().Times(1)
}
