package insight_test

import (
	"context"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// Live says how many runs are open now, and how many of them are late with a promise.
func ExampleView_Live() {
	table, err := insight.New(tickets())
	if err == nil {
		err = table.Load(context.Background(), support())
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	live, err := table.View(insight.Everything(), at(72)).Live(context.Background(), insight.Which{}, at(24))
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range live.List {
		l := &live.List[i]
		fmt.Println(l.Journey, l.Open, "open,", l.Late, "late,", l.Begun, "new")
	}
	// Output:
	// ticket 5 open, 5 late, 16 new
}

// PromiseTrends says which share of a promise was kept, day by day.
func ExampleView_PromiseTrends() {
	view, err := workedView()
	if err != nil {
		fmt.Println(err)
		return
	}
	trends, err := view.PromiseTrends(context.Background(), insight.Which{Journey: "ticket", By: insight.FellDue}, []time.Time{at(24), at(28), at(32)})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range trends.List {
		for _, point := range p.Points {
			fmt.Println(p.Name, point.From.Format("Mon 15:04"), point.Matured)
		}
	}
	// Output:
	// solved Tue 09:00 67.0% (60.2% to 73.1%), n = 200
	// solved Tue 13:00 66.5% (59.7% to 72.7%), n = 200
}

// PathMap maps the ways that runs take, with the stages of the blueprint as columns. The tickets of the example have none.
func ExampleView_PathMap() {
	view, err := workedView()
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := view.PathMap(context.Background(), insight.Which{Journey: "ticket"}, [][]string{{"call", "check", "answer"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Sentence())
	for _, column := range m.Columns {
		fmt.Printf("%q %q\n", column.Stage, column.Steps)
	}
	// Output:
	// The map shows 267 of 400 runs (66.8%, 62.0% to 71.2%), which took 1 path. "check" follows "call" most often: 267 times, half of them within 1 hour 30 minutes.
	// "" ["call" "check" "answer"]
}

// Near finds a run by its ID as a customer reads it out.
func ExampleView_Near() {
	view, err := workedView()
	if err != nil {
		fmt.Println(err)
		return
	}
	runs, err := view.Near(context.Background(), "Ticket no. 0017")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, run := range runs {
		fmt.Println(run.Name, run.ID)
	}
	// Output:
	// ticket 17
}

// Examples lists single bad runs: the typical ones, and the longest.
func ExampleView_Examples() {
	view, err := workedView()
	if err != nil {
		fmt.Println(err)
		return
	}
	list, err := view.Examples(context.Background(), insight.Which{Journey: "ticket"}, insight.PromiseBroken("solved"), 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(list.Sentence())
	for i := range list.Typical {
		fmt.Println("typical:", list.Typical[i].Run.ID, list.Typical[i].Took)
	}
	// Output:
	// There were 400 runs, of which 133 broke the promise "solved".
	// typical: 10 30h0m0s
	// typical: 103 30h0m0s
}

// Matters says what a listed follow-up is about.
func ExampleView_Matters() {
	run := event.RunRef{Name: "complaint", ID: "c-1"}
	received := event.Event{
		ID: event.NewID(at(1)), Kind: event.JourneyStarted, Time: at(1), Journey: event.Run{Name: run.Name, ID: run.ID, Started: at(1)},
		FollowUp: &event.FollowUp{ID: run.ID, Owner: "care", Rule: "dissatisfied", About: event.RunRef{Name: "ticket", ID: "42"}},
	}
	table, err := insight.New(tickets())
	if err == nil {
		err = table.Load(context.Background(), &memory{events: []event.Event{received}})
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	list, err := table.View(insight.Everything(), at(2)).Matters(context.Background(), []event.RunRef{run})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range list {
		fmt.Println(m.Run.ID, "is about", m.About.Name, m.About.ID+":", m.Rule, "with", m.Owner)
	}
	// Output:
	// c-1 is about ticket 42: dissatisfied with care
}
