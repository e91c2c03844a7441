package exporters

import (
	"sync/atomic"

	"cairncx.dev/cairn/cx/event"
)

// maxRefused bounds the events that are remembered one by one.
const maxRefused = 1 << 16

// refusals are the events that Export did not take, until they come again: what Flush has to tell. Who has the
// spool's token uses them, but for told.
type refusals struct {
	seq    uint64 // of the last refusal
	byID   map[event.ID]uint64
	others uint64        // the last refusal of one that cannot be told from others
	err    error         // of the last refusal
	told   atomic.Uint64 // refusals up to here were told by a Flush
}

// add notes that the events were not taken.
func (r *refusals) add(events []event.Event, err error) {
	for id, at := range r.byID {
		if at <= r.told.Load() {
			delete(r.byID, id)
		}
	}
	if r.byID == nil {
		r.byID = map[event.ID]uint64{}
	}
	r.seq++
	r.err = err
	for i := range events {
		if id := events[i].ID; id.IsZero() || len(r.byID) == maxRefused {
			r.others = r.seq
		} else {
			r.byID[id] = r.seq
		}
	}
}

// took notes that the events were taken: those that were refused before have come again.
func (r *refusals) took(events []event.Event) {
	if len(r.byID) == 0 {
		return
	}
	for i := range events {
		delete(r.byID, events[i].ID)
	}
}

// since returns the error of what was refused after told was asked, and has not come again.
func (r *refusals) since(told uint64) error {
	r.told.Store(r.seq)
	if r.others > told {
		return r.err
	}
	for _, at := range r.byID {
		if at > told {
			return r.err
		}
	}
	return nil
}
