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

// Store is a [ledger.Store], [ledger.Counter] and [ledger.Forgetter] in tables of a PostgreSQL
// database. It is safe for concurrent use, has no goroutine and nothing to close; the pool stays
// its owner's.
type Store struct {
	pool   *pgxpool.Pool
	config config
	sql    statements
	lead   lead

	planned pgx.QueryExecMode // what has a statement planned anew each time
}

var (
	_ ledger.Store     = (*Store)(nil)
	_ ledger.Counter   = (*Store)(nil)
	_ ledger.Forgetter = (*Store)(nil)
)

// New returns the store in the database that the pool is of. It does not speak with the database;
// the tables are made by [Store.Migrate]. The store uses one connection for the time of a call. Its
// error has every fault of the options.
func New(pool *pgxpool.Pool, opts ...Option) (*Store, error) {
	c, err := newConfig(pool, opts)
	if err != nil {
		return nil, err
	}
	planned := pool.Config().ConnConfig.DefaultQueryExecMode
	if planned == pgx.QueryExecModeCacheStatement {
		planned = pgx.QueryExecModeCacheDescribe
	}
	return &Store{pool: pool, config: c, sql: newStatements(&c), planned: planned}, nil
}

// Write makes the changes in one round trip, those that append in one transaction and those that
// replace in another. The setting synchronous_commit of the connections says how durable they are. Two changes of one run are an
// error, and nothing is changed then. The store repeats a transaction that the database asks to have again, because of its
// isolation level or of locks, until ctx is done. Where ctx has a deadline the database makes no change after it, whenever the
// statement arrives; the store needs the clock of the database to know that, and asks for it where no claim has within a minute.
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
			s.lead.unlearn() // for the clock may have been set
		}
		return err
	})
	if err != nil {
		return nil, s.explain("write", err)
	}
	return w.records, nil
}

// part is one transaction of a round trip: a statement and what reads its rows.
type part struct {
	sql  string
	args []any
	read func(pgx.Rows) error
}

// send makes one round trip and returns how many of its transactions were committed. All but the
// last are in a block of their own; the last is ended by the round trip.
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

// readAll reads an answer to its end. Where both fail, the database's error is the cause.
func readAll(rows pgx.Rows, read func(pgx.Rows) error) error {
	defer rows.Close()
	err := read(rows)
	rows.Close()
	if e := rows.Err(); e != nil {
		return e //nolint:wrapcheck // the caller says which statement it was
	}
	return err
}

// Count counts the live runs by their place, for one holder at a time: whoever has held the count
// for no longer than the lease that they gave, else whoever asks. It reads an index of all live
// runs that have a place.
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

// Forget closes the customer's records and takes out of the table whatever they held. The versions
// of rows that they replace are gone with the next vacuum, and the database's log and backups
// keep them for as long as they are kept themselves.
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

// query makes one statement. It is planned anew each time, where the pool leaves the choice, for a
// plan that was made when there was little in a table may read all of it later.
func (s *Store) query(ctx context.Context, sql string, read func(pgx.Rows) error, args ...any) error {
	return s.use(ctx, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, sql, append([]any{s.planned}, args...)...)
		if err != nil {
			return err //nolint:wrapcheck // the caller says which statement it was
		}
		return readAll(rows, read)
	})
}

// interval is a duration as the database has it, rounded up to its microseconds.
func interval(d time.Duration) pgtype.Interval {
	us := d / time.Microsecond
	if d%time.Microsecond > 0 {
		us++
	}
	return pgtype.Interval{Microseconds: int64(us), Valid: true}
}
