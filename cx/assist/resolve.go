package assist

import (
	"cmp"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// Resolution says how often one contact was enough. No number of it is complete without the coverage.
type Resolution struct {
	// Contacts is how many contacts there were, and Known how many of them have a customer and an intent, which [event.Other] is not. The
	// rest can be told to be neither a repeat nor resolved.
	Contacts int `json:"contacts"`
	Known    int `json:"known"`
	// Repeats is how many of the known contacts came again: the same customer had contacted the company about the same intent within
	// the window before. Switches is how many of these came on another channel than the contact before. Contacts without a channel are
	// passed over.
	Repeats  int `json:"repeats"`
	Switches int `json:"switches"`
	// Efforts is how many efforts are over and had a contact that a person answered, and FirstContact how many of them were resolved by
	// the first of these.
	Efforts      int `json:"efforts"`
	FirstContact int `json:"first_contact"`
	// Unanswered is how many efforts are over without a contact that a person answered, and Open how many are not over.
	Unanswered int `json:"unanswered"`
	Open       int `json:"open"`
	// Escalated is how many of the efforts that are over, answered or not, began after self-service had failed.
	Escalated int `json:"escalated"`
}

// Coverage returns the share of the contacts whose customer and intent are known, and false without contacts.
func (r *Resolution) Coverage() (share float64, ok bool) { return ratio(r.Known, r.Contacts) }

// FirstContactResolution returns the share of the efforts that one answered contact resolved, as observed, and false if no effort is over.
func (r *Resolution) FirstContactResolution() (share float64, ok bool) {
	return ratio(r.FirstContact, r.Efforts)
}

// RepeatRate returns the share of the known contacts that came again, and false if none is known.
func (r *Resolution) RepeatRate() (share float64, ok bool) { return ratio(r.Repeats, r.Known) }

// Resolve finds the efforts in a list of events, in any order. Contacts of one customer with one intent are one effort as long as each
// begins within the window, which is more than 0, after the end of those before; one at exactly the window is within. An effort is over
// when the window after its last contact has passed at until. It is resolved at the first contact if a person answered one contact and
// no contact began after it within the window, answered or not; unanswered contacts before it do not matter. It is
// escalated if a touchpoint without people failed for the same customer with the same intent, and was over at most the window before the
// first contact began.
//
// Other events are left out: see [Tally.Add]. What begins after until is left out, and so is a second event with the ID of another one.
// Contacts that the company began ([event.Outbound]) are none of the customer's, and are left out.
//
// The efforts that a client tells ([event.ContactResolved]) are the same, for contacts that are recorded within the client's grace, with
// three bounds: a client has at most 16 open efforts of one customer, knows the last 16 steps of the customer's self-service that failed,
// and counts the switches of an effort with more than 16 contacts exactly only if they are recorded in the order of their beginnings. A
// client also knows self-service that failed in the same run without an intent.
//
// Source: first-contact resolution as observed, in the sense of "no repeat within the window" (SQM, ICMI). What employees claim and
// what customers answer are other numbers, and stand beside it.
func Resolve(events []event.Event, window time.Duration, until time.Time) Resolution {
	var r Resolution
	matters := map[matterKey]*matter{}
	seen := map[event.ID]struct{}{}
	for i := range events {
		e := &events[i]
		called := contact(e) != nil
		if !called && !failedAlone(e) || e.Direction == event.Outbound || e.Time.After(until) {
			continue
		}
		if _, again := seen[e.ID]; again {
			continue
		}
		if !e.ID.IsZero() {
			seen[e.ID] = struct{}{}
		}
		key := matterKey{cmp.Or(e.Customer.Hash, e.Customer.ID), e.Intent}
		known := key.customer != "" && key.intent != "" && key.intent != event.Other // problems of several kinds are folded into it
		if called {
			r.Contacts++
		}
		if !known {
			continue
		}
		m := matters[key]
		if m == nil {
			m = new(matter)
			matters[key] = m
		}
		if called {
			r.Known++
			m.contacts = append(m.contacts, e)
		} else {
			m.failed = append(m.failed, over(e))
		}
	}
	for _, m := range matters {
		r.efforts(m, window, until)
	}
	return r
}

type matterKey struct{ customer, intent string }

// matter is what one customer has lived through about one intent.
type matter struct {
	contacts []*event.Event
	failed   []time.Time // when self-service was over that had failed
}

// failedAlone reports whether a customer has failed to help himself or herself.
func failedAlone(e *event.Event) bool {
	return e.Kind == event.TouchpointEnded && e.Assisted == nil && e.Outcome == event.Failed && e.Actor != event.ActorSynthetic
}

// inOrder compares two contacts by their beginnings. If two begin at one time, the answered one is the later: the customer has not
// come again after it. Otherwise their ends and channels decide, so that no number follows from their IDs, which are random.
func inOrder(a, b *event.Event) int {
	later := 0
	switch x, y := ByPerson(a.Assisted), ByPerson(b.Assisted); {
	case x && !y:
		later = 1
	case y && !x:
		later = -1
	}
	return cmp.Or(a.Time.Compare(b.Time), later, over(a).Compare(over(b)), cmp.Compare(a.Channel, b.Channel), slices.Compare(a.ID[:], b.ID[:]))
}

// efforts counts the efforts of the matter.
func (r *Resolution) efforts(m *matter, window time.Duration, until time.Time) {
	list := m.contacts
	slices.SortStableFunc(list, inOrder)
	for begin := 0; begin < len(list); {
		end, last := begin+1, over(list[begin])
		channel := list[begin].Channel
		for end < len(list) && list[end].Time.Sub(last) <= window {
			if at := over(list[end]); at.After(last) {
				last = at
			}
			if c := list[end].Channel; c != 0 {
				if channel != 0 && c != channel {
					r.Switches++
				}
				channel = c
			}
			end++
		}
		r.Repeats += end - begin - 1
		r.effort(list[begin:end], until.Sub(last) > window, m.escalated(list[begin].Time, window))
		begin = end
	}
}

// escalated reports whether self-service had failed within the window before an effort that began then.
func (m *matter) escalated(began time.Time, window time.Duration) bool {
	return slices.ContainsFunc(m.failed, func(at time.Time) bool { return !at.After(began) && began.Sub(at) <= window })
}

func over(e *event.Event) time.Time { return e.Time.Add(max(e.Duration, 0)) }

// effort counts one effort, whose contacts are in order.
func (r *Resolution) effort(list []*event.Event, isOver, escalated bool) {
	if !isOver {
		r.Open++
		return
	}
	n := 0
	for _, e := range list {
		if ByPerson(e.Assisted) {
			n++
		}
	}
	if escalated {
		r.Escalated++
	}
	if n == 0 {
		r.Unanswered++
		return
	}
	r.Efforts++
	if n == 1 && ByPerson(list[len(list)-1].Assisted) {
		r.FirstContact++
	}
}
