package ledgertest_test

import (
	"cmp"
	"context"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemory(t *testing.T) { ledgertest.Run(t, opener("")) }

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
		m := &memory{fault: fault, records: map[ledger.Key]*record{}}
		handles := 0
		return func() ledger.Store {
			handles++
			return &handle{m, handles}
		}
	}
}

// TestBroken runs one test of the suite against each of the stores that are broken on purpose, in a
// process of its own, for it has to fail.
func TestBroken(t *testing.T) {
	if fault := os.Getenv(brokenBy); fault != "" {
		ledgertest.RunImpatiently(t, opener(fault))
		return
	}
	tests := []struct {
		fault  string
		test   string // that finds it
		reason string
	}{
		{"loses the second append", "append keeps the order", "the plainest loss"},
		{"prepends", "append keeps the order", "order is not only completeness"},
		{"answers what was before", "append makes a record", "the answer is what a tracker decides by"},
		{"empty append makes nothing", "an empty append", "there is no record to replace then"},
		{"ends at NUL", "bytes are bytes", "as a store of C strings would"},
		{"mends UTF-8", "bytes are bytes", "as a store of texts would"},
		{"cuts at 64 KiB", "large logs", "as a column of a bounded size would"},
		{"key ends at NUL", "runs are separate", "keys are binary too"},
		{"answers in the order of keys", "a batch returns records in its order", "as a statement with RETURNING does"},
		{"drops what is repeated", "the same append twice is in the log twice", "a store does not know what an event is"},
		{"keeps slices", "the store keeps no slice of the caller", "callers use their buffers again"},
		{"gives its own slices", "returned logs belong to the caller", "a caller would write into the store"},
		{"ignores contexts", "a context that has ended", "a caller that has given up would wait"},
		{"ignores If", "replace requires exactly If", "every instance would win"},
		{"If is a prefix", "replace requires exactly If", "a comparison that is nearly right"},
		{"If ignores case", "replace requires exactly If", "a collation that folds"},
		{"empty Replace appends", "replace by an empty log", "a length is not a nil"},
		{"replace makes a record", "replace without a record", "an upsert"},
		{"append puts off", "due or not", "the deadline of a busy run would never come"},
		{"replace keeps due", "due or not", "a run without a deadline would be swept for ever"},
		{"stale replace sets due", "due or not", "it is to change nothing at all"},
		{"1970 is never", "due or not", "a zero that stands for none"},
		{"overflows in nanoseconds", "due or not", "a time after 2262 would be past"},
		{"whole seconds", "Due to the millisecond", "due would be up to a second early"},
		{"rounds up to seconds", "Due to the millisecond", "due would be up to a second late"},
		{"ignores Lease", "Lease by the store's clock", "it would never be due"},
		{"Due beats Lease", "the earlier of Due and Lease", "the first of two"},
		{"gives what is not due", "due or not", "journeys that go on would be ended"},
		{"ignores the limit", "claim keeps to its limit", "more than the caller can do in its lease"},
		{"newest first", "claim takes the longest overdue first", "the oldest would starve"},
		{"claims twice", "a claimed record is not claimed again", "two would do the same"},
		{"claims twice at once", "concurrent claims return different records", "a read and a write that are not one"},
		{"claims for ever", "a lease expires", "who claimed it may be dead"},
		{"claim gives no log", "claim returns the record unchanged", "the sweeper decides by it"},
		{"no clock", "the store's clock", "a zero time"},
		{"resurrects closed", "a closed record does not change", "a late event would start it again"},
		{"replaces closed", "a closed record does not change", "an end would be changed"},
		{"closed is due", "a closed record does not change", "it would be swept for ever"},
		{"forgets closed at once", "a closed record is kept", "a late event would start it again"},
		{"closed stays for ever", "a closed record is removed after its Keep", "it was to be forgotten"},
		{"Keep 0 is for ever", "a closed record is removed after its Keep", "a zero that stands for none"},
		{"live records expire", "Keep applies to closed records only", "runs would be lost"},
		{"place stays", "counts follow the places of runs", "a count would only grow"},
		{"counts closed", "counts leave out closed runs", "a count would only grow"},
		{"joins names", "places are separate", "two places would be one"},
		{"everybody holds", "one holder counts", "sums would be too high"},
		{"holds for ever", "a holder's lease expires", "nobody would count after a crash"},
		{"last customer", "the first customer is kept", "whoever reports last would own it"},
		{"forgets like", "forget concerns one customer", "a pattern is not a name"},
		{"forgets nobody's", "forget concerns one customer", "most records may have no customer"},
		{"forget removes", "forget erases a customer's runs", "the next event would start it again"},
		{"forget keeps the log", "forget erases a customer's runs", "it was to be erased"},
		{"forgets closed", "closed records have no customer", "they have none"},
		{"append is read then write", "concurrent appends", "one of two is lost"},
		{"replace is read then write", "one replace of many wins", "two would win"},
		{"fold is read then write", "replace while others append", "what came between is lost"},
		{"a batch resurrects closed", "a batch of every kind of change", "a late event would start it again"},
		{"a batch replaces what is stale", "a batch of every kind of change", "every instance would win"},
		{"the next append finds another log", "the store keeps no slice of the caller", "callers use their buffers again"},
		{"Keep 0 makes live", "a closed record is removed after its Keep", "a late event would start it again"},
		{"a batch closes nothing", "a batch of every kind of change", "a run would never end"},
		{"Write gives an error too", "append makes a record", "its caller would make the change again"},
		{"Claim gives an error too", "claim returns the record unchanged", "its caller would not do what it has leased"},
		{"Count gives an error too", "counts follow the places of runs", "its caller would not have the counts"},
		{"Forget gives an error too", "forget erases a customer's runs", "its caller would not know that it is done"},
		{"Claim returns no record for its limit", "claim keeps to its limit", "a sweep would find nothing"},
		{"leases are of a handle", "a claimed record is not claimed again", "two instances would do the same"},
		{"one handle fails", "forget while events arrive", "the test tells of it, and does not hang"},
		{"a handle that counts nothing", "one holder counts", "two instances would count"},
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
			again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBroken$/^"+pattern(test.test)+"$", "-test.count=1")
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
			store := &memory{records: map[ledger.Key]*record{}}
			return func() ledger.Store { return store }
		})
	}
	// Output:
}

// memory is the contract as plainly as it can be said, and the faults that a store may have.
type memory struct {
	fault string

	mu      sync.Mutex
	batch   bool // of the Write that goes on
	records map[ledger.Key]*record
	holder  string
	until   time.Time
}

type record struct {
	log      []byte
	callers  []byte    // the slice that the log was replaced by, which is the caller's
	leased   time.Time // when it was due that was claimed; zero for a record that was not
	due      time.Time // zero is never
	customer string
	place    ledger.Place
	closed   bool
	keptZero bool
	gone     time.Time // zero is never
}

func (m *memory) is(fault string) bool { return m.fault == fault }

// pause lets others in between, where a fault is not to be atomic.
func (m *memory) pause() {
	m.mu.Unlock()
	time.Sleep(100 * time.Microsecond)
	m.mu.Lock()
}

func (m *memory) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	if ctx.Err() != nil && !m.is("ignores contexts") {
		return nil, context.Cause(ctx)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.purge()
	var out []ledger.Record
	m.batch = len(changes) > 1
	for _, c := range changes {
		id := m.key(c.Key)
		before := m.records[id]
		if before != nil {
			before = new(*before)
		}
		if c.Replace != nil && (len(c.Replace) > 0 || !m.is("empty Replace appends")) {
			m.replace(id, &c)
		} else {
			m.add(id, &c)
		}
		r := m.records[id]
		if m.is("answers what was before") {
			r = before
		}
		answer := ledger.Record{Key: c.Key}
		if r != nil {
			answer.Log, answer.Closed = slices.Clone(r.log), r.closed
			if m.is("gives its own slices") {
				answer.Log = r.log
			}
		}
		out = append(out, answer)
	}
	if m.is("answers in the order of keys") {
		slices.SortFunc(out, func(a, b ledger.Record) int { return slices.Compare(a.Key[:], b.Key[:]) })
	}
	return out, nil
}

func (m *memory) key(id ledger.Key) ledger.Key {
	if !m.is("key ends at NUL") {
		return id
	}
	for i := range id {
		if id[i] == 0 {
			clear(id[i:])
		}
	}
	return id
}

func (m *memory) add(id ledger.Key, c *ledger.Change) {
	r := m.records[id]
	if r == nil {
		if len(c.Append) == 0 && m.is("empty append makes nothing") {
			return
		}
		r = &record{}
		m.records[id] = r
	}
	switch {
	case r.closed && (m.is("resurrects closed") || m.is("a batch resurrects closed") && m.batch):
		*r = record{}
	case r.closed:
		if m.is("closed is due") {
			r.due = c.Due
		}
		return
	case len(c.Append) > 0 && strings.HasSuffix(string(r.log), string(c.Append)) && m.is("drops what is repeated"):
		return
	}
	m.addLog(r, c.Append)
	if due := m.due(c); !due.IsZero() && (r.due.IsZero() || due.Before(r.due) || m.is("append puts off")) {
		r.due = due
	}
	if m.is("live records expire") && c.Keep > 0 {
		r.gone = time.Now().Add(c.Keep)
	}
	m.name(r, c)
}

func (m *memory) addLog(r *record, log []byte) {
	was := slices.Clone(r.log)
	if m.is("the next append finds another log") && len(r.callers) > 0 {
		was = slices.Clone(r.callers)
	}
	if m.is("append is read then write") || m.is("fold is read then write") {
		m.pause()
	}
	switch {
	case len(was) > 0 && m.is("loses the second append"):
		r.log = was
	case m.is("prepends"):
		r.log = append(slices.Clone(log), was...)
	case len(was) == 0 && m.is("keeps slices"):
		r.log = log
	case m.is("ends at NUL"):
		text, _, _ := strings.Cut(string(log), "\x00")
		r.log = append(was, text...)
	case m.is("mends UTF-8"):
		r.log = []byte(strings.ToValidUTF8(string(was)+string(log), "\uFFFD"))
	case m.is("cuts at 64 KiB"):
		r.log = append(was, log...)
		r.log = r.log[:min(len(r.log), 64<<10)]
	default:
		r.log = append(was, log...)
	}
}

func (m *memory) replace(id ledger.Key, c *ledger.Change) {
	r := m.records[id]
	if r == nil && m.is("replace makes a record") {
		r = &record{}
		m.records[id] = r
	}
	if r == nil || r.closed && !m.is("replaces closed") {
		return
	}
	if !m.same(string(r.log), string(c.If)) {
		if m.is("stale replace sets due") {
			r.due = m.due(c)
		}
		return
	}
	if m.is("replace is read then write") {
		m.pause()
	}
	r.log, r.callers = slices.Clone(c.Replace), c.Replace
	if m.is("keeps slices") {
		r.log = c.Replace
	}
	if !m.is("replace keeps due") {
		r.due = m.due(c)
	}
	if !m.is("place stays") || c.Place != (ledger.Place{}) {
		r.place = c.Place
	}
	if m.is("live records expire") && c.Keep > 0 {
		r.gone = time.Now().Add(c.Keep)
	}
	m.name(r, c)
	if c.Close && (!m.batch || !m.is("a batch closes nothing")) {
		m.close(r, c.Keep)
	}
}

func (m *memory) same(log, want string) bool {
	return log == want || m.is("ignores If") && want != "" && !strings.HasPrefix(want, "no log") ||
		m.is("a batch replaces what is stale") && m.batch && want != "" && !strings.HasPrefix(want, "no log") ||
		m.is("If is a prefix") && want != "" && strings.HasPrefix(log, want) ||
		m.is("If ignores case") && strings.EqualFold(log, want)
}

func (m *memory) name(r *record, c *ledger.Change) {
	if c.Customer != "" && (r.customer == "" || m.is("last customer")) {
		r.customer = c.Customer
	}
}

func (m *memory) close(r *record, keep time.Duration) {
	r.closed, r.gone, r.keptZero = true, time.Now().Add(keep), keep == 0
	if m.is("forgets closed at once") {
		r.gone = time.Now()
	}
	if keep == 0 && m.is("Keep 0 is for ever") || m.is("closed stays for ever") {
		r.gone = time.Time{}
	}
	if !m.is("closed is due") {
		r.due = time.Time{}
	}
	if !m.is("forgets closed") {
		r.customer = ""
	}
	if !m.is("counts closed") {
		r.place = ledger.Place{}
	}
}

func (m *memory) due(c *ledger.Change) time.Time {
	due := c.Due
	switch {
	case m.is("1970 is never") && due.Equal(time.Unix(0, 0)):
		due = time.Time{}
	case m.is("overflows in nanoseconds") && !due.IsZero():
		due = time.Unix(0, due.UnixNano())
	case m.is("whole seconds"):
		due = due.Truncate(time.Second)
	case m.is("rounds up to seconds") && !due.IsZero():
		due = due.Add(time.Second - 1).Truncate(time.Second)
	}
	if c.Lease == 0 || m.is("ignores Lease") || m.is("Due beats Lease") && !due.IsZero() {
		return due
	}
	lease := time.Now().Add(c.Lease)
	if due.IsZero() || lease.Before(due) {
		return lease
	}
	return due
}

func (m *memory) purge() {
	now := time.Now()
	for _, r := range m.records {
		if r.keptZero && !r.gone.After(now) && m.is("Keep 0 makes live") {
			r.closed, r.gone = false, time.Time{}
		}
	}
	maps.DeleteFunc(m.records, func(_ ledger.Key, r *record) bool { return !r.gone.IsZero() && !r.gone.After(now) })
}

func (m *memory) Claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	if ctx.Err() != nil && !m.is("ignores contexts") {
		return time.Time{}, nil, context.Cause(ctx)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.purge()
	now := time.Now()
	var ids []ledger.Key
	for id, r := range m.records {
		if !r.due.IsZero() && (!r.due.After(now) || m.is("gives what is not due")) && (!r.closed || m.is("closed is due")) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b ledger.Key) int {
		return cmp.Or(m.records[a].due.Compare(m.records[b].due), slices.Compare(a[:], b[:]))
	})
	if m.is("newest first") {
		slices.Reverse(ids)
	}
	if len(ids) > limit && !m.is("ignores the limit") {
		ids = ids[:limit]
	}
	if len(ids) == limit && m.is("Claim returns no record for its limit") {
		ids = nil
	}
	if m.is("claims twice at once") {
		m.pause()
	}
	var due []ledger.Record
	for _, id := range ids {
		r := m.records[id]
		switch {
		case m.is("claims twice"):
		case m.is("claims for ever"):
			r.due = time.Time{}
		default:
			r.leased, r.due = r.due, now.Add(lease)
		}
		log := slices.Clone(r.log)
		if m.is("claim gives no log") {
			log = nil
		}
		due = append(due, ledger.Record{Key: id, Log: log})
	}
	if m.is("no clock") {
		now = time.Time{}
	}
	return now, due, nil
}

func (m *memory) Count(ctx context.Context, holder string, lease time.Duration) (map[ledger.Place]int64, bool, error) {
	if ctx.Err() != nil {
		return nil, false, context.Cause(ctx)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if holder != m.holder && now.Before(m.until) && !m.is("everybody holds") {
		return nil, false, nil
	}
	if m.holder == "" || !m.is("holds for ever") {
		m.holder, m.until = holder, now.Add(lease)
	}
	if m.is("holds for ever") {
		m.until = now.Add(time.Hour)
	}
	live := map[ledger.Place]int64{}
	for _, r := range m.records {
		if r.place != (ledger.Place{}) {
			if m.is("joins names") {
				r.place = ledger.Place{Group: r.place.Group + ":" + r.place.Name}
			}
			live[r.place]++
		}
	}
	return live, true, nil
}

func (m *memory) Forget(ctx context.Context, customer string, keep time.Duration) (int, error) {
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for id, r := range m.records {
		same := r.customer == customer && (customer != "" || m.is("forgets nobody's"))
		if m.is("forgets like") {
			same = customer != "" && (same || r.customer != "" && strings.EqualFold(r.customer, customer))
		}
		if !same {
			continue
		}
		n++
		if !m.is("forget keeps the log") {
			r.log = nil
		}
		m.close(r, keep)
		if m.is("forget removes") {
			delete(m.records, id)
		}
	}
	return n, nil
}
