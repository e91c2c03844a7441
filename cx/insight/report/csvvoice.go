package report

import (
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/feedback/score"
)

// The words for the units of scores, and of their differences.
var (
	units       = map[score.Unit]string{score.Plain: "mean", score.Points: "points", score.Parts: "share"}
	differences = map[score.Unit]string{score.Plain: "difference of means", score.Points: "difference of points", score.Parts: "difference of shares"}
)

func (t *table) estimate(o of, p Period, e score.Estimate) {
	if e.OK() {
		t.add(o, p, decimal(e.Value), decimal(e.Low), decimal(e.High), "", whole(e.N), units[e.Unit])
	}
}

func (t *table) difference(o of, d score.Difference) {
	if d.OK() {
		t.add(o, t.r.Now, decimal(d.Value), decimal(d.Low), decimal(d.High), "", whole(d.N), differences[d.Unit])
	}
}

// voice writes what customers said, and what became of their follow-ups.
func (t *table) voice(v *Voice) {
	if v == nil || v.Now.Hidden {
		return
	}
	for i := range v.Now.Surveys {
		t.survey(&v.Now.Surveys[i], &v.Changes[i])
	}
	about := func(column, group, measure string) of { return of{"voice", t.r.Journey, "", column, group, measure} }
	if m := &v.Now.Mentions; !m.Hidden && m.N > 0 {
		t.count(about("", "", "mentions"), t.r.Now, m.N)
		t.share(about("", "", "complaints among mentions"), t.r.Now, m.Complaints)
		t.share(about("", "", "compliments among mentions"), t.r.Now, m.Compliments)
		t.share(about("", "", "negative mentions"), t.r.Now, m.Negative)
		t.share(about("", "", "positive mentions"), t.r.Now, m.Positive)
	}
	for i := range v.Now.Causes {
		if c := &v.Now.Causes[i]; !c.Hidden {
			t.share(about("cause", c.Cause, "named"), t.r.Now, c.Share)
			t.share(about("cause", c.Cause, "negative"), t.r.Now, c.Negative)
			t.share(about("cause", c.Cause, "positive"), t.r.Now, c.Positive)
		}
	}
	if f := &v.Now.FollowUps; !f.Hidden && f.Received+f.Now > 0 {
		t.count(about("", "", "follow-ups received"), t.r.Now, f.Received)
		t.share(about("", "", "follow-ups with a broken promise"), t.r.Now, f.Broken)
		t.times(about("", "", "follow-ups answered after"), t.r.Now, f.Told)
		t.count(about("", "", "follow-ups open"), Period{t.r.At, t.r.At}, f.Now)
		t.share(about("", "", "follow-ups overdue"), Period{t.r.At, t.r.At}, f.Overdue)
	}
	for i := range v.Mended {
		t.action(&v.Mended[i])
	}
}

// action writes whether what was changed in the period helped. The group has the change and the cause that it is about, with a plus between.
func (t *table) action(a *insight.Action) {
	about := func(measure string) of {
		return of{"mended", t.r.Journey, "", "change + cause", a.Change + " + " + a.Cause, measure}
	}
	made := Period{From: a.Made, Until: t.r.At}
	if a.Told > 0 {
		t.count(about("told"), made, a.Told)
	}
	h := a.Helped
	if h == nil || h.Hidden {
		return
	}
	t.share(about("named before"), Period{From: a.Made.Add(-h.Window), Until: a.Made}, h.Before)
	t.share(about("named since"), Period{From: a.Made, Until: a.Made.Add(h.Window)}, h.After)
	if d := h.Difference; d.OK() {
		t.add(about("change"), made, decimal(d.Value), decimal(d.Low), decimal(d.High), "", whole(d.N), differences[d.Unit])
		t.add(about("change, adjusted probability"), made, decimal(h.Adjusted), "", "", "", "", "probability")
	}
}

// survey writes a survey. A version is a survey of its own.
func (t *table) survey(s *insight.SurveyVoice, change *SurveyChange) {
	name := s.Name
	if s.Version != "" {
		name += " " + s.Version
	}
	about := func(measure string) of { return of{"voice", t.r.Journey, "", "survey", name, measure} }
	t.estimate(about("score"), t.r.Now, s.Answers.Score)
	t.share(about("positive"), t.r.Now, s.Answers.Positive)
	t.share(about("neutral"), t.r.Now, s.Answers.Neutral)
	t.share(about("negative"), t.r.Now, s.Answers.Negative)
	t.share(about("response rate"), t.r.Now, s.Response.Rate)
	t.difference(about("change from the period before"), change.Score)
	if change.Score.OK() {
		t.chance(about("change from the period before"), &change.Chance)
	}
}

// support writes how contacts with people went, of all queues and of each.
func (t *table) support(s *insight.Support) {
	if s == nil {
		return
	}
	t.queue(of{section: "support", journey: t.r.Journey}, t.r.Now, &s.All)
	for i := range s.Queues {
		t.queue(of{"support", t.r.Journey, "", "queue", s.Queues[i].Queue, ""}, t.r.Now, &s.Queues[i])
	}
	for i := range s.Rows {
		row := &s.Rows[i]
		t.queue(of{"half hours", t.r.Journey, "", "queue", row.Queue, ""}, Period{row.Begin, row.End}, &row.QueueNumbers)
	}
	about := func(measure string) of { return of{section: "support", journey: t.r.Journey, measure: measure} }
	t.count(about("contacts"), t.r.Now, int64(s.Contacts.All))
	t.share(about("claimed as resolved"), t.r.Now, s.Claimed)
	t.share(about("resolved at the first contact"), t.r.Now, s.Resolution.First)
	t.share(about("known for the first contact"), t.r.Now, s.Resolution.Coverage)
	for i := range s.Decisions {
		t.decided(&s.Decisions[i])
	}
}

// decided writes what employees decided.
func (t *table) decided(d *insight.Decided) {
	if d.Hidden {
		return
	}
	about := func(measure string) of { return of{"decisions", t.r.Journey, "", "decision", d.What, measure} }
	t.count(about("decided"), t.r.Now, d.N)
	t.share(about("without approval"), t.r.Now, d.Alone)
	t.share(about("approval refused"), t.r.Now, d.Refused)
	t.share(about("resolved without approval"), t.r.Now, d.Resolved)
	t.share(about("resolved with approval"), t.r.Now, d.ResolvedApproved)
	if d.Waited > 0 {
		t.add(about("wait for approvals, sum"), t.r.Now, decimal(d.Waited.Seconds()), "", "", "", "", "seconds")
	}
	for _, m := range d.Given {
		t.add(about("given"), t.r.Now, whole(m.Amount), "", "", "", "", "smallest unit of "+plain(m.Currency))
	}
}

func (t *table) queue(o of, p Period, q *insight.QueueNumbers) {
	if q.Hidden {
		return
	}
	about := func(measure string) of { o.measure = measure; return o }
	t.count(about("queued"), p, int64(q.Queued))
	t.share(about("service level"), p, q.Level)
	t.share(about("abandonment"), p, q.Left)
	t.share(about("passed on"), p, q.PassedOn)
	for _, mean := range []struct {
		measure string
		seconds float64
		n       int
	}{{"speed of answer", q.Speed.Seconds(), q.Answered}, {"handle time", q.Handle.Seconds(), q.Handled}} {
		if mean.n > 0 {
			t.add(about(mean.measure+", mean"), p, decimal(mean.seconds), "", "", "", whole(int64(mean.n)), "seconds")
		}
	}
}

// goesWith writes the findings. The column has the columns of a pair with a plus between, and the group its values.
func (t *table) goesWith(g *GoesWith) {
	for i := range g.Answer.Findings {
		f := &g.Answer.Findings[i]
		o := of{section: "goes with it", journey: g.Journey, promise: g.Promise}
		for n := range f.Held {
			if n > 0 {
				o.column, o.group = o.column+" + ", o.group+" + "
			}
			o.column, o.group = o.column+f.Held[n].Column, o.group+f.Held[n].Value
		}
		bad := "bad"
		if g.Worse {
			bad = "bad, worse"
		}
		for _, side := range []struct {
			name string
			of   score.Share
		}{
			{"inside", f.Inside},
			{"outside", f.Outside},
		} {
			o.measure = bad + ", " + side.name
			t.share(o, g.Period, side.of)
		}
		o.measure = bad + ", in excess"
		t.add(o, g.Period, decimal(f.Excess.Value), decimal(f.Excess.Low), decimal(f.Excess.High), "", whole(f.Inside.N), "runs")
	}
}
