package lines

import "cairncx.dev/cairn/cx/event"

// windowSize is how many events back an event is known again.
const windowSize = 1 << 16

// window has the IDs of the events that were read last.
type window struct {
	at    place // how far its log was read
	known map[event.ID]struct{}
	ring  []event.ID
	next  int
}

func newWindow() *window { return &window{known: map[event.ID]struct{}{}} }

// add reports whether the ID is new, and keeps it.
func (w *window) add(id event.ID) bool {
	if _, ok := w.known[id]; ok {
		return false
	}
	w.known[id] = struct{}{}
	if len(w.ring) < windowSize {
		w.ring = append(w.ring, id)
		return true
	}
	delete(w.known, w.ring[w.next])
	w.ring[w.next] = id
	w.next = (w.next + 1) % windowSize
	return true
}
