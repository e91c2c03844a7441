package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

var shelving = []contract{
	{"one key is a record on each shelf", "a customer has a run, a follow-up and consent under one key", shelfKeys},
	{"a name is the same records each time", "another instance, and the next release, ask for the shelf by its name", shelfNames},
	{"a name that is not valid", "a name comes from code, and a fault in it must not end the process or mix records", shelfBadNames},
	{"abilities of a shelf", "what counts and forgets journeys has to count and forget the rest", shelfAbilities},
	{"claims do not cross shelves", "a sweep of journeys cannot read another shelf's logs", shelfClaims},
	{"forget does not cross shelves", "a shelf may keep what another one has to forget, such as an objection to being contacted", shelfForgets},
	{"counts do not cross shelves", "two instances may each count a shelf", shelfCounts},
	{"removal of closed records does not cross shelves", "a live record must not be lost because a record of the same key has ended elsewhere", shelfPurges},
	{"two shelves written in parallel", "each feature writes its own shelf at any time", shelfRace},
}

// shelf returns the shelf of a handle of the store.
func (s *suite) shelf(store ledger.Store, name string) ledger.Store {
	s.Helper()
	shelver, ok := store.(ledger.Shelver)
	if !ok {
		s.fail("one instance of the store is a ledger.Shelver, another, a %T, is not", store)
	}
	shelf := shelver.Shelf(name)
	if shelf == nil {
		s.fail("Shelf(%q) returned nil", name)
	}
	return shelf
}

// on returns the suite on a shelf of the store.
func (s *suite) on(name string) *suite {
	s.Helper()
	on := *s
	connect := s.connect
	on.store = s.shelf(s.store, name)
	on.connect = func() ledger.Store { return s.shelf(connect(), name) }
	return &on
}

// three returns the suite on the store itself and on two shelves.
func (s *suite) three() [3]*suite {
	s.Helper()
	return [3]*suite{s, s.on("a"), s.on("b")}
}

// clutter makes records with keys, due times and a customer that the tests use, and returns a function that checks that they are
// unchanged.
func (s *suite) clutter() (unchanged func()) {
	s.Helper()
	const records = 4
	log := func(i int) string { return fmt.Sprint("of another shelf ", i) }
	changes := make([]ledger.Change, records)
	for i := range changes {
		changes[i] = ledger.Change{Key: run(i), Append: []byte(log(i)), Due: past(), Customer: "alice"}
	}
	s.write(changes...)
	return func() {
		s.Helper()
		_, due := s.claim(all, long)
		if len(due) != records {
			s.fail("Claim returned %d of %d records that are due on another shelf than the one that the test has used", len(due), records)
		}
		for i := range records {
			got, _ := in(due, run(i))
			s.want("a record of another shelf than the one that the test has used", got, run(i), log(i))
		}
	}
}

func shelfKeys(s *suite) {
	id := run(1)
	three := s.three()
	for i, on := range three {
		on.wantNone("before its first append", on.peek(id), id)
		on.want("the first append", on.one(adding(id, strconv.Itoa(i))), id, strconv.Itoa(i))
	}
	store, a, b := three[0], three[1], three[2]
	a.want("a Replace of another shelf's log", a.one(swapping(id, "0", "no")), id, "1")
	a.want("a Replace", a.one(swapping(id, "1", "new")), id, "new")
	b.wantClosed("closed", b.one(ending(id, "2", "end", long)), id, "end")
	b.wantClosed("an append to the closed record", b.one(adding(id, "late")), id, "end")
	store.want("an append after other shelves changed", store.one(adding(id, "+")), id, "0+")
	a.want("an append after other shelves changed", a.one(adding(id, "+")), id, "new+")
	store.wantClosed("the store's own, closed", store.one(ending(id, "0+", "over", long)), id, "over")
	a.want("after the store's own was closed", a.one(adding(id, "+")), id, "new++")
	b.wantClosed("after the store's own was closed", b.peek(id), id, "end")
}

// shelfNames uses names that stores may use for something else, and names that are nearly equal.
func shelfNames(s *suite) {
	long := strings.Repeat("x", 31)
	names := []string{
		"a", "b", "a_", "a__", "aa", "a1", "a11", "z", "ab", "a_b", "a0", long + "x", long + "y", long + "_", "x" + long[1:],
		"run", "runs", "record", "records", "journey", "journeys", "live", "lease", "count", "counter", "counts", "due", "gone",
		"customer", "customers", "places", "shelf", "shelves", "store", "main", "table", "select", "user", "null", "kind", "key", "log", "write",
	}
	id := run(1)
	s.one(adding(id, "of the store"))
	for _, name := range names {
		s.on(name).want("the first append on the shelf "+name, s.on(name).one(adding(id, name)), id, name)
	}
	other := &suite{T: s.T, reason: s.reason, store: s.connect(), connect: s.connect}
	for _, name := range names {
		if !ledger.ValidShelf(name) {
			s.fail("the suite uses %q, which is not valid", name)
		}
		other.on(name).want("read on another instance, on the shelf "+name, other.on(name).one(adding(id, "+")), id, name+"+")
		s.on(name).want("read again on the shelf "+name, s.on(name).peek(id), id, name+"+")
	}
	s.want("the store's own record", s.peek(id), id, "of the store")
}

func shelfBadNames(s *suite) {
	for _, name := range []string{
		"", "A", "Run", "1a", "_a", "a-b", "a b", " a", "a ", "a.b", "a:b", "a$b", "a/b", "é", "a\x00", "\x00", "a\n", "a\"; --", "a'", "{a}", "%s",
		strings.Repeat("x", 33), strings.Repeat("x", 100_000),
	} {
		bad := s.on(name)
		for call, f := range bad.calls(run(1)) {
			err := s.promptly(call, func() error { return f(s.Context()) })
			switch {
			case err == nil:
				s.fail("%s on the shelf %.40q returned no error, want one: the name is not valid", call, name)
			case !errors.Is(err, ledger.ErrShelfName):
				s.fail("%s on the shelf %.40q returned %.200v, want an error that is ledger.ErrShelfName", call, name, err)
			case len(err.Error()) > 1000:
				s.fail("%s on a shelf whose name is %d bytes long returned an error of %d bytes, want the beginning of the name in it", call, len(name), len(err.Error()))
			}
		}
		records, err := bad.store.Write(s.Context(), []ledger.Change{adding(run(1), "a"), adding(run(2), "a")})
		if err == nil || len(records) > 0 {
			s.fail("Write on the shelf %.40q returned %d records and %v, want an error alone", name, len(records), err)
		}
	}
	for _, on := range s.three() {
		on.wantNone("after calls of shelves whose names are not valid", on.peek(run(1)), run(1))
	}
}

func shelfAbilities(s *suite) {
	shelf := s.shelf(s.store, "a")
	_, counts := s.store.(ledger.Counter)
	if _, ok := shelf.(ledger.Counter); ok != counts {
		s.fail("the store is a ledger.Counter: %v; a shelf of it is one: %v", counts, ok)
	}
	_, forgets := s.store.(ledger.Forgetter)
	if _, ok := shelf.(ledger.Forgetter); ok != forgets {
		s.fail("the store is a ledger.Forgetter: %v; a shelf of it is one: %v", forgets, ok)
	}
	if _, ok := shelf.(ledger.Shelver); ok {
		s.fail("a shelf is a ledger.Shelver: shelves have no shelves")
	}
}

func shelfClaims(s *suite) {
	const records = 3
	three := s.three()
	log := func(shelf, i int) string { return fmt.Sprintf("shelf %d record %d", shelf, i) }
	for n, on := range three {
		for i := range records {
			c := adding(run(i), log(n, i))
			c.Due = past()
			on.one(c)
		}
	}
	for _, n := range []int{1, 0, 2} {
		on := three[n]
		_, due := on.claim(all, long)
		if len(due) != records {
			s.fail("Claim on shelf %d returned %d records, want its own %d", n, len(due), records)
		}
		for i := range records {
			got, _ := in(due, run(i))
			on.want("claimed", got, run(i), log(n, i))
		}
		if _, due := on.claim(all, long); len(due) > 0 {
			s.fail("Claim on shelf %d returned %s again within its lease", n, show(due[0]))
		}
	}
	three[1].one(ledger.Change{Key: run(0), Append: []byte("+"), Due: past()})
	for n, want := range []int{0, 1, 0} {
		if _, due := three[n].claim(all, long); len(due) != want {
			s.fail("Claim on shelf %d returned %d records, want %d: a record of shelf 1 is due again", n, len(due), want)
		}
	}
	only := s.on("nothing")
	if now, due := only.claim(all, long); len(due) > 0 || now.Sub(s.now()).Abs() > time.Hour {
		s.fail("Claim on a shelf without records returned %d records and the time %v", len(due), now)
	}
}

func shelfForgets(s *suite) {
	s.forgetter()
	three := s.three()
	forget := func(on *suite, customer string, want int) {
		s.Helper()
		f, ok := on.store.(ledger.Forgetter)
		if !ok {
			s.fail("the store is a ledger.Forgetter, its shelf is not")
		}
		on.forget(f, customer, long, want)
	}
	for _, on := range three {
		on.write(of(run(1), "alice"), of(run(2), "alice"), of(run(3), "bob"))
	}
	three[0].one(of(run(4), "carol"))
	three[1].one(of(run(4), "dave"))
	for _, n := range []int{2, 0, 1} {
		three[n].want("a record that Forget on another shelf must not close", three[n].one(adding(run(1), "+")), run(1), "a+")
		forget(three[n], "alice", 2)
		three[n].wantClosed("forgotten", three[n].peek(run(1)), run(1), "")
		three[n].want("another customer's record", three[n].peek(run(3)), run(3), "a")
	}
	forget(three[0], "dave", 0)
	forget(three[1], "carol", 0)
	forget(three[2], "carol", 0)
	forget(three[1], "dave", 1)
	three[0].want("the record of a key whose record was forgotten on a shelf", three[0].peek(run(4)), run(4), "a")
}

func shelfCounts(s *suite) {
	s.counter()
	three := s.three()
	type counts = map[ledger.Place]int64
	cart, both := ledger.Place{Group: "checkout", Name: "cart"}, ledger.Place{Group: "checkout", Name: "payment"}
	want := []counts{{cart: 1, both: 1}, {both: 2}, {cart: 2}}
	places := [][]ledger.Place{{cart, both}, {both, both}, {cart, cart}}
	for n, on := range three {
		for i, at := range places[n] {
			on.one(adding(run(i), "a"))
			on.one(placing(run(i), "a", at))
		}
	}
	count := func(on *suite, holder string) (counts, bool) {
		s.Helper()
		live, held, err := on.counterOf(on.store).Count(s.Context(), holder, long)
		if err != nil {
			s.fail("Count: %v", err)
		}
		return live, held
	}
	holders := []string{"x", "y", "z"}
	for _, n := range []int{1, 2, 0} {
		live, held := count(three[n], holders[n])
		if !held {
			s.fail("Count on shelf %d did not give the lease to the first holder that asked on it", n)
		}
		for at, i := range want[n] {
			if live[at] != i {
				s.fail("Count on shelf %d returned %v, want %v", n, live, want[n])
			}
		}
		if live[cart] != want[n][cart] || live[both] != want[n][both] {
			s.fail("Count on shelf %d returned %v, want %v", n, live, want[n])
		}
	}
	for n, on := range three {
		for i, holder := range holders {
			if _, held := count(on, holder); held != (i == n) {
				s.fail("on shelf %d, where %q holds the count lease, Count for %q returned held %v", n, holders[n], holder, held)
			}
		}
	}
	three[1].one(ending(run(0), "a", "end", long))
	if live, _ := count(three[0], "x"); live[both] != 1 || live[cart] != 1 {
		s.fail("after a record of the same key was closed on a shelf, Count on the store returned %v, want %v", live, want[0])
	}
}

func shelfPurges(s *suite) {
	three := s.three()
	for n, on := range three {
		id, kept := run(10*n), run(10*n+1)
		for k, other := range three {
			other.write(adding(id, fmt.Sprint("live ", k)), adding(kept, "a"))
			if k != n {
				other.one(ending(kept, "a", "kept", long))
			}
		}
		on.one(ending(id, fmt.Sprint("live ", n), "end", time.Millisecond))
		on.one(ending(kept, "a", "end", 0))
		on.gone(id)
		on.gone(kept)
		for k, other := range three {
			if k == n {
				continue
			}
			other.claim(all, long)
			other.want("live, after a record of the same key was removed elsewhere", other.one(adding(id, "+")), id, fmt.Sprint("live ", k, "+"))
			other.wantClosed("kept, after a record of the same key was removed elsewhere", other.peek(kept), kept, "kept")
		}
		on.want("a new record", on.one(adding(id, "new")), id, "new")
	}
}

func shelfRace(s *suite) {
	const writers, appends, records = 12, 40, 2
	names := [3]string{"", "a", "b"}
	s.together(writers, func(ctx context.Context, i int, store ledger.Store) error {
		name := names[i%len(names)]
		if name != "" {
			shelver, ok := store.(ledger.Shelver)
			if !ok {
				return fmt.Errorf("this instance of the store, a %T, does not implement ledger.Shelver", store)
			}
			store = shelver.Shelf(name)
		}
		for n := range appends {
			records, err := write(ctx, store, []ledger.Change{adding(run((n+i)%records), fmt.Sprintf("<%s %d %d>", name, i, n))})
			if err != nil {
				return err
			}
			if log := string(records[0].Log); strings.Count(log, "<") != strings.Count(log, "<"+name+" ") {
				return fmt.Errorf("the log on the shelf %q has an entry of another shelf: %.200q", name, log)
			}
		}
		return nil
	})
	for n, on := range s.three() {
		entries := 0
		for i := range records {
			log := string(on.peek(run(i)).Log)
			entries += strings.Count(log, "<")
			if own := strings.Count(log, "<"+names[n]+" "); own != strings.Count(log, "<") {
				s.fail("the log on the shelf %q has entries of another shelf: %.200q", names[n], log)
			}
		}
		if want := writers / len(names) * appends; entries != want {
			s.fail("the logs on the shelf %q have %d entries, want %d", names[n], entries, want)
		}
	}
}
