package sqlarchive

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"cairncx.dev/cairn/cx/event"
)

// How a scan of PostgreSQL misses nothing.
//
// Every row has the ID of the transaction that wrote it, xid. A scan runs in one snapshot. All transactions below the snapshot's xmin
// are over: what they committed is in the snapshot, and no row with such an xid comes any more. So the scan reads the rows up to xmin, and the
// next scan goes on there. The number arrival does not serve for that, because a batch draws it before it commits.
//
// The IDs of rows that pg_dump has brought from another server mean nothing here. Those below xmin are read as any other. A row that is
// visible has either an xid below the snapshot's xmax, or it is from another server: the first scan of an epoch reads these, too, and the
// cursor keeps xmax and the highest arrival among them. From then on a row with an xid from that xmax on and an arrival up to that one
// was read. No row that is written later has such an arrival, because pg_dump also restores the sequence of arrivals.
//
// A cursor is of use only where the xids go on: on the same server, in the same tables, without a failover. The epoch is made of all that.

// pgPosition is the position of a cursor.
type pgPosition struct {
	next    uint64 // rows of earlier transactions were read
	foreign uint64 // rows of this transaction and later ones were read by the first scan, if
	arrived int64  // their arrival is not above this one
}

func (p pgPosition) String() string { return fmt.Sprintf("%d.%d.%d", p.next, p.foreign, p.arrived) }

func parsePgPosition(text string) (p pgPosition, err error) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return p, errCursor
	}
	var errs [3]error
	p.next, errs[0] = strconv.ParseUint(parts[0], 10, 64)
	p.foreign, errs[1] = strconv.ParseUint(parts[1], 10, 64)
	p.arrived, errs[2] = strconv.ParseInt(parts[2], 10, 64)
	if errors.Join(errs[:]...) != nil {
		return p, errCursor
	}
	return p, nil
}

// scanPostgres is Scan in PostgreSQL. The connection is not used again after an error, because rows may be on their way.
func (r *Reader) scanPostgres(ctx context.Context, run *scan) (cursor event.Cursor, err error) {
	conn, err := r.db.Conn(ctx)
	if err != nil {
		return cursor, r.mend(err)
	}
	var fault error
	err = conn.Raw(func(of any) error {
		c, ok := of.(*stdlib.Conn)
		if !ok {
			fault = errDriver
			return nil
		}
		p := &pgScan{r: r, conn: c.Conn().PgConn(), b: run.b}
		if cursor, fault = p.scan(ctx, run); fault != nil {
			return driver.ErrBadConn
		}
		return nil
	})
	if fault != nil {
		_ = conn.Close()
		return cursor, r.mend(fault)
	}
	return cursor, errors.Join(err, conn.Close())
}

// pgScan is a scan on one connection. It uses the protocol directly: every value is read from the bytes that have arrived.
type pgScan struct {
	r    *Reader
	conn *pgconn.PgConn
	b    *builder
}

func (p *pgScan) do(ctx context.Context, text string) error {
	return p.conn.Exec(ctx, text).Close() //nolint:wrapcheck // Scan adds the operation
}

func (p *pgScan) scan(ctx context.Context, run *scan) (event.Cursor, error) {
	if err := p.do(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL cursor_tuple_fraction = 1"); err != nil {
		return event.Cursor{}, err
	}
	now, err := p.state(ctx)
	if err != nil {
		return event.Cursor{}, err
	}
	if run.probes {
		return event.Cursor{Epoch: now.epoch}, p.do(ctx, "COMMIT")
	}
	to := pgPosition{next: now.xmin, foreign: now.xmax}
	var from pgPosition
	begins := run.s.Since.Position == "" || run.s.Since.Epoch != now.epoch
	if !begins {
		if from, err = parsePgPosition(run.s.Since.Position); err != nil {
			return event.Cursor{}, err
		}
		to.foreign, to.arrived = from.foreign, from.arrived
		to.next = max(to.next, from.next) // a standby may be behind the one that was read before
	} else if to.arrived, err = p.foreign(ctx, now.xmax); err != nil {
		return event.Cursor{}, err
	}
	where, args := to.since(from, begins)
	for t := range journeys {
		if err := run.table(ctx, t, p, p.r.prefix, where, args); err != nil {
			return event.Cursor{}, err
		}
	}
	cursor := event.Cursor{Position: to.String(), Epoch: now.epoch}
	if cursor.Held, err = p.held(ctx, to, now); err != nil {
		return event.Cursor{}, err
	}
	if old := run.s.Since; !begins && !cursor.Held.IsZero() && !old.Held.IsZero() && to.next == from.next && old.Held.Before(cursor.Held) {
		cursor.Held = old.Held // the same transaction; another role's has no time
	}
	return cursor, p.do(ctx, "COMMIT")
}

// since returns the condition of the rows from one position to the other, and its arguments. Begins says that from is the beginning.
func (p pgPosition) since(from pgPosition, begins bool) (where string, args []string) {
	args = []string{strconv.FormatUint(p.next, 10), strconv.FormatUint(p.foreign, 10), strconv.FormatInt(p.arrived, 10), strconv.FormatUint(from.next, 10)}
	if begins {
		args = args[:3]
		return " WHERE (xid IS NULL OR xid < $1::xid8 OR xid >= $2::xid8 AND arrival <= $3::bigint)", args
	}
	return " WHERE xid >= $4::xid8 AND xid < $1::xid8 AND NOT (xid >= $2::xid8 AND arrival <= $3::bigint)", args
}

// pgState is what a snapshot says.
type pgState struct {
	xmin, xmax uint64
	epoch      string
	now        time.Time
}

// state asks for the state. The tables of events have to be complete: while pg_restore loads them, they have no index of transactions.
func (p *pgScan) state(ctx context.Context) (s pgState, err error) {
	const tables = "('transitions', 'touchpoints', 'feedback', 'followups', 'others')"
	schema := strings.TrimSuffix(p.r.prefix, ".")
	values, err := p.one(ctx, `SELECT pg_snapshot_xmin(pg_current_snapshot())::text, pg_snapshot_xmax(pg_current_snapshot())::text,
		(extract(epoch FROM now()) * 1000000)::bigint::text, (SELECT epoch FROM `+p.r.prefix+`marks),
		CASE WHEN has_function_privilege('pg_control_system()', 'execute') THEN (SELECT system_identifier::text FROM pg_control_system()) ELSE '' END,
		CASE WHEN pg_is_in_recovery() THEN '' ELSE substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) END,
		(SELECT oid::text FROM pg_database WHERE datname = current_database()),
		(SELECT string_agg(c.oid::text || ' ' || pg_relation_filenode(c.oid)::text, ' ' ORDER BY c.relname) FROM pg_class AS c
			WHERE c.relnamespace = to_regnamespace($1) AND c.relkind = 'r' AND c.relname IN `+tables+`),
		(SELECT count(*)::text FROM pg_class AS c JOIN pg_index AS i ON i.indexrelid = c.oid JOIN pg_class AS t ON t.oid = i.indrelid
			WHERE c.relnamespace = to_regnamespace($1) AND c.relname = t.relname || '_xid' AND t.relname IN `+tables+`)`, schema)
	if err != nil {
		return s, err
	}
	if values[8] != "5" || values[3] == "" {
		return s, fmt.Errorf("it is being restored, or has lost an index: every table of events needs an index on xid, named after the table as in transitions_xid") //nolint:err113,perfsprint // no caller branches on it
	}
	if s.xmin, err = strconv.ParseUint(values[0], 10, 64); err == nil {
		s.xmax, err = strconv.ParseUint(values[1], 10, 64)
	}
	us, timeErr := strconv.ParseInt(values[2], 10, 64)
	sum := sha256.Sum256([]byte(strings.Join(values[3:8], "\n")))
	s.now, s.epoch = time.UnixMicro(us).UTC(), hex.EncodeToString(sum[:16])
	return s, errors.Join(err, timeErr)
}

// foreign returns the highest arrival of the rows from another server whose xid no transaction of this one has had.
func (p *pgScan) foreign(ctx context.Context, xmax uint64) (int64, error) {
	highest := make([]string, 0, journeys)
	for t := range journeys {
		highest = append(highest, "(SELECT max(arrival) FROM "+p.r.prefix+t.String()+" WHERE xid >= $1::xid8)")
	}
	values, err := p.one(ctx, "SELECT coalesce(greatest("+strings.Join(highest, ", ")+"), -1)::text", strconv.FormatUint(xmax, 10))
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(values[0], 10, 64) //nolint:wrapcheck // the database's own number
}

// held returns since when the oldest transaction in flight holds later rows back, or the zero time if there are none.
func (p *pgScan) held(ctx context.Context, to pgPosition, now pgState) (time.Time, error) {
	if now.xmin == now.xmax {
		return time.Time{}, nil
	}
	some := make([]string, 0, journeys)
	for t := range journeys {
		some = append(some, "EXISTS (SELECT FROM "+p.r.prefix+t.String()+" WHERE xid >= $1::xid8 AND xid < $2::xid8 AND NOT (xid >= $3::xid8 AND arrival <= $4::bigint))")
	}
	values, err := p.one(ctx, `SELECT CASE WHEN `+strings.Join(some, " OR ")+` THEN coalesce((SELECT (extract(epoch FROM min(since)) * 1000000)::bigint FROM (
		SELECT xact_start AS since FROM pg_stat_activity WHERE backend_xid = $5::xid8::xid
		UNION ALL SELECT prepared FROM pg_prepared_xacts WHERE transaction = $5::xid8::xid) AS holders), $6::bigint)::text ELSE '' END`,
		strconv.FormatUint(to.next, 10), strconv.FormatUint(now.xmax, 10), strconv.FormatUint(to.foreign, 10), strconv.FormatInt(to.arrived, 10),
		strconv.FormatUint(now.xmin, 10), strconv.FormatInt(now.now.UnixMicro(), 10))
	if err != nil || values[0] == "" {
		return time.Time{}, err
	}
	us, err := strconv.ParseInt(values[0], 10, 64)
	return time.UnixMicro(us).UTC(), err
}

// one returns the texts of the only row of a query; NULL is "".
func (p *pgScan) one(ctx context.Context, query string, args ...string) ([]string, error) {
	result := p.conn.ExecParams(ctx, query, bytesOf(args), nil, nil, nil).Read()
	if result.Err != nil {
		return nil, result.Err
	}
	if len(result.Rows) != 1 {
		return nil, fmt.Errorf("a query has %d rows", len(result.Rows)) //nolint:err113 // no caller branches on it
	}
	out := make([]string, len(result.Rows[0]))
	for i, v := range result.Rows[0] {
		out[i] = string(v)
	}
	return out, nil
}

func bytesOf(args []string) [][]byte {
	out := make([][]byte, len(args))
	for i, a := range args {
		out[i] = []byte(a)
	}
	return out
}

// rows implements rowReader.
func (p *pgScan) rows(ctx context.Context, query string, args []string, columns []column, each func() error) error {
	_, err := p.read(ctx, query, args, columns, each)
	return err
}

// read reads the rows of a query and returns their number.
func (p *pgScan) read(ctx context.Context, query string, args []string, columns []column, each func() error) (n int, err error) {
	result := p.conn.ExecParams(ctx, query, bytesOf(args), nil, nil, []int16{1}) // every column in binary
	read := make([]valueType, len(columns))
	for i, c := range columns {
		read[i] = c.read()
	}
	for result.NextRow() {
		n++
		for i, raw := range result.Values() {
			p.set(&p.b.values[columns[i]], read[i], raw)
		}
		if err := each(); err != nil {
			return n, err // the connection is closed
		}
	}
	_, err = result.Close()
	return n, err //nolint:wrapcheck // Scan adds the operation
}

// set reads a value in PostgreSQL's binary format.
func (p *pgScan) set(v *value, as valueType, raw []byte) {
	if raw == nil {
		*v = value{}
		return
	}
	v.ok = true
	switch as {
	case textValue:
		v.s = p.b.words.of(raw)
	case idValue:
		copy(v.id[:], raw)
	case boolValue:
		v.n = int64(raw[0])
	case realValue:
		v.f = math.Float64frombits(binary.BigEndian.Uint64(raw))
	case timeValue:
		v.n = int64(binary.BigEndian.Uint64(raw)) + copyEpoch
	default:
		v.n = int64(binary.BigEndian.Uint64(raw))
	}
}

// pages implements rowReader with a cursor, because a connection has one query at a time.
func (p *pgScan) pages(ctx context.Context, query string, args []string, columns []column, each, full func() error) error {
	result := p.conn.ExecParams(ctx, "DECLARE cairn_scan NO SCROLL CURSOR FOR "+query, bytesOf(args), nil, nil, nil).Read()
	if result.Err != nil {
		return result.Err
	}
	for {
		n, err := p.read(ctx, fmt.Sprintf("FETCH FORWARD %d FROM cairn_scan", pageRows), nil, columns, each)
		if err != nil {
			return err
		}
		if err := full(); err != nil {
			return err
		}
		if n < pageRows {
			return p.do(ctx, "CLOSE cairn_scan")
		}
	}
}

// inList implements rowReader.
func (*pgScan) inList(ids []*contact) (condition, arg string) {
	return "touchpoint_id = ANY ($1::uuid[])", "{" + joinIDs(ids, "") + "}"
}

// joinIDs returns the IDs with commas between them.
func joinIDs(ids []*contact, quote string) string {
	var b strings.Builder
	for i, c := range ids {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quote + c.e.ID.String() + quote)
	}
	return b.String()
}

// attributes implements rowReader. A JSON operator fails where a NUL is anywhere in the event: its reader takes the whole event then.
func (*pgScan) attributes() string {
	return `CASE WHEN strpos(event::text, '"attributes":{') = 0 THEN NULL WHEN strpos(event::text, '\u0000') > 0 THEN 'e' || event::text ELSE 'a' || (event -> 'attributes')::text END`
}
