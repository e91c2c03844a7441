package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/contrast"
	"cairncx.dev/cairn/cx/insight/number"
)

// badWords are the values of --bad that stand alone.
var badWords = []string{"not-completed", "failed", "cancelled", "abandoned", "reopened", "negative", "failures"}

// badNames are the values of --bad that have a name after a colon.
var badNames = []struct {
	word string // before the colon
	what string // the name is that of one
	of   func(name string) insight.Bad
}{
	{"broken", "promise", insight.PromiseBroken},
	{"missed", "objective", insight.ObjectiveMissed},
	{"failed-at", "touchpoint", insight.FailedAt},
	{"ended-in", "stage", insight.EndedIn},
	{"ended-for", "cause", insight.EndedFor},
	{"negative", "survey", insight.AnsweredNegativeTo},
}

// badNamed is what the name in --bad is one of, and the name. The zero value is none.
type badNamed struct{ what, name string }

// takeBad parses --bad.
func (s *askSettings) takeBad(text string) error {
	var o event.Outcome
	word, name, named := strings.Cut(text, ":")
	var forms, words []string
	for _, n := range badNames {
		if named && name != "" && n.word == word {
			if s.bad, s.named = n.of(name), (badNamed{n.what, name}); n.what == "promise" {
				s.promise = name
			}
			return nil
		}
		forms, words = append(forms, n.word+":"+strings.ToUpper(n.what)), append(words, n.word)
	}
	switch {
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
		return fmt.Errorf("--bad: %.80q is neither %s nor one of %s%s", text, strings.Join(forms, ", "), strings.Join(badWords, ", "), meant(word, append(words, badWords...)))
	}
	return nil
}

// known returns an error if the blueprint does not have what --bad names. One without a vocabulary of causes knows every cause.
func (n badNamed) known(b *blueprint.Blueprint, journey string) error {
	if b == nil {
		return nil
	}
	var list []string
	switch n.what {
	case "touchpoint":
		for i := range b.Touchpoints {
			list = append(list, b.Touchpoints[i].Name)
		}
	case "stage":
		for i := range b.Journeys {
			for k := range b.Journeys[i].Stages {
				if name := b.Journeys[i].Stages[k].Name; (journey == "" || journey == b.Journeys[i].Name) && !slices.Contains(list, name) {
					list = append(list, name)
				}
			}
		}
	case "cause":
		list = b.RootCauses
	}
	if n.what == "cause" && len(list) == 0 || slices.Contains([]string{"", "promise", "objective", "survey"}, n.what) || slices.Contains(list, n.name) {
		return nil
	}
	return fmt.Errorf("the blueprint has no %s %.80q%s", n.what, n.name, orList(meant(n.name, list), list))
}

// has reports whether runs of the journey can be bad in this way.
func (n badNamed) has(b *blueprint.Blueprint, j *blueprint.Journey) bool {
	switch n.what {
	case "stage":
		return slices.ContainsFunc(j.Stages, func(s blueprint.Stage) bool { return s.Name == n.name })
	case "touchpoint":
		return slices.ContainsFunc(b.Touchpoints, func(t blueprint.Touchpoint) bool { return t.Name == n.name && (t.Journey == "" || t.Journey == j.Name) })
	case "promise":
		return slices.ContainsFunc(j.Promises, func(p blueprint.Promise) bool { return p.Name == n.name })
	}
	return true
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
