package cases

import (
	"context"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// Scanner is the half of a source that a table reads.
type Scanner interface {
	Scan(ctx context.Context, s event.Scan, each func(*event.Event) error) (event.Cursor, error)
}

// Distinct is what a source has that never gives one event twice.
type Distinct interface{ Distinct() bool }

// Resumer is what a source has that can say, while it scans, whether the scan goes on from the cursor or gives everything anew.
type Resumer interface {
	Resumes(ctx context.Context, since event.Cursor) (bool, error)
}

// maxResumes bounds how long a source may take to say so.
const maxResumes = 5 * time.Second

// Load takes the events that have arrived since the last Load. It returns the first error of the source. If the source has erased
// events, Load empties the table and reads everything anew. Concurrent calls take turns.
//
// The snapshot of before stays until the new one is made, at the end of Load. When it takes more than 32,768 events at once, it asks the source whether it is giving
// everything anew. If so, or if the source is no [Resumer], there is no snapshot until Load ends.
//
// After an error the table has what it had, so that the next Load reads on. If a part of a long scan has been taken, the table is empty
// instead, and the next Load reads everything anew.
func (t *Table) Load(ctx context.Context, s Scanner) error {
	t.loading.Lock()
	defer t.loading.Unlock()
	d, ok := s.(Distinct)
	t.distinct = ok && d.Distinct()
	since := t.cursor
	next, err := t.scan(ctx, s, since)
	if err != nil {
		return err
	}
	if since.Position != "" && next.Epoch != since.Epoch {
		t.reset()
		if next, err = t.scan(ctx, s, event.Cursor{}); err != nil {
			return err
		}
	}
	t.finish(next)
	t.batch.release()
	return nil
}

// close lets no question in, unless the source says that the scan goes on from the cursor. A scan that gives this much may give everything anew, because the source
// has erased events. A source that says now that it has erased none since the cursor had erased none when the scan began.
func (t *Table) close(ctx context.Context, s Scanner, since event.Cursor) {
	if r, ok := s.(Resumer); ok && since.Position != "" {
		ctx, cancel := context.WithTimeout(ctx, maxResumes)
		defer cancel()
		if resumes, err := r.Resumes(ctx, since); resumes && err == nil {
			return
		}
	}
	t.published.Store(nil)
}

// scan takes what the source has since the cursor. What a scan gave that has failed, or has panicked, comes again, and is dropped.
func (t *Table) scan(ctx context.Context, s Scanner, since event.Cursor) (next event.Cursor, err error) {
	applied, whole := false, false
	defer func() {
		if whole {
			return
		}
		if applied {
			t.reset()
		}
		t.batch.reset(len(t.dicts))
		t.window = window{size: t.window.size, forgets: since.Position != ""} // it knew events that will come again
	}()
	next, err = s.Scan(ctx, event.Scan{Since: since, Attributes: t.wanted()}, func(e *event.Event) error {
		t.take(e)
		if len(t.batch.records) == batchSize {
			if !applied {
				t.close(ctx, s, since)
			}
			t.apply()
			applied = true
		}
		return nil
	})
	if err == nil {
		t.apply()
		whole = true
	}
	return next, err
}

// wanted returns the attributes that the table needs.
func (t *Table) wanted() []string {
	if t.config.Team == "" {
		return t.config.Attributes
	}
	return append([]string{t.config.Team}, t.config.Attributes...)
}

// finish folds what is left, chunk by chunk, drops chunks that have left the period, and publishes the table. The cursor then counts.
func (t *Table) finish(next event.Cursor) {
	from := t.from()
	for n, c := range t.chunks {
		if c == nil {
			continue
		}
		if !c.published && c.changed() {
			t.fold(c)
		}
		if c.N == Rows && c.newest < from {
			t.chunks[n] = nil
		}
	}
	t.counts.Coarse = t.codes.coarse
	t.cursor = next
	t.publish()
}

// changed reports whether the chunk has rows to fold.
func (c *Chunk) changed() bool {
	for row := range c.N {
		if c.Flags[row]&dirty != 0 {
			return true
		}
	}
	return false
}
