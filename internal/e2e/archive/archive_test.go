//go:build unix

// Package archive_test runs the archive on a real PostgreSQL and on SQLite. The same events and queries give the
// same answers.
package archive_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"
	_ "modernc.org/sqlite"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/exporterstest"
	"cairncx.dev/cairn/exporters/sink"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/internal/e2e/servers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var background = context.Background()

func pool(t testing.TB, server *servers.Postgres) *pgxpool.Pool {
	t.Helper()
	p, err := pgxpool.New(background, server.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func do(t testing.TB, p *pgxpool.Pool, text string) {
	t.Helper()
	if _, err := p.Exec(background, text); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

func down(t testing.TB, a *sqlarchive.Archive) *sqlarchive.Archive {
	t.Helper()
	t.Cleanup(func() { _ = a.Shutdown(background) })
	return a
}

func openPostgres(t testing.TB, p *pgxpool.Pool, opts ...sqlarchive.PostgresOption) *sqlarchive.Archive {
	t.Helper()
	a, err := sqlarchive.UsePostgres(p, opts...)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Ping(background); err != nil {
		t.Fatal(err)
	}
	return down(t, a)
}

func openSQLite(t testing.TB) (*sqlarchive.Archive, *sql.DB) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "archive.db")
	a, err := sqlarchive.OpenSQLite(path)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return down(t, a), db
}

func kept(t testing.TB, p *pgxpool.Pool, schema string) []event.Event {
	t.Helper()
	rows, err := p.Query(background, "SELECT event::text FROM "+schema+".events ORDER BY arrival")
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	events := make([]event.Event, len(lines))
	for i, line := range lines {
		if events[i], err = event.ParseJSON([]byte(line)); err != nil {
			t.Fatalf("%.200q: %v", line, err)
		}
	}
	return events
}

func TestContract(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	p := pool(t, server)
	n := 0
	exporterstest.Run(t, func(t *testing.T) exporterstest.Sink {
		n++
		schema := fmt.Sprintf("contract%d", n)
		return exporterstest.Sink{
			Exporter: openPostgres(t, p, sqlarchive.WithSchema(schema)), Deduplicates: true,
			Received: func(t *testing.T) []event.Event { return kept(t, p, schema) },
			Break: func(t *testing.T, f exporterstest.Fault) *exporterstest.Broken {
				switch f {
				case exporterstest.Away:
					do(t, p, "ALTER SCHEMA "+schema+" RENAME TO away")
					return &exporterstest.Broken{Mend: func() { do(t, p, "ALTER SCHEMA away RENAME TO "+schema) }}
				case exporterstest.Poisoned:
					do(t, p, "ALTER TABLE "+schema+".feedback ADD CONSTRAINT poison CHECK (touchpoint <> '"+exporterstest.Poison+"') NOT VALID")
					return &exporterstest.Broken{Mend: func() { do(t, p, "ALTER TABLE "+schema+".feedback DROP CONSTRAINT poison") }}
				case exporterstest.Partial: // a lock that another process has
					do(t, p, "CREATE FUNCTION "+schema+".busy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'locked: %', NEW.comment USING ERRCODE = '55P03'; END $$")
					do(t, p, "CREATE TRIGGER busy BEFORE INSERT ON "+schema+".feedback FOR EACH ROW WHEN (NEW.touchpoint = '"+exporterstest.Busy+"') EXECUTE FUNCTION "+schema+".busy()")
					return &exporterstest.Broken{Mend: func() {
						do(t, p, "DROP TRIGGER busy ON "+schema+".feedback")
						do(t, p, "DROP FUNCTION "+schema+".busy()")
					}}
				case exporterstest.Stalled:
					tx, err := p.Begin(background)
					if err != nil {
						t.Fatal(err)
					}
					if _, err := tx.Exec(background, "LOCK TABLE "+schema+".touchpoints, "+schema+".feedback"); err != nil {
						t.Fatal(err)
					}
					return &exporterstest.Broken{Mend: func() { _ = tx.Rollback(background) }}
				default:
					return nil
				}
			},
		}
	})
}

// shuffled exports the events in a random order, some of them twice, in batches of different sizes.
func shuffled(t testing.TB, a *sqlarchive.Archive, events []event.Event, seed uint64) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 0))
	events = slices.Clone(events)
	events = append(events, events[:len(events)/3]...)
	random.Shuffle(len(events), func(i, k int) { events[i], events[k] = events[k], events[i] })
	for len(events) > 0 {
		n := min(len(events), 1+random.IntN(400))
		if err := a.Export(background, events[:n]); err != nil {
			t.Fatal(err)
		}
		events = events[n:]
	}
}

// show formats a value of either database in the same way.
func show(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case pgtype.Numeric:
		f, _ := v.Float64Value()
		return fmt.Sprint(f.Float64)
	case time.Time:
		return strings.TrimSuffix(v.UTC().Format("2006-01-02 15:04:05.000000"), " 00:00:00.000000")
	case [16]byte:
		return event.ID(v).String()
	case bool:
		return map[bool]string{true: "1", false: "0"}[v]
	default:
		return fmt.Sprint(v)
	}
}

func askPostgres(t testing.TB, p *pgxpool.Pool, schema, query string) []string {
	t.Helper()
	tx, err := p.Begin(background)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(background) //nolint:errcheck // the transaction only reads
	for _, set := range []string{"SET LOCAL search_path TO " + schema, "SET LOCAL timezone TO 'UTC'"} {
		if _, err := tx.Exec(background, set); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := tx.Query(background, query)
	if err != nil {
		t.Fatalf("%s\n%v", query, err)
	}
	lines, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		values, err := row.Values()
		cells := make([]string, len(values))
		for i, v := range values {
			cells[i] = show(v)
		}
		return strings.Join(cells, " | "), err
	})
	if err != nil {
		t.Fatalf("%s\n%v", query, err)
	}
	return lines
}

func askSQLite(t testing.TB, db *sql.DB, query string) (lines []string) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatalf("%s\n%v", query, err)
	}
	defer rows.Close()
	columns, _ := rows.Columns()
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		cells := make([]string, len(values))
		for i, v := range values {
			cells[i] = show(v)
		}
		lines = append(lines, strings.Join(cells, " | "))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

var question = regexp.MustCompile("(?s)```sql\n(.*?)```")

// TestSameAnswers: the queries in the archive's document, and every table, give the same answers in both
// databases, which got the same events in different orders, some twice.
func TestSameAnswers(t *testing.T) {
	text, err := os.ReadFile("../../../exporters/sqlarchive/README.md")
	if err != nil {
		t.Fatal(err)
	}
	var questions []string
	for _, m := range question.FindAllStringSubmatch(string(text), -1) {
		questions = append(questions, strings.ReplaceAll(m[1], "9f86d081884c7d65", fmt.Sprintf("%016x", 3)))
	}
	if len(questions) < 7 {
		t.Fatalf("the document has %d queries, want more", len(questions))
	}
	for table, what := range map[string]string{
		"journeys": "*", "promises": "run, promise, number, *", "touchpoints": "id, kind, time, day, week, namespace, journey, run, stage, visit, touchpoint, channel, actor, direction, outcome, cause, customer, segment, late, duration_seconds, apdex_zone, error_type, transfers",
		"transitions": "id, time, day, week, from_stage, from_visit, partial, duration_seconds, version, value_amount, value_currency, friction_repeats, friction_failures_before_success, friction_loops, friction_channel_switches, friction_overdue, followup, owner, severity, opened_by, caused_by_id, feedback_id, about_namespace, about_journey, about_run, due, remedy, note, action, feedback_ids, action_cause, action_from, action_until, " +
			"breakdown, breakdown_journey, breakdown_name, breakdown_better, breakdown_began, breakdown_placed, share_before, share_since, excess, excess_customers, excess_value_amount, excess_value_currency, plan_namespace, plan_action, plan_run, earlier_run",
		"feedback":  "id, score, verdict, comment, causes, survey_version, survey_end, shown, amends_id, previous_score, testimonial_version, testimonial_language, testimonial_text, testimonial_given, testimonial_withdrawn, nature, stars, reach, address, reply_to",
		"followups": "id, followup, state, due, feedback_id", "others": "id, kind, action, intent, effort_began, effort_window_seconds, effort_contacts, effort_answered, effort_switches, effort_from, effort_first_contact",
		"legs":      "touchpoint_id, number, time, queue, queued, answered, bot, agent, started, start_seconds, wait_seconds, ring_seconds, talk_seconds, hold_seconds, wrap_seconds, holds, leg_end, warm",
		"decisions": "touchpoint_id, number, time, decision, amount, amount_currency, limit_amount, limit_currency, approval, approver, approval_seconds, refused, path, skipped",
		"views":     "touchpoint_id, number, time, part, age_seconds, took_seconds, found", "replies": "touchpoint_id, number, time, after_seconds, open_seconds",
		"testimonials": "id, time, namespace, journey, run, customer, segment, survey, scale, score, source, nature, stars, address, language, comment, consent_version, consent_language, consent_text, consent_given",
		"events":       "id, kind, run, event ->> 'kind', event ->> 'outcome'",
	} {
		questions = append(questions, "SELECT "+what+" FROM "+table+" ORDER BY 1, 2, 3")
	}
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	p := pool(t, server)
	inPostgres := openPostgres(t, p)
	inSQLite, db := openSQLite(t)
	people, _ := helped(200, 9)
	consenting := consents(rand.Uint64N(1 << 20))
	events := slices.Concat(saying(story(300)), contacts(), looks(), people, voices(), consenting, surveyed(300, 8), breakdowns())
	shuffled(t, inPostgres, events, 1)
	shuffled(t, inSQLite, events, 2)
	for _, q := range questions {
		theirs, ours := askPostgres(t, p, "cairn", q), askSQLite(t, db, q)
		if len(ours) == 0 {
			t.Errorf("%s\nreturns no row", q)
		}
		if diff := cmp.Diff(theirs, ours); diff != "" {
			t.Errorf("%s\nthe answers differ (-PostgreSQL +SQLite):\n%.3000s", q, diff)
		}
	}
	sameTestimonials(t, consenting, askPostgres(t, p, "cairn", testimonialsOf), askSQLite(t, db, testimonialsOf))
	forgetBoth(t, inPostgres, inSQLite)
	for _, q := range questions[len(questions)-13:] { // the tables
		if diff := cmp.Diff(askPostgres(t, p, "cairn", q), askSQLite(t, db, q), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("after Forget: %s\n(-PostgreSQL +SQLite):\n%.3000s", q, diff)
		}
	}
}

// forgetBoth forgets a customer in both archives and prunes a week.
func forgetBoth(t *testing.T, archives ...*sqlarchive.Archive) {
	t.Helper()
	var forgotten, pruned []int64
	for _, a := range archives {
		f, err := a.Forget(background, fmt.Sprintf("%016x", 3))
		if err != nil {
			t.Fatal(err)
		}
		again, err := a.Forget(background, fmt.Sprintf("%016x", 3))
		if err != nil || again != 0 {
			t.Errorf("a second Forget returned %d, %v", again, err)
		}
		n, err := a.Prune(background, time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC))
		if err != nil {
			t.Fatal(err)
		}
		forgotten, pruned = append(forgotten, f), append(pruned, n)
	}
	if forgotten[0] == 0 || pruned[0] == 0 || forgotten[0] != forgotten[1] || pruned[0] != pruned[1] {
		t.Errorf("Forget deleted %v rows and Prune %v: want equal numbers in both", forgotten, pruned)
	}
}

// TestInstances: several instances open an empty database at once, and export overlapping events at once.
func TestInstances(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	const instances = 4
	events := story(60)
	var running sync.WaitGroup
	for n := range instances {
		running.Go(func() {
			a, err := sqlarchive.OpenPostgres(server.URL())
			if err != nil {
				t.Error(err)
				return
			}
			random := rand.New(rand.NewPCG(uint64(n), 0))
			mine := slices.Clone(events)
			random.Shuffle(len(mine), func(i, k int) { mine[i], mine[k] = mine[k], mine[i] })
			for batch := range slices.Chunk(mine, 20) {
				if err := a.Export(background, batch); err != nil {
					t.Error(err)
				}
			}
			if err := a.Shutdown(background); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	p := pool(t, server)
	if n := len(kept(t, p, "cairn")); n != len(events) {
		t.Errorf("the archive has %d events, want %d", n, len(events))
	}
	alone, db := openSQLite(t)
	if err := alone.Export(background, events); err != nil {
		t.Fatal(err)
	}
	const q = "SELECT * FROM journeys ORDER BY run"
	if diff := cmp.Diff(askSQLite(t, db, q), askPostgres(t, p, "cairn", q)); diff != "" {
		t.Errorf("the runs differ from those of one instance that exports in order (-want +got):\n%s", diff)
	}
}

// TestServerKilled: the archive has the acknowledged events after a kill -9 of the server, and works again after
// it.
func TestServerKilled(t *testing.T) {
	server := servers.StartPostgres(t)
	p := pool(t, server)
	a := openPostgres(t, p)
	events := story(20)
	half := len(events) / 2
	if err := a.Export(background, events[:half]); err != nil {
		t.Fatal(err)
	}
	server.Kill(t)
	ctx, cancel := context.WithTimeout(background, 2*time.Second)
	defer cancel()
	err := a.Export(ctx, events[half:])
	if err == nil || sink.IsPermanent(err) {
		t.Errorf("while the server is away the error is %v, want a transient one", err)
	}
	server.Restart(t)
	p.Reset()
	if err := a.Export(background, events[half:]); err != nil {
		t.Fatal(err)
	}
	if n := len(kept(t, p, "cairn")); n != len(events) {
		t.Errorf("the archive has %d events, want %d", n, len(events))
	}
}

// TestPoisonOfItsOwn: PostgreSQL cannot index a key of ten kilobytes, and no reader takes an event that is longer than event.MaxJSON. The archive keeps the other
// events.
func TestPoisonOfItsOwn(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	p := pool(t, server)
	a := openPostgres(t, p)
	events := story(5)
	random := rand.New(rand.NewPCG(1, 1))
	long := make([]byte, 12_000)
	for i := range long {
		long[i] = byte('!' + random.IntN(90))
	}
	events[7].Journey.ID = string(long)
	events[3].Cause = strings.Repeat("x", event.MaxJSON)
	var partial *sink.PartialError
	if err := a.Export(background, events); !errors.As(err, &partial) {
		t.Fatalf("the error is %v, want a PartialError", err)
	}
	f := partial.Failed
	if len(f) != 2 || f[1].Index != 7 || f[1].ID != events[7].ID || !sink.IsPermanent(f[1].Err) || strings.Contains(f[1].Err.Error(), string(long[:20])) {
		t.Fatalf("the failed events are %+v", f)
	}
	if f[0].Index != 3 || !sink.IsPermanent(f[0].Err) || !strings.Contains(f[0].Err.Error(), "its JSON is longer than 2097152 bytes") {
		t.Errorf("the failure of the long event is %+v", f[0])
	}
	if n := len(kept(t, p, "cairn")); n != len(events)-2 {
		t.Errorf("the archive has %d events, want %d", n, len(events)-2)
	}
}
