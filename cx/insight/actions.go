package insight

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/smallgroup"
)

// Actions are the changes with which the company improves what customers experience: the runs of the blueprint's actions.
type Actions struct {
	// ActedOn is the share of the answers and mentions of the period with a cause that a change names which was made: by their IDs, or by their cause
	// and time. Days is the median of the days until the change, and 0 if those are of fewer than five customers. The numbers are those of feedback.CountActedOn.
	ActedOn score.Share `json:"acted_on,omitzero"`
	Days    float64     `json:"median_days"`
	// List are the actions that took a step in the period, or are not over at the moment of the view: the one that was made last first, then the others in the order
	// of their proposal. Actions are the company's, so that the journey and the conditions of the question do not choose them. A viewer sees
	// those whose own journey is in the scope.
	List []Action `json:"list"`
	// Tested is the number of actions whose effect was tested, over which probabilities are adjusted.
	Tested int `json:"tested"`
}

// Action is one change.
type Action struct {
	Run event.RunRef `json:"run"`
	// Change is what is changed, Owner the team that changes it, and Cause what customers named.
	Change string `json:"change"`
	Owner  string `json:"owner,omitempty"`
	Cause  string `json:"cause,omitempty"`
	// Step is the last step, and Outcome how the action ended, if it did: completed is verified, cancelled is dropped.
	Step    string        `json:"step"`
	Outcome event.Outcome `json:"outcome,omitzero"`
	// Proposed, Planned, Made and Verified are the times of the steps; the zero time is not yet.
	Proposed time.Time `json:"proposed,omitzero"`
	Planned  time.Time `json:"planned,omitzero"`
	Made     time.Time `json:"made,omitzero"`
	Verified time.Time `json:"verified,omitzero"`
	// Told is the number of customers who were told of the change, and 0 if these are fewer than five.
	Told int64 `json:"told"`
	// Helped says whether customers name the cause less often since. It is nil for a change that is not made, and without a cause.
	Helped *Helped `json:"helped,omitempty"`
}

// Helped compares what customers said before a change was made with what they said since. It is association, not proof: other things have changed, too.
//
// What was said about a run counts by the beginning of the run, everything else by when it was said. Window is the time before and after the change, the same,
// at most 90 days. On both sides only what was said within AtAge of the beginning of its run counts, and runs that have not had that age are left out, so that late
// answers do not make the time before look worse. AtAge is the time within which 95% of what was said came, and at most half of the time
// since the change.
type Helped struct {
	// Before and After are the shares of the answers and mentions that name the cause, and Difference is After less Before, with the interval of Newcombe.
	Before     score.Share      `json:"before"`
	After      score.Share      `json:"after"`
	Difference score.Difference `json:"difference"`
	// P is the probability of such a difference by chance alone, Adjusted after Benjamini and Hochberg over all tested actions. Differs reports whether
	// Adjusted is at most 1 less the confidence.
	P        float64       `json:"p"`
	Adjusted float64       `json:"adjusted"`
	Differs  bool          `json:"differs"`
	Window   time.Duration `json:"window_ns"`
	AtAge    time.Duration `json:"at_age_ns"`
	// Hidden means that one side is of fewer than five customers.
	Hidden bool `json:"hidden,omitempty"`
}

// maxWindow is the longest time before and after a change.
const maxWindow = 90 * 24 * time.Hour

// The steps of an action: those of package feedback.
const (
	stepProposed = "proposed"
	stepPlanned  = "planned"
	stepMade     = "made"
	stepVerified = "verified"
)

// changes returns the runs of the actions that the viewer may see..
func (c *chooser) changes(chunks []*cases.Chunk) []event.RunRef {
	names := map[string]bool{}
	for i := range c.v.table.blueprint.Actions {
		if name := c.v.table.blueprint.Actions[i].Name; c.v.sees(name) {
			names[name] = true
		}
	}
	return c.runs(chunks, names, func(*cases.Chunk, int) bool { return true })
}

// changed are the actions.
type changed struct{ list []*acting }

// acting is one action while it is read.
type acting struct {
	Action

	stepped []int64 // the times of its steps
	ended   bool
	ids     map[event.ID]bool
	periods []event.Action
	told    map[string]bool
}

// read reads the actions.
func (a *changed) read(ctx context.Context, c *chooser, runs []event.RunRef) error {
	all := map[event.RunRef]*acting{}
	for _, run := range runs {
		all[run] = &acting{Action: Action{Run: run}, ids: map[event.ID]bool{}, told: map[string]bool{}}
		a.list = append(a.list, all[run])
	}
	err := c.readRuns(ctx, runs, func(e *event.Event) error {
		if one := all[e.Journey.Ref()]; one != nil {
			one.take(e)
		}
		return nil
	}, func() error { return nil })
	a.list = slices.DeleteFunc(a.list, func(one *acting) bool { return len(one.stepped) == 0 })
	return err
}

func (a *acting) take(e *event.Event) {
	if e.Kind == event.TouchpointEnded {
		if e.Direction == event.Outbound && (e.Outcome == event.OK || e.Outcome == event.Degraded) && e.Customer.Hash != "" {
			a.told[e.Customer.Hash] = true
		}
		return
	}
	d := e.Action
	if d == nil {
		return
	}
	a.Change, a.Owner = cmp.Or(d.Name, a.Change), cmp.Or(d.Owner, a.Owner)
	for _, id := range d.Feedbacks {
		a.ids[id] = true
	}
	if d.Cause != "" {
		a.Cause, a.periods = d.Cause, append(a.periods, *d)
	}
	switch e.Kind { //nolint:exhaustive // the rest are no steps
	case event.JourneyStarted:
		a.stepped = append(a.stepped, e.Time.UnixMicro())
	case event.JourneyStageEntered:
		a.step(e)
	case event.JourneyEnded:
		a.ended, a.Outcome = true, e.Outcome
		a.stepped = append(a.stepped, e.Time.UnixMicro())
	}
}

func (a *acting) step(e *event.Event) {
	a.Step, a.stepped = e.Stage, append(a.stepped, e.Time.UnixMicro())
	into := map[string]*time.Time{stepProposed: &a.Proposed, stepPlanned: &a.Planned, stepMade: &a.Made, stepVerified: &a.Verified}[e.Stage]
	if into != nil && into.IsZero() {
		*into = e.Time
	}
}

// listed reports whether the action is in the answer.
func (a *acting) listed(c *chooser) bool {
	return !a.ended || slices.ContainsFunc(a.stepped, c.within)
}

// earliest returns the time, in microseconds, from which feedback is needed: the beginning of the period, or of the earliest window.
func (a *changed) earliest(c *chooser) int64 {
	from := c.p.from
	if from == 0 {
		return 0
	}
	for _, one := range a.list {
		if !one.Made.IsZero() && one.listed(c) {
			made := one.Made.UnixMicro()
			from = min(from, made-min(c.now-made, maxWindow.Microseconds()))
		}
	}
	return from
}

// names reports whether the made action names what was said.
func (a *acting) names(id event.ID, u *utterance, causes []string) bool {
	return a.ids[id] || slices.ContainsFunc(a.periods, func(p event.Action) bool {
		until := p.Until
		if until.IsZero() {
			until = a.Made
		}
		return slices.Contains(causes, p.Cause) && u.at >= micros(p.From) && u.at < until.UnixMicro()
	})
}

// actions returns the actions, and what became of the feedback.
func (l *listening) actions(confidence float64) Actions {
	a := Actions{List: []Action{}}
	l.actedOn(&a, confidence)
	var p []float64
	var tested []*Helped
	for _, one := range l.changed.list {
		if !one.listed(l.c) {
			continue
		}
		if one.Cause == "" {
			one.Cause = l.commonest(one.ids)
		}
		if n := int64(len(one.told)); !smallgroup.Small(n) {
			one.Told = n
		}
		if !one.Made.IsZero() && one.Cause != "" {
			if one.Helped = l.helped(one, confidence); one.Helped.Difference.OK() {
				p, tested = append(p, one.Helped.P), append(tested, one.Helped)
			}
		}
		a.List = append(a.List, one.Action)
	}
	for i, adjusted := range stats.BenjaminiHochberg(p) {
		tested[i].Adjusted, tested[i].Differs = adjusted, adjusted <= 1-confidence
	}
	a.Tested = len(p)
	slices.SortFunc(a.List, func(x, y Action) int {
		return cmp.Or(y.Made.Compare(x.Made), x.Proposed.Compare(y.Proposed), strings.Compare(x.Run.Name, y.Run.Name), strings.Compare(x.Run.ID, y.Run.ID),
			strings.Compare(x.Run.Namespace, y.Run.Namespace))
	})
	return a
}

// commonest returns the cause that most of these answers and mentions name, the first one in the order of names among equals.
func (l *listening) commonest(ids map[event.ID]bool) (cause string) {
	counts := map[string]int{}
	for id := range ids {
		if n, ok := l.byID[id]; ok {
			for _, c := range l.lists[l.said[n].causes] {
				counts[c]++
			}
		}
	}
	for c, n := range counts {
		if n > counts[cause] || n == counts[cause] && c < cause {
			cause = c
		}
	}
	return cause
}

// actedOn counts the feedback of the period that a made change names.
func (l *listening) actedOn(a *Actions, confidence float64) {
	var made []*acting
	for _, one := range l.changed.list {
		if !one.Made.IsZero() {
			made = append(made, one)
		}
	}
	var people, actedOn smallgroup.Crowd
	var n int64
	var days []float64
	for id, at := range l.byID {
		u := &l.said[at]
		causes := l.lists[u.causes]
		if !u.within || len(causes) == 0 {
			continue
		}
		n++
		people.Add(u.who)
		first := int64(math.MaxInt64)
		for _, one := range made {
			if one.names(id, u, causes) {
				first = min(first, one.Made.UnixMicro())
			}
		}
		if first != math.MaxInt64 {
			actedOn.Add(u.who)
			days = append(days, max(0, (time.Duration(first-u.at)*time.Microsecond).Hours()/24))
		}
	}
	a.ActedOn = shareOf(&people, int64(len(days)), n, confidence)
	if slices.Sort(days); len(days) > 0 && !actedOn.Few() {
		a.Days = (days[(len(days)-1)/2] + days[len(days)/2]) / 2
	}
}
