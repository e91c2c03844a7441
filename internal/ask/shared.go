package ask

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/digest"
	"cairncx.dev/cairn/internal/engine"
	"cairncx.dev/cairn/internal/flight"
)

// sweepEvery is how often an instance looks for requests that are due.
const sweepEvery = 10 * time.Second

// Shared keeps requests in a store that other instances share. The engine commits what this instance hears; Shared tells what that
// comes to. It implements [engine.Host], and [Requests].
type Shared struct {
	eng   *engine.Engine[*request, *op, *done, heard]
	cfg   Config
	swept atomic.Int64 // when Sweep last looked, in Unix nanoseconds

	unasked unasked
}

var (
	_ engine.Host[*request, *op, *done, heard] = (*Shared)(nil)
	_ Requests                                 = (*Shared)(nil)
)

// heard is what the instance that has heard of an op knows beside it. It is the zero value for an op that no event made.
type heard struct {
	e       *flight.Event // a copy
	request event.ID
}

type (
	item   = engine.Item[*op, heard]
	result = engine.Result[*request, *op, *done, heard]
)

// NewShared returns requests in the store, and three goroutines, until Shutdown.
func NewShared(cfg Config) *Shared {
	s := &Shared{cfg: cfg}
	s.eng = engine.New(engine.Config{
		Store: cfg.Store, Now: cfg.Now, Safe: cfg.Safe, Fault: cfg.Fault, QueueSize: cfg.QueueSize, Linger: cfg.Linger, Keep: keepOver,
	}, machine{}, s)
	return s
}

func (s *Shared) key(request event.ID) ledger.Key {
	return digest.RequestKey(s.cfg.Namespace, request)
}

// Take implements [Requests].
func (s *Shared) Take(e *flight.Event, life time.Duration) bool {
	kind, request, ok := kindOf(&e.Event)
	if !ok {
		return false
	}
	own := e.Copy()
	i := &item{Key: s.key(request), Op: opOf(own, kind, life), By: heard{own, request}}
	if !s.eng.Put(i) {
		s.cfg.Fault(fault.Report{Fault: fault.StoreFull, Name: e.Feedback.Survey, Detail: "a request for feedback is told outside metrics"})
		s.Uncommitted(i)
	}
	return true
}

// Deliver implements [engine.Host].
func (s *Shared) Deliver(r result) {
	if r.Item != nil && r.Item.By.e != nil && r.Done.full {
		s.cfg.noted(r.Item.By.e, r.Done)
	}
	if !r.Mine {
		return // another instance tells it, or there is nothing to tell
	}
	t := telling{state: r.State, op: r.Op, done: r.Done}
	if r.Item != nil {
		t.own = r.Item.By.e
	}
	if t.request = s.requestOf(r); t.request.IsZero() {
		return
	}
	if e := t.event(); e != nil {
		if r.Items == nil {
			e.Retell()
		}
		s.cfg.Tell(e)
	}
}

// requestOf returns the ID of the request: the key of the record is a digest of it.
func (*Shared) requestOf(r result) event.ID {
	if r.Item != nil && r.Item.By.e != nil {
		return r.Item.By.request
	}
	log := r.Op.event
	if r.Op.kind == opPass {
		log = r.State.asked
	}
	e := parsed(log)
	if e == nil {
		return event.ID{}
	}
	_, request, _ := kindOf(&e.Event)
	return request
}

// Late implements [engine.Host].
func (s *Shared) Late(i *item, r *request, known bool) {
	if i.By.e == nil {
		return
	}
	d := &done{late: true}
	if known {
		d.stray = r.strays(i.Op)
	} else {
		r = nil
	}
	s.cfg.late(&s.unasked, i.By.e, i.By.request, r, i.Op, d)
}

// Uncommitted implements [engine.Host].
func (s *Shared) Uncommitted(i *item) {
	e := i.By.e
	if e == nil {
		return
	}
	switch i.Op.kind { //nolint:exhaustive // a request has its ID, and time has no event
	case opShown:
		e.ID = derived(i.By.request, "shown")
	case opAnswered:
		e.ID = AnswerID(i.By.request)
	case opClosed:
		e.ID = derived(i.By.request, "closed")
	}
	s.cfg.Uncommitted(e)
}

// Synced implements [engine.Host].
func (*Shared) Synced(ledger.Key, *request) {}

// Closed implements [engine.Host].
func (*Shared) Closed(ledger.Key) {}

// Concerns implements [engine.Host]. An item that does not say whose it is may be the customer's.
func (*Shared) Concerns(i *item, customer string) bool {
	e := i.By.e
	return e != nil && (e.Customer.Hash == customer || e.Customer.Hash == "")
}

// Look implements [Requests]. It is one round trip to the store.
func (s *Shared) Look(ctx context.Context, id event.ID) (flight.Requested, error) {
	read := ledger.Change{Key: s.key(id), If: []byte("no log is this"), Replace: []byte{}}
	records, err := s.cfg.Store.Write(ctx, []ledger.Change{read})
	switch {
	case err != nil:
		return flight.Requested{}, fmt.Errorf("the request: %w", err)
	case len(records) != 1:
		return flight.Requested{}, errRecords
	case records[0].Closed:
		return flight.Requested{Known: true, Over: true}, nil
	}
	r, _, err := readLog(records[0].Log)
	if err != nil {
		return flight.Requested{}, fmt.Errorf("the request: %w", err)
	}
	return r.requested(), nil
}

// Sweep implements [Requests]. It looks at the store each ten seconds at most.
func (s *Shared) Sweep(ctx context.Context) {
	now := time.Now().UnixNano()
	if last := s.swept.Load(); last == 0 || now-last >= int64(sweepEvery) {
		s.swept.Store(now)
		_ = s.eng.Sweep(ctx) // it has been reported
	}
}

// Due implements [Requests]. Only the store knows what is due.
func (*Shared) Due(time.Time) bool { return true }

// Drain implements [Requests].
func (s *Shared) Drain(ctx context.Context) error { return s.eng.Drain(ctx) }

// Flush implements [Requests].
func (s *Shared) Flush(ctx context.Context) error { return s.eng.Flush(ctx) }

// Forget implements [Requests].
func (s *Shared) Forget(ctx context.Context, customer string) error {
	_, err := s.eng.Forget(ctx, customer, func() {})
	return err
}

// Shutdown implements [Requests].
func (s *Shared) Shutdown(ctx context.Context) error { return s.eng.Shutdown(ctx) }

// Stopped implements [Requests].
func (s *Shared) Stopped() <-chan struct{} { return s.eng.Stopped() }
