package sqlarchive_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/sourcetest"
	"cairncx.dev/cairn/exporters/internal/fill"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

var _ insight.Source = (*sqlarchive.Reader)(nil)

func reader(t testing.TB, path string) *sqlarchive.Reader {
	t.Helper()
	r, err := sqlarchive.ReadSQLite(background, path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func TestSource(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, func(t *testing.T) sourcetest.Fixture {
		t.Helper()
		path := temp(t)
		a := ready(t, path, sqlarchive.WithoutFsync())
		return sourcetest.Fixture{
			Source: reader(t, path), Reopen: func(t *testing.T) insight.Source { return reader(t, path) },
			Write: func(t *testing.T, events []event.Event) { export(t, a, events...) },
		}
	})
}

// deep returns a copy that shares nothing with e.
func deep(t testing.TB, e *event.Event) event.Event {
	t.Helper()
	c, err := event.ParseJSON(e.AppendJSON(nil))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// scanned returns the JSON of the events that a scan gives, by their IDs, and the next cursor.
func scanned(t testing.TB, r *sqlarchive.Reader, since event.Cursor, wanted ...string) (map[event.ID]string, event.Cursor) {
	t.Helper()
	got := map[event.ID]string{}
	next, err := r.Scan(background, event.Scan{Since: since, Attributes: wanted}, func(e *event.Event) error {
		if _, twice := got[e.ID]; twice {
			t.Errorf("%s comes twice", e.ID)
		}
		got[e.ID] = string(e.AppendJSON(nil))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got, next
}

// reduced returns what a scan has to give of the events.
func reduced(t testing.TB, events []event.Event, wanted ...string) map[event.ID]string {
	t.Helper()
	want := map[event.ID]string{}
	for i := range events {
		e := deep(t, &events[i])
		insight.Reduce(&e, wanted)
		want[e.ID] = string(e.AppendJSON(nil))
	}
	return want
}

// everything returns, for each kind, an event in which every field is set, and for each field one without it.
func everything() (list []event.Event) {
	kinds := []event.Kind{
		event.JourneyStageEntered, event.JourneyEnded, event.TouchpointEnded, event.SurveyRequested, event.SurveyClosed, event.FeedbackReceived, event.FeedbackAmended,
		event.PromiseKept, event.ContactResolved, "followup.opened", "action.taken", "weather.changed",
	}
	for _, kind := range kinds {
		add := func(e event.Event) {
			e.Kind, e.ID = kind, id(len(list)+1)
			if e.Journey.ID != "" {
				e.Journey.ID = "run-" + e.ID.String()
			}
			list = append(list, e)
		}
		add(fill.Event())
		for path, e := range fill.Without() {
			if path == "FollowUp.Owner" || path == "FollowUp.Severity" {
				e.Action, e.Breakdown = nil, nil // no run is two of these, which have one column for their owner
			}
			if path == "Action.Owner" {
				e.Breakdown = nil
			}
			_, err := event.ParseJSON(e.AppendJSON(nil)) // no event lacks a time, or one half of a root
			if path != "ID" && path != "Kind" && err == nil {
				add(e)
			}
		}
		add(event.Event{Time: noon})
		many := fill.Event()
		many.Assisted.Legs = append(many.Assisted.Legs, event.Leg{Queue: "second", Wait: event.Seconds(1500 * time.Nanosecond)}, event.Leg{Agent: "a"})
		many.Assisted.Views = append(many.Assisted.Views, event.View{Part: "orders"})
		many.Assisted.Decisions = append(many.Assisted.Decisions, event.Decision{What: "refund", Skipped: []string{"a \"b\"\n", "c"}})
		many.Assisted.Thread.Replies = append(many.Assisted.Thread.Replies, event.Reply{After: event.Seconds(time.Hour)})
		many.Attributes = []attribute.KeyValue{attribute.String("plan", "gold \\u0000"), attribute.Int64("seats", 3), attribute.Float64("weight", 2)}
		add(many)
		consent := event.Event{Time: noon, Feedback: &event.Feedback{Amends: id(7), Testimonial: &event.Testimonial{Version: "1", Given: noon}}}
		add(consent)
		withdrawn := consent
		withdrawn.Feedback = &event.Feedback{Testimonial: &event.Testimonial{Version: "1", Given: noon, Withdrawn: noon.Add(time.Hour)}, Comment: "words"}
		add(withdrawn)
		hostile := fill.Event()
		hostile.Stage, hostile.Customer.Segment, hostile.Journey.Name = "a\x00b", "\u2028<b>'\"\\", "check\x00out"
		hostile.Attributes = []attribute.KeyValue{attribute.String("plan", "a\x00b \\u0000"), attribute.StringSlice("seats", []string{"\x00"})}
		hostile.Duration, hostile.Time = 90*24*time.Hour+500, time.Date(1969, 12, 31, 23, 59, 59, 999_999_999, time.UTC)
		add(hostile)
	}
	return list
}

// TestScanIsTheEvent: the columns give the same event as its JSON, in all that a scan gives, for every kind and every field.
func TestScanIsTheEvent(t *testing.T) {
	t.Parallel()
	path := temp(t)
	list := everything()
	export(t, open(t, path, sqlarchive.WithoutFsync()), list...)
	r := reader(t, path)
	for _, wanted := range [][]string{nil, {"plan", "seats", "text"}} {
		got, _ := scanned(t, r, event.Cursor{}, wanted...)
		if diff := cmp.Diff(reduced(t, list, wanted...), got); diff != "" {
			t.Fatalf("attributes %q: (-of the JSON +of the columns):\n%s", wanted, diff)
		}
	}
	if n := len(list); n < 1500 {
		t.Errorf("only %d events", n)
	}
}

// TestScanIsMigrated: an archive of version 5 says the same after its migration.
func TestScanIsMigrated(t *testing.T) {
	t.Parallel()
	path := temp(t)
	stored(t, "version5.db.gz", path)
	db := raw(t, path)
	list := kept(t, db)
	db.Close()
	if _, err := sqlarchive.ReadSQLite(background, path); !errors.Is(err, sqlarchive.ErrOlder) {
		t.Fatalf("before the migration: %v", err)
	}
	ready(t, path)
	got, next := scanned(t, reader(t, path), event.Cursor{}, "plan", "tags", "weight")
	if diff := cmp.Diff(reduced(t, list, "plan", "tags", "weight"), got); diff != "" {
		t.Errorf("(-of the JSON +of the columns):\n%s", diff)
	}
	if len(list) < 50 || !next.Held.IsZero() {
		t.Errorf("%d events, and the cursor %+v", len(list), next)
	}
}

// TestScanGoesOn: each scan gives what has come since, across erasures, deletions and copies.
func TestScanGoesOn(t *testing.T) {
	t.Parallel()
	path := temp(t)
	a := ready(t, path, sqlarchive.WithoutFsync())
	r := reader(t, path)
	var cursor event.Cursor
	count := func(step string, want int, anew bool) {
		t.Helper()
		text, err := json.Marshal(cursor)
		if err != nil {
			t.Fatal(err)
		}
		var since event.Cursor
		if err := json.Unmarshal(text, &since); err != nil {
			t.Fatal(err)
		}
		got, next := scanned(t, r, since)
		if len(got) != want || (next.Epoch != cursor.Epoch) != anew {
			t.Errorf("%s: %d events and the epoch %q after %q, want %d and another epoch: %v", step, len(got), next.Epoch, cursor.Epoch, want, anew)
		}
		cursor = next
	}
	count("an empty archive", 0, true)
	export(t, a, run("a", "alice")...)
	count("seven events", 7, false)
	count("nothing new", 0, false)
	export(t, a, append(run("a", "alice"), run("b", "bob")...)...)
	count("seven new ones and seven again", 7, false)

	old := event.Event{ID: id(1), Kind: event.TouchpointEnded, Time: noon.Add(-1000 * time.Hour)}
	export(t, a, old)
	count("an old event", 1, false)
	if n, err := a.Prune(background, noon.Add(-500*time.Hour)); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	old.ID = id(2)
	export(t, a, old)
	count("the number of a pruned event is not used again", 1, false)

	if _, err := a.Forget(background, "nobody"); err != nil {
		t.Fatal(err)
	}
	count("an erasure of nothing", 0, false)
	if n, err := a.Forget(background, "bob"); n == 0 || err != nil {
		t.Fatal(n, err)
	}
	count("an erasure", 8, true)
	export(t, a, run("c", "")...)
	count("after the erasure", 7, false)
	call := event.Event{ID: id(3), Kind: event.TouchpointEnded, Time: noon, Assisted: &event.Assisted{Legs: []event.Leg{{Agent: "emp"}}}}
	export(t, a, call)
	count("a contact", 1, false)
	if n, err := a.ForgetEmployee(background, "emp"); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	count("the erasure of an employee", 16, true)
	_ = r.Close()
	if _, err := r.Scan(background, event.Scan{}, func(*event.Event) error { return nil }); err == nil {
		t.Error("a closed reader scans")
	}
}

// TestScanOfACopy: a copy of the archive in its place, which lacks what was read, is read anew, also when it has gone on meanwhile.
func TestScanOfACopy(t *testing.T) {
	t.Parallel()
	for _, more := range []int{0, 1, 2, 3} { // runs that come after the copy is in its place
		path, copied := temp(t), temp(t)
		a := ready(t, path, sqlarchive.WithoutFsync())
		export(t, a, run("a", "")...)
		do(t, raw(t, path), "VACUUM INTO '"+copied+"'")
		export(t, a, run("b", "")...)
		_, cursor := scanned(t, reader(t, path), event.Cursor{})
		b := open(t, copied)
		for i := range more {
			export(t, b, run(fmt.Sprint("new", i), "")...)
		}
		got, next := scanned(t, reader(t, copied), cursor)
		if want := 7 * (1 + more); len(got) != want || next.Epoch == cursor.Epoch {
			t.Errorf("%d runs more: %d events, want %d; the epoch %q after %q", more, len(got), want, next.Epoch, cursor.Epoch)
		}
		if got, again := scanned(t, reader(t, copied), next); len(got) != 0 || again.Epoch != next.Epoch {
			t.Errorf("%d runs more: the next scan has %d events and the epoch %q after %q", more, len(got), again.Epoch, next.Epoch)
		}
	}
}

// TestScanStops: an error of each ends the scan and is returned as it is. The cursor stays, so that nothing is missed.
func TestScanStops(t *testing.T) {
	t.Parallel()
	path := temp(t)
	export(t, open(t, path), run("a", "")...)
	r := reader(t, path)
	mine := errors.New("mine")
	n := 0
	since := event.Cursor{Held: noon}
	next, err := r.Scan(background, event.Scan{Since: since}, func(*event.Event) error { n++; return mine })
	if err != mine || n != 1 || next != since {
		t.Errorf("%v after %d events, and the cursor %+v", err, n, next)
	}
	if err := r.Events(background, event.Query{}, func(*event.Event) error { return mine }); err != mine {
		t.Errorf("Events: %v", err)
	}
	ctx, cancel := context.WithCancel(background)
	cancel()
	if _, err := r.Scan(ctx, event.Scan{}, func(*event.Event) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that is done: %v", err)
	}
	_, cursor := scanned(t, r, event.Cursor{})
	cursor.Position = "elsewhere"
	if _, err := r.Scan(background, event.Scan{Since: cursor}, func(*event.Event) error { return nil }); err == nil {
		t.Error("a position that is none is taken")
	}
	if got, _ := scanned(t, r, event.Cursor{Position: "elsewhere", Epoch: "of another source"}); len(got) != 7 {
		t.Errorf("the cursor of another source: %d events", len(got))
	}
}
