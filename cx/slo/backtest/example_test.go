package backtest_test

import (
	"context"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/backtest"
)

// Payments failed for two hours. A client that replays a log would call Process, as one of its processors.
func Example() {
	counts := backtest.NewCounts([]slo.Objective{
		{Name: "payment-works", Touchpoint: "submit-payment", Target: 0.99, Window: slo.Window{Days: 28}},
	})
	monday := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	for at := monday; at.Before(monday.AddDate(0, 0, 2)); at = at.Add(time.Minute) {
		e := event.Event{Kind: event.TouchpointEnded, Touchpoint: "submit-payment", Time: at, Outcome: event.OK}
		if at.Day() == 3 && at.Hour() >= 9 && at.Hour() < 11 {
			e.Outcome = event.Failed
		}
		counts.Process(context.Background(), &e)
	}
	report, err := backtest.Run(context.Background(), counts)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Verdict())
	page := report.Objectives[0].Alerts[0].Fired[0]
	fmt.Println("first alert:", page.From.Format(time.TimeOnly), "to", page.Until.Format(time.TimeOnly))
	// Output:
	// would have paged once in 2 days, for 2 h 15 min; 1 ticket, for 14 h
	// first alert: 09:15:00 to 11:05:00
}

// A report is a value. Here a script asks it for the pages.
func ExampleObjective_Calls() {
	until := time.Date(2026, 3, 3, 10, 0, 0, 0, time.UTC)
	o := backtest.Objective{Alerts: []backtest.Alert{
		{Severity: "page", Fired: []backtest.Firing{{From: until.Add(-3 * time.Hour), Until: &until}}},
		{Severity: "page", Fired: []backtest.Firing{{From: until.Add(-time.Hour)}}},
	}}
	for _, c := range o.Calls("page", until.Add(time.Hour)) {
		fmt.Println(c.Until.Sub(c.From))
	}
	// Output:
	// 4h0m0s
}
