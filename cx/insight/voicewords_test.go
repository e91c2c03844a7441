package insight_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/feedback"
)

// careful is a blueprint with follow-ups and actions.
func careful() *blueprint.Blueprint {
	b := tickets()
	b.FollowUps = []blueprint.FollowUp{{
		Name: "complaint", Owner: "care", Confirm: blueprint.Duration(14 * 24 * time.Hour), Hold: blueprint.NoHold,
		Acknowledge: blueprint.Within{Duration: blueprint.Duration(24 * time.Hour)}, Answer: blueprint.Within{Duration: blueprint.Duration(120 * time.Hour)},
		Open: []blueprint.OpenRule{{On: "complaint"}},
	}}
	b.Actions = []blueprint.Action{{Name: "improvement", Owner: "product"}}
	return b
}

func carefulTable(t testing.TB, m insight.Source) *insight.Table {
	t.Helper()
	table, err := insight.New(careful())
	if err == nil {
		err = table.Load(t.Context(), m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// TestActedOn: the numbers are those of feedback.CountActedOn.
func TestActedOn(t *testing.T) {
	t.Parallel()
	events := append(heard(3), changes()...)
	from, until, now := at(2*weeks), at(9*weeks), at(11*weeks)
	a, err := carefulTable(t, &memory{events: events}).View(insight.Everything(), now).Voice(t.Context(), insight.Which{From: from, Until: until})
	if err != nil {
		t.Fatal(err)
	}
	lived := slices.DeleteFunc(slices.Clone(events), func(e event.Event) bool { return e.Actor == event.ActorSynthetic || e.Time.After(now) })
	want := feedback.CountActedOn(slices.Values(lived), from, until)
	days, _ := want.MedianDays()
	if a.Actions.ActedOn.Count != int64(want.Acted) || a.Actions.ActedOn.N != int64(want.WithCause) || a.Actions.Days != days || want.Acted < 20 {
		t.Errorf("%v after %v days, want %+v", a.Actions.ActedOn, a.Actions.Days, want.String())
	}
	if got, wanted := a.Actions.ActedOn.Interval, want.Interval(0.95); got != wanted {
		t.Errorf("the interval is %v, want %v", got, wanted)
	}
}

// changes are two actions of which one was made, and six customers who were told.
func changes() (all []event.Event) {
	step := func(run, stage string, h float64, a event.Action) {
		e := event.Event{ID: event.NewID(at(h)), Kind: event.JourneyStageEntered, Time: at(h), Journey: event.Run{Name: "improvement", ID: run}, Stage: stage, Action: &a, Actor: event.ActorEmployee}
		all = append(all, e)
	}
	step("a", "proposed", 5*weeks, event.Action{Name: "faster-form", Owner: "product", Cause: "slow"})
	step("a", "made", 6*weeks, event.Action{})
	step("b", "proposed", 7*weeks, event.Action{Name: "training", Cause: "rude"})
	for n := range 6 {
		all = append(all, event.Event{
			ID: event.NewID(at(6*weeks + 1)), Kind: event.TouchpointEnded, Time: at(6*weeks + 1 + float64(n)), Touchpoint: "told-of-change", Outcome: event.OK, Direction: event.Outbound,
			Journey: event.Run{Name: "improvement", ID: "a"}, Customer: event.Customer{Hash: fmt.Sprint("customer-", n)}, Actor: event.ActorEmployee,
		})
	}
	return all
}

// TestVoiceWords: words need their right, the newest come first, changes hold, and there are no more than the bound.
func TestVoiceWords(t *testing.T) {
	t.Parallel()
	m := &memory{}
	said := func(n int, kind event.Kind, f event.Feedback) event.ID {
		e := event.Event{ID: event.ID{1: byte(len(m.events) + 1)}, Kind: kind, Time: at(float64(n)), Customer: event.Customer{Hash: fmt.Sprint("customer-", n)}, Journey: event.Run{Name: "ticket", ID: fmt.Sprint(n)}, Feedback: &f}
		m.events = append(m.events, e)
		return e.ID
	}
	var ids []event.ID
	for n := range 80 {
		f := event.Feedback{Survey: "after", Scale: event.CSAT, Score: 1 + n%5, Comment: fmt.Sprint("words ", n), Causes: []string{"slow"}}
		ids = append(ids, said(n, event.FeedbackReceived, f))
	}
	amend := func(n int, f event.Feedback) {
		f.Amends, f.Survey = ids[n], "after"
		said(100+n, event.FeedbackAmended, f)
	}
	amend(0, event.Feedback{Scale: event.CSAT, Score: 5, Comment: "better now"})                                   // an old one is the newest again
	amend(79, event.Feedback{Scale: event.CSAT, Score: 1, Causes: []string{"slow"}})                               // it has no words any more
	amend(78, event.Feedback{Testimonial: &event.Testimonial{Given: at(178)}})                                     // the consent alone
	amend(77, event.Feedback{Scale: event.CSAT, Score: 1, Comment: "\x1b[31m<b>\u202e", Causes: []string{"rude"}}) // hostile
	table := carefulTable(t, m)
	a, err := table.View(insight.Everything(), at(500)).Voice(t.Context(), insight.Which{})
	if err != nil {
		t.Fatal(err)
	}
	texts := func(list []insight.Quote) (all []string) {
		for _, q := range list {
			all = append(all, q.Text)
		}
		return all
	}
	got := texts(a.Verbatims)
	if len(got) != insight.MaxQuotes || !slices.Equal(got[:4], []string{"\x1b[31m<b>\u202e", "better now", "words 78", "words 76"}) {
		t.Errorf("%d verbatims: %q", len(got), got[:min(4, len(got))])
	}
	if q := a.Verbatims[1]; !q.Amended || *q.Score != 5 || q.Customer != "customer-100" && q.Customer != "customer-0" || !q.At.Equal(at(0)) || len(q.Causes) > 0 {
		t.Errorf("what was changed is %+v", q)
	}
	if got := texts(a.Compliments); len(got) < 20 || got[0] != "better now" || got[1] != "words 78" {
		t.Errorf("the compliments are %q", got)
	}
	for _, c := range a.Causes {
		if want := map[string][]string{"slow": {"words 76", "words 75", "words 72"}, "rude": {"\x1b[31m<b>\u202e"}}[c.Cause]; !c.Hidden && !slices.Equal(texts(c.Quotes), want) {
			t.Errorf("the quotes of %q are %q, want %q", c.Cause, texts(c.Quotes), want)
		}
	}
	for _, c := range []struct {
		rights   insight.Right
		words    int
		customer bool
		reason   string
	}{
		{insight.Numbers, 0, false, "numbers have no words"},
		{insight.Numbers | insight.Customers, 0, false, "customers are no words"},
		{insight.Numbers | insight.Words, insight.MaxQuotes, false, "words do not say who wrote them"},
		{insight.Numbers | insight.Words | insight.Customers, insight.MaxQuotes, true, "both"},
	} {
		a, err := table.View(insight.Viewer{Rights: c.rights}, at(500)).Voice(t.Context(), insight.Which{})
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		if len(a.Verbatims) != c.words || strings.Contains(string(text), "customer-") != c.customer || strings.Contains(string(text), "words 7") != (c.words > 0) {
			t.Errorf("with %s there are %d verbatims, want %d, and customers: %v: %s", c.rights, len(a.Verbatims), c.words, strings.Contains(string(text), "customer-"), c.reason)
		}
		if s := a.Sentence(); strings.ContainsAny(s, "\n\x1b\u202e") || strings.Contains(s, "words") {
			t.Errorf("the sentence is %q", s)
		}
	}
}
