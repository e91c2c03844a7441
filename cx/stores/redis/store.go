package redis

import (
	"context"
	"fmt"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"cairncx.dev/cairn/cx/ledger"
)

// Store keeps runs in Redis. It is safe for concurrent use. It does not own the client: the application closes the client
// after cx.Client.Shutdown.
type Store struct {
	runs *table
}

var (
	_ ledger.Store     = (*Store)(nil)
	_ ledger.Counter   = (*Store)(nil)
	_ ledger.Forgetter = (*Store)(nil)
)

// New returns a Store on the client's server, Sentinel or cluster, with Redis 7 or later. It sends nothing to the server: the
// first call returns an error if the server is too old or the user lacks rights. The client's own timeouts and pool bound a
// call. The Store does not use the client's retries, because a repeated append would be made twice.
func New(client goredis.UniversalClient, opts ...Option) (*Store, error) {
	c, err := newConfig(client, opts)
	if err != nil {
		return nil, err
	}
	s := &server{client: client, scripts: newScripts()}
	return &Store{runs: newTable(s, c.prefix, "run")}, nil
}

// Write makes the changes in one round trip. Up to 64 changes of a partition are atomic. The first Write whose context has a
// deadline asks the servers for their time before, because a server compares the deadline with its own clock.
func (s *Store) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	records, err := s.runs.write(ctx, changes)
	if err != nil {
		return nil, fmt.Errorf("redis store: write %d changes: %w", len(changes), err)
	}
	return records, nil
}

// Claim takes one round trip if nothing is due, and otherwise two, rarely more. If it fails, the records that it has claimed
// are due again after lease. In a cluster the store's time is that of the node whose clock is furthest behind.
func (s *Store) Claim(ctx context.Context, limit int, lease time.Duration) (now time.Time, due []ledger.Record, err error) {
	now, due, err = s.runs.claim(ctx, limit, lease)
	if err != nil {
		return time.Time{}, nil, fmt.Errorf("redis store: claim what is due: %w", err)
	}
	return now, due, nil
}

// Count takes two round trips, or one if another holder has the lease. The lease is rounded up to milliseconds.
func (s *Store) Count(ctx context.Context, holder string, lease time.Duration) (live map[ledger.Place]int64, held bool, err error) {
	live, held, err = s.runs.count(ctx, holder, lease)
	if err != nil {
		return nil, false, fmt.Errorf("redis store: count the live runs: %w", err)
	}
	return live, held, nil
}

// Forget closes the customer's runs, up to 500 of a partition at a time. If it returns an error, it has closed at least the
// returned number. The caller then calls it again.
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
