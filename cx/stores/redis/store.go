package redis

import (
	"context"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"cairncx.dev/cairn/cx/ledger"
)

// Store keeps runs in Redis. It is safe for concurrent use. It does not own the client: the application closes the client
// after cx.Client.Shutdown.
type Store struct {
	server *server
	prefix string
	runs   records
}

var (
	_ ledger.Store     = (*Store)(nil)
	_ ledger.Counter   = (*Store)(nil)
	_ ledger.Forgetter = (*Store)(nil)
	_ ledger.Shelver   = (*Store)(nil)
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
	return &Store{server: s, prefix: c.prefix, runs: records{table: newTable(s, c.prefix, "run")}}, nil
}

// Write makes the changes in one round trip. Up to 64 changes of a partition are atomic. The first Write whose context has a
// deadline asks the servers for their time before, because a server compares the deadline with its own clock.
func (s *Store) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	return s.runs.Write(ctx, changes)
}

// Claim takes one round trip if nothing is due, and otherwise two, rarely more. If it fails, the records that it has claimed
// are due again after lease. In a cluster the store's time is that of the node whose clock is furthest behind.
func (s *Store) Claim(ctx context.Context, limit int, lease time.Duration) (now time.Time, due []ledger.Record, err error) {
	return s.runs.Claim(ctx, limit, lease)
}

// Count takes two round trips, or one if another holder has the lease. The lease is rounded up to milliseconds.
func (s *Store) Count(ctx context.Context, holder string, lease time.Duration) (live map[ledger.Place]int64, held bool, err error) {
	return s.runs.Count(ctx, holder, lease)
}

// Forget closes the customer's runs, up to 500 of a partition at a time. If it returns an error, it has closed at least the
// returned number. The caller then calls it again.
func (s *Store) Forget(ctx context.Context, customer string, keep time.Duration) (runs int, err error) {
	return s.runs.Forget(ctx, customer, keep)
}

// Shelf implements [ledger.Shelver]. A shelf has its own keys, in the partitions of the store, and costs the server nothing until
// it has records.
func (s *Store) Shelf(name string) ledger.Store {
	if !ledger.ValidShelf(name) {
		return ledger.InvalidShelf(name)
	}
	return records{table: newTable(s.server, s.prefix, "shelf:"+name), where: "shelf " + name + ": "}
}
