package sqlarchive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"cairncx.dev/cairn/cx/event"
)

// postgres is an archive in a schema of a PostgreSQL database.
type postgres struct {
	pool   *pgxpool.Pool
	owned  bool // closing the archive closes the pool
	schema string
	prefix string // the schema with its point, as SQL has it

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
// string names, with a pool of connections of its own, which Shutdown closes. It makes what is
// missing of the schema and its tables, one process at a time. The context bounds opening only. The
// errors are [ErrNewer], every fault of the options, joined, and those of the database. The error
// never has the password.
func OpenPostgres(ctx context.Context, url string, opts ...PostgresOption) (*Archive, error) {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("sqlarchive: OpenPostgres: %w", err)
	}
	a, err := openPostgres(ctx, pool, true, opts)
	if err != nil {
		pool.Close()
		return nil, err
	}
	return a, nil
}

// UsePostgres is [OpenPostgres] on a pool that stays the caller's: Shutdown leaves it open. An Export uses
// one of its connections.
func UsePostgres(ctx context.Context, pool *pgxpool.Pool, opts ...PostgresOption) (*Archive, error) {
	if pool == nil {
		return nil, errors.New("sqlarchive: UsePostgres: the pool is nil: open one with pgxpool.New") //nolint:err113 // nobody branches on it
	}
	return openPostgres(ctx, pool, false, opts)
}

func openPostgres(ctx context.Context, pool *pgxpool.Pool, owned bool, opts []PostgresOption) (*Archive, error) {
	c := defaults()
	for _, o := range opts {
		if o != nil {
			o.applyPostgres(&c)
		}
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	p := &postgres{pool: pool, owned: owned, schema: c.schema, prefix: quote(c.schema) + "."}
	p.buffers.New = func() any { return new(buffer) }
	if err := p.migrate(ctx, c.leaveTables); err != nil {
		return nil, fmt.Errorf("sqlarchive: opening in PostgreSQL: %w", p.explain(err))
	}
	p.prepare()
	return newArchive(p, &c), nil
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
		p.copy[t] = "COPY " + target + " (" + columns + ") FROM STDIN"
		p.staging[t] = "CREATE TEMPORARY TABLE IF NOT EXISTS " + staging + " (LIKE " + target + ") ON COMMIT DELETE ROWS"
		p.stage[t] = "COPY pg_temp." + staging + " (" + columns + ") FROM STDIN"
		p.insert[t] = "INSERT INTO " + target + " (" + columns + ") SELECT " + columns + " FROM pg_temp." + staging
		p.insert[t] += " ORDER BY arrival ON CONFLICT (id) DO NOTHING"
	}
	p.insert[journeys] = p.upsertRuns()
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

// buffer is what a write needs and the next one can use again.
type buffer struct {
	row  row
	copy [journeys][]byte // in PostgreSQL's text format
	runs []any            // the columns of journeys, each a []*string; none for no runs
}

// keep is how much of a buffer is kept from one batch to the next.
const keep = 4 << 20

// fill makes the buffer what is copied. The blocks are where the numbers of arrival begin.
func (b *buffer) fill(p *postgres, events []event.Event, blocks []int64) {
	for t := range b.copy {
		b.copy[t] = b.copy[t][:0]
	}
	rs := runs{}
	for i := range events {
		b.row.fill(&events[i])
		rs.add(&events[i], &b.row)
		out := append(b.append(p), '\t')
		b.copy[b.row.table] = append(strconv.AppendInt(out, blocks[i/block]+int64(i%block), 10), '\n')
	}
	b.fillRuns(p, rs.sorted())
	b.row.cells = [numColumns]cell{} // nothing of an event is held on to
}

func (b *buffer) fillRuns(p *postgres, all []*runState) {
	b.runs = nil
	if len(all) == 0 {
		return
	}
	columns := make([][]*string, len(p.columns[journeys]))
	for i := range columns {
		columns[i] = make([]*string, len(all))
		b.runs = append(b.runs, columns[i])
	}
	for n, s := range all {
		b.row.fillRun(s)
		for i, c := range p.columns[journeys] {
			cell := &b.row.cells[c]
			if cell.typ == null {
				continue
			}
			text := cell.s
			if cell.typ != textCell {
				text = string(cell.append(nil))
			}
			columns[i][n] = &text
		}
		b.row.cells = [numColumns]cell{}
	}
}

// append returns its table's buffer with the row, but for the line's end.
func (b *buffer) append(p *postgres) []byte {
	out := b.copy[b.row.table]
	for i, column := range p.columns[b.row.table] {
		if i > 0 {
			out = append(out, '\t')
		}
		switch c := &b.row.cells[column]; c.typ {
		case textCell:
			out = appendText(out, c.s)
		case null:
			out = append(out, `\N`...)
		default:
			out = c.append(out)
		}
	}
	return out
}

// append appends a value that is no text as PostgreSQL reads it.
func (c *cell) append(b []byte) []byte {
	switch c.typ {
	case realCell:
		return strconv.AppendFloat(b, c.f, 'g', -1, 64)
	case timeCell:
		return append(appendTime(b, c.n), "+00"...)
	default:
		return strconv.AppendInt(b, c.n, 10)
	}
}

// appendText escapes what COPY's text format takes for something else.
func appendText(b []byte, s string) []byte {
	start := 0
	for i := range len(s) {
		var e byte
		switch s[i] {
		case '\\':
			e = '\\'
		case '\t':
			e = 't'
		case '\n':
			e = 'n'
		case '\r':
			e = 'r'
		default:
			continue
		}
		b = append(append(b, s[start:i]...), '\\', e)
		start = i + 1
	}
	return append(b, s[start:]...)
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
		return p.pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
			err := p.send(ctx, conn.Conn(), b, events, staged)
			if pgCode(err) == codeUniqueViolation && !staged {
				staged = true
				err = p.send(ctx, conn.Conn(), b, events, staged)
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
	blocks, err := p.begin(ctx, conn, (len(events)+block-1)/block, staged)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	b.fill(p, events, blocks)
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
			return fmt.Errorf("copy: %w", err)
		}
	}
	if len(b.runs) > 0 {
		commit.Queue(p.insert[journeys], b.runs...)
	}
	commit.Queue("COMMIT")
	if err := conn.SendBatch(ctx, commit).Close(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// begin begins a transaction with the staging tables that it needs, and takes n blocks of numbers.
func (p *postgres) begin(ctx context.Context, conn *pgx.Conn, n int, staged bool) (blocks []int64, err error) {
	begin := &pgx.Batch{}
	begin.Queue("BEGIN")
	if staged {
		begin.Queue("SET LOCAL client_min_messages = warning") // that a staging table exists is none
		for t := range journeys {
			begin.Queue(p.staging[t])
		}
	}
	begin.Queue(p.arrived, n).Query(func(rows pgx.Rows) error {
		var err error
		blocks, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		return err //nolint:wrapcheck // send says what it is about
	})
	return blocks, conn.SendBatch(ctx, begin).Close() //nolint:wrapcheck // as above
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
	return p.retry(ctx, func() error { return pgx.BeginFunc(ctx, p.pool, f) })
}

func (p *postgres) close() error {
	if p.owned {
		p.pool.Close()
	}
	return nil
}

// The codes are those of appendix A of PostgreSQL's manual.
const (
	codeSerializationFailure = "40001"
	codeDeadlockDetected     = "40P01"
	codeUndefinedTable       = "42P01"
	codeUndefinedColumn      = "42703"
	codeInvalidSchemaName    = "3F000"
	codeInsufficientRights   = "42501"
	codeReadOnly             = "25006"
	codeDiskFull             = "53100"
	codeUniqueViolation      = "23505"
	classData                = "22"
	classConstraint          = "23"
	classLimits              = "54"
)

const (
	retryFirst = 2 * time.Millisecond
	retryMost  = 250 * time.Millisecond
)

// retry calls do again, after a moment that becomes longer, while the database has rolled a
// transaction back and says that it may well succeed when it is made again.
func (p *postgres) retry(ctx context.Context, do func() error) error {
	for wait := retryFirst; ; wait = min(2*wait, retryMost) {
		err := do()
		if err == nil {
			return nil
		}
		if c := pgCode(err); c != codeSerializationFailure && c != codeDeadlockDetected {
			return p.explain(err)
		}
		if e := pause(ctx, wait/2+rand.N(wait/2)); e != nil { //nolint:gosec // it spreads waits and keeps no secret
			return errors.Join(e, err)
		}
	}
}

func pgCode(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// judge implements database.
func (p *postgres) judge(err error) verdict {
	if _, ok := errors.AsType[*refusedError](err); ok {
		return poison
	}
	return passing
}

// explain returns the error with what to do about it.
func (p *postgres) explain(err error) error {
	switch pgCode(err) {
	case codeUndefinedTable, codeUndefinedColumn, codeInvalidSchemaName:
		return fmt.Errorf("the tables of the schema %q are missing or are not this version's: open the archive once as a role that may create them: %w", p.schema, err)
	case codeInsufficientRights:
		return fmt.Errorf("grant USAGE on the schema %q and its sequence, SELECT, INSERT, UPDATE and DELETE on its tables, and TEMPORARY on the database: %w", p.schema, err)
	case codeReadOnly:
		return fmt.Errorf("this is a standby or a read-only transaction: connect to the primary, with target_session_attrs=read-write: %w", err)
	case codeDiskFull:
		return fmt.Errorf("%w (%w)", ErrFull, err)
	}
	switch code := pgCode(err); code[:min(2, len(code))] {
	case classData, classConstraint, classLimits:
		return &refusedError{"PostgreSQL's code " + code}
	}
	return err
}
