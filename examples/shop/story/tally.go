package story

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/shop/crowd"
	"cairncx.dev/cairn/feedback/score"
)

// zoneCount is one more than the highest Apdex zone.
const zoneCount = int(event.Frustrated) + 1

// Tally counts the events of one or more clients and remembers the events of each journey. Safe for concurrent
// use.
type Tally struct {
	mu       sync.Mutex
	counts   crowd.Counts
	zones    map[string]*[zoneCount]int // touchpoints by zone, by name
	scores   *score.Tally
	journeys map[string][]event.Event // by ID
}

var _ event.Processor = (*Tally)(nil)

// maxJourneys bounds how many journeys' events the tally remembers.
const maxJourneys = 10_000

// NewTally returns an empty tally.
func NewTally() *Tally {
	return &Tally{
		zones: map[string]*[zoneCount]int{}, scores: score.New(), journeys: map[string][]event.Event{},
	}
}

// Process implements [event.Processor].
func (t *Tally) Process(_ context.Context, e *event.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.Add(e)
	if e.Kind == event.TouchpointEnded {
		if t.zones[e.Touchpoint] == nil {
			t.zones[e.Touchpoint] = &[zoneCount]int{}
		}
		t.zones[e.Touchpoint][e.Zone]++
	}
	t.scores.Add(e)
	if _, known := t.journeys[e.Journey.ID]; e.Journey.IsZero() || !known && len(t.journeys) >= maxJourneys {
		return
	}
	c := *e
	t.journeys[e.Journey.ID] = append(t.journeys[e.Journey.ID], c)
}

// Shutdown implements [event.Processor].
func (t *Tally) Shutdown(context.Context) error { return nil }

// Diff returns a line for each number that differs from want; none if all are equal.
func (t *Tally) Diff(want crowd.Counts) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.counts.Diff(want)
}

// Journey returns the events of the journey with the ID, ordered by the time at which they were over for the
// customer. What becomes of a promise follows what decided it.
func (t *Tally) Journey(id string) []event.Event {
	t.mu.Lock()
	events := slices.Clone(t.journeys[id])
	t.mu.Unlock()
	slices.SortStableFunc(events, func(a, b event.Event) int {
		return cmp.Or(over(&a).Compare(over(&b)), cmp.Compare(after(&a), after(&b)))
	})
	return events
}

func over(e *event.Event) time.Time {
	if e.Kind == event.JourneyEnded || e.Promise != nil {
		return e.Time // the duration of these kinds lies before their time
	}
	return e.Time.Add(e.Duration)
}

// after returns the place of an event among those of the same time.
func after(e *event.Event) int {
	if e.Promise != nil {
		return 1
	}
	return 0
}
