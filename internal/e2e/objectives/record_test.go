package objectives_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/slo"
)

// told is the story, told once for all tests.
type told struct {
	books  *books
	past   past
	states map[string][]slo.Status // by instance, at the end
	from   time.Time
}

// recent is the end of the story, of which the past has all metrics. Of what was before it has those of the objectives.
const recent = 140 * time.Minute

var once struct {
	sync.Mutex
	*told
}

// tell lets the shop live through the story.
func tell(t *testing.T) *told {
	t.Helper()
	once.Lock()
	defer once.Unlock()
	if once.told != nil {
		return once.told
	}
	began := time.Now()
	from := time.Date(2026, time.March, 2, 0, 0, 0, 0, time.UTC)
	s := newShop(t, promises(t), from)
	all := &told{past: past{map[string]*track{}}, states: map[string][]slo.Status{}, from: from}
	all.books = play(t, s, func(at time.Duration) {
		for _, i := range s.instances {
			all.past.add(t, i.name, i.scrape(t), at, func(name string) bool {
				return at >= whole()-recent || strings.HasPrefix(name, "cx_slo_") || name == "cx_sdk_info"
			})
		}
	})
	for _, i := range s.instances {
		all.states[i.name] = i.client.Objectives()
	}
	s.clock.ahead(time.Hour) // the last ones leave, which is not told
	s.settle(t)
	t.Logf("%d customers in %s of the shop's time, told in %s", s.seen, whole(), time.Since(began).Round(time.Millisecond))
	once.told = all
	return all
}
