package insight_test

import (
	"iter"
	"reflect"
	"slices"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/feedback/score"
)

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
