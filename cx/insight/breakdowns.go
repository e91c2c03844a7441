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
	"cairncx.dev/cairn/internal/breakdowns"
)

// Breakdowns are what has lastingly become worse for customers, or better, as package watch keeps it: the runs of the blueprint's journey of breakdowns.
type Breakdowns struct {
	Basis

	// List are those that took a step in the period, or were open at the end of it: the one that was found last first.
	List []Breakdown `json:"list"`
}

// Breakdown is one of them, as it stands at the moment of the view.
type Breakdown struct {
	Run event.RunRef `json:"run"`
	// Subject is what it was about when it was found first.
	Subject

	// Details are what the steps say of it, the last ones where they differ. The cost is that of the last step that has one.
	Details event.Breakdown `json:"details"`
	// Step is the last step. Outcome and Cause say how it ended, if it did: completed is closed, cancelled is dismissed.
	Step    string        `json:"step"`
	Outcome event.Outcome `json:"outcome,omitzero"`
	Cause   string        `json:"cause,omitempty"`
	// Opened is when it was found first, and Found when it was found last: the two differ for one that has returned. The others are the last times of these steps, also
	// those of before it returned; the zero time is not yet. A step from mended back to planned or confirmed forgets the mending.
	Opened    time.Time `json:"opened,omitzero"`
	Found     time.Time `json:"found,omitzero"`
	Confirmed time.Time `json:"confirmed,omitzero"`
	Planned   time.Time `json:"planned,omitzero"`
	Mended    time.Time `json:"mended,omitzero"`
	Verified  time.Time `json:"verified,omitzero"`
	Ended     time.Time `json:"ended,omitzero"`
	// Promises are those of the last finding, in the order in which they are due, without those that its end has withdrawn.
	Promises []BreakdownPromise `json:"promises"`
}

// BreakdownPromise is a promise about a breakdown: within which time it is confirmed, planned or mended.
type BreakdownPromise struct {
	Name string    `json:"name"`
	Due  time.Time `json:"due,omitzero"`
	// Kept is when it was kept, also when that was late; the zero time is not. Broken reports whether it was not kept when it was due.
	Kept   time.Time `json:"kept,omitzero"`
	Broken bool      `json:"broken"`
}

// Open reports whether it has not ended at the moment.
func (b *Breakdown) Open() bool { return b.Ended.IsZero() }

// Returned reports whether it was found again after it had been mended.
func (b *Breakdown) Returned() bool { return !b.Mended.IsZero() && b.Found.After(b.Mended) }

// Overdue returns the promise that has been overdue the longest, and nil if none is.
func (b *Breakdown) Overdue() *BreakdownPromise {
	for i := range b.Promises {
		if p := &b.Promises[i]; b.Open() && p.Broken && p.Kept.IsZero() {
			return p
		}
	}
	return nil
}

// Next returns the promise that is due next, and nil if none is.
func (b *Breakdown) Next() *BreakdownPromise {
	for i := range b.Promises {
		if p := &b.Promises[i]; b.Open() && !p.Broken && p.Kept.IsZero() && !p.Due.IsZero() {
			return p
		}
	}
	return nil
}

// Breakdowns answers which breakdowns and improvements there are. It needs the right [Numbers]. By and the conditions of the question do not choose them, because their
// numbers are about all customers; its journey is the one that they are about. A viewer sees those about a journey in the scope, and all if the journey of
// breakdowns is in it. A viewer whose scope has segments sees none.
//
// It reads the events of these runs from the source. They are few: a breakdown has some ten events.
func (v *View) Breakdowns(ctx context.Context, w Which) (Breakdowns, error) {
	answer := Breakdowns{List: []Breakdown{}}
	if err := v.viewer.needs("Breakdowns", Numbers); err != nil {
		return answer, err
	}
	if err := v.check(&w, false); err != nil {
		return answer, err
	}
	all := w
	all.By = Begun
	var runs []event.RunRef
	c, err := v.choose(ctx, "Breakdowns", &all, func(c *chooser, chunks []*cases.Chunk) {
		if len(v.viewer.Segments) == 0 {
			runs = c.runs(chunks, v.table.breakdowns(), func(*cases.Chunk, int) bool { return true })
		}
	})
	if err != nil {
		return answer, err
	}
	answer.Basis = c.basis
	list := map[event.RunRef]*lasting{}
	for _, run := range runs {
		list[run] = &lasting{Breakdown: Breakdown{Run: run, Promises: []BreakdownPromise{}}}
	}
	err = c.readRuns(ctx, runs, func(e *event.Event) error {
		if one := list[e.Journey.Ref()]; one != nil {
			one.take(e)
		}
		return nil
	}, func() error { return nil })
	if err != nil {
		return Breakdowns{List: []Breakdown{}}, err
	}
	for _, run := range runs {
		if one := list[run]; one.chosen(c) {
			one.settle(c.now)
			answer.List = append(answer.List, one.Breakdown)
		}
	}
	slices.SortStableFunc(answer.List, func(x, y Breakdown) int { return y.Found.Compare(x.Found) })
	return answer, nil
}

// lasting is a breakdown while it is read.
type lasting struct {
	Breakdown

	known    bool    // an event says what it is about
	stepped  []int64 // the times of its steps
	promises []lastingPromise
}

type lastingPromise struct {
	BreakdownPromise

	number    int
	withdrawn bool
}

func (l *lasting) take(e *event.Event) {
	if d := e.Breakdown; d != nil {
		l.details(d)
	}
	switch e.Kind {
	case event.JourneyStarted:
		l.stepped = append(l.stepped, e.Time.UnixMicro())
		if l.Opened.IsZero() {
			l.Opened, l.Found = e.Time, e.Time
		}
	case event.JourneyStageEntered:
		l.step(e)
	case event.JourneyEnded:
		l.stepped = append(l.stepped, e.Time.UnixMicro())
		if l.Ended.IsZero() {
			l.Ended, l.Outcome, l.Cause = e.Time, e.Outcome, e.Cause
		}
	default:
		l.promise(e)
	}
}

// details takes what a step says.
func (l *lasting) details(d *event.Breakdown) {
	if !l.known && d.About != "" {
		l.known, l.Subject = true, Subject{About: About(d.About), Journey: d.Journey, Name: d.Name}
	}
	is := &l.Details
	is.About, is.Journey, is.Name = string(l.About), l.Journey, l.Name
	is.Severity, is.Owner, is.Earlier = cmp.Or(d.Severity, is.Severity), cmp.Or(d.Owner, is.Owner), cmp.Or(d.Earlier, is.Earlier)
	is.Note = cmp.Or(d.Note, is.Note)
	if d.Better {
		is.Better = true
	}
	if d.Action != (event.RunRef{}) {
		is.Action = d.Action
	}
	if d.About == "" {
		return // a step of a person says no more
	}
	if !d.Began.IsZero() {
		is.Began = d.Began
	}
	if !d.BaselineUntil.IsZero() {
		is.BaselineUntil = d.BaselineUntil
	}
	if len(d.Placed) > 0 {
		is.Placed = slices.Clone(d.Placed)
	}
	is.Before, is.Since = shareIn(d.Before), shareIn(d.Since)
	is.Excess, is.Customers, is.Value = d.Excess, min(max(0, d.Customers), breakdowns.MaxCustomers), nil
	if math.IsNaN(is.Excess) || math.IsInf(is.Excess, 0) {
		is.Excess = 0
	}
	if d.Value != nil {
		worth := *d.Value
		is.Value = &worth
	}
}

// shareIn returns a share, and 0 for a number that is none: an archive may have what no client has recorded.
func shareIn(v float64) float64 {
	if !(v >= 0 && v <= 1) {
		return 0
	}
	return v
}

// step takes a step. One that is found again is found anew: its promises are made again.
func (l *lasting) step(e *event.Event) {
	if (e.Stage == breakdowns.Confirmed || e.Stage == breakdowns.Planned) && !l.Mended.Before(l.Found) { // a step back: what was mended is to be mended anew
		l.Mended, l.Verified = time.Time{}, time.Time{}
	}
	l.Step, l.stepped = e.Stage, append(l.stepped, e.Time.UnixMicro())
	switch e.Stage {
	case breakdowns.Found, breakdowns.Improved:
		if l.Opened.IsZero() {
			l.Opened = e.Time
		}
		l.Found = e.Time
	case breakdowns.Confirmed:
		l.Confirmed = e.Time
	case breakdowns.Planned:
		l.Planned = e.Time
	case breakdowns.Mended:
		l.Mended = e.Time
	case breakdowns.Verified:
		if l.Verified = e.Time; l.Mended.IsZero() || l.Mended.Before(l.Found) {
			l.Mended = e.Time
		}
	}
}

func (l *lasting) promise(e *event.Event) {
	p := e.Promise
	if p == nil {
		return
	}
	i := slices.IndexFunc(l.promises, func(o lastingPromise) bool { return o.Name == p.Name && o.number == p.Number })
	if i < 0 {
		i = len(l.promises)
		l.promises = append(l.promises, lastingPromise{BreakdownPromise: BreakdownPromise{Name: p.Name}, number: p.Number})
	}
	o := &l.promises[i]
	if !p.Due.IsZero() {
		o.Due = p.Due
	}
	switch e.Kind { //nolint:exhaustive // the rest says nothing more
	case event.PromiseKept:
		o.Kept = e.Time
	case event.PromiseWithdrawn:
		o.withdrawn = true
	case event.PromiseBroken:
		if o.Broken = true; o.Due.IsZero() {
			o.Due = e.Time
		}
	}
}

// chosen reports whether the question and the viewer's scope have the breakdown.
func (l *lasting) chosen(c *chooser) bool {
	own := c.v.sees(l.Run.Name)
	about := l.Journey != "" && c.v.sees(l.Journey)
	if !l.known && c.v.table.blueprint.BreakdownsName() == "" || len(l.stepped) == 0 || !own && !about {
		return false
	}
	if j := c.w.Journey; j != "" && j != l.Journey && j != l.Run.Name {
		return false
	}
	return slices.ContainsFunc(l.stepped, c.within) || l.openAt(min(c.p.until-1, c.now)) && l.Opened.UnixMicro() < c.p.until
}

// openAt reports whether it has not ended at the time.
func (l *lasting) openAt(at int64) bool { return l.Ended.IsZero() || l.Ended.UnixMicro() > at }

// settle leaves the last promise of each name, and says which ones are broken at the moment.
func (l *lasting) settle(now int64) {
	last := map[string]int{}
	for _, p := range l.promises {
		last[p.Name] = max(last[p.Name], p.number)
	}
	for _, p := range l.promises {
		if p.number != last[p.Name] || p.withdrawn {
			continue
		}
		over := now // until when it could be kept
		switch {
		case !p.Kept.IsZero():
			over = p.Kept.UnixMicro()
		case !l.Ended.IsZero():
			over = l.Ended.UnixMicro()
		}
		if !p.Due.IsZero() && p.Due.UnixMicro() < over {
			p.Broken = true
		}
		l.Promises = append(l.Promises, p.BreakdownPromise)
	}
	slices.SortStableFunc(l.Promises, func(x, y BreakdownPromise) int {
		return cmp.Or(x.Due.Compare(y.Due), strings.Compare(x.Name, y.Name))
	})
}
