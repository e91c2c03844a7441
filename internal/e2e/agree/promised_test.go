package agree_test

import (
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
)

// The promises of the words. Their times are multiples of a tick, so that some deeds happen at the very due time.
const (
	paidWithin     = 4 * time.Second
	answeredWithin = 2500 * time.Millisecond
	servedWithin   = 5 * time.Second
)

func promises() []journey.Option {
	return []journey.Option{
		journey.Promise("paid", paidWithin, journey.Since("cart"), journey.Until("payment")),
		journey.Promise("answered", answeredWithin, journey.SinceTouchpoint("browse"), journey.UntilTouchpoint("pay")),
		journey.Promise("served", servedWithin, journey.Pauses("payment")),
	}
}

// pledge is what the truth knows of the promises of one name.
type pledge struct {
	name    string
	within  time.Duration
	tillEnd bool

	lines   []string
	n       int
	open    bool
	due     time.Duration
	stopped time.Duration // since when the clock has stopped; -1 while it goes
	broken  bool          // the last one was broken, and no keep has come since
}

// pledges are the promises of a run.
type pledges struct{ paid, answered, served pledge }

func newPledges() *pledges {
	return &pledges{
		paid:     pledge{name: "paid", within: paidWithin, stopped: -1},
		answered: pledge{name: "answered", within: answeredWithin, stopped: -1},
		served:   pledge{name: "served", within: servedWithin, tillEnd: true, stopped: -1},
	}
}

func (p *pledges) all() []*pledge { return []*pledge{&p.paid, &p.answered, &p.served} }

// see applies a deed. Visit says that it begins a visit to the stage.
func (p *pledges) see(d deed, stage string, visit bool) {
	for _, x := range p.all() {
		x.pass(d.at)
	}
	if d.born {
		p.served.make(d.at)
	}
	if visit && stage == "payment" {
		p.paid.keep(d.at)
		p.served.stopped = d.at
	}
	if visit && stage == "cart" {
		p.paid.make(d.at)
		p.served.goOn(d.at)
	}
	switch d.name {
	case "browse":
		p.answered.make(d.at)
	case "pay":
		p.answered.keep(d.at)
	default: // it says nothing of promises
	}
}

// end settles what is open when the run ends, and returns the lines of all promises.
func (p *pledges) end(at time.Duration, outcome event.Outcome) (lines []string) {
	for _, x := range p.all() {
		x.pass(at)
		switch {
		case !x.open && outcome == event.Completed && x.tillEnd:
			x.keep(at) // what was broken before is kept late
		case !x.open:
		case outcome == event.Completed && x.tillEnd:
			x.settle("kept", at)
		case outcome == event.Completed:
			x.settle("withdrawn", at)
		default:
			x.settle("broken", at)
		}
		lines = append(lines, x.lines...)
	}
	return lines
}

// pass breaks the promise if its due time is before that moment.
func (x *pledge) pass(at time.Duration) {
	if x.open && x.stopped < 0 && x.due < at {
		x.settle("broken", x.due)
		x.broken = true
	}
}

func (x *pledge) make(at time.Duration) {
	if x.open {
		return
	}
	x.open, x.broken, x.due = true, false, at+x.within
	x.n++
	x.lines = append(x.lines, fmt.Sprintf("promise.made %s/%d", x.name, x.n))
}

func (x *pledge) keep(at time.Duration) {
	switch {
	case x.open:
		x.settle("kept", at)
	case x.broken:
		x.broken = false
		x.settle("kept late", at)
	}
}

// goOn lets the clock go on.
func (x *pledge) goOn(at time.Duration) {
	if x.open && x.stopped >= 0 {
		x.due += at - x.stopped
	}
	x.stopped = -1
}

func (x *pledge) settle(how string, at time.Duration) {
	x.open = false
	x.lines = append(x.lines, fmt.Sprintf("promise.%s %s/%d at %v due %v", how, x.name, x.n, at, x.due))
}

// toldOf returns the line of an event about a promise. When a promise was made follows from its due time.
func toldOf(e *event.Event, began time.Time) string {
	p := e.Promise
	if e.Kind == event.PromiseMade {
		return fmt.Sprintf("%s %s/%d", e.Kind, p.Name, p.Number)
	}
	how := string(e.Kind)
	if e.Late {
		how += " late"
	}
	return fmt.Sprintf("%s %s/%d at %v due %v", how, p.Name, p.Number, e.Time.Sub(began), p.Due.Sub(began))
}
