package customer

import (
	"context"
	"errors"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// Local keeps customers' records in the memory of this process. It answers as a [Book] does, by one clock, and never waits: no call
// looks at its context. No other instance knows its records, and they end with it. Safe for concurrent use. It has no goroutine.
type Local struct {
	now  func() time.Time
	most int // how many records there may be

	lost func(Loss) // of a contact that is in no effort; or nil

	mu      sync.Mutex
	records map[string]*record // by pseudonym
	tidied  time.Time          // when records were last removed
	overs   overs
}

// maxLocal bounds the records of a Local.
const maxLocal = 1 << 20

var errLocal = errors.New("the memory of this process has no room for more customers' records: use a store")

// NewLocal returns a Local with this clock. Lost is told of a contact that is in no effort; nil is not told.
func NewLocal(now func() time.Time, lost func(Loss)) *Local {
	return &Local{now: now, most: maxLocal, lost: lost, records: map[string]*record{}}
}

// Ask reserves the contact.
func (l *Local) Ask(_ context.Context, a *Asking) (flight.Answer, error) {
	at := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if a.Quiet != nil && a.Quiet(at) {
		return l.look(a, at, true), nil // nothing to reserve
	}
	r, err := l.record(a.Customer, at)
	if err != nil {
		return unknown(a.Terms), err
	}
	a.ID = event.NewID(at)
	answer := l.apply(r, a, a.entry(at))
	if answer.OK() && a.Terms.Life > provisional && !a.AtOnce {
		r.apply(&entry{kind: opKeep, at: at.UnixNano(), id: a.ID, life: int64(a.Terms.Life)})
	}
	return answer, nil
}

// Use commits that the contact is about to be made. In quiet hours it commits nothing. An answer that is no grant frees the grant.
func (l *Local) Use(_ context.Context, a *Asking) (flight.Answer, error) {
	at := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	r, err := l.record(a.Customer, at)
	if err != nil {
		return unknown(a.Terms), err
	}
	if a.Quiet != nil && a.Quiet(at) {
		answer := l.look(a, at, true)
		r.apply(&entry{kind: opRelease, at: at.UnixNano(), id: a.ID})
		return answer, nil
	}
	return l.apply(r, a, &entry{
		kind: opUse, at: at.UnixNano(), id: a.ID, life: int64(a.Terms.Life), asked: askedAt(a.ID), purpose: a.Purpose, channel: a.Channel, terms: *a.Terms,
	}), nil
}

// May answers as Ask would, and reserves nothing.
func (l *Local) May(_ context.Context, a *Asking) (flight.Answer, error) {
	at := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.look(a, at, a.Quiet != nil && a.Quiet(at)), nil
}

// Free frees the grant.
func (l *Local) Free(_ context.Context, a *Asking) {
	at := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.records[a.Customer]; r != nil {
		r.apply(&entry{kind: opRelease, at: at.UnixNano(), id: a.ID})
	}
}

// Amend changes the record of the subject.
func (l *Local) Amend(_ context.Context, subject string, m flight.Amendment) error {
	at := l.now()
	e, err := amending(m, at)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	r, err := l.record(subject, at)
	if err != nil {
		return err
	}
	return r.apply(e).problem.err()
}

// Forget empties the record of the customer, except for what says no.
func (l *Local) Forget(_ context.Context, customer string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.records[customer]; r != nil {
		if l.records[customer] = r.forgotten(); l.records[customer].empty() {
			delete(l.records, customer)
		}
	}
	return nil
}

// Close returns nil: nothing goes on in the background.
func (*Local) Close(context.Context) error { return nil }

// apply appends the entry of a question to the record. The addressee's suppressions refuse it too, and free it.
func (l *Local) apply(r *record, a *Asking, e *entry) flight.Answer {
	answer := r.apply(e).answer
	if reason, ok := l.suppressed(a); ok {
		r.release(a.ID)
		return flight.Answer{Rule: event.RuleSuppressed, Cause: reason}
	}
	return answer
}

// look answers without a reservation. Quiet says that it is in quiet hours, which is the answer if permits allow the contact.
func (l *Local) look(a *Asking, at time.Time, quiet bool) flight.Answer {
	r := l.records[a.Customer]
	if r == nil {
		r = &record{}
	}
	r.pass(at.UnixNano())
	answer := r.decide(a.Purpose, a.Channel, a.Terms, !quiet)
	if reason, ok := l.suppressed(a); ok {
		return flight.Answer{Rule: event.RuleSuppressed, Cause: reason}
	}
	if answer.OK() && quiet {
		return flight.Answer{Rule: event.RuleQuietHours}
	}
	return answer
}

// suppressed returns why the addressee must not be contacted, where it is not the customer.
func (l *Local) suppressed(a *Asking) (reason string, ok bool) {
	if a.Addressee == "" || a.Addressee == a.Customer {
		return "", false
	}
	if r := l.records[a.Addressee]; r != nil {
		return r.suppressed(a.Purpose, a.Channel)
	}
	return "", false
}

// record returns the record with the pseudonym, and makes a missing one. Where there is no room, it removes those with nothing in
// them, once a minute at most.
func (l *Local) record(pseudonym string, at time.Time) (*record, error) {
	if r := l.records[pseudonym]; r != nil {
		return r, nil
	}
	if len(l.records) >= l.most && at.Sub(l.tidied).Abs() >= tidyEvery {
		l.tidied = at
		for who, r := range l.records {
			if r.pass(at.UnixNano()); r.empty() {
				delete(l.records, who)
			}
		}
	}
	if len(l.records) >= l.most {
		return nil, errLocal
	}
	r := &record{}
	l.records[pseudonym] = r
	return r, nil
}
