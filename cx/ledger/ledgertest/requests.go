package ledgertest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/ask"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// requests are the clauses about requests for feedback, which are on a shelf.
var requests = []contract{
	{"requests: one answer", "a link is opened on several instances at once, and the response rate has each request once", oneAnswer},
	{"requests: an answer that is told again", "an answer of an instance that dies is not lost, and metrics do not count it twice", answerToldAgain},
	{"requests: expired once", "each instance looks for requests that have expired, and one of them says so", expiredOnce},
	{"requests: forgotten", "after the erasure nothing is told of the customer's requests", forgottenRequests},
}

// answerable is how long a customer can answer a request of the tests.
const answerable = 20 * time.Minute

// desk is several instances that keep requests on one shelf, and what they have told.
type desk struct {
	*suite

	mu   sync.Mutex
	told []flight.Event
}

// asking returns an instance that tells the desk. The caller shuts it down.
func (d *desk) asking(store ledger.Store, safe func(context.Context) error) *ask.Shared {
	tell := func(e *flight.Event) {
		d.mu.Lock()
		defer d.mu.Unlock()
		told := *e
		if d.alter != nil {
			d.alter(&told, &journey.State{})
		}
		d.told = append(d.told, told)
	}
	return ask.NewShared(ask.Config{
		Store: store, Now: time.Now, Namespace: "test", Tell: tell, Uncommitted: func(*flight.Event) {}, Safe: safe, Linger: time.Millisecond,
		Fault: func(fault.Report) {},
	})
}

// desks starts n instances, each on its own handle if connect returns different ones.
func (s *suite) desks(n int) (d *desk, all []*ask.Shared) {
	d = &desk{suite: s.on(ask.Shelf)}
	for range n {
		all = append(all, d.asking(d.connect(), nil))
	}
	s.Cleanup(func() {
		for _, i := range all {
			d.end(i)
		}
	})
	return d, all
}

func (d *desk) end(i *ask.Shared) {
	ctx, cancel := context.WithTimeout(context.Background(), d.patience)
	defer cancel()
	if err := i.Shutdown(ctx); err != nil {
		d.Errorf("Shutdown: %v", err)
	}
}

// settle lets each instance sweep, and flushes it.
func (d *desk) settle(all ...*ask.Shared) {
	d.Helper()
	ctx, cancel := context.WithTimeout(d.Context(), d.patience)
	defer cancel()
	var sweeping sync.WaitGroup
	for _, i := range all {
		sweeping.Go(func() { i.Sweep(ctx) })
	}
	sweeping.Wait()
	d.flush(all...)
}

// flush waits until what each instance took is in the store.
func (d *desk) flush(all ...*ask.Shared) {
	d.Helper()
	ctx, cancel := context.WithTimeout(d.Context(), d.patience)
	defer cancel()
	for _, i := range all {
		if err := i.Flush(ctx); err != nil {
			d.fail("Flush: %v", err)
		}
	}
}

// heir lets an instance that has just started sweep, until the desk was told enough: an instance sweeps again only after some seconds.
func (d *desk) heir(what string, enough func() bool) {
	d.Helper()
	d.eventually(what, func() bool {
		i := d.asking(d.connect(), nil)
		defer d.end(i)
		d.settle(i)
		return enough()
	})
}

// of returns what was told of the request, by the kind.
func (d *desk) of(request event.ID, kind event.Kind) (list []flight.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.told {
		e := &d.told[i]
		if e.Kind == kind && e.Feedback != nil && (e.Feedback.Request == request || kind == event.SurveyRequested && e.ID == request) {
			list = append(list, *e)
		}
	}
	return list
}

// saying returns an event about the request, of this age.
func (d *desk) saying(kind event.Kind, request event.ID, now time.Time, ago time.Duration, score int) *flight.Event {
	e := event.Event{Kind: kind, Time: now.Add(-ago).UTC(), Feedback: &event.Feedback{Survey: "ease", Scale: event.CES, Request: request, Score: score}}
	if kind == event.SurveyRequested {
		e.ID, e.Feedback.Request, e.Customer.Hash = request, event.ID{}, "alice"
	}
	return flight.Of(e)
}

// requestOf returns the ID of a request of this age. An ID says when it was made.
func requestOf(now time.Time, ago time.Duration) event.ID { return event.NewID(now.Add(-ago)) }

func oneAnswer(s *suite) {
	const instances, asked = 4, 12
	d, all := s.desks(instances)
	now := d.now()
	ids := make([]event.ID, asked)
	for i := range ids {
		ids[i] = requestOf(now, time.Minute)
		all[i%instances].Take(d.saying(event.SurveyRequested, ids[i], now, time.Minute, 0), answerable)
	}
	d.settle(all...)
	start := make(chan struct{})
	var running sync.WaitGroup
	for n, i := range all {
		running.Go(func() {
			<-start
			for k := range ids {
				id := ids[(k+n)%asked]
				i.Take(d.saying(event.SurveyShown, id, now, 50*time.Second, 0), answerable)
				i.Take(d.saying(event.FeedbackReceived, id, now, 40*time.Second, 5), answerable)
			}
		})
	}
	close(start)
	running.Wait()
	d.settle(all...)
	seen := map[event.ID]string{}
	for _, id := range ids {
		for _, kind := range []event.Kind{event.SurveyRequested, event.SurveyShown, event.FeedbackReceived} {
			told := d.of(id, kind)
			if len(told) != 1 {
				d.fail("%s was told %d times of a request, want once", kind, len(told))
			}
			e := &told[0]
			if was := seen[e.ID]; was != "" || e.ID.IsZero() || e.Retold() || e.Customer.Hash != "alice" {
				d.fail("%s has the ID %v, which is zero or that of %q, Retold() = %v, and the customer %q", kind, e.ID, was, e.Retold(), e.Customer.Hash)
			}
			seen[e.ID] = string(kind)
		}
		if told := d.of(id, event.FeedbackAmended); len(told) > 0 {
			d.fail("the same answer on several instances has changed itself")
		}
		state, err := all[0].Look(d.Context(), id)
		if err != nil || state.Ended != event.SurveyAnswered || !state.Shown || state.Score != 5 || state.Amended != 0 {
			d.fail("the request is %+v, %v, want it shown, and answered with 5", state, err)
		}
	}
	if want := 3 * asked; len(seen) != want {
		d.fail("%d events have IDs of their own, want %d", len(seen), want)
	}
}

// answerToldAgain: an instance tells an answer, which never becomes safe, and is killed.
func answerToldAgain(s *suite) {
	d, all := s.desks(1)
	now := d.now()
	id := requestOf(now, time.Minute)
	all[0].Take(d.saying(event.SurveyRequested, id, now, time.Minute, 0), answerable)
	d.settle(all...)
	var dead atomic.Bool
	store := &faulty{Store: d.connect(), behind: time.Hour}
	store.write = func(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
		if dead.Load() {
			return nil, errDown
		}
		return store.Store.Write(ctx, shortly(changes))
	}
	victim := d.asking(store, func(context.Context) error { return errDown })
	victim.Take(d.saying(event.FeedbackReceived, id, now, 30*time.Second, 3), answerable)
	d.eventually("the answer is told", func() bool { return len(d.of(id, event.FeedbackReceived)) > 0 })
	dead.Store(true)
	ctx, cancel := context.WithCancel(d.Context())
	cancel()
	if err := victim.Shutdown(ctx); err == nil {
		d.fail("the instance that was to be killed had nothing left to do")
	}
	<-victim.Stopped()
	d.heir("another instance tells the answer again", func() bool { return len(d.of(id, event.FeedbackReceived)) > 1 })
	d.settle(all...)
	told := d.of(id, event.FeedbackReceived)
	if len(told) != 2 {
		d.fail("the answer was told %d times, want twice", len(told))
	}
	was, is := &told[0], &told[1]
	if was.ID != is.ID || was.ID.IsZero() || was.Retold() || !is.Retold() || !is.Time.Equal(was.Time) || is.Feedback.Score != 3 || is.Customer.Hash != "alice" {
		d.fail("the answer has the ID %v and Retold() = %v, and then %v, %v, %d at %v by %q", was.ID, was.Retold(), is.ID, is.Retold(), is.Feedback.Score, is.Time, is.Customer.Hash)
	}
}

func expiredOnce(s *suite) {
	const instances, asked = 3, 8
	d, all := s.desks(instances)
	now := d.now()
	ids := map[event.ID]bool{}
	ago := answerable + time.Minute // it is known by now that nothing more comes
	for n := range asked {
		id := requestOf(now, ago)
		ids[id] = n%2 == 0
		if all[0].Take(d.saying(event.SurveyRequested, id, now, ago, 0), answerable); ids[id] {
			all[0].Take(d.saying(event.SurveyShown, id, now, ago-time.Minute, 0), answerable)
		}
	}
	d.flush(all...) // a sweep between the two events of a request would rightly end it as not shown
	d.settle(all...)
	d.heir("the requests have expired", func() bool {
		return !slices.ContainsFunc(slices.Collect(maps.Keys(ids)), func(id event.ID) bool { return len(d.of(id, event.SurveyClosed)) == 0 })
	})
	d.settle(all...)
	for id, shown := range ids {
		told := d.of(id, event.SurveyClosed)
		if len(told) != 1 {
			d.fail("survey.closed was told %d times of a request, want once", len(told))
		}
		if e := &told[0]; e.Feedback.Ended != event.SurveyExpired || e.Feedback.Shown != shown || !e.Time.Equal(now.Add(-time.Minute)) || e.Customer.Hash != "alice" {
			d.fail("a request has ended as %v, shown %v, at %v, by %q; want it expired, shown %v, at %v", e.Feedback.Ended, e.Feedback.Shown, e.Time, e.Customer.Hash, shown, now.Add(-time.Minute))
		}
	}
}

func forgottenRequests(s *suite) {
	d, all := s.desks(2)
	if _, ok := d.store.(ledger.Forgetter); !ok {
		d.Skip("the store does not implement ledger.Forgetter, which is optional")
	}
	now := d.now()
	open := requestOf(now, time.Minute)
	all[0].Take(d.saying(event.SurveyRequested, open, now, time.Minute, 0), answerable)
	d.settle(all...)
	if err := all[1].Forget(d.Context(), "alice"); err != nil {
		d.fail("%v", err)
	}
	all[0].Take(d.saying(event.SurveyShown, open, now, 30*time.Second, 0), answerable)
	d.settle(all...)
	if told := d.of(open, event.SurveyShown); len(told) > 0 {
		d.fail("a forgotten request was shown")
	}
	state, err := all[0].Look(d.Context(), open)
	if err != nil || !state.Over {
		d.fail("a forgotten request is %+v, %v, want it over", state, err)
	}
	if err := errors.Join(all[0].Forget(d.Context(), "nobody"), all[1].Forget(d.Context(), "alice")); err != nil {
		d.fail("forgetting again: %v", err)
	}
}
