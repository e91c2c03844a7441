package cases

import (
	"cmp"
	"encoding/binary"

	"cairncx.dev/cairn/cx/event"
)

// Window is the number of the latest events whose IDs a table knows, so that it does not count a repeated one. It knows up to twice as many.
const Window = 1 << 19

// window knows the IDs of the latest events, by eight of their bytes.
type window struct {
	now, before map[uint64]struct{}
	forgets     bool // it has forgotten IDs
	size        int  // 0 is Window
}

// seen reports whether the ID is known, and makes it known.
func (w *window) seen(id event.ID) bool {
	key := binary.BigEndian.Uint64(id[8:]) ^ binary.BigEndian.Uint64(id[:8])
	if _, ok := w.now[key]; ok {
		return true
	}
	if _, ok := w.before[key]; ok {
		return true
	}
	if len(w.now) == cmp.Or(w.size, Window) {
		w.forgets = w.forgets || w.before != nil
		w.before, w.now = w.now, nil
	}
	if w.now == nil {
		w.now = map[uint64]struct{}{}
	}
	w.now[key] = struct{}{}
	return false
}
