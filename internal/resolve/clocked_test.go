package resolve_test

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/resolve"
)

// TestTheClocksOwnTimeIsNotChecked: a touchpoint is opened a second time where it had no place when it began. A time that the client's
// clock has shown is then still right, also where the clock was set back, and a time from outside is checked as ever.
func TestTheClocksOwnTimeIsNotChecked(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	now, read := began, 0
	r, err := resolve.New(resolve.Config{Namespace: "n", Now: func() time.Time { read++; return now }})
	if err != nil {
		t.Fatal(err)
	}
	own := flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay"}}
	r.Open(&own)
	now, read = began.Add(-time.Hour), 0
	if _, found := r.Open(&own); !found.IsEmpty() || !own.Time.Equal(began) || read != 0 {
		t.Errorf("it is at %v, want %v; %d readings of the clock; the faults %v", own.Time, began, read, found.List())
	}
	outside := flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Time: began}}
	if _, found := r.Open(&outside); !found.Set.Has(fault.Time) || !outside.Time.Equal(now) {
		t.Errorf("a time from outside is at %v, want %v, with a fault", outside.Time, now)
	}
}
