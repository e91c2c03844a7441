package customer

import (
	"container/heap"
	"context"
	"time"
)

// Join lets the contact join its effort. See [Book.Join].
func (l *Local) Join(j *Joining) {
	at := l.now()
	l.mu.Lock()
	r, err := l.record(j.Customer, at)
	why := LossStore
	if err == nil {
		did := r.apply(j.entry(at))
		switch did.problem {
		case late:
			why = LossLate
		case full:
			why = LossRecord
		default:
			why = ""
			if j.Step == "" {
				heap.Push(&l.overs, over{max(j.Start.UnixNano(), j.End.UnixNano()) + int64(j.Window+j.Grace), j.Customer})
			}
		}
	}
	l.mu.Unlock()
	if why != "" && j.Step == "" && l.lost != nil {
		l.lost(why)
	}
}

// SoFar returns the effort that the contact joins, with the contact.
func (l *Local) SoFar(j *Joining) *Effort {
	at := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.records[j.Customer].clone().apply(j.entry(at)).effort
}

// Tell tells the efforts that are over by now, the longest over first.
func (l *Local) Tell(tell func(*Effort)) {
	for {
		over := l.next()
		if over == nil {
			return
		}
		for i := range over {
			tell(&over[i])
		}
	}
}

// next removes efforts of one customer that are over, and returns them; nil says that there are none.
func (l *Local) next() []Effort {
	at := l.now().UnixNano()
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.overs) > 0 && l.overs[0].at < at {
		o := heap.Pop(&l.overs).(over) //nolint:forcetypeassert // it has nothing else
		r := l.records[o.customer]
		if r == nil {
			continue // forgotten
		}
		r.pass(o.at + 1) // not to now: the next one to be told may have been over before
		over := r.freeze()
		if r.settle(over); r.empty() {
			delete(l.records, o.customer)
		}
		if len(over) > 0 {
			return over
		}
	}
	return nil
}

// over is a time at which an effort of the customer may be over.
type over struct {
	at       int64
	customer string
}

// overs is a heap with the earliest one on top.
type overs []over

// Len implements [heap.Interface].
func (o *overs) Len() int { return len(*o) }

// Less implements [heap.Interface].
func (o *overs) Less(i, j int) bool { return (*o)[i].at < (*o)[j].at }

// Swap implements [heap.Interface].
func (o *overs) Swap(i, j int) { (*o)[i], (*o)[j] = (*o)[j], (*o)[i] }

// Push implements [heap.Interface].
func (o *overs) Push(x any) { *o = append(*o, x.(over)) } //nolint:forcetypeassert // heap.Push is given nothing else

// Pop implements [heap.Interface].
func (o *overs) Pop() any {
	last := (*o)[len(*o)-1]
	*o = (*o)[:len(*o)-1]
	return last
}

var _ heap.Interface = (*overs)(nil)

// Tells reports whether an effort may be over by now.
func (l *Local) Tells(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.overs) > 0 && l.overs[0].at < now.UnixNano()
}

// Flush returns nil: nothing waits.
func (*Local) Flush(context.Context) error { return nil }
