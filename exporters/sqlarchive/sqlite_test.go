package sqlarchive_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// TestRun is the row of a run, column by column.
func TestRun(t *testing.T) {
	t.Parallel()
	path := temp(t)
	export(t, open(t, path), run("cart-42", "9f86d081884c7d65")...)
	db := raw(t, path)
	for column, want := range map[string]string{
		"namespace": "test", "journey": "checkout", "run": "cart-42", "version": "7", "channel": "web", // the first
		"started": "2026-04-17 12:00:00.123456", "ended": "2026-04-17 13:00:00.123456", "day": "2026-04-17", "week": "2026-04-13",
		"outcome": "abandoned", "cause": "declined", "duration_seconds": "3600", "partial": "0",
		"friction_repeats": "3", "friction_failures_before_success": "2", "friction_loops": "0", "friction_channel_switches": "1", "friction_overdue": "0",
		"stage": "payment", "stage_at": "2026-04-17 13:00:00.123456",
		"customer": "9f86d081884c7d65", "segment": "new", "customer_at": "2026-04-17 12:01:00.123456", // a hash goes before a segment
		"value_amount": "5999", "value_currency": "EUR", "value_at": "2026-04-17 12:02:00.123456", // the last
		"first_event": "2026-04-17 12:00:00.123456", "last_event": "2026-04-17 13:00:00.123456",
	} {
		if got := rows(t, db, "SELECT "+column+" FROM journeys"); !slices.Equal(got, []string{want}) {
			t.Errorf("%s is %q, want %q", column, got, want)
		}
	}
	if got := rows(t, db, "SELECT count(*) FROM journeys AS j JOIN transitions AS t ON t.id = j.end_id WHERE t.kind = 'journey.ended'"); got[0] != "1" {
		t.Error("end_id does not lead to the end")
	}
}

// TestAnyOrder: whatever order a run's events come in, in whatever batches, some twice, by several
// archives: it is the same row.
func TestAnyOrder(t *testing.T) {
	t.Parallel()
	events := append(run("a", "c1"), run("b", "c2")...)
	// Two ends, two customers, two starts, and what differs at one moment.
	other := run("a", "c3")
	for i := range other {
		other[i].ID = id(i + 1)
		other[i].Channel = event.Kiosk
		other[i].Journey.Started = noon.Add(-time.Duration(i) * time.Second)
		other[i].Outcome, other[i].Cause = event.Failed, "other"
		other[i].Stage = strings.Replace(other[i].Stage, "payment", "review", 1)
	}
	events = append(events, other...)
	var want []string
	for seed := range uint64(30) {
		random := rand.New(rand.NewPCG(seed, 1))
		path := temp(t)
		archives := []*sqlarchive.Archive{open(t, path, sqlarchive.WithoutFsync()), open(t, path, sqlarchive.WithoutFsync())}
		mixed := append(slices.Clone(events), events[:random.IntN(len(events))]...)
		random.Shuffle(len(mixed), func(i, k int) { mixed[i], mixed[k] = mixed[k], mixed[i] })
		for len(mixed) > 0 {
			n := 1 + random.IntN(min(5, len(mixed)))
			export(t, archives[random.IntN(2)], mixed[:n]...)
			mixed = mixed[n:]
		}
		db := raw(t, path)
		got := rows(t, db, "SELECT * FROM journeys ORDER BY run")
		if want == nil {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("with seed %d (-want +got):\n%s", seed, diff)
		}
		if n := rows(t, db, "SELECT count(*), count(DISTINCT id) FROM events"); n[0] != fmt.Sprintf("%d | %[1]d", len(events)) {
			t.Errorf("%s events are there, want %d", n[0], len(events))
		}
	}
}

// TestForget: nothing of the customer is left, in the file either, and everything of others is.
func TestForget(t *testing.T) {
	t.Parallel()
	const secret = "hash-of-somebody"
	path := temp(t)
	a := open(t, path)
	mine, others := run("mine", secret), run("theirs", "another")
	mine = append(mine,
		event.Event{ID: id(1), Kind: event.FeedbackReceived, Time: noon, Journey: mine[0].Journey, Feedback: &event.Feedback{Survey: "after", Comment: "my-own-words"}},
		event.Event{ID: id(2), Kind: "followup.opened", Time: noon, FollowUp: &event.FollowUp{ID: "fu-1", Feedback: id(1), Note: "my-own-words"}},
		event.Event{ID: id(3), Kind: event.ContactSuppressed, Time: noon, Customer: event.Customer{Hash: secret}},
		// What another process has recorded of it without the customer and without the run.
		event.Event{ID: id(11), Kind: event.FeedbackAmended, Time: noon, Feedback: &event.Feedback{Survey: "after", Comment: "my-own-words", Amends: id(1)}},
		event.Event{ID: id(12), Kind: event.SurveyRequested, Time: noon, Customer: event.Customer{Hash: secret}, Feedback: &event.Feedback{Survey: "after"}},
		event.Event{ID: id(13), Kind: event.SurveyClosed, Time: noon, Feedback: &event.Feedback{Survey: "after", Request: id(12), Ended: event.SurveyExpired}},
		event.Event{ID: id(14), Kind: event.JourneyStageEntered, Time: noon, Journey: event.Run{Name: "complaint", ID: "fu-1"}, Stage: "told", FollowUp: &event.FollowUp{ID: "fu-1", Feedback: id(1), Note: "my-own-words"}},
		event.Event{ID: id(15), Kind: event.JourneyStageEntered, Time: noon, Journey: event.Run{Name: "complaint", ID: "fu-2"}, Stage: "told", FollowUp: &event.FollowUp{
			ID: "fu-2", About: event.RunRef{Namespace: mine[0].Journey.Namespace, Name: mine[0].Journey.Name, ID: mine[0].Journey.ID}, Note: "my-own-words",
		}},
	)
	runs := 1 + 2 // with those of the follow-ups
	others = append(others,
		event.Event{ID: id(16), Kind: event.FeedbackAmended, Time: noon, Customer: event.Customer{Hash: "another"}, Feedback: &event.Feedback{Survey: "after", Amends: id(1)}},
		event.Event{ID: id(17), Kind: event.JourneyStageEntered, Time: noon, Journey: event.Run{Name: "complaint", ID: "fu-3"}, FollowUp: &event.FollowUp{ID: "fu-3", Feedback: id(18)}})
	others = append(others, event.Event{ID: id(4), Kind: event.FeedbackReceived, Time: noon, Journey: mine[0].Journey, Customer: event.Customer{Hash: "another"}, Feedback: &event.Feedback{Survey: "after"}})
	export(t, a, append(slices.Clone(mine), others...)...)
	n, err := a.Forget(background, secret)
	if err != nil || int(n) != len(mine)+runs {
		t.Errorf("Forget: %d, %v, want %d", n, err, len(mine)+runs)
	}
	if n, err := a.Forget(background, secret); n != 0 || err != nil {
		t.Errorf("Forget again: %d, %v", n, err)
	}
	if n, err := a.Forget(background, ""); n != 0 || err != nil {
		t.Errorf("Forget of nobody: %d, %v", n, err)
	}
	if got := kept(t, raw(t, path)); len(got) != len(others) {
		t.Errorf("%d events are there, want the others' %d", len(got), len(others))
	}
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(path + suffix)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		for _, s := range []string{secret, "my-own-words"} {
			if strings.Contains(string(data), s) {
				t.Errorf("%q is in the file %s", s, suffix)
			}
		}
	}
}

// TestRetention: what is older goes, a thousand rows at a time, and what is not stays.
func TestRetention(t *testing.T) {
	t.Parallel()
	path := temp(t)
	a := open(t, path, sqlarchive.WithRetention(48*time.Hour), sqlarchive.WithoutFsync())
	old, young := time.Now().Add(-72*time.Hour), time.Now()
	events := make([]event.Event, 1500)
	for i := range events {
		events[i] = event.Event{ID: id(i + 1), Kind: event.TouchpointEnded, Time: old}
	}
	export(t, a, events...)
	db := raw(t, path)
	for _, want := range []string{"500", "1", "2"} { // the first two find something to delete, the third finds it too early
		if got := rows(t, db, "SELECT count(*) FROM touchpoints"); got[0] != want {
			t.Errorf("%s rows are there, want %s", got[0], want)
		}
		export(t, a, event.Event{ID: event.NewID(young), Kind: event.TouchpointEnded, Time: young})
	}
	if n, err := a.Prune(background, time.Now().Add(time.Hour)); err != nil || n != 3 {
		t.Errorf("Prune: %d, %v, want 3", n, err)
	}
}

// TestProcesses: several have the file open, from the first moment on.
func TestProcesses(t *testing.T) {
	t.Parallel()
	path := temp(t)
	const processes, each = 4, 40
	var running sync.WaitGroup
	for p := range processes {
		running.Go(func() {
			a, err := sqlarchive.OpenSQLite(path, sqlarchive.WithoutFsync(), sqlarchive.WithOpenTimeout(time.Minute))
			if err != nil {
				t.Error(err)
				return
			}
			for i := range each {
				e := event.Event{ID: id(p*each + i + 1), Kind: event.TouchpointEnded, Time: noon}
				if err := a.Export(background, []event.Event{e, {ID: id(9000 + i), Kind: "action.taken", Time: noon}}); err != nil {
					t.Error(err)
				}
			}
			if err := a.Shutdown(background); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	if got := rows(t, raw(t, path), "SELECT count(*), count(DISTINCT arrival) FROM events"); got[0] != fmt.Sprintf("%d | %[1]d", processes*each+each) {
		t.Errorf("%s events are there, want %d", got[0], processes*each+each)
	}
}

// TestLocked: while another process writes, callers wait for as long as their context says.
func TestLocked(t *testing.T) {
	t.Parallel()
	path := temp(t)
	a := open(t, path)
	db := raw(t, path)
	do(t, db, "BEGIN IMMEDIATE")
	calls := map[string]func(ctx context.Context) error{
		"Export": func(ctx context.Context) error { return a.Export(ctx, run("a", "")) },
		"Forget": func(ctx context.Context) error { _, err := a.Forget(ctx, "somebody"); return err },
		"Prune":  func(ctx context.Context) error { _, err := a.Prune(ctx, noon); return err },
	}
	for name, call := range calls {
		ctx, cancel := context.WithTimeout(background, 30*time.Millisecond) // of its own: a call that does not wait fails otherwise
		err := call(ctx)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || sink.IsPermanent(err) || strings.Contains(err.Error(), "somebody") {
			t.Errorf("%s: %v", name, err)
		}
	}
	done := make(chan error, len(calls))
	for name, call := range calls {
		go func() {
			if err := call(background); err != nil {
				done <- fmt.Errorf("%s: %w", name, err)
			} else {
				done <- nil
			}
		}()
	}
	select {
	case err := <-done:
		t.Errorf("a call came back although the other process writes: %v", err)
		done <- nil
	case <-time.After(50 * time.Millisecond): // no call may come back, however long this is
	}
	do(t, db, "ROLLBACK")
	for range calls {
		if err := <-done; err != nil {
			t.Errorf("the other process has written: %v", err)
		}
	}
	export(t, a, run("b", "")...)
}

// TestFull: a batch that does not fit is in no part there, and the error passes.
func TestFull(t *testing.T) {
	t.Parallel()
	path := temp(t)
	a := open(t, path, sqlarchive.WithMaxBytes(1<<20))
	big := event.Event{Kind: "action.taken", Time: noon, Action: &event.Action{Note: strings.Repeat("x", 8000)}}
	n := 0
	var err error
	for ; err == nil && n < 10_000; n += 10 {
		batch := slices.Repeat([]event.Event{big}, 10)
		for i := range batch {
			batch[i].ID = id(n + i + 1)
		}
		err = a.Export(background, batch)
	}
	if !errors.Is(err, sqlarchive.ErrFull) || sink.IsPermanent(err) {
		t.Fatalf("%v, want ErrFull", err)
	}
	if got := kept(t, raw(t, path)); len(got) != n-10 {
		t.Errorf("%d events are there, want %d: a batch is whole", len(got), n-10)
	}
	if _, err := a.Prune(background, noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	export(t, a, run("a", "")...)
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	none := func(testing.TB, string) {}
	for _, c := range []struct {
		name, path, says, reason string
		make                     func(t testing.TB, path string)
		opts                     []sqlarchive.SQLiteOption
		is                       error
	}{
		{name: "memory", path: ":memory:", make: none, says: "path of a file", reason: "an archive outlives its process"},
		{name: "URL", path: "file:x.db", make: none, says: "path of a file", reason: "its parameters could switch off what the archive relies on"},
		{name: "no folder", path: filepath.Join(t.TempDir(), "none", "a.db"), make: none, is: os.ErrNotExist, reason: "a typing error is not to make folders"},
		{name: "a link to itself", make: func(t testing.TB, path string) {
			if err := os.Symlink(path, path); err != nil {
				t.Fatal(err)
			}
		}, says: "cannot be opened for writing", reason: "there is no file behind it"},
		{name: "no database", make: func(t testing.TB, path string) {
			if err := os.WriteFile(path, []byte(strings.Repeat("name,age\n", 1000)), 0o600); err != nil {
				t.Fatal(err)
			}
		}, is: sqlarchive.ErrNotOurs, says: "another path", reason: "somebody's file is not written over"},
		{name: "another's database", make: func(t testing.TB, path string) { do(t, raw(t, path), "CREATE TABLE journeys (id INTEGER)") }, is: sqlarchive.ErrNotOurs, says: "another path", reason: "somebody's tables are not mixed with ours"},
		{name: "newer", make: func(t testing.TB, path string) {
			_ = open(t, path).Shutdown(background)
			do(t, raw(t, path), "PRAGMA user_version = 99")
		}, is: sqlarchive.ErrNewer, says: "99", reason: "an old version would damage what it does not know"},
		{name: "no timeout", make: none, opts: []sqlarchive.SQLiteOption{sqlarchive.WithOpenTimeout(0)}, says: "WithOpenTimeout", reason: "it has to be positive"},
		{name: "tiny", make: none, opts: []sqlarchive.SQLiteOption{sqlarchive.WithMaxBytes(1000)}, says: "WithMaxBytes(1000)", reason: "nothing would fit"},
		{name: "less than nothing", make: none, opts: []sqlarchive.SQLiteOption{sqlarchive.WithMaxBytes(-1)}, says: "WithMaxBytes(-1)", reason: "whoever subtracts too much is told of the number that they gave"},
		{name: "no time", make: none, opts: []sqlarchive.SQLiteOption{nil, sqlarchive.WithRetention(0)}, says: "WithRetention", reason: "everything would be deleted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := c.path
			if path == "" {
				path = temp(t)
			}
			c.make(t, path)
			a, err := sqlarchive.OpenSQLite(path, c.opts...)
			if err == nil {
				_ = a.Shutdown(background)
				t.Fatalf("it is taken, though %s", c.reason)
			}
			if c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("the error is %q, want %q in it, and %v", err, c.says, c.is)
			}
		})
	}
}

// TestMaxBytesDefault: 0 is the default, as elsewhere, also after another bound.
func TestMaxBytesDefault(t *testing.T) {
	t.Parallel()
	a := open(t, temp(t), sqlarchive.WithMaxBytes(1<<20), sqlarchive.WithMaxBytes(0))
	big := event.Event{Kind: "action.taken", Time: noon, Action: &event.Action{Note: strings.Repeat("x", 8000)}}
	batch := slices.Repeat([]event.Event{big}, 500)
	for i := range batch {
		batch[i].ID = event.NewID(noon)
	}
	export(t, a, batch...)
}

func TestPermissionsAndNames(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a name with ü, ?, # and %41.db")
	a := open(t, path)
	export(t, a, run("a", "")...)
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if info, err := os.Stat(path + suffix); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v, want mode 0600", suffix, info, err)
		}
	}
	if err := a.Shutdown(background); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); err != nil || len(left) != 1 {
		t.Errorf("the files are %q (%v), want the archive alone", left, err)
	}
	again := open(t, path) // and is there
	if n, err := again.Forget(background, "nobody"); n != 0 || err != nil {
		t.Error(n, err)
	}
}

// TestNil: nil receivers are safe no-ops, and the zero value is shut down.
func TestNil(t *testing.T) {
	t.Parallel()
	var a *sqlarchive.Archive
	_, forgotten := a.Forget(background, "x")
	_, pruned := a.Prune(background, noon)
	if err := errors.Join(a.Export(background, run("a", "")), a.Flush(background), a.Shutdown(background), forgotten, pruned); err != nil {
		t.Error(err)
	}
	if err := a.Ping(background); err != nil {
		t.Errorf("Ping of nil: %v", err)
	}
	zero := &sqlarchive.Archive{}
	if err := zero.Ping(background); !errors.Is(err, sink.ErrClosed) {
		t.Errorf("Ping of the zero value: %v", err)
	}
	if err := errors.Join(zero.Flush(background), zero.Shutdown(background)); err != nil {
		t.Error(err)
	}
	if err := zero.Export(background, run("a", "")); !errors.Is(err, sink.ErrClosed) {
		t.Errorf("Export of the zero value: %v", err)
	}
}
