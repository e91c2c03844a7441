package backtest

import (
	"cmp"
	"context"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/rules"
	"cairncx.dev/cairn/cx/stats"
)

// Report says when the alerts would have fired. Its JSON form is stable: a new release may add keys.
type Report struct {
	// From and Until are the period. The rules were evaluated at From, at every step after it, and at Until.
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
	// LogFirst and LogLast are the times of the first and the last event of the log.
	LogFirst time.Time `json:"log_first_event"`
	LogLast  time.Time `json:"log_last_event"`
	// Step is the time between two evaluations, in seconds.
	Step float64 `json:"step_seconds"`
	// Pages and Tickets are how often a person would have been called.
	Pages      Calls       `json:"pages"`
	Tickets    Calls       `json:"tickets"`
	Objectives []Objective `json:"objectives"`
	// LeftOut are the names of the alerts that are not evaluated: those about processes and about contacts.
	LeftOut []string `json:"left_out"`
}

// Calls are how often a person would have been called in the period. Alerts of one objective with the same severity that fire at the
// same time are one call, because Alertmanager groups them so.
type Calls struct {
	Count int `json:"count"`
	// Longest and Total are in seconds.
	Longest float64 `json:"longest_seconds"`
	Total   float64 `json:"total_seconds"`
}

// Objective is an objective in the period.
type Objective struct {
	Name        string  `json:"name"`
	Description string  `json:"description,omitempty"`
	Owner       string  `json:"owner,omitempty"`
	Target      float64 `json:"target"`
	// Window is the text of the window, such as "28d": see [slo.Window].
	Window string `json:"window"`
	// Counts are those of the period. A composite has none.
	slo.Counts
	// Ratio is the share of the good events in the period, and Interval its two-sided interval at 95% after Wilson. Both are nil without
	// events, and for a composite.
	Ratio    *float64        `json:"ratio"`
	Interval *stats.Interval `json:"interval"`
	// Gone is the share of the error budget that was gone at the end of the period, over the window that ended then: 0 with no bad event, 1
	// where the budget is spent, more below the target. Enough is false where there were not enough events to say.
	Gone   float64 `json:"budget_gone"`
	Enough bool    `json:"enough"`
	// FullFrom is when the log was as long as the window for the first time, if that is in the period. Before it, the window has fewer
	// events than it would have had.
	FullFrom *time.Time `json:"full_from,omitempty"`
	Alerts   []Alert    `json:"alerts"`
	// Worst is the day with the most bad events, or nil if there were none.
	Worst *Day `json:"worst_day"`
	// Parts are the names of the objectives of a composite.
	Parts []string `json:"parts,omitempty"`
	// Hidden is the shortest window of its alerts, in seconds, if that is shorter than a step. Prometheus evaluates the rules more often, so
	// an alert may also have fired for less than a step in between. It is 0 if the steps hide nothing.
	Hidden float64 `json:"hidden_seconds,omitempty"`
}

// Alert is one alerting rule of an objective.
type Alert struct {
	// Name is the name of the alert, and Severity whom it calls: a page or a ticket.
	Name     string         `json:"alert"`
	Severity rules.Severity `json:"severity"`
	// Long and Short are the windows of a burn-rate alert in seconds, and Factor is the burn rate above which it fires. They are 0 for
	// another alert.
	Long   float64 `json:"long_seconds,omitempty"`
	Short  float64 `json:"short_seconds,omitempty"`
	Factor float64 `json:"factor,omitempty"`
	// Fired are the times in the period in which the alert fired, the first one first.
	Fired []Firing `json:"fired"`
}

// Firing is a time in which an alert fired.
type Firing struct {
	// From is when the alert began to fire. Earlier says that this was before the period. It is not known to more than an hour then.
	From    time.Time `json:"from"`
	Earlier bool      `json:"earlier,omitempty"`
	// Until is when it ended. It is nil if the alert still fired at the end of the period.
	Until *time.Time `json:"until"`
	// Seconds are how long it fired, up to the end of the period.
	Seconds float64 `json:"seconds"`
	// Events and Bad are the events that the alert looked at: those while it fired, and those in its long window before. Another alert
	// than a burn-rate alert looks at the objective's window.
	Events int64 `json:"events"`
	Bad    int64 `json:"bad"`
	// GoneFrom and GoneUntil are the shares of the error budget that were gone when it began and when it ended: see [Objective.Gone].
	GoneFrom  float64 `json:"budget_gone_from"`
	GoneUntil float64 `json:"budget_gone_until"`
}

// Day is a day of the report's zone.
type Day struct {
	Date   string `json:"date"`
	Bad    int64  `json:"bad"`
	Events int64  `json:"events"`
}

// report evaluates the rules and says what the alerts did.
func (r *run) report(ctx context.Context) (*Report, error) {
	alerts, err := r.evaluate(ctx)
	if err != nil {
		return nil, err
	}
	rep := &Report{
		From: r.from, Until: r.until, Step: r.step.Seconds(), LeftOut: leftOut(), Objectives: []Objective{},
		LogFirst: time.UnixMilli(r.counts.first).UTC(), LogLast: time.UnixMilli(r.counts.last).UTC(),
	}
	for i, list := range alerts {
		rep.Objectives = append(rep.Objectives, r.objective(i, list))
	}
	rep.Pages, rep.Tickets = rep.calls(rules.Page), rep.calls(rules.Ticket)
	return rep, nil
}

// leftOut names the alerts that are not evaluated.
func leftOut() []string {
	return []string{
		rules.NotCounted, "CairnIsDead", "CairnIsSilent", "CairnStoreFails", "CairnLosesJourneys", "CairnDropsEvents", "CairnIsMisused", "CairnContactViolated",
	}
}

func (r *run) objective(i int, alerts []*alert) Objective {
	o := &r.counts.objectives[i]
	said := Objective{
		Name: o.Name, Description: o.Description, Owner: o.Owner, Target: o.Target, Window: o.Window.String(),
		Alerts: []Alert{}, Counts: r.counts.lists[i].between(r.from.UnixMilli(), r.until.UnixMilli()),
		Worst: r.worst(i),
	}
	if n := said.Total(); n > 0 {
		ratio, interval := float64(said.Good)/float64(n), stats.Wilson(said.Good, n, confidence)
		said.Ratio, said.Interval = &ratio, &interval
	}
	s := r.status(i, r.until)
	said.Gone, said.Enough = 1-s.Budget.Share, s.Enough
	if full := time.UnixMilli(r.counts.first).UTC().Add(o.Window.Length()); full.After(r.from) && o.Window.Period == 0 {
		full = full.Truncate(time.Second)
		said.FullFrom = &full
	}
	burns, _ := rules.Burns(*o, rules.WithScrape(r.scrape)) // it has no error: the rules were made
	for n, a := range alerts {
		one := Alert{Name: a.rule.Name(), Severity: rules.Severity(a.rule.Labels().Get("severity")), Fired: []Firing{}}
		looked := o.Window.Length()
		if n < len(burns) { // the burn-rate alerts come first in a file, in the order of the paces
			one.Long, one.Short, one.Factor = burns[n].Long.Seconds(), burns[n].Short.Seconds(), burns[n].Factor
			looked = burns[n].Long
		}
		for _, s := range a.fired {
			if f, ok := r.firing(i, s, looked); ok {
				one.Fired = append(one.Fired, f)
			}
		}
		said.Alerts = append(said.Alerts, one)
	}
	for _, b := range burns {
		if short := b.Short.Seconds(); b.Short < r.step && (said.Hidden == 0 || short < said.Hidden) {
			said.Hidden = short
		}
	}
	for _, p := range o.Of {
		said.Parts = append(said.Parts, p.Objective)
	}
	return said
}

// confidence is that of [Objective.Interval].
const confidence = 0.95

// firing describes a time in which an alert fired, if it reaches into the period.
func (r *run) firing(i int, s stretch, looked time.Duration) (Firing, bool) {
	end := s.until
	if end.IsZero() {
		end = r.until
	} else if !end.After(r.from) {
		return Firing{}, false
	}
	f := Firing{From: s.from, Earlier: s.from.Before(r.from), Seconds: end.Sub(s.from).Seconds()}
	if !s.until.IsZero() {
		f.Until = &end
	}
	c := r.counts.lists[i].between(s.from.Add(-looked).UnixMilli(), end.UnixMilli())
	f.Events, f.Bad = c.Total(), c.Bad
	f.GoneFrom, f.GoneUntil = 1-r.status(i, s.from).Budget.Share, 1-r.status(i, end).Budget.Share
	return f, true
}

// status returns how the objective stood at a time.
func (r *run) status(i int, at time.Time) slo.Status {
	o := &r.counts.objectives[i]
	h := slo.Heard{Now: at}
	h.From, h.Until = o.Window.Bounds(at)
	h.Counts = r.counts.lists[i].between(h.From.UnixMilli(), at.UnixMilli())
	for _, p := range o.Of {
		n := slices.IndexFunc(r.counts.objectives, func(o slo.Objective) bool { return o.Name == p.Objective })
		h.Parts = append(h.Parts, r.status(n, at))
	}
	return slo.Compute(*o, h)
}

// worst returns the day of the period with the most bad events. If several days have as many, it is the one with the fewest good events,
// and then the first one.
func (r *run) worst(i int) *Day {
	days := map[string]*Day{}
	count := func(times []int64, bad int64) {
		for _, at := range times[upTo(times, r.from.UnixMilli()):upTo(times, r.until.UnixMilli())] {
			date := time.UnixMilli(at).In(r.location).Format(time.DateOnly)
			if days[date] == nil {
				days[date] = &Day{Date: date}
			}
			days[date].Events++
			days[date].Bad += bad
		}
	}
	count(r.counts.lists[i][slo.Bad], 1)
	if len(days) == 0 {
		return nil
	}
	count(r.counts.lists[i][slo.Good], 0)
	var worst *Day
	for _, d := range days {
		if worst == nil || cmp.Or(cmp.Compare(d.Bad, worst.Bad), cmp.Compare(worst.Events, d.Events), cmp.Compare(worst.Date, d.Date)) > 0 {
			worst = d
		}
	}
	return worst
}

// calls counts how often a person would have been called with that severity.
func (r *Report) calls(severity rules.Severity) (c Calls) {
	for i := range r.Objectives {
		for _, s := range r.Objectives[i].Calls(severity, r.Until) {
			c.Count++
			length := s.Until.Sub(s.From).Seconds()
			c.Total += length
			c.Longest = max(c.Longest, length)
		}
	}
	return c
}

// Call is a time in which a person was called.
type Call struct{ From, Until time.Time }

// Calls returns the times in which an alert of that severity fired, those that overlap or touch joined, the first one first. One that
// still fires ends at end.
func (o *Objective) Calls(severity rules.Severity, end time.Time) (list []Call) {
	for i := range o.Alerts {
		if o.Alerts[i].Severity != severity {
			continue
		}
		for _, f := range o.Alerts[i].Fired {
			c := Call{f.From, end}
			if f.Until != nil {
				c.Until = *f.Until
			}
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b Call) int { return a.From.Compare(b.From) })
	joined := list[:0]
	for _, c := range list {
		if n := len(joined); n > 0 && !c.From.After(joined[n-1].Until) {
			joined[n-1].Until = later(joined[n-1].Until, c.Until)
			continue
		}
		joined = append(joined, c)
	}
	return joined
}
