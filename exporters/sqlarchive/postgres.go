package sqlarchive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

// postgres is an archive in a schema of a PostgreSQL database.
type postgres struct {
	pool        *pgxpool.Pool
	owned       bool // closing the archive closes the pool
	schema      string
	prefix      string // the schema with its point, as SQL has it
	leaveTables bool

	found   atomic.Bool // the tables were there, of this version
	looking sink.Turn   // guards the search for the tables

	columns [numTables][]column
	arrived string // takes numbers for the order of arrival
	copy    [numTables]string
	staging [numTables]string // makes a staging table
	stage   [numTables]string // copies into it
	insert  [numTables]string // moves on from it
	buffers sync.Pool
}

// block is how many numbers of the order of arrival are taken at once: the sequence's increment.
const block = 4096

// OpenPostgres opens the archive in the PostgreSQL database, 13 or later, that the URL or connection
// string names, with a pool of connections of its own, which Shutdown closes. It does not wait for the
// database, so that a service starts while that is away: the first Export connects, and makes what is
// missing of the schema and its tables, one process at a time; until that went well each one fails with an
// error that passes and says why. [Archive.Ping] does it at once. The errors are those of the connection
// string, without its password, and every fault of the options, joined.
func OpenPostgres(url string, opts ...PostgresOption) (*Archive, error) {
	pool, err := pgxpool.New(context.Background(), url) // it connects when it is asked to
	if err != nil {
		return nil, fmt.Errorf("sqlarchive: OpenPostgres: %w", err)
	}
	a, err := openPostgres(pool, true, opts)
	if err != nil {
		pool.Close()
		return nil, err
	}
	return a, nil
}

// UsePostgres is [OpenPostgres] on a pool that stays the caller's: Shutdown leaves it open. An Export uses
// one of its connections.
func UsePostgres(pool *pgxpool.Pool, opts ...PostgresOption) (*Archive, error) {
	if pool == nil {
		return nil, errors.New("sqlarchive: UsePostgres: the pool is nil: open one with pgxpool.New") //nolint:err113 // no caller branches on it
	}
	return openPostgres(pool, false, opts)
}

func openPostgres(pool *pgxpool.Pool, owned bool, opts []PostgresOption) (*Archive, error) {
	c := defaults()
	for _, o := range opts {
		if o != nil {
			o.applyPostgres(&c)
		}
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	p := &postgres{
		pool: pool, owned: owned, schema: c.schema, prefix: quote(c.schema) + ".", leaveTables: c.leaveTables,
	}
	p.buffers.New = func() any { return new(buffer) }
	p.prepare()
	return newArchive(p, &c), nil
}

// ping implements database.
func (p *postgres) ping(ctx context.Context) error {
	if err := p.looking.Take(ctx); err != nil {
		return fmt.Errorf("waiting for another call: %w", err)
	}
	defer p.looking.Give()
	if err := p.look(ctx); err != nil {
		return p.explain(err)
	}
	return nil
}

// ready returns when the tables are there. Once it has found them it neither looks for them nor makes them again, so that an
// operator who removes them, to restore a copy, does not find new ones in their place.
func (p *postgres) ready(ctx context.Context) error {
	if p.found.Load() {
		return nil
	}
	if err := p.looking.Take(ctx); err != nil {
		return fmt.Errorf("waiting for another call: %w", err)
	}
	defer p.looking.Give()
	if p.found.Load() {
		return nil // another call has found them
	}
	return p.look(ctx)
}

// look looks for the tables, and makes them where that is still to be done. The caller has the turn.
func (p *postgres) look(ctx context.Context) error {
	err := p.migrate(ctx)
	if err == nil {
		p.found.Store(true)
	}
	return err
}

// prepare writes the statements. A staging table is a connection's own, and empty after each
// transaction. Its name has the version, for it may outlive an archive on a pool's connection.
func (p *postgres) prepare() {
	names := columnNames()
	p.arrived = "SELECT nextval('" + p.prefix + "arrivals') FROM generate_series(1, $1)"
	p.columns[journeys] = journeys.columns()
	for t := range journeys {
		p.columns[t] = t.columns()
		list := make([]string, 0, numColumns)
		for _, c := range p.columns[t] {
			list = append(list, names[c])
		}
		list = append(list, "arrival")
		target, columns, staging := p.prefix+t.String(), strings.Join(list, ", "), fmt.Sprintf("cairn_archive_%d_%s", version, t)
		p.copy[t] = "COPY " + target + " (" + columns + ") FROM STDIN (FORMAT binary)"
		p.staging[t] = "CREATE TEMPORARY TABLE IF NOT EXISTS " + staging + " (LIKE " + target + ") ON COMMIT DELETE ROWS"
		p.stage[t] = "COPY pg_temp." + staging + " (" + columns + ") FROM STDIN (FORMAT binary)"
		p.insert[t] = "INSERT INTO " + target + " (" + columns + ") SELECT " + columns + " FROM pg_temp." + staging
		p.insert[t] += " ORDER BY arrival ON CONFLICT (id) DO NOTHING"
	}
	p.insert[journeys] = p.ownRuns(p.upsertRuns())
}

// upsertRuns returns what merges runs, each column of which is an array of texts: an upsert cannot be
// copied, and there are few of them.
func (p *postgres) upsertRuns() string {
	names := columnNames()
	n := len(p.columns[journeys])
	list, values, arrays, aliases := make([]string, 0, n), make([]string, 0, n), make([]string, 0, n), make([]string, 0, n)
	for i, c := range p.columns[journeys] {
		list = append(list, names[c])
		values = append(values, fmt.Sprintf("c%d::%s", i, runType(c)))
		arrays = append(arrays, fmt.Sprintf("$%d::text[]", i+1))
		aliases = append(aliases, fmt.Sprintf("c%d", i))
	}
	return "INSERT INTO " + p.prefix + "journeys AS j (" + strings.Join(list, ", ") + ") SELECT " + strings.Join(values, ", ") +
		" FROM unnest(" + strings.Join(arrays, ", ") + ") AS u (" + strings.Join(aliases, ", ") + ")" + upsert
}

// runType returns PostgreSQL's type of a column of journeys.
func runType(c column) string {
	switch c {
	case colStarted, colEnded, colStageAt, colCustomerAt, colValueAt, colFirstEvent, colLastEvent:
		return "timestamptz"
	case colEndID:
		return "uuid"
	case colDurationSeconds:
		return "double precision"
	case colPartial:
		return "boolean"
	case colValueAmount:
		return "bigint"
	default:
		return "text"
	}
}

// write implements database. The rows are copied into their tables. Where one of them is there already,
// which that cannot do, all go through staging tables: that is slower, and rare.
func (p *postgres) write(ctx context.Context, events []event.Event) error {
	b, _ := p.buffers.Get().(*buffer)
	defer func() {
		size := 0
		for _, c := range b.copy {
			size += cap(c)
		}
		if size <= keep {
			p.buffers.Put(b)
		}
	}()
	staged := false
	return p.retry(ctx, func() error {
		if err := p.ready(ctx); err != nil {
			return err
		}
		return p.use(ctx, func(conn *pgx.Conn) error {
			err := p.send(ctx, conn, b, events, staged)
			if pgCode(err) == codeUniqueViolation && !staged {
				staged = true
				err = p.send(ctx, conn, b, events, staged)
			}
			return err
		})
	})
}

// send writes a batch in a transaction.
func (p *postgres) send(ctx context.Context, conn *pgx.Conn, b *buffer, events []event.Event, staged bool) (err error) {
	defer func() {
		if err != nil { // where the connection is broken this fails, and the pool lets it go
			_, _ = conn.Exec(ctx, "ROLLBACK")
		}
	}()
	rs, asked := tell(events, &b.row)
	b.fillRuns(p, rs.sorted())
	begun, err := p.begin(ctx, conn, (len(events)+block-1)/block, staged, b.runs, asked)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	b.fill(p, events, begun)
	commit := &pgx.Batch{}
	for t := range journeys {
		if len(b.copy[t]) == 0 {
			continue
		}
		into := p.copy[t]
		if staged {
			into = p.stage[t]
			commit.Queue(p.insert[t])
		}
		if _, err := conn.PgConn().CopyFrom(ctx, bytes.NewReader(b.copy[t]), into); err != nil {
			return &rowsError{fmt.Errorf("copy: %w", err)}
		}
	}
	if c := &begun.changed; len(c.run) > 0 {
		for t := range journeys {
			commit.Queue(p.refill(t), c.run, c.journey, c.namespace, c.customer)
		}
	}
	commit.Queue("COMMIT")
	if err := conn.SendBatch(ctx, commit).Close(); err != nil {
		return &rowsError{fmt.Errorf("commit: %w", err)}
	}
	return nil
}

// rowsError is an error of a statement that has the events' rows.
type rowsError struct{ err error }

func (e *rowsError) Error() string { return e.err.Error() }
func (e *rowsError) Unwrap() error { return e.err }

// begun is what a transaction has found out before the events are copied.
type begun struct {
	blocks    []int64 // where the numbers of arrival begin
	customers whose
	changed   owned // runs that have another customer than before
}

// begin begins a transaction with the staging tables that it needs, takes n blocks of numbers, merges the
// runs, and asks for the customers of those that are asked for.
func (p *postgres) begin(ctx context.Context, conn *pgx.Conn, n int, staged bool, merge []any, asked []runKey) (*begun, error) {
	begin, b := &pgx.Batch{}, &begun{customers: whose{}}
	begin.Queue("BEGIN")
	if staged {
		begin.Queue("SET LOCAL client_min_messages = warning") // that a staging table exists is none
		for t := range journeys {
			begin.Queue(p.staging[t])
		}
	}
	begin.Queue(p.arrived, n).Query(func(rows pgx.Rows) error {
		var err error
		b.blocks, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		return err //nolint:wrapcheck // send says what it is about
	})
	if len(merge) > 0 {
		begin.Queue(p.insert[journeys], merge...).Query(func(rows pgx.Rows) error {
			if err := b.customers.read(rows, &b.changed); err != nil {
				return &rowsError{err}
			}
			return nil
		})
	}
	if len(asked) > 0 {
		var o owned
		for _, key := range asked {
			o.add(key, "")
		}
		begin.Queue(p.askRuns(), o.run, o.journey, o.namespace).Query(func(rows pgx.Rows) error {
			if err := b.customers.read(rows, &b.changed); err != nil {
				return &rowsError{err}
			}
			return nil
		})
	}
	return b, conn.SendBatch(ctx, begin).Close() //nolint:wrapcheck // send says what it is about
}

// forget implements database.
func (p *postgres) forget(ctx context.Context, customer string) (rows int64, err error) {
	err = p.transaction(ctx, func(tx pgx.Tx) error {
		rows = 0
		for _, text := range forgetting(p.prefix, "$1", "TEMPORARY") {
			var args []any
			if strings.Contains(text, "$1") {
				// A table that is made cannot have a parameter where the protocol prepares it.
				args = []any{pgx.QueryExecModeSimpleProtocol, customer}
			}
			tag, err := tx.Exec(ctx, text, args...)
			if err != nil {
				return err //nolint:wrapcheck // Forget says what it is about
			}
			if strings.HasPrefix(text, "DELETE FROM") {
				rows += tag.RowsAffected()
			}
		}
		return nil
	})
	return rows, err
}

// prune implements database.
func (p *postgres) prune(ctx context.Context, before time.Time, limit int) (rows int64, more bool, err error) {
	before = time.UnixMicro(micros(before)).UTC()
	err = p.transaction(ctx, func(tx pgx.Tx) error {
		rows, more = 0, false
		for t := range numTables {
			at := "time"
			if t == journeys {
				at = "last_event"
			}
			tag, err := tx.Exec(ctx, fmt.Sprintf("DELETE FROM %[1]s%[2]s WHERE ctid = ANY (ARRAY (SELECT ctid FROM %[1]s%[2]s WHERE %[3]s < $1 ORDER BY %[3]s LIMIT $2 FOR UPDATE SKIP LOCKED))",
				p.prefix, t, at), before, limit)
			if err != nil {
				return err //nolint:wrapcheck // Prune says what it is about
			}
			n := tag.RowsAffected()
			rows, more = rows+n, more || n >= int64(limit)
		}
		return nil
	})
	return rows, more, err
}

func (p *postgres) transaction(ctx context.Context, f func(pgx.Tx) error) error {
	return p.retry(ctx, func() error {
		if err := p.ready(ctx); err != nil {
			return err
		}
		return p.use(ctx, func(conn *pgx.Conn) error { return pgx.BeginFunc(ctx, conn, f) })
	})
}

func (p *postgres) close() error {
	if p.owned {
		p.pool.Close()
	}
	return nil
}
