package ledgertest_test

import (
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemory(t *testing.T) { ledgertest.Run(t, openShelves(""), ledgertest.WithBusy(busy)) }

func TestWithoutAbilities(t *testing.T) {
	ledgertest.Run(t, func(t *testing.T) func() ledger.Store {
		m := opener("")(t)
		return func() ledger.Store { return struct{ ledger.Store }{m()} }
	})
}

// brokenBy names the fault that the test binary's store has when it is started again.
const brokenBy = "CAIRN_STORETEST_BROKEN_BY"

func opener(fault string) func(*testing.T) func() ledger.Store {
	return func(*testing.T) func() ledger.Store {
		m := newMemory(fault)
		handles := 0
		return func() ledger.Store {
			handles++
			return &handle{m, handles}
		}
	}
}

// busy has the turn of the store until it is released.
func busy(_ *testing.T, store ledger.Store) (release func()) {
	var m *memory
	switch h := store.(type) {
	case *handle:
		m = h.memory
	case *shelver:
		m = h.memory // its shelves have the same lock
	default:
		panic("another store")
	}
	m.turn <- struct{}{}
	return m.unlock
}

// TestBroken runs a test of the suite against each of the stores that are broken on purpose, each in a process of its own,
// because it has to fail. A store that is marked alone runs the whole contract, and only the named test may fail.
func TestBroken(t *testing.T) {
	if fault := os.Getenv(brokenBy); fault != "" {
		ledgertest.RunImpatiently(t, opener(fault), ledgertest.WithBusy(busy))
		return
	}
	tests := []struct {
		fault  string
		test   string // that finds it
		reason string
		alone  bool // no other test may find it
	}{
		{"loses the second append", "append keeps the order", "the plainest loss", false},
		{"prepends", "append keeps the order", "order is not only completeness", false},
		{"answers what was before", "append makes a record", "the answer is what a tracker decides by", false},
		{"empty append makes nothing", "an empty append", "there is no record to replace then", false},
		{"ends at NUL", "bytes are bytes", "as a store of C strings would", false},
		{"mends UTF-8", "bytes are bytes", "as a store of texts would", false},
		{"cuts at 64 KiB", "large logs", "as a column of a bounded size would", false},
		{"key ends at NUL", "runs are separate", "keys are binary too", false},
		{"answers in the order of keys", "a batch returns records in its order", "as a statement with RETURNING does", false},
		{"drops what is repeated", "the same append twice is in the log twice", "a store does not know what an event is", false},
		{"keeps slices", "the store keeps no slice of the caller", "callers use their buffers again", false},
		{"gives its own slices", "returned logs belong to the caller", "a caller would write into the store", false},
		{"ignores contexts", "a context that has ended", "a caller that has given up would wait", false},
		{"ignores If", "replace requires exactly If", "every instance would win", false},
		{"If is a prefix", "replace requires exactly If", "a comparison that is nearly right", false},
		{"If ignores case", "replace requires exactly If", "a collation that folds", false},
		{"empty Replace appends", "replace by an empty log", "a length is not a nil", false},
		{"replace makes a record", "replace without a record", "an upsert", false},
		{"append puts off", "due or not", "the deadline of a busy run would never come", false},
		{"replace keeps due", "due or not", "a run without a deadline would be swept for ever", false},
		{"stale replace sets due", "due or not", "it is to change nothing at all", false},
		{"1970 is never", "due or not", "a zero that stands for none", false},
		{"overflows in nanoseconds", "due or not", "a time after 2262 would be past", false},
		{"whole seconds", "Due to the millisecond", "due would be up to a second early", false},
		{"rounds up to seconds", "Due to the millisecond", "due would be up to a second late", false},
		{"ignores Lease", "Lease by the store's clock", "it would never be due", false},
		{"Due beats Lease", "the earlier of Due and Lease", "the first of two", false},
		{"gives what is not due", "due or not", "journeys that go on would be ended", false},
		{"ignores the limit", "claim keeps to its limit", "more than the caller can do in its lease", false},
		{"newest first", "claim takes the longest overdue first", "the oldest would starve", false},
		{"claims twice", "a claimed record is not claimed again", "two would do the same", false},
		{"claims twice at once", "concurrent claims return different records", "a read and a write that are not one", false},
		{"claims for ever", "a lease expires", "who claimed it may be dead", false},
		{"claim gives no log", "claim returns the record unchanged", "the sweeper decides by it", false},
		{"no clock", "the store's clock", "a zero time", false},
		{"resurrects closed", "a closed record does not change", "a late event would start it again", false},
		{"replaces closed", "a closed record does not change", "an end would be changed", false},
		{"closed is due", "a closed record does not change", "it would be swept for ever", false},
		{"forgets closed at once", "a closed record is kept", "a late event would start it again", false},
		{"closed stays for ever", "a closed record is removed after its Keep", "it was to be forgotten", false},
		{"Keep 0 is for ever", "a closed record is removed after its Keep", "a zero that stands for none", false},
		{"live records expire", "Keep applies to closed records only", "runs would be lost", false},
		{"place stays", "counts follow the places of runs", "a count would only grow", false},
		{"counts closed", "counts leave out closed runs", "a count would only grow", false},
		{"joins names", "places are separate", "two places would be one", false},
		{"everybody holds", "one holder counts", "sums would be too high", false},
		{"holds for ever", "a holder's lease expires", "nobody would count after a crash", false},
		{"last customer", "the first customer is kept", "whoever reports last would own it", false},
		{"forgets like", "forget concerns one customer", "a pattern is not a name", false},
		{"forgets nobody's", "forget concerns one customer", "most records may have no customer", false},
		{"forget removes", "forget erases a customer's runs", "the next event would start it again", false},
		{"forget keeps the log", "forget erases a customer's runs", "it was to be erased", false},
		{"forgets closed", "closed records have no customer", "they have none", false},
		{"append is read then write", "concurrent appends", "one of two is lost", false},
		{"replace is read then write", "one replace of many wins", "two would win", false},
		{"fold is read then write", "replace while others append", "what came between is lost", false},
		{"a batch resurrects closed", "a batch of every kind of change", "a late event would start it again", false},
		{"a batch replaces what is stale", "a batch of every kind of change", "every instance would win", false},
		{"the next append finds another log", "the store keeps no slice of the caller", "callers use their buffers again", false},
		{"Keep 0 makes live", "a closed record is removed after its Keep", "a late event would start it again", false},
		{"a batch closes nothing", "a batch of every kind of change", "a run would never end", false},
		{"Write gives an error too", "append makes a record", "its caller would make the change again", false},
		{"Claim gives an error too", "claim returns the record unchanged", "its caller would not do what it has leased", false},
		{"Count gives an error too", "counts follow the places of runs", "its caller would not have the counts", false},
		{"Forget gives an error too", "forget erases a customer's runs", "its caller would not know that it is done", false},
		{"Claim returns no record for its limit", "claim keeps to its limit", "a sweep would find nothing", false},
		{"leases are of a handle", "a claimed record is not claimed again", "two instances would do the same", false},
		{"one handle fails", "forget while events arrive", "the test tells of it, and does not hang", false},
		{"a handle that counts nothing", "one holder counts", "two instances would count", false},
		{"nil for an empty log", "an empty record is not a missing one", "a caller would take the record for a missing one", true},
		{"an error for an empty log", "an empty record is not a missing one", "a caller could neither read nor replace it", false},
		{"claim gives nil for an empty log", "an empty record is not a missing one", "a sweep would take the record for a missing one", true},
		{"an empty log for no record", "an empty record is not a missing one", "a caller would take a missing record for an empty one", true},
		{"append closes", "an append ignores what is for Replace", "an Append must not end a run", true},
		{"append places", "an append ignores what is for Replace", "an Append must not move a run", true},
		{"append needs If", "an append ignores what is for Replace", "an event would be lost", true},
		{"replace appends too", "an append ignores what is for Replace", "the log would not be what the caller compares with", true},
		{"makes two changes of a record", "two changes of one record", "stores would differ", true},
		{"makes some of two changes of a record", "two changes of one record", "the caller would repeat what was made", true},
		{"a negative Lease is past", "a negative Lease asks for nothing", "a run would be swept again and again", true},
		{"a negative limit is none", "a limit of 0 or less claims nothing", "LIMIT -1 of SQLite", true},
		{"a negative limit is an error", "a limit of 0 or less claims nothing", "LIMIT -1 of PostgreSQL", true},
		{"a negative claim lease is for ever", "a lease of 0 or less ends at once", "a duration that is taken without its sign", true},
		{"a negative Keep is for ever", "a closed record is removed after its Keep", "it was to be forgotten", false},
		{"an empty Group is nowhere", "a place without a group or without a name", "a run would not be counted", true},
		{"an empty Name is nowhere", "a place without a group or without a name", "a run would not be counted", false},
		{"a count lease of 0 lasts", "a count lease of 0 or less", "a least duration of a server", true},
		{"a count lease of 0 gets nothing", "a count lease of 0 or less", "the lease is over before it is read", true},
		{"a count lease of 0 takes it", "a count lease of 0 or less", "two holders would double every sum", true},
		{"makes changes of an ended context", "a context that has ended", "the caller makes them again", true},
		{"a change is made in part", "a context that ends during a Write", "the log and the due time would not fit", true},
		{"waits whatever the context", "a wait ends with its context", "a lock whose wait has no end", false},
		{"makes changes after the deadline", "no change after its deadline", "an old change would follow newer ones", true},
	}
	if testing.Short() { // each is a process that runs a test of the suite alone
		every := tests[:0]
		for i := 0; i < len(tests); i += 8 {
			every = append(every, tests[i])
		}
		tests = every
	}
	names, outs := map[string]bool{}, make([]string, len(tests))
	free := make(chan struct{}, 8) // they mostly wait
	var running sync.WaitGroup
	for i, test := range tests {
		if names[test.fault] {
			t.Fatalf("two stores are broken by %q", test.fault)
		}
		names[test.fault] = true
		running.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			run, skip := "-test.run=^TestBroken$/^"+pattern(test.test)+"$", "-test.skip=^$"
			if test.alone { // the journeys rest on the contract
				run, skip = "-test.run=^TestBroken$", "-test.skip=^TestBroken$/^journeys:"
			}
			again := exec.CommandContext(t.Context(), os.Args[0], run, skip, "-test.count=1")
			again.Env = append(os.Environ(), brokenBy+"="+test.fault)
			out, _ := again.CombinedOutput()
			outs[i] = string(out)
		})
	}
	running.Wait()
	for i, test := range tests {
		t.Run(test.fault, func(t *testing.T) {
			if !strings.Contains(outs[i], "--- FAIL: TestBroken/"+pattern(test.test)) {
				t.Errorf("the suite lets it pass, though %s:\n%s", test.reason, outs[i])
			}
			if n := strings.Count(outs[i], "    --- FAIL: TestBroken/"); test.alone && n != 1 {
				t.Errorf("%d tests of the suite find it, want one alone:\n%s", n, outs[i])
			}
			if strings.Contains(outs[i], "panic:") {
				t.Errorf("the suite panics:\n%s", outs[i])
			}
		})
	}
}

// pattern returns the name as go test writes it.
func pattern(name string) string { return strings.ReplaceAll(name, " ", "_") }

func ExampleRun() {
	// It is the whole test of a store: func TestStore(t *testing.T).
	_ = func(t *testing.T) {
		ledgertest.Run(t, func(*testing.T) func() ledger.Store {
			store := newMemory("")
			return func() ledger.Store { return store }
		})
	}
	// Output:
}
