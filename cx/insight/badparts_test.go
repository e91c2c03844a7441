package insight_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// TestBadParts: which runs are bad for one touchpoint, one stage and one cause, how many customers had them, and what they were worth.
func TestBadParts(t *testing.T) {
	t.Parallel()
	var events []event.Event
	add := func(n int, l life, cause string, worth int64) {
		for _, e := range l.events() {
			e.Journey.Value = &event.Money{Amount: worth, Currency: "EUR"}
			if n == 0 {
				e.Journey.Value.Currency = "USD"
			}
			if e.Kind == event.JourneyEnded {
				e.Cause = cause
			}
			events = append(events, e)
		}
	}
	for n := range 60 {
		l := ticket(n, float64(n)/60)
		l.ended, l.outcome = 3, event.Completed
		l.entered = []entered{{0.5, "received"}}
		l.touched = []touched{{0.2, "call", event.OK}}
		cause, worth := "", int64(1)
		switch n % 6 {
		case 0: // it fails in the first stage, for a cause, after a call that failed
			l.touched, l.outcome, cause, worth = []touched{{0.2, "call", event.OK}, {0.6, "call", event.Failed}}, event.Failed, "slow", 100
		case 1: // it is cancelled in the second stage
			l.entered, l.outcome = append(l.entered, entered{1, "answered"}), event.Cancelled
		case 2: // a mail failed, and the cause of a completed run is none
			l.touched, cause = []touched{{0.2, "mail", event.Failed}}, "slow"
		case 3: // it had no stage
			l.entered = nil
		}
		add(n, l, cause, worth)
	}
	table := daysTable(t, daysOf(), events)
	view := table.View(insight.Everything(), at(100))
	for _, c := range []struct {
		bad       insight.Bad
		count, n  int64
		customers int64
		worth     int64
		says      string
	}{
		{insight.FailedAt("call"), 10, 50, 10, 900, `runs with the touchpoint "call" that had it fail`},
		{insight.FailedAt("mail"), 10, 10, 10, 10, `runs with the touchpoint "mail" that had it fail`},
		{insight.FailedAt("fax"), 0, 0, 0, 0, `runs with the touchpoint "fax" that had it fail`},
		{insight.EndedIn("received"), 10, 50, 10, 900, `runs that came to the stage "received" that ended in it without being completed`},
		{insight.EndedIn("answered"), 10, 10, 10, 10, `runs that came to the stage "answered" that ended in it without being completed`},
		{insight.EndedFor("slow"), 10, 60, 10, 900, `runs that ended for the cause "slow"`},
		{insight.EndedFor("rude"), 0, 60, 0, 0, `runs that ended for the cause "rude"`},
		{insight.NotCompleted(), 20, 60, 20, 910, "runs that were not completed"},
	} {
		g, err := view.GoesWith(t.Context(), insight.Which{}, c.bad)
		if err != nil || g.Answer.Whole.Count != c.count || g.Answer.Whole.N != c.n {
			t.Errorf("%s: %d of %d, want %d of %d: %v", c.bad, g.Answer.Whole.Count, g.Answer.Whole.N, c.count, c.n, err)
		}
		if c.bad.String() != c.says {
			t.Errorf("it is called %q, want %q", c.bad, c.says)
		}
		s, err := view.AtStake(t.Context(), insight.Which{}, c.bad)
		if err != nil || s.Share.Count != c.count || s.Share.N != c.n || s.Customers != c.customers || len(s.Value) != min(1, int(c.worth)) || c.worth > 0 && s.Value[0].Amount != c.worth {
			t.Errorf("at stake of %s: %+v, %v", c.bad, s, err)
		}
		e, err := view.Examples(t.Context(), insight.Which{}, c.bad, 3)
		if err != nil || e.Found != c.count || e.Of != c.n {
			t.Errorf("examples of %s: %d of %d, %v", c.bad, e.Found, e.Of, err)
		}
	}
	for _, bad := range []insight.Bad{insight.FailedAt(""), insight.EndedIn(""), insight.EndedFor("")} {
		if _, err := view.AtStake(t.Context(), insight.Which{}, bad); !errors.Is(err, insight.ErrWhich) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	early, err := table.View(insight.Everything(), at(2)).AtStake(t.Context(), insight.Which{}, insight.EndedIn("received"))
	if err != nil || early.Share.Count != 0 {
		t.Errorf("before any run has ended: %+v, %v", early, err)
	}
}

// TestAtStake: customers and sums of at least five customers are told, and a sum stays in its range.
func TestAtStake(t *testing.T) {
	t.Parallel()
	var events []event.Event
	for n := range 40 {
		l := ticket(n, 0)
		l.ended, l.outcome = 3, []event.Outcome{event.Completed, event.Failed}[n%2]
		l.customer = fmt.Sprint("c", n%14)
		if n == 3 {
			l.customer = ""
		}
		for _, e := range l.events() {
			e.Journey.Value = &event.Money{Amount: int64(n), Currency: []string{"USD", "EUR"}[n/30]}
			if n == 1 {
				e.Journey.Value.Amount = math.MaxInt64
			}
			events = append(events, e)
		}
	}
	s, err := daysTable(t, daysOf(), events).View(insight.Everything(), at(100)).AtStake(t.Context(), insight.Which{}, insight.NotCompleted())
	want := []event.Money{{Amount: 31 + 33 + 35 + 37 + 39, Currency: "EUR"}, {Amount: math.MaxInt64, Currency: "USD"}}
	if err != nil || s.Customers != 8 || s.Share.Count != 20 || fmt.Sprint(s.Value) != fmt.Sprint(want) {
		t.Errorf("%d customers, %v of %v, want 8 customers with %v: %v", s.Customers, s.Value, s.Share, want, err)
	}
}

// TestAnsweredNegativeTo: the answer to one survey says nothing of another one, whichever the customer answered last.
func TestAnsweredNegativeTo(t *testing.T) {
	t.Parallel()
	var events []event.Event
	for n := range 60 {
		l := ticket(n, float64(n)/60)
		l.ended, l.outcome = 3, event.Completed
		events = append(events, l.events()...)
		one := events[len(events)-1]
		answer := func(survey string, day float64, v event.Verdict) {
			e := event.Event{Kind: event.FeedbackReceived, Journey: one.Journey, Customer: one.Customer, Time: at(float64(n)/60 + day)}
			e.ID, e.Feedback = event.NewID(e.Time), &event.Feedback{Survey: survey, Scale: event.Thumbs, Verdict: v, Score: map[event.Verdict]int{event.Positive: 1, event.Negative: -1}[v]}
			events = append(events, e)
		}
		switch n % 4 {
		case 0: // it was negative first, and positive then
			answer("after", 0.5, event.Negative)
			answer("after", 1, event.Positive)
		case 1: // the last answer is to another survey
			answer("after", 0.5, event.Negative)
			answer("yearly", 1, event.Positive)
		case 2:
			answer("yearly", 0.5, event.Negative)
		}
	}
	view := daysTable(t, daysOf(), events).View(insight.Everything(), at(100))
	for survey, want := range map[string][2]int64{"after": {15, 30}, "yearly": {15, 30}, "none": {}} {
		g, err := view.GoesWith(t.Context(), insight.Which{}, insight.AnsweredNegativeTo(survey))
		if got := [2]int64{g.Answer.Whole.Count, g.Answer.Whole.N}; err != nil || got != want {
			t.Errorf("%s: %v, want %v: %v", survey, got, want, err)
		}
	}
}
