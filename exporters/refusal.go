package exporters

import (
	"sync/atomic"

	"cairncx.dev/cairn/cx/event"
)

// maxRefused bounds the refused events that are remembered by their IDs.
const maxRefused = 1 << 16

// refusals are the events that Export did not take and that have not come again, which Flush reports. The spool's turn to write
// guards all fields except told.
type refusals struct {
	seq    uint64 // of the last refusal
	byID   map[event.ID]uint64
	others uint64        // the last refusal of an event without an ID, or beyond maxRefused
	err    error         // of the last refusal
	told   atomic.Uint64 // a Flush has reported the refusals up to here
}

// add remembers events that were not taken.
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

// took forgets events that were taken: those among them that were refused before have come again.
func (r *refusals) took(events []event.Event) {
	if len(r.byID) == 0 {
		return
	}
	for i := range events {
		delete(r.byID, events[i].ID)
	}
}

// since returns the last error if an event was refused after the refusal told and has not come again, and marks all refusals as
// reported.
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
