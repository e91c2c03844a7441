package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/paths"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/text"
)

// csvHead are the columns of the table of numbers.
var csvHead = []string{"section", "journey", "promise", "column", "group", "measure", "from", "until", "value", "low", "high", "count", "n", "unit"}

// table collects the rows of the CSV.
type table struct {
	r    *Report
	rows [][]string
}

// of is what a row is about.
type of struct{ section, journey, promise, column, group, measure string }

// CSV writes the numbers of the report as a table with a row for each: a share, a count, or a time in seconds, with its interval and n, and the period that it is
// of. What is not known is empty, and what customers wrote is not there. A text that a spreadsheet would take for a formula begins with an apostrophe.
func (r *Report) CSV(w io.Writer) error {
	t := &table{r: r}
	for i := range r.Breakdowns {
		t.breakdown(&r.Breakdowns[i])
	}
	for i := range r.Promises {
		t.promise(&r.Promises[i])
	}
	for i := range r.Journeys {
		t.journey(&r.Journeys[i])
	}
	for i := range r.Backlog {
		t.backlog(&r.Backlog[i])
	}
	for i := range r.Groups {
		t.groups(&r.Groups[i])
	}
	for i := range r.Slow {
		s := &r.Slow[i]
		t.times(of{"groups", s.Journey, "", string(s.Column), s.Value, "took"}, r.Now, s.Took)
	}
	for i := range r.Reopened {
		j := &r.Reopened[i]
		t.share(of{"reopened", j.Journey, "", "", "", "taken up again"}, r.Now, j.Now.Share)
		t.share(of{"reopened", j.Journey, "", "", "", "taken up again"}, r.Before, j.Before.Share)
		t.change(of{"reopened", j.Journey, "", "", "", "change from the period before"}, j.Change)
		t.times(of{"reopened", j.Journey, "", "", "", "cost"}, r.Now, j.Now.Cost)
	}
	t.voice(r.Voice)
	t.support(r.Support)
	for i := range r.GoesWith {
		t.goesWith(&r.GoesWith[i])
	}
	out := csv.NewWriter(w)
	if err := out.Write(csvHead); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if err := out.WriteAll(t.rows); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

func (t *table) add(o of, p Period, cells ...string) {
	t.rows = append(t.rows, slices.Concat([]string{o.section, plain(o.journey), plain(o.promise), plain(o.column), plain(o.group), o.measure, stamp(p.From), stamp(p.Until)}, cells))
}

func (t *table) share(o of, p Period, s score.Share) {
	if s.OK() {
		t.add(o, p, decimal(s.Value), decimal(s.Low), decimal(s.High), whole(s.Count), whole(s.N), "share")
	}
}

func (t *table) count(o of, p Period, n int64) { t.add(o, p, whole(n), "", "", "", "", "count") }

func (t *table) times(o of, p Period, s insight.Times) {
	if s.N == 0 {
		return
	}
	median, most := o, o
	median.measure += ", median"
	most.measure += ", 90th percentile"
	t.add(median, p, decimal(s.Median.Seconds()), "", "", "", whole(s.N), "seconds")
	t.add(most, p, decimal(s.P90.Seconds()), "", "", "", whole(s.N), "seconds")
}

// change writes a difference of two shares.
func (t *table) change(o of, c *Change) {
	if c == nil {
		return
	}
	d := c.Difference
	t.add(o, t.r.Now, decimal(d.Value), decimal(d.Low), decimal(d.High), "", whole(d.N), "difference of shares")
	t.chance(o, &c.Chance)
}

// chance writes the probability of a change.
func (t *table) chance(o of, c *Chance) {
	o.measure += ", adjusted probability"
	t.add(o, t.r.Now, decimal(c.Adjusted), "", "", "", "", "probability")
}

func (t *table) breakdown(b *Breakdown) {
	about := func(measure string) of {
		return of{"breakdowns", b.Journey, "", string(b.About), b.Name, measure}
	}
	now := Period{b.began, t.r.At}
	if b.Days > 0 {
		t.add(about("usual"), Period{}, decimal(b.Usual), "", "", "", "", "share")
		t.share(about("since it began"), now, b.Since)
		t.add(about("in excess"), now, decimal(b.Excess), "", "", "", whole(int64(b.Days)), "count, of days")
	}
	if n := int64(math.Round(b.Customers)); n > 0 {
		t.count(about("customers in excess"), now, n)
	}
	t.share(about("since it was mended"), Period{b.Mended, t.r.At}, b.SinceMended)
	t.change(about("change since it was mended"), b.Mending)
}

func (t *table) promise(p *Promise) {
	about := func(measure string) of { return of{"promises", p.Journey, p.Name, "", "", measure} }
	for i := range p.Trend {
		t.share(about("kept"), p.Trend[i].Period, p.Trend[i].Share)
	}
	t.share(about("kept a year ago"), t.r.YearAgo, p.YearAgo.Matured)
	t.change(about("change from the period before"), p.Change)
	t.change(about("change from a year ago"), p.ChangeYear)
	if p.Target > 0 {
		t.add(about("target"), t.r.Now, decimal(p.Target), "", "", "", "", "share")
	}
	if p.Verdict != NotKnown {
		t.count(about("broken"), t.r.Now, p.broken())
		t.count(about("withdrawn"), t.r.Now, p.Now.Withdrawn)
		t.times(about("kept after"), t.r.Now, p.Now.Took)
	}
	now := Period{t.r.At, t.r.At}
	t.count(about("open"), now, p.Open)
	t.count(about("stopped"), now, p.Stopped)
	t.count(about("overdue"), now, p.Overdue)
	t.count(about("breaking"), Period{t.r.At, t.r.Friday}, p.Breaking)
}

func (t *table) backlog(b *Backlog) {
	one := func(o of, n *insight.LateRuns) {
		if n.Hidden {
			return
		}
		now := Period{t.r.At, t.r.At}
		for _, of := range []struct {
			measure string
			n       int64
		}{{"made", n.Made}, {"open", n.Open}, {"late", n.Late}} {
			o.measure = of.measure
			t.count(o, now, of.n)
		}
		if o.measure = "longest overdue"; n.Late > 0 {
			t.add(o, now, decimal(n.Longest.Seconds()), "", "", "", "", "seconds")
		}
	}
	one(of{"backlog", b.Journey, b.Promise, "", "", ""}, &b.LateRuns)
	for i := range b.By {
		for n := range b.By[i].Groups {
			g := &b.By[i].Groups[n]
			one(of{"backlog", b.Journey, b.Promise, string(b.By[i].Column), g.Value, ""}, &g.LateRuns)
		}
	}
}

func (t *table) journey(j *Journey) {
	about := func(measure string) of { return of{"journeys", j.Name, "", "", "", measure} }
	now := Period{t.r.At, t.r.At}
	t.count(about("began"), t.r.Now, j.Began)
	if !t.r.Before.IsZero() {
		t.count(about("began"), t.r.Before, j.BeganBefore)
	}
	for _, of := range []struct {
		p Period
		o *insight.Outcomes
	}{{t.r.Now, &j.Ended}, {t.r.Before, &j.EndedBefore}} {
		if of.p.IsZero() || of.o.Hidden {
			continue
		}
		t.count(about("ended"), of.p, of.o.Runs)
		t.share(about("completed"), of.p, of.o.Completed)
		t.share(about("failed"), of.p, of.o.Failed)
		t.share(about("cancelled"), of.p, of.o.Cancelled)
		t.share(about("silent"), of.p, of.o.Silent)
		t.times(about("took"), of.p, of.o.Took)
	}
	for i := range j.Trend {
		if p := j.Trend[i].Period; !p.From.Equal(t.r.Now.From) && !p.From.Equal(t.r.Before.From) { // which have a row above
			t.share(about("completed"), p, j.Trend[i].Share)
		}
	}
	t.change(about("change of the completed share"), j.Completed)
	t.count(about("open"), now, j.Open.Open.Count)
	if j.Open.Oldest > 0 {
		t.add(about("oldest open"), now, decimal(j.Open.Oldest.Seconds()), "", "", "", "", "seconds")
	}
	t.time(j)
}

// time writes where the time of a journey went, and how long its customers waited.
func (t *table) time(j *Journey) {
	if j.Time != nil {
		portion := func(o of, p *paths.Portion) {
			if !p.Share.OK() {
				return
			}
			t.add(o, t.r.Now, decimal(p.Share.Value), decimal(p.Share.Low), decimal(p.Share.High), "", whole(p.Share.N), "share")
		}
		column := "stage"
		if j.AfterTouchpoints {
			column = "touchpoint"
		}
		for i := range j.Time.Stages {
			portion(of{"time", j.Name, "", column, j.Time.Stages[i].Name, "share of the time"}, &j.Time.Stages[i].Time)
		}
		portion(of{"time", j.Name, "", "", "", "waits, share of the time"}, &j.Time.Waits)
		portion(of{"time", j.Name, "", "", "", "done again, share of the time"}, &j.Time.Again)
	}
	t.share(of{"time", j.Name, "", "", "", "waited for people"}, t.r.Now, j.Waited.Runs)
	t.times(of{"time", j.Name, "", "", "", "wait for people"}, t.r.Now, j.Waited.Each)
}

func (t *table) groups(g *Groups) {
	for i := range g.List {
		in := &g.List[i]
		if in.Hidden {
			continue
		}
		o := of{"groups", g.Journey, g.Promise, string(g.Column), in.Value, "kept"}
		t.share(o, t.r.Now, in.Kept)
		o.measure = "difference from the others"
		if in.Difference.OK() {
			t.change(o, &in.Change)
		}
	}
}

func stamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Format(time.RFC3339)
}

func whole(n int64) string { return strconv.FormatInt(n, 10) }

func decimal(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// formula are the characters with which a formula begins: see CSV Injection of OWASP. Spreadsheets of some languages take the full-width forms, too.
const formula = "=+-@\t\r＝＋－＠"

// plain returns a name that no spreadsheet takes for a formula, without characters that are not printed.
func plain(s string) string {
	s, _ = text.Label(s, event.MaxText)
	if r, _ := utf8.DecodeRuneInString(s); s != "" && strings.ContainsRune(formula, r) {
		return "'" + s
	}
	return s
}
