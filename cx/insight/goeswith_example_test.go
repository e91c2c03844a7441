package insight_test

import (
	"context"
	"fmt"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// worked is a source with 400 tickets of a working day. From a ticket on, two in three of the south are late.
func worked(since int) *memory {
	m := &memory{}
	for n := range 400 {
		l := ticket(n, float64(n)/50)
		l.segment, l.team, l.impact = []string{"private", "business"}[n%2], []string{"north", "south"}[n/2%2], []string{"high", "low"}[n/4%2]
		l.touched = []touched{{0.5, "call", event.OK}, {2, "check", event.OK}, {3, "answer", event.OK}}
		l.due, l.kept, l.ended, l.outcome = 24, 6, 6, event.Completed
		if n >= since && l.team == "south" && n%3 > 0 {
			l.touched = []touched{{0.5, "call", event.OK}, {4, "check", event.OK}, {20, "call", event.OK}, {29, "answer", event.OK}}
			l.kept, l.broken, l.ended = -1, 24, 30
		}
		m.events = append(m.events, l.events()...)
	}
	return m
}

func workedView() (*insight.View, error) {
	table, err := insight.New(tickets(), insight.WithAttributes("impact"))
	if err == nil {
		err = table.Load(context.Background(), worked(0))
	}
	if err != nil {
		return nil, err
	}
	return table.View(insight.Everything(), at(72)), nil
}

// shop is a source with 300 orders, of which those of the second half leave the payment more often.
func shop() *memory {
	m := &memory{}
	for n := range 300 {
		l := ticket(n, float64(n)/10)
		l.journey, l.release = "order", "1"
		l.entered = []entered{{0, "cart"}, {0.1, "payment"}}
		if leaves := 5 - n/150*3; n%leaves != 0 {
			l.entered = append(l.entered, entered{0.2, "confirmation"})
			l.ended, l.outcome = 0.3, event.Completed
		}
		if n >= 150 {
			l.release = "2"
		}
		m.events = append(m.events, l.events()...)
	}
	return m
}

// What goes with promises that were broken, and what it would gain if those runs did as well as the others.
func ExampleView_GoesWith() {
	view, err := workedView()
	if err != nil {
		fmt.Println(err)
		return
	}
	g, err := view.GoesWith(context.Background(), insight.Which{Journey: "ticket"}, insight.PromiseBroken("solved"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range g.Sentences() {
		fmt.Println(s)
	}
	for _, l := range g.LeftOut {
		fmt.Println(l.Column, "is left out, because", l.Why)
	}
	// Output:
	// There were 400 runs, of which 33.2% (133 of 400, 28.8% to 38.0%) broke the promise "solved".
	// Runs of team south broke the promise "solved" in 66.5% (n 200, 59.7% to 72.7%) against 0.0% of the others (n 200, 0.0% to 1.9%): 133 more than with the share of the others (119 to 145). If these runs did as well as the others: +133 in time (119 to 145), +33.2 points (29.7 to 36.3). This is association, not proof.
	// outcome is left out, because a run ends after its promise is settled
	// stage is left out, because it is where the run is now, or was at its end
	// cause is left out, because it is why the run ended, which comes later
	// verdict is left out, because the customer says it when the promise is settled
}

// Where the time of customers goes.
func ExampleView_Time() {
	view, err := workedView()
	if err != nil {
		fmt.Println(err)
		return
	}
	t, err := view.Time(context.Background(), insight.Which{Journey: "ticket"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(t.Sentence())
	// Output:
	// 400 runs took 233 days in all. 42.8% (41.3% to 44.4%) of the time is in "check", where half of the 400 visits last 1 hour or less. Steps that are done again take 21.4% (20.1% to 22.7%) of the time, in 133 of 400 runs (33.2%, 28.8% to 38.0%).
}

// Which paths runs take.
func ExampleView_Paths() {
	view, err := workedView()
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := view.Paths(context.Background(), insight.Which{Journey: "ticket"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Sentence())
	// Output:
	// 400 runs took 2 paths. 267 of 400 runs (66.8%, 62.0% to 71.2%) took the most frequent one, and half of those that have ended took 6 hours or less: "call" → "check" → "answer". 133 of 400 runs (33.2%, 28.8% to 38.0%) do a step again. The loop that takes the most time is "call" → "check" → "call": 133 times, half of them within 19 hours 30 minutes. The most costly detour is "call" → "check" → "call" → "answer": 133 customers, 1 day longer at the median (1 day to 1 day) than the usual path. It adds "call". This is a difference between runs on different paths, and no proof that the path is its cause.
}

// How far orders come, and what has changed since the day before.
func ExampleView_Funnel() {
	table, err := insight.New(tickets())
	if err == nil {
		err = table.Load(context.Background(), shop())
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	view := table.View(insight.Everything(), at(72))
	f, err := view.Funnel(context.Background(), insight.Which{Journey: "order", From: at(15)}, &insight.Which{Journey: "order", Until: at(15)})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Sentence())
	for _, s := range f.List[0].Now.Stages {
		fmt.Println(s.Name, s.Reached)
	}
	// Output:
	// "order": 75 of 150 runs (50.0%, 42.1% to 57.9%) completed within 18 minutes. 75 of 150 runs (50.0%, 42.1% to 57.9%) are still open, so more may come. Compared with before: Fewer completed: −30.0 points (−39.7 to −19.4 points), n = 150 and 150.
	// cart 100.0% (97.5% to 100.0%), n = 150
	// payment 100.0% (97.5% to 100.0%), n = 150
	// confirmation 50.0% (42.1% to 57.9%), n = 150
}

// What got worse since the day before.
func ExampleView_GotWorse() {
	table, err := insight.New(tickets())
	if err == nil {
		err = table.Load(context.Background(), worked(200))
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	view := table.View(insight.Everything(), at(72))
	r, err := view.GotWorse(context.Background(), insight.Which{From: at(4)}, insight.Which{Until: at(4)}, insight.PromiseBroken("solved"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Sentence())
	// Output:
	// There were 200 runs, of which 33.5% (67 of 200, 27.3% to 40.3%) broke the promise "solved". Runs of team south broke the promise "solved" in 67.0% (n 100, 57.3% to 75.4%), after 0.0% (n 100, 0.0% to 3.7%) before, while the others went from 0.0% (n 100, 0.0% to 3.7%) to 0.0% (n 100, 0.0% to 3.7%): 67 more than if they had changed as the others did (56 to 67). If these runs did as well as the others: +67 in time (56 to 67), +33.5 points (28.0 to 33.5). This is association, not proof.
}
