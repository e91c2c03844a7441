package ledgertest

import (
	"context"
	"fmt"
	"maps"
	"sync/atomic"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

var counting = []contract{
	{"counts follow the places of runs", "a gauge of live journeys shows where customers are now", countPlaces},
	{"counts leave out closed runs", "a closed run is at no place", countLive},
	{"places are separate", "a name may contain every printable character", countNames},
	{"a place without a group or without a name", "each value but the zero value is a place, and no count may be lost", countHalfPlaces},
	{"one holder counts", "two holders would double every sum", countHolder},
	{"a holder's lease expires", "the instance that held the lease may have died", countLease},
	{"a count lease of 0 or less", "a holder gives the count up in this way", countNoLease},
	{"counts of runs that move concurrently", "a count that is once wrong stays wrong for ever", countRace},
}

func (s *suite) counter() ledger.Counter {
	s.Helper()
	if _, ok := s.store.(ledger.Counter); !ok {
		s.Skip("the store does not implement ledger.Counter, which is optional")
	}
	return s.counterOf(s.store)
}

func (s *suite) counterOf(store ledger.Store) ledger.Counter {
	s.Helper()
	c, ok := store.(ledger.Counter)
	if !ok {
		s.fail("one instance of the store is a ledger.Counter, another, a %T, is not", store)
	}
	return c
}

// counted checks the counts. It always uses the same holder. The counts may include places with no run.
func (s *suite) counted(c ledger.Counter, want map[ledger.Place]int64) {
	s.Helper()
	live, held, err := c.Count(s.Context(), "the only holder", long)
	if err != nil || !held {
		s.fail("Count returned held %v and %v, want the count, because no other holder has the lease", held, err)
	}
	maps.DeleteFunc(live, func(_ ledger.Place, n int64) bool { return n == 0 })
	if !maps.Equal(live, want) {
		s.fail("Count returned %v, want %v", live, want)
	}
}

// placing returns a change that moves a run to a place and keeps its log.
func placing(id ledger.Key, log string, at ledger.Place) ledger.Change {
	return ledger.Change{Key: id, If: []byte(log), Replace: []byte(log), Place: at}
}

func countPlaces(s *suite) {
	c := s.counter()
	type counts = map[ledger.Place]int64
	cart, payment := ledger.Place{Group: "checkout", Name: "cart"}, ledger.Place{Group: "checkout", Name: "payment"}
	none := ledger.Place{Group: "checkout"}
	s.counted(c, counts{})
	s.write(adding(run(1), "a"), adding(run(2), "a"), adding(run(3), "a"))
	s.counted(c, counts{})
	s.write(placing(run(1), "a", cart), placing(run(2), "a", cart), placing(run(3), "a", none))
	s.counted(c, counts{cart: 2, none: 1})
	s.write(placing(run(1), "a", payment), placing(run(2), "a", cart))
	s.counted(c, counts{cart: 1, payment: 1, none: 1})
	s.write(placing(run(1), "stale", cart), placing(run(4), "a", cart), adding(run(2), "a"), adding(run(5), "a"))
	s.counted(c, counts{cart: 1, payment: 1, none: 1})
	s.write(placing(run(1), "a", ledger.Place{}), placing(run(3), "a", payment))
	s.counted(c, counts{cart: 1, payment: 1})
	s.one(placing(run(1), "a", cart))
	s.counted(c, counts{cart: 2, payment: 1})
}

func countLive(s *suite) {
	c := s.counter()
	at := ledger.Place{Group: "checkout", Name: "cart"}
	for i := range 4 {
		s.one(adding(run(i), "a"))
		s.one(placing(run(i), "a", at))
	}
	s.counted(c, map[ledger.Place]int64{at: 4})
	s.one(ending(run(0), "stale", "end", long))
	s.counted(c, map[ledger.Place]int64{at: 4})
	s.one(ending(run(0), "a", "end", long))
	s.counted(c, map[ledger.Place]int64{at: 3})
	closed := ending(run(1), "a", "end", long)
	closed.Place = at
	s.one(closed)
	s.counted(c, map[ledger.Place]int64{at: 2})
	s.one(placing(run(0), "end", at))
	s.one(ending(run(0), "end", "end", long))
	s.counted(c, map[ledger.Place]int64{at: 2})
	s.one(ending(run(2), "a", "end", time.Millisecond))
	s.gone(run(2))
	s.counted(c, map[ledger.Place]int64{at: 1})
}

func countNames(s *suite) {
	c := s.counter()
	want := map[ledger.Place]int64{}
	n := 0
	for _, sep := range []string{":", "/", "|", ",", ";", " ", "\"", "'", "{", "}", "\\", "%", "é", "\u2028"} {
		for _, at := range []ledger.Place{
			{Group: "a", Name: "b" + sep + "c"},
			{Group: "a" + sep + "b", Name: "c"},
			{Group: "a" + sep + "b" + sep + "c"},
			{Group: sep, Name: sep},
		} {
			s.one(adding(run(n), "a"))
			s.one(placing(run(n), "a", at))
			want[at]++
			n++
		}
	}
	s.counted(c, want)
}

func countHolder(s *suite) {
	s.counter()
	holders := []string{"a", "b", "c d", "é", "A", "a "}
	var held atomic.Int64
	var holder atomic.Value
	s.together(len(holders), func(ctx context.Context, i int, store ledger.Store) error {
		c, ok := store.(ledger.Counter)
		if !ok {
			return fmt.Errorf("this instance of the store, a %T, does not implement ledger.Counter", store)
		}
		_, ok, err := c.Count(ctx, holders[i], long)
		if err != nil {
			return fmt.Errorf("counting: %w", err)
		}
		if ok {
			held.Add(1)
			holder.Store(holders[i])
		}
		return nil
	})
	if n := held.Load(); n != 1 {
		s.fail("%d of %d concurrent holders got the count, want 1", n, len(holders))
	}
	for range 2 {
		for _, h := range holders {
			_, ok, err := s.counterOf(s.connect()).Count(s.Context(), h, long)
			if err != nil {
				s.fail("Count: %v", err)
			}
			if want := h == holder.Load(); ok != want {
				s.fail("Count for %q while %q holds the lease returned held %v, want %v", h, holder.Load(), ok, want)
			}
		}
	}
}

func countLease(s *suite) {
	c := s.counter()
	const lease = 250 * time.Millisecond
	hold := func(holder string, lease time.Duration) bool {
		_, held, err := c.Count(s.Context(), holder, lease)
		if err != nil {
			s.fail("Count: %v", err)
		}
		return held
	}
	from := s.now()
	if !hold("a", lease) {
		s.fail("no holder has the lease, and the first one did not get it")
	}
	s.eventually("another holder gets the lease after the first one's has expired", func() bool {
		held := hold("b", lease)
		if now := s.now(); held && now.Add(time.Millisecond).Before(from.Add(lease)) {
			s.fail("another holder got the lease at %v by the store's clock, within the lease of %v that began after %v", now, lease, from)
		}
		return held
	})
	s.eventually("the first holder gets the lease again after the other's has expired", func() bool { return hold("a", long) })
	if hold("b", long) {
		s.fail("another holder got the count within the lease")
	}
	if !hold("a", long) || hold("b", long) {
		s.fail("a holder that calls Count again did not keep the lease")
	}
}

func countHalfPlaces(s *suite) {
	c := s.counter()
	group, name, both := ledger.Place{Group: "cart"}, ledger.Place{Name: "cart"}, ledger.Place{Group: "cart", Name: "cart"}
	for i, at := range []ledger.Place{group, name, name, both} {
		s.one(adding(run(i), "a"))
		s.one(placing(run(i), "a", at))
	}
	s.counted(c, map[ledger.Place]int64{group: 1, name: 2, both: 1})
	s.one(placing(run(1), "a", group))
	s.counted(c, map[ledger.Place]int64{group: 2, name: 1, both: 1})
	s.one(ending(run(2), "a", "end", long))
	s.one(placing(run(0), "a", ledger.Place{}))
	s.counted(c, map[ledger.Place]int64{group: 1, both: 1})
}

func countNoLease(s *suite) {
	c := s.counter()
	at := ledger.Place{Group: "checkout", Name: "cart"}
	s.one(adding(run(1), "a"))
	s.one(placing(run(1), "a", at))
	count := func(what, holder string, lease time.Duration, want bool) {
		s.Helper()
		live, held, err := c.Count(s.Context(), holder, lease)
		if err != nil || held != want || held && live[at] != 1 || !held && live != nil {
			s.fail("%s: Count(%q, %v) returned %v, %v and %v, want held %v", what, holder, lease, live, held, err, want)
		}
	}
	for _, lease := range []time.Duration{0, -1, -long, -longest - 1} {
		count("no holder has the lease", "a", lease, true)
		count("the last holder asked for no lease", "b", long, true)
		count("another holder has the lease", "a", lease, false)
		count("another holder's lease goes on", "c", long, false)
		count("the holder ends its lease", "b", lease, true)
	}
}

func countRace(s *suite) {
	c := s.counter()
	const runs, rounds = 6, 25
	places := []ledger.Place{{Group: "j", Name: "a"}, {Group: "j", Name: "b"}, {}}
	changes := make([]ledger.Change, runs)
	for i := range changes {
		changes[i] = adding(run(i), "a")
	}
	s.write(changes...)
	s.together(8, func(ctx context.Context, i int, store ledger.Store) error {
		for round := range rounds {
			batch := make([]ledger.Change, 0, runs)
			for n := range runs {
				batch = append(batch, placing(run((n+i)%runs), "a", places[(round+n+i)%len(places)]))
			}
			if _, err := write(ctx, store, batch); err != nil {
				return err
			}
		}
		return nil
	})
	want := map[ledger.Place]int64{}
	for i := range changes {
		changes[i] = placing(run(i), "a", places[i%2])
		want[places[i%2]]++
	}
	s.write(changes...)
	s.counted(c, want)
	for i := range changes {
		changes[i] = ending(run(i), "a", "end", long)
	}
	s.write(changes...)
	s.counted(c, map[ledger.Place]int64{})
}
