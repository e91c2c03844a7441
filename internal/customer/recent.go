package customer

import (
	"sync"

	"cairncx.dev/cairn/cx/ledger"
)

// maxRecent bounds the records of which an instance keeps the efforts.
const maxRecent = 4096

// recent has the efforts of the records that this instance has written to last, as they were then. The zero value is ready.
type recent struct {
	mu sync.Mutex
	of map[ledger.Key][]byte // as appendEfforts has them
}

func (n *recent) put(key ledger.Key, r *record) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.of == nil {
		n.of = map[ledger.Key][]byte{}
	}
	if _, ok := n.of[key]; !ok && len(n.of) >= maxRecent {
		for other := range n.of { // any one
			delete(n.of, other)
			break
		}
	}
	n.of[key] = r.appendEfforts(nil)
}

// get returns a record that has the efforts, or nil.
func (n *recent) get(key ledger.Key) *record {
	n.mu.Lock()
	defer n.mu.Unlock()
	b, ok := n.of[key]
	if !ok {
		return nil
	}
	r := &record{}
	r.readEfforts(&reader{b: b})
	return r
}

func (n *recent) forget(key ledger.Key) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.of, key)
}
