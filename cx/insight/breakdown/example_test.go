package breakdown_test

import (
	"context"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
)

// Twelve weeks of orders. Since day 68, those of one team fail more often. A service uses its archive in place of the events in memory.
func Example() {
	ctx := context.Background()
	table, err := insight.New(planted())
	if err == nil {
		err = table.Load(ctx, plant(7, 300, 84, 68))
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	view := table.View(insight.Everything(), monday.AddDate(0, 0, 84).Add(time.Hour))
	daily, err := view.Daily(ctx, insight.Which{}, insight.DailySettings{})
	if err != nil {
		fmt.Println(err)
		return
	}
	findings := breakdown.Find(&daily, table.Blueprint(), nil, breakdown.Settings{})
	for i := range findings.Found {
		f := &findings.Found[i]
		placed, err := breakdown.Place(ctx, view, f)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(f.Sentence())
		fmt.Println("It goes with", placed.Held[0].Column, placed.Held[0].Values[0]+".")
	}
	// Output:
	// The share of interactions at the touchpoint "card" of "order" that failed rose from 10.0% to 13.1% since 17 March 2026: 9.3 more a day than usual. The same shows in the cause "tired" of "order", the stage "payment" of "order", the journey "order".
	// It goes with team team-3.
}

// A touchpoint fails more often since a release. Daily is the answer of View.Daily.
func ExampleFind() {
	d := daily(90, chart(touchpoint("card"), 90, from(84, 600, 0.05, 0.11)), chart(touchpoint("basket"), 90, always(600, 0.05)))
	d.Changes = []insight.DailyChange{{Kind: insight.ReleaseChange, Journey: "order", Name: "4.2", Day: d.Day(84)}}
	findings := breakdown.Find(d, shop(), nil, breakdown.Settings{})
	for i := range findings.Found {
		fmt.Println(findings.Found[i].Sentence())
	}
	// Output:
	// The share of interactions at the touchpoint "card" of "order" that failed rose from 5.0% to 11.0% since 30 March 2026: 36.0 more a day than usual. The release "4.2" began on 30 March 2026.
}

// Words that customers say now, and did not say before.
func ExampleNewWords() {
	now, before := repeated("The card was declined", 30), repeated("The card was fine", 30)
	for _, w := range breakdown.NewWords(now, before) {
		fmt.Println(w.Word, w.Now, w.Before)
	}
	// Output: declined 30 0
}

func ExampleName() {
	fmt.Println(breakdown.Name(insight.Subject{About: breakdown.OfStage, Journey: "order", Name: "payment"}))
	// Output: the stage "payment" of "order"
}
