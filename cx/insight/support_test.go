package insight_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/feedback/score"
)

// call is a contact of a customer in one queue, which waited and was answered.
func call(n int, h float64, customer, queue string, wait float64, answered bool) event.Event {
	l := event.Leg{Queue: queue, Queued: true, Answered: answered, Wait: event.Seconds(wait * float64(time.Second)), End: event.LegAbandoned, Agent: "agent-pseudonym"}
	if answered {
		l.End, l.Talk, l.Wrap = event.LegFinished, event.Seconds(time.Minute), event.Seconds(30*time.Second)
	}
	return event.Event{
		ID: event.ID{13: byte(n >> 16), 14: byte(n >> 8), 15: byte(n)}, Kind: event.TouchpointEnded, Time: at(h), Touchpoint: "call", Channel: event.Phone,
		Customer: event.Customer{Hash: customer}, Assisted: &event.Assisted{Legs: []event.Leg{l}, Unable: "secret of nobody"}, Outcome: event.OK,
	}
}

func supportTable(t *testing.T, events []event.Event) *insight.Table {
	t.Helper()
	b := tickets()
	b.Queues = []blueprint.Queue{{Name: "first", ServiceLevel: blueprint.ServiceLevel{Within: blueprint.Duration(20 * time.Second)}}}
	table, err := insight.New(b)
	if err == nil {
		err = table.Load(t.Context(), &memory{events: events})
	}
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// TestSupport: the numbers of a small centre are counted by hand.
func TestSupport(t *testing.T) {
	t.Parallel()
	var events []event.Event
	add := func(e event.Event) { events = append(events, e) }
	n := 0
	for i := range 10 { // the queue first, from 9:00 to 9:30: eight are answered after 10 to 45 seconds, two leave after 30
		n++
		add(call(n, 0.04*float64(i), fmt.Sprint("c", i), "first", 10+5*float64(min(i, 7)), i < 8))
		if i >= 8 {
			events[len(events)-1].Assisted.Legs[0].Wait = event.Seconds(30 * time.Second)
		}
	}
	for i := range 3 { // from 9:30: three customers
		n++
		add(call(n, 0.5+0.04*float64(i), fmt.Sprint("c", i), "first", 5, true))
	}
	for i := range 6 { // from 10:00: six customers, who decide something
		n++
		e := call(n, 1+0.04*float64(i), fmt.Sprint("d", i), "first", 5, true)
		e.Assisted.Claimed, e.Assisted.Decisions = event.Yes, []event.Decision{{What: "refund", Amount: &event.Money{Amount: 250, Currency: "EUR"}}}
		add(e)
	}
	probe := call(n+1, 1, "p", "first", 1, true)
	probe.Actor = event.ActorSynthetic
	add(probe)
	add(event.Event{ID: event.ID{1: 1}, Kind: event.TouchpointEnded, Time: at(1), Touchpoint: "page", Customer: event.Customer{Hash: "c1"}})
	table := supportTable(t, events)
	a, err := table.View(insight.Viewer{Rights: insight.Numbers}, at(2)).Support(t.Context(), insight.Which{})
	if err != nil {
		t.Fatal(err)
	}
	// 4 of 8 are answered within 20 seconds by the first hour (10, 15, 20 seconds are three), and all 9 later: 12 of 19.
	q := a.Queues[0]
	if len(a.Queues) != 1 || q.Queued != 19 || q.Answered != 17 || q.Abandoned != 2 || q.Level.Count != 12 || q.Level.N != 19 || q.Left.Count != 2 || q.Handle != 90*time.Second {
		t.Errorf("the queue is %+v", q)
	}
	if a.All.Queued != q.Queued || a.Contacts.All != 19 || a.Contacts.Answered != 17 || a.Claimed.Count != 6 || a.Claimed.N != 6 {
		t.Errorf("all are %+v, %+v", a.All, a.Contacts)
	}
	// Three customers are too few, and the next smallest half hour is hidden with them.
	if len(a.Rows) != 3 || a.Rows[0].Hidden || !a.Rows[1].Hidden || !a.Rows[2].Hidden || a.Rows[0].Queued != 10 || a.Rows[1].Numbers != (assist.Numbers{}) || !a.Rows[1].Begin.Equal(at(0.5)) {
		t.Errorf("the half hours are %+v", a.Rows)
	}
	if len(a.Decisions) != 1 || a.Decisions[0].N != 6 || a.Decisions[0].Alone.Count != 6 || a.Decisions[0].Resolved.Count != 6 || a.Decisions[0].Given[0].Amount != 1500 {
		t.Errorf("the decisions are %+v", a.Decisions)
	}
	text, err := json.Marshal(a)
	if err != nil || strings.Contains(string(text), "agent-pseudonym") || strings.Contains(string(text), "secret") || !strings.Contains(string(text), `"service_level_counted":19`) {
		t.Errorf("%s: %v", text, err)
	}
	if s := a.Sentence(); s != "People answered 17 of 19 contacts. The service level was met in 63.2% (12 of 19, 41.0% to 80.9%). The answered waited 15.6 seconds on average, the longest 45 seconds. "+
		"10.5% (2 of 19, 2.9% to 31.4%) left before an answer. A contact took 1 minute 30 seconds of work on average." {
		t.Errorf("the sentence is %q", s)
	}
}

// TestSupportScope: a contact counts for those who may see its run, and in the period in which it began.
func TestSupportScope(t *testing.T) {
	t.Parallel()
	var events []event.Event
	for n := range 60 {
		l := ticket(n, float64(n))
		l.segment = []string{"gold", "iron", ""}[n%3]
		events = append(events, l.events()...)
		e := call(n, float64(n)+0.1, l.customer, "first", 5, true)
		e.Customer.Segment = l.segment
		e.Intent = "bill"
		if n%2 == 0 {
			e.Journey = event.Run{Name: "ticket", ID: l.id}
		}
		events = append(events, e)
	}
	table := supportTable(t, events)
	numbers := insight.Numbers
	for _, c := range []struct {
		reason string
		viewer insight.Viewer
		which  insight.Which
		want   int
	}{
		{"all", insight.Everything(), insight.Which{}, 60},
		{"contacts of runs", insight.Everything(), insight.Which{Journey: "ticket"}, 30},
		{"a scope of journeys has no contact without a run", insight.Viewer{Rights: numbers, Journeys: []string{"ticket"}}, insight.Which{}, 30},
		{"another journey", insight.Viewer{Rights: numbers, Journeys: []string{"order"}}, insight.Which{}, 0},
		{"a segment", insight.Viewer{Rights: numbers, Segments: []string{"gold"}}, insight.Which{}, 20},
		{"a period", insight.Everything(), insight.Which{From: at(10), Until: at(20)}, 10},
		{"a namespace", insight.Everything(), insight.Which{Namespace: "staging"}, 0},
		{"a condition", insight.Everything(), insight.Which{Where: []insight.Where{{insight.Segment, []string{"gold"}, true}}}, 40},
	} {
		a, err := table.View(c.viewer, at(300)).Support(t.Context(), c.which)
		if err != nil {
			t.Fatal(err)
		}
		if a.Contacts.All != c.want || a.All.Queued != c.want || a.Resolution.Contacts != c.want || a.Resolution.Efforts != c.want || a.Resolution.Told {
			t.Errorf("%d contacts, %+v, want %d: %s", a.Contacts.All, a.Resolution, c.want, c.reason)
		}
	}
	if a, err := table.View(insight.Everything(), at(0.5)).Support(t.Context(), insight.Which{}); err != nil || !a.Hidden || a.Contacts.All+a.All.Queued+len(a.Rows) != 0 {
		t.Errorf("one contact is not hidden: %+v, %v", a, err)
	}
}

// TestSupportResolve: without a client that tells efforts, they are those of package assist.
func TestSupportResolve(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 8))
	var events []event.Event
	for n := range 400 {
		e := call(n, float64(r.IntN(60*24)), fmt.Sprint("c", r.IntN(40)), "first", float64(r.IntN(60)), r.IntN(3) > 0)
		e.Intent = []string{"bill", "move", "", event.Other}[r.IntN(4)]
		e.Direction = event.Direction(r.IntN(5) / 4) //nolint:gosec // one of two
		e.Channel = event.Channel(4 + r.IntN(2))     //nolint:gosec // one of two
		e.Assisted.Legs[0].Bot = r.IntN(6) == 0
		if r.IntN(4) == 0 {
			e.Assisted, e.Outcome = nil, event.Failed
		}
		if r.IntN(12) == 0 {
			e.Customer.Hash = ""
		}
		events = append(events, e)
	}
	table := supportTable(t, events)
	for _, now := range []float64{30 * 24, 80 * 24} {
		a, err := table.View(insight.Everything(), at(now)).Support(t.Context(), insight.Which{})
		if err != nil {
			t.Fatal(err)
		}
		want := assist.Resolve(events, 7*24*time.Hour, at(now))
		if a.Resolution.Resolution != want || want.Efforts < 12 || want.Escalated == 0 || want.Switches == 0 {
			t.Errorf("%+v, want %+v", a.Resolution.Resolution, want)
		}
		share := func(n, of int) score.Share { return score.ShareOf(int64(n), int64(of), 0.95) }
		if got := &a.Resolution; got.Again != share(want.Repeats, want.Known) || got.Coverage != share(want.Known, want.Contacts) || got.First != share(want.FirstContact, want.Efforts) || want.Repeats == 0 {
			t.Errorf("%+v: the shares are not those of %+v", got, want)
		}
	}
}

// TestSupportClock: half hours are those of the zone of the question, also when the clock changes.
func TestSupportClock(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 10, 25, 0, 0, 0, 0, berlin) // 2:30 is there twice
	var events []event.Event
	for n := range 12 {
		e := call(n, 0, fmt.Sprint("c", n), "first", 5, true)
		e.Time = from.Add(2*time.Hour + 40*time.Minute + time.Duration(n%2)*time.Hour)
		events = append(events, e)
	}
	a, err := supportTable(t, events).View(insight.Everything(), time.Time{}).Support(t.Context(), insight.Which{From: from})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range a.Rows {
		got = append(got, fmt.Sprint(r.Begin.Format("15:04 -0700"), " ", r.Queued))
	}
	if want := "02:30 +0200 6, 02:30 +0100 6"; strings.Join(got, ", ") != want {
		t.Errorf("the half hours are %q, want %q", got, want)
	}
}

// TestAnonymousLegs: a contact of a customer who is not known is one customer, however many legs it has.
func TestAnonymousLegs(t *testing.T) {
	t.Parallel()
	e := call(1, 0, "", "first", 5, true)
	for len(e.Assisted.Legs) < 8 {
		e.Assisted.Legs = append(e.Assisted.Legs, e.Assisted.Legs[0])
	}
	events := []event.Event{e}
	a, err := supportTable(t, events).View(insight.Everything(), at(1)).Support(t.Context(), insight.Which{})
	if err != nil || !a.Hidden || len(a.Queues) > 0 {
		t.Errorf("one customer is shown: %+v, %v", a, err)
	}
	for n := range 20 {
		events = append(events, call(2+n, 0, "", []string{"second", "third"}[n%2], 5, true))
	}
	a, err = supportTable(t, events).View(insight.Everything(), at(1)).Support(t.Context(), insight.Which{})
	if err != nil || a.Hidden || len(a.Queues) != 3 || !a.Queues[0].Hidden || !a.Queues[1].Hidden || a.Queues[2].Hidden {
		t.Errorf("the queue of one customer is shown, or follows from the others: %+v, %v", a.Queues, err)
	}
}

// TestToldEfforts: efforts that a client has told answer a question about everything, and no other one, because they belong to no run.
func TestToldEfforts(t *testing.T) {
	t.Parallel()
	var events []event.Event
	for n := range 12 {
		e := call(n, 1, fmt.Sprint("c", n), "first", 5, true)
		e.Intent, e.Journey = "bill", event.Run{Name: "ticket", ID: fmt.Sprint(n)}
		events = append(events, e)
	}
	events = append(events, event.Event{
		ID: event.ID{1: 9}, Kind: event.ContactResolved, Time: at(200), Customer: event.Customer{Hash: "c1"}, Intent: "bill",
		Effort: &event.Effort{Contacts: 3, Answered: 1, Switches: 1, From: "help-page"},
	})
	view := supportTable(t, events).View(insight.Everything(), at(300))
	for _, c := range []struct {
		which   insight.Which
		told    bool
		efforts int
	}{{insight.Which{}, true, 1}, {insight.Which{Journey: "ticket"}, false, 12}} {
		a, err := view.Support(t.Context(), c.which)
		if r := a.Resolution; err != nil || r.Told != c.told || r.Efforts != c.efforts || c.told && (r.Repeats != 2 || r.Switches != 1 || r.Escalated != 1 || r.Again.OK()) {
			t.Errorf("%+v, %v", r, err)
		}
	}
}

// TestRareDecision: a kind of decision for four customers is hidden, and the other kind is not, because nothing says how many there are of both. With two queues
// both are hidden, because the numbers of all queues are shown.
func TestRareDecision(t *testing.T) {
	t.Parallel()
	var events []event.Event
	for n := range 20 {
		e := call(n, 1, fmt.Sprint("c", n), []string{"first", "second"}[n/16], 5, true)
		e.Assisted.Decisions = []event.Decision{{What: []string{"refund", "apology"}[n/16]}}
		events = append(events, e)
	}
	a, err := supportTable(t, events).View(insight.Everything(), at(2)).Support(t.Context(), insight.Which{})
	if err != nil || len(a.Decisions) != 2 || len(a.Queues) != 2 {
		t.Fatal(a.Decisions, a.Queues, err)
	}
	want := []insight.Decided{{What: "refund", N: 16, Alone: score.ShareOf(16, 16, 0.95)}, {What: "apology", Hidden: true}}
	if diff := gocmp.Diff(want, a.Decisions); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if a.All.Queued != 20 || !a.Queues[0].Hidden || !a.Queues[1].Hidden {
		t.Errorf("%d are queued in all, of which %+v", a.All.Queued, a.Queues)
	}
}

// TestSmallDecisions: what became of four contacts with an approval is not shown, and neither is what the others would tell of it.
func TestSmallDecisions(t *testing.T) {
	t.Parallel()
	var events []event.Event
	for n := range 20 {
		e := call(n, 1, fmt.Sprint("c", n), "first", 5, true)
		e.Assisted.Claimed, e.Assisted.Decisions = event.Yes, []event.Decision{{What: "refund"}}
		if n < 4 {
			e.Assisted.Decisions[0].Waited, e.Assisted.Decisions[0].Refused = event.Seconds(time.Minute), n == 0
		}
		events = append(events, e)
	}
	a, err := supportTable(t, events).View(insight.Everything(), at(2)).Support(t.Context(), insight.Which{})
	if err != nil || len(a.Decisions) != 1 {
		t.Fatal(a.Decisions, err)
	}
	if d := a.Decisions[0]; d.N != 20 || d.Alone.Count != 16 || d.Resolved.OK() || d.ResolvedApproved.OK() || d.Refused.OK() || d.Waited != 0 {
		t.Errorf("%+v", d)
	}
}
