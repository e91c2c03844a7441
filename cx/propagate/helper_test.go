package propagate_test

import (
	"context"
	"strings"
	"sync"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/text"
)

// recorder remembers the faults that it is told.
type recorder struct {
	flight.Discard

	mu     sync.Mutex
	faults []fault.Fault
}

func (r *recorder) Fault(_ context.Context, f fault.Report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, f.Fault)
}

type fataler interface{ Fatalf(string, ...any) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// positions are such as a client can put into a context. Some do not fit into a header.
func positions() *rapid.Generator[event.Position] {
	texts := func(long string, most int) *rapid.Generator[string] {
		return rapid.OneOf(
			rapid.SampledFrom([]string{"checkout", "a", "Zahlung/Prüfung ✓", "~", "%2F", "a,b;c=d", `"\`, long}),
			rapid.Map(rapid.String(), func(s string) string { s, _ = text.Cut(s, most); return s }),
		)
	}
	names := texts(strings.Repeat("é", 32), event.MaxName).Filter(event.ValidName)
	ids := texts(strings.Repeat("🙂", 32), event.MaxID).Filter(event.ValidID)
	return rapid.Custom(func(t *rapid.T) event.Position {
		p := event.Position{
			Journey:  event.Run{Namespace: names.Draw(t, "namespace"), Name: names.Draw(t, "journey"), ID: ids.Draw(t, "id"), Version: names.Draw(t, "version")},
			Customer: event.Customer{Hash: ids.Draw(t, "hash"), Segment: names.Draw(t, "segment")},
			Channel:  event.Channel(rapid.IntRange(0, int(event.OtherChannel)).Draw(t, "channel")), //nolint:gosec // a few
			Actor:    event.Actor(rapid.IntRange(0, int(event.ActorSynthetic)).Draw(t, "actor")),   //nolint:gosec // a few
		}
		if rapid.Bool().Draw(t, "staged") {
			p.Stage, p.Visit = names.Draw(t, "stage"), rapid.IntRange(0, 1<<31-1).Draw(t, "visit")
		}
		if rapid.Bool().Draw(t, "started") {
			p.Journey.Started = time.UnixMicro(rapid.Int64Range(0, 1<<52).Draw(t, "at"))
		}
		return p
	})
}
