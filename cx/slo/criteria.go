package slo

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
)

// checkCriteria notes criteria that do not fit the subject, and those that every event meets or none.
func (o *Objective) checkCriteria(f *faults, s Subject) {
	g := &o.Good
	if s == OfPromise {
		if !g.isZero() {
			f.add("good", "a promise asks for nothing else: it is good if it was kept in time: remove it")
		}
		return
	}
	if s == OfEffort {
		if !g.isZero() {
			f.add("good", "an effort asks for nothing else: it is good if it was resolved at the first contact: remove it")
		}
		return
	}
	if s == OfQueue {
		o.checkQueue(f)
		return
	}
	if g.ofQueue() {
		f.add("good."+queuePath(g), "only a queue has it: remove it")
	}
	if s == OfSurvey && g.isZero() {
		f.add("good", "the criteria are missing: say which answers are good, by score_at_least, score_at_most or verdict")
	}
	if s == OfSurvey && g.Within != 0 {
		f.add("good.within", "an answer takes no time: remove it, or write an objective on the touchpoint or the journey")
	}
	if g.Within < 0 || g.Within > event.MaxDuration {
		f.add("good.within", "is %v: write a duration of more than 0s and at most %v", g.Within, event.MaxDuration)
	}
	if s != OfTouchpoint && len(g.Zones) > 0 {
		f.add("good.apdex", "only a touchpoint has Apdex zones: remove it")
	}
	if s != OfSurvey && (g.ScoreAtLeast != nil || g.ScoreAtMost != nil) {
		f.add("good."+scorePath(g), "only the answer to a survey has a score: remove it")
	}
	if s != OfSurvey && len(g.Verdicts) > 0 {
		f.add("good.verdict", "only the answer to a survey has a verdict: remove it")
	}
	if g.ScoreAtLeast != nil && g.ScoreAtMost != nil && *g.ScoreAtLeast > *g.ScoreAtMost {
		f.add("good.score_at_least", "is %v, more than score_at_most, %v: no answer would be good", *g.ScoreAtLeast, *g.ScoreAtMost)
	}
	outcomes(f, "good.outcome", g.Outcomes, s)
	words(f, "good.apdex", "Apdex zone", g.Zones, []event.Zone{event.Satisfied, event.Tolerating, event.Frustrated})
	words(f, "good.verdict", "verdict", g.Verdicts, []event.Verdict{event.Positive, event.Neutral, event.Negative})
	o.checkSense(f, s)
}

// checkQueue notes criteria that do not fit a queue, and a number of them other than one.
func (o *Objective) checkQueue(f *faults) {
	g := &o.Good
	given := 0
	if g.ServiceLevel != (assist.Level{}) {
		given++
		if err := g.ServiceLevel.Validate(); err != nil {
			f.add("good.service_level", "%s", strings.TrimPrefix(err.Error(), "assist: "))
		}
	}
	for _, d := range []struct {
		path string
		d    time.Duration
	}{{"good.wait_within", g.WaitWithin}, {"good.first_reply_within", g.FirstReplyWithin}} {
		if d.d != 0 {
			given++
		}
		if d.d < 0 || d.d > event.MaxDuration {
			f.add(d.path, "is %v: write a duration of more than 0s and at most %v", d.d, event.MaxDuration)
		}
	}
	switch {
	case given == 0:
		f.add("good", "the criteria are missing: say which contacts are good, by service_level, wait_within or first_reply_within")
	case given > 1:
		f.add("good", "has several of service_level, wait_within and first_reply_within: keep one, and write an objective for each of the others")
	}
	if g.OpenHours && g.FirstReplyWithin == 0 {
		f.add("good", "business hours count for the first reply only: add first_reply_within, or leave them out")
	}
	if len(g.Outcomes)+len(g.Zones)+len(g.Verdicts) > 0 || g.Within != 0 || g.ScoreAtLeast != nil || g.ScoreAtMost != nil {
		f.add("good", "a queue has service_level, wait_within or first_reply_within only: remove the rest")
	}
}

// queuePath names the first criterion that only a queue can have.
func queuePath(g *Criteria) string {
	switch {
	case g.ServiceLevel != (assist.Level{}):
		return "service_level"
	case g.WaitWithin != 0:
		return "wait_within"
	default:
		return "first_reply_within"
	}
}

func scorePath(g *Criteria) string {
	if g.ScoreAtLeast != nil {
		return "score_at_least"
	}
	return "score_at_most"
}

// checkSense notes criteria that each event meets, because such an objective cannot be missed.
func (o *Objective) checkSense(f *faults, s Subject) {
	const all = "no event could be bad: leave one out"
	g := &o.Good
	good := o.GoodOutcomes()
	bad := slices.DeleteFunc(s.outcomes(), func(outcome event.Outcome) bool {
		return slices.Contains(good, outcome) || slices.Contains(o.Except.Outcomes, outcome)
	})
	if s.outcomes() != nil && len(good) > 0 && len(bad) == 0 && g.Within == 0 && len(g.Zones) == 0 {
		f.add("good.outcome", "every outcome that counts is good, so "+all)
	}
	if len(g.Zones) > 2 && len(good) == 0 && g.Within == 0 {
		f.add("good.apdex", "every zone is good, so "+all)
	}
	if len(g.Verdicts) > 2 && g.ScoreAtLeast == nil && g.ScoreAtMost == nil {
		f.add("good.verdict", "every verdict is good, so "+all)
	}
	for i, outcome := range o.Except.Outcomes {
		if slices.Contains(good, outcome) {
			f.add(at("except.outcome", i), "%q is good, and what is excepted does not count: remove it here, or say in good.outcome what is good", outcome)
		}
	}
}

// checkExcept notes what cannot be excepted.
func (o *Objective) checkExcept(f *faults, s Subject) {
	e := &o.Except
	for _, l := range []struct {
		path string
		n    int
	}{{"actor", len(e.Actors)}, {"channel", len(e.Channels)}, {"segment", len(e.Segments)}, {"outcome", len(e.Outcomes)}, {"cause", len(e.Causes)}} {
		if l.n > MaxExcepted {
			f.add("except."+l.path, "has %d entries, and at most %d are allowed: remove some", l.n, MaxExcepted)
			return
		}
	}
	const lastActor, lastChannel = event.ActorSynthetic, event.OtherChannel
	actors := make([]event.Actor, 0, lastActor+1)
	for a := event.ActorCustomer; a <= lastActor; a++ {
		actors = append(actors, a)
	}
	words(f, "except.actor", "actor", e.Actors, actors)
	channels := make([]event.Channel, 0, lastChannel)
	for c := event.Web; c <= lastChannel; c++ {
		channels = append(channels, c)
	}
	words(f, "except.channel", "channel", e.Channels, channels)
	if s.outcomes() == nil && len(e.Causes) > 0 {
		f.add("except.cause", "only a journey and a touchpoint have a cause: remove it")
	}
	outcomes(f, "except.outcome", e.Outcomes, s)
	texts(f, "except.segment", e.Segments)
	texts(f, "except.cause", e.Causes)
}

// outcomes notes outcomes that events of the subject do not have.
func outcomes(f *faults, path string, list []event.Outcome, s Subject) {
	switch possible := s.outcomes(); {
	case len(list) == 0:
	case possible == nil:
		f.add(path, "only a journey and a touchpoint have outcomes: remove it")
	default:
		words(f, path, "outcome of a "+s.String(), list, possible)
	}
}

// words notes entries of a list that are not possible, and those that occur twice.
func words[T interface {
	comparable
	fmt.Stringer
}](f *faults, path, what string, list, possible []T,
) {
	for i, w := range list {
		switch {
		case !slices.Contains(possible, w):
			f.add(at(path, i), "%q is no %s: use one of %v", w.String(), what, possible)
		case slices.Index(list, w) < i:
			f.add(at(path, i), "%q occurs twice: remove one", w.String())
		}
	}
}

// texts notes entries of a list that are no names, and those that occur twice.
func texts(f *faults, path string, list []string) {
	for i, s := range list {
		f.name(at(path, i), s)
		if slices.Index(list, s) < i {
			f.add(at(path, i), "%.80q occurs twice: remove one", s)
		}
	}
}
