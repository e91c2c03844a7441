//go:build unix

package insight

import (
	"bufio"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/lines"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/internal/e2e/servers"
)

var (
	size   = flag.Int("events", 100_000, "the `number` of events that the sources have")
	folder = flag.String("folder", "", "the `folder` in which the SQLite file and the JSON lines stay for the next time; without it they are temporary")
	server = flag.String("postgres", "", "the `URL` of a PostgreSQL in which the events stay for the next time; without it a temporary one is started")
)

const (
	eventsOfRun = 10
	batch       = 4096
	added       = 1000
)

var began = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// story calls f with the events of runs, batch by batch, from the first run on. A run has a promise, three stages, and three touchpoints.
func story(first, runs int, f func([]event.Event) error) error {
	rng := rand.New(rand.NewPCG(uint64(first), 16))
	list := make([]event.Event, 0, batch+eventsOfRun)
	for n := first; n < first+runs; n++ {
		list = append(list, run(n, rng)...)
		if len(list) >= batch || n == first+runs-1 {
			if err := f(list); err != nil {
				return err
			}
			list = list[:0]
		}
	}
	return nil
}

func run(n int, rng *rand.Rand) (list []event.Event) {
	at := began.Add(time.Duration(n) * 2 * time.Second)
	e := event.Event{
		Journey:  event.Run{Namespace: "production", Name: "ticket", ID: fmt.Sprintf("T-2026-%09d", n), Version: "3", Started: at},
		Customer: event.Customer{Hash: fmt.Sprintf("%032x", n/3), Segment: []string{"private", "small", "large"}[rng.IntN(3)]},
		Variant:  &event.Variant{Release: []string{"1.0", "1.1", "1.2"}[rng.IntN(3)]}, Channel: event.Phone,
	}
	promise := &event.Promise{Name: "solved", Number: 1, Made: at, Due: at.Add(48 * time.Hour)}
	tell := func(kind event.Kind, fill func(e *event.Event)) {
		next := e
		next.Kind, next.Time = kind, at
		if fill != nil {
			fill(&next)
		}
		next.ID = event.NewID(at)
		list = append(list, next)
		at = at.Add(time.Duration(rng.Int64N(int64(4 * time.Hour)))).Truncate(time.Microsecond)
	}
	tell(event.JourneyStarted, nil)
	tell(event.PromiseMade, func(e *event.Event) { e.Promise, e.Time = promise, promise.Made })
	for visit, stage := range []string{"received", "working", "answered"} {
		tell(event.JourneyStageEntered, func(e *event.Event) { e.Stage, e.Visit = stage, visit+1 })
		tell(event.TouchpointEnded, func(e *event.Event) {
			e.Stage, e.Visit, e.Touchpoint, e.Outcome, e.Duration = stage, visit+1, []string{"call", "mail", "chat", "visit"}[rng.IntN(4)], event.OK, time.Minute
			if rng.IntN(10) == 0 {
				e.Outcome, e.Cause = event.Failed, "out-of-stock"
			}
		})
	}
	if rng.IntN(10) > 0 {
		tell(event.PromiseKept, func(e *event.Event) { e.Promise = promise })
		tell(event.JourneyEnded, func(e *event.Event) {
			e.Stage, e.Outcome = "answered", []event.Outcome{event.Completed, event.Completed, event.Completed, event.Failed}[rng.IntN(4)]
		})
	}
	return list
}

// read counts the events of a scan.
type read struct {
	insight.Source

	events int
}

func (r *read) Distinct() bool {
	d, ok := r.Source.(insight.Distinct)
	return ok && d.Distinct()
}

func (r *read) Scan(ctx context.Context, s event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	return r.Source.Scan(ctx, s, func(e *event.Event) error {
		r.events++
		return each(e)
	})
}

// store is what one kind of source is written to and read from.
type store struct {
	write  func([]event.Event) error
	open   func() insight.Source
	bare   func() error // reads what a scan reads, and does nothing with it
	filled bool         // it has the events from an earlier time
}

// BenchmarkLoad loads tables from each source.
func BenchmarkLoad(b *testing.B) {
	for _, c := range []struct {
		name string
		make func(b *testing.B) *store
	}{{"SQLite", inSQLite}, {"PostgreSQL", inPostgres}, {"JSON-lines", inLines}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				load(b, c.make(b))
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// fill writes the events, unless the source has them from an earlier time.
func fill(b *testing.B, s *store) {
	b.Helper()
	if s.filled {
		return
	}
	written := 0
	took := timed(b, func() error {
		return story(0, *size/eventsOfRun, func(list []event.Event) error {
			written += len(list)
			return s.write(list)
		})
	})
	b.Logf("%d events written: %.0f/s", written, float64(written)/took.wall.Seconds())
}

// load is one round.
func load(b *testing.B, s *store) {
	b.Helper()
	fill(b, s)
	source := &read{Source: s.open()}
	rounds := 3
	if *size >= 1_000_000 {
		rounds = 1
	}
	var theirs, scans, loads spent
	var table *insight.Table
	var heap uint64
	for range rounds {
		theirs = append(theirs, timed(b, s.bare))
		scans = append(scans, timed(b, func() error {
			_, err := source.Source.Scan(b.Context(), event.Scan{}, func(*event.Event) error { return nil })
			return err
		}))
		table, source.events = nil, 0
		before := inUse()
		loads = append(loads, timed(b, func() (err error) {
			if table, err = insight.New(nil); err != nil {
				return err
			}
			return table.Load(b.Context(), source)
		}))
		heap = inUse() - before
	}
	state, err := table.State()
	if err != nil {
		b.Fatal(err)
	}
	bare, scan, loaded := theirs.middle(), scans.middle(), loads.middle()
	b.ReportMetric(scan.wall.Seconds()/bare.wall.Seconds(), "scan-x-bare")
	b.ReportMetric(scan.cpu.Seconds()/bare.cpu.Seconds(), "scan-x-bare-cpu")
	b.ReportMetric(loaded.wall.Seconds()/bare.wall.Seconds(), "load-x-bare")
	b.ReportMetric(loaded.cpu.Seconds()/bare.cpu.Seconds(), "load-x-bare-cpu")
	b.ReportMetric(float64(source.events)/loaded.wall.Seconds(), "events/s")
	b.ReportMetric((float64(heap)-8*float64(source.events))/float64(state.Runs), "B/run")
	b.ReportMetric(float64(peak(b))/1e6, "peak-MB")
	b.Logf("%d events, bare %v, scan %v, load %v, heap %d MB", source.events, theirs, scans, loads, heap/1_000_000)

	runs := state.Runs
	if err := story(int(runs), added/eventsOfRun, s.write); err != nil {
		b.Fatal(err)
	}
	source.events = 0
	again := timed(b, func() error { return table.Load(b.Context(), source) })
	state, err = table.State()
	if err != nil || state.Runs != runs+added/eventsOfRun {
		b.Fatalf("the table has %d runs, want %d; %v", state.Runs, runs+added/eventsOfRun, err)
	}
	b.ReportMetric(float64(source.events), "events-read-again")
	b.ReportMetric(float64(again.wall.Milliseconds()), "ms-again")
	ask(b, table)
}

// ask asks every question that needs no whole events, and reports how long it takes, by the clock and by the processors.
func ask(b *testing.B, table *insight.Table) {
	b.Helper()
	v := table.View(insight.Everything(), time.Time{})
	w := insight.Which{Journey: "ticket"}
	state, _ := table.State()
	half := began.Add(state.Newest.Sub(began) / 2)
	for _, q := range []struct {
		name string
		ask  func() error
	}{
		{"Outcomes", func() error { _, err := v.Outcomes(b.Context(), w); return err }},
		{"Reopened", func() error { _, err := v.Reopened(b.Context(), w); return err }},
		{"Promises", func() error { _, err := v.Promises(b.Context(), w, time.Time{}, insight.Segment); return err }},
		{"Compare", func() error { _, err := v.Compare(b.Context(), w, insight.Segment, insight.Completes()); return err }},
		{"ComparePeriods", func() error {
			_, err := v.ComparePeriods(b.Context(), insight.Which{From: half}, insight.Which{Until: half}, insight.Completes())
			return err
		}},
		{"Time", func() error { _, err := v.Time(b.Context(), w); return err }},
		{"Funnel", func() error { _, err := v.Funnel(b.Context(), w, nil); return err }},
		{"Paths", func() error { _, err := v.Paths(b.Context(), w); return err }},
		{"GoesWith", func() error { _, err := v.GoesWith(b.Context(), w, insight.NotCompleted()); return err }},
		{"Rose", func() error {
			_, err := v.GotWorse(b.Context(), insight.Which{From: half}, insight.Which{Until: half}, insight.NotCompleted())
			return err
		}},
	} {
		took := timed(b, q.ask)
		b.ReportMetric(float64(took.wall.Microseconds())/1000, q.name+"-ms")
		b.ReportMetric(float64(took.cpu.Microseconds())/1000, q.name+"-cpu-ms")
	}
}

// unread are the columns that a scan does not read, and needed are those of them that it reads of some tables.
var (
	unread = []string{
		"event", "arrival", "day", "week", "xid", "agent", "comment", "note", "address", "reply_to", "grant_id", "number", "started", "time",
		"testimonial_version", "testimonial_language", "queue", "wait_seconds", "ring_seconds", "talk_seconds", "hold_seconds", "wrap_seconds",
		"transfers", "repeated", "resolved", "by_person", "state", "first_reply_seconds", "first_reply_open_seconds",
	}
	needed = map[string][]string{"transitions": {"time", "started"}, "touchpoints": {"time"}, "others": {"time", "number"}}
)

// selects returns a SELECT for each table that the story fills, of the columns that a scan reads.
func selects(b *testing.B, prefix string, columns func(table string) []string) (list []string) {
	b.Helper()
	for _, table := range []string{"transitions", "touchpoints", "others"} {
		of := slices.DeleteFunc(columns(table), func(c string) bool { return slices.Contains(unread, c) && !slices.Contains(needed[table], c) })
		if len(of) == 0 {
			b.Fatalf("%s has no columns", table)
		}
		list = append(list, "SELECT "+strings.Join(of, ", ")+" FROM "+prefix+table)
	}
	return list
}

// place returns the path of the file in the folder, and whether it is there.
func place(b *testing.B, name string) (path string, filled bool) {
	b.Helper()
	if *folder == "" {
		return filepath.Join(b.TempDir(), name), false
	}
	path = filepath.Join(*folder, name)
	_, err := os.Stat(path)
	return path, err == nil
}

func inSQLite(b *testing.B) *store {
	b.Helper()
	path, filled := place(b, "archive.db")
	a, err := sqlarchive.OpenSQLite(path, sqlarchive.WithoutFsync())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = a.Shutdown(context.Background()) })
	open := func() insight.Source {
		r, err := sqlarchive.ReadSQLite(b.Context(), path)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = r.Close() })
		return r
	}
	bare := func() error {
		db, err := sql.Open("sqlite", path)
		if err != nil {
			return err
		}
		defer db.Close()
		conn, err := db.Conn(b.Context())
		if err != nil {
			return err
		}
		defer conn.Close()
		return conn.Raw(func(of any) error {
			return bareSQLite(b, of.(driver.QueryerContext)) //nolint:forcetypeassert // the driver has it
		})
	}
	return &store{func(list []event.Event) error { return a.Export(b.Context(), list) }, open, bare, filled}
}

// bareSQLite reads on the driver.
func bareSQLite(b *testing.B, db driver.QueryerContext) error {
	b.Helper()
	each := func(query string, f func(cells []driver.Value)) error {
		rows, err := db.QueryContext(b.Context(), query, nil)
		if err != nil {
			return err
		}
		defer rows.Close()
		cells := make([]driver.Value, len(rows.Columns()))
		for err = rows.Next(cells); err == nil; err = rows.Next(cells) {
			f(cells)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
	queries := selects(b, "", func(table string) (list []string) {
		if err := each("SELECT name FROM pragma_table_info('"+table+"')", func(cells []driver.Value) { list = append(list, fmt.Sprint(cells[0])) }); err != nil {
			b.Fatal(err)
		}
		return list
	})
	for _, query := range queries {
		if err := each(query, func([]driver.Value) {}); err != nil {
			return err
		}
	}
	return nil
}

func inPostgres(b *testing.B) *store {
	b.Helper()
	url, filled := *server, false // the archive makes its tables with the first event
	if url == "" {
		url = servers.StartPostgres(b, servers.PostgresSetting("fsync", "off"), servers.PostgresSetting("max_wal_size", "8GB")).URL()
	}
	a, err := sqlarchive.OpenPostgres(url)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = a.Shutdown(context.Background()) })
	conn, err := pgx.Connect(b.Context(), url)
	if err == nil {
		err = conn.QueryRow(b.Context(), "SELECT to_regclass('cairn.transitions') IS NOT NULL").Scan(&filled)
	}
	if err != nil {
		b.Fatal(err)
	}
	_ = conn.Close(b.Context())
	open := func() insight.Source {
		conn, err := pgx.Connect(b.Context(), url)
		if err == nil {
			_, err = conn.Exec(b.Context(), "VACUUM ANALYZE")
		}
		if err != nil {
			b.Fatal(err)
		}
		_ = conn.Close(b.Context())
		r, err := sqlarchive.ReadPostgres(b.Context(), url)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = r.Close() })
		return r
	}
	return &store{func(list []event.Event) error { return a.Export(b.Context(), list) }, open, func() error { return barePostgres(b, url) }, filled}
}

// barePostgres reads on the protocol, in binary.
func barePostgres(b *testing.B, url string) error {
	b.Helper()
	conn, err := pgx.Connect(b.Context(), url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(b.Context()) }()
	queries := selects(b, "cairn.", func(table string) (list []string) {
		rows, err := conn.Query(b.Context(), "SELECT column_name FROM information_schema.columns WHERE table_schema = 'cairn' AND table_name = $1", table)
		if err == nil {
			list, err = pgx.CollectRows(rows, pgx.RowTo[string])
		}
		if err != nil {
			b.Fatal(err)
		}
		return list
	})
	n := 0
	for _, query := range queries {
		rows := conn.PgConn().ExecParams(b.Context(), query, nil, nil, nil, []int16{1})
		for rows.NextRow() {
			for _, v := range rows.Values() {
				n += len(v)
			}
		}
		if _, err := rows.Close(); err != nil {
			return err
		}
	}
	if n == 0 {
		return errors.New("nothing was read")
	}
	return nil
}

func inLines(b *testing.B) *store {
	b.Helper()
	path, filled := place(b, "events.jsonl")
	var text []byte
	write := func(list []event.Event) error {
		file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		text = text[:0]
		for i := range list {
			text = append(list[i].AppendJSON(text), '\n')
		}
		_, err = file.Write(text)
		return errors.Join(err, file.Close())
	}
	open := func() insight.Source {
		s, err := lines.New(path)
		if err != nil {
			b.Fatal(err)
		}
		return s
	}
	bare := func() error { // its floor is the reading of lines
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		for s := bufio.NewScanner(file); ; {
			if !s.Scan() {
				return s.Err()
			}
			if _, err := event.ParseJSON(s.Bytes()); err != nil {
				return err
			}
		}
	}
	return &store{write, open, bare, filled}
}
