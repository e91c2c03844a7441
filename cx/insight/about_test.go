package insight_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// TestFollowUpInTheStoryOfItsRun: who reads the story of a run to a customer sees what became of the complaint about it, as far as the viewer may see complaints.
func TestFollowUpInTheStoryOfItsRun(t *testing.T) {
	t.Parallel()
	one, other := ticket(1, 0), ticket(2, 0)
	one.ended, one.outcome = 5, event.Completed
	m := &memory{events: append(one.events(), other.events()...)}
	followUp := func(id, about string, h float64) {
		f := &event.FollowUp{ID: id, Owner: "care", About: event.RunRef{Name: "ticket", ID: about}}
		run := event.Run{Name: "complaint", ID: id, Started: at(h)}
		for i, e := range []event.Event{
			{Kind: event.JourneyStarted, Journey: run, FollowUp: f},
			{Kind: event.JourneyStageEntered, Journey: run, Stage: "received", FollowUp: f},
			{Kind: event.PromiseMade, Journey: run, Promise: &event.Promise{Name: "answered", Number: 1, Made: at(h), Due: at(h + 48)}},
			{Kind: event.TouchpointEnded, Journey: run, Touchpoint: "letter", Outcome: event.OK},
		} {
			e.Time = at(h + float64(i)/60)
			e.ID = event.NewID(e.Time)
			m.events = append(m.events, e)
		}
	}
	followUp("c-2", "1", 20)
	followUp("c-1", "1", 2)
	followUp("c-3", "2", 3)
	table := carefulTable(t, m)
	story := func(v insight.Viewer, h float64, id string) insight.Run {
		t.Helper()
		r, err := table.View(v, at(h)).Run(t.Context(), event.RunRef{Name: "ticket", ID: id})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	customers := insight.Numbers | insight.Customers
	for _, c := range []struct {
		reason string
		viewer insight.Viewer
		at     float64
		id     string
		want   string
		steps  int
	}{
		{"both, by their beginning, with all that happened in them", insight.Everything(), 30, "1", "c-1 c-2", 10},
		{"what is later than the moment is in no story", insight.Everything(), 10, "1", "c-1", 6},
		{"another run's is not", insight.Everything(), 30, "2", "c-3", 5},
		{"an owner sees his own journeys", insight.Viewer{Rights: customers, Owners: []string{"support"}}, 30, "1", "", 2},
		{"both owners", insight.Viewer{Rights: customers, Owners: []string{"support", "care"}}, 30, "1", "c-1 c-2", 10},
	} {
		r := story(c.viewer, c.at, c.id)
		var ids []string
		for i := range r.FollowUps {
			ids = append(ids, r.FollowUps[i].Run.ID)
		}
		if got := strings.Join(ids, " "); got != c.want || len(r.Steps) != c.steps {
			t.Errorf("the follow-ups are %q with %d steps, want %q with %d: %s", got, len(r.Steps), c.want, c.steps, c.reason)
		}
		if r.State != map[string]string{"1": "completed", "2": "open"}[c.id] || r.Run.ID != c.id {
			t.Errorf("the run is %+v: %s", r.RunSummary, c.reason)
		}
		for i := 1; i < len(r.Steps); i++ {
			if r.Steps[i].Event.Time.Before(r.Steps[i-1].Event.Time) {
				t.Errorf("step %d is out of order: %s", i, c.reason)
			}
		}
	}
	if r := story(insight.Everything(), 30, "1"); len(r.FollowUps[0].Promises) != 1 || !r.At.Equal(at(30)) {
		t.Errorf("the promise of the first one is missing: %+v", r.FollowUps[0])
	}
	// A source that fails on the second question fails the story.
	m.failAbout = errors.New("the disk is full")
	if _, err := table.View(insight.Everything(), at(30)).Run(t.Context(), event.RunRef{Name: "ticket", ID: "1"}); !errors.Is(err, m.failAbout) {
		t.Errorf("the error is %v", err)
	}
}

// TestMatters: what follow-ups are about is told of those that the viewer may see, without a subject that is outside of the viewer's scope.
func TestMatters(t *testing.T) {
	t.Parallel()
	ticketOne := ticket(1, 0)
	m := &memory{events: ticketOne.events()}
	one, other, none := event.RunRef{Name: "complaint", ID: "c-1"}, event.RunRef{Name: "complaint", ID: "c-2"}, event.RunRef{Name: "ticket", ID: "1"}
	for n, step := range []struct {
		run event.RunRef
		f   event.FollowUp
	}{
		{one, event.FollowUp{Owner: "care", Rule: "dissatisfied", Severity: "grave", About: none}},
		{one, event.FollowUp{Owner: "desk", Note: "a secret"}},
		{other, event.FollowUp{Owner: "care", About: event.RunRef{Name: "order", ID: "7"}}},
	} {
		e := event.Event{Kind: event.JourneyStageEntered, Time: at(1 + float64(n)), Journey: event.Run{Name: step.run.Name, ID: step.run.ID}, Stage: "received", FollowUp: &step.f}
		e.ID, e.FollowUp.ID = event.NewID(e.Time), step.run.ID
		m.events = append(m.events, e)
	}
	table, asked := carefulTable(t, m), []event.RunRef{other, none, one, {Name: "complaint", ID: "c-9"}}
	customers := insight.Numbers | insight.Customers
	for _, c := range []struct {
		reason string
		viewer insight.Viewer
		at     float64
		want   []insight.Matter
	}{
		{"the last owner, and what opened it", insight.Everything(), 10, []insight.Matter{
			{Run: other, About: event.RunRef{Name: "order", ID: "7"}, Owner: "care"}, {Run: none}, {Run: one, About: none, Rule: "dissatisfied", Severity: "grave", Owner: "desk"}, {Run: asked[3]},
		}},
		{"what is later than the moment is not known", insight.Everything(), 1.5, []insight.Matter{
			{Run: other}, {Run: none}, {Run: one, About: none, Rule: "dissatisfied", Severity: "grave", Owner: "care"}, {Run: asked[3]},
		}},
		{"a subject outside of the scope is not told", insight.Viewer{Rights: customers, Journeys: []string{"complaint"}}, 10, []insight.Matter{
			{Run: other, Owner: "care"}, {Run: none}, {Run: one, Rule: "dissatisfied", Severity: "grave", Owner: "desk"}, {Run: asked[3]},
		}},
		{"a follow-up outside of the scope has nothing", insight.Viewer{Rights: customers, Journeys: []string{"ticket"}}, 10, []insight.Matter{{Run: other}, {Run: none}, {Run: one}, {Run: asked[3]}}},
	} {
		got, err := table.View(c.viewer, at(c.at)).Matters(t.Context(), asked)
		if diff := gocmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", c.reason, err, diff)
		}
	}
	if _, err := table.View(insight.Viewer{Rights: insight.Numbers}, at(10)).Matters(t.Context(), asked); !errors.As(err, new(*insight.DeniedError)) {
		t.Errorf("without the right: %v", err)
	}
	if _, err := table.View(insight.Everything(), at(10)).Matters(t.Context(), make([]event.RunRef, insight.MaxRuns+1)); !errors.Is(err, insight.ErrWhich) {
		t.Errorf("too many: %v", err)
	}
}

// TestSupportReadsContacts: what Support reads of an archive of many touchpoints is the contacts, and what customers failed to do alone.
func TestSupportReadsContacts(t *testing.T) {
	t.Parallel()
	m := &memory{}
	for n := range 50 {
		m.events = append(m.events, call(n, float64(n)/10, fmt.Sprint("c", n%10), "first", 5, true))
		page := event.Event{Kind: event.TouchpointEnded, Time: at(float64(n) / 10), Touchpoint: "page", Outcome: event.OK, Customer: event.Customer{Hash: fmt.Sprint("c", n%10)}}
		page.ID = event.ID{1: 9, 15: byte(n)}
		m.events = append(m.events, page)
	}
	table, err := insight.New(nil)
	if err == nil {
		err = table.Load(t.Context(), m)
	}
	if err != nil {
		t.Fatal(err)
	}
	got, err := table.View(insight.Everything(), time.Time{}).Support(t.Context(), insight.Which{})
	if err != nil || got.Contacts.All != 50 {
		t.Errorf("%+v, want 50 contacts: %v", got.Contacts, err)
	}
	if m.given.Load() != 50 {
		t.Errorf("the source gave %d whole events, want the 50 contacts", m.given.Load())
	}
}
