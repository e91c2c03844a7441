package customer

import (
	"cmp"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// The bounds of what a record has of efforts.
const (
	maxEfforts    = 16 // open, of all intents
	maxKnown      = 16 // contacts of one effort that are told apart; earlier ones are only counted
	maxSteps      = 16 // steps of self-service that failed, at least maxEfforts
	maxEffortSpan = int64(time.Hour) * 24 * 365
)

// effort is one matter of the customer: contacts with one intent, each within the window of those before. Times are event time.
type effort struct {
	intent string
	window int64
	grace  int64 // for contacts that are recorded late
	told   bool  // it is over and is being told: what comes now is in another effort
	before earlier
	known  []met // the latest contacts in the order of their beginnings
}

// earlier are the contacts of an effort before the ones that are told apart.
type earlier struct {
	contacts, answered, switches int64
	first                        event.ID
	began, ended                 int64
	channel                      event.Channel // of the last one that has one
}

// met is one contact with people, or with the company's bot.
type met struct {
	id         event.ID
	start, end int64
	channel    event.Channel
	answered   bool // by an employee
	claimed    event.YesNo
}

// step is a touchpoint of self-service that failed.
type step struct {
	intent, touchpoint string
	at                 int64
	window, grace      int64
}

// before orders contacts by their beginnings. If two begin at one time, the answered one is the later: the customer has not come
// again after it. Otherwise what is said of them decides, so that no number follows from their IDs, which are random. The ID makes the
// order the same for every instance.
func (m *met) before(n *met) int {
	return cmp.Or(cmp.Compare(m.start, n.start), cmp.Compare(boolByte(m.answered), boolByte(n.answered)), cmp.Compare(m.end, n.end),
		cmp.Compare(m.channel, n.channel), cmp.Compare(m.claimed, n.claimed), slices.Compare(m.id[:], n.id[:]))
}

// switches returns 1 if a contact on the channel follows one on another channel, and else 0. A channel that is not known is none.
func switches(from, to event.Channel) int64 {
	if from == 0 || to == 0 || from == to {
		return 0
	}
	return 1
}

// began returns when the first contact of the effort began.
func (f *effort) began() int64 {
	if f.before.contacts > 0 {
		return f.before.began
	}
	return f.known[0].start
}

// ended returns when the contacts of the effort were over.
func (f *effort) ended() (at int64) {
	at = f.known[0].end
	if f.before.contacts > 0 {
		at = max(at, f.before.ended)
	}
	for i := range f.known {
		at = max(at, f.known[i].end)
	}
	return at
}

// over returns when the effort is told: a contact that was recorded by then may still join it.
func (f *effort) over() int64 { return f.ended() + f.window + f.grace }

// has reports whether the contact is in the effort. It does not know the IDs of contacts that are only counted.
func (f *effort) has(id event.ID) bool {
	return slices.ContainsFunc(f.known, func(m met) bool { return m.id == id })
}

// near reports whether a contact from start to end is of the effort.
func (f *effort) near(start, end, window int64) bool {
	return start-f.ended() <= window && f.began()-end <= window
}

// meet enters a contact. It joins every open effort of the intent to which it is near, which makes them one, or begins one.
//
// A contact whose own effort would be over by now is late, and joins none: an effort that it has been in before may have been told.
func (r *record) meet(e *entry) result {
	m := met{e.id, e.when, max(e.when, e.end), e.channel, e.answered, e.claimed}
	if m.end+e.life+e.asked < r.floor {
		return result{problem: late}
	}
	for i := range r.efforts {
		if f := &r.efforts[i]; f.intent == e.purpose && f.has(m.id) {
			return result{effort: r.soFar(f, m.id)} // the entry is in the log twice
		}
	}
	into := -1
	for i := 0; i < len(r.efforts); i++ {
		f := &r.efforts[i]
		switch {
		case f.told || f.intent != e.purpose || !f.near(m.start, m.end, e.life):
		case into < 0:
			into = i
		default:
			r.efforts[into].join(f)
			r.efforts = slices.Delete(r.efforts, i, i+1)
			i--
		}
	}
	if into < 0 {
		if len(r.efforts) >= maxEfforts {
			return result{problem: full}
		}
		into = len(r.efforts)
		r.efforts = append(r.efforts, effort{intent: e.purpose})
	}
	f := &r.efforts[into]
	f.window, f.grace = e.life, e.asked
	f.add(m)
	r.customer = e.ref
	return result{effort: r.soFar(f, m.id)}
}

// join adds the contacts of another effort, which a contact has shown to be the same.
func (f *effort) join(g *effort) {
	switch {
	case g.before.contacts == 0:
	case f.before.contacts == 0:
		f.before = g.before
	default:
		first, last := &f.before, &g.before
		if g.before.began < f.before.began {
			first, last = last, first
		}
		both := *first
		both.contacts += last.contacts
		both.answered += last.answered
		both.switches += last.switches
		both.ended, both.channel = max(both.ended, last.ended), cmp.Or(last.channel, both.channel)
		f.before = both
	}
	for _, m := range g.known {
		f.add(m)
	}
}

// add adds a contact at its place. Beyond the bound the earliest one is only counted.
func (f *effort) add(m met) {
	at, _ := slices.BinarySearchFunc(f.known, m, func(a, b met) int { return a.before(&b) })
	f.known = slices.Insert(f.known, at, m)
	if len(f.known) <= maxKnown {
		return
	}
	old := f.known[0]
	f.known = slices.Delete(f.known, 0, 1)
	b := &f.before
	if b.contacts == 0 {
		b.first, b.began, b.ended = old.id, old.start, old.end
	}
	b.switches += switches(b.channel, old.channel)
	if old.start < b.began { // it is late: the contacts before it are only counted
		b.first, b.began = old.id, old.start
	}
	b.contacts++
	b.ended, b.channel = max(b.ended, old.end), cmp.Or(old.channel, b.channel)
	if old.answered {
		b.answered++
	}
}

// stumble enters a step of self-service that failed.
func (r *record) stumble(e *entry) result {
	s := step{e.purpose, e.text, e.when, e.life, e.asked}
	if slices.ContainsFunc(r.steps, func(o step) bool { return o.intent == s.intent && o.touchpoint == s.touchpoint && o.at == s.at }) {
		return result{}
	}
	at, _ := slices.BinarySearchFunc(r.steps, s, func(a, b step) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.intent, b.intent), cmp.Compare(a.touchpoint, b.touchpoint))
	})
	if r.steps = slices.Insert(r.steps, at, s); len(r.steps) > maxSteps {
		first := max(0, slices.Index(r.begun(), false)) // there are fewer efforts than steps
		r.steps = slices.Delete(r.steps, first, first+1)
	}
	return result{}
}

// begun reports for each step whether an open effort began from it.
func (r *record) begun() []bool {
	begun := make([]bool, len(r.steps))
	for i := range r.efforts {
		if n := r.from(&r.efforts[i]); n >= 0 {
			begun[n] = true
		}
	}
	return begun
}

// from returns the index of the step that failed last before the first contact of the effort, within its window, or -1.
func (r *record) from(f *effort) int {
	began := f.began()
	for i, s := range slices.Backward(r.steps) {
		if s.intent == f.intent && s.at <= began {
			if began-s.at <= f.window {
				return i
			}
			return -1
		}
	}
	return -1
}

// passSteps drops the steps that no contact can follow any more, and keeps those from which an effort began.
func (r *record) passSteps() {
	if len(r.steps) == 0 {
		return
	}
	keep := r.begun()
	kept := r.steps[:0]
	for i, s := range r.steps {
		if keep[i] || s.at+s.window+s.grace >= r.floor {
			kept = append(kept, s)
		}
	}
	r.steps = kept
}

// Effort is an effort as the record knows it.
type Effort struct {
	event.Effort

	ID       event.ID // of its event contact.resolved
	Customer string
	Intent   string
	Ended    time.Time     // of the last contact
	Channel  event.Channel // of the last contact that has one
	Claimed  event.YesNo   // of the last answered contact
	Again    bool          // it may have been told before
}

// soFar returns the effort. With the ID of a contact it has what was known at that contact: the contacts that began later are left out.
func (r *record) soFar(f *effort, at event.ID) *Effort {
	b := &f.before
	n := Effort{Customer: r.customer, Intent: f.intent, Channel: b.channel, Ended: instant(f.ended())}
	n.Effort = event.Effort{
		Began: instant(f.began()), Window: event.Seconds(f.window), Contacts: int(b.contacts), Answered: int(b.answered), Switches: int(b.switches),
	}
	for i := range f.known {
		m := &f.known[i]
		n.Switches += int(switches(n.Channel, m.channel))
		n.Contacts++
		n.Channel = cmp.Or(m.channel, n.Channel)
		if m.answered {
			n.Answered++
			n.Claimed = m.claimed
		}
		if m.id == at {
			break
		}
	}
	if i := r.from(f); i >= 0 {
		n.From = r.steps[i].touchpoint
	}
	return &n
}

// first returns the ID of the first contact of the effort.
func (f *effort) first() event.ID {
	if f.before.contacts > 0 {
		return f.before.first
	}
	return f.known[0].id
}

// freeze marks the efforts that are over now, and returns all that are to be told.
func (r *record) freeze() (over []Effort) {
	for i := range r.efforts {
		f := &r.efforts[i]
		before := f.told
		if f.told = f.told || f.over() < r.floor; f.told {
			e := r.soFar(f, event.ID{})
			e.Again = before
			e.FirstContact = e.Answered == 1 && f.known[len(f.known)-1].answered
			e.ID = effortID(r.customer, f)
			over = append(over, *e)
		}
	}
	return over
}

// settle removes the efforts that were told, and reports whether there were any.
func (r *record) settle(told []Effort) bool {
	n := len(r.efforts)
	r.efforts = slices.DeleteFunc(r.efforts, func(f effort) bool {
		return f.told && slices.ContainsFunc(told, func(e Effort) bool { return e.ID == effortID(r.customer, &f) })
	})
	r.passSteps()
	return len(r.efforts) < n
}

// restsEfforts returns when an effort is to be told next, or the last step counts no more; 0 says that there is neither.
func (r *record) restsEfforts() (at int64) {
	sooner := func(t int64) {
		if at == 0 || t < at {
			at = t
		}
	}
	for i := range r.efforts {
		if !r.efforts[i].told {
			sooner(r.efforts[i].over())
		}
	}
	if len(r.efforts) == 0 {
		for i := range r.steps {
			at = max(at, r.steps[i].at+r.steps[i].window+r.steps[i].grace)
		}
	}
	return at
}
