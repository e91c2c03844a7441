package customer

import (
	"slices"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// kind says what an entry is. The numbers are in the logs of stores, and never change.
type kind byte

const (
	opAsk         kind = 1
	opUse         kind = 2
	opKeep        kind = 3 // a grant lives longer than provisional
	opRelease     kind = 4
	opConsent     kind = 5
	opWithdraw    kind = 6
	opSuppress    kind = 7
	opLift        kind = 8
	opHold        kind = 9
	opCloseHold   kind = 10
	opRepresented kind = 11
	opMet         kind = 12 // a contact joins an effort
	opStumbled    kind = 13 // a step of self-service failed
	opAskOnce     kind = 14 // an ask with a topic, or one that is the use

	endOfKinds kind = 15
)

// entry is one entry of a log.
type entry struct {
	kind kind
	at   int64 // by the writer's clock

	id      event.ID // of a grant
	asked   int64    // opUse: when the grant was asked for; opMet, opStumbled: the grace of an effort
	life    int64    // opAsk, opUse, opKeep, opAskOnce: of the grant, in nanoseconds; opMet, opStumbled: the window of an effort
	purpose string   // opMet, opStumbled: the intent
	channel event.Channel
	terms   flight.Terms // opAsk, opUse, opAskOnce: Consent, Stops, Caps and Keep
	topic   string       // opAskOnce: what the contact is about, or ""
	atOnce  bool         // opAskOnce: the ask is the use

	when   int64 // of a fact; 0 is the time of the entry
	reason string
	text   string // the source of a fact, who lifts a suppression, the name of a hold, the touchpoint of a step
	ref    string // of a hold, or of a representative; opMet: the customer

	end      int64 // opMet: when the contact was over
	answered bool  // opMet: by an employee
	claimed  event.YesNo
}

// problem says why an amendment changed nothing, or not what it says.
type problem byte

const (
	noProblem problem = iota
	full              // the record has no room for more of this
	nothing           // there is nothing to lift or to close
	renewed           // the suppression was in force, and has a later time now
	known             // the suppression was in force, of the same or a later time
	late              // the effort of the contact would be over
	stays             // the suppression stays lifted, because it was lifted at a later time than its own
)

// result is what an entry did.
type result struct {
	answer  flight.Answer // of opAsk, opAskOnce and opUse
	problem problem
	effort  *Effort // of opMet: as it is at the contact
}

// apply changes the record by the entry. It depends on the record and the entry only.
func (r *record) apply(e *entry) result {
	r.pass(e.at)
	switch e.kind {
	case opAsk, opAskOnce:
		return result{answer: r.ask(e)}
	case opUse:
		return result{answer: r.use(e)}
	case opKeep:
		if i := r.find(e.id); i >= 0 && r.contacts[i].until != 0 {
			r.contacts[i].until = max(r.contacts[i].until, r.contacts[i].at+e.life)
		}
	case opRelease:
		r.release(e.id)
	case opConsent, opWithdraw:
		return result{problem: r.permit(permit{e.purpose, e.channel, e.kind == opConsent, r.when(e), e.text})}
	case opSuppress:
		return result{problem: r.suppress(suppression{reason: e.reason, purpose: e.purpose, channel: e.channel, at: r.when(e), source: e.text})}
	case opLift:
		return result{problem: r.lift(e)}
	case opHold:
		return result{problem: r.hold(e)}
	case opCloseHold:
		n := len(r.holds)
		r.holds = slices.DeleteFunc(r.holds, func(h hold) bool { return h.name == e.text && h.ref == e.ref })
		if len(r.holds) == n {
			return result{problem: nothing}
		}
	case opRepresented:
		if at := r.when(e); at >= r.represented {
			r.representative, r.represented = e.ref, at
		}
	case opMet:
		return r.meet(e)
	case opStumbled:
		return r.stumble(e)
	default: // the codec reads no other kind
	}
	return result{}
}

// when returns the time of the entry's fact.
func (r *record) when(e *entry) int64 {
	if e.when != 0 {
		return e.when
	}
	return r.floor
}

func (r *record) ask(e *entry) flight.Answer {
	if r.find(e.id) >= 0 {
		return flight.Answer{Rule: event.RuleGranted} // the entry is in the log twice
	}
	a := r.decide(e.purpose, e.channel, &e.terms, true)
	if a.OK() && e.terms.Keep > 0 {
		c := contact{id: e.id, purpose: e.purpose, topic: e.topic, channel: e.channel, at: r.floor, keep: int64(e.terms.Keep)}
		if !e.atOnce {
			c.until = r.floor + min(e.life, int64(provisional))
		}
		r.contacts = append(r.contacts, c)
	}
	return a
}

func (r *record) use(e *entry) flight.Answer {
	a := r.decide(e.purpose, e.channel, &e.terms, false)
	i := r.find(e.id)
	counted := e.terms.Keep > 0
	if a.OK() && (counted && i < 0 || !counted && r.floor-e.asked >= e.life) {
		a = flight.Answer{Rule: event.RuleLapsed}
	}
	switch {
	case !a.OK():
		r.release(e.id)
	case counted && r.contacts[i].until != 0:
		r.contacts[i].at, r.contacts[i].until = r.floor, 0
	}
	return a
}

func (r *record) release(id event.ID) {
	if i := r.find(id); i >= 0 {
		r.contacts = slices.Delete(r.contacts, i, i+1)
	}
}

// permit adds p, unless the customer has said something later of the same or of every channel. It replaces what it outdates.
func (r *record) permit(p permit) problem {
	for _, q := range r.permits {
		if q.purpose == p.purpose && (q.channel == p.channel || q.channel == 0) && q.at > p.at {
			return noProblem
		}
	}
	r.permits = slices.DeleteFunc(r.permits, func(q permit) bool {
		return q.purpose == p.purpose && (q.channel == p.channel || p.channel == 0) && q.at <= p.at
	})
	if len(r.permits) >= maxPermits {
		return full
	}
	r.permits = append(r.permits, p)
	return noProblem
}

// same reports whether the suppression is for this reason, purpose and channel.
func (s *suppression) same(reason, purpose string, channel event.Channel) bool {
	return s.reason == reason && s.purpose == purpose && s.channel == channel
}

// suppress adds s, or puts it in force again. One that is older than the last lift stays lifted.
func (r *record) suppress(s suppression) problem {
	i := slices.IndexFunc(r.suppressions, func(q suppression) bool { return q.same(s.reason, s.purpose, s.channel) })
	if i < 0 {
		if len(r.suppressions) >= maxSuppressions {
			return full
		}
		r.suppressions = append(r.suppressions, s)
		return noProblem
	}
	q := &r.suppressions[i]
	was := *q
	switch {
	case was.lifted && s.at < was.end:
		return stays
	case !was.lifted && s.at <= was.at:
		return known
	}
	if *q = s; was.lifted {
		return noProblem
	}
	return renewed
}

func (r *record) lift(e *entry) problem {
	at := r.when(e)
	for i := range r.suppressions {
		s := &r.suppressions[i]
		if s.same(e.reason, e.purpose, e.channel) && !s.lifted && at >= s.at {
			s.lifted, s.end, s.by = true, at, e.text
			return noProblem
		}
	}
	return nothing
}

func (r *record) hold(e *entry) problem {
	if slices.ContainsFunc(r.holds, func(h hold) bool { return h.name == e.text && h.ref == e.ref }) {
		return noProblem
	}
	if len(r.holds) >= maxHolds {
		return full
	}
	r.holds = append(r.holds, hold{e.text, e.ref, r.floor})
	return noProblem
}
