package sqlarchive

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

var errFault = errors.New("the disk has a bad day")

// faults lets one call of SQLite's driver fail.
type faults struct {
	left  int    // the calls before it; negative for none
	where string // the statement whose call has failed
}

func (f *faults) next(text string) error {
	f.left--
	if f.left != -1 {
		return nil
	}
	f.where = text
	return errFault
}

// faultyLink is a connection each of whose calls may fail.
type faultyLink struct {
	link

	f *faults
}

func (l faultyLink) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	if err := l.f.next(text); err != nil {
		return nil, err
	}
	stmt, err := l.link.PrepareContext(ctx, text)
	s, ok := stmt.(statement)
	if !ok {
		return stmt, err
	}
	return faultyStatement{s, l.f, text}, err
}

func (l faultyLink) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	if err := l.f.next(text); err != nil {
		return nil, err
	}
	return l.link.ExecContext(ctx, text, args)
}

func (l faultyLink) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	if err := l.f.next(text); err != nil {
		return nil, err
	}
	rows, err := l.link.QueryContext(ctx, text, args)
	return faultyRows{rows, l.f, text}, err
}

type faultyStatement struct {
	statement

	f    *faults
	text string
}

func (s faultyStatement) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if err := s.f.next(s.text); err != nil {
		return nil, err
	}
	return s.statement.ExecContext(ctx, args)
}

func (s faultyStatement) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if err := s.f.next(s.text); err != nil {
		return nil, err
	}
	rows, err := s.statement.QueryContext(ctx, args)
	return faultyRows{rows, s.f, s.text}, err
}

type faultyRows struct {
	driver.Rows

	f    *faults
	text string
}

func (r faultyRows) Next(to []driver.Value) error {
	if err := r.f.next(r.text); err != nil {
		return err
	}
	return r.Rows.Next(to)
}

// content returns all rows of the archive.
func content(t *testing.T, db *sql.DB) string {
	t.Helper()
	var b strings.Builder
	for table := range numTables {
		if err := write(t.Context(), &b, db, table); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// write writes the rows of a table.
func write(ctx context.Context, b *strings.Builder, db *sql.DB, from table) error {
	rows, err := db.QueryContext(ctx, "SELECT * FROM "+from.String()+" ORDER BY 1, 2, 3")
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	cells := make([]any, len(columns))
	for i := range cells {
		cells[i] = new(any)
	}
	for rows.Next() {
		if err := rows.Scan(cells...); err != nil {
			return err
		}
		fmt.Fprintf(b, "%s:", from)
		for _, c := range cells {
			fmt.Fprintf(b, " %v", *c.(*any))
		}
		b.WriteByte('\n')
	}
	return rows.Err()
}

// work is what an archive is asked to do. Its runs have customers that become known early, late and not at all.
func work(a *Archive) []func(ctx context.Context) error {
	at := time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)
	known, late := event.Run{Name: "checkout", ID: "known", Started: at}, event.Run{Name: "checkout", ID: "late", Started: at}
	who := event.Customer{Hash: "9f86d081884c7d65"}
	export := func(events ...event.Event) func(context.Context) error {
		return func(ctx context.Context) error { return a.Export(ctx, events) }
	}
	return []func(context.Context) error{
		a.Ping,
		export(
			event.Event{Kind: event.JourneyStarted, Journey: known, Time: at, Customer: who},
			event.Event{Kind: event.TouchpointEnded, Journey: late, Time: at, Touchpoint: "pay"},
			event.Event{Kind: event.JourneyStarted, Journey: late, Time: at},
		),
		export(
			event.Event{Kind: event.FeedbackReceived, Journey: known, Time: at.Add(time.Hour), Feedback: &event.Feedback{Survey: "after"}},
			event.Event{Kind: event.JourneyEnded, Journey: late, Time: at.Add(time.Hour), Customer: event.Customer{Hash: "another"}, Transition: &event.Transition{Entered: at}},
			event.Event{Kind: "action.taken", Time: at.Add(48 * time.Hour)},
		),
		func(ctx context.Context) error { _, err := a.Forget(ctx, who.Hash); return err },
		func(ctx context.Context) error { _, err := a.Prune(ctx, at.Add(time.Minute)); return err },
	}
}

// TestEveryCallMayFail: whichever call of SQLite's driver fails, the archive's call returns the error, has changed
// nothing, and does its work when it is repeated.
func TestEveryCallMayFail(t *testing.T) {
	t.Parallel()
	fresh, folder := filepath.Join(t.TempDir(), "fresh.db"), t.TempDir()
	a, err := OpenSQLite(fresh)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	empty, err := os.ReadFile(fresh)
	if err != nil {
		t.Fatal(err)
	}
	want := perform(t, filepath.Join(folder, "none.db"), empty, &faults{left: -1}, nil)
	step := 1
	if testing.Short() { // the race detector makes each of the calls slow, and most of them read a page
		step = 17
	}
	for n := 0; ; n += step {
		f := &faults{left: n}
		perform(t, filepath.Join(folder, fmt.Sprintf("%d.db", n)), empty, f, want)
		if f.left >= 0 {
			t.Logf("there are %d calls", n)
			break
		}
	}
}

// perform does the work on a copy of an archive's file, and a part that fails twice. It compares the archive's content
// with the one that is wanted before each part and at the end, or returns these contents if none is.
func perform(t *testing.T, path string, file []byte, f *faults, want []string) (contents []string) {
	t.Helper()
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := OpenSQLite(path, WithoutFsync())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	}()
	s, _ := a.db.(*sqlite)
	if err := s.leave(); err != nil { // so that the next call connects again
		t.Fatal(err)
	}
	s.connect = func(ctx context.Context, path string) (link, error) {
		if err := f.next("connect"); err != nil {
			return nil, err
		}
		l, err := connect(ctx, path)
		return faultyLink{l, f}, err
	}
	db, err := sql.Open("sqlite", path+"?_pragma=busy_timeout(20000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	same := func(part int) {
		if now := content(t, db); now != want[part] {
			t.Errorf("before part %d, after the failed call %q, the archive has\n%s\nwant\n%s", part, f.where, now, want[part])
		}
	}
	for i, call := range work(a) {
		if want == nil {
			contents = append(contents, content(t, db))
		}
		before := f.left
		err := call(t.Context())
		failed := before >= 0 && f.left < 0
		if failed && f.where == "PRAGMA wal_checkpoint(TRUNCATE)" {
			failed = false // a later checkpoint does it
		}
		if failed != errors.Is(err, errFault) || failed == (err == nil) || sink.IsPermanent(err) {
			t.Errorf("part %d: the call %q fails, and the archive returns %v", i, f.where, err)
		}
		if failed {
			same(i)
			if err := call(t.Context()); err != nil {
				t.Errorf("part %d, again: %v", i, err)
			}
		}
	}
	if want == nil {
		return append(contents, content(t, db))
	}
	same(len(want) - 1)
	return nil
}
