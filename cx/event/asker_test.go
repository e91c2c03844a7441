package event_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// TestAsker: a query says the same of every event, whether or not it has a table of its runs.
func TestAsker(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(16, 5))
	ref := func() event.RunRef {
		return event.RunRef{Namespace: []string{"", "b"}[r.IntN(2)], Name: []string{"ticket", "order", ""}[r.IntN(3)], ID: fmt.Sprint(r.IntN(12))}
	}
	refs := func() (list []event.RunRef) {
		for range []int{0, 1, 5, 30}[r.IntN(4)] {
			list = append(list, ref())
		}
		return list
	}
	kinds := []event.Kind{event.JourneyStarted, event.JourneyEnded, event.TouchpointEnded, event.PromiseKept}
	found := map[bool]int{}
	for range 300 {
		q := event.Query{Runs: refs(), About: refs()}
		if r.IntN(3) == 0 {
			q.Kinds = kinds[:1+r.IntN(3)]
		}
		if r.IntN(3) == 0 {
			q.Until = time.UnixMicro(50)
		}
		asks := q.Asker()
		for range 60 {
			run := ref()
			e := event.Event{Kind: kinds[r.IntN(4)], Time: time.UnixMicro(int64(r.IntN(100))), Journey: event.Run{Namespace: run.Namespace, Name: run.Name, ID: run.ID}}
			if r.IntN(2) == 0 {
				e.FollowUp = &event.FollowUp{About: ref()}
			}
			got, want := asks(&e), q.Asks(&e)
			if got != want {
				t.Fatalf("%+v of %+v: %v, want %v", q, e, got, want)
			}
			found[got]++
		}
	}
	if found[true] < 500 || found[false] < 500 {
		t.Errorf("%v proves nothing", found)
	}
}
