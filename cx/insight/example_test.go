package insight_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// support is a source with the tickets of a week. A service uses its archive, or files of events.
func support() *memory {
	m := &memory{}
	for n := range 40 {
		l := ticket(n, float64(n))
		l.segment, l.team, l.impact = []string{"private", "business"}[n%2], []string{"north", "south"}[n/2%2], "low"
		l.touched = []touched{{0.5, "call", event.OK}, {3, "answer", event.OK}}
		l.due = 24
		switch {
		case n%8 == 7: // open
		case n/2%2 == 1 && n%3 != 0: // the south is slow
			l.ended, l.outcome, l.broken = 30, event.Completed, 24
		default:
			l.ended, l.outcome, l.kept = 6, event.Completed, 6
		}
		m.events = append(m.events, l.events()...)
	}
	return m
}

// A table is loaded from a source, and a view of it answers how many runs there were, how they ended and how fast.
func ExampleView_Outcomes() {
	table, err := insight.New(tickets(), insight.WithAttributes("impact"))
	if err == nil {
		err = table.Load(context.Background(), support())
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	view := table.View(insight.Everything(), at(72))
	o, err := view.Outcomes(context.Background(), insight.Which{Journey: "ticket", From: at(0), Until: at(40)})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(o.Sentence())
	// Output:
	// There were 40 runs, of which 87.5% (35 of 40, 73.9% to 94.5%) were completed, half of them within 6 hours and nine in ten within 1 day 6 hours. 5 are open, the oldest for 2 days 17 hours.
}

// Promises are counted by team: which are kept, and which break by tomorrow if nothing is done.
func ExampleView_Promises() {
	table, err := insight.New(tickets())
	if err == nil {
		err = table.Load(context.Background(), support())
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := table.View(insight.Everything(), at(60)).Promises(context.Background(), insight.Which{Journey: "ticket"}, at(84), insight.Team)
	if err != nil {
		fmt.Println(err)
		return
	}
	solved := &p.List[0]
	fmt.Println(solved.Sentence(p.By))
	for _, g := range solved.Groups {
		fmt.Println(g.Value, g.Kept)
	}
	// Output:
	// The promise "solved" of "ticket" was kept in 65.8% (25 of 38, 49.9% to 78.8%), and the target is 90.0%. 2 are open, and 2 of them break by 5 March 21:00 if nothing is done. 64.9% of the 37 that were due by now were kept: 3 promises have had no time to break.
	// south 27.8% (12.5% to 50.9%), n = 18
	// north 100.0% (83.9% to 100.0%), n = 20
}

// A comparison says whether a group differs from the others by more than chance.
func ExampleView_Compare() {
	table, err := insight.New(tickets())
	if err == nil {
		err = table.Load(context.Background(), support())
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	view := table.View(insight.Everything(), at(96))
	for _, by := range []insight.Column{insight.Team, insight.Segment} {
		c, err := view.Compare(context.Background(), insight.Which{Journey: "ticket"}, by, insight.Keeps("solved"))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(c.Sentence(&c.Groups[0]))
	}
	// Output:
	// With team "north", 100.0% of 20 promises "solved" were kept (83.9% to 100.0%), against 25.0% of the others. The difference is +47.8 to +88.8 points. This is association, not proof.
	// With segment "private", 65.0% of 20 promises "solved" were kept (43.3% to 81.9%), against 60.0% of the others: no more than chance explains.
}

// Two periods are compared at one age, if the runs of one have had less time than those of the other.
func ExampleView_ComparePeriods() {
	table, err := insight.New(tickets())
	if err == nil {
		err = table.Load(context.Background(), support())
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	view := table.View(insight.Everything(), at(44))
	p, err := view.ComparePeriods(context.Background(), insight.Which{From: at(20), Until: at(40)}, insight.Which{From: at(0), Until: at(20)}, insight.Completes())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Sentence())
	// Output:
	// 70.0% of 10 runs were completed (39.7% to 89.2%), against 65.0% (13 of 20, 43.3% to 81.9%) before: no more than chance explains. 10 runs are too young to compare, and are left out. The others count as they were 15 hours after they began.
}

// What changed between two periods, of all journeys and promises, with the probabilities adjusted over all of them.
func ExampleView_Changes() {
	table, err := insight.New(tickets())
	if err == nil {
		err = table.Load(context.Background(), support())
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	changes, err := table.View(insight.Everything(), at(80)).Changes(context.Background(), insight.Which{From: at(20), Until: at(40)}, insight.Which{From: at(0), Until: at(20)})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(changes.Tested, "changes were tested.")
	for i := range changes.List {
		if c := &changes.List[i]; c.Tested {
			fmt.Println(c.Sentence())
		}
	}
	// Output:
	// 2 changes were tested.
	// "ticket": 85.0% of 20 runs were completed (64.0% to 94.8%), against 90.0% (18 of 20, 69.9% to 97.2%) before: no more than chance explains.
	// The promise "solved" of "ticket": 60.0% of 20 promises "solved" were kept (38.7% to 78.1%), against 65.0% (13 of 20, 43.3% to 81.9%) before: no more than chance explains.
}

// A viewer without a right gets an error that names it.
func ExampleViewer() {
	table, err := insight.New(tickets())
	if err == nil {
		err = table.Load(context.Background(), support())
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	shop := insight.Viewer{Rights: insight.Numbers, Owners: []string{"shop"}}
	o, err := table.View(shop, time.Time{}).Outcomes(context.Background(), insight.Which{})
	fmt.Println(o.Runs, err)
	_, err = table.View(insight.Viewer{}, time.Time{}).Outcomes(context.Background(), insight.Which{})
	fmt.Println(errors.Is(err, insight.ErrDenied), err)
	// Output:
	// 0 <nil>
	// true insight: Outcomes needs the right numbers, which the viewer does not have: grant it in Viewer.Rights
}

// What was reopened, what came before, and what it cost.
func ExampleView_Reopened() {
	table, err := insight.New(tickets())
	m := &memory{}
	for _, l := range reopenedLives() {
		m.events = append(m.events, l.events()...)
	}
	if err == nil {
		err = table.Load(context.Background(), m)
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := table.View(insight.Everything(), time.Time{}).Reopened(context.Background(), insight.Which{Journey: "ticket"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range r.Ends {
		fmt.Println(r.Ends[i].Sentence())
		fmt.Println(r.Ends[i].Before[0].Name, r.Ends[i].Before[0].Share)
	}
	// Output:
	// 83.3% (5 of 6, 43.6% to 97.0%) of the runs of "ticket" that ended had something after their end: half of them for 12 hours or longer, 2 days 12 hours in all.
	// close 100.0% (56.6% to 100.0%), n = 5
}

// Columns are those of the table, with the attributes that were asked for.
func ExampleTable_Columns() {
	table, err := insight.New(nil, insight.WithAttributes("impact"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(table.Columns())
	// Output:
	// [journey version outcome stage channel actor segment account release arm cause intent queue team verdict failures impact]
}

// A support lead looks at the ticket that is the longest overdue, and reads its story to the customer.
func ExampleView_Run() {
	ctx := context.Background()
	table, err := insight.New(tickets())
	if err == nil {
		err = table.Load(ctx, support())
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	view := table.View(insight.Everything(), at(72))
	list, err := view.Runs(ctx, insight.Which{Journey: "ticket"}, insight.RunsOf{Broke: "solved"}, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(list.Sentence())
	run, err := view.Run(ctx, list.List[0].Run)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(run.Sentence(time.UTC))
	for i := range run.Steps {
		fmt.Println(run.Steps[i].Event.Time.Format("2 Jan 15:04 "), run.Steps[i].Sentence(time.UTC))
	}
	// Output:
	// 15 runs of 40. The first of them:
	// "ticket" "7" began on Mon 2 March 2026 16:00 and is open. The promise "solved" was broken. It was due by Tue 3 March 2026 16:00.
	// 2 Mar 16:00  It began.
	// 2 Mar 16:00  The company promised "solved" by Tue 3 March 2026 16:00.
	// 2 Mar 16:30  "call" took place by phone.
	// 2 Mar 19:00  "answer" took place by phone.
}

// A person asks what is stored: the JSON of the answer has every field of every event about the customer.
func ExampleView_Customer() {
	ctx := context.Background()
	table, err := insight.New(tickets())
	if err == nil {
		err = table.Load(ctx, support())
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	customer, err := table.View(insight.Everything(), at(72)).Customer(ctx, "customer-6") // event.Customer.Hash
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(customer.Sentence(time.UTC))
	fmt.Println(len(customer.Runs), "run,", len(customer.Steps), "events")
	_, err = table.View(insight.Viewer{Rights: insight.Numbers}, at(72)).Customer(ctx, "customer-6")
	fmt.Println(err)
	// Output:
	// 6 events of the customer from Mon 2 March 2026 15:00 to Mon 2 March 2026 21:00, in 1 run. Promises: 1 kept.
	// 1 run, 6 events
	// insight: Customer needs the right customers, which the viewer does not have: grant it in Viewer.Rights
}

// Customers are asked after a ticket. Half of those of one segment answer, and nearly none of the other.
func ExampleView_Voice() {
	monday := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	m := &memory{}
	for n := range 200 {
		e := event.Event{
			ID: event.ID{0: 1, 15: byte(n)}, Kind: event.SurveyRequested, Time: monday, Customer: event.Customer{Hash: fmt.Sprint("customer-", n), Segment: []string{"small", "large"}[n%2]},
			Feedback: &event.Feedback{Survey: "after-ticket", Scale: event.CSAT},
		}
		m.events = append(m.events, e)
		if n%4 == 0 || n%25 == 1 {
			e.Kind, e.Time = event.FeedbackReceived, monday.Add(time.Hour)
			e.Feedback = &event.Feedback{Survey: "after-ticket", Scale: event.CSAT, Score: 2 + n%12/4, Causes: []string{"slow"}, Request: e.ID}
			e.ID[0] = 2
			m.events = append(m.events, e)
		}
	}
	table, err := insight.New(nil)
	if err == nil {
		err = table.Load(context.Background(), m)
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	voice, err := table.View(insight.Viewer{Rights: insight.Numbers}, monday.AddDate(0, 0, 7)).Voice(context.Background(), insight.Which{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(voice.Surveys[0].Sentence())
	fmt.Println(voice.Causes[0].Sentence())
	// Output:
	// In the survey "after-ticket" the share of positive answers is 28.6% (18.4% to 41.5%), n = 56; 28.0% (56 of 200, 22.2% to 34.6%) of those asked answered, and 144 may still. Customers of the segment "large" answered 4.0% (4 of 100, 1.6% to 9.8%) of their requests, against 52.0% of the others (−57.8 to −36.7 points), so that the score says less of them.
	// Customers named "slow" in 100.0% (56 of 56, 93.6% to 100.0%) of what they said; 35.7% (20 of 56, 24.5% to 48.8%) of that was negative.
}

// A queue of twelve calls has a service level of 20 seconds.
func ExampleView_Support() {
	monday := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	m := &memory{}
	for n := range 12 {
		m.events = append(m.events, event.Event{
			ID: event.ID{15: byte(n + 1)}, Kind: event.TouchpointEnded, Time: monday.Add(time.Duration(n) * time.Minute), Touchpoint: "call",
			Customer: event.Customer{Hash: fmt.Sprint("customer-", n)},
			Assisted: &event.Assisted{Legs: []event.Leg{{
				Queue: "billing", Queued: true, Answered: true, Wait: event.Seconds(time.Duration(2*n) * time.Second), Talk: event.Seconds(3 * time.Minute), End: event.LegFinished,
			}}},
		})
	}
	table, err := insight.New(&blueprint.Blueprint{Queues: []blueprint.Queue{{Name: "billing", ServiceLevel: blueprint.ServiceLevel{Within: blueprint.Duration(20 * time.Second)}}}})
	if err == nil {
		err = table.Load(context.Background(), m)
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	support, err := table.View(insight.Viewer{Rights: insight.Numbers}, monday.AddDate(0, 0, 1)).Support(context.Background(), insight.Which{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(support.Queues[0].Sentence())
	// Output:
	// The queue "billing" had 12 contacts waiting, and 12 were answered. The service level was met in 91.7% (11 of 12, 64.6% to 98.5%). The answered waited 11 seconds on average, the longest 22 seconds. A contact took 3 minutes of work on average.
}

// A service keeps its table current, beside what else it does, and says how that goes.
func ExampleTable_Follow() {
	table, err := insight.New(tickets())
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	var following sync.WaitGroup
	_, newer := table.Edition()
	following.Go(func() {
		if err := table.Follow(ctx, support(), 2*time.Second, func(err error) { slog.Warn("the events could not be read", "error", err) }); err != nil {
			fmt.Println(err)
		}
	})
	<-newer // the first load has ended
	o, err := table.View(insight.Everything(), at(96)).Outcomes(ctx, insight.Which{})
	stop()
	following.Wait() // now the source may be closed
	fmt.Println(o.Runs, err, table.Loads().Failures)
	// Output:
	// 40 <nil> 0
}

// Answers of assistants count as those of customers. By default they are in no score and in no verdict.
func ExampleWithDelegates() {
	for _, opts := range [][]insight.Option{nil, {insight.WithDelegates()}} {
		m := support()
		for i := range m.events {
			if m.events[i].Kind == event.JourneyStarted {
				e := m.events[i]
				e.Kind, e.ID, e.Actor = event.FeedbackReceived, event.ID{9, byte(i >> 8), byte(i)}, event.ActorDelegate
				e.Feedback = &event.Feedback{Survey: "after", Scale: event.CSAT, Score: 5, Verdict: event.Positive}
				m.events = append(m.events, e)
			}
		}
		table, err := insight.New(nil, opts...)
		if err == nil {
			err = table.Load(context.Background(), m)
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		satisfied := insight.Which{Where: []insight.Where{{Column: insight.Verdict, Values: []string{"positive"}}}}
		o, err := table.View(insight.Viewer{Rights: insight.Numbers}, time.Time{}).Outcomes(context.Background(), satisfied)
		fmt.Println(o.Runs, err)
	}
	// Output:
	// 0 <nil>
	// 40 <nil>
}

// The days of the tickets, for a control chart. Package breakdown finds what lastingly changes in them.
func ExampleView_Daily() {
	table, err := insight.New(tickets())
	if err == nil {
		err = table.Load(context.Background(), support())
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	daily, err := table.View(insight.Everything(), at(80)).Daily(context.Background(), insight.Which{}, insight.DailySettings{Days: 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range daily.Charts {
		fmt.Println(strings.TrimSpace(fmt.Sprintf("%s %s %s", c.About, c.Journey, c.Name)))
		for n, day := range c.Series.Days {
			fmt.Printf("  %s: %d of %d\n", daily.Day(n).Format("Mon 2 January"), day.Bad, day.N)
		}
	}
	// Output:
	// journey ticket
	//   Mon 2 March: 0 of 7
	//   Tue 3 March: 0 of 16
	//   Wed 4 March: 0 of 9
	// promise ticket solved
	//   Mon 2 March: 0 of 7
	//   Tue 3 March: 5 of 20
	//   Wed 4 March: 9 of 12
}

// How many customers had to wait too long, and what their orders were worth.
func ExampleView_AtStake() {
	events := support()
	for i := range events.events {
		events.events[i].Journey.Value = &event.Money{Amount: 800, Currency: "EUR"}
	}
	table, err := insight.New(tickets())
	if err == nil {
		err = table.Load(context.Background(), events)
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	stake, err := table.View(insight.Everything(), at(80)).AtStake(context.Background(), insight.Which{Journey: "ticket"}, insight.PromiseBroken("solved"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(stake.Customers, "customers,", stake.Value)
	// Output: 15 customers, [{12000 EUR}]
}
