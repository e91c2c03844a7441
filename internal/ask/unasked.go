package ask

import (
	"sync"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
)

// maxUnasked bounds the answers of which an instance knows that it has told them without a request.
const maxUnasked = 1 << 12

// unasked are the last answers that were told without the request that they name. Safe for concurrent use; the zero value is ready.
type unasked struct {
	mu   sync.Mutex
	told over
}

// first reports whether no answer of this ID was told.
func (u *unasked) first(id event.ID) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.told.is[id] {
		return false
	}
	if u.told.is == nil {
		u.told.is = map[event.ID]bool{}
	}
	u.told.add(id, maxUnasked)
	return true
}

// late tells an answer to a request that has ended, or that is not the one of the answer: once, however often the customer sends it. Of the
// rest it only reports what is not of the request. The request is nil where nothing else is known of it.
func (c *Config) late(u *unasked, e *flight.Event, id event.ID, r *request, o *op, d *done) {
	if o.kind != opAnswered {
		if d.stray != 0 {
			c.noted(e, d)
		}
		return // it says nothing of a request that is over
	}
	if d.stray != 0 {
		r = nil // the answer is none of its customer, its run or its version
	}
	if e = late(e, id, r); u.first(e.ID) {
		c.noted(e, d)
		c.Tell(e)
	}
}

// noted reports what is not of its request, an answer that is too late for it, or a change of one that is left out.
func (c *Config) noted(e *flight.Event, d *done) {
	r := fault.Report{Fault: fault.RequestOver, Name: e.Feedback.Survey}
	switch {
	case d.full:
		r.Detail = "an answer was changed more than 16 times: the change is left out"
	case d.stray == ofSurvey:
		r.Fault, r.Detail = fault.RequestMismatch, "the request is of another survey or scale: an answer counts as one without a request, and all else says nothing of it"
	case d.stray == ofCustomer:
		r.Fault, r.Detail = fault.RequestMismatch, "another customer was asked: an answer counts as one without a request, and all else says nothing of it"
	default:
		r.Detail = "an answer to a request that has ended counts as one without a request"
	}
	c.Fault(r)
}

// Aside handles an event of a delegate or a probe that names a request: the request is one to the customer. An answer loses the request, which is
// left as it is. It reports whether the event says nothing without the request, and is not recorded.
func Aside(e *flight.Event, report func(fault.Report)) (drop bool) {
	if e.Actor != event.ActorDelegate && e.Actor != event.ActorSynthetic || e.Feedback == nil {
		return false
	}
	kind, _, ok := kindOf(&e.Event)
	if !ok || kind == opAsked {
		return false
	}
	report(fault.Report{
		Fault: fault.RequestMismatch, Name: e.Feedback.Survey,
		Detail: "the customer was asked, not the actor " + e.Actor.String() + ": an answer counts as one without a request, and all else says nothing of it",
	})
	e.OwnFeedback().Request = event.ID{}
	return kind != opAnswered
}
