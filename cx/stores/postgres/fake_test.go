package postgres_test

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"cairncx.dev/cairn/cx/stores/postgres"
	"cairncx.dev/cairn/internal/loopback"
)

// A fake is a server that speaks PostgreSQL's protocol and answers what a test says: what a real one answers only when
// it is set up for it, or at the wrong moment. internal/e2e/stores has the tests with real servers.
type fake struct {
	answer func(sql string) []reply

	mu          sync.Mutex
	asked       []string
	connections int
}

// reply is what becomes of one statement.
type reply struct {
	columns []uint32 // the types
	rows    [][]any  // texts, or nil
	tag     string
	code    string // of an error
	message string
}

// Columns of what the statements return.
var (
	records = []uint32{pgtype.UUIDOID, pgtype.ByteaOID, pgtype.BoolOID}
	claims  = []uint32{pgtype.TimestamptzOID, pgtype.Int8OID, pgtype.UUIDOID, pgtype.ByteaOID}
	places  = []uint32{pgtype.ByteaOID, pgtype.ByteaOID, pgtype.Int8OID}
)

func selected(columns []uint32, rows ...[]any) reply {
	return reply{columns: columns, rows: rows, tag: fmt.Sprintf("SELECT %d", len(rows))}
}

func done(tag string) reply { return reply{tag: tag} }

const secret = "s3cr3t-of-a-customer"

func fails(code string) reply { return reply{code: code, message: "in its words"} }

// clock is the answer to the question for the time.
func clock() []reply {
	return []reply{selected([]uint32{pgtype.TimestamptzOID}, []any{"2026-04-17 12:00:00+00"})}
}

// startFake returns a server that answers by the function, and a store on it. The function gets all statements of a
// round trip, and returns what becomes of each until one fails.
func startFake(t *testing.T, answer func(sql string) []reply, opts ...postgres.Option) (*fake, *postgres.Store) {
	t.Helper()
	f := &fake{answer: answer}
	addr := loopback.Serve(t, f.serve)
	config, err := pgxpool.ParseConfig(fmt.Sprintf("postgres://cairn@%s/cairn?sslmode=disable&pool_max_conns=3", addr))
	if err != nil {
		t.Fatal(err)
	}
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	s, err := postgres.New(pool, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return f, s
}

// took returns what was asked since it was called before, and how many connections were made.
func (f *fake) took() (asked []string, connections int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	asked, f.asked = f.asked, nil
	return asked, f.connections
}

func (f *fake) serve(conn net.Conn) {
	f.mu.Lock()
	f.connections++
	f.mu.Unlock()
	b := pgproto3.NewBackend(conn, conn)
	if _, err := b.ReceiveStartupMessage(); err != nil {
		return
	}
	b.Send(&pgproto3.AuthenticationOk{})
	b.Send(&pgproto3.ParameterStatus{Name: "standard_conforming_strings", Value: "on"})
	b.Send(&pgproto3.ParameterStatus{Name: "client_encoding", Value: "UTF8"})
	for {
		b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
		if b.Flush() != nil {
			return
		}
		msg, err := b.Receive()
		if err != nil {
			return // the client has gone
		}
		q, ok := msg.(*pgproto3.Query)
		if !ok {
			return
		}
		f.query(b, q.String)
	}
}

func (f *fake) query(b *pgproto3.Backend, sql string) {
	if strings.HasPrefix(sql, "-- ping") {
		b.Send(&pgproto3.EmptyQueryResponse{})
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, sql)
	for _, r := range f.answer(sql) {
		if r.code != "" {
			b.Send(&pgproto3.ErrorResponse{Severity: "ERROR", SeverityUnlocalized: "ERROR", Code: r.code, Message: r.message, Detail: secret})
			return
		}
		if r.columns != nil {
			var d pgproto3.RowDescription
			for i, oid := range r.columns {
				d.Fields = append(d.Fields, pgproto3.FieldDescription{Name: fmt.Appendf(nil, "c%d", i), DataTypeOID: oid, DataTypeSize: -1})
			}
			b.Send(&d)
		}
		for _, row := range r.rows {
			var d pgproto3.DataRow
			for _, v := range row {
				var text []byte
				if v != nil {
					text = fmt.Append([]byte{}, v)
				}
				d.Values = append(d.Values, text)
			}
			b.Send(&d)
		}
		b.Send(&pgproto3.CommandComplete{CommandTag: []byte(r.tag)})
	}
}
