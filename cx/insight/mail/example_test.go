package mail_test

import (
	"bytes"
	"context"
	"fmt"
	netmail "net/mail"
	"strconv"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/mail"
	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/cx/insight/schedule"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
)

// weekly sends a report of each week to the team. Every instance of the service calls it.
func weekly(store ledger.Store, table *insight.Table, source insight.Source, sender *mail.Sender, zone *time.Location) (*schedule.Schedule, error) {
	reader := insight.Viewer{Rights: insight.Numbers} // no words of customers by e-mail
	return schedule.New(store, schedule.Plan{
		Name: "support week", Every: report.Week, Zone: zone, Deliver: sender,
		Make: func(ctx context.Context, p report.Period) (schedule.Report, error) {
			if err := table.Load(ctx, source); err != nil { // what has arrived since the last report
				return nil, err
			}
			return report.Make(ctx, table, reader, report.Settings{Title: "Support", From: p.From, Until: p.Until, Zone: zone})
		},
	})
}

var monday = time.Date(2026, time.March, 2, 0, 0, 0, 0, time.UTC)

// tickets is a source with the tickets of three weeks. A service has an archive, or files of events.
type tickets struct{}

func (tickets) Scan(_ context.Context, _ event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	for n := range 300 {
		began := monday.Add(time.Duration(n) * 100 * time.Minute)
		e := event.Event{
			ID: event.NewID(began), Kind: event.JourneyStarted, Time: began, Customer: event.Customer{Hash: fmt.Sprint("customer-", n)},
			Journey: event.Run{Name: "ticket", ID: strconv.Itoa(n), Started: began},
		}
		if err := each(&e); err != nil {
			return event.Cursor{}, err
		}
		e.Kind, e.Time, e.Outcome = event.JourneyEnded, began.Add(time.Duration(n%30)*time.Hour), []event.Outcome{event.Completed, event.Failed}[n%7/6]
		e.ID = event.NewID(e.Time)
		if err := each(&e); err != nil {
			return event.Cursor{}, err
		}
	}
	return event.Cursor{Position: "all", Epoch: "1"}, nil
}

func (tickets) Events(context.Context, event.Query, func(*event.Event) error) error { return nil }

// service returns what the plan needs.
func service() (*insight.Table, error) {
	table, err := insight.New(&blueprint.Blueprint{Version: 1, Journeys: []blueprint.Journey{{Name: "ticket", AbandonAfter: blueprint.Duration(72 * time.Hour)}}})
	if err != nil {
		return nil, err
	}
	return table, table.Load(context.Background(), tickets{})
}

// A service sends a report of each week. A report can also be sent at once.
func Example() {
	server, stop, err := open(plain)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stop()
	table, err := service()
	if err != nil {
		fmt.Println(err)
		return
	}
	sender, err := mail.New(server.address, "Reports <reports@example.com>", []string{"lead@example.com", "cx@example.com"}, mail.WithPlainLoopback())
	if err != nil {
		fmt.Println(err)
		return
	}

	s, err := weekly(new(memory.Store), table, tickets{}, sender, time.UTC)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = s.Shutdown(context.Background()) }()

	week := report.Week.Current(monday)
	r, err := report.Make(context.Background(), table, insight.Viewer{Rights: insight.Numbers}, report.Settings{Title: "Support", From: week.From, Until: week.Until})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := sender.Deliver(context.Background(), &schedule.Delivery{Name: "support week", Period: week, Report: r, MessageID: "a1"}); err != nil {
		fmt.Println(err)
	}
	for _, m := range server.got() {
		read, _ := netmail.ReadMessage(bytes.NewReader(m.raw))
		fmt.Println(read.Header.Get("To"), read.Header.Get("Subject"), read.Header.Get("Message-Id"))
	}
	// Output:
	// <lead@example.com> Support, 2 to 8 March 2026 <a1@example.com>
	// <cx@example.com> Support, 2 to 8 March 2026 <a1@example.com>
}
