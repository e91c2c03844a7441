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

// A statement can reach the database, or get its locks, when its caller has long given up: after an
// outage, from a connection's buffer. So each change carries the time until which it may be made,
// by the database's clock, and what is later changes nothing.

// errLate is that the database came to a change after its deadline.
var errLate = errors.New("the context's deadline had passed when the database came to it")

// lead is by how much the database's clock is ahead of this process's. The answer that says so was
// under way for up to spread, so it is ahead by lead at least and lead and spread at most.
type lead struct {
	mu           sync.Mutex
	lead, spread time.Duration
	learned      time.Time
}

// leadKept is how long a better measurement is preferred to a newer one.
const leadKept = time.Minute

// learn takes what the database's clock was at some time between two of this process's.
func (l *lead) learn(asked, theirs, answered time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	spread := answered.Sub(asked)
	if answered.Sub(l.learned) < leadKept && l.spread <= spread {
		return
	}
	l.lead, l.spread, l.learned = theirs.Sub(answered), spread, answered
}

// until returns a time on this process's clock as the database's, not a later one.
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

// until returns when the database is to make no changes of ctx any more. Where its clock is not
// known, which it is for a minute after a Claim or a Write, it asks.
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
