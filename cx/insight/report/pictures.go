package report

import (
	"fmt"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/chart"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/feedback/score"
)

// value returns a share for a chart.
func value(s score.Share) chart.Value {
	return chart.Value{Value: s.Value, Interval: chart.Interval(s.Interval), N: s.N}
}

// about is what the pictures of a section have in common. The number tells them apart.
func (r *Report) about(id string, n int, title, note string) chart.About {
	return chart.About{ID: fmt.Sprintf("%s-%d", id, n+1), Title: title, Note: note}
}

// period says which period and zone a picture is of.
func (r *Report) period() string { return r.Now.Label() + ", " + r.Zone }

// trendOf draws a share by period.
func (r *Report) trendOf(n int, title, note string, list []Point, target float64) chart.Chart {
	t := chart.Trend{About: r.about("trend", n, title, note), Unit: chart.Share}
	for i := range list {
		if len(t.Points) > 0 || list[i].Share.N > 0 || i == len(list)-1 { // the log may begin later
			t.Points = append(t.Points, chart.Point{Period: chart.Period(list[i].Period), Value: value(list[i].Share)})
		}
	}
	if target > 0 {
		t.Target = &chart.Line{Value: target, Label: "target " + targetOf(target)}
	}
	return t
}

// targetOf writes a target, which is a round number as a rule.
func targetOf(target float64) string { return strings.Replace(number.Share(target), ".0%", "%", 1) }

// promiseTrend draws how often a promise was kept by period.
func (r *Report) promiseTrend(n int, p *Promise) chart.Chart {
	var shown, below int
	for i := range p.Trend {
		if s := p.Trend[i].Share; visible(s) {
			shown++
			if s.Value < p.Target {
				below++
			}
		}
	}
	title := fmt.Sprintf("%s was below its target of %s in %d of %d %ss", p.title(), targetOf(p.Target), below, shown, r.Kind)
	switch {
	case p.Target == 0:
		title = fmt.Sprintf("%s by %s", p.title(), r.Kind)
	case below == 0:
		title = fmt.Sprintf("%s was at or above its target of %s in all of %s", p.title(), targetOf(p.Target), number.Of(int64(shown), r.Kind.String(), r.Kind.String()+"s"))
	}
	return r.trendOf(n, title, fmt.Sprintf("Share kept of what fell due, by %s, %s. Journey: %s", r.Kind, r.Zone, label(p.Journey)), p.Trend, p.Target)
}

// trends draws the promises by period, or the completed share of journeys without promises.
func (r *Report) trends() (list []chart.Chart) {
	for i := range r.Promises {
		p := &r.Promises[i]
		if len(list) < mostPromises && anyShown(p.Trend) {
			list = append(list, r.promiseTrend(len(list), p))
		}
	}
	if len(list) > 0 {
		return list
	}
	for i := range r.Journeys {
		j := &r.Journeys[i]
		if len(list) < mostJourneys && anyShown(j.Trend) {
			list = append(list, r.trendOf(len(list), fmt.Sprintf("Completed runs of %s by %s", quote(j.Name), r.Kind),
				fmt.Sprintf("Share of the runs that ended, by %s of their end, %s", r.Kind, r.Zone), j.Trend, 0))
		}
	}
	return list
}

// anyShown reports whether a trend has two values to draw.
func anyShown(list []Point) bool {
	n := 0
	for i := range list {
		if visible(list[i].Share) {
			n++
		}
	}
	return n > 1
}

// changes draws all promises, before and now.
func (r *Report) changes() []chart.Chart {
	c := chart.Changes{Unit: chart.Share, Group: "Promise", Before: sentenceCase(r.Kind.before()), After: "This " + r.Kind.String()}
	differ := 0
	for i := range r.Promises {
		p := &r.Promises[i]
		if p.Change == nil {
			continue
		}
		if p.Change.Differs {
			differ++
		}
		c.Rows = append(c.Rows, chart.Change{Name: label(p.Name) + " (" + label(p.Journey) + ")", Before: value(p.Before.Matured), After: value(p.Now.Matured), Real: p.Change.Differs})
	}
	if len(c.Rows) < 2 {
		return nil
	}
	title := "No promise changed by more than chance"
	if differ > 0 {
		title = number.Of(int64(differ), "promise", "promises") + " changed by more than chance"
	}
	c.About = r.about("changes", 0, title, fmt.Sprintf("Share kept of what fell due, %s against %s, %s", r.Now.Label(), r.Before.Label(), r.Zone))
	return []chart.Chart{c}
}

// outcomes draws how the runs of each journey ended.
func (r *Report) outcomes() []chart.Chart {
	s := chart.Stack{
		Group: "Journey",
		Parts: []chart.Part{{Name: "Completed", Tone: chart.Main}, {Name: "Failed", Tone: chart.Bad}, {Name: "Cancelled", Tone: chart.Second}, {Name: "Silent", Tone: chart.Neutral}},
	}
	for i := range r.Journeys {
		j := &r.Journeys[i]
		if e := &j.Ended; e.Runs > 0 {
			s.Rows = append(s.Rows, chart.Whole{Name: label(j.Name), Counts: []int64{e.Completed.Count, e.Failed.Count, e.Cancelled.Count, e.Silent.Count}})
		}
	}
	if len(s.Rows) == 0 {
		return nil
	}
	s = told(s)
	s.About = r.about("flow", 0, "How the runs ended", "Runs that ended, "+r.period()+". A run is silent when nothing happened for the time after which its journey is abandoned")
	return []chart.Chart{s}
}

// open draws what is open by age.
func (r *Report) open() []chart.Chart {
	var with []*Journey
	for i := range r.Journeys {
		if o := &r.Journeys[i].Open; o.Open.Count > 0 && len(o.Ages) > 0 { // without ages they are of few customers
			with = append(with, &r.Journeys[i])
		}
	}
	note := "Open runs by age, " + r.made()
	switch len(with) {
	case 0:
		return nil
	case 1:
		b := chart.Bars{About: r.about("open", 0, openTitle(with[0]), note), Unit: chart.Count, Group: "Age", Least: -1}
		for _, a := range with[0].Open.Ages {
			b.Rows = append(b.Rows, chart.Bar{Name: ageName(a), Value: chart.Value{Value: float64(a.Count)}})
		}
		return []chart.Chart{b}
	}
	s := chart.Stack{About: r.about("open", 0, openTitle(with[0]), note), Group: "Journey"}
	tones := []chart.Tone{chart.Main, chart.Good, chart.Third, chart.Second, chart.Bad}
	for i, a := range with[0].Open.Ages {
		s.Parts = append(s.Parts, chart.Part{Name: ageName(a), Tone: tones[i%len(tones)]})
	}
	for _, j := range with {
		w := chart.Whole{Name: label(j.Name)}
		for _, a := range j.Open.Ages {
			w.Counts = append(w.Counts, a.Count)
		}
		s.Rows = append(s.Rows, w)
	}
	return []chart.Chart{told(s)}
}

// told leaves out the parts that no row has.
func told(s chart.Stack) chart.Stack {
	for n := len(s.Parts) - 1; n >= 0 && len(s.Parts) > 1; n-- {
		if slices.ContainsFunc(s.Rows, func(w chart.Whole) bool { return w.Counts[n] > 0 }) {
			continue
		}
		s.Parts = slices.Delete(s.Parts, n, n+1)
		for i := range s.Rows {
			s.Rows[i].Counts = slices.Delete(s.Rows[i].Counts, n, n+1)
		}
	}
	return s
}

func openTitle(j *Journey) string {
	old := int64(0)
	for _, a := range j.Open.Ages {
		if a.From >= 7*24*hour {
			old += a.Count
		}
	}
	if old == 0 {
		return "No open run of " + quote(j.Name) + " is older than a week"
	}
	return fmt.Sprintf("%s of %s open runs of %s are older than a week", number.Count(old), number.Count(j.Open.Open.Count), quote(j.Name))
}

func ageName(a insight.Age) string {
	from, until := int64(a.From/(24*hour)), int64(a.Until/(24*hour))
	switch {
	case a.From == 0:
		return "under " + number.Of(until, "day", "days")
	case a.Until == 0:
		return number.Of(from, "day", "days") + " and more"
	default:
		return fmt.Sprintf("%d to %d days", from, until)
	}
}

// stages draws where the time goes.
func (r *Report) stages() (list []chart.Chart) {
	for i := range r.Journeys {
		j := &r.Journeys[i]
		if j.Time == nil || j.Time.Few || len(j.Time.Stages) == 0 || len(list) == mostJourneys {
			continue
		}
		s := chart.Stages{About: r.about("time", len(list), timeTitle(j), "Time of the runs of "+quote(j.Name)+" that ended, by stage or touchpoint, "+r.period())}
		for n := range j.Time.Stages {
			of := &j.Time.Stages[n]
			stage := chart.Stage{Name: label(of.Name), Runs: of.Runs.Count, Median: of.Visit.Median}
			if of.Wait {
				stage.Wait = of.Time.Seconds
			} else {
				stage.Work = of.Time.Seconds
			}
			s.Rows = append(s.Rows, stage)
		}
		if rest := j.rest(); rest > j.Time.Whole.Seconds/200 {
			s.Foot = "The rest is the time before the first one, and that of those with too few customers."
			s.Rows = append(s.Rows, chart.Stage{Name: "the rest", Work: rest, Runs: j.Time.Runs})
		}
		list = append(list, s)
	}
	return list
}

// mostGroups is the number of pictures of groups.
const mostGroups = 4

// lagging draws how groups keep promises, and how long the runs of groups take.
func (r *Report) lagging() (list []chart.Chart) {
	for _, differ := range []bool{true, false} {
		for i := range r.Groups {
			g := &r.Groups[i]
			if len(list) < mostGroups && g.shown() > 1 && g.differs() == differ && (differ || len(list) == 0) { // one picture without a finding is enough
				list = append(list, r.groupBars(len(list), g))
			}
		}
	}
	if bars := r.slowBars(len(list)); bars != nil {
		list = append(list, bars)
	}
	return list
}

// differs reports whether a group lags by more than chance.
func (g *Groups) differs() bool {
	return slices.ContainsFunc(g.List, func(in Group) bool { return in.Differs && in.Excess > 0 })
}

// shown returns the number of groups that a picture has.
func (g *Groups) shown() (n int) {
	for i := range g.List {
		if visible(g.List[i].Kept) {
			n++
		}
	}
	return n
}

func (r *Report) groupBars(n int, g *Groups) chart.Chart {
	title := fmt.Sprintf("No %s keeps %s less often than the others by more than chance", columnName(g.Column), quote(g.Promise))
	b := chart.Bars{Unit: chart.Share, Group: sentenceCase(columnName(g.Column)), Tones: []chart.Meaning{{Tone: chart.Bad, Text: "less often than the others by more than chance"}}}
	for i := range g.List {
		in := &g.List[i]
		if in.Hidden || !in.Kept.OK() {
			continue
		}
		bar := chart.Bar{Name: label(in.Value), Value: value(in.Kept)}
		if in.Differs && in.Excess > 0 {
			if bar.Tone = chart.Bad; len(b.Rows) == 0 {
				title = fmt.Sprintf("%s %s keeps %s least often, and that is more than chance", sentenceCase(columnName(g.Column)), quote(in.Value), quote(g.Promise))
			}
		}
		b.Rows = append(b.Rows, bar)
	}
	for i := range r.Promises {
		if p := &r.Promises[i]; p.Journey == g.Journey && p.Name == g.Promise && p.Target > 0 {
			b.Line = &chart.Line{Value: p.Target, Label: "target " + targetOf(p.Target)}
		}
	}
	b.About = r.about("groups", n, title, fmt.Sprintf("Share of %s kept, by %s, of what fell due %s", quote(g.Promise), columnName(g.Column), r.period()))
	b.Foot = "Association, not proof: who is in a group can differ."
	return b
}

// slowBars draws how long the runs of the larger groups take, of the column that has the slowest one.
func (r *Report) slowBars(n int) chart.Chart {
	s := r.slowest()
	if s == nil {
		return nil
	}
	b := chart.Bars{
		About: r.about("slow", n, fmt.Sprintf("%s %s is the slowest", sentenceCase(columnName(s.Column)), quote(s.Value)),
			fmt.Sprintf("Median time of the completed runs of %s, by %s, groups of %d and more, %s", quote(s.Journey), columnName(s.Column), leastGroup, r.period())),
		Unit: chart.Duration, Group: sentenceCase(columnName(s.Column)), Line: &chart.Line{Value: s.All.Median.Seconds(), Label: "all " + spell(s.All.Median)},
	}
	for i := range r.Slow {
		if of := &r.Slow[i]; of.Column == s.Column && of.Journey == s.Journey {
			b.Rows = append(b.Rows, chart.Bar{Name: label(of.Value), Value: chart.Value{Value: of.Took.Median.Seconds(), N: of.Took.N}})
		}
	}
	return b
}

// again draws after what runs were taken up again.
func (r *Report) again() (list []chart.Chart) {
	for i := range r.Reopened[:min(len(r.Reopened), mostJourneys)] {
		of := &r.Reopened[i]
		if len(of.Now.Before) < 2 {
			continue
		}
		title := "After what runs were taken up again"
		if len(r.Reopened) > 1 {
			title = "After what runs of " + quote(of.Journey) + " were taken up again"
		}
		b := chart.Bars{
			About: r.about("reopened", i, title, "Share of the runs that were taken up again, by the last touchpoint before, "+r.period()),
			Unit:  chart.Share, Group: "Touchpoint",
		}
		for n := range of.Now.Before {
			if one := &of.Now.Before[n]; !one.Hidden {
				b.Rows = append(b.Rows, chart.Bar{Name: label(one.Name), Value: value(one.Share)})
			}
		}
		list = append(list, b)
	}
	return list
}
