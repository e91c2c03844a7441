package ask

import (
	"container/heap"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
)

// maxLocal bounds the requests of a Local, and those of which it knows that they are over.
const maxLocal = 1 << 16

var errRecords = errors.New("the store answered one change with another number of records")

// Local keeps requests in the memory of this process. It tells an event in the goroutine that it takes it from. It has no goroutine.
type Local struct {
	cfg  Config
	most int
	gone chan struct{}

	mu   sync.Mutex
	of   map[event.ID]*request
	dues dues // at most two for each request, and those of requests that are forgotten, which Forget removes
	over over

	unasked unasked
}

var _ Requests = (*Local)(nil)

// NewLocal returns requests in memory.
func NewLocal(cfg Config) *Local {
	gone := make(chan struct{})
	close(gone)
	return &Local{cfg: cfg, most: maxLocal, gone: gone, of: map[event.ID]*request{}, over: over{is: map[event.ID]bool{}}}
}

// Take implements [Requests].
func (l *Local) Take(e *flight.Event, life time.Duration) bool {
	kind, id, ok := kindOf(&e.Event)
	if !ok {
		return false
	}
	o := opOf(e, kind, life)
	o.key, o.sent = rand.Uint64()|1, l.cfg.Now().UnixNano() //nolint:gosec // unique, not secret
	l.mu.Lock()
	r, is := l.of[id]
	switch {
	case is:
	case l.over.is[id]:
		l.mu.Unlock()
		if kind == opAnswered {
			l.cfg.late(&l.unasked, e.Copy(), id, nil, o, &done{late: true})
		}
		return true
	case len(l.of) >= l.most:
		l.mu.Unlock()
		l.cfg.Fault(fault.Report{Fault: fault.StoreFull, Name: e.Feedback.Survey, Detail: "the memory of this process has no room for more requests for feedback: use a store"})
		return false
	default:
		r = &request{}
		l.of[id] = r
	}
	was := r.due()
	d := r.apply(o)
	if at := r.due(); !is || at < was { // a place that is too early is put right when it is due
		heap.Push(&l.dues, due{at, id})
	}
	own := e.Copy()
	if d.late {
		asked := *r
		l.mu.Unlock()
		l.cfg.late(&l.unasked, own, id, &asked, o, d)
		return true
	}
	told := l.told(r, o, d, id, own)
	l.mu.Unlock()
	if d.full {
		l.cfg.noted(own, d)
	}
	if told != nil {
		l.cfg.Tell(told)
	}
	return true
}

// told returns the event to tell, or nil.
func (*Local) told(r *request, o *op, d *done, request event.ID, own *flight.Event) *flight.Event {
	if d.tells == "" {
		return nil
	}
	return (&telling{request: request, state: r, op: o, done: d, own: own}).event()
}

// Look implements [Requests].
func (l *Local) Look(_ context.Context, id event.ID) (flight.Requested, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.of[id]; r != nil {
		return r.requested(), nil
	}
	over := l.over.is[id]
	return flight.Requested{Known: over, Over: over}, nil
}

// Sweep implements [Requests].
func (l *Local) Sweep(context.Context) {
	for {
		e, ok := l.next()
		if !ok {
			return
		}
		if e != nil {
			l.cfg.Tell(e)
		}
	}
}

// next ends a request by the time that has passed, and returns its event, or nil if it has none. It returns false if none is due. A request
// that has ended is kept until it would have been due, and then only that it is over.
func (l *Local) next() (e *flight.Event, ok bool) {
	now := l.cfg.Now().UnixNano()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.dues) == 0 || l.dues[0].at > now {
		return nil, false
	}
	x := heap.Pop(&l.dues).(due) //nolint:forcetypeassert // it has nothing else
	r := l.of[x.request]
	switch {
	case r == nil: // its other place was due before
		return nil, true
	case r.due() > now:
		heap.Push(&l.dues, due{r.due(), x.request})
		return nil, true
	}
	l.end(x.request)
	o := &op{kind: opPass, at: now}
	return l.told(r, o, r.apply(o), x.request, nil), true
}

// Due implements [Requests].
func (l *Local) Due(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.dues) > 0 && l.dues[0].at <= now.UnixNano()
}

// Drain returns nil: nothing waits.
func (*Local) Drain(context.Context) error { return nil }

// Flush returns nil: nothing waits.
func (*Local) Flush(context.Context) error { return nil }

// Forget implements [Requests].
func (l *Local) Forget(_ context.Context, customer string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, r := range l.of {
		if r.who == customer {
			l.end(id)
		}
	}
	l.dues = slices.DeleteFunc(l.dues, func(d due) bool { return l.of[d.request] == nil })
	heap.Init(&l.dues)
	return nil
}

// end removes what is known of the request but that it is over: an answer to it is none of a request.
func (l *Local) end(id event.ID) {
	delete(l.of, id)
	l.over.add(id, l.most)
}

// Shutdown returns nil: nothing goes on in the background.
func (*Local) Shutdown(context.Context) error { return nil }

// Stopped implements [Requests].
func (l *Local) Stopped() <-chan struct{} { return l.gone }

// over are the requests of which it is only known that they are over: the last ones.
type over struct {
	is   map[event.ID]bool
	ring []event.ID
	next int // in the ring, once it is full
}

// add adds a request, in the place of the oldest one where there are as many as may be.
func (o *over) add(id event.ID, most int) {
	switch {
	case o.is[id]:
		return
	case len(o.ring) < most:
		o.ring = append(o.ring, id)
	default:
		delete(o.is, o.ring[o.next])
		o.ring[o.next] = id
		o.next = (o.next + 1) % most
	}
	o.is[id] = true
}

// due is a time at which a request may end.
type due struct {
	at      int64
	request event.ID
}

// dues is a heap with the earliest one on top.
type dues []due

// Len implements [heap.Interface].
func (d *dues) Len() int { return len(*d) }

// Less implements [heap.Interface].
func (d *dues) Less(i, j int) bool { return (*d)[i].at < (*d)[j].at }

// Swap implements [heap.Interface].
func (d *dues) Swap(i, j int) { (*d)[i], (*d)[j] = (*d)[j], (*d)[i] }

// Push implements [heap.Interface].
func (d *dues) Push(x any) { *d = append(*d, x.(due)) } //nolint:forcetypeassert // heap.Push is given nothing else

// Pop implements [heap.Interface].
func (d *dues) Pop() any {
	last := (*d)[len(*d)-1]
	*d = (*d)[:len(*d)-1]
	return last
}

var _ heap.Interface = (*dues)(nil)
