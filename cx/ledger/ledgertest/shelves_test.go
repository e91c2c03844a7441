package ledgertest_test

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
)

// rack has the shelves of a memory, and the faults that shelves may have.
type rack struct {
	fault string
	base  *memory

	mu      sync.Mutex
	shelves map[string]*memory
	last    atomic.Pointer[memory] // the table that was written last
}

// shelver is a handle of a store with shelves.
type shelver struct {
	*handle

	rack *rack
}

// shelf is one shelf as one instance has it. That of the store itself has no name.
type shelf struct {
	*handle

	rack *rack
	own  *memory
	name string
}

// deepShelf is a shelf with shelves.
type deepShelf struct{ *shelf }

func (s deepShelf) Shelf(string) ledger.Store { return s }

func openShelves(fault string) func(*testing.T) func() ledger.Store {
	return func(*testing.T) func() ledger.Store {
		r := &rack{fault: fault, base: newMemory(""), shelves: map[string]*memory{}}
		handles := 0
		return func() ledger.Store {
			handles++
			return &shelver{&handle{r.base, handles}, r}
		}
	}
}

func (r *rack) is(fault string) bool { return r.fault == fault }

// table returns the records of a shelf. All tables have one lock.
func (r *rack) table(name string) *memory {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.shelves[name]
	if m == nil || r.is("new records each time") {
		m = newMemory("")
		m.turn = r.base.turn
		r.shelves[name] = m
	}
	return m
}

// others calls f with the tables other than m, while the caller has the lock.
func (r *rack) others(m *memory, f func(other *memory)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, other := range r.shelves {
		if other != m {
			f(other)
		}
	}
	if m != r.base {
		f(r.base)
	}
}

func (s *shelver) Shelf(name string) ledger.Store {
	r := s.rack
	valid := ledger.ValidShelf(name)
	switch {
	case !valid && r.is("nil for a bad name"):
		return nil
	case !valid && r.is("another error for a bad name"):
		return struct{ ledger.Store }{&handle{newMemory("an error for an empty log"), 2}}
	case !valid && !r.is("takes every name"):
		return ledger.InvalidShelf(name)
	case r.is("a shelf is the store itself"):
		return s.handle
	case r.is("the store is the shelf run") && name == "run":
		return s.handle
	case r.is("one shelf"):
		name = "one"
	case r.is("names are cut"):
		name = name[:min(len(name), 31)]
	case r.is("names lose their underscores"):
		name = strings.ReplaceAll(name, "_", "")
	case r.is("shelves are of a handle") && s.n > 1:
		name = "second " + name
	}
	m := r.table(name)
	own := &shelf{&handle{m, s.n}, r, m, name}
	switch {
	case r.is("a shelf cannot count"):
		return struct {
			ledger.Store
			ledger.Forgetter
		}{own, own}
	case r.is("a shelf cannot forget"):
		return struct {
			ledger.Store
			ledger.Counter
		}{own, own}
	case r.is("shelves have shelves"):
		return deepShelf{own}
	}
	return own
}

// itself returns the store's own records.
func (s *shelver) itself() *shelf { return &shelf{s.handle, s.rack, s.rack.base, ""} }

func (s *shelver) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	return s.itself().Write(ctx, changes)
}

func (s *shelver) Claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	return s.itself().Claim(ctx, limit, lease)
}

func (s *shelver) Count(ctx context.Context, holder string, lease time.Duration) (map[ledger.Place]int64, bool, error) {
	return s.itself().Count(ctx, holder, lease)
}

func (s *shelver) Forget(ctx context.Context, customer string, keep time.Duration) (int, error) {
	if s.rack.is("Forget of the store takes the shelves") {
		s.crossForget(ctx, customer, keep)
	}
	return s.itself().Forget(ctx, customer, keep)
}

func (s *shelver) crossForget(ctx context.Context, customer string, keep time.Duration) {
	s.rack.others(s.rack.base, func(other *memory) { _, _ = other.Forget(ctx, customer, keep) })
}

func (s *shelf) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	to := s.own
	if s.rack.is("a write goes to the shelf that was last used") {
		s.rack.last.Store(s.own)
		for range 1000 { // another write is to come in between
			if runtime.Gosched(); s.rack.last.Load() != s.own {
				break
			}
		}
		to = s.rack.last.Load()
	}
	records, err := to.Write(ctx, changes)
	if err != nil || s.rack.is("") {
		return records, err
	}
	s.own.turn <- struct{}{}
	defer s.own.unlock()
	s.rack.others(s.own, func(other *memory) {
		for _, c := range changes {
			r := other.records[c.Key]
			if r == nil || r.closed {
				continue
			}
			switch {
			case s.rack.is("a close crosses") && c.Close && s.own.records[c.Key] != nil && s.own.records[c.Key].closed:
				other.close(r, c.Keep)
			case s.rack.is("customers cross") && c.Customer != "" && r.customer != "":
				s.own.records[c.Key].customer = r.customer
			case s.rack.is("places cross") && c.Place != ledger.Place{}:
				r.place = c.Place
			}
		}
	})
	return records, nil
}

func (s *shelf) Claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	if s.rack.is("") { // what follows waits for the lock whatever the context
		return s.own.Claim(ctx, limit, lease)
	}
	s.own.turn <- struct{}{}
	before := map[ledger.Key]bool{}
	for id := range s.own.records {
		before[id] = true
	}
	s.own.purge()
	s.rack.others(s.own, func(other *memory) {
		for id := range before {
			if s.own.records[id] == nil && s.rack.is("a purge crosses") {
				delete(other.records, id)
			}
		}
		if s.rack.is("a purge takes what is closed elsewhere") {
			for id, r := range other.records {
				if r.closed {
					delete(other.records, id)
				}
			}
		}
	})
	s.own.unlock()
	now, due, err := s.own.Claim(ctx, limit, lease)
	if err != nil || limit <= 0 {
		return now, due, err
	}
	s.own.turn <- struct{}{}
	defer s.own.unlock()
	s.rack.others(s.own, func(other *memory) {
		for _, d := range due {
			if r := other.records[d.Key]; r != nil && s.rack.is("leases cross") {
				r.due = now.Add(lease)
			}
		}
	})
	if s.rack.is("Claim gives records of other shelves") && len(due) < limit {
		s.rack.others(s.own, func(other *memory) {
			for id, r := range other.records {
				if !r.due.IsZero() && !r.due.After(now) {
					due = append(due, ledger.Record{Key: id, Log: append([]byte{}, r.log...)})
					r.due = now.Add(lease)
				}
			}
		})
	}
	return now, due, nil
}

func (s *shelf) Count(ctx context.Context, holder string, lease time.Duration) (map[ledger.Place]int64, bool, error) {
	if s.rack.is("the count lease is shared") {
		s.own.turn <- struct{}{}
		s.rack.others(s.own, func(other *memory) {
			if time.Now().Before(other.until) {
				s.own.holder, s.own.until = other.holder, other.until
			}
		})
		s.own.unlock()
	}
	live, held, err := s.own.Count(ctx, holder, lease)
	if held && s.rack.is("counts cross") {
		s.own.turn <- struct{}{}
		s.rack.others(s.own, func(other *memory) {
			for _, r := range other.records {
				if r.place != (ledger.Place{}) {
					live[r.place]++
				}
			}
		})
		s.own.unlock()
	}
	return live, held, err
}

func (s *shelf) Forget(ctx context.Context, customer string, keep time.Duration) (int, error) {
	if s.rack.is("Forget crosses") {
		s.rack.others(s.own, func(other *memory) { _, _ = other.Forget(ctx, customer, keep) })
	}
	return s.own.Forget(ctx, customer, keep)
}

// TestBrokenShelves runs the tests of shelves against each of the Shelvers that are broken on purpose, each in a process of its
// own, because it has to fail.
func TestBrokenShelves(t *testing.T) {
	if fault := os.Getenv(brokenBy); fault != "" {
		ledgertest.RunImpatiently(t, openShelves(fault))
		return
	}
	const (
		keys, names, bad, abilities = "one key is a record on each shelf", "a name is the same records each time", "a name that is not valid", "abilities of a shelf"
		claims, forgets, counts     = "claims do not cross shelves", "forget does not cross shelves", "counts do not cross shelves"
		purges, race                = "removal of closed records does not cross shelves", "two shelves written in parallel"
	)
	tests := []struct{ fault, test, reason string }{
		{"a shelf is the store itself", keys, "the plainest way to have no shelves"},
		{"the count lease is shared", counts, "one lease row for all shelves"},
		{"Forget crosses", forgets, "a statement without the shelf in it"},
		{"Forget of the store takes the shelves", forgets, "a shelf decides itself what it forgets"},
		{"a purge crosses", purges, "a DELETE by key alone"},
		{"a purge takes what is closed elsewhere", purges, "a DELETE without the shelf in it"},
		{"one shelf", keys, "a name that is ignored"},
		{"names are cut", names, "a column of a bounded size"},
		{"names lose their underscores", names, "a name that is normalized"},
		{"the store is the shelf run", names, "the store's own kind has a name"},
		{"shelves are of a handle", names, "another instance would not find the records"},
		{"new records each time", names, "a shelf that only its caller has"},
		{"takes every name", bad, "a fault in code would be found too late"},
		{"nil for a bad name", bad, "its caller would panic"},
		{"another error for a bad name", bad, "the error has to say what is wrong"},
		{"a shelf cannot count", abilities, "the store can"},
		{"a shelf cannot forget", abilities, "the store can"},
		{"shelves have shelves", abilities, "their names would have no rule"},
		{"leases cross", claims, "an UPDATE by key alone"},
		{"Claim gives records of other shelves", claims, "a SELECT without the shelf in it"},
		{"a close crosses", keys, "an UPDATE by key alone"},
		{"customers cross", forgets, "a customer that is found by key alone"},
		{"places cross", counts, "an UPDATE by key alone"},
		{"counts cross", counts, "a count without the shelf in it"},
		{"a write goes to the shelf that was last used", race, "a connection's state instead of a statement's"},
	}
	outs := make([]string, len(tests))
	free := make(chan struct{}, 8) // they mostly wait
	var running sync.WaitGroup
	for i, test := range tests {
		running.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBrokenShelves$/^shelves$/^"+pattern(test.test)+"$", "-test.count=1")
			again.Env = append(os.Environ(), brokenBy+"="+test.fault)
			out, _ := again.CombinedOutput()
			outs[i] = string(out)
		})
	}
	running.Wait()
	for i, test := range tests {
		t.Run(test.fault, func(t *testing.T) {
			if !strings.Contains(outs[i], "--- FAIL: TestBrokenShelves/shelves/"+pattern(test.test)) {
				t.Errorf("the suite lets it pass, though %s:\n%s", test.reason, outs[i])
			}
			if strings.Contains(outs[i], "panic:") {
				t.Errorf("the suite panics:\n%s", outs[i])
			}
		})
	}
}

// TestSuiteSeesTheShelf: a clause of the contract that a shelf alone breaks is found on the shelf.
func TestSuiteSeesTheShelf(t *testing.T) {
	const fault = "leases cross"
	if os.Getenv(brokenBy) == fault {
		ledgertest.RunImpatiently(t, openShelves(fault))
		return
	}
	again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSuiteSeesTheShelf$/^on_a_shelf$/^claim_returns_the_record_unchanged$", "-test.count=1")
	again.Env = append(os.Environ(), brokenBy+"="+fault)
	out, _ := again.CombinedOutput()
	if !strings.Contains(string(out), "--- FAIL: TestSuiteSeesTheShelf/on_a_shelf/claim_returns_the_record_unchanged") {
		t.Errorf("the suite on a shelf lets it pass:\n%s", out)
	}
}
