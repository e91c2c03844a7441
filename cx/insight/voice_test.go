package insight_test

import (
	"encoding/json"
	"fmt"
	"iter"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/feedback/score"
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

const weeks = 7 * 24 // in hours

// heard are the events of three months in which customers of 1,500 tickets and orders, and some without a run, are asked, answer, change their minds and say things by themselves.
func heard(seed uint64) []event.Event {
	r := rand.New(rand.NewPCG(seed, 16))
	var all []event.Event
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	add := func(e event.Event) event.ID {
		e.ID = event.ID{0: byte(len(all) >> 16), 1: byte(len(all) >> 8), 2: byte(len(all)), 15: byte(r.IntN(256))}
		all = append(all, e)
		return e.ID
	}
	for n := range 1500 {
		began := float64(r.IntN(12 * weeks))
		c := event.Customer{Hash: fmt.Sprint("customer-", r.IntN(700)), Segment: pick("gold", "iron", "")}
		run := event.Run{Name: pick("ticket", "order"), ID: fmt.Sprint(n)}
		if r.IntN(6) == 0 {
			run = event.Run{}
		} else {
			add(event.Event{Kind: event.JourneyStarted, Time: at(began), Journey: event.Run{Name: run.Name, ID: run.ID, Started: at(began)}, Customer: c})
		}
		actor := event.ActorCustomer
		if r.IntN(20) == 0 {
			actor = event.ActorSynthetic
		}
		channel := event.Channel(1 + r.IntN(4)) //nolint:gosec // one of four
		say := func(h float64, kind event.Kind, f event.Feedback, m *event.Mention) event.ID {
			return add(event.Event{Kind: kind, Time: at(began + h), Journey: run, Customer: c, Actor: actor, Channel: channel, Feedback: &f, Mention: m})
		}
		causes := [][]string{nil, {"slow"}, {"rude"}, {"slow", "price", "slow"}}[r.IntN(4)]
		if r.IntN(3) == 0 {
			m := &event.Mention{Nature: event.Nature(r.IntN(5)), Stars: float64(r.IntN(11)) / 2} //nolint:gosec // one of five
			id := say(30, event.FeedbackMentioned, event.Feedback{Source: pick("letters", "trustpilot"), Causes: causes, Comment: fmt.Sprint("mention ", n)}, m)
			if r.IntN(3) == 0 {
				say(40, event.FeedbackAmended, event.Feedback{Amends: id, Causes: []string{"price"}, Comment: fmt.Sprint("changed ", n)}, &event.Mention{Nature: event.Compliment})
			}
			continue
		}
		survey := event.Feedback{Survey: "after", Version: pick("1", "1", "2"), Scale: event.CSAT}
		if r.IntN(3) == 0 {
			survey = event.Feedback{Survey: "relation", Scale: event.NPS}
		}
		asked := event.ID{}
		if r.IntN(5) > 0 {
			asked = say(10, event.SurveyRequested, survey, nil)
		}
		if !asked.IsZero() && r.IntN(2) == 0 {
			end := survey
			end.Request, end.Ended = asked, event.SurveyEnd(2+r.IntN(3)) //nolint:gosec // one of three
			say(200, event.SurveyClosed, end, nil)
			continue
		}
		answer := survey
		answer.Request, answer.Causes, answer.Comment = asked, causes, fmt.Sprint("answer ", n)
		answer.Score = survey.Scale.Min() + r.IntN(survey.Scale.Max()-survey.Scale.Min()+1)
		id := say(20+float64(r.IntN(100)), event.FeedbackReceived, answer, nil)
		for range r.IntN(3) {
			answer.Amends, answer.Score, answer.Causes = id, survey.Scale.Min()+r.IntN(3), [][]string{nil, {"late"}}[r.IntN(2)]
			say(130+float64(r.IntN(3)), event.FeedbackAmended, answer, nil)
		}
	}
	return all
}

// spoken is an answer or a mention of the model.
type spoken struct {
	e      event.Event
	last   event.Event
	causes []string
}

// heardBy returns what the model finds in events: those that are chosen, in the period, with the last change.
func heardBy(events []event.Event, chosen func(*event.Event) bool, from, until, now time.Time) (said []*spoken, requests map[event.ID]event.Event, answered map[event.ID]bool) {
	inside := func(at time.Time) bool { return !at.Before(from) && (until.IsZero() || at.Before(until)) }
	by := map[event.ID]*spoken{}
	requests, answered = map[event.ID]event.Event{}, map[event.ID]bool{}
	for _, e := range events {
		if e.Actor == event.ActorSynthetic || e.Time.After(now) || e.Feedback == nil {
			continue
		}
		switch e.Kind { //nolint:exhaustive // the rest says nothing
		case event.SurveyRequested:
			if chosen(&e) && inside(e.Time) {
				requests[e.ID] = e
			}
		case event.FeedbackReceived, event.FeedbackMentioned:
			if !chosen(&e) {
				continue
			}
			answered[e.Feedback.Request] = true
			if inside(e.Time) {
				by[e.ID] = &spoken{e: e, last: e}
			}
		}
	}
	for _, e := range events {
		if e.Kind == event.FeedbackAmended && !e.Time.After(now) && e.Actor != event.ActorSynthetic {
			if s := by[e.Feedback.Amends]; s != nil && (s.last.ID == s.e.ID || e.Time.After(s.last.Time) || e.Time.Equal(s.last.Time) && string(e.ID[:]) > string(s.last.ID[:])) {
				s.last = e
			}
		}
	}
	for _, s := range by {
		for _, c := range s.last.Feedback.Causes {
			if !slices.Contains(s.causes, c) {
				s.causes = append(s.causes, c)
			}
		}
		said = append(said, s)
	}
	return said, requests, answered
}

// weekOf returns the beginning of the week, by counting days since a Monday.
func weekOf(at time.Time) time.Time {
	const first = 4 // 1970-01-05 is a Monday
	days := at.Unix()/86400 - first
	return time.Unix((days-days%7+first)*86400, 0).UTC()
}

// TestVoiceModel: the numbers are those of a model that looks at all events, of package score, and of feedback.CountActedOn.
func TestVoiceModel(t *testing.T) {
	t.Parallel()
	events := heard(1)
	table := carefulTable(t, &memory{events: events})
	segments := map[event.RunRef]string{} // the first one that an event of the run has
	for _, e := range events {
		ref := event.RunRef{Name: e.Journey.Name, ID: e.Journey.ID}
		if segments[ref] == "" && e.Journey.Name != "" {
			segments[ref] = e.Customer.Segment
		}
	}
	segment := func(e *event.Event) string {
		if e.Journey.Name == "" {
			return e.Customer.Segment
		}
		return segments[event.RunRef{Name: e.Journey.Name, ID: e.Journey.ID}]
	}
	all := insight.Everything()
	for _, c := range []struct {
		name   string
		viewer insight.Viewer
		which  insight.Which
		now    float64
		chosen func(*event.Event) bool
	}{
		{"all", all, insight.Which{}, 20 * weeks, func(*event.Event) bool { return true }},
		{"a journey", all, insight.Which{Journey: "ticket"}, 20 * weeks, func(e *event.Event) bool { return e.Journey.Name == "ticket" }},
		{"a period, and what came later", all, insight.Which{From: at(3*weeks - 9), Until: at(8*weeks + 3)}, 9 * weeks, func(*event.Event) bool { return true }},
		{
			"a segment", all,
			insight.Which{Where: []insight.Where{{insight.Segment, []string{"gold"}, false}}},
			20 * weeks,
			func(e *event.Event) bool { return segment(e) == "gold" },
		},
		{
			"a viewer of a segment",
			insight.Viewer{Rights: insight.Numbers, Segments: []string{"iron", ""}},
			insight.Which{Where: []insight.Where{{insight.Segment, []string{"gold", ""}, true}}},
			20 * weeks, func(e *event.Event) bool { return segment(e) == "iron" },
		},
		{"a viewer of a journey", insight.Viewer{Rights: insight.Numbers, Owners: []string{"support"}}, insight.Which{}, 20 * weeks, func(e *event.Event) bool { return e.Journey.Name == "ticket" }},
		{
			"another condition", all, insight.Which{Where: []insight.Where{{insight.Team, []string{""}, false}}}, 20 * weeks, func(*event.Event) bool { return true },
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, err := table.View(c.viewer, at(c.now)).Voice(t.Context(), c.which)
			if err != nil {
				t.Fatal(err)
			}
			m := modelVoice{events: events, chosen: c.chosen, from: c.which.From, until: c.which.Until, now: at(c.now)}
			m.said, m.requests, m.answered = heardBy(events, c.chosen, m.from, m.until, m.now)
			m.surveys(t, &a)
			m.mentions(t, &a)
			if a.Hidden || len(a.Surveys) < 3 || a.Mentions.N < 20 {
				t.Errorf("the answer is too small to test something: %d surveys, %d mentions", len(a.Surveys), a.Mentions.N)
			}
		})
	}
}

type modelVoice struct {
	events           []event.Event
	chosen           func(*event.Event) bool
	from, until, now time.Time
	said             []*spoken
	requests         map[event.ID]event.Event
	answered         map[event.ID]bool
}

func (m *modelVoice) surveys(t *testing.T, a *insight.Voice) {
	t.Helper()
	var seq iter.Seq[event.Event] = func(yield func(event.Event) bool) {
		for _, e := range m.events {
			said := e.Kind == event.SurveyRequested || e.Kind == event.FeedbackReceived
			if !e.Time.After(m.now) && (!said || m.chosen(&e)) && !yield(e) {
				return
			}
		}
	}
	want := score.Of(seq, score.Between(m.from, m.until)).Surveys()
	for i := range want {
		want[i].Answers.Causes, want[i].First.Causes = nil, nil
		for j := range want[i].Segments {
			want[i].Segments[j].Answers.Causes = nil
		}
	}
	if len(want) != len(a.Surveys) {
		t.Fatalf("%d surveys, want %d", len(a.Surveys), len(want))
	}
	for i, s := range a.Surveys {
		if !reflect.DeepEqual(s.Survey, want[i]) {
			t.Errorf("survey %s %s: %+v\nwant %+v", s.Name, s.Version, s.Survey, want[i])
		}
		mine := func(f *event.Feedback) bool { return f.Survey == s.Name && f.Version == s.Version }
		m.parts(t, "week", s.Weeks, mine, func(x *spoken) []string { return []string{weekOf(x.e.Time).String()} }, func(e *event.Event) string { return weekOf(e.Time).String() })
		m.parts(t, "channel", s.Channels, mine, func(x *spoken) []string { return []string{x.e.Channel.String()} }, func(e *event.Event) string { return e.Channel.String() })
		m.parts(t, "cause", s.Causes, mine, func(x *spoken) []string {
			if len(x.causes) == 0 {
				return []string{""}
			}
			return x.causes
		}, nil)
	}
}

// parts compares the parts of a survey that are shown.
func (m *modelVoice) parts(t *testing.T, what string, got []insight.SurveyPart, mine func(*event.Feedback) bool, of func(*spoken) []string, requested func(*event.Event) string) {
	t.Helper()
	counts, asked, answered := map[string]map[int]int64{}, map[string]int64{}, map[string]int64{}
	for _, s := range m.said {
		if s.e.Kind != event.FeedbackReceived || !mine(s.e.Feedback) {
			continue
		}
		for _, name := range of(s) {
			if counts[name] == nil {
				counts[name] = map[int]int64{}
			}
			counts[name][s.last.Feedback.Score]++
		}
	}
	for id, e := range m.requests {
		if requested == nil || !mine(e.Feedback) {
			continue
		}
		name := requested(&e)
		if asked[name]++; m.answered[id] {
			answered[name]++
		}
		if counts[name] == nil {
			counts[name] = map[int]int64{}
		}
	}
	if len(got) != len(counts) {
		t.Errorf("%d parts by %s, want %d", len(got), what, len(counts))
	}
	shown := 0
	for _, p := range got {
		name := p.Name
		if what == "week" {
			name = p.From.String()
		}
		want, ok := counts[name]
		if !ok {
			t.Errorf("there is no %s %q", what, name)
		}
		if !p.Answers.Hidden {
			shown++
			for i, n := range p.Answers.Counts {
				at := i
				if len(p.Answers.Counts) == 5 {
					at++ // CSAT begins at 1
				}
				if n != want[at] {
					t.Errorf("%s %q: %d answers of %d, want %d", what, name, n, at, want[at])
				}
			}
		}
		if !p.RateHidden && (p.Rate.Count != answered[name] || p.Rate.N != asked[name]) {
			t.Errorf("%s %q: %d of %d requests have an answer, want %d of %d", what, name, p.Rate.Count, p.Rate.N, answered[name], asked[name])
		}
	}
	if shown == 0 {
		t.Errorf("no %s is shown", what)
	}
}

func (m *modelVoice) mentions(t *testing.T, a *insight.Voice) {
	t.Helper()
	var n, complaints, negative, mood int64
	sources, stars, causes, bad := map[string]int64{}, map[string]float64{}, map[string]int64{}, map[string]int64{}
	for _, s := range m.said {
		verdict := event.Verdict(0)
		if s.e.Kind == event.FeedbackReceived {
			verdict, _ = s.last.Feedback.Scale.Verdict(s.last.Feedback.Score)
		} else {
			n++
			sources[s.e.Feedback.Source]++
			stars[s.e.Feedback.Source] += s.last.Mention.Stars
			switch s.last.Mention.Nature {
			case event.Complaint:
				complaints++
				verdict = event.Negative
			case event.Compliment:
				verdict = event.Positive
			default:
				switch x := s.last.Mention.Stars; {
				case x >= 4:
					verdict = event.Positive
				case x >= 3:
					verdict = event.Neutral
				case x > 0:
					verdict = event.Negative
				}
			}
			if verdict != 0 {
				mood++
			}
			if verdict == event.Negative {
				negative++
			}
		}
		for _, c := range s.causes {
			if causes[c]++; verdict == event.Negative {
				bad[c]++
			}
		}
	}
	if g := &a.Mentions; g.N != n || g.Complaints.Count != complaints || g.Complaints.N != n || g.Negative.Count != negative || g.Negative.N != mood {
		t.Errorf("%+v, want %d mentions, %d complaints, %d of %d negative", g, n, complaints, negative, mood)
	}
	for _, s := range a.Mentions.Sources {
		if sum := s.Stars * float64(s.Rated); s.N != sources[s.Name] || sum-stars[s.Name] > 1e-9 || stars[s.Name]-sum > 1e-9 {
			t.Errorf("%q has %d mentions and %v stars, want %d and %v", s.Name, s.N, sum, sources[s.Name], stars[s.Name])
		}
	}
	for _, c := range a.Causes {
		if !c.Hidden && (c.Share.Count != causes[c.Cause] || c.Share.N != int64(len(m.said)) || c.Negative.Count != bad[c.Cause]) {
			t.Errorf("%q: %+v, want %d of %d, %d negative", c.Cause, c, causes[c.Cause], len(m.said), bad[c.Cause])
		}
	}
	if len(a.Causes) != len(causes) || len(a.Mentions.Sources) != 2 {
		t.Errorf("%d causes, want %d; %d sources", len(a.Causes), len(causes), len(a.Mentions.Sources))
	}
}

// TestVoiceOrder: the order in which events arrive changes no byte of the answers.
func TestVoiceOrder(t *testing.T) {
	t.Parallel()
	events := append(heard(2), changes()...)
	ask := func() string {
		view := carefulTable(t, &memory{events: events}).View(insight.Everything(), at(20*weeks))
		voice, err := view.Voice(t.Context(), insight.Which{})
		if err != nil {
			t.Fatal(err)
		}
		support, err := view.Support(t.Context(), insight.Which{})
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal([]any{voice, support, voice.Sentence(), support.Sentence()})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	want := ask()
	for n := range 3 {
		rand.New(rand.NewPCG(uint64(n), 1)).Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		if got := ask(); got != want {
			t.Fatalf("another order of arrival has another answer:\n%s\n%s", want, got)
		}
	}
	if len(want) < 10000 {
		t.Errorf("the answer is too small to test something: %s", want)
	}
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
