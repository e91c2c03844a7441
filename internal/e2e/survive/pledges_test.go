package survive_test

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// Times of the promises. A due time that must not pass before the steps of its run are acknowledged is far away. One that has to
// pass is near.
const (
	soon     = 3 * time.Second
	far      = 10 * time.Minute
	farther  = time.Hour
	hangUp   = 20 * time.Second // the silence after which a call is abandoned
	giveUp   = 5 * time.Second  // the silence after which a form is abandoned
	rejoined = hangUp + grace   // from then on, what a worker records of a call may come too late
)

// pledge is a promise of a plan, with how it has to be settled. Its times are since the run began.
type pledge struct {
	name   string
	number int
	made   []time.Duration // when it was made, and moved
	dues   []time.Duration // what the due time was then
	kind   event.Kind
	at     time.Duration // when it was settled
	due    time.Duration
	cut    bool          // the end of the run breaks it
	told   time.Duration // when the settlement may be reported at the earliest
	after  time.Duration // when a keep happened after the break; 0 is never
}

// support has the definitions of journeys with promises. Each client has its own.
type support struct {
	ticket, call, form *journey.Definition
	hello              *touchpoint.Definition
}

func newSupport() *support {
	s := &support{
		ticket: journey.Define("ticket", journey.Stages("received", "working", "waiting", "replied"), journey.AbandonAfter(2*time.Hour),
			journey.Promise("answered", far, journey.Since("received"), journey.Until("replied"), journey.Pauses("waiting")),
			journey.Promise("solved", farther)),
		call: journey.Define("call", journey.Stages("queue", "talk"), journey.AbandonAfter(hangUp),
			journey.Promise("greeted", soon, journey.Until("talk"))),
		form: journey.Define("form", journey.AbandonAfter(giveUp), journey.Promise("saved", farther)),
	}
	s.hello = touchpoint.Define("hello", touchpoint.Keeps(s.call, "greeted"))
	return s
}

func (s *support) definitions() []event.Definition {
	return []event.Definition{s.ticket, s.call, s.form, s.hello}
}

// promise promises by hand that something happens by due.
func promise(after time.Duration, j *journey.Definition, name string, due time.Duration) act {
	return act{after: after, do: func(ctx context.Context, _ string, at time.Time) context.Context {
		j.Promise(ctx, name, at.Add(due-after), journey.At(at))
		return ctx
	}}
}

func keep(after time.Duration, j *journey.Definition, name string) act {
	return act{after: after, do: func(ctx context.Context, _ string, at time.Time) context.Context {
		j.Keep(ctx, name, journey.At(at))
		return ctx
	}}
}

// by returns a promise that was made once.
func by(name string, made, due time.Duration) pledge {
	return pledge{name: name, number: 1, made: []time.Duration{made}, dues: []time.Duration{due}, due: due}
}

func (p pledge) again(n int) pledge { p.number = n; return p }

func (p pledge) moved(at, due time.Duration) pledge {
	p.made, p.dues, p.due = append(p.made, at), append(p.dues, due), due
	return p
}

func (p pledge) pausedFor(d time.Duration) pledge { p.due += d; return p }

func (p pledge) kept(at time.Duration) pledge {
	p.kind, p.at, p.told = event.PromiseKept, at, at
	return p
}

func (p pledge) withdrawn(at time.Duration) pledge {
	p.kind, p.at, p.told = event.PromiseWithdrawn, at, at
	return p
}

// broken is for a promise that time breaks. An end of the run may tell that before the grace is over.
func (p pledge) broken() pledge {
	p.kind, p.at, p.told = event.PromiseBroken, p.due, p.due+grace
	return p
}

func (p pledge) toldFrom(at time.Duration) pledge { p.told = at; return p }

// cutOff is for a promise that an end of the run breaks. The end is known at the given time.
func (p pledge) cutOff(at, known time.Duration) pledge {
	p.kind, p.at, p.told, p.cut = event.PromiseBroken, at, known, true
	return p
}

// late says that a keep came after the break.
func (p pledge) late(at time.Duration) pledge { p.after = at; return p }

// plans returns the kinds of plans with promises, as vocabulary.plans does.
func (s *support) plans() []plan {
	const sec = time.Second
	answered, solved := by("answered", sec, sec+far), by("solved", 0, farther)
	greeted, called, saved := by("greeted", 0, soon), by("called-back", sec, 4*sec), by("saved", 0, farther)
	received := []act{start(s.ticket), enter(sec, s.ticket, "received")}
	return []plan{
		{
			name: "kept", reason: "different processes make a promise and keep it",
			journey: s.ticket, began: 10 * sec, outcome: event.Completed, entered: []visited{{"received", 1}, {"replied", 1}}, due: far,
			steps:   [][]act{received, {enter(5*sec, s.ticket, "replied")}, {end(8*sec, s.ticket.Complete)}},
			pledges: []pledge{answered.kept(5 * sec), solved.kept(8 * sec)},
		},
		{
			name: "paused", reason: "the due time is later by the time in the stage that waits for the customer",
			journey: s.ticket, began: 10 * sec, outcome: event.Completed, due: far,
			entered: []visited{{"received", 1}, {"waiting", 1}, {"working", 1}, {"replied", 1}},
			steps: [][]act{
				received,
				{enter(2*sec, s.ticket, "waiting")},
				{enter(6*sec, s.ticket, "working")},
				{enter(7*sec, s.ticket, "replied"), end(8*sec, s.ticket.Complete)},
			},
			pledges: []pledge{answered.pausedFor(4 * sec).kept(7 * sec), solved.kept(8 * sec)},
		},
		{
			name: "kept twice", reason: "a promise that is made again after it was settled is another one",
			journey: s.ticket, began: 10 * sec, outcome: event.Completed, due: far,
			entered: []visited{{"received", 1}, {"replied", 1}, {"received", 2}, {"replied", 2}},
			steps: [][]act{
				received,
				{enter(3*sec, s.ticket, "replied"), enter(4*sec, s.ticket, "received")},
				{enter(5*sec, s.ticket, "replied")},
				{end(6*sec, s.ticket.Complete)},
			},
			pledges: []pledge{answered.kept(3 * sec), by("answered", 4*sec, 4*sec+far).again(2).kept(5 * sec), solved.kept(6 * sec)},
		},
		{
			name: "completed while open", reason: "an end that does not keep a promise withdraws it",
			journey: s.ticket, began: 10 * sec, outcome: event.Completed, entered: []visited{{"received", 1}}, due: far,
			steps:   [][]act{received, {end(5*sec, s.ticket.Complete)}},
			pledges: []pledge{answered.withdrawn(5 * sec), solved.kept(5 * sec)},
		},
		{
			name: "cancelled while open", reason: "a cancellation withdraws all",
			journey: s.ticket, began: 10 * sec, outcome: event.Cancelled, entered: []visited{{"received", 1}}, due: far,
			steps:   [][]act{received, {end(5*sec, s.ticket.Cancel)}},
			pledges: []pledge{answered.withdrawn(5 * sec), solved.withdrawn(5 * sec)},
		},
		{
			name: "failed while open", reason: "a failure breaks all, at its time",
			journey: s.ticket, began: 10 * sec, outcome: event.Failed, entered: []visited{{"received", 1}}, due: far,
			steps:   [][]act{received, {end(5*sec, s.ticket.Fail)}},
			pledges: []pledge{answered.cutOff(5*sec, 5*sec), solved.cutOff(5*sec, 5*sec)},
		},
		{
			name: "moved by hand and kept", reason: "the promise is one, whichever process moves it",
			journey: s.ticket, began: 10 * sec, outcome: event.Completed, due: far,
			steps: [][]act{
				{start(s.ticket), promise(sec, s.ticket, "called-back", far)},
				{promise(2*sec, s.ticket, "called-back", 2*far)},
				{keep(3*sec, s.ticket, "called-back")},
				{end(4*sec, s.ticket.Complete)},
			},
			pledges: []pledge{by("called-back", sec, far).moved(2*sec, 2*far).kept(3 * sec), solved.kept(4 * sec)},
		},
		{
			name: "abandoned while open", reason: "the process that recorded it may be killed by then",
			journey: s.form, began: sec, outcome: event.Abandoned,
			steps:   [][]act{{start(s.form)}},
			pledges: []pledge{saved.cutOff(giveUp, giveUp+grace)},
		},
		{
			name: "never kept", reason: "no process has anything to do when it is due",
			journey: s.call, began: sec, outcome: event.Abandoned,
			steps:   [][]act{{start(s.call)}},
			pledges: []pledge{greeted.broken()},
		},
		{
			name: "by hand and never kept", reason: "a break by the first due time would be told too early",
			journey: s.call, began: 2 * sec, outcome: event.Abandoned, due: 4*sec + grace,
			steps:   [][]act{{start(s.call), promise(sec, s.call, "called-back", 4*sec)}, {promise(2*sec, s.call, "called-back", 7*sec)}},
			pledges: []pledge{greeted.broken(), called.moved(2*sec, 7*sec).broken()},
		},
		{
			name: "kept within the grace", reason: "the time of the keep counts, and not when a process hears of it",
			journey: s.call, began: 4 * sec, outcome: event.Completed, due: soon + grace,
			steps:   [][]act{{start(s.call)}, {touch(soon-sec, s.hello)}, {end(soon+sec/2, s.call.Complete)}},
			pledges: []pledge{greeted.kept(soon)},
		},
		{
			name: "kept late", reason: "the break stays, and the keep is reported as late",
			journey: s.call, began: 5 * sec, outcome: event.Abandoned, due: rejoined,
			steps:   [][]act{{start(s.call)}, {touch(4*sec, s.hello)}},
			pledges: []pledge{greeted.broken().late(5 * sec)},
		},
		{
			name: "kept late and completed", reason: "an end decides what was due before it",
			journey: s.call, began: 5 * sec, outcome: event.Completed, entered: []visited{{"talk", 1}}, due: rejoined,
			steps:   [][]act{{start(s.call)}, {enter(4*sec, s.call, "talk")}, {end(5*sec, s.call.Complete)}},
			pledges: []pledge{greeted.broken().toldFrom(soon).late(4 * sec)},
		},
	}
}

// settled says which promise an event is about, and what the event says of it.
type settled struct {
	name   string
	number int
	due    time.Time
	late   bool
	wait   time.Duration // how long the customer had waited
}

// wantPledges adds the required events of the run's promises. The run began at that time.
func (p *plan) wantPledges(all map[event.ID]want, j event.Run, n int, began time.Time, timely bool) {
	add := func(transition string, w want) {
		w.run, w.what, w.may = n, transition, !timely
		all[flight.DeriveID(j, transition)] = w
	}
	for i := range p.pledges {
		g := &p.pledges[i]
		base := "promise/" + g.name + "/" + strconv.Itoa(g.number)
		for k, made := range g.made {
			at, due := began.Add(made), began.Add(g.dues[k])
			add(base+"/made/"+strconv.FormatInt(at.UnixNano(), 10)+"/"+strconv.FormatInt(due.UnixNano(), 10), want{
				kind: event.PromiseMade, at: at, told: at, promise: settled{name: g.name, number: g.number, due: due},
			})
		}
		at, due, wait := began.Add(g.at), began.Add(g.due), g.at-g.made[0]
		if g.cut {
			wait = 0 // the end says nothing of how long it would have taken
		}
		add(base, want{kind: g.kind, at: at, told: began.Add(g.told), promise: settled{g.name, g.number, due, false, wait}})
		if g.after != 0 {
			at := began.Add(g.after)
			add(base+"/late", want{kind: event.PromiseKept, at: at, told: at, promise: settled{g.name, g.number, due, true, g.after - g.made[0]}})
		}
	}
}

// plansOf returns the plans of the customers.
func plansOf(promises bool) []plan {
	if promises {
		return newSupport().plans()
	}
	return newVocabulary().plans()
}

// agree returns an error if the made and the settled promises of a run are not the same.
func (l *books) agree() error {
	type one struct {
		run, name string
		number    int
	}
	made, over := map[one]bool{}, map[one]int{}
	for _, es := range l.events {
		switch said := es[0].said; {
		case said.kind == event.PromiseMade:
			made[one{said.run, said.promise.name, said.promise.number}] = true
		case said.promise.name != "" && !said.promise.late:
			over[one{said.run, said.promise.name, said.promise.number}]++
		}
	}
	for p := range made {
		if over[p] != 1 {
			return fmt.Errorf("the promise %+v was settled %d times", p, over[p])
		}
	}
	for p := range over {
		if !made[p] {
			return fmt.Errorf("the promise %+v was settled and not made", p)
		}
	}
	return nil
}

// checkPromise compares what an event says of a promise with what is wanted.
func checkPromise(fault func(format string, args ...any), w want, first meaning) {
	if !first.time.Equal(w.at) || first.promise != w.promise {
		fault("%q of %s is %+v, want it at %v of %+v", w.what, runID(w.run), first, w.at, w.promise)
	}
}

// early returns an error if an event about a promise was told before it may be.
func (l *books) early(wants map[event.ID]want) error {
	for id, w := range wants {
		for _, e := range l.events[id] {
			if !w.may && e.told.Before(w.told) {
				return fmt.Errorf("%q of %s was told at %v, %v too early: %v", w.what, runID(w.run), e.told, w.told.Sub(e.told), e)
			}
		}
	}
	return nil
}
