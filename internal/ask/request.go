package ask

import (
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/engine"
)

const (
	// maxAmendments is how often an answer may be changed.
	maxAmendments = 16
	// unknownFor is how long a request is kept of which nothing but what became of it is known.
	unknownFor = 30 * 24 * time.Hour
)

// request is the state of a record. Times are Unix nanoseconds.
type request struct {
	asked   []byte // the event survey.requested as JSON, or nil where it is not known
	expires int64  // 0 where it is not known
	who     string // the customer's pseudonym
	shown   bool
	end     event.SurveyEnd
	score   int64
	words   uint64
	amended int
	last    int64 // when the last op was written
	over    bool
	topic   topic // that of the request, or of what was heard of it first
}

// apply changes the request by the op, and returns what that did. It depends on both only.
func (r *request) apply(o *op) *done {
	d := &done{}
	if o.kind == opAlive {
		return d
	}
	if d.stray = r.strays(o); d.stray != 0 {
		d.late = true
		return d
	}
	if o.kind != opPass {
		r.last = max(r.last, o.sent)
		if r.who == "" {
			r.who = o.who
		}
		if r.topic == (topic{}) {
			r.topic = o.topic
		}
	}
	switch o.kind { //nolint:exhaustive // the codec reads no other kind
	case opAsked:
		if r.asked == nil {
			r.asked, r.expires = o.event, o.expires
			d.tells = event.SurveyRequested
			if r.end == 0 { // it was shown at most, which no answer follows from
				r.topic = o.topic
			}
		}
	case opShown:
		if d.late = r.over || r.expired(o); !d.late && !r.shown {
			r.shown = true
			d.tells = event.SurveyShown
		}
	case opAnswered:
		r.answer(o, d)
	case opClosed:
		if d.late = r.over || r.expired(o); !d.late && r.end == 0 {
			r.close(o.end, d)
		}
	case opPass:
		r.pass(o.at, d)
	}
	return d
}

// strays reports why the op is not of the request, or 0: it is of another survey, on another scale, or of a customer who is known to be
// another one. It says nothing of a request of which nothing is known.
func (r *request) strays(o *op) stray {
	switch {
	case o.kind != opShown && o.kind != opAnswered && o.kind != opClosed:
		return 0
	case r.topic.differs(o.topic):
		return ofSurvey
	case r.who != "" && o.who != "" && r.who != o.who && o.end != event.SurveyBounced: // that a mail came back says no customer
		return ofCustomer
	default:
		return 0
	}
}

// answer applies an answer.
func (r *request) answer(o *op, d *done) {
	switch {
	case r.over, r.end != 0 && r.end != event.SurveyAnswered, r.expired(o):
		d.late = true
	case r.end == 0:
		r.end, d.tells = event.SurveyAnswered, event.FeedbackReceived
		r.score, r.words = o.score, o.words
	case r.words == o.words: // the same form, again
	case r.amended >= maxAmendments:
		d.full = true
	default:
		r.amended++
		d.tells, d.amends, d.previous = event.FeedbackAmended, true, r.score
		r.score, r.words = o.score, o.words
	}
}

// expired reports whether the request had expired when the op happened. Where nothing is known of the request, because it was over long
// ago, its ID says when it was made.
func (r *request) expired(o *op) bool {
	if r.expires != 0 {
		return o.at >= r.expires
	}
	return o.expires != 0 && o.at >= o.expires
}

// close ends the request without an answer.
func (r *request) close(end event.SurveyEnd, d *done) {
	r.end, r.over = end, true
	d.tells, d.end, d.shown = event.SurveyClosed, end, r.shown
}

// pass applies the time until at.
func (r *request) pass(at int64, d *done) {
	if r.over || r.due() > at {
		return
	}
	if r.end == 0 && r.asked != nil {
		r.close(event.SurveyExpired, d)
	}
	r.over = true
}

// due returns when time ends the request.
func (r *request) due() int64 {
	if r.expires != 0 {
		return r.expires
	}
	return r.last + int64(unknownFor)
}

// passes reports whether time has ended the request by now.
func (r *request) passes(now time.Time) bool {
	return !r.over && r.due() <= now.Add(-engine.Grace).UnixNano()
}
