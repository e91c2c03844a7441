package feedback

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/digest"
	"cairncx.dev/cairn/internal/flight"
)

// Shown records survey.shown: the customer has seen the question. A second one changes nothing. It does nothing for a request that was
// refused. As [Request.Dismissed] and [Request.Bounced], it says nothing of the request of another survey, and nothing by a delegate or a probe: that
// is the fault request_mismatch. But for Bounced the same holds of another customer. As every recording method it never blocks, panics or returns an error.
func (r *Request) Shown(ctx context.Context, opts ...Option) {
	r.became(ctx, event.SurveyShown, 0, opts)
}

// Dismissed records that the customer has closed the question, or refuses to answer. A request ends once: what comes later is not recorded,
// and an answer then counts as one without a request.
func (r *Request) Dismissed(ctx context.Context, opts ...Option) {
	r.became(ctx, event.SurveyClosed, event.SurveyDismissed, opts)
}

// Bounced records that the request did not reach the customer, as when a mail comes back. It ends the request as [Request.Dismissed] does.
// It still counts against [Every] and the caps of the contact policy: Release of [Request.Grant] frees it.
func (r *Request) Bounced(ctx context.Context, opts ...Option) {
	r.became(ctx, event.SurveyClosed, event.SurveyBounced, opts)
}

func (r *Request) became(ctx context.Context, kind event.Kind, end event.SurveyEnd, opts []Option) {
	if !r.OK() {
		return
	}
	of := recordOption(func(e *flight.Event) { e.Feedback.Request, e.Feedback.Ended = r.id, end })
	record(ctx, kind, r.survey, 0, append(opts[:len(opts):len(opts)], of))
}

// Answer returns the ID of the event with the answer to the request, if the customer answers: [WithdrawTestimonial] takes it. Every process
// derives the same one. It is zero for a request that was refused. A client that keeps no requests gives an answer another ID.
func (r *Request) Answer() event.ID {
	if !r.OK() {
		return event.ID{}
	}
	return digest.ID(digest.OfRequest(r.id, "answered"))
}

// Status is what has become of a request.
type Status struct {
	// Known says that the store knows the request.
	Known bool
	// Shown says that the customer has seen the question.
	Shown bool
	// Ended is how the request has ended; 0 is not yet. A request that has been over for long may have 0 too.
	Ended event.SurveyEnd
	// Over says that no answer counts any more, and no change of one.
	Over bool
	// Score is the last score of a request that is answered, and Amended how often it was changed.
	Score, Amended int
	// Expires is when the request expires; the zero time is not known.
	Expires time.Time
}

// Status asks the store what has become of the request, in one round trip, and waits until ctx is done at most. What other instances have
// recorded in the last moment may be missing. It returns an error without a client that keeps requests (cx.WithStore with a store that has
// shelves, or cx.WithContactsInMemory), for a request that was refused, and if the store does not answer.
func (r *Request) Status(ctx context.Context) (Status, error) {
	if ctx == nil {
		ctx = context.Background()
	}
	surveys := flight.SurveysFrom(ctx)
	switch {
	case !r.OK():
		return Status{}, fmt.Errorf("feedback: %w", errRefused)
	case surveys == nil:
		return Status{}, fmt.Errorf("feedback: %w: %w", ErrNotKept, errNoClient)
	}
	s, err := surveys.Requested(ctx, r.id)
	if err != nil {
		return Status{}, fmt.Errorf("feedback: the status of a request: %w", err)
	}
	return Status(s), nil
}

// Committed waits until the store has what this process has recorded of requests before the call, such as an answer, and returns the status of
// this request then. What the store has outlives this process: another one tells it. Without a store, with cx.WithContactsInMemory, it does not
// wait, and nothing outlives the process. It returns an error when ctx is done first, which says nothing of what the store
// takes later, and where [Request.Status] does. Safe for concurrent use.
func (r *Request) Committed(ctx context.Context) (Status, error) {
	if ctx == nil {
		ctx = context.Background()
	}
	if surveys := flight.SurveysFrom(ctx); surveys != nil && r.OK() {
		if err := surveys.Committed(ctx); err != nil {
			return Status{}, fmt.Errorf("feedback: what was recorded of a request: %w", err)
		}
	}
	return r.Status(ctx)
}

// ErrNotKept is the error of [Request.Status] where no client keeps requests: two answers to one request would count twice there.
var ErrNotKept = errors.New("requests for feedback are not kept")

var (
	errRefused  = errors.New("the request was refused, and has no status")
	errNoClient = errors.New("the context has no client that keeps requests: give one cx.WithStore or cx.WithContactsInMemory, and cx.WithCustomerKey, and set it with cx.NewContext or cx.SetDefault")
)
