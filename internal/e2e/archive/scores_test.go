//go:build unix

package archive_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/feedback/score"
)

// surveyed returns requests with every end, answers, some of them not asked for, and changes of answers, of several surveys, versions and
// segments, from two quarters.
func surveyed(n int, seed uint64) (list []event.Event) {
	rng := rand.New(rand.NewPCG(seed, 15)) //nolint:gosec // the same numbers each time
	ids := uint64(0)
	add := func(at time.Time, e event.Event) event.ID {
		ids++
		e.ID, e.Time = event.ID{6: 0x70, 8: 0x80, 13: byte(ids >> 16), 14: byte(ids >> 8), 15: byte(ids)}, at
		list = append(list, e)
		return e.ID
	}
	scales := []event.Scale{event.NPS, event.CSAT, event.CES, event.Stars, event.Thumbs}
	for range n {
		scale := scales[rng.IntN(len(scales))]
		at := time.Date(2026, 2, 14, 9, 0, 0, 0, time.UTC).Add(time.Duration(rng.IntN(90*24*60)) * time.Minute)
		who := event.Customer{Segment: []string{"", "gold", "silver", "rare"}[min(3, rng.IntN(61)/20)]}
		if rng.IntN(8) > 0 {
			who.Hash = fmt.Sprintf("%016x", 1000+rng.IntN(n))
		}
		of := event.Feedback{Survey: "ask-" + scale.String(), Scale: scale, Version: []string{"", "2"}[rng.IntN(2)]}
		say := func(kind event.Kind, after time.Duration, change func(f *event.Feedback)) event.ID {
			f := of
			if change != nil {
				change(&f)
			}
			actor := event.ActorCustomer
			return add(at.Add(after), event.Event{Kind: kind, Feedback: &f, Customer: who, Actor: actor})
		}
		end := event.SurveyEnd(rng.IntN(6)) //nolint:gosec // small; 5 is not asked for
		if end != 5 {
			of.Request = say(event.SurveyRequested, 0, nil)
		}
		seen := rng.IntN(2) == 0
		if seen && end != 5 {
			say(event.SurveyShown, time.Minute, nil)
		}
		switch end {
		case 0: // open
		case event.SurveyAnswered, 5:
			value := func() int { return scale.Min() + rng.IntN(scale.Max()-scale.Min()+1) }
			say2 := func(f *event.Feedback) { f.Score = value(); f.Verdict, _ = scale.Verdict(f.Score) }
			answer := say(event.FeedbackReceived, time.Hour, say2)
			for i := range rng.IntN(3) {
				say(event.FeedbackAmended, time.Duration(i+2)*time.Hour, func(f *event.Feedback) { say2(f); f.Amends = answer })
			}
			if rng.IntN(4) == 0 { // a change of the consent alone
				add(at.Add(9*time.Hour), event.Event{Kind: event.FeedbackAmended, Customer: who, Feedback: &event.Feedback{Amends: answer, Testimonial: &event.Testimonial{Withdrawn: at}}})
			}
		default:
			say(event.SurveyClosed, 2*time.Hour, func(f *event.Feedback) { f.Ended, f.Shown = end, seen })
		}
		if rng.IntN(20) == 0 {
			add(at, event.Event{Kind: event.FeedbackReceived, Actor: event.ActorSynthetic, Feedback: &event.Feedback{Survey: of.Survey, Scale: scale, Score: scale.Max()}})
		}
	}
	for i, segment := range []string{"bronze", "silver", "gold", "gone"} { // the same three customers were bronze, and then silver
		for who := range [...]int{3, 3, 6, 8}[i] {
			of, customer := event.Feedback{Survey: "moved", Scale: event.NPS}, event.Customer{Hash: fmt.Sprintf("%016x", who+i/2*10), Segment: segment}
			at := time.Date(2026, 3, 1+i, 9, who, 0, 0, time.UTC)
			of.Request = add(at, event.Event{Kind: event.SurveyRequested, Feedback: new(of), Customer: customer})
			of.Score = who
			add(at.Add(time.Hour), event.Event{Kind: event.FeedbackReceived, Feedback: &of, Customer: customer})
		}
	}
	return list
}

// weekly returns the satisfied answers of each week and version, as the documented query does: counted by hand.
func weekly(events []event.Event) (rows []string) {
	type week struct {
		n, k   int64
		people map[string]bool
	}
	weeks, last := map[string]*week{}, map[event.ID]*event.Event{}
	for i := range events {
		e := &events[i]
		o := last[e.Feedback.Amends]
		if later := o == nil || e.Time.After(o.Time) || e.Time.Equal(o.Time) && slices.Compare(e.ID[:], o.ID[:]) > 0; e.Kind == event.FeedbackAmended && e.Feedback.Scale != 0 && later {
			last[e.Feedback.Amends] = e
		}
	}
	for i := range events {
		e := &events[i]
		if e.Kind != event.FeedbackReceived || e.Feedback.Scale != event.CSAT || e.Actor == event.ActorSynthetic {
			continue
		}
		monday := e.Time.AddDate(0, 0, -(int(e.Time.Weekday())+6)%7).Format(time.DateOnly)
		key := fmt.Sprint(monday, " | ", e.Feedback.Survey, " | ", e.Feedback.Version)
		w := weeks[key]
		if w == nil {
			w = &week{people: map[string]bool{}}
			weeks[key] = w
		}
		said := e.Feedback.Score
		if o := last[e.ID]; o != nil {
			said = o.Feedback.Score
		}
		w.n++
		if said >= 4 {
			w.k++
		}
		if w.people[e.Customer.Hash] = true; e.Customer.Hash == "" {
			w.people[e.ID.String()] = true
		}
	}
	for key, w := range weeks {
		if delete(w.people, ""); len(w.people) < 5 {
			continue
		}
		i := stats.Wilson(w.k, w.n, 0.95)
		rows = append(rows, fmt.Sprintf("%s | %d | %d | %.1f | %.1f | %.1f", key, w.n, w.k, 100*float64(w.k)/float64(w.n), 100*i.Low, 100*i.High))
	}
	slices.Sort(rows)
	return rows
}

// exact returns a documented query without its last step, which rounds.
func exact(t *testing.T, behind, order string) string {
	t.Helper()
	query := documented(t, behind)
	head, _, found := strings.Cut(query, "\n)\nSELECT ")
	if !found || strings.Contains(head, "round(") {
		t.Fatalf("the query after %q has no last step that rounds", behind)
	}
	return head + "\n)\nSELECT * FROM numbers ORDER BY " + order
}

// sameCells compares rows whose cells are numbers or texts.
func sameCells(t *testing.T, what string, want, got []string) {
	t.Helper()
	if len(want) != len(got) {
		t.Errorf("%s: %d rows, want %d:\n%s\nwant\n%s", what, len(got), len(want), strings.Join(got, "\n"), strings.Join(want, "\n"))
		return
	}
	for i := range want {
		w, g := strings.Split(want[i], " | "), strings.Split(got[i], " | ")
		same := len(w) == len(g)
		for k := 0; same && k < len(w); k++ {
			a, err1 := strconv.ParseFloat(w[k], 64)
			b, err2 := strconv.ParseFloat(g[k], 64)
			same = w[k] == g[k] || err1 == nil && err2 == nil && math.Abs(a-b) < 1e-9
		}
		if !same {
			t.Errorf("%s: %s\nwant %s", what, got[i], want[i])
		}
	}
}

// TestScoresInSQL: the documented queries about scores, response rates and burden give, in both databases, the numbers of package score, to
// 1e-9, for events that came in any order, some of them twice.
func TestScoresInSQL(t *testing.T) {
	events := surveyed(1500, 7)
	tally := score.Of(slices.Values(events))
	var scores, rates, burden []string
	hidden := 0
	for _, s := range tally.Surveys() {
		row := func(part, segment string, a score.Answers) {
			if a.Hidden {
				hidden++
			}
			if a.Hidden || a.N == 0 {
				return
			}
			unit := map[bool]float64{true: 100, false: 1}[a.Score.Unit == score.Parts]
			p := a.Positive
			scores = append(scores, fmt.Sprint(s.Name, " | ", s.Version, " | ", s.Scale, " | ", part, " | ", segment, " | ", a.N, " | ", 100*p.Value, " | ", 100*p.Low, " | ", 100*p.High,
				" | ", unit*a.Score.Value, " | ", unit*a.Score.Low, " | ", unit*a.Score.High))
		}
		rate := func(part, segment string, r score.Response) {
			if r.Hidden || r.Asked == 0 {
				return
			}
			rates = append(rates, fmt.Sprint(s.Name, " | ", s.Version, " | ", part, " | ", segment, " | ", r.Asked, " | ", r.Answered, " | ", r.Dismissed, " | ", r.Bounced, " | ", r.Seen, " | ", r.Unseen,
				" | ", r.Open, " | ", 100*r.Rate.Value, " | ", 100*r.Rate.Low, " | ", 100*r.Rate.High))
		}
		row("all", "", s.Answers)
		rate("all", "", s.Response)
		for _, g := range s.Segments {
			row("segment", g.Name, g.Answers)
			rate("segment", g.Name, g.Response)
		}
	}
	for _, q := range tally.Burden() {
		burden = append(burden, fmt.Sprintf("%d | %d | %d | %d | %.2f | %d | %.1f", q.Year, q.Quarter, q.Asks-q.Unknown, q.Customers, q.Mean, q.Most, 100*q.Often.Value))
	}
	if len(scores) < 30 || len(rates) < 30 || len(burden) != 2 || hidden == 0 {
		t.Fatalf("%d scores, %d rates, %d quarters, %d hidden: the events show too little", len(scores), len(rates), len(burden), hidden)
	}
	bothArchives(t, func(t *testing.T, a *sqlarchive.Archive, ask func(string) []string) {
		t.Helper()
		shuffled(t, a, events, 5)
		sameCells(t, "scores", scores, ask(exact(t, "Scores by survey, version and segment", "survey, version, scale, part, segment")))
		sameCells(t, "response rates", rates, ask(exact(t, "Response rate by survey, version and segment", "survey, version, part, segment")))
		sameCells(t, "weeks", weekly(events), ask(documented(t, "Satisfaction by week")))
		sameCells(t, "burden", burden, ask(documented(t, "Burden: how often customers")))
	})
}
