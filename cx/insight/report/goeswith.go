package report

import (
	"fmt"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/chart"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/cx/stats"
)

// mostAsked is the number of promises about which it is asked what goes with the broken ones.
const mostAsked = 3

// goesWith asks what goes with broken promises. It asks about all periods of the trend, because one week has too few bad runs to tell, and what got worse since the
// period before. Without promises it asks about runs that were not completed.
func (m *maker) goesWith() error {
	if m.r.Now.IsZero() {
		return nil
	}
	asked := 0
	for i := range m.r.Promises {
		p := &m.r.Promises[i]
		if !anyBroken(p.Trend) || asked == mostAsked {
			continue
		}
		if err := m.contrast(p.Journey, p.Name, insight.PromiseBroken(p.Name), asked == 0); err != nil {
			return err
		}
		asked++
	}
	for i := range m.r.Journeys {
		if j := &m.r.Journeys[i]; len(m.r.Promises) == 0 && asked < mostAsked && anyBroken(j.Trend) {
			if err := m.contrast(j.Name, "", insight.NotCompleted(), asked == 0); err != nil {
				return err
			}
			asked++
		}
	}
	return nil
}

// anyBroken reports whether a trend has bad runs.
func anyBroken(list []Point) bool {
	for i := range list {
		if s := list[i].Share; s.Count < s.N {
			return true
		}
	}
	return false
}

// contrast asks what goes with bad runs of a journey, and with worse also what got worse.
func (m *maker) contrast(journey, promise string, bad insight.Bad, worse bool) error {
	span := Period{m.periods()[0].From, m.r.Now.Until}
	a, err := m.view.GoesWith(m.ctx, m.which(span, insight.Begun, journey), bad)
	if err != nil {
		return err
	}
	m.addFindings(GoesWith{Journey: journey, Promise: promise, Period: span, GoesWith: a})
	if !worse || m.r.Before.IsZero() {
		return nil
	}
	a, err = m.view.GotWorse(m.ctx, m.which(m.r.Now, insight.Begun, journey), m.which(m.r.Before, insight.Begun, journey), bad)
	if err != nil {
		return err
	}
	if len(a.Answer.Findings) > 0 {
		m.addFindings(GoesWith{Journey: journey, Promise: promise, Period: m.r.Now, Worse: true, GoesWith: a})
	}
	return nil
}

func (m *maker) addFindings(g GoesWith) {
	if g.Hidden || g.Answer.Whole.N == 0 {
		return
	}
	words := g.Bad.Words()
	words.Runs = "runs of " + quote(g.Journey)
	if g.Promise != "" {
		words.Did = "broke " + quote(g.Promise)
	}
	g.Sentences = []string{}
	for i := range g.Answer.Findings {
		g.Sentences = append(g.Sentences, g.Answer.Findings[i].Sentence(words))
	}
	m.r.GoesWith = append(m.r.GoesWith, g)
}

// over says which runs a finding is about.
func (g *GoesWith) over() string {
	return "runs of " + quote(g.Journey) + " that began " + g.Period.Label()
}

// did says what the bad runs did.
func (g *GoesWith) did() string {
	if g.Promise != "" {
		return "broke " + quote(g.Promise)
	}
	return "were not completed"
}

// nothing says that no finding is more than chance.
func (g *GoesWith) nothing() string {
	return fmt.Sprintf("Nothing stands out among the %s of %s of %s that %s", number.Count(g.Answer.Whole.Count), number.Of(g.Answer.Whole.N, "run", "runs"), quote(g.Journey), g.did())
}

// compared says what was looked at.
func (g *GoesWith) compared() string {
	return fmt.Sprintf("%s and %s, each of %d runs or more, were compared", number.Of(int64(g.Answer.Values), "value of a column", "values of columns"),
		number.Of(int64(g.Answer.Pairs), "pair of values", "pairs of values"), g.Answer.Least)
}

// goesWithLines say what to mend first.
func (r *Report) goesWithLines() (list []Line) {
	for i := range r.GoesWith {
		g := &r.GoesWith[i]
		for n := range g.Answer.Findings {
			f := &g.Answer.Findings[n]
			if f.Turns != nil || len(list) > 0 && !g.Worse {
				continue
			}
			first := "Over " + number.Of(int64(r.Trend), r.Kind.String(), r.Kind.String()+"s")
			if g.Worse {
				first = "New since " + r.Kind.before()
			}
			list = append(list, line(SectionGoesWith, false,
				fmt.Sprintf("%s, %s stands out: %s of %s %s, of the others %s", first, heldOf(f.Held), number.Share(f.Inside.Value), number.Count(f.Inside.N), g.did(), number.Share(f.Outside.Value)),
				gainOf(f.Excess.Value, f.Excess.Interval, f.Points.Value, f.Causal)))
			break
		}
	}
	if len(list) == 0 && len(r.GoesWith) > 0 {
		g := &r.GoesWith[0]
		list = append(list, line(SectionGoesWith, false, g.nothing()))
	}
	return list
}

// gainOf says what it would gain if those did as well as the others.
func gainOf(excess float64, in stats.Interval, points float64, causal bool) string {
	proof := "association, not proof"
	if causal {
		proof = "the arms were drawn by chance: it is their effect"
	}
	return fmt.Sprintf("if those did as well as the others: %s fewer runs (%s), %s (%s)", number.Decimal(excess, 0),
		number.Range(number.Decimal(in.Low, 0), number.Decimal(in.High, 0)), number.Points(points/100), proof)
}

// causes says what goes with bad runs, each finding in a sentence.
func (r *Report) causes() (list []Line) {
	for i := range r.GoesWith {
		g := &r.GoesWith[i]
		for _, s := range g.Sentences {
			if g.Worse {
				s = "Worse: " + s
			}
			list = append(list, Line{Section: SectionGoesWith, Text: s})
		}
		if len(g.Sentences) == 0 {
			list = append(list, Line{Section: SectionGoesWith, Text: g.nothing() + ": " + g.compared() + ". They began " + g.Period.Label() + "."})
		}
		if g.Warning != "" {
			list = append(list, Line{Section: SectionGoesWith, Text: g.Warning})
		}
	}
	return list
}

// findings draws what goes with bad runs.
func (r *Report) findings() (list []chart.Chart) {
	for i := range r.GoesWith {
		g := &r.GoesWith[i]
		if g.Worse || len(g.Answer.Findings) == 0 {
			continue
		}
		b := chart.Bars{
			Unit: chart.Share, Group: "What they have", Line: &chart.Line{Value: g.Answer.Whole.Value, Label: "all " + number.Share(g.Answer.Whole.Value)},
			Tones: []chart.Meaning{{Tone: chart.Bad, Text: "more than chance"}},
		}
		for n := range g.Answer.Findings {
			f := &g.Answer.Findings[n]
			bar := chart.Bar{Name: heldOf(f.Held), Value: chart.Value{Value: f.Inside.Value, Interval: chart.Interval(f.Inside.Interval), N: f.Inside.N}, Tone: chart.Bad}
			if f.Turns != nil {
				bar.Tone = chart.Neutral
			}
			b.Rows = append(b.Rows, bar)
		}
		b.About = r.about("goes-with", len(list), fmt.Sprintf("What goes with runs that %s: first %s", g.did(), b.Rows[0].Name),
			fmt.Sprintf("Share that %s, %s. Each row is without the runs of those above it", g.did(), g.over()))
		b.Foot = "Association, not proof, unless it says that the arms were drawn by chance."
		list = append(list, b)
	}
	return list
}
