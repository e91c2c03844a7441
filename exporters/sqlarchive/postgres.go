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
	prefix      string // the quoted schema with its dot
	leaveTables bool

	found   atomic.Bool // the tables of this version have existed
	looking sink.Turn   // guards the search for the tables

	columns [numTables][]column
	arrived string // takes numbers of the order of arrival
	copy    [numTables]string
	staging [numTables]string // makes a staging table
	stage   [numTables]string // copies into the staging table
	insert  [numTables]string // inserts from the staging table
	buffers sync.Pool
}

// block is the number of arrival numbers that one value of the sequence stands for, which is its increment.
const block = 4096

// OpenPostgres opens the archive in the PostgreSQL database, version 13 or later, that the URL or connection string names. The
// archive owns its pool of connections, and Shutdown closes the pool.
//
// OpenPostgres does not wait for the database, so that a service starts while the database is away. The first Export connects,
// and makes the schema and the tables that are missing, one process at a time. Until that succeeds, each Export fails with a
// transient error that says why. [Archive.Ping] does the same at once. The error of OpenPostgres has the fault of the
// connection string, without its password, or all faults of the options, joined.
func OpenPostgres(url string, opts ...PostgresOption) (*Archive, error) {
	pool, err := pgxpool.New(context.Background(), url) // it connects at the first use
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

// UsePostgres is [OpenPostgres] on a pool of the caller. Shutdown leaves the pool open. An Export uses one connection of the
// pool at a time.
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

// ready returns nil if the tables exist. After it has found them once, it does not look for them again and does not make them
// again, so that an operator who removes them to restore a copy does not find new ones in their place.
func (p *postgres) ready(ctx context.Context) error {
	if p.found.Load() {
		return nil
	}
	if err := p.looking.Take(ctx); err != nil {
		return fmt.Errorf("waiting for another call: %w", err)
	}
	defer p.looking.Give()
	if p.found.Load() {
		return nil // another call has found the tables
	}
	return p.look(ctx)
}

// look looks for the tables, and makes missing ones. The caller has the turn.
func (p *postgres) look(ctx context.Context) error {
	err := p.migrate(ctx)
	if err == nil {
		p.found.Store(true)
	}
	return err
}

// prepare writes the statements. A staging table belongs to one connection, and is empty after each transaction. Its name has
// the version of the tables, because the connection of a caller's pool, and with it the staging table, may outlive the
// archive.
func (p *postgres) prepare() {
	names := columnNames()
	p.arrived = "SELECT nextval('" + p.prefix + "arrivals') FROM generate_series(1, $1)"
	for t := range numTables {
		p.columns[t] = t.columns()
		if t.merged() {
			continue
		}
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
		if t > promises { // only those of touchpoints that the same statement batch has inserted
			p.insert[t] += " AS s WHERE EXISTS (SELECT FROM " + p.prefix + "touchpoints AS t WHERE t.id = s.touchpoint_id AND t.arrival = s.arrival)"
		}
		p.insert[t] += " ORDER BY arrival ON CONFLICT (" + t.key() + ") DO NOTHING"
	}
	p.insert[journeys] = p.ownRuns(p.merge(journeys))
	p.insert[promises] = p.merge(promises)
}

// merge returns the statement that merges runs or promises. Each column is an array of texts, because COPY cannot upsert, and a
// batch has few of them.
func (p *postgres) merge(t table) string {
	names := columnNames()
	n := len(p.columns[t])
	list, values, arrays, aliases := make([]string, 0, n), make([]string, 0, n), make([]string, 0, n), make([]string, 0, n)
	for i, c := range p.columns[t] {
		list = append(list, names[c])
		values = append(values, fmt.Sprintf("c%d::%s", i, mergedType(c)))
		arrays = append(arrays, fmt.Sprintf("$%d::text[]", i+1))
		aliases = append(aliases, fmt.Sprintf("c%d", i))
	}
	return "INSERT INTO " + p.prefix + t.String() + " AS j (" + strings.Join(list, ", ") + ") SELECT " + strings.Join(values, ", ") +
		" FROM unnest(" + strings.Join(arrays, ", ") + ") AS u (" + strings.Join(aliases, ", ") + ")" + t.upsert(postgresCauses())
}

// mergedType returns the PostgreSQL type of a column of journeys or promises.
func mergedType(c column) string {
	switch c {
	case colStarted, colEnded, colStageAt, colCustomerAt, colValueAt, colFirstEvent, colLastEvent,
		colReleaseAt, colExperimentAt, colIntentAt, colAccountAt, colMade, colDue, colDueAt, colSettled:
		return "timestamptz"
	case colEndID, colSettledID:
		return "uuid"
	case colDurationSeconds:
		return "double precision"
	case colPartial, colMoved:
		return "boolean"
	case colValueAmount, colNumber, colFrictionRepeats, colFrictionFailuresBeforeSuccess, colFrictionLoops, colFrictionChannelSwitches, colFrictionOverdue:
		return "bigint"
	default:
		return "text"
	}
}

// write implements database. It copies the rows into their tables. If a row exists already, COPY fails, and write sends all
// rows again through the staging tables. That is slower, and rare.
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

// send writes a batch in one transaction.
func (p *postgres) send(ctx context.Context, conn *pgx.Conn, b *buffer, events []event.Event, staged bool) (err error) {
	defer func() {
		if err != nil { // this fails on a broken connection, which the pool then drops
			_, _ = conn.Exec(ctx, "ROLLBACK")
		}
	}()
	t := tell(events, &b.row)
	b.fillMerged(p, &t)
	begun, err := p.begin(ctx, conn, (len(events)+block-1)/block, staged, b, t.asked)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := b.fill(p, events, begun); err != nil {
		return err
	}
	commit := &pgx.Batch{}
	for t := range numTables {
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

// rowsError is the error of a statement that has rows of events or runs.
type rowsError struct{ err error }

func (e *rowsError) Error() string { return e.err.Error() }
func (e *rowsError) Unwrap() error { return e.err }

// begun is the result of the statements before the events are copied.
type begun struct {
	blocks    []int64 // the first arrival number of each block
	customers whose
	changed   owned // the runs whose customer has changed
}

// begin begins a transaction and makes the staging tables if staged is set. It takes n blocks of arrival numbers, merges the
// runs, and reads the customers of the runs in asked.
func (p *postgres) begin(ctx context.Context, conn *pgx.Conn, n int, staged bool, merge *buffer, asked []runKey) (*begun, error) {
	begin, b := &pgx.Batch{}, &begun{customers: whose{}}
	begin.Queue("BEGIN")
	if staged {
		begin.Queue("SET LOCAL client_min_messages = warning") // an existing staging table is worth no notice
		for t := range numTables {
			if !t.merged() {
				begin.Queue(p.staging[t])
			}
		}
	}
	begin.Queue(p.arrived, n).Query(func(rows pgx.Rows) error {
		var err error
		b.blocks, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		return err //nolint:wrapcheck // send adds the operation
	})
	if len(merge.runs) > 0 {
		begin.Queue(p.insert[journeys], merge.runs...).Query(func(rows pgx.Rows) error {
			if err := b.customers.read(rows, &b.changed); err != nil {
				return &rowsError{err}
			}
			return nil
		})
	}
	if len(merge.promises) > 0 {
		begin.Queue(p.insert[promises], merge.promises...)
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
	return b, conn.SendBatch(ctx, begin).Close() //nolint:wrapcheck // send adds the operation
}

// forget implements database.
func (p *postgres) forget(ctx context.Context, customer string) (rows int64, err error) {
	err = p.transaction(ctx, func(tx pgx.Tx) error {
		rows = 0
		for _, text := range forgetting(p.prefix, "$1", "TEMPORARY") {
			var args []any
			if strings.Contains(text, "$1") {
				// A parameter is not allowed in CREATE TABLE AS if the protocol prepares the statement.
				args = []any{pgx.QueryExecModeSimpleProtocol, customer}
			}
			tag, err := tx.Exec(ctx, text, args...)
			if err != nil {
				return err //nolint:wrapcheck // Forget adds the operation
			}
			if strings.HasPrefix(text, "DELETE FROM") {
				rows += tag.RowsAffected()
			}
		}
		return p.markErased(ctx, tx, rows)
	})
	return rows, err
}

// markErased gives the archive another epoch if an erasure has changed rows: see [Reader.Scan].
func (p *postgres) markErased(ctx context.Context, tx pgx.Tx, rows int64) error {
	if rows == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, "UPDATE "+p.prefix+"marks SET epoch = replace(gen_random_uuid()::text, '-', '')")
	return err //nolint:wrapcheck // Forget and ForgetEmployee add the operation
}

// prune implements database.
func (p *postgres) prune(ctx context.Context, before time.Time, limit int) (rows int64, more bool, err error) {
	before = time.UnixMicro(micros(before)).UTC()
	err = p.transaction(ctx, func(tx pgx.Tx) error {
		rows, more = 0, false
		for t := range numTables {
			at := "time"
			if t.merged() {
				at = "last_event"
			}
			tag, err := tx.Exec(ctx, fmt.Sprintf("DELETE FROM %[1]s%[2]s WHERE ctid = ANY (ARRAY (SELECT ctid FROM %[1]s%[2]s WHERE %[3]s < $1 ORDER BY %[3]s LIMIT $2 FOR UPDATE SKIP LOCKED))",
				p.prefix, t, at), before, limit)
			if err != nil {
				return err //nolint:wrapcheck // Prune adds the operation
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
