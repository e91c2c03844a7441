package cxtest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// Touchpoint asserts facts about interactions. If an assertion does not hold, it fails the test without stopping it. Every
// assertion returns the Touchpoint, so that assertions can be chained.
type Touchpoint struct {
	r     *Recorder
	what  string
	match func(*event.Event) bool
}

// Events returns the interactions, in order.
func (t *Touchpoint) Events() []event.Event {
	return slices.DeleteFunc(t.r.Events(event.TouchpointEnded), func(e event.Event) bool { return !t.match(&e) })
}

// Times asserts the number of interactions.
func (t *Touchpoint) Times(want int) *Touchpoint {
	t.r.tb.Helper()
	if got := t.Events(); len(got) != want {
		t.r.tb.Errorf("%s: it happened %d times, want %d%s\n%s", t.what, len(got), want, lines(got, nil), story(t.r.Events()))
	}
	return t
}

// OK asserts that there is an interaction and that all of them ended as ok.
func (t *Touchpoint) OK() *Touchpoint { t.r.tb.Helper(); return t.all(event.OK) }

// Failed asserts that there is an interaction and that all of them failed.
func (t *Touchpoint) Failed() *Touchpoint { t.r.tb.Helper(); return t.all(event.Failed) }

// Degraded asserts that there is an interaction and that all of them were degraded.
func (t *Touchpoint) Degraded() *Touchpoint { t.r.tb.Helper(); return t.all(event.Degraded) }

// Cancelled asserts that there is an interaction and that all of them were cancelled.
func (t *Touchpoint) Cancelled() *Touchpoint { t.r.tb.Helper(); return t.all(event.Cancelled) }

func (t *Touchpoint) all(want event.Outcome) *Touchpoint {
	t.r.tb.Helper()
	got := t.Events()
	if len(got) == 0 {
		t.r.tb.Errorf("%s: it did not happen, want %s\n%s", t.what, want, story(t.r.Events()))
		return t
	}
	isWrong := func(e *event.Event) bool { return e.Outcome != want }
	var wrong []int
	for i := range got {
		if isWrong(&got[i]) {
			wrong = append(wrong, i)
		}
	}
	if len(wrong) > 0 {
		t.r.tb.Errorf("%s: %s%s\n%s", t.what, which(got, wrong, want), lines(got, isWrong), story(t.r.Events()))
	}
	return t
}

// which names the wrong interactions in a few words.
func which(all []event.Event, wrong []int, want event.Outcome) string {
	first := &all[wrong[0]]
	switch {
	case len(all) == 1:
		return fmt.Sprintf("it was %s, want %s", brief(first), want)
	case len(wrong) == 1:
		return fmt.Sprintf("number %d of %d was %s, want %s", wrong[0]+1, len(all), brief(first), want)
	default:
		return fmt.Sprintf("%d of %d were not %s: the first of them is number %d, which was %s", len(wrong), len(all), want, wrong[0]+1, brief(first))
	}
}

// brief returns an interaction's outcome, cause and error type.
func brief(e *event.Event) string {
	s := e.Outcome.String()
	if e.Cause != "" {
		s += fmt.Sprintf(" because of %q", e.Cause)
	}
	if e.ErrorType != "" {
		s += fmt.Sprintf(" with the error type %q", e.ErrorType)
	}
	return s
}

// lines returns a numbered line for each interaction that is wrong, or for all if wrong is nil.
func lines(all []event.Event, wrong func(*event.Event) bool) string {
	var b strings.Builder
	for i := range all {
		e := &all[i]
		if wrong != nil && !wrong(e) {
			continue
		}
		fmt.Fprintf(&b, "\n  number %d: %s at %s", i+1, brief(e), e.Time.Format("15:04:05.000"))
		if e.Duration > 0 {
			fmt.Fprintf(&b, ", took %v", e.Duration.Round(time.Microsecond))
		}
		if e.Journey.ID != "" {
			fmt.Fprintf(&b, ", in %s %q", e.Journey.Name, e.Journey.ID)
		}
	}
	return b.String()
}
