package score_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback/score"
)

// life is one request or answer as it happened, from which the events follow.
type life struct {
	survey, version, segment, customer string
	scale                              event.Scale
	asked, seen                        bool
	end                                event.SurveyEnd
	scores                             []int // each answer and its changes; none without an answer
	at                                 time.Time
}

// lives returns what happened to so many customers.
func lives(n int, seed uint64) (list []life) {
	rng := rand.New(rand.NewPCG(seed, 15))
	scales := map[string]event.Scale{"nps": event.NPS, "ces": event.CES, "csat": event.CSAT}
	for i := range n {
		l := life{
			survey: []string{"nps", "ces", "csat"}[rng.IntN(3)], version: []string{"", "1", "2"}[rng.IntN(3)], segment: []string{"", "gold", "silver", "rare"}[min(3, rng.IntN(31)/10)],
			asked: rng.IntN(4) > 0, seen: rng.IntN(2) == 0, at: noon.Add(time.Duration(rng.IntN(1000)) * time.Hour),
		}
		if rng.IntN(10) > 0 {
			l.customer = fmt.Sprint("customer ", rng.IntN(n/2+1))
		}
		l.scale = scales[l.survey]
		if l.asked {
			l.end = event.SurveyEnd(rng.IntN(5))
		}
		if !l.asked || l.end == event.SurveyAnswered {
			for range 1 + rng.IntN(5)/2 {
				l.scores = append(l.scores, l.scale.Min()+rng.IntN(l.scale.Max()-l.scale.Min()+1))
			}
		}
		_ = i
		list = append(list, l)
	}
	return list
}

// told returns the events of the lives.
func told(list []life) (events []event.Event) {
	next := func(l life, kind event.Kind, at time.Time, f event.Feedback) event.ID {
		f.Survey, f.Version, f.Scale = l.survey, l.version, l.scale
		n := id(len(events) + 1)
		events = append(events, event.Event{ID: n, Kind: kind, Time: at, Feedback: &f, Customer: event.Customer{Hash: l.customer, Segment: l.segment}})
		return n
	}
	for _, l := range list {
		var request, answer event.ID
		if l.asked {
			request = next(l, event.SurveyRequested, l.at, event.Feedback{})
		}
		if l.asked && l.seen {
			next(l, event.SurveyShown, l.at.Add(time.Minute), event.Feedback{Request: request})
		}
		for i, s := range l.scores {
			at := l.at.Add(time.Duration(i+2) * time.Minute)
			if i == 0 {
				answer = next(l, event.FeedbackReceived, at, event.Feedback{Score: s, Request: request})
			} else {
				next(l, event.FeedbackAmended, at, event.Feedback{Score: s, Amends: answer, Request: request, Previous: new(l.scores[i-1])})
			}
		}
		if l.asked && l.end != 0 && l.end != event.SurveyAnswered {
			next(l, event.SurveyClosed, l.at.Add(time.Hour), event.Feedback{Request: request, Ended: l.end, Shown: l.seen})
		}
	}
	return events
}

// row is what the model knows of a survey and version, and of a segment of them ("*" is all).
type row struct {
	N, Amended, Solicited                                   int64
	First, Last                                             [11]int64
	Asked, Answered, Dismissed, Bounced, Seen, Unseen, Open int64
	SumOfScores                                             float64
	Promoters, Detractors                                   int64
}

func model(list []life) map[string]*row {
	rows := map[string]*row{}
	for _, l := range list {
		for _, segment := range []string{"*", l.segment} {
			k := l.survey + "/" + l.version + "/" + segment
			r := rows[k]
			if r == nil {
				r = &row{}
				rows[k] = r
			}
			if n := len(l.scores); n > 0 {
				last := l.scores[n-1]
				r.N++
				r.First[l.scores[0]]++
				r.Last[last]++
				r.SumOfScores += float64(last)
				if n > 1 {
					r.Amended++
				}
				if l.asked {
					r.Solicited++
				}
				if last >= 9 {
					r.Promoters++
				}
				if last <= 6 {
					r.Detractors++
				}
			}
			if !l.asked {
				continue
			}
			r.Asked++
			switch l.end {
			case event.SurveyAnswered:
				r.Answered++
			case event.SurveyDismissed:
				r.Dismissed++
			case event.SurveyBounced:
				r.Bounced++
			case event.SurveyExpired:
				if l.seen {
					r.Seen++
				} else {
					r.Unseen++
				}
			default:
				r.Open++
			}
		}
	}
	return rows
}

// TestModel: events in any order, twice, and in several tallies that are merged give the numbers of what happened.
func TestModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5) {
		list := lives(3000, seed)
		events := told(list)
		rng := rand.New(rand.NewPCG(seed, 1))
		events = append(events, events[:rng.IntN(len(events))]...)
		rng.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		parts := []*score.Tally{score.New(), score.New(), score.New()}
		for i := range events {
			parts[rng.IntN(len(parts))].Add(&events[i])
		}
		parts[0].Merge(parts[1])
		parts[0].Merge(parts[2])
		want := model(list)
		seen := 0
		check := func(k string, scale event.Scale, a score.Answers, r score.Response) {
			seen++
			w := want[k]
			if w == nil {
				t.Fatalf("seed %d: there is no %s", seed, k)
			}
			if a.Hidden || r.Hidden {
				t.Fatalf("seed %d: %s is hidden, of %d answers", seed, k, w.N)
			}
			if last := w.Last[scale.Min() : scale.Max()+1]; !slices.Equal(a.Counts, last) {
				t.Errorf("seed %d: %s has the answers %v, want %v", seed, k, a.Counts, last)
			}
			near(t, k+", mean", a.Mean.Value, w.SumOfScores/float64(w.N), 1e-9)
			if scale == event.NPS {
				near(t, k+", NPS", a.Score.Value, 100*float64(w.Promoters-w.Detractors)/float64(w.N), 1e-9)
			}
			near(t, k+", rate", r.Rate.Value, float64(w.Answered)/float64(w.Asked), 1e-12)
			r.Rate = score.Share{}
			if d := cmp.Diff(score.Response{Asked: w.Asked, Answered: w.Answered, Dismissed: w.Dismissed, Bounced: w.Bounced, Seen: w.Seen, Unseen: w.Unseen, Open: w.Open}, r); d != "" {
				t.Errorf("seed %d: %s (-want +got):\n%s", seed, k, d)
			}
		}
		for _, s := range parts[0].Surveys() {
			k := s.Name + "/" + s.Version + "/"
			check(k+"*", s.Scale, s.Answers, s.Response)
			if w := want[k+"*"]; s.Amended != w.Amended || s.Solicited != w.Solicited || !slices.Equal(s.First.Counts, w.First[s.Scale.Min():s.Scale.Max()+1]) {
				t.Errorf("seed %d: %s: %d amended, %d solicited, first %v; want %+v", seed, k, s.Amended, s.Solicited, s.First.Counts, w)
			}
			for _, g := range s.Segments {
				if w := want[k+g.Name]; w.N < 8 || w.Asked < 8 { // customers may be the same
					seen++
					continue
				}
				if g.Answers.Hidden || g.Response.Hidden { // the next smallest one
					seen++
					continue
				}
				check(k+g.Name, s.Scale, g.Answers, g.Response)
			}
		}
		if seen != len(want) {
			t.Errorf("seed %d: %d groups, want %d", seed, seen, len(want))
		}
	}
}

// TestMoverIsNewcombe: the difference of two estimates whose intervals are Wilson's is Newcombe's.
func TestMoverIsNewcombe(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 15))
	for range 1000 {
		n, m := 1+rng.Int64N(500), 1+rng.Int64N(500)
		a, b := score.ShareOf(rng.Int64N(n+1), n, 0.9), score.ShareOf(rng.Int64N(m+1), m, 0.9)
		newcombe, mover := score.Shares(a, b, 0.9), score.Estimates(a.Estimate, b.Estimate)
		if math.Abs(newcombe.Low-mover.Low) > 1e-12 || math.Abs(newcombe.High-mover.High) > 1e-12 || newcombe.Before != mover.Before {
			t.Fatalf("%v against %v: %v, want %v", a, b, mover, newcombe)
		}
	}
}
