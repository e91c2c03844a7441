package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"cairncx.dev/cairn/cx/ledger"
)

// Store is a [ledger.Store], [ledger.Counter], [ledger.Forgetter] and [ledger.Shelver] in tables of a PostgreSQL database. It is
// safe for concurrent use. It has no goroutine and nothing to close; the application owns the pool.
type Store struct {
	pool   *pgxpool.Pool
	config config
	sql    statements
	lead   *lead // shared with the shelves, because it is of the database

	planned pgx.QueryExecMode // what has a statement planned anew each time
}

var (
	_ ledger.Store     = (*Store)(nil)
	_ ledger.Counter   = (*Store)(nil)
	_ ledger.Forgetter = (*Store)(nil)
	_ ledger.Shelver   = (*Store)(nil)
)

// New returns the store in the pool's database. It sends nothing to the database; [Store.Migrate] makes the tables. The store
// uses one connection during a call. The error joins every fault of the options.
func New(pool *pgxpool.Pool, opts ...Option) (*Store, error) {
	c, err := newConfig(pool, opts)
	if err != nil {
		return nil, err
	}
	planned := pool.Config().ConnConfig.DefaultQueryExecMode
	if planned == pgx.QueryExecModeCacheStatement {
		planned = pgx.QueryExecModeCacheDescribe
	}
	return &Store{pool: pool, config: c, sql: newStatements(&c), lead: &lead{}, planned: planned}, nil
}

// Write makes the changes in one round trip, all appends in one transaction and all replacements in another. The connection's
// synchronous_commit decides how durable they are. Two changes of one run are an error, and Write then changes nothing. The
// store repeats a transaction that the database has rolled back because of its isolation level or of locks, until ctx is done.
// If ctx has a deadline, the database makes no change after it, whenever the statement arrives. The store needs the database's
// time for that, and asks for it unless a claim or a write has within the last minute.
func (s *Store) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	if len(changes) == 0 {
		return nil, nil
	}
	w, err := newWrite(changes)
	if err != nil {
		return nil, err
	}
	parts := w.parts(&s.sql)
	err = s.retry(ctx, func() error {
		until, err := s.until(ctx)
		if err != nil {
			return err
		}
		for i := range parts {
			parts[i].args[len(parts[i].args)-1] = until
		}
		done, err := s.send(ctx, parts)
		parts = parts[done:]
		if errors.Is(err, errLate) {
			s.lead.unlearn() // because the clock may have been set
		}
		return err
	})
	if err != nil {
		return nil, s.explain("write", err)
	}
	return w.records, nil
}

// part is one transaction of a round trip: a statement and the function that reads its rows.
type part struct {
	sql  string
	args []any
	read func(pgx.Rows) error
}

// send makes one round trip and returns the number of committed transactions. Each transaction but the last is a block of its
// own. The end of the round trip commits the last one.
func (s *Store) send(ctx context.Context, parts []part) (done int, err error) {
	batch := &pgx.Batch{}
	for i, p := range parts {
		last := i == len(parts)-1
		if !last {
			batch.Queue("BEGIN")
		}
		batch.Queue(p.sql, p.args...)
		if !last {
			batch.Queue("COMMIT")
		}
	}
	err = s.use(ctx, func(conn *pgx.Conn) error {
		results := conn.SendBatch(ctx, batch)
		var err error
		for i, p := range parts {
			if err = receive(results, p, i == len(parts)-1); err != nil {
				break
			}
			done = i + 1
		}
		// The end of the round trip is the last one's commit.
		if closed := results.Close(); err == nil && closed != nil {
			done = len(parts) - 1
			return fmt.Errorf("commit: %w", closed)
		}
		return err
	})
	return done, err
}

// receive reads one transaction's results.
func receive(results pgx.BatchResults, p part, last bool) error {
	if !last {
		if _, err := results.Exec(); err != nil {
			return fmt.Errorf("begin: %w", err)
		}
	}
	rows, err := results.Query()
	if err == nil {
		err = readAll(rows, p.read)
	}
	if err != nil || last {
		return err
	}
	if _, err := results.Exec(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// readAll reads an answer to its end. If reading and the statement both fail, it returns the database's error.
func readAll(rows pgx.Rows, read func(pgx.Rows) error) error {
	defer rows.Close()
	err := read(rows)
	rows.Close()
	if e := rows.Err(); e != nil {
		return e //nolint:wrapcheck // the caller says which statement it was
	}
	return err
}

// Count counts the live runs at each place, for one holder at a time. A holder keeps the count until its lease ends; then the
// next caller gets it. Count reads an index of all live runs that have a place.
func (s *Store) Count(
	ctx context.Context, holder string, lease time.Duration,
) (live map[ledger.Place]int64, held bool, err error) {
	read := func(rows pgx.Rows) error {
		for rows.Next() {
			var j, stage []byte
			var n int64
			if err := rows.Scan(&j, &stage, &n); err != nil {
				return fmt.Errorf("read a count: %w", err)
			}
			if j == nil {
				live, held = map[ledger.Place]int64{}, true
				continue
			}
			live[ledger.Place{Group: string(j), Name: string(stage)}] = n
		}
		return nil
	}
	err = s.retry(ctx, func() error {
		live, held = nil, false
		return s.query(ctx, s.sql.count, read, []byte(holder), interval(lease))
	})
	if err != nil {
		return nil, false, s.explain("count", err)
	}
	return live, held, nil
}

// Forget closes the customer's records and erases their content from the table. Old versions of the rows are gone after the next
// vacuum. The database's write-ahead log and backups keep them until those expire.
func (s *Store) Forget(ctx context.Context, customer string, keep time.Duration) (runs int, err error) {
	if customer == "" {
		return 0, nil
	}
	err = s.retry(ctx, func() error {
		return s.query(ctx, s.sql.forget, func(rows pgx.Rows) error {
			rows.Close()
			runs = int(rows.CommandTag().RowsAffected())
			return nil
		}, []byte(customer), interval(max(keep, 0)))
	})
	if err != nil {
		return 0, s.explain("forget", err)
	}
	return runs, nil
}

// query runs one statement. PostgreSQL plans it anew each time, unless the pool has chosen another mode, because a plan for a
// small table may read the whole table when it has grown.
func (s *Store) query(ctx context.Context, sql string, read func(pgx.Rows) error, args ...any) error {
	return s.use(ctx, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, sql, append([]any{s.planned}, args...)...)
		if err != nil {
			return err //nolint:wrapcheck // the caller says which statement it was
		}
		return readAll(rows, read)
	})
}

// interval returns a duration in the database's form, rounded up to microseconds.
func interval(d time.Duration) pgtype.Interval {
	us := d / time.Microsecond
	if d%time.Microsecond > 0 {
		us++
	}
	return pgtype.Interval{Microseconds: int64(us), Valid: true}
}
