package ask

import (
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
)

// TestLocalIsBounded: what one process remembers of requests does not grow with what it hears of them.
func TestLocalIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const most = 8
		l := NewLocal(Config{Now: time.Now, Tell: func(*flight.Event) {}, Fault: func(fault.Report) {}})
		l.most = most
		hear := func(kind event.Kind, id event.ID) {
			e := event.Event{ID: id, Kind: kind, Time: time.Now(), Customer: event.Customer{Hash: "alice"}, Feedback: &event.Feedback{Survey: "s", Scale: event.CSAT, Score: 3}}
			if kind != event.SurveyRequested {
				e.Feedback.Request = id
			}
			l.Take(&flight.Event{Event: e}, time.Hour)
		}
		within := func(what string) {
			t.Helper()
			if n := len(l.dues); n > 2*most || len(l.of) > most || len(l.over.is) > most || len(l.over.ring) > most {
				t.Errorf("%s: it keeps %d requests, %d times and %d that are over, want at most %d, %d and %d", what, len(l.of), n, len(l.over.is), most, 2*most, most)
			}
		}
		unknown := event.NewID(time.Now())
		for range 100 { // each of them is the last that was heard of the request
			hear(event.SurveyShown, unknown)
			time.Sleep(time.Second)
		}
		within("one request, heard of often")
		for range 100 {
			hear(event.SurveyRequested, event.NewID(time.Now()))
			if err := l.Forget(t.Context(), "alice"); err != nil {
				t.Fatal(err)
			}
		}
		within("customers who are forgotten")
		for range 10 * most {
			hear(event.SurveyRequested, event.NewID(time.Now()))
			time.Sleep(20 * time.Minute)
			l.Sweep(t.Context())
		}
		within("requests that expire")
		time.Sleep(unknownFor)
		if l.Sweep(t.Context()); len(l.dues) != 0 || len(l.of) != 0 {
			t.Errorf("%d requests and %d times are left", len(l.of), len(l.dues))
		}
	})
}
