package console_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/insight/watch"
	"cairncx.dev/cairn/feedback"
)

// The days before the moment of the tests on which something began in the shop, and those on which it was found.
const (
	townDays    = 120
	payBegan    = 20 // payments of team red fail
	payFound    = 14
	betterBegan = 24 // deliveries are late less often
	betterFound = 16
	cartBegan   = 38 // customers leave the cart
	cartFound   = 33
	cartMended  = 10
)

// shop is the blueprint of the tests of breakdowns.
func shop() *blueprint.Blueprint {
	day := func(n int) blueprint.Within {
		return blueprint.Within{Duration: blueprint.Duration(time.Duration(n) * 24 * time.Hour)}
	}
	return &blueprint.Blueprint{Version: 1, Journeys: []blueprint.Journey{{
		Name: "order", Owner: "shop", AbandonAfter: blueprint.Duration(21 * 24 * time.Hour), Stages: []blueprint.Stage{{Name: "cart"}, {Name: "payment"}},
		Promises: []blueprint.Promise{{Name: "delivered", Within: blueprint.Within{Duration: blueprint.Duration(24 * time.Hour)}, Target: 0.8}},
	}}, Touchpoints: []blueprint.Touchpoint{{Name: "pay", Journey: "order", Stage: "payment"}}, Actions: []blueprint.Action{{Name: "improvement", Owner: "shop"}}, Breakdowns: &blueprint.Breakdowns{
		Confirm: day(1), Plan: day(7), Mend: day(30), Severities: []blueprint.BreakdownSeverity{{Name: "high", CustomersADay: 5, Confirm: blueprint.Within{Duration: blueprint.Duration(4 * time.Hour)}}},
	}}
}

// shopping are the orders of 120 days. Of team red, payments fail more often in the last 20 days, since release 2.4; and fewer deliveries are late in the last 24.
var shopping = sync.OnceValue(func() (events []event.Event) {
	random := rand.New(rand.NewPCG(19, 3))
	first := time.Date(now.Year(), now.Month(), now.Day()-townDays, 8, 0, 0, 0, time.UTC)
	for day := range townDays {
		left := townDays - day // days until today
		for k := range 60 {
			begun := first.AddDate(0, 0, day).Add(time.Duration(k) * 10 * time.Minute)
			run := event.Run{Name: "order", ID: fmt.Sprintf("%d-%d", day, k), Started: begun, Value: &event.Money{Amount: int64(2000 + 100*k), Currency: "EUR"}}
			team := []string{"red", "blue", "green"}[k%3]
			span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{0: 1, 14: byte(day), 15: byte(k)}, SpanID: trace.SpanID{7: 1}, TraceFlags: trace.FlagsSampled})
			add := func(at time.Duration, kind event.Kind, fill func(*event.Event)) {
				e := event.Event{Kind: kind, Time: begun.Add(at), Journey: run, Customer: event.Customer{Hash: fmt.Sprintf("c%04d", (day*60+k)%2500), Segment: "gold"}, SpanContext: span}
				e.Attributes = append(e.Attributes, attribute.String("team", team))
				e.Variant = &event.Variant{Release: "2.3"}
				if left <= payBegan {
					e.Variant.Release = "2.4"
				}
				fill(&e)
				binary.BigEndian.PutUint64(e.ID[8:], uint64(len(events)+1))
				if !e.Time.After(now) {
					events = append(events, e)
				}
			}
			share := 0.1
			if left <= payBegan && team == "red" {
				share = 0.5
			}
			late := 0.3
			if left <= betterBegan {
				late = 0.12
			}
			leaves := 0.03
			if left <= cartBegan && left > cartMended {
				leaves = 0.15
			}
			failed, gone := random.Float64() < share, random.Float64() < leaves
			due := begun.Add(24 * time.Hour)
			promise := func(e *event.Event) { e.Promise = &event.Promise{Name: "delivered", Number: 1, Due: due, Made: begun} }
			add(0, event.JourneyStarted, func(*event.Event) {})
			if !gone {
				add(0, event.PromiseMade, promise)
			}
			add(time.Minute, event.JourneyStageEntered, func(e *event.Event) { e.Stage = "cart" })
			if gone {
				add(time.Hour, event.JourneyEnded, func(e *event.Event) { e.Outcome, e.Cause = event.Cancelled, "left" })
				continue
			}
			add(2*time.Minute, event.JourneyStageEntered, func(e *event.Event) { e.Stage = "payment" })
			add(3*time.Minute, event.TouchpointEnded, func(e *event.Event) {
				if e.Touchpoint, e.Stage, e.Outcome, e.Channel = "pay", "payment", event.OK, event.Web; failed {
					e.Outcome, e.Cause = event.Failed, "declined"
				}
			})
			took, says, score := 20*time.Hour, "it works", 5
			if random.Float64() < late {
				took = 30 * time.Hour
				add(24*time.Hour, event.PromiseBroken, promise)
			} else {
				add(took, event.PromiseKept, promise)
			}
			end := event.Completed
			if failed {
				end, says, score = event.Failed, "I could not pay", 1
				if left <= payBegan {
					says = "the card was refused twice"
				}
			}
			add(took, event.JourneyEnded, func(e *event.Event) {
				if e.Outcome = end; failed {
					e.Cause = "not-paid"
				}
			})
			if k%4 == 0 {
				add(took+time.Hour, event.FeedbackReceived, func(e *event.Event) {
					e.Feedback = &event.Feedback{Survey: "after", Scale: event.CSAT, Score: score, Comment: says}
				})
			}
		}
	}
	return events
})

// town is an office whose charts have a breakdown and an improvement, and the breakdowns of before.
type town struct {
	*office

	keeps *watch.Journey
	// pay and cart are the IDs of the breakdown of payments, which is open, and of that of the cart, which has returned and is mended.
	pay, cart string
}

var keeps = watch.FromBlueprint(shop())

// newTown returns a town.
func newTown(t *testing.T, opts ...console.Option) *town {
	t.Helper()
	return townOf(t, shop(), nil, opts...)
}

// townOf returns a town of the blueprint, whose client has the causes.
func townOf(t *testing.T, b *blueprint.Blueprint, causes []string, opts ...console.Option) *town {
	t.Helper()
	o := &office{t: t, viewer: insight.Everything(), before: shopping()}
	o.viewer.Name = clerk
	o.nanos.Store(now.UnixNano())
	o.rec = cxtest.New(t, cx.WithDefinitions(order, change, keeps.Journey()), cx.WithCauses(causes...), cx.WithCustomerKey([]byte("0123456789abcdef")), cx.WithUnredactedText(), cx.WithClock(o.now))
	o.ctx = o.rec.Context(t.Context())
	table, err := insight.New(b, insight.WithTeam("team"))
	if err != nil {
		t.Fatal(err)
	}
	o.table = table
	o.console = served(t, table, append([]console.Option{
		console.WithClient(o.rec.Client()), console.WithClock(o.now),
		console.WithViewer(func(*http.Request) (insight.Viewer, error) { return o.viewer, nil }),
	}, opts...)...)
	o.load()
	town := &town{office: o, keeps: keeps}
	town.found()
	o.load()
	return town
}

// found records what the charts show, on the days on which they did, and what became of three breakdowns before.
func (o *town) found() {
	o.t.Helper()
	o.old("returned", insight.Subject{About: insight.AboutStage, Journey: "order", Name: "cart"}, 80, func(ctx context.Context, at func(days int) watch.StepOption) {
		ctx = o.keeps.Confirm(ctx, at(79))
		ctx = o.keeps.Mend(ctx, at(75))
		o.keeps.Close(o.keeps.Verify(ctx, at(60)), at(40))
	})
	at := func(days int) watch.StepOption { return watch.At(now.AddDate(0, 0, -days)) }
	o.cart = o.find(insight.Subject{About: insight.AboutStage, Journey: "order", Name: "cart"}, cartFound, "returned")
	again := o.keeps.Resume(o.ctx, o.cart)
	again = o.keeps.Confirm(again, at(cartFound-1), watch.Owner("shop"))
	plan := change.Propose(o.ctx, "A-7", feedback.Change("remember the cart"), feedback.Owner("shop"), feedback.At(now.AddDate(0, 0, -30)))
	change.Make(plan, feedback.At(now.AddDate(0, 0, -cartMended)))
	again = o.keeps.Plan(again, event.RunRef{Namespace: o.rec.Client().Namespace(), Name: "improvement", ID: "A-7"}, "shop", at(30), watch.Note("Customers lose it when they sign in."))
	o.keeps.Mend(again, at(cartMended))
	o.old("intended", insight.Subject{About: insight.AboutCause, Journey: "order", Name: "not-paid"}, 50, func(ctx context.Context, at func(days int) watch.StepOption) {
		o.keeps.Dismiss(ctx, "intended", at(48))
	})
	o.pay = o.find(insight.Subject{About: insight.AboutTouchpoint, Journey: "order", Name: "pay"}, payFound, "")
	o.find(insight.Subject{About: insight.AboutPromise, Journey: "order", Name: "delivered"}, betterFound, "")
}

// old records a breakdown of so many days ago, which the charts do not have.
func (o *town) old(id string, s insight.Subject, days int, steps func(ctx context.Context, at func(days int) watch.StepOption)) {
	at := func(days int) watch.StepOption { return watch.At(now.AddDate(0, 0, -days)) }
	d := event.Breakdown{About: string(s.About), Journey: s.Journey, Name: s.Name, Began: now.AddDate(0, 0, -days-3), Before: 0.01, Since: 0.04, Excess: 30, Customers: 28, Owner: "shop"}
	if ctx := o.keeps.Find(o.ctx, id, d, at(days)); steps != nil {
		steps(ctx, at)
	}
}

// find records what the charts showed so many days ago, and returns the ID of the breakdown.
func (o *town) find(s insight.Subject, days int, earlier string) string {
	o.t.Helper()
	at := now.AddDate(0, 0, -days)
	charts := watch.Charts{Table: o.table, Now: func() time.Time { return at }}
	answer, err := charts.Find(o.t.Context(), nil)
	if err != nil {
		o.t.Fatal(err)
	}
	list := answer.Found
	for i := range list {
		if list[i].Subject != s {
			continue
		}
		place, err := charts.Place(o.t.Context(), list[i])
		if err != nil {
			o.t.Fatal(err)
		}
		status := watch.Status{Subject: s, Found: list[i], Placement: place, Earlier: earlier}
		status.Severity = o.keeps.Severity(float64(place.Customers))
		id := watch.ID("", s, list[i].Better, list[i].Last)
		o.keeps.Find(o.ctx, id, status.Details(), watch.At(at), watch.By(event.ActorAutomation))
		return id
	}
	o.t.Fatalf("%s is not found among %d findings: %+v", breakdown.Name(s), len(list), list)
	return ""
}
