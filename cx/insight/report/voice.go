package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/chart"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/text"
)

// Voice is what customers said in the period, and what became of it.
type Voice struct {
	Now insight.Voice `json:"now"`
	// Changes are how the surveys of Now differ from those of the period before, in the same order. One without numbers has nothing to compare.
	Changes []SurveyChange `json:"changes"`
	// Quotes are two of what customers complain of, and Praise one of what they praise. They need the right [insight.Words].
	Quotes []insight.Quote `json:"quotes"`
	Praise []insight.Quote `json:"praise"`
	// Mended are the actions that were made or verified in the period.
	Mended []insight.Action `json:"mended"`
}

// SurveyChange is how the numbers of a survey differ from those of the period before. Its Chance is that of the score, and takes part in the adjustment over all
// changes of the report; without a score to compare it is the zero value. P is that of [stats.SharesTest] for a share. For the Net Promoter Score and
// for a mean it follows from the interval (Altman and Bland 2011, "How to obtain the P value from a confidence interval", BMJ 343), which is that of 95%.
type SurveyChange struct {
	score.Change
	Chance
}

// voice asks what customers said, and how contacts with people went.
func (m *maker) voice() error {
	if m.r.Now.IsZero() {
		return nil
	}
	now, err := m.view.Voice(m.ctx, m.which(m.r.Now, insight.Begun, ""))
	if err != nil {
		return err
	}
	v := &Voice{Now: now, Changes: make([]SurveyChange, len(now.Surveys)), Quotes: complaints(&now), Praise: []insight.Quote{}, Mended: []insight.Action{}}
	if len(now.Compliments) > 0 {
		v.Praise = now.Compliments[:1]
	}
	for i := range now.Actions.List {
		if a := &now.Actions.List[i]; m.r.in(a.Made) || m.r.in(a.Verified) {
			v.Mended = append(v.Mended, *a)
		}
	}
	if !m.r.Before.IsZero() && len(now.Surveys) > 0 {
		before, err := m.view.Voice(m.ctx, m.which(m.r.Before, insight.Begun, ""))
		if err != nil {
			return err
		}
		m.compare(v, &before)
	}
	m.r.Voice = v
	support, err := m.view.Support(m.ctx, m.which(m.r.Now, insight.Begun, ""))
	if err != nil {
		return err
	}
	if !support.Hidden && support.Contacts.All > 0 {
		m.r.Support = &support
	}
	return nil
}

// compare adds how the surveys changed.
func (m *maker) compare(v *Voice, before *insight.Voice) {
	type series struct {
		name, version string
		scale         event.Scale
	}
	then := map[series]*insight.SurveyVoice{}
	for i := range before.Surveys {
		s := &before.Surveys[i]
		then[series{s.Name, s.Version, s.Scale}] = s
	}
	for i := range v.Now.Surveys {
		now := &v.Now.Surveys[i]
		old := then[series{now.Name, now.Version, now.Scale}]
		if old == nil {
			continue
		}
		c, err := now.Since(&old.Survey, score.DefaultConfidence)
		if err != nil {
			continue // the answers of one are hidden
		}
		v.Changes[i].Change = c
		if c.Score.OK() {
			p := chanceOf(&c.Score)
			if a, b := now.Answers.Positive, old.Answers.Positive; c.Score.Unit == score.Parts {
				p, _ = stats.SharesTest(a.Count, a.N, b.Count, b.N)
			}
			v.Changes[i].Chance = Chance{P: p, Adjusted: p}
			m.changes = append(m.changes, &v.Changes[i].Chance)
		}
	}
}

// chanceOf returns the probability of a difference by its interval: how many standard errors it is from 0, of which the interval has 1.96 on that side.
func chanceOf(d *score.Difference) float64 {
	side := d.Value - d.Low
	if d.Value < 0 {
		side = d.High - d.Value
	}
	if side <= 0 || d.Value == 0 {
		return 1
	}
	z := d.Value / side * stats.NormalQuantile((1+score.DefaultConfidence)/2)
	return stats.ChiSquareTail(z*z, 1)
}

// mostQuotes is the number of quotes of complaints.
const mostQuotes = 2

// complaints returns two quotes of customers who were not content: of the most frequent causes, else the newest ones.
func complaints(v *insight.Voice) []insight.Quote {
	list := []insight.Quote{}
	add := func(q *insight.Quote) {
		if len(list) < mostQuotes && !slices.ContainsFunc(list, func(o insight.Quote) bool { return o.Text == q.Text }) {
			list = append(list, *q)
		}
	}
	for i := range v.Causes {
		for n := range v.Causes[i].Quotes {
			if q := &v.Causes[i].Quotes[n]; q.Verdict == event.Negative && n == 0 {
				add(q)
			}
		}
	}
	for i := range v.Verbatims {
		if q := &v.Verbatims[i]; q.Verdict == event.Negative || q.Nature == event.Complaint {
			add(q)
		}
	}
	return list
}

// said reports whether there is something to say.
func (v *Voice) said() bool {
	return v != nil && !v.Now.Hidden && (len(v.Now.Surveys) > 0 || v.Now.Mentions.N > 0)
}

// voiceLines say what customers say.
func (r *Report) voiceLines() (list []Line) {
	if !r.Voice.said() {
		return nil
	}
	v := r.Voice
	const mostSurveys = 2
	for i := range v.Now.Surveys {
		if len(list) == mostSurveys {
			break
		}
		if clauses := r.surveyClauses(&v.Now.Surveys[i], &v.Changes[i]); clauses != nil {
			c := &v.Changes[i]
			list = append(list, line(SectionVoice, c.Differs && c.Score.Value < 0, clauses...))
		}
	}
	if clauses := causeClauses(&v.Now); clauses != nil {
		list = append(list, line(SectionVoice, false, clauses...))
	}
	if f := &v.Now.FollowUps; !f.Hidden && f.Received+f.Now > 0 {
		clauses := []string{fmt.Sprintf("Follow-ups: %s received, %s open", number.Count(f.Received), number.Count(f.Now))}
		if f.Overdue.Count > 0 {
			clauses[0] += fmt.Sprintf(", %s of these overdue", number.Count(f.Overdue.Count))
		}
		if f.Broken.OK() {
			clauses = append(clauses, "a promise broken in "+share(f.Broken))
		}
		if f.Told.N > 0 {
			clauses = append(clauses, "half of the answers within "+spell(f.Told.Median))
		}
		list = append(list, line(SectionVoice, false, clauses...))
	}
	return list
}

// surveyClauses say the score of a survey.
func (r *Report) surveyClauses(s *insight.SurveyVoice, change *SurveyChange) []string {
	if s.Answers.Hidden || s.Answers.N == 0 {
		return nil
	}
	list := []string{fmt.Sprintf("Survey %s: %s %s", quote(s.Name), scaleName(s.Scale), s.Answers.Score)}
	if !r.Before.IsZero() {
		switch {
		case !change.Score.OK():
			list = append(list, "nothing to compare with in "+r.Kind.before())
		case change.Differs:
			list = append(list, fmt.Sprintf("%s on %s", change.Score, r.Kind.before()))
		default:
			list = append(list, "no clear change from "+r.Kind.before())
		}
	}
	if s.Response.Rate.OK() && !s.Response.Hidden {
		list = append(list, share(s.Response.Rate)+" of those asked answered")
	}
	return list
}

func scaleName(s event.Scale) string {
	switch s {
	case event.NPS:
		return "Net Promoter Score"
	case event.CSAT, event.Thumbs:
		return "positive answers"
	default:
		return "mean"
	}
}

// causeClauses say what customers complain of most, and what they praise most.
func causeClauses(v *insight.Voice) (list []string) {
	var worst, best *insight.CauseVoice
	for i := range v.Causes {
		c := &v.Causes[i]
		if c.Hidden || c.Cause == "" {
			continue
		}
		if c.Negative.Count > 0 && (worst == nil || c.Negative.Count > worst.Negative.Count) {
			worst = c
		}
		if c.Positive.Count > 0 && (best == nil || c.Positive.Count > best.Positive.Count) {
			best = c
		}
	}
	if worst != nil {
		list = append(list, fmt.Sprintf("Customers complain most of %s: %s, which is %s of all that they said", quote(worst.Cause), number.Of(worst.Negative.Count, "time", "times"), number.Share(worst.Share.Value)))
	}
	if best != nil && best.Positive.Count > best.Negative.Count {
		who := "they"
		if worst == nil {
			who = "customers"
		}
		list = append(list, fmt.Sprintf("%s praise %s most, %s", who, quote(best.Cause), number.Of(best.Positive.Count, "time", "times")))
	}
	if m := &v.Mentions; !m.Hidden && m.Compliments.Count+m.Complaints.Count > 0 {
		list = append(list, fmt.Sprintf("%s and %s came unasked", number.Of(m.Complaints.Count, "complaint", "complaints"), number.Of(m.Compliments.Count, "compliment", "compliments")))
	}
	if len(list) > 0 {
		list[0] = sentenceCase(list[0])
	}
	return list
}

// supportLines say how contacts with people went.
func (r *Report) supportLines() []Line {
	if r.Support == nil {
		return nil
	}
	s := r.Support
	clauses := []string{fmt.Sprintf("People answered %s of %s", number.Count(int64(s.Contacts.Answered)), number.Of(int64(s.Contacts.All), "contact", "contacts"))}
	if s.All.Level.OK() {
		clauses = append(clauses, "the service level was met in "+share(s.All.Level))
	}
	if s.All.Answered > 0 {
		clauses = append(clauses, "the answered waited "+spell(s.All.Speed)+" on average")
	}
	if s.All.Left.OK() {
		clauses = append(clauses, share(s.All.Left)+" left before an answer")
	}
	if s.Resolution.First.OK() {
		clauses = append(clauses, "one contact was enough for "+share(s.Resolution.First)+" of the matters")
	}
	return []Line{line(SectionSupport, false, clauses...)}
}

// levels draws how the queues met their service level, the worst one first.
func (r *Report) levels() []chart.Chart {
	if r.Support == nil {
		return nil
	}
	queues := slices.DeleteFunc(slices.Clone(r.Support.Queues), func(q insight.QueueNumbers) bool { return q.Hidden || !q.Level.OK() })
	if len(queues) < 2 { //nolint:mnd // one queue is what the line says
		return nil
	}
	slices.SortStableFunc(queues, func(a, b insight.QueueNumbers) int { return cmp.Compare(a.Level.Value, b.Level.Value) })
	b := chart.Bars{
		About: r.about("support", 0, "Queue "+quote(queues[0].Queue)+" meets its service level least often",
			"Share of the contacts that the service level of their queue counts and that met it, "+r.period()),
		Unit: chart.Share, Group: "Queue",
	}
	for i := range queues {
		b.Rows = append(b.Rows, chart.Bar{Name: label(queues[i].Queue), Value: value(queues[i].Level)})
	}
	return []chart.Chart{b}
}

// mendedLines say what was mended in the period, and whether it helped.
func (r *Report) mendedLines() (list []Line) {
	if r.Voice == nil {
		return nil
	}
	for i := range r.Voice.Mended {
		if len(list) < mostJourneys {
			list = append(list, line(SectionMended, false, mendedClauses(&r.Voice.Mended[i])...))
		}
	}
	return list
}

func mendedClauses(a *insight.Action) []string {
	name := "An action"
	if a.Change != "" {
		name = quote(a.Change)
	}
	list := []string{name + " was made on " + a.Made.Format("2 January")}
	if a.Made.IsZero() {
		list[0] = name + " was verified"
	}
	switch h := a.Helped; {
	case h == nil:
	case h.Hidden || !h.Difference.OK():
		list = append(list, "it is too early to tell whether it helped")
	case !h.Differs:
		list = append(list, fmt.Sprintf("%s of what customers said names %s, %s before: no clear change", number.Share(h.After.Value), quote(a.Cause), number.Share(h.Before.Value)))
	default:
		word := "it helped"
		if h.Difference.Value > 0 {
			word = "it did not help"
		}
		list = append(list, fmt.Sprintf("%s: %s of what customers said names %s, %s before (association, not proof)", word, share(h.After), quote(a.Cause), number.Share(h.Before.Value)))
	}
	return list
}

// complained draws the causes of complaints.
func (r *Report) complained() (list []chart.Chart) {
	if !r.Voice.said() {
		return nil
	}
	causes := slices.DeleteFunc(slices.Clone(r.Voice.Now.Causes), func(c insight.CauseVoice) bool { return c.Hidden || c.Cause == "" || c.Negative.Count == 0 })
	slices.SortFunc(causes, func(a, b insight.CauseVoice) int {
		return cmp.Or(cmp.Compare(b.Negative.Count, a.Negative.Count), strings.Compare(a.Cause, b.Cause))
	})
	if len(causes) > 1 {
		b := chart.Bars{
			About: r.about("voice", 0, "Customers complain most of "+quote(causes[0].Cause), "How often what customers said names the cause and is negative, "+r.period()),
			Unit:  chart.Count, Group: "Cause",
		}
		for i := range causes {
			b.Rows = append(b.Rows, chart.Bar{Name: label(causes[i].Cause), Value: chart.Value{Value: float64(causes[i].Negative.Count)}})
		}
		list = append(list, b)
	}
	return list
}

// shownQuote is a quote on the page.
type shownQuote struct{ Text, From string }

// quotes are what customers wrote.
func (r *Report) quotes() (list []shownQuote) {
	if r.Voice == nil {
		return nil
	}
	add := func(kind string, quotes []insight.Quote) {
		for i := range quotes {
			q := &quotes[i]
			said, _ := text.Label(q.Text, longestQuote)
			from := []string{kind, q.At.In(r.At.Location()).Format("2 January")}
			for _, more := range []string{q.Source, q.Survey} {
				if more != "" {
					from = append(from, label(more))
				}
			}
			list = append(list, shownQuote{said, strings.Join(from, ", ")})
		}
	}
	add("Complaint", r.Voice.Quotes)
	add("Praise", r.Voice.Praise)
	return list
}

// longestQuote is how many bytes of a quote are shown.
const longestQuote = 400
