package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// A statement can reach the database, or get its locks, long after its caller has given up: an outage can leave it in a
// connection's buffer. Each change therefore carries a deadline by the database's clock, and the database ignores it after that.

// errLate is the error of a change that reached the database after its deadline.
var errLate = errors.New("the context's deadline had passed when the database came to it")

// lead measures how far the database's clock is ahead of this process's clock: at least lead and at most lead+spread, because
// the answer with the database's time took up to spread.
type lead struct {
	mu           sync.Mutex
	lead, spread time.Duration
	learned      time.Time
}

// leadKept is how long a measurement with a smaller spread replaces newer ones.
const leadKept = time.Minute

// learn takes a time of the database that was read between two times of this process.
func (l *lead) learn(asked, theirs, answered time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	spread := answered.Sub(asked)
	if answered.Sub(l.learned) < leadKept && l.spread <= spread {
		return
	}
	l.lead, l.spread, l.learned = theirs.Sub(answered), spread, answered
}

// until translates a time of this process into a time of the database that is not later.
func (l *lead) until(t time.Time) (until time.Time, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return t.Add(l.lead), time.Since(l.learned) < leadKept
}

func (l *lead) unlearn() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.learned = time.Time{}
}

// until returns the deadline of ctx by the database's clock. It asks the database for its time, unless a Claim or a Write has
// done so within the last minute.
func (s *Store) until(ctx context.Context) (pgtype.Timestamptz, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true}, nil
	}
	until, ok := s.lead.until(deadline)
	if !ok {
		asked := time.Now()
		var theirs time.Time
		err := s.use(ctx, func(conn *pgx.Conn) error {
			return conn.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&theirs)
		})
		if err != nil {
			return pgtype.Timestamptz{}, fmt.Errorf("ask for its time: %w", err)
		}
		s.lead.learn(asked, theirs, time.Now())
		until, _ = s.lead.until(deadline)
	}
	return timestamp(until), nil
}
