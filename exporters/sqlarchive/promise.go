package sqlarchive

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/event"
)

// A promise's row in promises is merged from its events as a run's row is: in Go within a batch, and in SQL with the existing row.
// The events themselves are in the table others.

// promiseKey identifies a promise of a run.
type promiseKey struct {
	runKey

	name   string
	number int64
}

func (k promiseKey) compare(o promiseKey) int {
	return cmp.Or(k.runKey.compare(o.runKey), cmp.Compare(k.name, o.name), cmp.Compare(k.number, o.number))
}

// promiseState is the content of a promise's row as some events of the promise give it.
type promiseState struct {
	key  promiseKey
	last int64 // the time of the last event

	made       known // the earliest that an event has
	due, dueAt known // of the latest event that has one
	settled    known // by the earliest event that settles it
	settledID  string
	outcome    string
	seconds    float64
	timed      bool // seconds is known
	customer   string
	customerAt known
}

// newPromise returns the state of the promise that one event gives. A keep that was heard of after the break was told is late
// and settles nothing.
func newPromise(e *event.Event, id event.ID) promiseState {
	at, p := micros(e.Time), e.Promise
	s := promiseState{
		key: promiseKey{keyOf(e), clean(p.Name), int64(p.Number)}, last: at, customer: clean(e.Customer.Hash),
	}
	switch {
	case !p.Made.IsZero():
		s.made = known{true, micros(p.Made)}
	case e.Kind == event.PromiseMade:
		s.made = known{true, at}
	}
	if !p.Due.IsZero() {
		s.due, s.dueAt = known{true, micros(p.Due)}, known{true, at}
	}
	if s.customer != "" {
		s.customerAt = known{true, at}
	}
	if e.Kind != event.PromiseMade && !e.Late {
		_, s.outcome, _ = strings.Cut(string(e.Kind), ".")
		s.settled, s.settledID = known{true, at}, id.String()
		s.seconds, s.timed = e.Duration.Seconds(), e.Duration != 0
	}
	return s
}

// merge merges the state of other events into s. Its orders are those of upsertPromise.
func (s *promiseState) merge(o *promiseState) {
	s.last = max(s.last, o.last)
	if o.made.ok && (!s.made.ok || o.made.us < s.made.us) {
		s.made = o.made
	}
	if later(o.dueAt, s.dueAt, cmp.Compare(o.due.us, s.due.us)) {
		s.due, s.dueAt = o.due, o.dueAt
	}
	if o.settled.ok && (!s.settled.ok || cmp.Or(cmp.Compare(o.settled.us, s.settled.us), cmp.Compare(o.settledID, s.settledID)) < 0) {
		s.settled, s.settledID, s.outcome = o.settled, o.settledID, o.outcome
		s.seconds, s.timed = o.seconds, o.timed
	}
	if later(o.customerAt, s.customerAt, cmp.Compare(o.customer, s.customer)) {
		s.customer, s.customerAt = o.customer, o.customerAt
	}
}

// kept has the state of each promise of a batch.
type kept map[promiseKey]*promiseState

// add adds what the event says about its promise, if it is one of a promise to a run. An event without a number does not say which of the
// promises of its name it is about: it is in the table others alone. It returns the buffer.
func (ps kept) add(e *event.Event, buf []byte) []byte {
	if !e.Kind.IsPromise() || e.Promise == nil || e.Promise.Name == "" || e.Promise.Number < 1 || e.Journey.IsZero() {
		return buf
	}
	var id event.ID
	id, buf = idOf(e, buf)
	s := newPromise(e, id)
	if old := ps[s.key]; old != nil {
		old.merge(&s)
		return buf
	}
	ps[s.key] = &s
	return buf
}

// sorted returns the promises in the order of their keys.
func (ps kept) sorted() []*promiseState {
	all := make([]*promiseState, 0, len(ps))
	for _, s := range ps {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *promiseState) int { return a.key.compare(b.key) })
	return all
}

// fillPromise makes r the promise's row.
func (r *row) fillPromise(s *promiseState) {
	r.cells = [numColumns]cell{}
	r.table = promises
	r.given(colNamespace, s.key.namespace)
	r.given(colJourney, s.key.journey)
	r.given(colRun, s.key.run)
	r.given(colPromise, s.key.name)
	r.int(colNumber, s.key.number)
	r.known(colMade, s.made)
	r.known(colDue, s.due)
	r.known(colDueAt, s.dueAt)
	r.known(colSettled, s.settled)
	r.text(colSettledID, s.settledID)
	r.text(colOutcome, s.outcome)
	if s.timed {
		r.cells[colDurationSeconds] = cell{typ: realCell, f: s.seconds}
	}
	r.text(colCustomer, s.customer)
	r.known(colCustomerAt, s.customerAt)
	r.micros(colLastEvent, s.last)
}

// promised merges the promises into their table.
func (s *sqlite) promised(ctx context.Context, ps kept) error {
	for _, p := range ps.sorted() {
		s.row.fillPromise(p)
		if _, err := s.put(ctx, &s.row, 0); err != nil {
			return err
		}
	}
	return nil
}

// upsertPromise is the clause after an INSERT INTO promises AS j. It merges as [promiseState.merge] does.
const upsertPromise = ` ON CONFLICT (run, journey, namespace, promise, number) DO UPDATE SET
  last_event = CASE WHEN excluded.last_event > j.last_event THEN excluded.last_event ELSE j.last_event END,
  made       = CASE WHEN j.made IS NULL OR excluded.made < j.made THEN excluded.made ELSE j.made END,
  due    = CASE WHEN ` + isDue + ` THEN excluded.due ELSE j.due END,
  due_at = CASE WHEN ` + isDue + ` THEN excluded.due_at ELSE j.due_at END,
  settled          = CASE WHEN ` + isSettled + ` THEN excluded.settled ELSE j.settled END,
  settled_id       = CASE WHEN ` + isSettled + ` THEN excluded.settled_id ELSE j.settled_id END,
  outcome          = CASE WHEN ` + isSettled + ` THEN excluded.outcome ELSE j.outcome END,
  duration_seconds = CASE WHEN ` + isSettled + ` THEN excluded.duration_seconds ELSE j.duration_seconds END,
  customer    = CASE WHEN ` + isPromised + ` THEN excluded.customer ELSE j.customer END,
  customer_at = CASE WHEN ` + isPromised + ` THEN excluded.customer_at ELSE j.customer_at END`

const (
	isDue      = `(j.due_at IS NULL OR (excluded.due_at, excluded.due) > (j.due_at, j.due))`
	isSettled  = `(j.settled IS NULL OR (excluded.settled, excluded.settled_id) < (j.settled, j.settled_id))`
	isPromised = `(j.customer_at IS NULL OR (excluded.customer_at, excluded.customer) > (j.customer_at, j.customer))`
)
