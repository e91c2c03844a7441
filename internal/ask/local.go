package ask

import (
	"container/heap"
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
)

// maxLocal bounds the requests of a Local.
const maxLocal = 1 << 16

var errRecords = errors.New("the store answered one change with another number of records")

// Local keeps requests in the memory of this process. It tells an event in the goroutine that it takes it from. It has no goroutine.
type Local struct {
	cfg  Config
	most int
	gone chan struct{}

	mu   sync.Mutex
	of   map[event.ID]*request
	dues dues
}

var _ Requests = (*Local)(nil)

// NewLocal returns requests in memory.
func NewLocal(cfg Config) *Local {
	gone := make(chan struct{})
	close(gone)
	return &Local{cfg: cfg, most: maxLocal, gone: gone, of: map[event.ID]*request{}}
}

// Take implements [Requests].
func (l *Local) Take(e *flight.Event, life time.Duration) bool {
	kind, request, ok := kindOf(&e.Event)
	if !ok {
		return false
	}
	o := opOf(&e.Event, kind, life)
	o.key, o.sent = rand.Uint64()|1, l.cfg.Now().UnixNano() //nolint:gosec // unique, not secret
	l.mu.Lock()
	r, room := l.request(request)
	if !room {
		l.mu.Unlock()
		l.cfg.Fault(fault.Report{Fault: fault.StoreFull, Name: e.Feedback.Survey, Detail: "the memory of this process has no room for more requests for feedback: use a store"})
		return false
	}
	was := r.due()
	d := r.apply(o)
	if at := r.due(); at != was {
		heap.Push(&l.dues, due{at, request})
	}
	own := e.Copy()
	tooLate := d.late && kind == opAnswered
	told := l.told(r, o, d, request, own)
	if tooLate {
		told = late(own, request, r)
	}
	l.mu.Unlock()
	if d.full || tooLate {
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

// request returns the request, and makes a missing one if there is room.
func (l *Local) request(id event.ID) (r *request, room bool) {
	if r = l.of[id]; r != nil {
		return r, true
	}
	if len(l.of) >= l.most {
		return nil, false
	}
	r = &request{}
	l.of[id] = r
	return r, true
}

// Look implements [Requests].
func (l *Local) Look(_ context.Context, id event.ID) (flight.Requested, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.of[id]; r != nil {
		return r.requested(), nil
	}
	return flight.Requested{}, nil
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
// that has ended is remembered until it would have been due.
func (l *Local) next() (e *flight.Event, ok bool) {
	now := l.cfg.Now().UnixNano()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.dues) == 0 || l.dues[0].at > now {
		return nil, false
	}
	x := heap.Pop(&l.dues).(due) //nolint:forcetypeassert // it has nothing else
	r := l.of[x.request]
	if r == nil || r.due() > now { // it has another place in the heap
		return nil, true
	}
	delete(l.of, x.request)
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
			delete(l.of, id)
		}
	}
	return nil
}

// Shutdown returns nil: nothing goes on in the background.
func (*Local) Shutdown(context.Context) error { return nil }

// Stopped implements [Requests].
func (l *Local) Stopped() <-chan struct{} { return l.gone }

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
