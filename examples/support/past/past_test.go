package past_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/examples/support/past"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// end is a Monday at 13:00 in London, in winter.
var end = time.Date(2026, 11, 23, 13, 0, 0, 0, time.UTC)

func read(t *testing.T) *blueprint.Blueprint {
	t.Helper()
	text, err := os.ReadFile("../blueprint.yaml")
	if err != nil {
		t.Fatal(err)
	}
	b, err := yaml.Parse("blueprint.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// play plays the weeks on a clock that steps alone move, so that it is the same past each time.
func play(t *testing.T, weeks int) (*blueprint.Blueprint, *cxtest.Recorder) {
	t.Helper()
	var clock atomic.Int64 // in nanoseconds since 1970: the client has goroutines that ask for the time
	clock.Store(end.AddDate(0, 0, -7*weeks).UnixNano())
	now := func() time.Time { return time.Unix(0, clock.Load()).UTC() }
	b := read(t)
	rec := cxtest.New(t, cx.WithBlueprint(b), cx.WithContactsInMemory(), cx.WithClock(now), cx.WithCustomerKey([]byte("0123456789abcdef")), cx.WithUnredactedText())
	if _, err := past.Play(t.Context(), past.Config{Blueprint: b, Client: rec.Client(), Now: now, Advance: func(d time.Duration) { clock.Add(int64(d)) }, Until: end, Weeks: weeks, Seed: 17}); err != nil {
		t.Fatal(err)
	}
	if !now().Equal(end) {
		t.Errorf("the clock is at %s, want %s", now(), end)
	}
	return b, rec
}

// archive is a source of events in memory.
type archive struct{ events []event.Event }

func (a archive) Scan(_ context.Context, s event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	if s.Since.Position != "" {
		return s.Since, nil
	}
	for i := range a.events {
		if err := each(&a.events[i]); err != nil {
			return s.Since, err
		}
	}
	return event.Cursor{Position: "all"}, nil
}

func (archive) Events(context.Context, event.Query, func(*event.Event) error) error { return nil }

// TestPlanted: what is planted is found, and nothing that the client records has a fault.
func TestPlanted(t *testing.T) {
	t.Parallel()
	b, rec := play(t, 5)
	table, err := insight.New(b, insight.WithAttributes(past.Carrier))
	if err == nil {
		err = table.Load(t.Context(), archive{rec.Events()})
	}
	if err != nil {
		t.Fatal(err)
	}
	got, err := table.View(insight.Everything(), end).GoesWith(t.Context(), insight.Which{Journey: "matter", From: end.AddDate(0, 0, -28), Until: end}, insight.NotCompleted())
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Answer.Findings) == 0 {
		t.Fatalf("nothing is found: %q", got.Sentences())
	}
	held := map[string]string{}
	for _, h := range got.Answer.Findings[0].Held {
		held[h.Column] = h.Value
	}
	if want := map[string]string{past.Carrier: "northway", string(insight.Release): "web-3.2"}; !maps.Equal(held, want) {
		t.Errorf("the first finding is %v, want %v", held, want)
	}
	if faults := rec.Client().Faults(); len(faults) > 0 {
		t.Errorf("the client has faults: %+v", faults)
	}
}

// TestEverything: two weeks have what each page of the command centre is about.
func TestEverything(t *testing.T) {
	t.Parallel()
	_, rec := play(t, 2)
	for kind, least := range map[event.Kind]int{
		event.JourneyStarted: 900, event.JourneyEnded: 700, event.TouchpointEnded: 900, event.PromiseMade: 20, event.PromiseKept: 10, event.PromiseBroken: 1,
		event.SurveyRequested: 100, event.FeedbackReceived: 50, event.FeedbackMentioned: 20, event.ContactResolved: 50,
	} {
		if n := len(rec.Events(kind)); n < least {
			t.Errorf("%d events are %s, want %d at least", n, kind, least)
		}
	}
	begin := end.AddDate(0, 0, -14)
	decided, callbacks := 0, 0
	for _, e := range rec.Events() {
		if e.Time.Before(begin) || e.Time.After(end) {
			t.Fatalf("%s is of %s, which is not in the two weeks", e.Kind, e.Time)
		}
		if e.Assisted != nil {
			decided += len(e.Assisted.Decisions)
			for _, d := range e.Assisted.Decisions {
				if wait := time.Duration(d.Waited); d.Approval && (wait < time.Minute || wait > 12*time.Minute) {
					t.Errorf("a team lead answers after %s, want minutes", wait)
				}
			}
		}
		if e.Kind == event.JourneyStarted && e.Journey.Name == "callback" {
			callbacks++
		}
	}
	if decided < 20 || callbacks < 1 {
		t.Errorf("%d decisions and %d calls back, want some", decided, callbacks)
	}
}

// TestDays: after the past, days come with their own customers, as many as before, and with the faults that are on.
func TestDays(t *testing.T) {
	t.Parallel()
	var clock atomic.Int64
	clock.Store(end.AddDate(0, 0, -14).UnixNano())
	now := func() time.Time { return time.Unix(0, clock.Load()).UTC() }
	b := read(t)
	rec := cxtest.New(t, cx.WithBlueprint(b), cx.WithContactsInMemory(), cx.WithClock(now), cx.WithCustomerKey([]byte("0123456789abcdef")), cx.WithUnredactedText())
	played, err := past.Play(t.Context(), past.Config{Blueprint: b, Client: rec.Client(), Now: now, Advance: func(d time.Duration) { clock.Add(int64(d)) }, Until: end, Weeks: 2, Seed: 17})
	if err != nil {
		t.Fatal(err)
	}
	// share returns how many uses of the touchpoint from a time on there were, and the share of them that failed.
	share := func(from time.Time, name string) (n int, failed float64) {
		for _, e := range rec.Events(event.TouchpointEnded) {
			if e.Touchpoint != name || e.Time.Before(from) {
				continue
			}
			if n++; e.Outcome == event.Failed {
				failed++
			}
		}
		return n, failed / float64(max(1, n))
	}
	if !played.Fault(past.Silent) {
		t.Error("the carrier answers at the end of the past")
	}
	before, silent := share(end.AddDate(0, 0, -7), "track-order")
	played.Switch(past.Silent, false)
	clock.Add(int64(26 * time.Hour)) // a day is skipped: its customers do not come
	from := now()
	if err := played.Days(t.Context(), 7); err != nil {
		t.Fatal(err)
	}
	if want := from.AddDate(0, 0, 7); !now().Equal(want) {
		t.Errorf("the clock is at %s, want %s", now(), want)
	}
	after, answers := share(from, "track-order")
	if silent < 0.2 || answers > 0.12 || after < before*3/4 || after > before*5/4 {
		t.Errorf("%d orders were looked for, %.2f failed; a week later %d, %.2f failed", before, silent, after, answers)
	}
	played.Switch(past.Silent, true)
	broken := now()
	if err := played.Days(t.Context(), 7); err != nil {
		t.Fatal(err)
	}
	if n, again := share(broken, "track-order"); again < 0.2 {
		t.Errorf("%d orders were looked for when the carrier was silent again, %.2f failed", n, again)
	}
	for _, e := range rec.Events(event.JourneyStarted) {
		if skipped := end.Add(2 * time.Hour); e.Journey.Name == "matter" && e.Time.After(skipped) && e.Time.Before(from) {
			t.Fatalf("a customer comes at %s, on the day that was skipped", e.Time)
		}
	}
	if faults := rec.Client().Faults(); len(faults) > 0 {
		t.Errorf("the client has faults: %+v", faults)
	}
}

// TestSame: a seed gives the same past.
func TestSame(t *testing.T) {
	t.Parallel()
	said := func() (list []string) {
		_, rec := play(t, 1)
		for _, e := range rec.Events(event.JourneyStarted, event.TouchpointEnded) {
			list = append(list, e.Time.Format(time.RFC3339Nano)+" "+string(e.Kind)+" "+e.Journey.Name+" "+e.Touchpoint+" "+e.Outcome.String())
		}
		slices.Sort(list)
		return list
	}
	if one, other := said(), said(); !slices.Equal(one, other) {
		t.Errorf("the past differs: %d and %d events", len(one), len(other))
	}
}

// TestFaults: a blueprint that lacks a name is refused, and a context that has ended ends the past.
func TestFaults(t *testing.T) {
	t.Parallel()
	rec := cxtest.New(t)
	if _, err := past.Play(t.Context(), past.Config{Blueprint: &blueprint.Blueprint{}, Client: rec.Client(), Now: time.Now, Until: end, Weeks: 1}); !errors.Is(err, past.ErrBlueprint) {
		t.Errorf("an empty blueprint: %v", err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	clock := end.AddDate(0, 0, -7)
	if _, err := past.Play(over, past.Config{Blueprint: read(t), Client: rec.Client(), Now: func() time.Time { return clock }, Advance: func(d time.Duration) { clock = clock.Add(d) }, Until: end, Weeks: 1}); err == nil {
		t.Error("a past goes on after its context has ended")
	}
}
