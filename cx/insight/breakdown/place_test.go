package breakdown_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
)

// memory is a source of events in the order of time.
type memory []event.Event

func (memory) Distinct() bool { return true }

func (m memory) Scan(_ context.Context, _ event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	for i := range m {
		e := m[i]
		if err := each(&e); err != nil {
			return event.Cursor{}, err
		}
	}
	return event.Cursor{Position: "all"}, nil
}

func (m memory) Events(_ context.Context, q event.Query, each func(*event.Event) error) error {
	for i := range m {
		e := m[i]
		if !q.Asks(&e) {
			continue
		}
		if e.Feedback != nil { // it belongs to each
			f := *e.Feedback
			e.Feedback = &f
		}
		if err := each(&e); err != nil {
			return err
		}
	}
	return nil
}

const teams, pages = 10, 16

// planted is the blueprint of the simulation, which has 20 charts: of the journey, a stage, two causes and the touchpoint card, and of 15 pages.
func planted() *blueprint.Blueprint {
	b := &blueprint.Blueprint{Version: 1, RootCauses: []string{"declined", "tired"}, Journeys: []blueprint.Journey{{Name: "order", Stages: []blueprint.Stage{{Name: "payment"}}}}, Touchpoints: []blueprint.Touchpoint{{Name: "card", Journey: "order", Stage: "payment"}}}
	for n := range pages - 1 {
		b.Touchpoints = append(b.Touchpoints, blueprint.Touchpoint{Name: fmt.Sprint("page-", n)})
	}
	return b
}

// plant makes the runs of so many days, so many a day, of which a tenth fail: from a day on 40% of those of a team, which are a tenth.
func plant(seed uint64, each, days, breaks int) (all memory) {
	r := rand.New(rand.NewPCG(seed, 85)) //nolint:gosec // a simulation
	serial := uint64(0)
	for day := range days {
		for n := range each {
			began := monday.AddDate(0, 0, day).Add(time.Duration(n) * 2 * time.Minute)
			team := r.IntN(teams)
			e := event.Event{
				Journey: event.Run{Name: "order", ID: fmt.Sprint(day, "-", n), Started: began, Value: &event.Money{Amount: 5000, Currency: "EUR"}}, Channel: event.Web,
				Customer: event.Customer{Hash: strconv.Itoa(r.IntN(40_000)), Segment: []string{"gold", "iron", "tin"}[r.IntN(3)]},
				Variant:  &event.Variant{Release: []string{"1", "2"}[min(1, day/60)]},
			}
			add := func(after time.Duration, kind event.Kind, fill func(*event.Event)) {
				one := e
				one.Kind, one.Time = kind, began.Add(after)
				fill(&one)
				serial++
				one.ID = event.ID{0: byte(serial >> 24), 1: byte(serial >> 16), 2: byte(serial >> 8), 3: byte(serial), 15: 1}
				all = append(all, one)
			}
			fails := 0.1
			if day >= breaks && team == 3 {
				fails = 0.4
			}
			bad := r.Float64() < fails
			outcome, end := event.OK, event.Completed
			if bad {
				outcome, end = event.Failed, event.Failed
			}
			add(time.Second, event.JourneyStageEntered, func(e *event.Event) { e.Stage = "payment" })
			add(2*time.Second, event.TouchpointEnded, func(e *event.Event) {
				e.Touchpoint = fmt.Sprint("page-", r.IntN(pages-1))
				e.Outcome = []event.Outcome{event.OK, event.Failed}[min(1, r.IntN(10)/9)]
			})
			add(3*time.Second, event.TouchpointEnded, func(e *event.Event) {
				e.Touchpoint, e.Outcome, e.Stage = "card", outcome, "payment"
				e.Attributes = []attribute.KeyValue{attribute.String("team", fmt.Sprint("team-", team))}
				e.SpanContext = trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1, 15: byte(n)}, SpanID: trace.SpanID{1}})
			})
			add(4*time.Second, event.JourneyEnded, func(e *event.Event) {
				if e.Outcome = end; bad {
					e.Cause = "tired"
				}
			})
			if r.IntN(10) == 0 {
				text := "the parcel came soon"
				if bad && team == 3 && day >= breaks {
					text = "my card was declined"
				}
				add(time.Minute, event.FeedbackReceived, func(e *event.Event) {
					e.Feedback = &event.Feedback{Survey: "after", Scale: event.CSAT, Score: 2, Comment: text}
				})
			}
		}
	}
	return all
}

// TestPlanted: one cause that is planted on day 70 is found, and placed first, by day 85, in at least 95 of 100 worlds, and in those of the sample.
func TestPlanted(t *testing.T) {
	t.Parallel()
	worlds := int64(1)
	if os.Getenv("CAIRN_WHOLE") != "" {
		worlds = 100
	}
	const broke, by = 70, 85
	placed, took := int64(0), []int{}
	for seed := range worlds {
		table, err := insight.New(planted())
		if err == nil {
			err = table.Load(t.Context(), plant(uint64(seed), 500, by, broke))
		}
		if err != nil {
			t.Fatal(err)
		}
		for day := broke + 1; day <= by; day++ {
			view := table.View(insight.Everything(), monday.AddDate(0, 0, day).Add(time.Hour))
			d, err := view.Daily(t.Context(), insight.Which{}, insight.DailySettings{})
			if err != nil {
				t.Fatal(err)
			}
			found := breakdown.Find(&d, table.Blueprint(), nil, breakdown.Settings{})
			if len(found.Found) == 0 || found.Found[0].Better || found.Found[0].Drift {
				continue
			}
			p, err := breakdown.Place(t.Context(), view, &found.Found[0])
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Held) == 1 && p.Held[0].Column == insight.Team && p.Held[0].Values[0] == "team-3" {
				placed++
				took = append(took, day-broke)
				if seed == 0 {
					checkPlaced(t, &found, &p)
				}
				break
			}
		}
	}
	slices.Sort(took)
	t.Logf("placed first in %d of %d, after %v days", placed, worlds, took)
	if os.Getenv("CAIRN_WHOLE") == "" && placed < worlds || placed*100 < 95*worlds { // the worlds of the sample are placed
		t.Errorf("placed first in %d of %d", placed, worlds)
	}
}

// checkPlaced checks what is told of the planted cause.
func checkPlaced(t *testing.T, found *breakdown.Findings, p *breakdown.Placed) {
	t.Helper()
	if found.Charts != 19 || p.Subject != (insight.Subject{About: breakdown.OfTouchpoint, Journey: "order", Name: "card"}) || len(p.Also) != 3 {
		t.Errorf("of %d charts %+v is found, with %+v", found.Charts, p.Subject, p.Also)
	}
	if p.CustomersInExcess < 10 || p.CustomersInExcess > p.Excess || len(p.ValueInExcess) != 1 || math.Abs(float64(p.ValueInExcess[0].Amount)-5000*p.Excess) > 5000 {
		t.Errorf("%v customers and %v in excess, with %v runs", p.CustomersInExcess, p.ValueInExcess, p.Excess)
	}
	if len(p.Typical) != breakdown.MaxExamples || len(p.Worst) != breakdown.MaxExamples || len(p.Typical[0].Traces) == 0 {
		t.Errorf("the examples are %+v and %+v", p.Typical, p.Worst)
	}
	for _, q := range p.Quotes {
		if !strings.Contains("my card was declined, the parcel came soon", q.Text) {
			t.Errorf("a quote is %q", q.Text)
		}
	}
}

// TestPlaceRights: a viewer without the right to see customers, or words, gets the rest; one without numbers gets nothing.
func TestPlaceRights(t *testing.T) {
	t.Parallel()
	const broke, days = 30, 50
	table, err := insight.New(planted())
	if err == nil {
		err = table.Load(t.Context(), plant(1, 250, days, broke))
	}
	if err != nil {
		t.Fatal(err)
	}
	f := breakdown.Found{
		Subject: insight.Subject{About: breakdown.OfTouchpoint, Journey: "order", Name: "card"}, Began: monday.AddDate(0, 0, broke), Last: monday.AddDate(0, 0, days-1),
		BaselineUntil: monday.AddDate(0, 0, broke), Excess: 225,
	}
	f.Since.Count = 975
	place := func(rights insight.Right, change func(*breakdown.Found)) (breakdown.Placed, error) {
		g := f
		if change != nil {
			change(&g)
		}
		return breakdown.Place(t.Context(), table.View(insight.Viewer{Rights: rights}, time.Time{}), &g)
	}
	all, err := place(insight.Numbers|insight.Words|insight.Customers, nil)
	if err != nil || len(all.Typical) == 0 || len(all.Quotes) == 0 || len(all.Words) == 0 || all.Words[0].Word != "card" && all.Words[0].Word != "declined" {
		t.Errorf("all rights: %d examples, %d quotes, %+v: %v", len(all.Typical), len(all.Quotes), all.Words, err)
	}
	if n, err := place(insight.Numbers, nil); err != nil || len(n.Typical)+len(n.Worst)+len(n.Quotes)+len(n.Words) != 0 || len(n.Held) != 1 || n.CustomersInExcess == 0 {
		t.Errorf("numbers alone: %+v, %v", n, err)
	}
	if w, err := place(insight.Numbers|insight.Words, nil); err != nil || len(w.Quotes) == 0 || w.Quotes[0].Customer != "" {
		t.Errorf("numbers and words: %+v, %v", w.Quotes, err)
	}
	if _, err := place(insight.Words|insight.Customers, nil); err == nil {
		t.Error("no right to see numbers, and no error")
	}
	for _, s := range []insight.Subject{
		{About: breakdown.OfJourney, Journey: "order"},
		{About: breakdown.OfStage, Journey: "order", Name: "payment"},
		{About: breakdown.OfCause, Journey: "order", Name: "tired"},
		{About: breakdown.OfPromise, Journey: "order", Name: "none"},
		{About: breakdown.OfSurvey, Name: "after"},
		{About: breakdown.OfQueue, Name: "hotline"},
	} {
		p, err := place(insight.Numbers|insight.Words|insight.Customers, func(f *breakdown.Found) { f.Subject = s })
		if err != nil || p.Asked != (s.About != breakdown.OfQueue) {
			t.Errorf("%+v: asked %t, %v", s, p.Asked, err)
		}
		if held := s.About == breakdown.OfJourney || s.About == breakdown.OfStage || s.About == breakdown.OfCause; held != (len(p.Held) == 1 && p.Held[0].Values[0] == "team-3") {
			t.Errorf("%+v is placed at %+v", s, p.Held)
		}
	}
	// Read backwards, the team is what became better.
	better, err := place(insight.Numbers, func(f *breakdown.Found) {
		f.Better, f.Excess = true, -225
		f.Began, f.Last, f.BaselineFrom, f.BaselineUntil = monday, monday.AddDate(0, 0, broke-1), monday.AddDate(0, 0, broke), monday.AddDate(0, 0, days)
	})
	if err != nil || len(better.Held) != 1 || better.Held[0].Values[0] != "team-3" || better.CustomersInExcess != 0 || len(better.ValueInExcess) != 0 {
		t.Errorf("an improvement: %+v, %v", better.Held, err)
	}
}

// TestPlaceSaid: the quotes are the newest ten of what customers said in the runs that hold the first finding, and of a survey those that answer it; none is
// positive. The excess is the part of the bad runs that is more than usual, and all of them at most.
func TestPlaceSaid(t *testing.T) {
	t.Parallel()
	const broke, days = 30, 50
	events := plant(1, 250, days, broke)
	said := 0
	for i := range events {
		f := events[i].Feedback
		if f == nil {
			continue
		}
		if said++; said%3 == 0 {
			f.Score = 5
		}
		if said%2 == 0 {
			f.Survey = "other"
		}
	}
	b := planted()
	b.Surveys = []blueprint.Survey{{Name: "after", Scale: "csat"}, {Name: "other", Scale: "csat"}}
	table, err := insight.New(b)
	if err == nil {
		err = table.Load(t.Context(), events)
	}
	if err != nil {
		t.Fatal(err)
	}
	f := breakdown.Found{
		Subject: insight.Subject{About: breakdown.OfTouchpoint, Journey: "order", Name: "card"}, Began: monday.AddDate(0, 0, broke), Last: monday.AddDate(0, 0, days-1),
		BaselineUntil: monday.AddDate(0, 0, broke), Excess: 97.5,
	}
	f.Since.Count, f.Since.N = 975, 5000
	place := func(change func(*breakdown.Found)) breakdown.Placed {
		g := f
		change(&g)
		p, err := breakdown.Place(t.Context(), table.View(insight.Everything(), time.Time{}), &g)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := place(func(*breakdown.Found) {})
	if !p.Now.From.Equal(f.Began) || !p.Now.Until.Equal(monday.AddDate(0, 0, days)) || !p.Before.From.Equal(f.BaselineFrom) || !p.Before.Until.Equal(f.BaselineUntil) {
		t.Errorf("the periods are %+v and %+v", p.Now, p.Before)
	}
	if len(p.Quotes) != breakdown.MaxQuotes || len(p.Held) != 1 {
		t.Fatalf("%d quotes, held by %v", len(p.Quotes), p.Held)
	}
	teams := map[string]string{} // by run
	for i := range events {
		for _, a := range events[i].Attributes {
			teams[events[i].Journey.ID] = a.Value.AsString()
		}
	}
	for i, q := range p.Quotes {
		if q.Verdict == event.Positive || teams[q.Run.ID] != "team-3" || i > 0 && q.At.After(p.Quotes[i-1].At) || q.At.Before(f.Began) {
			t.Errorf("a quote is %+v of %s", q, teams[q.Run.ID])
		}
	}
	survey := place(func(f *breakdown.Found) {
		f.Subject = insight.Subject{About: breakdown.OfSurvey, Name: "other"}
	})
	if len(survey.Quotes) == 0 {
		t.Error("no quote is about the survey")
	}
	for _, q := range survey.Quotes {
		if q.Survey != "other" {
			t.Errorf("a quote about the survey is %+v", q)
		}
	}
	most := place(func(f *breakdown.Found) { f.Excess = 5000 })
	if tenth := p.CustomersInExcess / most.CustomersInExcess; math.Abs(tenth-0.1) > 1e-9 || len(most.ValueInExcess) != 1 || most.ValueInExcess[0].Amount%5000 != 0 {
		t.Errorf("a tenth of the bad runs is %v of all: %+v", tenth, most.ValueInExcess)
	}
	stake, err := table.View(insight.Everything(), time.Time{}).AtStake(t.Context(), most.Now, most.Bad)
	if err != nil || most.CustomersInExcess != float64(stake.Customers) {
		t.Errorf("%v customers in excess, of %d that had a bad run: %v", most.CustomersInExcess, stake.Customers, err)
	}
}

// TestBaselineNotKnown: the runs of before a change whose baseline is not known are those of as many days before it began, and not all that there ever were.
func TestBaselineNotKnown(t *testing.T) {
	t.Parallel()
	const broke, days = 30, 50
	table, err := insight.New(planted())
	if err == nil {
		err = table.Load(t.Context(), plant(1, 100, days, broke))
	}
	if err != nil {
		t.Fatal(err)
	}
	began := monday.AddDate(0, 0, broke)
	f := breakdown.Found{Subject: insight.Subject{About: breakdown.OfTouchpoint, Journey: "order", Name: "card"}, Began: began, Last: monday.AddDate(0, 0, days-1)}
	p, err := breakdown.Place(t.Context(), table.View(insight.Everything(), time.Time{}), &f)
	if err != nil || !p.Before.Until.Equal(began) || !p.Before.From.Equal(began.AddDate(0, 0, -breakdown.BaselineDays)) {
		t.Errorf("%v: before is %+v", err, p.Before)
	}
}

// TestWordsOfTheSame: the words that are new are those of the runs that hold what goes with the change, against what the same runs said before. One team has always said a
// word that no other says.
func TestWordsOfTheSame(t *testing.T) {
	t.Parallel()
	const broke, days = 30, 50
	began := monday.AddDate(0, 0, broke)
	for _, c := range []struct {
		reason, word string
		says         func(team bool, now bool) string // "" is nothing
		want         bool                             // the word is new
	}{
		{"the team has always said so, and no other", "zeppelin", func(team, _ bool) string {
			if team {
				return "the zeppelin again"
			}
			return "the parcel came soon"
		}, false},
		{"the team has said nothing before, and all say so now", "strike", func(team, now bool) string {
			switch {
			case now:
				return "there is a strike"
			case team:
				return ""
			default:
				return "the parcel came soon"
			}
		}, true},
	} {
		events := plant(1, 250, days, broke)
		teams := map[string]string{} // by run
		for i := range events {
			for _, a := range events[i].Attributes {
				teams[events[i].Journey.ID] = a.Value.AsString()
			}
		}
		events = slices.DeleteFunc(events, func(e event.Event) bool {
			if e.Feedback == nil {
				return false
			}
			e.Feedback.Comment = c.says(teams[e.Journey.ID] == "team-3", !e.Journey.Started.Before(began))
			return e.Feedback.Comment == ""
		})
		table, err := insight.New(planted())
		if err == nil {
			err = table.Load(t.Context(), events)
		}
		if err != nil {
			t.Fatal(err)
		}
		f := breakdown.Found{
			Subject: insight.Subject{About: breakdown.OfTouchpoint, Journey: "order", Name: "card"}, Began: began, Last: monday.AddDate(0, 0, days-1),
			BaselineFrom: monday, BaselineUntil: began, Excess: 225,
		}
		p, err := breakdown.Place(t.Context(), table.View(insight.Everything(), time.Time{}), &f)
		if err != nil || len(p.Held) != 1 {
			t.Fatalf("%v: it is held by %v", err, p.Held)
		}
		if is := slices.ContainsFunc(p.Words, func(w breakdown.Word) bool { return w.Word == c.word }); is != c.want {
			t.Errorf("%s: the words are %+v", c.reason, p.Words)
		}
	}
}
