package cx

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/ask"
	"cairncx.dev/cairn/internal/flight"
)

var _ flight.Surveys = recorder{}

// requests has what becomes of requests for feedback. It begins when it is needed, because it costs goroutines. The zero value keeps none.
type requests struct {
	begin func() ask.Requests // nil for a client that keeps none
	shelf ledger.Store        // nil for requests in memory
	once  sync.Once
	r     atomic.Pointer[ask.Requests]
}

// forget removes the requests of the customer. It begins nothing: a client that only forgets tells no requests of other instances.
func (q *requests) forget(ctx context.Context, customer string) error {
	switch r := q.begun(); {
	case r != nil:
		return r.Forget(ctx, customer)
	case q.shelf != nil:
		return ask.Forget(ctx, q.shelf, customer)
	default:
		return nil
	}
}

// begun returns the requests if they have begun, or nil.
func (q *requests) begun() ask.Requests {
	if r := q.r.Load(); r != nil {
		return *r
	}
	return nil
}

// get begins, and returns the requests, or nil for a client that keeps none. A client that is shut down begins nothing.
func (q *requests) get(c *Client) ask.Requests {
	if q.begin != nil && !c.closed.Load() {
		q.once.Do(func() {
			r := q.begin()
			q.r.Store(&r)
		})
	}
	return q.begun()
}

// take takes an event that says what becomes of a request for feedback, and reports whether it did. What a delegate or a probe says of one is
// left out. The event is shown later, when the span of the customer's HTTP request may have ended: that span gets its link to the journey now.
func (q *requests) take(ctx context.Context, c *Client, e *flight.Event) bool {
	if e.Feedback == nil || !ask.Concerns(&e.Event) {
		return false
	}
	if ask.Aside(e, func(r fault.Report) { c.fault(ctx, r) }) {
		return true
	}
	if q.begin == nil || !ask.Concerns(&e.Event) {
		return false
	}
	if !e.Journey.IsZero() && trace.SpanFromContext(ctx).IsRecording() && !shown(ctx, e) {
		c.telemetry.Request(ctx, &e.Journey, e.Trace())
	}
	r := q.get(c)
	return r != nil && r.Take(e, c.lifeOf(e))
}

// stopped returns a channel that is closed when nothing goes on.
func (q *requests) stopped() <-chan struct{} {
	q.once.Do(func() {}) // nothing begins any more
	if r := q.begun(); r != nil {
		return r.Stopped()
	}
	none := make(chan struct{})
	close(none)
	return none
}

// lifeOf returns how long a customer can answer a request of the event's survey.
func (c *Client) lifeOf(e *flight.Event) time.Duration {
	if s := c.resolver.SurveyNamed(e.Feedback.Survey); s != nil {
		return s.Expires()
	}
	return feedback.DefaultExpiry
}

// prepareRequests says where requests are kept: in the store of customers' records, if it has shelves, else in memory, if the application
// has said so. A replay keeps none: its log says what has become of them.
func (c *Client) prepareRequests(cfg *config) {
	store := cfg.contacts
	if store == nil {
		store = cfg.store
	}
	shelver, ok := store.(ledger.Shelver)
	ac := ask.Config{
		Now: c.clock.Now, Namespace: cfg.resolve.Namespace, Tell: c.toldRequest, Uncommitted: c.uncommitted,
		Safe: c.requestsSafe, Fault: func(r fault.Report) { c.RecordFault(context.Background(), r) },
	}
	switch {
	case c.replays || cfg.handOver:
	case ok:
		ac.Store = shelver.Shelf(ask.Shelf)
		c.requests.shelf = ac.Store
		ac.Fault = func(r fault.Report) {
			c.losses.note(r.Fault)
			if r.Name == "" {
				r.Name = fmt.Sprintf("%T", store)
			}
			c.RecordFault(context.Background(), r)
		}
		c.requests.begin = func() ask.Requests { return ask.NewShared(ac) }
		if c.resolver.Asks() { // requests of an earlier process may expire
			c.requests.get(c)
		}
	case cfg.localContacts:
		c.requests.begin = func() ask.Requests { return ask.NewLocal(ac) }
	}
}

// toldRequest takes what has become of a request through the rest of the steps. It was resolved when it was recorded.
func (c *Client) toldRequest(e *flight.Event) {
	ctx := c.within
	defer c.contain(ctx, "telling what became of a request for feedback")
	c.open(ctx, e, false)
	c.proceed(ctx, e, true, false)
}

// requestsSafe returns when what was told of requests would survive the end of this process.
func (c *Client) requestsSafe(ctx context.Context) error {
	if err := c.tracker.Drain(ctx); err != nil {
		return err
	}
	return c.safe(ctx)
}

func (c *Client) flushRequests(ctx context.Context) error {
	if r := c.requests.begun(); r != nil {
		if err := r.Flush(ctx); err != nil {
			return fmt.Errorf("requests for feedback: %w", err)
		}
	}
	return nil
}

func (c *Client) shutdownRequests(ctx context.Context) error {
	_ = c.requests.stopped()
	if r := c.requests.begun(); r != nil {
		if err := r.Shutdown(ctx); err != nil {
			return fmt.Errorf("requests for feedback: %w", err)
		}
	}
	return nil
}

// Survey implements [flight.Surveys].
func (r recorder) Survey(given event.Definition) event.Definition {
	s, ok := given.(*feedback.Survey)
	if !ok {
		return given
	}
	known, found := r.c.resolver.Survey(s)
	r.c.found(r.c.within, &found)
	if known == nil {
		return nil
	}
	return known
}

// Policy implements [flight.Surveys].
func (r recorder) Policy(purpose string) event.Definition {
	if p := r.c.resolver.Policy(purpose); p != nil {
		return p
	}
	return nil
}

// Pseudonym implements [flight.Surveys].
func (r recorder) Pseudonym(who event.Customer) (string, error) { return r.c.pseudonym(who) }

// Requested implements [flight.Surveys].
func (r recorder) Requested(ctx context.Context, id event.ID) (state flight.Requested, err error) {
	if r.c.closed.Load() {
		return state, fmt.Errorf("%w: %w", feedback.ErrNotKept, errShutDown)
	}
	q := r.c.requests.get(r.c)
	if q == nil {
		return state, fmt.Errorf("%w: %w", feedback.ErrNotKept, errNoShelf)
	}
	err = errPanicked //nolint:wastedassign // the answer when something below panics
	defer r.c.contain(ctx, "reading a request for feedback")
	return q.Look(ctx, id)
}

// Committed implements [flight.Surveys].
func (r recorder) Committed(ctx context.Context) error {
	if q := r.c.requests.begun(); q != nil {
		return q.Drain(ctx)
	}
	return nil
}
