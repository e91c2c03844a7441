package slo_test

import (
	"errors"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
)

func ExampleObjective() {
	completes := slo.Objective{
		Name: "checkout-completes", Journey: "checkout",
		Good:   slo.Criteria{Within: 3 * time.Minute}, // and completed, which is the default
		Except: slo.Except{Actors: []event.Actor{event.ActorDelegate}},
		Target: 0.95, Window: slo.Window{Days: 28},
		By: []slo.Dimension{slo.ByChannel},
	}
	fmt.Println(completes.Subject(), completes.GoodOutcomes(), completes.Window, completes.Validate())
	// Output:
	// journey [completed] 28d <nil>
}

func ExampleObjective_Validate() {
	o := slo.Objective{Name: "answers", Survey: "post-purchase", Good: slo.Criteria{Within: time.Hour}, Target: 1, Window: slo.Window{Days: 365}}
	var invalid *slo.Error
	if errors.As(o.Validate(), &invalid) {
		for _, f := range invalid.Faults {
			fmt.Printf("%s: %s\n", f.Path, f.Message)
		}
	}
	// Output:
	// target: is 100%: a target is less than 100%, because the rest is the budget for bad events: write less, such as 99.9%
	// window: the window has 365 days: 1 to 90 are possible
	// good.within: an answer takes no time: remove it, or write an objective on the touchpoint or the journey
}

func ExampleValidate() {
	month := slo.Window{Period: slo.CalendarMonth, Zone: "Europe/London"}
	fmt.Println(slo.Validate([]slo.Objective{
		{Name: "orders-answered", Journey: "order", Promise: "answered", Target: 0.99, Window: month},
		{Name: "buying", Of: []slo.Part{{Objective: "orders-answered", Weight: 3}, {Objective: "satisfied", Weight: 1}}, Target: 0.92, Window: month},
	}))
	// Output:
	// objective "buying": of[1].objective: there is no objective "satisfied": name one of the set
}

func ExampleParseWindow() {
	for _, text := range []string{"28d", "4w", "calendar-month", "month"} {
		fmt.Println(slo.ParseWindow(text))
	}
	// Output:
	// 28d <nil>
	// 28d <nil>
	// calendar-month <nil>
	//  slo: "month" is no window: write days, such as 28d, or calendar-week, calendar-month or calendar-quarter: did you mean "calendar-month"?
}

func ExampleWindow_Bounds() {
	noon := time.Date(2026, time.October, 14, 12, 0, 0, 0, time.UTC)
	fmt.Println(slo.Window{Days: 28}.Bounds(noon))
	fmt.Println(slo.Window{Period: slo.CalendarMonth, Zone: "Europe/London"}.Bounds(noon))
	// Output:
	// 2026-09-16 12:00:00 +0000 UTC 2026-10-14 12:00:00 +0000 UTC
	// 2026-10-01 00:00:00 +0100 BST 2026-11-01 00:00:00 +0000 GMT
}

func ExampleParseDimension() {
	fmt.Println(slo.ParseDimension("channel"))
	fmt.Println(slo.ParseDimension("customer"))
	// Output:
	// channel <nil>
	//  slo: "customer" is no dimension: want one of ["channel" "segment" "actor" "intent" "release" "arm"]
}

// The answer of an assistant is not the customer's, unless the caller says so.
func ExampleWithDelegates() {
	objectives := []slo.Objective{{
		Name: "satisfied", Survey: "after", Target: 0.9, Window: slo.Window{Days: 28}, Good: slo.Criteria{Verdicts: []event.Verdict{event.Positive}},
	}}
	answer := event.Event{
		Kind: event.FeedbackReceived, Actor: event.ActorDelegate, Feedback: &event.Feedback{Survey: "after", Scale: event.CSAT, Score: 5, Verdict: event.Positive},
	}
	fmt.Println(len(slo.NewJudge(objectives).Verdicts(nil, &answer)), len(slo.NewJudge(objectives, slo.WithDelegates()).Verdicts(nil, &answer)))
	// Output: 0 1
}
