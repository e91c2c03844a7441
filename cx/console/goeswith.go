package console

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/contrast"
)

// notCompleted is the word for runs that were not completed, which the page is about without another one.
const notCompleted = "not-completed"

// goesWithPage says what bad runs have in common.
func goesWithPage(v *visit) (*page, error) {
	word, err := v.badWord()
	if err != nil {
		return nil, err
	}
	p := &page{
		name: "goes-with", title: "What goes with it", filtered: true, own: []string{"bad", "release"},
		note: "What the bad runs have more often than the others: values of columns and pairs of values. It is association, not proof.",
	}
	p.sections = []section{
		ready("bad", "Which runs are bad", "choices", v.badChoices()),
		{id: "findings", title: "Bad against good", template: "found", fill: func(ctx context.Context) (any, error) { return v.findings(ctx, word, shownFindings) }},
		{id: "worse", title: "Now against before", template: "found", fill: func(ctx context.Context) (any, error) { return v.worse(ctx, word) }},
		{id: "release", title: "A release against the others", template: "found", fill: func(ctx context.Context) (any, error) { return v.released(ctx, word) }},
	}
	return p, nil
}

// badWord is the word of the address for which runs are bad.
func (v *visit) badWord() (string, error) {
	word := cmp.Or(v.r.URL.Query().Get("bad"), notCompleted)
	_, err := parseBad(word)
	return word, err
}

// parseBad reads which runs are bad: the words of the command cairn ask.
func parseBad(word string) (insight.Bad, error) {
	promise, broken := strings.CutPrefix(word, "broken:")
	objective, missed := strings.CutPrefix(word, "missed:")
	touchpoint, failedAt := strings.CutPrefix(word, failedAtWord)
	stage, endedIn := strings.CutPrefix(word, endedInWord)
	cause, endedFor := strings.CutPrefix(word, endedForWord)
	survey, negativeTo := strings.CutPrefix(word, negativeToWord)
	var o event.Outcome
	switch {
	case word == notCompleted:
		return insight.NotCompleted(), nil
	case broken:
		return insight.PromiseBroken(promise), nil
	case missed:
		return insight.ObjectiveMissed(objective), nil
	case failedAt:
		return insight.FailedAt(touchpoint), nil
	case endedIn:
		return insight.EndedIn(stage), nil
	case endedFor:
		return insight.EndedFor(cause), nil
	case word == "reopened":
		return insight.WasReopened(), nil
	case negativeTo:
		return insight.AnsweredNegativeTo(survey), nil
	case word == "negative":
		return insight.AnsweredNegative(), nil
	case word == "failures":
		return insight.TouchpointFailed(), nil
	case o.UnmarshalText([]byte(word)) == nil:
		return insight.EndedAs(o), nil
	default:
		return insight.Bad{}, fmt.Errorf("%w: bad=%.64q is none of not-completed, failed, cancelled, abandoned, reopened, negative, negative:SURVEY, failures, broken:PROMISE, missed:OBJECTIVE, failed-at:TOUCHPOINT, ended-in:STAGE and ended-for:CAUSE", errAddress, word)
	}
}

// choices are links of which one is chosen.
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
		list.List = append(list.List, choiceLink{name, v.link("goes-with", "bad", word), now == word || now == "" && word == notCompleted})
	}
	add(notCompleted, "not completed")
	for _, name := range v.promiseNames() {
		add("broken:"+name, "broke “"+name+"”")
	}
	add("reopened", "taken up again")
	add("failures", "a touchpoint failed")
	add("negative", "answered negatively")
	if name := namedBad(now); name != "" {
		add(now, name)
	}
	return list
}

// The beginnings of words for runs that are bad because of something that a breakdown is about.
const (
	failedAtWord = "failed-at:"
	endedInWord  = "ended-in:"
	endedForWord = "ended-for:"
	// negativeToWord has the name of a survey.
	negativeToWord = "negative:"
)

// namedBad says in words what a word of the address means that no choice offers; "" is none.
func namedBad(word string) string {
	for prefix, says := range map[string]string{failedAtWord: "“%s” failed", endedInWord: "ended in “%s”", endedForWord: "ended for “%s”", negativeToWord: "answered “%s” negatively"} {
		if name, ok := strings.CutPrefix(word, prefix); ok {
			return fmt.Sprintf(says, name)
		}
	}
	return ""
}

// shownFindings is how many findings a part of the page has at most.
const shownFindings = 10

// findings are what goes with bad runs.
type findings struct {
	Lines   []string
	Choices *choices
	List    []findingShown
	More    []anchor
	// Fold puts the sentence of each finding behind a line that opens it.
	Fold  bool
	Empty *empty
}

type findingShown struct {
	Name, Said, Share, Others, Link string
	Bar                             pair
	More                            []anchor
}

func (v *visit) findings(ctx context.Context, word string, most int) (findings, error) {
	bad, err := parseBad(word)
	if err != nil {
		return findings{}, err
	}
	w := v.which(insight.Begun)
	got, err := question(ctx, v, "goes with", fmt.Sprintf("%+v%+v", w, bad), func(ctx context.Context) (insight.GoesWith, error) { return v.view.GoesWith(ctx, w, bad) })
	if err != nil {
		return findings{}, err
	}
	return v.shown(&got, word, v.filter, most), nil
}

func (v *visit) worse(ctx context.Context, word string) (findings, error) {
	if v.filter.Alone {
		return findings{Empty: &empty{"There is no period to compare with.", "Remove compare=none from the address."}}, nil
	}
	return v.gotWorse(ctx, word, v.which(insight.Begun), v.earlier(insight.Begun), v.filter)
}

// gotWorse says what got worse from one selection to the other. The filter is that of now.
func (v *visit) gotWorse(ctx context.Context, word string, now, before insight.Which, f filter) (findings, error) {
	bad, err := parseBad(word)
	if err != nil {
		return findings{}, err
	}
	got, err := question(ctx, v, "got worse", fmt.Sprintf("%+v%+v%+v", now, before, bad), func(ctx context.Context) (insight.GoesWith, error) {
		return v.view.GotWorse(ctx, now, before, bad)
	})
	if err != nil {
		return findings{}, err
	}
	return v.shown(&got, word, f, shownFindings), nil
}

// released compares the runs of a release with those of the other releases of the period and of the one before.
func (v *visit) released(ctx context.Context, word string) (findings, error) {
	all, err := v.compareBy(ctx, insight.Release, insight.Completes())
	if err != nil {
		return findings{}, err
	}
	chosen := v.r.URL.Query().Get("release")
	list := &choices{Label: "Releases"}
	for i := range all.Groups {
		if g := &all.Groups[i]; g.Value != "" && !g.Hidden {
			list.List = append(list.List, choiceLink{g.Value, v.link("goes-with", "bad", word, "release", g.Value) + "#release", g.Value == chosen})
		}
	}
	slices.SortFunc(list.List, func(a, b choiceLink) int { return strings.Compare(b.Name, a.Name) })
	if len(list.List) < 2 {
		return findings{Empty: &empty{"There are no two releases to compare.", "Runs have the release of the service (service.version), or the column that a log maps to release."}}, nil
	}
	list.List = list.List[:min(len(list.List), maxValues)]
	if chosen == "" {
		return findings{Choices: list, Lines: []string{"Choose a release."}}, nil
	}
	f := v.filter.with(insight.Release, chosen)
	now, before := v.which(insight.Begun), v.which(insight.Begun)
	now.Where = f.Where
	before.Where = append(slices.Clone(v.filter.with(insight.Release).Where), insight.Where{Column: insight.Release, Values: []string{chosen, ""}, Not: true})
	if !v.filter.Alone {
		before.From = v.was
	}
	s, err := v.gotWorse(ctx, word, now, before, f)
	s.Choices = list
	return s, err
}

func (v *visit) shown(got *insight.GoesWith, word string, f filter, most int) findings {
	said := got.Sentences()
	s := findings{Lines: said[:1]}
	for i := range got.Answer.Findings {
		if i == most {
			break
		}
		of := &got.Answer.Findings[i]
		beside, whose := of.Outside, " others"
		if got.Before != nil && !of.New {
			beside, whose = of.InsideBefore, " before"
		}
		one := findingShown{Name: heldText(of.Held), Share: withN(of.Inside), Others: withN(beside) + whose, Bar: pair{Share: percent(of.Inside.Value), Beside: percent(beside.Value)}}
		if i+1 < len(said) {
			one.Said = said[i+1]
		}
		held, cause := f, ""
		for _, h := range of.Held {
			held = held.with(insight.Column(h.Column), h.Value)
			if h.Column == string(insight.Cause) {
				cause = h.Value
			}
		}
		if v.may(insight.Customers) {
			one.Link = v.linkOf(held, "goes-with/examples", "bad", word)
			one.More = []anchor{{"Ten examples", one.Link}, {"All runs", v.linkOf(held, "runs")}}
		}
		if address := v.proposing(held, cause); address != "" {
			one.More = append(one.More, anchor{"Propose a change", address})
		}
		s.List = append(s.List, one)
	}
	return s
}

func percent(share float64) int { return int(min(max(share*100, 0), 100)) }

// heldText writes the values of a finding.
func heldText(held []contrast.Held) string {
	parts := make([]string, len(held))
	for i, h := range held {
		parts[i] = h.Column + " = " + known(h.Value)
	}
	return strings.Join(parts, " and ")
}
