package slo_test

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/metric/noop"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
)

func ExampleJudge() {
	judge := slo.NewJudge([]slo.Objective{
		{Name: "checkout-completes", Journey: "checkout", Good: slo.Criteria{Within: 3 * time.Minute}, Target: 0.95, Window: slo.Window{Days: 28}},
		{Name: "payment-feels-fast", Touchpoint: "submit-payment", Good: slo.Criteria{Zones: []event.Zone{event.Satisfied}}, Target: 0.9, Window: slo.Window{Days: 7}},
	})
	slow := event.Event{
		Kind: event.JourneyEnded, Time: time.Now(), Duration: 4 * time.Minute, Outcome: event.Completed,
		Journey: event.Run{Name: "checkout", ID: "order-20391", Started: time.Now().Add(-4 * time.Minute)},
	}
	for _, v := range judge.Verdicts(nil, &slow) {
		fmt.Println(v.Objective.Name, v.Result)
	}
	// Output:
	// checkout-completes bad
}

func ExampleCounter() {
	noon := time.Date(2026, time.March, 4, 12, 0, 0, 0, time.UTC)
	counter, err := slo.NewCounter([]slo.Objective{
		{Name: "checkout-completes", Journey: "checkout", Target: 0.95, Window: slo.Window{Period: slo.CalendarMonth}},
	}, slo.CounterConfig{MeterProvider: noop.NewMeterProvider(), Now: func() time.Time { return noon }})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range 100 {
		e := event.Event{Kind: event.JourneyEnded, Time: noon.Add(time.Duration(i) * time.Minute), Outcome: event.Completed, Journey: event.Run{Name: "checkout", ID: fmt.Sprint(i)}}
		if i%25 == 0 {
			e.Outcome, e.Journey.Value = event.Abandoned, &event.Money{Amount: 4_999, Currency: "EUR"}
		}
		counter.Record(context.Background(), &e)
	}
	for _, s := range counter.Status(noon.Add(2 * time.Hour)) {
		fmt.Println(s)
	}
	// Output:
	// 96 of 100 customers; promised 95; 1 left this month; 199.96 EUR at stake; counted since 2026-03-04 12:00 UTC
}

func ExampleCompute() {
	s := slo.Compute(
		slo.Objective{Name: "checkout-completes", Journey: "checkout", Target: 0.95, Window: slo.Window{Period: slo.CalendarMonth}},
		slo.Heard{Counts: slo.Counts{Good: 9_512, Bad: 488}, Recent: []slo.Recent{{Window: time.Hour, Counts: slo.Counts{Good: 70, Bad: 30}}}})
	fmt.Println(s)
	fmt.Printf("%.2f%%, 95%% interval %.2f%% to %.2f%%\n", 100*s.Ratio, 100*s.Interval.Low, 100*s.Interval.High)
	fmt.Printf("%.1f%% of the budget left; it burns %.0f times as fast as it may\n", 100*s.Budget.Share, s.Burn[0].Rate)
	// Output:
	// 9,512 of 10,000 customers; promised 9,500; 12 left this month
	// 95.12%, 95% interval 94.68% to 95.53%
	// 2.4% of the budget left; it burns 6 times as fast as it may
}

func ExampleAlertWindows() {
	fmt.Println(slo.AlertWindows(slo.Window{Days: 30}))
	fmt.Println(slo.AlertWindows(slo.Window{Days: 7}))
	// Output:
	// [5m0s 30m0s 1h0m0s 6h0m0s 72h0m0s]
	// [1m0s 7m0s 14m0s 1h24m0s 16h48m0s]
}

func ExampleDimension_Of() {
	e := event.Event{Kind: event.TouchpointEnded, Channel: event.Phone}
	fmt.Printf("%q %q\n", slo.ByChannel.Of(&e), slo.BySegment.Of(&e))
	// Output: "phone" ""
}
