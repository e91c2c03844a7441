package redis

import (
	"context"
	"fmt"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"cairncx.dev/cairn/cx/ledger"
)

// Store keeps runs in Redis. It is safe for concurrent use, and owns nothing: the client is closed by
// who made it, when the Tracker is done.
type Store struct {
	runs *table
}

var (
	_ ledger.Store     = (*Store)(nil)
	_ ledger.Counter   = (*Store)(nil)
	_ ledger.Forgetter = (*Store)(nil)
)

// New returns a Store on the client's server, Sentinel or cluster, with Redis 7 or later. It asks the
// server nothing: one that is too old, or whose user lacks rights, is what the first call's error
// says. The client's own timeouts and pool bound what a call costs; its retries are not used, for an
// append that is sent again is made again.
func New(client goredis.UniversalClient, opts ...Option) (*Store, error) {
	c, err := newConfig(client, opts)
	if err != nil {
		return nil, err
	}
	s := &server{client: client, scripts: newScripts()}
	return &Store{runs: newTable(s, c.prefix, "run")}, nil
}

// Write makes the changes in one round trip; those of up to 64 runs of a partition are made at once. The
// first one whose context has a deadline asks the servers for their time before.
// After an error the changes of each partition were made or not, or will be until the context's
// deadline by the server's clock.
func (s *Store) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	records, err := s.runs.write(ctx, changes)
	if err != nil {
		return nil, fmt.Errorf("redis store: write %d changes: %w", len(changes), err)
	}
	return records, nil
}

// Claim takes one round trip where nothing is due, else two, rarely more. Records that it has claimed when it fails are due again
// in lease. In a cluster the store's time is that of the node whose clock is furthest behind.
func (s *Store) Claim(ctx context.Context, limit int, lease time.Duration) (now time.Time, due []ledger.Record, err error) {
	now, due, err = s.runs.claim(ctx, limit, lease)
	if err != nil {
		return time.Time{}, nil, fmt.Errorf("redis store: claim what is due: %w", err)
	}
	return now, due, nil
}

// Count counts in two round trips, or one where another holder has the lease, which is a millisecond at
// least.
func (s *Store) Count(ctx context.Context, holder string, lease time.Duration) (live map[ledger.Place]int64, held bool, err error) {
	live, held, err = s.runs.count(ctx, holder, lease)
	if err != nil {
		return nil, false, fmt.Errorf("redis store: count the live runs: %w", err)
	}
	return live, held, nil
}

// Forget closes the customer's runs, 500 of a partition at a time. With an error it has closed those
// that it returns at least, and is called again.
func (s *Store) Forget(ctx context.Context, customer string, keep time.Duration) (runs int, err error) {
	if customer == "" {
		return 0, nil
	}
	runs, err = s.runs.forget(ctx, customer, keep)
	if err != nil {
		return runs, fmt.Errorf("redis store: forget a customer: %w", err)
	}
	return runs, nil
}
