package journal

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// TestLineTimes: a line has the time at which its event was over. Only the time of a touchpoint is its beginning.
func TestLineTimes(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 25, 10, 0, 0, 0, time.UTC)
	for kind, want := range map[event.Kind]time.Time{
		event.TouchpointEnded: at.Add(time.Hour), event.JourneyEnded: at, event.PromiseBroken: at, event.PromiseKept: at, event.ContactResolved: at,
	} {
		e := event.Event{Kind: kind, Time: at, Duration: time.Hour, Promise: &event.Promise{Name: "called-back"}, Effort: &event.Effort{Contacts: 1}}
		if got := line(&e, time.UTC).At; !got.Equal(want) {
			t.Errorf("%s: %v, want %v", kind, got, want)
		}
	}
}
