package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/insight/chart"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/breakdowns"
	"cairncx.dev/cairn/internal/text"
)

// Breakdown is what has lastingly become worse for customers, or better, with its numbers at the moment of the report.
type Breakdown struct {
	insight.Breakdown

	// Age is how long it has lasted: from the day on which it began to the moment, or to its end.
	Age time.Duration `json:"age_ns,omitempty"`
	// Usual is the share that was usual before it began, and Since that of the days from then on: up to the moment, or until it was mended. Excess is by how many bad
	// ones these days have more than usual, and Days how many they are. All are 0 if its chart is not known.
	Usual  float64     `json:"usual"`
	Since  score.Share `json:"since"`
	Excess float64     `json:"excess"`
	Days   int         `json:"days"`
	// Customers is how many customers more than usual have met it since then, and Value what was at stake. They are 0 and empty where that is not known.
	Customers float64       `json:"customers"`
	Value     []event.Money `json:"value,omitempty"`
	// Mending is Since beside the share of the days since it was mended; nil if it has not been mended, or if there are no such days.
	Mending     *Change     `json:"mending,omitempty"`
	SinceMended score.Share `json:"since_mended,omitzero"`

	spent breakdown.Spent
	began time.Time // in the zone of the charts; the zero time is not known
	// again reports whether began is the day since which it is worse again, and inVain whether it was found again because the mending has not helped.
	again, inVain bool
	told          string // the team that is told of it, as long as it has no owner
}

// breakdowns asks which breakdowns there were in the period, and how they stand. A report of some runs alone has none of them, because they are about all.
func (m *maker) breakdowns() error {
	if len(m.settings.Where) > 0 {
		return nil
	}
	w := insight.Which{Journey: m.settings.Journey, Namespace: m.settings.Namespace, From: m.r.Now.From, Until: m.r.Now.Until}
	a, err := m.view.Breakdowns(m.ctx, w)
	if err != nil {
		return err
	}
	if len(a.List) == 0 {
		return m.watched()
	}
	at := m.r.At
	var about []insight.About
	for i := range a.List {
		if b := &a.List[i]; !slices.Contains(about, b.About) {
			about = append(about, b.About)
		}
	}
	daily, err := m.view.Daily(m.ctx, insight.Which{Namespace: m.settings.Namespace}, insight.DailySettings{Days: breakdown.DaysOf(at, a.List), About: known(about)})
	if err != nil {
		return err
	}
	found := make([]breakdown.Found, len(a.List))
	for i := range a.List {
		var b Breakdown
		b, found[i] = m.breakdown(&a.List[i], &daily, at)
		m.r.Breakdowns = append(m.r.Breakdowns, b)
	}
	spent, err := breakdown.Costs(a.List, found, func(f *breakdown.Found) (float64, []event.Money, error) { return breakdown.Cost(m.ctx, m.view, f) })
	if err != nil {
		return err
	}
	for i := range spent {
		b := &m.r.Breakdowns[i]
		b.spent, b.Customers, b.Value = spent[i], spent[i].Customers, spent[i].Value
	}
	slices.SortStableFunc(m.r.Breakdowns, func(x, y Breakdown) int { return cmp.Or(cmp.Compare(x.rank(), y.rank()), x.spent.Compare(&y.spent)) })
	return nil
}

// watched notes that the report has no breakdown, although breakdowns are looked for: the blueprint or the archive has their journey.
func (m *maker) watched() error {
	if len(m.viewer.Segments) > 0 {
		return nil // the viewer sees none
	}
	if m.r.quiet = m.blueprint.Breakdowns != nil; m.r.quiet {
		return nil
	}
	all, err := m.view.Breakdowns(m.ctx, insight.Which{Namespace: m.settings.Namespace})
	m.r.quiet = len(all.List) > 0
	return err
}

// known leaves out what this release has no chart for.
func known(about []insight.About) []insight.About {
	all := []insight.About{
		insight.AboutJourney, insight.AboutStage, insight.AboutTouchpoint, insight.AboutCause, insight.AboutQueue, insight.AboutPromise, insight.AboutSurvey,
	}
	return slices.DeleteFunc(all, func(a insight.About) bool { return !slices.Contains(about, a) })
}

// breakdown fills the numbers of one. It also returns what the charts say of the days that it lasted.
func (m *maker) breakdown(is *insight.Breakdown, daily *insight.Daily, at time.Time) (Breakdown, breakdown.Found) {
	b := Breakdown{Breakdown: *is}
	zone := daily.First.Location()
	began := !is.Details.Began.IsZero()
	var chart *breakdown.Trend
	if trend, ok := breakdown.TrendOf(daily, breakdown.OpenOf(is, zone)); ok && began {
		chart = &trend
	}
	if began {
		end := at
		if !is.Ended.IsZero() {
			end = is.Ended
		}
		b.began = breakdown.BeganAt(is, chart, zone)
		b.Age = max(0, end.Sub(b.began))
	}
	_, b.again = breakdown.Again(is, chart, zone)
	b.inVain = breakdown.NotHelped(is, chart)
	if d := m.blueprint.Breakdowns; d != nil && is.Open() && is.Details.Owner == "" {
		b.told = d.Owner
	}
	found := breakdown.Lasted(is, chart, daily.Day(daily.Days-1))
	if chart == nil {
		return b, found
	}
	b.Usual, b.Since, b.Excess, b.Days = found.Before.Value, found.Since, found.Excess, found.Days
	mended := breakdown.MendedAt(is)
	if _, since := breakdown.Compare(daily, is.Subject, b.began, mended, time.Time{}); !mended.IsZero() && since.OK() {
		b.SinceMended = since
		b.Mending = m.change(since, b.Since)
	}
	return b, found
}

// rank orders breakdowns before their cost does: those with a broken promise, the other open ones, and those that have ended. Improvements come last.
func (b *Breakdown) rank() int {
	switch {
	case b.Details.Better:
		return 3
	case b.Overdue() != nil:
		return 0
	case b.Open():
		return 1
	default:
		return 2
	}
}

// mostBreakdowns is how many breakdowns of each kind the first page has.
const mostBreakdowns = 3

// breakdownLines say which promises about breakdowns are broken, what is new, which open one is the oldest, and what became of those that were mended.
func (r *Report) breakdownLines() (list []Line) {
	said := map[*Breakdown]bool{}
	add := func(most int, bad bool, has func(*Breakdown) bool, clauses func(*Breakdown) []string) {
		for i := range r.Breakdowns {
			if b := &r.Breakdowns[i]; most > 0 && !said[b] && has(b) {
				said[b] = true
				list = append(list, line(SectionBreakdowns, bad, clauses(b)...))
				most--
			}
		}
	}
	worse := func(b *Breakdown) bool { return !b.Details.Better }
	add(mostBreakdowns, true, func(b *Breakdown) bool { return b.Overdue() != nil }, r.overdueClauses)
	add(mostBreakdowns, true, func(b *Breakdown) bool { return worse(b) && b.Open() && r.in(b.Opened) }, r.newClauses)
	add(mostBreakdowns, true, func(b *Breakdown) bool { return b.Returned() && r.in(b.Found) }, r.returnedClauses)
	add(mostBreakdowns, false, func(b *Breakdown) bool {
		return worse(b) && (r.in(b.Mended) || r.in(b.Verified) || r.in(b.Ended) && b.Cause == breakdowns.Held)
	}, r.mendedBreakdown)
	add(mostBreakdowns, false, func(b *Breakdown) bool { return r.in(b.Ended) && b.Cause == breakdowns.Subsided }, r.subsidedClauses)
	if oldest := r.oldestBreakdown(); oldest != nil {
		add(1, false, func(b *Breakdown) bool { return b == oldest }, r.oldestClauses)
	}
	add(1, false, func(b *Breakdown) bool { return !worse(b) && r.in(b.Opened) }, r.betterClauses)
	if r.quiet {
		list = append(list, line(SectionBreakdowns, false, nothingFound+r.Kind.String()+", and none is open"))
	}
	return list
}

// nothingFound begins the line of a report without breakdowns.
const nothingFound = "Breakdowns: nothing was found in this "

// lasts reports whether it is open, and has not been mended.
func (b *Breakdown) lasts() bool {
	return b.Open() && !b.Details.Better && (b.Mended.IsZero() || b.Returned())
}

// oldestBreakdown returns the one that began first of those that last.
func (r *Report) oldestBreakdown() (oldest *Breakdown) {
	for i := range r.Breakdowns {
		if b := &r.Breakdowns[i]; b.lasts() && b.Age > 0 && (oldest == nil || b.Age > oldest.Age) {
			oldest = b
		}
	}
	return oldest
}

// aboutBreakdown says what it is about: "the stage “payment” of “order”".
func aboutBreakdown(s insight.Subject) string {
	return breakdown.NameWith(insight.Subject{About: insight.About(label(string(s.About))), Journey: s.Journey, Name: s.Name}, quote)
}

// days writes a time as days, of which one has 23 hours when the clocks are set forward.
func days(d time.Duration) string {
	if d += time.Hour; d < day {
		return "less than a day"
	}
	return number.Of(int64(d/day), "day", "days")
}

const day = 24 * time.Hour

// moved says how its share has moved: "26.0% of 1,400 since 3 November, usually 12.1%".
func (b *Breakdown) moved() string {
	if b.Days == 0 {
		return fmt.Sprintf("%s %s, usually %s", number.Share(b.Details.Since), b.sinceWhen(), number.Share(b.Details.Before))
	}
	return fmt.Sprintf("%s of %s %s, usually %s", number.Share(b.Since.Value), number.Count(b.Since.N), b.sinceWhen(), number.Share(b.Usual))
}

func (b *Breakdown) since() string {
	if b.began.IsZero() {
		return "a day that is not known"
	}
	return b.began.Format("2 January")
}

// sinceWhen is since, with when one that has returned was found first.
func (b *Breakdown) sinceWhen() string {
	if !b.again || b.Opened.IsZero() || b.began.IsZero() {
		return "since " + b.since()
	}
	return "again since " + b.since() + " (first found " + b.Opened.In(b.began.Location()).Format("2 January") + ")"
}

// costs says what it has cost.
func (b *Breakdown) costs() string {
	switch {
	case b.Customers >= 0.5:
		said := "about " + number.Of(int64(math.Round(b.Customers)), "customer", "customers") + " more than usual"
		worth := make([]string, len(b.Value))
		for i, v := range b.Value {
			worth[i] = text.Money(v.Amount, v.Currency)
		}
		if len(worth) > 0 {
			said += ", with " + strings.Join(worth, " and ")
		}
		return said
	case b.spent.Events >= 1:
		return number.Decimal(b.spent.Events, 0) + " more than usual"
	default:
		return ""
	}
}

// with returns the clauses, with the costs and the owner where they are known.
func (b *Breakdown) with(clauses ...string) []string {
	if said := b.costs(); said != "" {
		clauses = append(clauses, said)
	}
	switch {
	case b.Details.Owner != "":
		clauses = append(clauses, "the owner is "+quote(b.Details.Owner))
	case b.told != "":
		clauses = append(clauses, "it has no owner yet ("+quote(b.told)+" is told)")
	}
	return clauses
}

func (r *Report) overdueClauses(b *Breakdown) []string {
	p := b.Overdue()
	late := r.At.Sub(p.Due)
	return b.with(
		fmt.Sprintf("%s has been worse for %s, and was to be %s by %s, %s ago", sentenceCase(aboutBreakdown(b.Subject)), days(b.Age), label(p.Name), p.Due.In(r.At.Location()).Format("2 January"), days(late)),
		b.moved(),
	)
}

func (r *Report) newClauses(b *Breakdown) []string {
	return b.with("New: "+aboutBreakdown(b.Subject)+" became worse", b.moved())
}

func (r *Report) returnedClauses(b *Breakdown) []string {
	if b.inVain {
		return b.with(fmt.Sprintf("Not mended: %s is still worse than usual, although it was mended on %s: that has not helped", aboutBreakdown(b.Subject), b.Mended.In(r.At.Location()).Format("2 January")), b.moved())
	}
	return b.with(fmt.Sprintf("Returned: %s, which was mended on %s, is worse again", aboutBreakdown(b.Subject), b.Mended.In(r.At.Location()).Format("2 January")), b.moved())
}

// mendedBreakdown says whether the mending of one has helped, and has held.
func (r *Report) mendedBreakdown(b *Breakdown) []string {
	said := fmt.Sprintf("%s was mended on %s", sentenceCase(aboutBreakdown(b.Subject)), b.Mended.In(r.At.Location()).Format("2 January"))
	switch {
	case !b.Open() && b.Cause == breakdowns.Held:
		said += ", and that has held"
	case b.inVain:
		return []string{said + ", and that has not helped", b.moved()}
	case b.Returned():
		return []string{said + ", and has returned", b.moved()}
	}
	switch c := b.Mending; {
	case c == nil:
		return []string{said, "it is too early to compare"}
	case !c.Differs:
		return []string{said, fmt.Sprintf("%s since, %s while it lasted: no clear change", share(b.SinceMended), number.Share(b.Since.Value))}
	case c.Difference.Value > 0:
		return []string{said, fmt.Sprintf("it did not help: %s since, %s while it lasted", share(b.SinceMended), number.Share(b.Since.Value))}
	default:
		return []string{said, fmt.Sprintf("it helped: %s since, %s while it lasted (association, not proof)", share(b.SinceMended), number.Share(b.Since.Value))}
	}
}

func (r *Report) oldestClauses(b *Breakdown) []string {
	open := 0
	for i := range r.Breakdowns {
		if o := &r.Breakdowns[i]; o.lasts() {
			open++
		}
	}
	said := "The oldest of " + number.Count(int64(open)) + " that are open: " + aboutBreakdown(b.Subject) + ", for " + days(b.Age)
	if open == 1 {
		said = "One is open: " + aboutBreakdown(b.Subject) + ", for " + days(b.Age)
	}
	return b.with(said, b.moved())
}

// subsidedClauses say that the charts do not show one any more, which nothing has mended.
func (r *Report) subsidedClauses(b *Breakdown) []string {
	if b.Details.Better {
		return []string{sentenceCase(aboutBreakdown(b.Subject)) + " is not better any more"}
	}
	return []string{"Subsided: the charts have not shown " + aboutBreakdown(b.Subject) + " for 28 days, and nothing has mended it", b.moved()}
}

func (r *Report) betterClauses(b *Breakdown) []string {
	return []string{"Better: " + aboutBreakdown(b.Subject), b.moved()}
}

// allBreakdowns says what the first page has no room for.
func (r *Report) allBreakdowns() (list []Line) {
	first := map[string]bool{}
	for _, l := range r.Lines {
		first[l.Text] = l.Section == SectionBreakdowns
	}
	for i := range r.Breakdowns {
		b := &r.Breakdowns[i]
		var clauses []string
		switch {
		case b.Overdue() != nil:
			clauses = r.overdueClauses(b)
		case !b.Open() && b.Cause == breakdowns.Subsided:
			clauses = r.subsidedClauses(b)
		case b.Details.Better:
			clauses = r.betterClauses(b)
		case !b.Open() && b.Outcome != event.Completed:
			clauses = []string{sentenceCase(aboutBreakdown(b.Subject)) + " was dismissed as " + quote(b.Cause), b.moved()}
		case !b.Mended.IsZero():
			clauses = r.mendedBreakdown(b)
		default:
			clauses = b.with(fmt.Sprintf("%s has been worse for %s", sentenceCase(aboutBreakdown(b.Subject)), days(b.Age)), b.moved())
		}
		if l := line(SectionBreakdowns, b.Overdue() != nil, clauses...); !first[l.Text] {
			list = append(list, l)
		}
	}
	return list
}

// worsened draws the shares of what is worse, beside what is usual.
func (r *Report) worsened() []chart.Chart {
	c := chart.Changes{
		Unit: chart.Share, LowerIsBetter: true, Group: "About", Before: "Usual", After: "Since",
	}
	for i := range r.Breakdowns {
		b := &r.Breakdowns[i]
		if b.Days == 0 || !b.lasts() {
			continue
		}
		c.Rows = append(c.Rows, chart.Change{
			Name: strings.TrimPrefix(aboutBreakdown(b.Subject), "the "), Before: chart.Value{Value: b.Usual, N: b.Since.N}, After: value(b.Since),
		})
	}
	if len(c.Rows) == 0 {
		return nil
	}
	c.About = r.about("breakdowns", 0, number.Of(int64(len(c.Rows)), "breakdown is", "breakdowns are")+" open", "Share of what went wrong since each began, beside what was usual in the eight weeks before")
	return []chart.Chart{c}
}
