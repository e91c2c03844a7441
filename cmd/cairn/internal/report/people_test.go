package report_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cmd/cairn/internal/series"
	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
)

// TestPeople: worked cases by hand, counted by one tally or by two that are added. The service level is that of the blueprint.
func TestPeople(t *testing.T) {
	t.Parallel()
	s := func(n int) event.Seconds { return event.Seconds(time.Duration(n) * time.Second) }
	call := func(c event.Channel, legs ...event.Leg) event.Event {
		return event.Event{Kind: event.TouchpointEnded, Touchpoint: "call", Channel: c, Assisted: &event.Assisted{Legs: legs}}
	}
	answered := func(queue string, wait, work int, end event.LegEnd) event.Leg {
		return event.Leg{Queue: queue, Queued: true, Answered: true, Wait: s(wait), Talk: s(work), End: end}
	}
	left := func(queue string, wait int, end event.LegEnd) event.Leg {
		return event.Leg{Queue: queue, Queued: true, Wait: s(wait), End: end}
	}
	events := []event.Event{
		call(event.Phone, answered("billing", 0, 100, event.LegFinished)),                                                                           // an immediate answer counts
		call(event.Phone, answered("billing", 20, 50, event.LegTransferred), answered("orders", 10, 30, event.LegFinished)),                         // one contact, two queues
		call(event.Phone, answered("billing", 21, 0, event.LegTransferred), answered("billing", 0, 10, event.LegFinished)),                          // a return
		call(event.Chat, left("billing", 5, event.LegAbandoned)),                                                                                    // a short abandon
		call(event.Chat, left("billing", 6, event.LegAbandoned)),                                                                                    // is none at the bound
		call(event.Chat, left("billing", 3, event.LegCallback), event.Leg{Queue: "billing", Bot: true, Answered: true}),                             // a callback and a bot are no abandonment
		call(event.Chat, event.Leg{Queue: "desk", Answered: true, Talk: s(7), Hold: s(2), Wrap: s(1)}),                                              // no queue
		{Kind: event.TouchpointEnded, Touchpoint: "call", Actor: event.ActorSynthetic, Assisted: &event.Assisted{Legs: []event.Leg{{Queue: "no"}}}}, // a probe
		{Kind: event.TouchpointEnded, Touchpoint: "page"},
	}
	events[0].Customer.Hash, events[0].Intent, events[1].Customer.Hash, events[2].Intent, events[3].Customer.Hash, events[3].Intent = "c", "invoice", "c", "invoice", "c", event.Other
	events[0].Assisted.Claimed, events[1].Assisted.Claimed = event.Yes, event.No
	number := func(f float64) *float64 { return &f }
	level := &report.Level{Within: 20, Variant: "negative", ShortAbandon: 6}
	billing := report.Queue{
		Name: "billing", Contacts: 6, Queued: 7, Answered: 4, Abandoned: 1, ShortAbandons: 1, Others: 1, Abandonment: number(1. / 6),
		Level: level, Counted: 5, Good: 3, ServiceLevel: number(3. / 5), SpeedOfAnswer: number(41. / 4), Handled: 4, HandleTime: number(40), HandledSeconds: 160, Transfers: 2,
	}
	desk := report.Queue{Name: "desk", Contacts: 1, Handled: 1, HandleTime: number(10), HandledSeconds: 10}
	orders := report.Queue{Name: "orders", Contacts: 1, Queued: 1, Answered: 1, Abandonment: number(0), SpeedOfAnswer: number(10), Handled: 1, HandleTime: number(30), HandledSeconds: 30}
	want := &report.People{
		Contacts: 7, Answered: 4, Transfers: 2, Returns: 1, Claimed: 2, Resolved: 1, WithCustomer: 3, WithIntent: 2, WithBoth: 1, Queues: []report.Queue{billing, desk, orders},
	}
	for _, tallies := range []int{1, 2, 3} {
		var list []*report.Tally
		for range tallies {
			spool := series.NewSpool(t.TempDir(), 1<<16)
			t.Cleanup(func() { _ = spool.Close() })
			one := report.New(spool)
			one.Levels(map[string]assist.Level{"billing": {Within: 20 * time.Second}})
			list = append(list, one)
		}
		for i := range events {
			list[i%tallies].Process(t.Context(), &events[i])
		}
		for _, more := range list[1:] {
			list[0].Add(more)
		}
		rep, err := list[0].Report(time.Now())
		if err != nil {
			t.Fatal(err)
		}
		var channels []string
		for _, q := range rep.People.ByChannel {
			channels = append(channels, q.Name+" "+q.Channel)
		}
		if diff := cmp.Diff([]string{"billing chat", "billing phone", "desk chat", "orders phone"}, channels); diff != "" {
			t.Errorf("the queues by channel (-want +got):\n%s", diff)
		}
		rep.People.ByChannel = nil
		if diff := cmp.Diff(want, rep.People); diff != "" {
			t.Errorf("of %d tallies (-want +got):\n%s", tallies, diff)
		}
	}
	spool := series.NewSpool(t.TempDir(), 1<<16)
	defer spool.Close()
	if rep, err := report.New(spool).Report(time.Now()); err != nil || rep.People != nil {
		t.Errorf("without a contact the report has %+v, %v", rep.People, err)
	}
}
