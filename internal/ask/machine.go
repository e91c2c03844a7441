package ask

import (
	"time"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/engine"
)

// machine says what the log of a request means. It implements [engine.Machine].
type machine struct{}

var _ engine.Machine[*request, *op, *done] = machine{}

// Read implements [engine.Machine].
func (machine) Read(log []byte) (*request, []entry, error) { return readLog(log) }

// Fold implements [engine.Machine].
func (machine) Fold(log []byte, n int) *request { return foldLog(log, n) }

// Whole implements [engine.Machine].
func (machine) Whole(r *request) []byte { return r.whole() }

// Pass implements [engine.Machine].
func (machine) Pass(now time.Time) *op {
	return &op{kind: opPass, sent: now.UnixNano(), at: now.Add(-engine.Grace).UnixNano()}
}

// Alive implements [engine.Machine].
func (machine) Alive(by, key uint64, now time.Time) *op {
	return &op{kind: opAlive, id: by, key: key, sent: now.UnixNano()}
}

// Attend implements [engine.Machine]: another instance takes the op over if this one is killed.
func (machine) Attend(c *ledger.Change, o *op) {
	c.Lease = engine.Lease
	if c.Customer == "" {
		c.Customer = o.who
	}
}

// Rest implements [engine.Machine].
func (machine) Rest(c *ledger.Change, r *request) {
	c.Customer = r.who
	if !r.over {
		c.Due = time.Unix(0, r.due()).Add(engine.Grace)
	}
}

// Over implements [engine.Machine].
func (machine) Over(r *request) bool { return r.over }

// Empty implements [engine.Machine].
func (machine) Empty(r *request) bool { return r.asked == nil && r.end == 0 && !r.shown }

// Passes implements [engine.Machine].
func (machine) Passes(r *request, now time.Time) bool { return r.passes(now) }

// Decided implements [engine.Machine]: no op waits.
func (machine) Decided(*request, *op, time.Time) time.Duration { return 0 }

// Undecided implements [engine.Machine].
func (machine) Undecided(*request, time.Time) (wait time.Duration, ok bool) { return 0, false }
