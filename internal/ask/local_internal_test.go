package ask //nolint:testpackage // how much memory a request takes no caller can see

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
)

// TestOneRequestTakesOnePlace: whoever opens an old link ten thousand times takes no more memory of the process than once. The request ends
// when it would have ended anyway.
func TestOneRequestTakesOnePlace(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	var told []event.Kind
	l := NewLocal(Config{
		Now: func() time.Time { return now }, Tell: func(e *flight.Event) { told = append(told, e.Kind) }, Fault: func(fault.Report) {},
	})
	request := event.ID{1}
	take := func(kind event.Kind, id event.ID) {
		e := flight.Of(event.Event{ID: id, Kind: kind, Time: now, Feedback: &event.Feedback{Survey: "ease", Scale: event.CES}})
		defer e.Put()
		if kind != event.SurveyRequested {
			e.Feedback.Request = request
		}
		l.Take(e, time.Hour)
	}
	for range 10_000 {
		take(event.SurveyShown, event.ID{2})
		now = now.Add(time.Millisecond)
	}
	if n := len(l.dues); n != 1 {
		t.Errorf("a request that nothing else is known of has %d places, want 1", n)
	}
	take(event.SurveyRequested, request) // it becomes known, and is due earlier
	if n := len(l.dues); n != 2 {
		t.Errorf("a request that became known has %d places, want 2", n)
	}
	now = now.Add(time.Hour)
	l.Sweep(t.Context())
	if want := []event.Kind{event.SurveyShown, event.SurveyRequested, event.SurveyClosed}; len(told) != len(want) || told[2] != want[2] {
		t.Errorf("told %q, want %q", told, want)
	}
	now = now.Add(2 * unknownFor)
	l.Sweep(t.Context())
	if len(l.dues) != 0 || len(l.of) != 0 || len(told) != 3 {
		t.Errorf("%d places and %d requests are left after their time, and told is %q", len(l.dues), len(l.of), told)
	}
}

// TestUnknownRequestStays: a request of which more is heard is kept from the last time on.
func TestUnknownRequestStays(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	l := NewLocal(Config{Now: func() time.Time { return now }, Tell: func(*flight.Event) {}, Fault: func(fault.Report) {}})
	hear := func() {
		e := flight.Of(event.Event{ID: event.ID{2}, Kind: event.SurveyShown, Time: now, Feedback: &event.Feedback{Survey: "ease", Request: event.ID{1}}})
		defer e.Put()
		l.Take(e, time.Hour)
	}
	hear()
	now = now.Add(unknownFor - time.Second)
	hear()
	for _, c := range []struct {
		after time.Duration
		left  int
	}{{unknownFor - time.Second, 1}, {time.Second, 0}} {
		now = now.Add(c.after)
		l.Sweep(t.Context())
		if len(l.of) != c.left || len(l.dues) != c.left {
			t.Errorf("at %v there are %d requests with %d places, want %d", now, len(l.of), len(l.dues), c.left)
		}
	}
}
