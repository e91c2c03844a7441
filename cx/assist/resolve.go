package assist

import (
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// Resolution says how often one contact was enough. No number of it is complete without the coverage.
type Resolution struct {
	// Contacts is how many contacts there were, and Known how many of them have a customer and an intent, which [event.Other] is not. The
	// rest can be told to be neither a repeat nor resolved.
	Contacts, Known int
	// Repeats is how many of the known contacts came again: the same customer had contacted the company about the same intent within
	// the window before.
	Repeats int
	// Efforts is how many efforts are over and had a contact that a person answered, and FirstContact how many of them were resolved by
	// the first of these.
	Efforts, FirstContact int
	// Unanswered is how many efforts are over without a contact that a person answered, and Open how many are not over.
	Unanswered, Open int
}

// Coverage returns the share of the contacts whose customer and intent are known, and false without contacts.
func (r *Resolution) Coverage() (share float64, ok bool) { return ratio(r.Known, r.Contacts) }

// FirstContactResolution returns the share of the efforts that one answered contact resolved, as observed, and false if no effort is over.
func (r *Resolution) FirstContactResolution() (share float64, ok bool) {
	return ratio(r.FirstContact, r.Efforts)
}

// RepeatRate returns the share of the known contacts that came again, and false if none is known.
func (r *Resolution) RepeatRate() (share float64, ok bool) { return ratio(r.Repeats, r.Known) }

// Resolve finds the efforts in a list of contacts, in any order. Contacts of one customer with one intent are one effort as long as each
// begins within the window, which is more than 0, after the end of the one before; one at exactly the window is within. An effort is over
// when the window after its last contact has passed at until. It is resolved at the first contact if a person answered one contact and
// the customer contacted the company no more within the window, neither answered nor not; contacts before it that nobody answered do not
// matter.
//
// Events that are no contacts are left out: see [Tally.Add]. A contact after until is left out, too. Contacts that the company began
// ([event.Outbound]) are none of the customer's, and are left out.
//
// Source: first-contact resolution as observed, in the sense of "no repeat within the window" (SQM, ICMI). What employees claim and
// what customers answer are other numbers, and stand beside it.
func Resolve(contacts []event.Event, window time.Duration, until time.Time) Resolution {
	var r Resolution
	type who struct{ customer, intent string }
	efforts := map[who][]*event.Event{}
	for i := range contacts {
		e := &contacts[i]
		if contact(e) == nil || e.Direction == event.Outbound || e.Time.After(until) {
			continue
		}
		r.Contacts++
		customer := e.Customer.Hash
		if customer == "" {
			customer = e.Customer.ID
		}
		if customer == "" || e.Intent == "" || e.Intent == event.Other { // problems of several kinds are folded into it
			continue
		}
		r.Known++
		k := who{customer, e.Intent}
		efforts[k] = append(efforts[k], e)
	}
	for _, list := range efforts {
		r.efforts(list, window, until)
	}
	return r
}

// efforts counts the efforts in the contacts of one customer about one intent.
func (r *Resolution) efforts(list []*event.Event, window time.Duration, until time.Time) {
	slices.SortStableFunc(list, func(a, b *event.Event) int { return a.Time.Compare(b.Time) })
	for begin := 0; begin < len(list); {
		end, last := begin+1, over(list[begin])
		for end < len(list) && list[end].Time.Sub(last) <= window {
			if at := over(list[end]); at.After(last) {
				last = at
			}
			end++
		}
		r.Repeats += end - begin - 1
		r.effort(list[begin:end], until.Sub(last) > window)
		begin = end
	}
}

func over(e *event.Event) time.Time { return e.Time.Add(e.Duration) }

func (r *Resolution) effort(list []*event.Event, isOver bool) {
	n := 0
	for _, e := range list {
		if answered(e.Assisted) {
			n++
		}
	}
	switch {
	case !isOver:
		r.Open++
	case n == 0:
		r.Unanswered++
	default:
		r.Efforts++
		if n == 1 && answered(list[len(list)-1].Assisted) {
			r.FirstContact++
		}
	}
}
