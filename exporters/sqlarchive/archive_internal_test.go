package sqlarchive

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

// scripted is a database in memory. It refuses each batch with an event of the kind "poison", and every call fails once
// the calls before it are used up.
type scripted struct {
	good int // calls until one fails; negative for none
	kept []event.ID

	prunes []time.Time // the bounds that prune got
	more   []int64     // the rows that the next prunes delete; more are left except after the last
	closed int
}

const poison = event.Kind("poison")

func (s *scripted) fails() error {
	s.good--
	if s.good == -1 {
		return errFault
	}
	return nil
}

func (s *scripted) ping(context.Context) error { return s.fails() }

func (s *scripted) write(_ context.Context, events []event.Event) error {
	if err := s.fails(); err != nil {
		return err
	}
	if slices.ContainsFunc(events, func(e event.Event) bool { return e.Kind == poison }) {
		return &refusedError{code: "22000", poison: true}
	}
	for i := range events {
		s.kept = append(s.kept, events[i].ID)
	}
	return nil
}

func (s *scripted) forget(context.Context, string) (int64, error) { return 7, s.fails() }

func (s *scripted) forgetEmployee(context.Context, string) (int64, error) { return 5, s.fails() }

func (s *scripted) prune(_ context.Context, before time.Time, _ int) (rows int64, more bool, err error) {
	s.prunes = append(s.prunes, before)
	if err := s.fails(); err != nil || len(s.more) == 0 {
		return 0, false, err
	}
	rows, s.more = s.more[0], s.more[1:]
	return rows, len(s.more) > 0, nil
}

func (s *scripted) close() error {
	s.closed++
	return s.fails()
}

// TestRefusedEvents: Export keeps every event but those that the database refuses, and names exactly these. If the
// database fails before that is known, no event counts as kept or refused.
func TestRefusedEvents(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		db := &scripted{good: -1}
		if random.IntN(2) == 0 {
			db.good = random.IntN(12)
		}
		events := make([]event.Event, 1+random.IntN(20))
		var refused []int
		for i := range events {
			events[i] = event.Event{ID: event.ID{15: byte(i + 1)}, Kind: "action.taken"}
			if random.IntN(5) == 0 {
				events[i].Kind, refused = poison, append(refused, i)
			}
		}
		may := db.good
		err := newArchive(db, &config{}).Export(t.Context(), events)
		var partial *sink.PartialError
		switch {
		case may >= 0 && db.good < 0: // it failed
			if !errors.Is(err, errFault) || errors.As(err, &partial) || sink.IsPermanent(err) {
				t.Fatalf("seed %d: the database fails, and Export returns %v", seed, err)
			}
			continue
		case len(refused) == 0 && err == nil:
		case len(refused) > 0 && errors.As(err, &partial):
		default:
			t.Fatalf("seed %d: %d events are refused, and Export returns %v", seed, len(refused), err)
		}
		if len(db.kept) != len(events)-len(refused) {
			t.Errorf("seed %d: %d events are kept out of %d, of which %d are refused", seed, len(db.kept), len(events), len(refused))
		}
		var named []int
		if partial != nil {
			for _, f := range partial.Failed {
				named = append(named, f.Index)
				if f.ID != events[f.Index].ID || !sink.IsPermanent(f.Err) {
					t.Errorf("seed %d: event %d is refused with %v, %v", seed, f.Index, f.ID, f.Err)
				}
			}
		}
		if !slices.Equal(named, refused) {
			t.Errorf("seed %d: Export names the events %v, and %v are refused", seed, named, refused)
		}
	}
}

// calls are the methods that use the database, by what their errors say.
func calls(a *Archive) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"ping":   a.Ping,
		"export": func(ctx context.Context) error { return a.Export(ctx, nil) },
		"prune":  func(ctx context.Context) error { _, err := a.Prune(ctx, time.Time{}); return err },
		"forget": func(ctx context.Context) error { _, err := a.Forget(ctx, "c"); return err },
	}
}

// TestEnded: no call uses the database after Shutdown, or for a context that has ended. The error says which call.
func TestEnded(t *testing.T) {
	t.Parallel()
	cause := errors.New("the service stops")
	ended, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	db := &scripted{}
	a := newArchive(db, &config{})
	for name, call := range calls(a) {
		if err := call(ended); !errors.Is(err, cause) || !strings.Contains(err.Error(), "sqlarchive: "+name) {
			t.Errorf("%s for a context that has ended: %v", name, err)
		}
	}
	db.good = -1
	if err := a.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	for name, call := range calls(a) {
		if err := call(t.Context()); !errors.Is(err, sink.ErrClosed) || !strings.Contains(err.Error(), "sqlarchive: "+name) {
			t.Errorf("%s after Shutdown: %v", name, err)
		}
	}
	for name, call := range calls(&Archive{}) {
		if err := call(t.Context()); !errors.Is(err, sink.ErrClosed) {
			t.Errorf("%s of the zero value: %v", name, err)
		}
	}
	for name, call := range calls(nil) {
		if err := call(ended); err != nil {
			t.Errorf("%s of no archive: %v", name, err)
		}
	}
	if db.closed != 1 || db.good != -2 {
		t.Errorf("the database is closed %d times, with %d calls", db.closed, -1-db.good)
	}
}

// TestPruneToTheEnd: Prune goes on until nothing is left, and returns the number of rows, also if it fails in between.
func TestPruneToTheEnd(t *testing.T) {
	t.Parallel()
	for fails, want := range map[int]int64{-1: 2300, 0: 0, 1: 1000, 2: 2000} {
		db := &scripted{good: fails, more: []int64{1000, 1000, 300}}
		rows, err := newArchive(db, &config{}).Prune(t.Context(), time.Time{})
		if rows != want || (err != nil) != (fails >= 0) || fails >= 0 && (!errors.Is(err, errFault) || !strings.Contains(err.Error(), fmt.Sprintf("after %d rows", want))) {
			t.Errorf("Prune whose call %d fails returns %d, %v", fails, rows, err)
		}
	}
}

// TestForgetFails: the number of rows is none, because the transaction has changed nothing.
func TestForgetFails(t *testing.T) {
	t.Parallel()
	for fails, want := range map[int]int64{-1: 7, 0: 0} {
		rows, err := newArchive(&scripted{good: fails}, &config{}).Forget(t.Context(), "c")
		if rows != want || errors.Is(err, errFault) != (fails == 0) {
			t.Errorf("Forget returns %d, %v", rows, err)
		}
	}
}

// TestTidy: Export deletes what is past its time once a minute, and at once again while more is left. It succeeds
// although that fails.
func TestTidy(t *testing.T) { // not parallel: it sets the global error handler
	before := otel.GetErrorHandler()
	defer otel.SetErrorHandler(before)
	var told atomic.Int32
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		if errors.Is(err, errFault) { // clients of other tests report as well
			told.Add(1)
		}
	}))
	const retention = 48 * time.Hour
	for _, c := range []struct {
		name      string
		retention time.Duration
		more      []int64
		waits     []time.Duration // before each Export
		want      int             // calls of prune
	}{
		{"at the first Export", retention, nil, []time.Duration{0}, 1},
		{"not again within a minute", retention, nil, []time.Duration{0, time.Minute - 1}, 1},
		{"again after a minute", retention, nil, []time.Duration{0, time.Minute, time.Minute}, 3},
		{"again at once while more is left", retention, []int64{1000, 1000, 3}, []time.Duration{0, 0, 0, 0}, 3},
		{"never without a retention", 0, nil, []time.Duration{0, time.Hour}, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			start, db := time.Now(), &scripted{good: -1, more: c.more}
			a := newArchive(db, &config{hasRetention: c.retention > 0, retention: c.retention})
			for _, wait := range c.waits {
				time.Sleep(wait) // of the bubble
				if err := a.Export(t.Context(), []event.Event{{Kind: "action.taken"}}); err != nil {
					t.Error(err)
				}
			}
			if len(db.prunes) != c.want || c.want > 0 && !db.prunes[0].Equal(start.Add(-retention)) {
				t.Errorf("%s: prune is called for %v, want %d times", c.name, db.prunes, c.want)
			}
		})
	}
	if n := told.Load(); n > 0 {
		t.Errorf("%d errors were reported, want none", n)
	}
	db := &scripted{good: 1} // the write succeeds, and prune fails
	if err := newArchive(db, &config{hasRetention: true, retention: retention}).Export(t.Context(), []event.Event{{Kind: "action.taken"}}); err != nil {
		t.Errorf("Export: %v", err)
	}
	if n := told.Load(); n != 1 {
		t.Errorf("the fault was reported %d times, want once", n)
	}
}

// TestDerivedID: the ID of an event without one is the SHA-256 of the event's JSON in the form of RFC 9562, version 8.
// Every version of this package derives the same ID, so that an event that is delivered again later is known.
func TestDerivedID(t *testing.T) {
	t.Parallel()
	e := event.Event{Kind: "action.taken", Time: time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)}
	const text = `{"v":1,"kind":"action.taken","time":"2026-04-17T12:00:00Z"}`
	if got := string(e.AppendJSON(nil)); got != text {
		t.Fatalf("the event is %s, and the ID below is that of %s", got, text)
	}
	// printf %s "$text" | sha256sum, and then the version and the variant of RFC 9562, section 5.8.
	if id, _ := idOf(&e, nil); id.String() != "ac3f5024-e00b-8b66-b302-28d6f0bba25e" {
		t.Errorf("the ID is %s", id)
	}
}
