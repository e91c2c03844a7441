package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/postgres"
)

// key is the key of a run, and how the database writes it.
func key(n byte) (ledger.Key, string) {
	return ledger.Key{n}, fmt.Sprintf("%02x000000-0000-0000-0000-000000000000", n)
}

func appending(n byte) ledger.Change {
	k, _ := key(n)
	return ledger.Change{Key: k, Append: []byte("a")}
}

func replacing(n byte) ledger.Change {
	k, _ := key(n)
	return ledger.Change{Key: k, If: []byte("a"), Replace: []byte("r")}
}

// row is a row of a record: its run, its log (nil for NULL) and whether it is closed (nil for NULL).
func row(n byte, log, closed any) []any {
	_, text := key(n)
	if s, ok := log.(string); ok {
		log = fmt.Sprintf("\\x%x", s)
	}
	return []any{text, log, closed}
}

// The remedies of errors, by PostgreSQL's codes (its manual, appendix A), and whether the connection is of use later.
var remedies = []struct {
	code, message, says string
	gone                bool
}{
	{code: "42P01", says: "call Migrate once"},
	{code: "42703", says: "call Migrate once"},
	{code: "3F000", says: "call Migrate once"},
	{code: "42501", says: "grant SELECT, INSERT, UPDATE and DELETE"},
	{code: "25006", says: "this is a standby or a read-only transaction", gone: true},
	{code: "53300", says: "the server has no connection left"},
	{code: "57P01", says: "stopping or starting", gone: true},
	{code: "57P02", says: "stopping or starting", gone: true},
	{code: "57P03", says: "stopping or starting", gone: true},
	{code: "26000", says: "as PgBouncer does", gone: true},
	{code: "42P05", says: "as PgBouncer does", gone: true},
	{code: "3D000", says: "make the database"},
	{code: "28000", says: "correct the user or the password"},
	{code: "28P01", says: "correct the user or the password"},
	{code: "08006", says: "is broken: the next call connects again", gone: true},
	{code: "08P01", message: "unsupported startup parameter", says: "ignore_startup_parameters", gone: true},
	{code: "22000"},
	{code: "XX000"},
}

// TestRemedies: each error says what to do, where that is known, and never shows a value. A connection that is of no
// use any more is not used again.
func TestRemedies(t *testing.T) {
	t.Parallel()
	said := func(err error) (list []string) {
		for _, r := range remedies {
			if r.says != "" && strings.Contains(err.Error(), r.says) && !slices.Contains(list, r.says) {
				list = append(list, r.says)
			}
		}
		return list
	}
	for _, r := range remedies {
		t.Run(r.code, func(t *testing.T) {
			t.Parallel()
			answer := fails(r.code)
			if r.message != "" {
				answer.message = r.message
			}
			f, s := startFake(t, func(string) []reply { return []reply{answer} })
			for call, err := range map[string]error{
				"write":  second(s.Write(t.Context(), []ledger.Change{appending(1)})),
				"forget": second(s.Forget(t.Context(), "c", 0)),
			} {
				var told *pgconn.PgError
				if !errors.As(err, &told) || told.Code != r.code || strings.Contains(err.Error(), secret) || !strings.HasPrefix(err.Error(), "postgres: "+call+": ") {
					t.Fatalf("it returns %v", err)
				}
				if got := strings.Join(said(err), "; "); got != r.says {
					t.Errorf("%s says %q, want %q", call, got, r.says)
				}
			}
			if live, held, err := s.Count(t.Context(), "me", 0); err == nil || live != nil || held {
				t.Errorf("Count returns %v, %v, %v", live, held, err)
			}
			if asked, connections := f.took(); (connections == len(asked)) != r.gone || !r.gone && connections != 1 {
				t.Errorf("%d statements had %d connections", len(asked), connections)
			}
			err := s.Migrate(t.Context())
			want := r.says
			if want == "call Migrate once" || r.code == "42501" {
				want = "" // this is Migrate
			}
			if got := strings.Join(said(err), "; "); got != want || !strings.HasPrefix(err.Error(), `postgres: migrate "cairn_*": `) {
				t.Errorf("Migrate says %v, want %q in it", err, want)
			}
		})
	}
}

func second[T any](_ T, err error) error { return err }

// TestRetries: a transaction that the database asks to have again is made again, until the context is done; any other
// error ends the call.
func TestRetries(t *testing.T) {
	t.Parallel()
	for code, again := range map[string]bool{"40001": true, "40P01": true, "40002": false, "57P01": false} {
		left := 3
		f, s := startFake(t, func(string) []reply {
			if left--; left >= 0 {
				return []reply{fails(code)}
			}
			return []reply{done("UPDATE 7")}
		})
		n, err := s.Forget(t.Context(), "c", 0)
		asked, _ := f.took()
		if (err == nil) != again || again && (n != 7 || len(asked) != 4) || !again && (n != 0 || len(asked) != 1) {
			t.Errorf("%s: Forget returns %d and %v after %d statements", code, n, err, len(asked))
		}
	}
	why := errors.New("the test is impatient")
	ctx, cancel := context.WithCancelCause(t.Context())
	tries := 0
	_, s := startFake(t, func(string) []reply {
		if tries++; tries == 3 {
			defer cancel(why)
		}
		return []reply{fails("40001")}
	})
	if _, err := s.Forget(ctx, "c", 0); err == nil || !errors.Is(err, why) && !errors.Is(err, context.Canceled) || tries < 3 {
		t.Errorf("after %d tries it returns %v", tries, err)
	}
	f, s := startFake(t, func(string) []reply { return []reply{fails("25006")} })
	if _, err := s.Forget(t.Context(), "c", 0); err == nil {
		t.Error("a server that takes no writes is no error")
	}
	if asked, connections := f.took(); len(asked) <= 3 || len(asked) > 5 || connections != len(asked) {
		t.Errorf("%d connections of at most 3 at a time are tried %d times, want each and one more", connections, len(asked))
	}
}

// TestTwoTransactions: of a Write's two transactions the one that was committed is not made again.
func TestTwoTransactions(t *testing.T) {
	t.Parallel()
	appended := selected(records, row(1, "a", "f"), row(3, "xa", "t"))
	replaced := selected(records, row(2, nil, "f"), row(4, "other", "t"))
	begin, commit := done("BEGIN"), done("COMMIT")
	changes := []ledger.Change{replacing(4), appending(3), replacing(2), appending(1), replacing(5)}
	want := []string{"other,true", "xa,true", "r,false", "a,false", ",false"}
	for _, c := range []struct {
		name   string
		first  []reply // what becomes of the first round trip
		second string  // which transactions the second one has
	}{
		{"all at once", []reply{begin, appended, commit, replaced}, ""},
		{"the begin is refused", []reply{fails("40001")}, "both"},
		{"the first is refused", []reply{begin, fails("40001")}, "both"},
		{"the first's commit is refused", []reply{begin, appended, fails("40001")}, "both"},
		{"the second is refused", []reply{begin, appended, commit, fails("40001")}, "second"},
		{"the second's commit is refused", []reply{begin, appended, commit, replaced, fails("40001")}, "second"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := 0
			f, s := startFake(t, func(sql string) []reply {
				if n++; n == 1 {
					return c.first
				}
				if strings.Contains(sql, "INSERT") {
					return []reply{begin, appended, commit, replaced}
				}
				return []reply{replaced}
			})
			got, err := s.Write(t.Context(), changes)
			if err != nil {
				t.Fatal(err)
			}
			for i, r := range got {
				if text := fmt.Sprintf("%s,%v", r.Log, r.Closed); text != want[i] || r.Key != changes[i].Key {
					t.Errorf("record %d is %s of run %x, want %s of %x", i, text, r.Key, want[i], changes[i].Key)
				}
			}
			asked, _ := f.took()
			if !strings.HasPrefix(asked[0], "BEGIN") || strings.Count(asked[0], "COMMIT") != 1 || strings.Index(asked[0], "COMMIT") > strings.Index(asked[0], "WITH u AS") {
				t.Errorf("the first of two transactions is not one of its own: %s", asked[0])
			}
			if (len(asked) == 1) != (c.second == "") || len(asked) > 2 {
				t.Fatalf("%d round trips", len(asked))
			}
			if c.second != "" && strings.Contains(asked[1], "INSERT") != (c.second == "both") {
				t.Errorf("the second round trip is %.80s", asked[1])
			}
		})
	}
}

// TestRowsThatAreNone: rows that the statements do not return are an error, as are those that are missing.
func TestRowsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		changes []ledger.Change
		answer  reply
		want    string // "" for no error
	}{
		{"in another order", []ledger.Change{appending(1), appending(2)}, selected(records, row(2, "a", "f"), row(1, "a", "f")), ""},
		{"of another run", []ledger.Change{appending(1)}, selected(records, row(2, "a", "f")), "not asked for"},
		{"of another run behind", []ledger.Change{appending(1)}, selected(records, row(1, "a", "f"), row(2, "a", "f")), "not asked for"},
		{"none", []ledger.Change{appending(1)}, selected(records), "1 of 1 changes were not made"},
		{"one of three", []ledger.Change{appending(1), appending(2), appending(3)}, selected(records, row(2, "a", "f")), "2 of 3 changes were not made"},
		{"too late for a replacement", []ledger.Change{replacing(1)}, selected(records, row(1, "a", nil)), "the context's deadline had passed"},
		{"another type", []ledger.Change{appending(1)}, selected(records, []any{"no uuid", "\\x", "f"}), "can't scan"},
		{"no record to replace", []ledger.Change{replacing(1)}, selected(records), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, s := startFake(t, func(string) []reply { return []reply{c.answer} })
			got, err := s.Write(t.Context(), c.changes)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) || len(got) != len(c.changes) && err == nil {
				t.Errorf("Write returns %v and %v, want %q", got, err, c.want)
			}
		})
	}
	_, s := startFake(t, func(string) []reply { return []reply{selected(claims, []any{"soon", "1", nil, nil})} })
	if _, _, err := s.Claim(t.Context(), 1, 0); err == nil || !strings.Contains(err.Error(), "can't scan") {
		t.Errorf("Claim returns %v", err)
	}
	_, s = startFake(t, func(string) []reply { return []reply{selected(places, []any{"\\x61", "\\x62", "many"})} })
	if _, _, err := s.Count(t.Context(), "me", 0); err == nil || !strings.Contains(err.Error(), "can't scan") {
		t.Errorf("Count returns %v", err)
	}
}

// TestClaimWidens: a Claim looks further while others have what it has chosen, four times as far in each of at most
// four rounds. What it has leased by then is the caller's, whatever fails later.
func TestClaimWidens(t *testing.T) {
	t.Parallel()
	due := func(overdue string, runs ...byte) []reply {
		rows := [][]any{}
		for _, n := range runs {
			_, run := key(n)
			rows = append(rows, []any{"2026-04-17 12:00:00+00", overdue, run, "\\x61"})
		}
		if len(rows) == 0 {
			rows = [][]any{{"2026-04-17 12:00:00+00", overdue, nil, nil}}
		}
		return []reply{selected(claims, rows...)}
	}
	failed := []reply{fails("XX000")}
	for _, c := range []struct {
		name   string
		limit  int
		rounds [][]reply
		want   int // records; -1 for an error
		asks   []string
	}{
		{"nothing is due", 3, [][]reply{due("0")}, 0, []string{"LIMIT 3"}},
		{"less than asked for", 3, [][]reply{due("2", 1, 2)}, 2, []string{"LIMIT 3"}},
		{"as much as asked for", 3, [][]reply{due("3", 1, 2, 3)}, 3, []string{"LIMIT 3"}},
		{"others have some", 3, [][]reply{due("3", 1), due("5", 2, 3)}, 3, []string{"LIMIT 3", "LIMIT 12"}},
		{"others have all of a wider window", 3, [][]reply{due("3"), due("12"), due("48"), due("192")}, 0, []string{"LIMIT 3", "LIMIT 12", "LIMIT 48", "LIMIT 192"}},
		{"it fails at once", 3, [][]reply{failed}, -1, []string{"LIMIT 3"}},
		{"it fails before anything is leased", 3, [][]reply{due("3"), failed}, -1, []string{"LIMIT 3", "LIMIT 12"}},
		{"it fails later", 3, [][]reply{due("3", 1), failed}, 1, []string{"LIMIT 3", "LIMIT 12"}},
		{"no limit", -1, [][]reply{due("0")}, 0, []string{"LIMIT 0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := -1
			f, s := startFake(t, func(string) []reply { n++; return c.rounds[min(n, len(c.rounds)-1)] })
			now, got, err := s.Claim(t.Context(), c.limit, time.Hour)
			if (err != nil) != (c.want < 0) || err == nil && (len(got) != c.want || now.UTC().Hour() != 12) {
				t.Errorf("Claim returns %d records at %v, %v", len(got), now, err)
			}
			asked, _ := f.took()
			if len(asked) != len(c.asks) {
				t.Fatalf("%d round trips, want %d", len(asked), len(c.asks))
			}
			for i, want := range c.asks {
				if !strings.Contains(asked[i], want+"\n") || strings.Contains(asked[i], "LIMIT 5000\n") != (i == 0) {
					t.Errorf("round %d does not have %s, or removes again what is closed", i, want)
				}
			}
		})
	}
}

// TestCounts: the first row says that the count is held.
func TestCounts(t *testing.T) {
	t.Parallel()
	held := selected(places, []any{nil, nil, "0"}, []any{"\\x61", "\\x62", "7"}, []any{"\\x61", "\\x", "2"})
	for _, c := range []struct {
		answer reply
		held   bool
		live   map[ledger.Place]int64
	}{
		{selected(places), false, nil},
		{selected(places, []any{nil, nil, "0"}), true, map[ledger.Place]int64{}},
		{held, true, map[ledger.Place]int64{{Group: "a", Name: "b"}: 7, {Group: "a"}: 2}},
	} {
		_, s := startFake(t, func(string) []reply { return []reply{c.answer} })
		live, ok, err := s.Count(t.Context(), "me", time.Minute)
		if err != nil || ok != c.held || (live == nil) != (c.live == nil) || fmt.Sprint(live) != fmt.Sprint(c.live) {
			t.Errorf("Count returns %v, %v, %v; want %v, %v", live, ok, err, c.live, c.held)
		}
	}
}

// TestDeadline: a change goes with its caller's deadline by the database's clock, which is asked for once, and again
// where the database has come to a change too late.
func TestDeadline(t *testing.T) {
	t.Parallel()
	late := false
	f, s := startFake(t, func(sql string) []reply {
		switch {
		case strings.Contains(sql, "SELECT clock_timestamp()"):
			return clock()
		case late:
			return []reply{selected(records)}
		default:
			return []reply{selected(records, row(1, "a", "f"))}
		}
	})
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(24*time.Hour))
	defer cancel()
	for i, c := range []struct {
		ctx  context.Context
		late bool
		want string // in the change
		asks int
	}{
		{t.Context(), false, "infinity", 1},
		{ctx, false, "2026-04-1", 2},
		{ctx, false, "2026-04-1", 1},
		{ctx, true, "2026-04-1", 1},
		{ctx, false, "2026-04-1", 2},
	} {
		late = c.late
		_, err := s.Write(c.ctx, []ledger.Change{appending(1)})
		asked, _ := f.took()
		if (err != nil) != c.late || len(asked) != c.asks || !strings.Contains(asked[len(asked)-1], c.want) {
			t.Errorf("write %d: %v, after %d questions, of which the last has no %s", i, err, len(asked), c.want)
		}
	}
}

// TestNoClockNoChange: where the database's time is not to be had, nothing is changed.
func TestNoClockNoChange(t *testing.T) {
	t.Parallel()
	f, s := startFake(t, func(string) []reply { return []reply{fails("57P03")} })
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	if _, err := s.Write(ctx, []ledger.Change{appending(1)}); err == nil || !strings.Contains(err.Error(), "ask for its time") {
		t.Errorf("Write returns %v", err)
	}
	if asked, _ := f.took(); len(asked) != 1 || strings.Contains(asked[0], "INSERT") {
		t.Errorf("it asks %q", asked)
	}
}

// TestNothingIsNotNull: a change of nothing is one of no bytes, as if it had an empty slice.
func TestNothingIsNotNull(t *testing.T) {
	t.Parallel()
	var texts []string
	for _, nothing := range [][]byte{nil, {}} {
		f, s := startFake(t, func(string) []reply {
			return []reply{done("BEGIN"), selected(records, row(1, "", "f")), done("COMMIT"), selected(records)}
		})
		k1, _ := key(1)
		k2, _ := key(2)
		if _, err := s.Write(t.Context(), []ledger.Change{{Key: k1, Append: nothing}, {Key: k2, If: nothing, Replace: []byte("r")}}); err != nil {
			t.Fatal(err)
		}
		asked, _ := f.took()
		texts = append(texts, asked[0])
	}
	if texts[0] != texts[1] {
		t.Errorf("nil is\n%s\nand an empty slice is\n%s", texts[0], texts[1])
	}
}

// TestCountsAgain: what was read of a count that the database has rolled back is forgotten.
func TestCountsAgain(t *testing.T) {
	t.Parallel()
	n := 0
	_, s := startFake(t, func(string) []reply {
		if n++; n == 1 {
			return []reply{selected(places, []any{nil, nil, "0"}, []any{"\\x61", "\\x62", "7"}), fails("40001")}
		}
		return []reply{selected(places)}
	})
	if live, held, err := s.Count(t.Context(), "me", time.Minute); live != nil || held || err != nil || n != 2 {
		t.Errorf("Count returns %v, %v, %v after %d round trips", live, held, err, n)
	}
}

// TestTimes: nothing is due before its time, and times outside of the years 1 to 9999 are the first and the last one
// that the database can write.
func TestTimes(t *testing.T) {
	t.Parallel()
	f, s := startFake(t, func(string) []reply { return []reply{selected(records, row(1, "a", "f"))} })
	for _, c := range []struct {
		due   time.Time
		lease time.Duration
		want  []string
	}{
		{time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC), 0, []string{"0001-01-01 00:00:00"}},
		{time.Date(1, 1, 1, 0, 0, 0, 500_000_000, time.UTC), 0, []string{"0001-01-01 00:00:00.5"}},
		{time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC), 0, []string{"9999-12-31 23:59:59"}},
		{time.Time{}, 1, []string{"00:00:00.000001"}},
		{time.Time{}, 1000, []string{"00:00:00.000001"}},
		{time.Time{}, 1001, []string{"00:00:00.000002"}},
	} {
		change := appending(1)
		change.Due, change.Lease = c.due, c.lease
		if _, err := s.Write(t.Context(), []ledger.Change{change}); err != nil {
			t.Fatal(err)
		}
		asked, _ := f.took()
		for _, want := range c.want {
			if !strings.Contains(asked[0], want) {
				t.Errorf("due at %v, in %v: no %s in %s", c.due, c.lease, want, asked[0])
			}
		}
	}
}

// TestMigrate: what is missing is made, and nothing else. Tables that are not a store's, or another version's, are
// left as they are.
func TestMigrate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		server  int
		comment any // of the record table; nil where it is not there
		schema  any // whether the schema is there; nil for none
		fails   string
		want    string // in the error; "" for none
		makes   []string
	}{
		{name: "nothing is there", server: 130000, makes: []string{"CREATE TABLE", "CREATE INDEX", "COMMENT ON TABLE"}},
		{name: "all is there", server: 130000, comment: "Cairn store, version 1"},
		{name: "an old server", server: 129999, want: "this is PostgreSQL 12: 13 or later is needed"},
		{name: "a later version", server: 170000, comment: "Cairn store, version 2", want: `the version of "cairn_record" is 2, and this Cairn knows 1`},
		{name: "no version", server: 170000, comment: "Cairn store, version 0", want: "is not a store's"},
		{name: "a version of letters", server: 170000, comment: "Cairn store, version one", want: "is not a store's"},
		{name: "another's table", server: 170000, comment: "", want: "is not a store's"},
		{name: "a number alone", server: 170000, comment: "1", want: "is not a store's"},
		{name: "a schema that is there", server: 170000, schema: "t", makes: []string{`CREATE TABLE "own".`}},
		{name: "a schema that is missing", server: 170000, schema: "f", makes: []string{`CREATE SCHEMA "own"`, `CREATE TABLE "own".`}},
		{name: "no lock", server: 170000, fails: "advisory", want: "take the lock"},
		{name: "no look at the tables", server: 170000, fails: "to_regclass", want: "look for the tables"},
		{name: "no look at the schema", server: 170000, schema: "f", fails: "to_regnamespace", want: "look for the schema"},
		{name: "no schema to be made", server: 170000, schema: "f", fails: "CREATE SCHEMA", want: "create the schema"},
		{name: "no tables to be made", server: 170000, fails: "CREATE INDEX", want: `create "cairn_record"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var opts []postgres.Option
			if c.schema != nil {
				opts = append(opts, postgres.WithSchema("own"))
			}
			f, s := startFake(t, func(sql string) []reply {
				switch {
				case c.fails != "" && strings.Contains(sql, c.fails):
					return []reply{fails("XX000")}
				case strings.Contains(sql, "advisory"):
					return []reply{selected([]uint32{23}, []any{c.server})}
				case strings.Contains(sql, "to_regclass"):
					if c.comment == nil {
						return []reply{selected([]uint32{16, 25}, []any{"f", ""})}
					}
					return []reply{selected([]uint32{16, 25}, []any{"t", c.comment})}
				case strings.Contains(sql, "to_regnamespace"):
					return []reply{selected([]uint32{16}, []any{c.schema})}
				default:
					return []reply{done(strings.ToUpper(strings.Fields(sql)[0]))}
				}
			}, opts...)
			err := s.Migrate(t.Context())
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Fatalf("Migrate returns %v, want %q", err, c.want)
			}
			asked, _ := f.took()
			all := strings.Join(asked, "\n")
			if err == nil && strings.Contains(all, "CREATE") != (c.makes != nil) || strings.Contains(all, "CREATE SCHEMA") != (c.schema == "f" && c.fails != "to_regnamespace") {
				t.Errorf("it makes:\n%s", all)
			}
			for _, what := range c.makes {
				if !strings.Contains(all, what) {
					t.Errorf("it does not %s:\n%s", what, all)
				}
			}
			if end := asked[len(asked)-1]; (err == nil) != (end == "commit") {
				t.Errorf("the transaction ends with %s", end)
			}
		})
	}
}
