package cxtest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// Promise asserts facts about the promises of one name. If an assertion does not hold, it fails the test without stopping it.
// Every assertion returns the Promise, so that assertions can be chained. A keep that comes after the break was told is late, and
// changes no assertion.
type Promise struct {
	r     *Recorder
	what  string
	match func(*event.Event) bool
}

// Promise returns the assertions about the promises of this name, to any run.
func (r *Recorder) Promise(name string) *Promise {
	return &Promise{r: r, what: "promise " + name, match: func(e *event.Event) bool { return e.Promise != nil && e.Promise.Name == name }}
}

// Promise returns the assertions about the promises of this name to the run.
func (j *Journey) Promise(name string) *Promise {
	return &Promise{
		r: j.r, what: "promise " + name + " of journey " + j.name + " " + j.id,
		match: func(e *event.Event) bool {
			return e.Promise != nil && e.Promise.Name == name && e.Journey.Name == j.name && e.Journey.ID == j.id
		},
	}
}

// Events returns the events of the promises, in order.
func (p *Promise) Events() []event.Event {
	return slices.DeleteFunc(p.r.Events(event.PromiseMade, event.PromiseKept, event.PromiseBroken, event.PromiseWithdrawn),
		func(e event.Event) bool { return !p.match(&e) })
}

// Times asserts how many promises were made. A promise that is made again with another due time, before it is settled, counts
// once.
func (p *Promise) Times(want int) *Promise {
	p.r.tb.Helper()
	if got := p.all(); len(got) != want {
		p.errorf(got, "it was made %d times, want %d", len(got), want)
	}
	return p
}

// Kept asserts that there is a promise and that all of them were kept.
func (p *Promise) Kept() *Promise { p.r.tb.Helper(); return p.each(event.PromiseKept) }

// Broken asserts that there is a promise and that all of them were broken.
func (p *Promise) Broken() *Promise { p.r.tb.Helper(); return p.each(event.PromiseBroken) }

// Withdrawn asserts that there is a promise and that all of them were withdrawn.
func (p *Promise) Withdrawn() *Promise { p.r.tb.Helper(); return p.each(event.PromiseWithdrawn) }

// Open asserts that there is a promise and that none of them is settled.
func (p *Promise) Open() *Promise { p.r.tb.Helper(); return p.each(event.PromiseMade) }

// Due asserts that there is a promise and that all of them are due at this time.
func (p *Promise) Due(want time.Time) *Promise {
	p.r.tb.Helper()
	all := p.all()
	if len(all) == 0 {
		p.errorf(nil, "it was not made, want it due at %s", clock(want))
	}
	for i := range all {
		if !all[i].due.Equal(want) {
			p.errorf(all, "number %d of %d is due at %s, want %s", i+1, len(all), clock(all[i].due), clock(want))
			break
		}
	}
	return p
}

// standing is how one promise stands.
type standing struct {
	run    event.Run
	number int
	due    time.Time
	kind   event.Kind // the last step that is not late
}

// all returns how each promise stands, in the order in which they were first heard of.
func (p *Promise) all() []standing {
	var all []standing
	for _, e := range p.Events() {
		i := slices.IndexFunc(all, func(s standing) bool {
			return s.number == e.Promise.Number && s.run.Namespace == e.Journey.Namespace && s.run.Name == e.Journey.Name && s.run.ID == e.Journey.ID
		})
		if i < 0 {
			i = len(all)
			all = append(all, standing{run: e.Journey, number: e.Promise.Number, kind: event.PromiseMade})
		}
		if !e.Promise.Due.IsZero() {
			all[i].due = e.Promise.Due
		}
		if !e.Late && all[i].kind == event.PromiseMade {
			all[i].kind = e.Kind
		}
	}
	return all
}

func (p *Promise) each(want event.Kind) *Promise {
	p.r.tb.Helper()
	all := p.all()
	if len(all) == 0 {
		p.errorf(nil, "it was not made, want it %s", state(want))
		return p
	}
	var wrong []int
	for i := range all {
		if all[i].kind != want {
			wrong = append(wrong, i)
		}
	}
	switch {
	case len(wrong) == 0:
	case len(all) == 1:
		p.errorf(all, "it is %s, want %s", state(all[0].kind), state(want))
	default:
		p.errorf(all, "%d of %d are not %s: the first of them is number %d, which is %s", len(wrong), len(all), state(want), wrong[0]+1, state(all[wrong[0]].kind))
	}
	return p
}

// state returns how a promise stands whose last step has the kind.
func state(k event.Kind) string {
	if k == event.PromiseMade {
		return "open"
	}
	return strings.TrimPrefix(string(k), "promise.")
}

func clock(t time.Time) string { return t.Format(time.RFC3339) }

func (p *Promise) errorf(all []standing, format string, args ...any) {
	p.r.tb.Helper()
	var b strings.Builder
	for i, s := range all {
		fmt.Fprintf(&b, "\n  number %d: %s, due at %s, in %s %q", i+1, state(s.kind), clock(s.due), s.run.Name, s.run.ID)
	}
	p.r.tb.Errorf("%s: %s%s\n%s", p.what, fmt.Sprintf(format, args...), b.String(), story(p.r.Events()))
}
