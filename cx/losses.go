package cx

import (
	"errors"
	"fmt"
	"sync"

	"cairncx.dev/cairn/cx/fault"
)

// ErrLost is wrapped by the error of [Client.Flush] if changes did not reach the store of journeys since the last Flush.
// Flush reports each loss once.
var ErrLost = errors.New("changes are not in the store of journeys")

// losses is what the next [Client.Flush] reports. Safe for concurrent use; the zero value is ready.
type losses struct {
	mu         sync.Mutex
	full, lost int
	earlier    map[int]error // of processors, by their place
}

// note counts a fault that is a loss.
func (l *losses) note(f fault.Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch f {
	case fault.StoreFull:
		l.full++
	case fault.StoreLost:
		l.lost++
	default: // nothing is lost by it
	}
}

// remember keeps the error of a processor that a call other than Flush has had.
func (l *losses) remember(processor int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.earlier == nil {
		l.earlier = map[int]error{}
	}
	l.earlier[processor] = err
}

// report returns the losses that were not reported before, or nil.
func (l *losses) report(queue int) error {
	l.mu.Lock()
	full, lost, earlier := l.full, l.lost, l.earlier
	l.full, l.lost, l.earlier = 0, 0, nil
	l.mu.Unlock()
	var all []error
	if full > 0 {
		all = append(all, fmt.Errorf("%w: %d found its queue of %d full: they are exported, and the state of their journeys does not know of them: "+
			"see whether the store is slow or away, or give it a longer queue (WithStoreQueue)", ErrLost, full, queue))
	}
	if lost > 0 {
		all = append(all, fmt.Errorf("%w: %d, which it did not take in time or could not be read there: they are exported", ErrLost, lost))
	}
	for _, err := range earlier {
		all = append(all, fmt.Errorf("since the last flush: %w", err))
	}
	return errors.Join(all...)
}

// reported drops the changes that the error of Shutdown has reported.
func (l *losses) reported() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lost = 0
}
