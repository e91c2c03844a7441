package report_test

import (
	"context"
	"fmt"
	"os"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/report"
)

// A report of a week, on a terminal. A service loads the table from its archive, and writes r.HTML to a file or sends r.MailHTML.
func ExampleMake() {
	table, err := insight.New(desk(), insight.WithAttributes("impact"))
	if err == nil {
		err = table.Load(context.Background(), newCrowd())
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := report.Make(context.Background(), table, insight.Everything(), report.Settings{
		From: monday, Until: monday.AddDate(0, 0, 7), Zone: berlin, By: []insight.Column{insight.Team, "impact"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := r.Text(os.Stdout, 110); err != nil {
		fmt.Println(err)
	}
	// Output:
	// Customer report, 23 to 29 March 2026
	// Both promises are on target: “solved” within 3 days, the closer one, was kept in 91.9% of cases.
	//
	//   “solved” within 3 days: 91.9% of 74 (83.4% to 96.2%) kept, 6 broken; above the target of 90%, but not by
	//   more than chance; no clear change from the week before (87.7% of 57).
	//   “answered” within 8 hours: 100.0% of 64 (94.3% to 100.0%) kept, 0 broken; above the target of 95%, but not
	//   by more than chance; no clear change from the week before (100.0% of 63).
	//   9 “ticket” are open; 9 “solved” break by Friday 3 April if nothing is done.
	// ! Team “south” keeps “solved” in 76.2% of 21 (54.9% to 89.4%), the others in 98.1%.
	// ! Impact “high” keeps “solved” in 76.0% of 25 (56.6% to 88.5%), the others in 100.0%.
	//   Survey “after”: positive answers 67.7% (50.1% to 81.4%), n = 31.
	//   Customers praise “friendly” most, 21 times.
	//   Over 12 weeks, team “south” with impact “high” stands out: 44.7% of 76 broke “solved”, of the others 6.6%;
	//   if those did as well as the others: 29 fewer runs (21 to 38), +3.9 points (association, not proof).
	// Rests on 1,248 runs, as of 30 March 2026 00:00 CEST.
}

// The last whole week before a moment, in its time zone, and the one before.
func ExampleKind_Last() {
	week := report.Week.Last(monday.AddDate(0, 0, 9))
	fmt.Println(week.Label())
	fmt.Println(report.Week.Before(week, 1).Label())
	// Output:
	// 23 to 29 March 2026
	// 16 to 22 March 2026
}

// The word of a kind, such as from a flag.
func ExampleParseKind() {
	kind, err := report.ParseKind("quarter")
	fmt.Println(kind, err)
	_, err = report.ParseKind("fortnight")
	fmt.Println(err)
	// Output:
	// quarter <nil>
	// report: "fortnight" is no period: write day, week, month, quarter or year
}
