//go:build unix

package delivery_test

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/e2e/servers"
)

var errKind = errors.New("unknown kind of sink")

// shortly is how long a child waits before it tries an absent sink again.
const shortly = 100 * time.Millisecond

// sqliteAt is the sink of package sqlarchive in SQLite.
type sqliteAt struct {
	path  string
	db    *sql.DB
	locks int
}

func startSQLite(t *testing.T, _ *rand.Rand) (sinkAt, sink) {
	t.Helper()
	s := &sqliteAt{path: filepath.Join(t.TempDir(), "archive.db")}
	return sinkAt{"sqlite", s.path}, s
}

// away takes the lock of writers and keeps it.
func (s *sqliteAt) away(t *testing.T) {
	t.Helper()
	db, err := sql.Open("sqlite", s.path+"?_pragma=busy_timeout(30000)") // a child may hold the lock
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatalf("lock the file: %v", err)
	}
	s.db = db
}

func (s *sqliteAt) back(t *testing.T) {
	t.Helper()
	if _, err := s.db.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := s.db.Close(); err != nil {
		t.Fatal(err)
	}
}

// disturb holds the lock for a moment.
func (s *sqliteAt) disturb(t *testing.T) {
	t.Helper()
	s.away(t)
	<-time.After(shortly)
	s.back(t)
	s.locks++
}

func (*sqliteAt) lostAnswers() int { return 0 }
func (s *sqliteAt) String() string {
	return fmt.Sprintf("locked once, and briefly %d times", s.locks)
}

func (s *sqliteAt) read(t *testing.T) []event.Event {
	t.Helper()
	return query(t, "sqlite", s.path, "SELECT event FROM events ORDER BY arrival")
}

// postgresAt is the sink of package sqlarchive in PostgreSQL.
type postgresAt struct {
	server      *servers.Postgres
	cut, pauses int
}

func startPostgres(t *testing.T, _ *rand.Rand) (sinkAt, sink) {
	t.Helper()
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	return sinkAt{"postgres", server.URL()}, &postgresAt{server: server}
}

func (s *postgresAt) away(t *testing.T) { t.Helper(); s.server.Kill(t) }
func (s *postgresAt) back(t *testing.T) { t.Helper(); s.server.Restart(t) }
func (*postgresAt) lostAnswers() int    { return 0 }
func (s *postgresAt) String() string {
	return fmt.Sprintf("killed once, cut %d connections, paused %d times", s.cut, s.pauses)
}

// disturb cuts every connection, or pauses the server for a moment.
func (s *postgresAt) disturb(t *testing.T) {
	t.Helper()
	if s.pauses < s.cut {
		s.server.Pause(t)
		<-time.After(shortly)
		s.server.Resume(t)
		s.pauses++
		return
	}
	db, err := sql.Open("pgx", s.server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var n int
	err = db.QueryRowContext(t.Context(), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	s.cut += n
}

func (s *postgresAt) read(t *testing.T) []event.Event {
	t.Helper()
	return query(t, "pgx", s.server.URL(), "SELECT CAST(event AS text) FROM cairn.events ORDER BY arrival")
}

// query reads events from a database.
func query(t *testing.T, driver, source, text string) (list []event.Event) {
	t.Helper()
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), text)
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", text, err))
	}
	defer rows.Close()
	for rows.Next() {
		var line []byte
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		list = append(list, parsed(t, line))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}
