package console

import (
	"context"
	"reflect"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
)

// voicePage says what customers say, and what became of it.
func voicePage(v *visit) (*page, error) {
	p := &page{name: "voice", title: "Voice", filtered: true}
	part := func(id, title, name string, half bool, f func(*insight.Voice) any) section {
		return section{id: id, title: title, template: name, half: half, fill: func(ctx context.Context) (any, error) {
			a, err := v.voice(ctx)
			if err != nil {
				return nil, err
			}
			return f(&a), nil
		}}
	}
	p.sections = []section{
		part("surveys", "Surveys", "promises", false, func(a *insight.Voice) any { return v.surveyTiles(a) }),
		part("causes", "Causes", "grids", false, func(a *insight.Voice) any { return v.causes(a) }),
		part("verbatims", "In their words", "quotes", true, func(a *insight.Voice) any {
			return v.quotes(notPraise(a), "Nothing but praise was written in this period.")
		}),
		part("compliments", "What they praise", "quotes", true, func(a *insight.Voice) any { return v.quotes(a.Compliments, "No praise was written in this period.") }),
		part("silence", "Who answers, and who does not", "grids", false, func(a *insight.Voice) any { return v.silence(a) }),
		part("mentions", "Said elsewhere", "grids", false, func(a *insight.Voice) any { return v.mentions(a) }),
		part("followups", "Follow-ups", "grids", false, func(a *insight.Voice) any { return v.followUps(a) }),
		{id: "open-followups", title: "Open follow-ups", template: "runs", fill: func(ctx context.Context) (any, error) { return v.openFollowUps(ctx) }},
		part("actions", "What is changed, and whether it helped", "said", false, func(a *insight.Voice) any { return v.actions(a) }),
	}
	return p, nil
}

func (v *visit) voice(ctx context.Context) (insight.Voice, error) {
	w := v.which(insight.Begun)
	return question(ctx, v, "voice", w, func(ctx context.Context) (insight.Voice, error) { return v.view.Voice(ctx, w) })
}

func (v *visit) surveyTiles(a *insight.Voice) tiles {
	var list tiles
	for i := range a.Surveys {
		s := &a.Surveys[i]
		t := tile{Name: surveyName(a.Surveys, s), Value: number.None, Note: "Too few customers to show."}
		if !s.Answers.Hidden {
			t.Note = number.Of(s.Answers.N, "answer", "answers")
			if s.Answers.Score.OK() {
				t.Value = number.Decimal(s.Answers.Score.Value, 1)
				if s.Scale == event.CSAT || s.Scale == event.Thumbs {
					t.Value = number.Share(s.Answers.Score.Value)
				}
				t.Note = scoreName(s.Scale) + " of " + t.Note + ", " + s.Answers.Score.Range()
			}
			if s.Response.Rate.OK() {
				t.Verdict = writeShare(s.Response.Rate) + " of those asked answered"
			}
		}
		list.Tiles = append(list.Tiles, t)
	}
	if len(list.Tiles) == 0 {
		list.Empty = &empty{"No survey has an answer in this period.", "Define surveys in the blueprint, and ask with feedback.Survey.Ask or the widget."}
	}
	return list
}

// scoreName says what the score of a scale is.
func scoreName(s event.Scale) string {
	switch s {
	case event.NPS:
		return "Net Promoter Score"
	case event.CSAT, event.Thumbs:
		return "positive"
	default:
		return "mean"
	}
}

// surveyName names a survey, with its version if the list has several.
func surveyName(all []insight.SurveyVoice, s *insight.SurveyVoice) string {
	for i := range all {
		if all[i].Name == s.Name && all[i].Version != s.Version {
			return strings.TrimSpace(s.Name + " " + s.Version)
		}
	}
	return s.Name
}

// quotesShown are words of customers.
type quotesShown struct {
	List []quoteShown
	// Rest are behind a line that opens them, and More is that line.
	Rest []quoteShown
	More string
	// All leads to all of them; nil is none.
	All   *anchor
	Empty *empty
}

// openQuotes is how many quotes are shown before that line.
const openQuotes = 6

type quoteShown struct{ Text, Language, From, Link string }

func (v *visit) quotes(list []insight.Quote, none string) quotesShown {
	if !v.may(insight.Words) {
		return quotesShown{Empty: &empty{"What customers wrote is not shown to you.", "It needs the right “words”."}}
	}
	var s quotesShown
	for i := range list {
		q := &list[i]
		from := []string{v.clock(q.At)}
		for _, text := range []string{q.Survey, q.Source, strings.Join(q.Causes, ", ")} {
			if text != "" {
				from = append(from, text)
			}
		}
		one := quoteShown{Text: q.Text, Language: q.Language, From: strings.Join(from, " · ")}
		if q.Run != nil {
			one.Link = v.runLink(*q.Run)
		}
		s.List = append(s.List, one)
	}
	if len(s.List) == 0 {
		s.Empty = &empty{none, "Choose a longer period."}
	}
	if len(s.List) > openQuotes+1 {
		s.Rest = s.List[openQuotes:]
		s.List, s.More = s.List[:openQuotes], number.Count(int64(len(s.Rest)))+" more"
	}
	return s
}

// notPraise are the words of customers without those that stand beside them as praise.
func notPraise(a *insight.Voice) []insight.Quote {
	return slices.DeleteFunc(slices.Clone(a.Verbatims), func(q insight.Quote) bool {
		return slices.ContainsFunc(a.Compliments, func(p insight.Quote) bool { return reflect.DeepEqual(p, q) })
	})
}

func (v *visit) actions(a *insight.Voice) said {
	s := said{Lines: []string{a.Actions.Sentence()}}
	for i := range a.Actions.List {
		s.Lines = append(s.Lines, a.Actions.List[i].Sentence())
	}
	return s
}

// saidLast are the last words of customers in the period.
func (v *visit) saidLast(ctx context.Context) (quotesShown, error) {
	a, err := v.voice(ctx)
	if err != nil {
		return quotesShown{}, err
	}
	return v.quotes(a.Verbatims[:min(len(a.Verbatims), saidRows)], "Nothing was written in this period."), nil
}
