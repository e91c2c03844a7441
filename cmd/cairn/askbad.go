package main

import (
	"context"
	"fmt"
	"strings"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/contrast"
	"cairncx.dev/cairn/cx/insight/number"
)

// badWords are the values of --bad that stand alone.
var badWords = []string{"not-completed", "failed", "cancelled", "abandoned", "reopened", "negative", "failures"}

// takeBad parses --bad.
func (s *askSettings) takeBad(text string) error {
	var o event.Outcome
	promise, broken := strings.CutPrefix(text, "broken:")
	objective, missed := strings.CutPrefix(text, "missed:")
	switch {
	case broken && promise != "":
		s.bad, s.promise = insight.PromiseBroken(promise), promise
	case missed && objective != "":
		s.bad = insight.ObjectiveMissed(objective)
	case text == "not-completed":
		s.bad = insight.NotCompleted()
	case text == "reopened":
		s.bad = insight.WasReopened()
	case text == "negative":
		s.bad = insight.AnsweredNegative()
	case text == "failures":
		s.bad = insight.TouchpointFailed()
	case (text == "failed" || text == "cancelled" || text == "abandoned") && o.UnmarshalText([]byte(text)) == nil:
		s.bad = insight.EndedAs(o)
	default:
		return fmt.Errorf("--bad: %.80q is neither broken:PROMISE, missed:OBJECTIVE nor one of %s%s", text, strings.Join(badWords, ", "), meant(text, badWords))
	}
	return nil
}

func askGoesWith(ctx context.Context, o *openedTable, s *askSettings, w insight.Which) ([]askAnswer, error) {
	got, err := o.View.GoesWith(ctx, w, s.bad)
	if err != nil {
		return nil, err
	}
	return []askAnswer{badAnswer(&got)}, nil
}

func askWorse(ctx context.Context, o *openedTable, s *askSettings, w insight.Which) ([]askAnswer, error) {
	before := *s.before
	before.Journey = w.Journey
	got, err := o.View.GotWorse(ctx, w, before, s.bad)
	if err != nil {
		return nil, err
	}
	return []askAnswer{badAnswer(&got)}, nil
}

// badAnswer is the answer to what goes with bad runs, or to what got worse.
func badAnswer(got *insight.GoesWith) askAnswer {
	a := askAnswer{Sentences: got.Sentences(), Answer: got, foot: &got.Basis}
	t := askTable{note: aboutP, head: []string{"WHAT GOES WITH IT", "BAD", "INTERVAL", "N", "OTHERS", "IN EXCESS", "WITHOUT IT", "P"}}
	if got.Before != nil {
		t.head = []string{"WHAT GOT WORSE", "BAD", "INTERVAL", "N", "BEFORE", "IN EXCESS", "WITHOUT IT", "P"}
	}
	for i := range got.Answer.Findings {
		f := &got.Answer.Findings[i]
		beside := f.Outside
		if got.Before != nil {
			beside = f.InsideBefore
		}
		t.add(heldText(f.Held), number.Share(f.Inside.Value), number.Range(number.Share(f.Inside.Low), number.Share(f.Inside.High)), number.Count(f.Inside.N),
			number.Share(beside.Value), number.Decimal(f.Excess.Value, 0), number.Points(f.Points.Value/100), chanceText(f.Adjusted))
	}
	a.tables = append(a.tables, t)
	return a
}

// heldText writes values of columns.
func heldText(held []contrast.Held) string {
	parts := make([]string, len(held))
	for i, h := range held {
		parts[i] = h.Column + " = " + known(h.Value)
	}
	return strings.Join(parts, ", ")
}
