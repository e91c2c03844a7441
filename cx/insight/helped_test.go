package insight_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/feedback"
)

// TestHelped: a change is measured with equal windows, at one age, and by when the runs began.
func TestHelped(t *testing.T) {
	t.Parallel()
	const made = 10 * weeks
	for _, c := range []struct {
		name, reason        string
		now, from           float64 // the period begins later than the window
		before, after       int     // of 100 each that name the cause
		count, n, count2    int64
		differs, none, hide bool
	}{
		{"it helped", "30 of 100 before, and 10 of 100 after", made + 100, made - 2, 30, 10, 10, 100, 30, true, false, false},
		{"chance", "11 of 100 before, and 10 of 100 after", made + 100, made - 2, 11, 10, 10, 100, 11, false, false, false},
		{"half of the time", "what was said 50 to 100 hours before is outside of the window", made + 50, made - 2, 30, 10, 10, 50, 30, true, false, false},
		{"all is read", "the window is the same if the period is longer", made + 50, made - 150, 30, 10, 10, 50, 30, true, false, false},
		{"too early", "nobody has said anything since", made, made - 50, 30, 0, 0, 0, 0, false, true, false},
		{"too few", "four customers are not shown", made + 4, made - 2, 30, 4, 0, 0, 0, false, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := &memory{events: changes()[:3]}
			for i := range m.events {
				m.events[i].Time = at([]float64{made - 200, made, made + 1}[i])
			}
			say := func(n int, h float64, names bool) {
				f := &event.Feedback{Survey: "after", Scale: event.Thumbs}
				if names {
					f.Causes = []string{"slow"}
				}
				m.events = append(m.events, event.Event{
					ID: event.ID{1: 9, 14: byte(n >> 8), 15: byte(n)}, Kind: event.FeedbackReceived, Time: at(h), Customer: event.Customer{Hash: fmt.Sprint(n)}, Feedback: f,
				})
			}
			for n := range 100 {
				say(n, made-100+float64(n), n >= 100-c.before)
				say(200+n, made+0.5+float64(n), n < c.after)
			}
			a, err := carefulTable(t, m).View(insight.Everything(), at(c.now)).Voice(t.Context(), insight.Which{From: at(c.from), Until: at(made + 200)})
			if err != nil {
				t.Fatal(err)
			}
			if len(a.Actions.List) == 0 {
				t.Fatal("there is no action")
			}
			h := a.Actions.List[0].Helped
			switch {
			case h == nil || h.Hidden != c.hide || h.Difference.OK() == c.none:
				t.Fatalf("%+v: %s", h, c.reason)
			case c.none:
				return
			}
			if h.After.Count != c.count || h.After.N != c.n || h.Before.Count != c.count2 || h.Before.N != c.n || h.Differs != c.differs {
				t.Errorf("%+v: %s", h, c.reason)
			}
			if want := stats.Newcombe(c.count, c.n, c.count2, c.n, 0.95); h.Difference.Interval != want {
				t.Errorf("the interval is %v, want %v", h.Difference.Interval, want)
			}
			if s := a.Actions.List[0].Sentence(); strings.Contains(s, "association, not proof") != c.differs {
				t.Errorf("the sentence is %q", s)
			}
		})
	}
}

// TestHelpedAtOneAge: late answers about runs from before do not make the time before look worse. Every run has one answer after an hour, and every second run
// another one, which complains, after 40 hours. The change does nothing.
func TestHelpedAtOneAge(t *testing.T) {
	t.Parallel()
	const made = 10 * weeks
	m := &memory{events: changes()[:2]}
	m.events[0].Time, m.events[1].Time = at(made-100), at(made)
	id := 0
	for n := range 400 {
		l := ticket(n, made-200+float64(n))
		m.events = append(m.events, l.events()...)
		for i, after := range []float64{1, 40} {
			if i == 1 && n%2 == 0 {
				continue
			}
			f := &event.Feedback{Source: "letters"}
			if i == 1 {
				f.Causes = []string{"slow"}
			}
			id++
			m.events = append(m.events, event.Event{
				ID: event.ID{1: 7, 14: byte(id >> 8), 15: byte(id)}, Kind: event.FeedbackMentioned, Time: l.at(after), Customer: event.Customer{Hash: l.customer},
				Journey: event.Run{Name: "ticket", ID: l.id}, Feedback: f,
			})
		}
	}
	// 60 hours after the change, answers after 40 hours are known of 20 hours' runs alone, so that the runs are compared at the age of 30 hours.
	for _, c := range []struct {
		now, share float64
		reason     string
	}{
		{made + 60, 0, "the age is 30 hours, by which nobody has complained"},
		{made + 200, 1.0 / 3, "the age is 40 hours, by which each second run has"},
	} {
		a, err := carefulTable(t, m).View(insight.Everything(), at(c.now)).Voice(t.Context(), insight.Which{})
		if err != nil {
			t.Fatal(err)
		}
		h := a.Actions.List[0].Helped
		if h == nil || h.Differs || math.Abs(h.Before.Value-c.share) > 0.02 || math.Abs(h.After.Value-c.share) > 0.02 || h.After.N < 20 {
			t.Errorf("%+v: %s", h, c.reason)
		}
	}
}

// told are the events of a client.
type told struct{ events []event.Event }

func (r *told) Process(_ context.Context, e *event.Event) { r.events = append(r.events, *e) }

func (*told) Shutdown(context.Context) error { return nil }

// TestFollowUpsOfClient: the follow-ups that a client records are counted as people count them.
func TestFollowUpsOfClient(t *testing.T) {
	t.Parallel()
	r := &told{}
	var now time.Time
	b := careful()
	b.Objectives = nil // they are about touchpoints and surveys that only its events have, and a client checks that
	synctest.Test(t, func(t *testing.T) {
		client, err := cx.New(cx.WithBlueprint(b), cx.WithProcessors(r), cx.WithCustomerKey([]byte("a key of at least 16 bytes")), cx.WithUnredactedText(), cx.WithContactsInMemory(),
			cx.WithOnFault(func(context.Context, fault.Report) {}))
		if err != nil {
			t.Fatal(err)
		}
		ctx := cx.NewContext(t.Context(), client)
		complaint := feedback.DefineFollowUp("complaint") // the blueprint's, by name
		for _, d := range b.Definitions() {
			if f, ok := d.(*feedback.FollowUp); ok {
				complaint = f
			}
		}
		var in []context.Context
		for n := range 20 {
			id := feedback.Complain(ctx, "late", feedback.Comment(fmt.Sprint("complaint ", n)), feedback.From(event.Customer{ID: fmt.Sprint("c", n), Segment: []string{"gold", "iron"}[n%2]}))
			in = append(in, complaint.Resume(ctx, complaint.ID(id)))
		}
		time.Sleep(time.Hour)
		for n := range 12 { // 0 to 11 are acknowledged in time
			in[n] = complaint.Acknowledge(in[n])
		}
		time.Sleep(47 * time.Hour)
		client.Sweep(ctx)
		for n := range 8 { // 0 to 7 have the answer after 48 hours
			in[n] = complaint.Tell(complaint.Resolve(in[n], "voucher"))
		}
		complaint.Acknowledge(in[12]) // late
		for n := range 5 {
			complaint.Confirm(in[n])
		}
		complaint.Withdraw(in[8])
		now = time.Now().Add(time.Minute)
		if err := client.Shutdown(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
		}
	})
	a, err := carefulTable(t, &memory{events: r.events}).View(insight.Everything(), now).Voice(t.Context(), insight.Which{})
	if err != nil {
		t.Fatal(err)
	}
	f := &a.FollowUps
	// 5 are confirmed, 1 is withdrawn, 14 are open: 5, 6 and 7 are told, 9 to 11 acknowledged, 12 acknowledged late, 13 to 19 overdue.
	if f.Received != 20 || f.Confirmed.Count != 5 || f.Withdrawn.Count != 1 || f.Open.Count != 14 || f.Failed.Count+f.NoObjection.Count != 0 {
		t.Errorf("%+v", f)
	}
	if f.Broken.Count != 8 || f.Now != 14 || f.Overdue.Count != 7 || f.Told.N != 8 || f.Told.Median != 48*time.Hour || f.Oldest != 48*time.Hour+time.Minute {
		t.Errorf("8 broken, 14 open, 7 overdue, 8 told after 48 hours: %+v", f)
	}
	if len(f.Owners) != 1 || f.Owners[0].Name != "care" || f.Owners[0].Now != 14 || f.Owners[0].Overdue.Count != 7 {
		t.Errorf("the owners are %+v", f.Owners)
	}
	if len(f.Remedies) != 1 || f.Remedies[0].Name != "voucher" || f.Remedies[0].Count != 8 {
		t.Errorf("the remedies are %+v", f.Remedies)
	}
	if got := f.Ages[1].Count; got != 14 {
		t.Errorf("%d are a day old, want 14: %+v", got, f.Ages)
	}
	if got := f.Sentence(); !strings.Contains(got, "received 20 matters") || !strings.Contains(got, "14 are open") || !strings.Contains(got, "7 of these are overdue") {
		t.Errorf("the sentence is %q", got)
	}
	gold, err := carefulTable(t, &memory{events: r.events}).View(insight.Viewer{Rights: insight.Numbers, Segments: []string{"gold"}}, now).Voice(t.Context(), insight.Which{})
	if err != nil || gold.FollowUps.Received != 10 || gold.Mentions.N != 10 {
		t.Errorf("a viewer of one segment sees %+v and %d mentions: %v", gold.FollowUps, gold.Mentions.N, err)
	}
}

// TestListedActions: an action is listed while it is open, and in a period in which it took a step.
func TestListedActions(t *testing.T) {
	t.Parallel()
	m := &memory{events: append(heard(4), changes()...)}
	m.events = append(m.events, event.Event{
		ID: event.ID{1: 200}, Kind: event.JourneyEnded, Time: at(8 * weeks), Journey: event.Run{Name: "improvement", ID: "a"}, Outcome: event.Completed, Action: &event.Action{},
	})
	table := carefulTable(t, m)
	for _, c := range []struct {
		from, until float64
		want        string
		reason      string
	}{
		{5.5 * weeks, 6.5 * weeks, "faster-form training", "one was made, and the other one is open at the moment"},
		{10 * weeks, 11 * weeks, "training", "the first one was over before"},
	} {
		a, err := table.View(insight.Everything(), at(20*weeks)).Voice(t.Context(), insight.Which{From: at(c.from), Until: at(c.until)})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, one := range a.Actions.List {
			got = append(got, one.Change)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("the actions are %q, want %q: %s", got, c.want, c.reason)
		}
	}
}
