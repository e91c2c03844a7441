package insight

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Bounds of the time between two loads of [Table.Follow].
const (
	minEvery   = 100 * time.Millisecond
	maxEvery   = 24 * time.Hour
	maxBackoff = time.Minute
)

// Loads is how the loads of a table go.
type Loads struct {
	// Read is when the last load ended that succeeded, and Took how long it took. The zero time is none.
	Read time.Time     `json:"read,omitzero"`
	Took time.Duration `json:"took_ns"`
	// Failed is when the last load ended that failed, and Err is its error. Failures is how many have failed since Read. Err is nil, and Failures is 0, after a
	// load that succeeded. Err is the source's own: it may have an address or what a row has.
	Failed   time.Time `json:"failed,omitzero"`
	Failures int64     `json:"failures,omitempty"`
	Err      error     `json:"-"`
}

// Loads returns how the loads of the table go: for pages that say how old their numbers are. A load that ended because its context did counts as none.
func (t *Table) Loads() Loads {
	t.loads.Lock()
	defer t.loads.Unlock()
	return t.loads.Loads
}

// noteLoad notes how a load has ended.
func (t *Table) noteLoad(ctx context.Context, began time.Time, err error) {
	if err != nil && ctx.Err() != nil {
		return // the caller ended it
	}
	now := time.Now()
	t.loads.Lock()
	defer t.loads.Unlock()
	if err == nil {
		t.loads.Loads = Loads{Read: now, Took: now.Sub(began), Failed: t.loads.Failed}
		return
	}
	t.loads.Failed, t.loads.Err = now, err
	t.loads.Failures++
}

// Follow keeps the table as the source is: it calls [Table.Load] at once, and again so long after the last load has ended, until the context is done. It then
// returns nil. It blocks, so that the caller gives it a goroutine and waits for it before the source is closed:
//
//	var following sync.WaitGroup
//	following.Go(func() { _ = table.Follow(ctx, archive, 2*time.Second, nil) })
//
// A load that fails does not end it. After the n-th failure in a row it waits 2ⁿ times as long, at most a minute, or as long as every if that is longer. The
// table keeps what it has. Failed is called with each error, in the goroutine of Follow; nil ignores them. [Table.Loads] has the last one.
//
// It returns an error if the source is nil, or if every is not 100 ms to 24 h.
func (t *Table) Follow(ctx context.Context, s Source, every time.Duration, failed func(error)) error {
	if s == nil {
		return errors.New("insight: Follow: the source is nil: give an archive, or a file of package lines")
	}
	if every < minEvery || every > maxEvery {
		return fmt.Errorf("insight: Follow: every %s: give %s to %s", every, minEvery, maxEvery)
	}
	pause := time.NewTimer(0)
	defer pause.Stop()
	failures := 0
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-pause.C:
		}
		err := t.Load(ctx, s)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			failures = 0
		default:
			failures++
			if failed != nil {
				failed(err)
			}
		}
		pause.Reset(backoff(every, failures))
	}
}

// backoff returns the time until the next load after so many failures in a row.
func backoff(every time.Duration, failures int) time.Duration {
	longest := max(every, maxBackoff)
	for range failures {
		if every *= 2; every >= longest {
			return longest
		}
	}
	return every
}
