package cases

import "sync"

// numbers has the number of each key. The loader alone adds keys, and reads them without the lock. No key is changed or removed, so that snapshots share it.
type numbers[K comparable] struct {
	mu sync.RWMutex
	of map[K]uint32
}

// add gives the key a number.
func (n *numbers[K]) add(key K, number uint32) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.of[key] = number
}

// number returns the number of the key, and false if it has none. Any goroutine may call it.
func (n *numbers[K]) number(key K) (uint32, bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	number, ok := n.of[key]
	return number, ok
}
