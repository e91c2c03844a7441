package assist_test

import (
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
)

func ExampleTally() {
	tally := assist.NewTally(map[string]assist.Level{"support": {Within: 20 * time.Second}})
	for _, leg := range []event.Leg{
		{Queue: "support", Queued: true, Answered: true, Wait: event.Seconds(0), Talk: event.Seconds(3 * time.Minute), End: event.LegFinished},
		{Queue: "support", Queued: true, Answered: true, Wait: event.Seconds(40 * time.Second), Talk: event.Seconds(time.Minute), End: event.LegFinished},
		{Queue: "support", Queued: true, Wait: event.Seconds(15 * time.Second), End: event.LegAbandoned},
		{Queue: "support", Queued: true, Wait: event.Seconds(2 * time.Second), End: event.LegAbandoned}, // a short abandon
	} {
		tally.Add(&event.Event{Kind: event.TouchpointEnded, Channel: event.Phone, Assisted: &event.Assisted{Legs: []event.Leg{leg}}})
	}
	n := tally.Queue("support")
	level, _ := n.ServiceLevel()
	speed, _ := n.SpeedOfAnswer()
	lost, _ := n.Abandonment()
	handle, _ := n.HandleTime()
	fmt.Printf("%.1f%% within 20s, answered after %v, %.1f%% lost, handled in %v\n", 100*level, speed, 100*lost, handle)
	// Output: 33.3% within 20s, answered after 20s, 33.3% lost, handled in 2m0s
}

func ExampleLevel_Judge() {
	level := assist.Level{Within: 20 * time.Second, Variant: assist.Ignored}
	leg := event.Leg{Queue: "support", Queued: true, Wait: event.Seconds(12 * time.Second), End: event.LegAbandoned}
	fmt.Println(level.Judge(&leg))
	level.Variant = assist.Negative
	fmt.Println(level.Judge(&leg))
	// Output:
	// false false
	// true false
}

func ExampleTable() {
	table, err := assist.NewTable(assist.HalfHour, time.UTC, map[string]assist.Level{"support": {Within: 20 * time.Second}})
	if err != nil {
		fmt.Println(err)
		return
	}
	began := time.Date(2026, 3, 2, 9, 50, 0, 0, time.UTC)
	for i := range 4 {
		table.Add(&event.Event{Kind: event.TouchpointEnded, Time: began.Add(time.Duration(i) * 5 * time.Minute), Assisted: &event.Assisted{
			Legs: []event.Leg{{Queue: "support", Queued: true, Answered: true, Wait: event.Seconds(time.Duration(i) * 10 * time.Second), End: event.LegFinished}},
		}})
	}
	for _, r := range table.Rows() {
		level, _ := r.ServiceLevel()
		fmt.Println(r.Begin.Format("15:04"), r.Queue, r.Queued, level)
	}
	// Output:
	// 09:30 support 2 1
	// 10:00 support 2 0.5
}
