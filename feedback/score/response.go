package score

import (
	"cairncx.dev/cairn/cx/event"

	"cairncx.dev/cairn/internal/smallgroup"
)

// Response is what became of requests. Asked is the sum of the parts.
type Response struct {
	// Hidden means that the group is too small to be shown, or that a smaller one would follow from it. All numbers are then 0, but
	// for the Asked of a whole survey.
	Hidden bool `json:"hidden"`
	// Asked is the number of requests of the period.
	Asked int64 `json:"asked"`
	// Answered requests have an answer.
	Answered int64 `json:"answered"`
	// Dismissed requests were closed by the customer, and Bounced ones did not reach the customer.
	Dismissed int64 `json:"dismissed"`
	Bounced   int64 `json:"bounced"`
	// Seen requests expired after the customer had seen the question, and Unseen ones before.
	Seen   int64 `json:"seen_only"`
	Unseen int64 `json:"not_seen"`
	// Open requests may still be answered. While there are any, the rate can only rise.
	Open int64 `json:"open"`
	// Rate is Answered over Asked: RR1, the minimum response rate, of AAPOR's Standard Definitions. Seen requests are its partial ones.
	Rate Share `json:"rate,omitzero"`
}

// outcome adds requests up.
type outcome struct {
	Response
	asked  int64
	people smallgroup.People
}

func (o *outcome) add(r *request) {
	o.asked++
	o.people.Add(r.who)
	switch {
	case r.answered:
		o.Answered++
	case r.end == event.SurveyDismissed:
		o.Dismissed++
	case r.end == event.SurveyBounced:
		o.Bounced++
	case r.end == event.SurveyExpired && r.shown:
		o.Seen++
	case r.end == event.SurveyExpired:
		o.Unseen++
	default:
		o.Open++
	}
}

func (o *outcome) response(confidence float64, hidden bool) Response {
	if hidden {
		return Response{Hidden: true}
	}
	r := o.Response
	r.Asked = o.asked
	r.Rate = ShareOf(r.Answered, r.Asked, confidence)
	return r
}
