package sqlarchive_test

import (
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"cairncx.dev/cairn/exporters/sink"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/internal/loopback"
)

// refusing is a server that speaks PostgreSQL's protocol and refuses every statement. internal/e2e/archive has the
// tests with real servers.
type refusing struct {
	code, message string

	mu                  sync.Mutex
	statements, clients int
}

// serve answers on a port of its own until the test ends, and returns the address.
func (r *refusing) serve(t *testing.T) string {
	t.Helper()
	return loopback.Serve(t, r.refuse)
}

func (r *refusing) refuse(conn net.Conn) {
	r.mu.Lock()
	r.clients++
	r.mu.Unlock()
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
		q, ok := msg.(*pgproto3.Query)
		if err != nil || !ok {
			return // the client has gone
		}
		if strings.HasPrefix(q.String, "begin") || strings.HasPrefix(q.String, "rollback") {
			b.Send(&pgproto3.CommandComplete{CommandTag: []byte(strings.ToUpper(q.String))})
			continue
		}
		r.mu.Lock()
		r.statements++
		b.Send(&pgproto3.ErrorResponse{Severity: "ERROR", SeverityUnlocalized: "ERROR", Code: r.code, Message: r.message, Detail: "s3cr3t"})
		r.mu.Unlock()
	}
}

// TestRemedies: an error of PostgreSQL says what to do, where that is known, by its code (PostgreSQL's manual, appendix
// A). A connection that is of no use any more is not used again. None of these errors is one of an event.
func TestRemedies(t *testing.T) {
	t.Parallel()
	cases := []struct {
		code, message, says string
		gone, hidden        bool // hidden: the code alone is told
		is                  error
	}{
		{code: "25006", says: "this is a standby or a read-only transaction", gone: true},
		{code: "53300", says: "the server has no connection left"},
		{code: "57P01", says: "stopping or starting", gone: true},
		{code: "57P02", says: "stopping or starting", gone: true},
		{code: "57P03", says: "stopping or starting", gone: true},
		{code: "26000", says: "as PgBouncer does", gone: true},
		{code: "42P05", says: "as PgBouncer does", gone: true},
		{code: "08006", says: "is broken: the next call connects again", gone: true},
		{code: "08P01", message: "unsupported startup parameter", says: "ignore_startup_parameters", gone: true},
		{code: "42P01", says: "are missing or are not this version's"},
		{code: "42703", says: "are missing or are not this version's"},
		{code: "3F000", says: "are missing or are not this version's"},
		{code: "42501", says: "grant USAGE on the schema"},
		{code: "53100", says: "make room", is: sqlarchive.ErrFull},
		{code: "22000", says: "the database refuses what is in it", hidden: true},
		{code: "23514", says: "the database refuses what is in it", hidden: true},
		{code: "54000", says: "the database refuses what is in it", hidden: true},
		{code: "XX000"},
	}
	said := func(err error) (list []string) {
		for _, c := range cases {
			if c.says != "" && strings.Contains(err.Error(), c.says) && !slices.Contains(list, c.says) {
				list = append(list, c.says)
			}
		}
		return list
	}
	for _, c := range cases {
		t.Run(c.code, func(t *testing.T) {
			t.Parallel()
			r := &refusing{code: c.code, message: "in its words"}
			if c.message != "" {
				r.message = c.message
			}
			a, err := sqlarchive.OpenPostgres("postgres://cairn@"+r.serve(t)+"/cairn?sslmode=disable&default_query_exec_mode=simple_protocol&pool_max_conns=2", sqlarchive.WithoutMigration())
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := a.Shutdown(background); err != nil {
					t.Error(err)
				}
			}()
			_, forgotten := a.Forget(background, "c")
			_, pruned := a.Prune(background, noon)
			for call, err := range map[string]error{"forgetting a customer": forgotten, "prune": pruned, "events are not kept": a.Export(background, run("a", "c"))} {
				var told *pgconn.PgError
				if err == nil || errors.As(err, &told) == c.hidden || !strings.Contains(err.Error(), call) || strings.Contains(err.Error(), "s3cr3t") || sink.IsPermanent(err) || c.is != nil && !errors.Is(err, c.is) {
					t.Fatalf("it returns %v", err)
				}
				if got := strings.Join(said(err), "; "); got != c.says || !strings.Contains(err.Error(), c.code) {
					t.Errorf("it says %q, want %q: %v", got, c.says, err)
				}
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			if r.statements < 3 || (r.clients >= 3) != c.gone || !c.gone && r.clients != 1 {
				t.Errorf("%d statements had %d connections", r.statements, r.clients)
			}
		})
	}
}
