package console

import (
	"context"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/insight/chart"
	"cairncx.dev/cairn/cx/insight/number"
)

// aBreakdown is what the page of a breakdown knows before its parts are asked for.
type aBreakdown struct {
	*insight.Breakdown

	all []insight.Breakdown // with those beside it
	// run has the steps, for a reader who may see single runs; nil for others.
	run    *insight.Run
	charts watched
	chart  charted
	cost   cost
}

// breakdownPage says what a breakdown is about, what it costs, what goes with it, and who mends it.
func breakdownPage(v *visit) (*page, error) {
	b, err := v.aBreakdown()
	if err != nil {
		return nil, err
	}
	found := breakdown.Lasted(b.Breakdown, b.chart.trend(), b.charts.last(v.zone))
	p := &page{name: "breakdowns", title: subjectName(b.Subject), eyebrow: "Breakdown", note: quoted(found.Sentence())}
	if !breakdown.LastedUntil(b.Breakdown, found.Last.Location()).IsZero() {
		p.note = quoted(found.PastSentence())
	}
	if found.Days == 0 { // the chart is not known
		p.note = quoted(found.Short())
	}
	if b.Details.Better {
		p.eyebrow = "Improvement"
	}
	add := func(half bool, id, title, name string, content any) {
		s := ready(id, title, name, content)
		s.half = half
		p.sections = append(p.sections, s)
	}
	placed := func(half bool, id, title, name string, f func(*breakdown.Placed) any) {
		p.sections = append(p.sections, section{id: id, title: title, template: name, half: half, fill: func(ctx context.Context) (any, error) {
			got, err := v.placed(ctx, &found)
			if err != nil {
				return nil, err
			}
			return f(got), nil
		}})
	}
	add(false, "glance", "In short", "glance", v.breakdownGlance(b))
	add(false, "daily", "Day by day", "said", v.breakdownChart(b))
	if m := v.movingBreakdown(b); m.Said != "" || len(m.Forms) > 0 {
		add(true, "moves", "Move it on", "moving-breakdown", m)
	}
	add(true, "plan", "Plan and promises", "breakdown-plan", v.breakdownPlan(b))
	if !breakdown.MendedAt(b.Breakdown).IsZero() {
		add(false, "compared", "Before and after the mending", "said", v.breakdownCompared(b))
	}
	placed(false, "goes-with", "What goes with it", "found", func(p *breakdown.Placed) any { return v.breakdownFindings(b, p) })
	placed(false, "typical", "Typical runs: the nearest to the median time", "examples", func(p *breakdown.Placed) any { return v.breakdownExamples("Typical runs", p, p.Typical) })
	placed(false, "worst", "Worst runs: the longest of the others", "examples", func(p *breakdown.Placed) any { return v.breakdownExamples("Worst runs", p, p.Worst) })
	placed(true, "said", "What customers said in them", "quotes", func(p *breakdown.Placed) any { return v.breakdownQuotes(p) })
	placed(true, "words", "Words that are new", "grid", func(p *breakdown.Placed) any { return v.newWords(p) })
	add(false, "story", "What was done about it", "story", v.breakdownStory(b))
	return p, nil
}

// aBreakdown returns the breakdown that the path of the request names, as it stands at this very moment: a move is shown as soon as it is stored.
func (v *visit) aBreakdown() (*aBreakdown, error) {
	exact := *v
	exact.exact()
	id, ctx := part(v.r, "id"), v.r.Context()
	b := &aBreakdown{}
	for _, w := range []insight.Which{v.recent(), {Namespace: v.filter.Namespace}} {
		got, err := direct(ctx, v, func(ctx context.Context) (insight.Breakdowns, error) { return exact.view.Breakdowns(ctx, w) })
		if err != nil {
			return nil, err
		}
		if at := slices.IndexFunc(got.List, func(b insight.Breakdown) bool { return b.Run.ID == id }); at >= 0 {
			b.Breakdown, b.all = &got.List[at], got.List
			break
		}
	}
	if b.Breakdown == nil {
		return nil, errNotHere
	}
	if v.may(insight.Customers) {
		run, err := direct(ctx, v, exact.runOf(b.Run))
		if err != nil {
			return nil, err
		}
		b.run = &run
	}
	charts, err := v.watched(ctx, []insight.Breakdown{*b.Breakdown})
	if err != nil {
		return nil, err
	}
	b.charts, b.chart = charts, charts.Of[b.Run.ID]
	costs, err := v.costs(ctx, []insight.Breakdown{*b.Breakdown}, &b.charts)
	b.cost = costs[b.Run.ID]
	return b, err
}

// runOf asks for the steps of a breakdown, or of an action. A viewer who sees what a breakdown is about sees these, too: they are the company's, and of no customer.
func (v *visit) runOf(ref event.RunRef) func(context.Context) (insight.Run, error) {
	whole := insight.Viewer{Name: v.viewer.Name, Rights: v.viewer.Rights}
	return func(ctx context.Context) (insight.Run, error) { return v.view.For(whole).Run(ctx, ref) }
}

// breakdownGlance is what a reader has to know first.
func (v *visit) breakdownGlance(b *aBreakdown) []fact {
	row := v.breakdownRow(b.Breakdown, &b.chart, &b.cost)
	state := fact{Name: "State", Says: strings.ToUpper(row.State[:1]) + row.State[1:], Tone: row.StateTone}
	if !b.Open() {
		how, tone, link := v.endOf(b.Breakdown, b.all)
		state = fact{Name: "State", Says: strings.ToUpper(how[:1]) + how[1:] + ", on " + b.Ended.In(v.zone).Format("2 January 2006"), Tone: tone, Link: link}
	}
	list := []fact{state}
	add := func(name, says, tone string) {
		if says != "" {
			list = append(list, fact{Name: name, Says: says, Tone: tone})
		}
	}
	add("Next", row.Due, row.DueTone)
	zone := b.chart.daysIn(v.zone)
	began := breakdown.BeganAt(b.Breakdown, b.chart.trend(), zone).Format("2 January 2006") + ", " + daysOf(row.age) + " ago"
	if _, again := breakdown.Again(b.Breakdown, b.chart.trend(), zone); again {
		began = "Again since " + began + "; first found " + b.Opened.In(v.zone).Format("2 January 2006")
	}
	add("Began", began, "")
	add("Found again", v.foundAgain(b), "")
	add("Share, before → since", row.Share, "")
	add("Since it was mended", strings.TrimSuffix(row.Held, " since it was mended"), "")
	add(map[bool]string{true: "Fewer than usual", false: "More than usual"}[b.cost.Events < 0], b.cost.most(), "")
	add("A day", b.cost.aDay(), "")
	add("At stake", b.cost.atStake(), "")
	add("Owner", known(v.ownerOf(b.Breakdown)), "")
	add("Severity", b.Details.Severity, "")
	placed := make([]string, 0, len(b.Details.Placed))
	for _, p := range b.Details.Placed {
		placed = append(placed, p.Column+" = "+known(p.Value))
	}
	add("Most of all in", strings.Join(placed, " and "), "")
	if id := b.Details.Earlier; id != "" {
		earlier := insight.Breakdown{Run: event.RunRef{Namespace: b.Run.Namespace, ID: id}}
		list = append(list, fact{Name: "Before this one", Says: "It has broken down before", Link: v.breakdownLink(&earlier)})
	}
	return list
}

// foundAgain says when and why a breakdown was found again, and from when its promises count; "" is one that was found once.
func (v *visit) foundAgain(b *aBreakdown) string {
	if !b.Returned() {
		return ""
	}
	says := b.Found.In(v.zone).Format("2 January 2006")
	mended := b.Mended.In(v.zone).Format("2 January")
	if breakdown.NotHelped(b.Breakdown, b.chart.trend()) {
		says += ": the mending of " + mended + " has not helped"
	} else {
		says += ": it was mended on " + mended + ", and has returned"
	}
	if len(b.Promises) > 0 {
		says += ". Its due times count from that day"
	}
	return says
}

// breakdownChart is the chart, with what else happened on its days.
func (v *visit) breakdownChart(b *aBreakdown) said {
	c := &b.chart
	if !c.Known {
		return said{Empty: &empty{"There is no chart of it now.", "It needs 28 days with events before it was found, of five customers at least."}}
	}
	t := &c.Trend
	day := breakdown.BeganAt(b.Breakdown, t, c.zone())
	f := chart.Control{
		About: chart.About{
			ID: "breakdown", Title: fmt.Sprintf("%s before, and %s since %s", number.Share(c.before().Value), number.Share(c.lasted(b.Breakdown).Value), day.Format("2 January")),
			Note: "Share of " + quoted(breakdown.Counted(b.Subject)) + ", by day, " + c.zone().String(),
		},
		LowerIsBetter: true, Baseline: chart.Period{From: t.BaselineFrom, Until: t.BaselineUntil}, Began: chart.Event{At: day, Label: "began " + day.Format("2 Jan")},
	}
	for i := range t.Days {
		d := &t.Days[i]
		one := chart.Day{Period: chart.Period{From: d.Day, Until: d.Day.AddDate(0, 0, 1)}, Out: d.Out}
		if d.N > 0 {
			n := float64(d.N)
			one.Value = chart.Value{Value: float64(d.Bad) / n, N: d.N}
			one.Usual, one.Limits = d.Expected/n, chart.Interval{Low: d.Low, High: d.High}
		}
		f.Days = append(f.Days, one)
	}
	f.Events = v.breakdownMarks(b, day)
	if len(t.Changes) > 0 {
		f.Foot = "What changed on the same day is drawn, too. It has been so since then, which does not say that it is because of it."
	}
	return said{Figures: []template.HTML{chart.Figure(f, chart.Folded())}}
}

// breakdownMarks are the events of the chart: those beside the beginning and the mending first, then the last ones.
func (v *visit) breakdownMarks(b *aBreakdown, day time.Time) (list []chart.Event) {
	if at := b.Mended; !at.IsZero() {
		list = append(list, chart.Event{At: at.In(b.chart.zone()), Label: "mended"})
	}
	var others []chart.Event
	for _, c := range b.chart.Trend.Changes {
		e := chart.Event{At: c.Day, Label: string(c.Kind) + " " + c.Name}
		if breakdown.Near(c.Day, day) {
			list = append(list, e)
		} else {
			others = append(others, e)
		}
	}
	list = list[:min(len(list), chart.MaxEvents)]
	list = append(list, others[max(0, len(others)-(chart.MaxEvents-len(list))):]...)
	slices.SortStableFunc(list, func(x, y chart.Event) int { return x.At.Compare(y.At) })
	return list
}

// placed asks where the breakdown is.
func (v *visit) placed(ctx context.Context, f *breakdown.Found) (*breakdown.Placed, error) {
	got, err := question(ctx, v, "placed", keyOfFound(f), func(ctx context.Context) (breakdown.Placed, error) { return breakdown.Place(ctx, v.view, f) })
	return &got, err
}

// badWordOf is the word of an address for the runs that are bad where the share of a subject is high; "" is none.
func badWordOf(s insight.Subject) string {
	switch s.About {
	case breakdown.OfStage:
		return endedInWord + s.Name
	case breakdown.OfTouchpoint:
		return failedAtWord + s.Name
	case breakdown.OfCause:
		return endedForWord + s.Name
	case breakdown.OfPromise:
		return "broken:" + s.Name
	case breakdown.OfSurvey:
		return negativeToWord + s.Name
	case breakdown.OfQueue:
		return ""
	default:
		return notCompleted
	}
}

// noDayYet says why nothing is asked about a breakdown that began today.
func noDayYet() *empty {
	return &empty{"No day since it began is over.", "Runs are counted by whole days: look again tomorrow."}
}

// placedFindings is how many findings the page of a breakdown has.
const placedFindings = 5

// breakdownFindings are what goes with the breakdown, and lead to the page with the same question.
func (v *visit) breakdownFindings(b *aBreakdown, p *breakdown.Placed) findings {
	switch {
	case !p.AnyDay():
		return findings{Empty: noDayYet()}
	case !p.Asked:
		return findings{Empty: &empty{"It is about contacts, and not about runs.", "What goes with bad runs is not asked of a queue. The page Support has its half hours."}}
	}
	f, word := v.filterOf(p), badWordOf(b.Subject)
	s := v.shown(&p.GoesWith, word, f, placedFindings)
	s.Fold = true
	s.More = []anchor{{"The same question on its own page", v.linkOf(f, "goes-with", "bad", word)}}
	return s
}

// filterOf is the filter of pages about the runs since the breakdown began.
func (v *visit) filterOf(p *breakdown.Placed) filter {
	f := v.filter.own()
	f.Journey, f.First, f.Last = p.Journey, p.Began, p.Last
	return f
}

// breakdownExamples are single runs.
func (v *visit) breakdownExamples(label string, p *breakdown.Placed, list []insight.Example) exampleRows {
	if !v.may(insight.Customers) {
		return exampleRows{Empty: &empty{"Single runs are not shown to you.", "They need the right “customers”."}}
	}
	t := v.exampleRows(label, list)
	switch {
	case t.Empty == nil:
	case !p.Asked:
		t.Empty = &empty{"There are no runs to show.", "It is about contacts in a queue: the page Support has them."}
	case !p.AnyDay():
		t.Empty = noDayYet()
	default:
		t.Empty.Mends = "Runs that are too young to be called bad are no examples."
	}
	return t
}

// breakdownQuotes are what customers said.
func (v *visit) breakdownQuotes(p *breakdown.Placed) quotesShown {
	s := v.quotes(p.Quotes, "Nothing was written in these runs.")
	if s.Empty != nil && v.may(insight.Words) {
		s.Empty.Mends = "What is praise is left out. The page Voice has everything that was said."
	}
	return s
}

// newWords are the words that customers say more often than before.
func (v *visit) newWords(p *breakdown.Placed) grid {
	g := grid{Label: "Words that are new", Head: []string{"Word", "Texts now", "Before"}}
	for _, w := range p.Words {
		g.Rows = append(g.Rows, plain(w.Word, number.Count(int64(w.Now)), number.Count(int64(w.Before))))
	}
	switch {
	case !v.may(insight.Words):
		g.Empty = &empty{"What customers wrote is not shown to you.", "It needs the right “words”."}
	case len(g.Rows) == 0:
		g.Empty = &empty{"No word is new.", "A word stands here if customers write it more often than before it began, by more than chance."}
	}
	return g
}
