package console

import (
	"context"
	"fmt"
	"strings"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/contrast"
	"cairncx.dev/cairn/cx/insight/number"
)

// goesWithPage says what bad runs have in common.
func goesWithPage(v *visit) (*page, error) {
	bad, err := parseBad(v.r.URL.Query().Get("bad"))
	if err != nil {
		return nil, err
	}
	p := &page{name: "goes-with", title: "What goes with it", filtered: true, note: "What the bad runs have more often than the others: values of columns and pairs of values. It is association, not proof."}
	p.sections = []section{
		v.now("bad", "Which runs are bad", "choices", v.badChoices()),
		{id: "findings", title: "Bad against good", template: "findings", fill: func(ctx context.Context) (any, error) { return v.findings(ctx, bad, 10) }},
		{id: "worse", title: "Now against before", template: "findings", fill: func(ctx context.Context) (any, error) { return v.worse(ctx, bad) }},
	}
	return p, nil
}

// parseBad reads which runs are bad: the words of the command cairn ask.
func parseBad(word string) (insight.Bad, error) {
	promise, broken := strings.CutPrefix(word, "broken:")
	objective, missed := strings.CutPrefix(word, "missed:")
	var o event.Outcome
	switch {
	case word == "" || word == "not-completed":
		return insight.NotCompleted(), nil
	case broken:
		return insight.PromiseBroken(promise), nil
	case missed:
		return insight.ObjectiveMissed(objective), nil
	case word == "reopened":
		return insight.WasReopened(), nil
	case word == "negative":
		return insight.AnsweredNegative(), nil
	case word == "failures":
		return insight.TouchpointFailed(), nil
	case o.UnmarshalText([]byte(word)) == nil:
		return insight.EndedAs(o), nil
	default:
		return insight.Bad{}, fmt.Errorf("%w: bad=%.64q is none of not-completed, failed, cancelled, abandoned, reopened, negative, failures, broken:PROMISE and missed:OBJECTIVE", errAddress, word)
	}
}

type choices struct {
	Label string
	List  []choiceLink
}

type choiceLink struct {
	Name, Address string
	On            bool
}

// badChoices are the kinds of bad runs that there can be.
func (v *visit) badChoices() choices {
	now := v.r.URL.Query().Get("bad")
	list := choices{Label: "Bad runs"}
	add := func(word, name string) {
		list.List = append(list.List, choiceLink{name, v.link("goes-with", "bad", word), now == word || now == "" && word == "not-completed"})
	}
	add("not-completed", "not completed")
	for _, name := range v.promiseNames() {
		add("broken:"+name, "broke “"+name+"”")
	}
	add("reopened", "taken up again")
	add("failures", "a touchpoint failed")
	add("negative", "answered negatively")
	return list
}

// findings are what goes with bad runs.
type findings struct {
	Lines   []string
	List    []findingShown
	Address string
	Empty   *empty
}

type findingShown struct {
	Name, Said, Share, Others, Excess, Points, Link string
	Bar, Beside                                     int // of 100
}

func (v *visit) findings(ctx context.Context, bad insight.Bad, most int) (findings, error) {
	w := v.which(insight.Begun)
	got, err := question(ctx, v, "goes with", fmt.Sprintf("%+v%+v", w, bad), func(ctx context.Context) (insight.GoesWith, error) { return v.view.GoesWith(ctx, w, bad) })
	if err != nil {
		return findings{}, err
	}
	return v.shown(&got, most), nil
}

func (v *visit) worse(ctx context.Context, bad insight.Bad) (findings, error) {
	if v.filter.Alone {
		return findings{Empty: &empty{"There is no period to compare with.", "Remove compare=none from the address."}}, nil
	}
	w, before := v.which(insight.Begun), v.earlier(insight.Begun)
	got, err := question(ctx, v, "got worse", fmt.Sprintf("%+v%+v%+v", w, before, bad), func(ctx context.Context) (insight.GoesWith, error) {
		return v.view.GotWorse(ctx, w, before, bad)
	})
	if err != nil {
		return findings{}, err
	}
	return v.shown(&got, 10), nil
}

func (v *visit) shown(got *insight.GoesWith, most int) findings {
	said := got.Sentences()
	s := findings{Lines: said[:1]}
	for i := range got.Answer.Findings {
		if i == most {
			break
		}
		f := &got.Answer.Findings[i]
		beside := f.Outside
		if got.Before != nil {
			beside = f.InsideBefore
		}
		one := findingShown{
			Name: heldText(f.Held), Share: number.Share(f.Inside.Value), Others: number.Share(beside.Value), Excess: number.Decimal(f.Excess.Value, 0),
			Points: number.Points(f.Points.Value / 100), Bar: percent(f.Inside.Value), Beside: percent(beside.Value),
		}
		if i+1 < len(said) {
			one.Said = said[i+1]
		}
		filter := v.filter
		for _, h := range f.Held {
			filter = filter.with(insight.Column(h.Column), h.Value)
		}
		one.Link = v.linkOf(filter, "runs")
		s.List = append(s.List, one)
	}
	return s
}

func percent(share float64) int { return int(min(max(share*100, 0), 100)) }

// heldText writes the values of a finding.
func heldText(held []contrast.Held) string {
	parts := make([]string, len(held))
	for i, h := range held {
		value := h.Value
		if value == "" {
			value = "not known"
		}
		parts[i] = h.Column + " = " + value
	}
	return strings.Join(parts, " and ")
}
