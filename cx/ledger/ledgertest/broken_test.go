package ledgertest_test

import (
	"cmp"
	"context"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// memory is the contract as plainly as it can be said, and the faults that a store may have.
type memory struct {
	fault string

	turn    chan struct{}   // full while a call has the store
	turns   atomic.Int64    // how often a call has given it back
	ctx     context.Context // of the Write that goes on
	batch   bool            // whether it has several changes
	late    atomic.Pointer[[]ledger.Change]
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

func newMemory(fault string) *memory {
	return &memory{fault: fault, turn: make(chan struct{}, 1), records: map[ledger.Key]*record{}}
}

// lock waits for the turn until the context is done.
func (m *memory) lock(ctx context.Context) error {
	if ctx.Err() != nil && !m.is("ignores contexts") {
		return context.Cause(ctx)
	}
	if m.is("ignores contexts") || m.is("waits whatever the context") {
		m.turn <- struct{}{}
		return nil
	}
	select {
	case m.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (m *memory) unlock() {
	m.turns.Add(1)
	<-m.turn
}

func (m *memory) is(fault string) bool { return m.fault == fault }

// pause lets others in between, where a fault is not to be atomic. A call that waits for the turn gets it at once; one that is
// about to wait has some time to come.
func (m *memory) pause() {
	turns := m.turns.Load() + 1 // with its own
	m.unlock()
	for range 1000 {
		if runtime.Gosched(); m.turns.Load() > turns {
			break
		}
	}
	m.turn <- struct{}{}
}

func (m *memory) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	if err := m.check(changes); err != nil {
		return nil, err
	}
	over := ctx.Err() != nil
	if err := m.lock(ctx); err != nil {
		switch {
		case over && m.is("makes changes of an ended context"):
			m.turn <- struct{}{}
			defer m.unlock()
			m.write(changes)
		case !over && m.is("makes changes after the deadline"):
			late := slices.Clone(changes)
			m.late.Store(&late)
		}
		return nil, err
	}
	defer m.unlock()
	m.ctx = ctx
	if late := m.late.Swap(nil); late != nil {
		m.write(*late)
	}
	out := m.write(changes)
	if m.is("a change is made in part") && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if m.is("an error for an empty log") && slices.ContainsFunc(out, func(r ledger.Record) bool { return r.Log != nil && len(r.Log) == 0 }) {
		return nil, errBroken
	}
	return out, nil
}

// check returns an error for two changes of one record.
func (m *memory) check(changes []ledger.Change) error {
	err := ledger.CheckKeys(changes)
	if err == nil || m.is("makes two changes of a record") {
		return nil
	}
	if m.is("makes some of two changes of a record") {
		m.turn <- struct{}{}
		defer m.unlock()
		m.write(changes[:1])
	}
	return err //nolint:wrapcheck // the tests do not read it
}

func (m *memory) write(changes []ledger.Change) []ledger.Record {
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
			answer.Log, answer.Closed = append([]byte{}, r.log...), r.closed
			if len(r.log) == 0 && m.is("nil for an empty log") {
				answer.Log = nil
			}
			if m.is("gives its own slices") {
				answer.Log = r.log
			}
		}
		if r == nil && m.is("an empty log for no record") {
			answer.Log = []byte{}
		}
		out = append(out, answer)
	}
	if m.is("answers in the order of keys") {
		slices.SortFunc(out, func(a, b ledger.Record) int { return slices.Compare(a.Key[:], b.Key[:]) })
	}
	return out
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
	if m.is("append needs If") && len(c.If) > 0 && string(c.If) != string(r.log) {
		return
	}
	m.addLog(r, c.Append)
	if m.is("append places") && c.Place != (ledger.Place{}) {
		r.place = c.Place
	}
	if due := m.due(c); !due.IsZero() && (r.due.IsZero() || due.Before(r.due) || m.is("append puts off")) {
		r.due = due
	}
	if m.is("live records expire") && c.Keep > 0 {
		r.gone = time.Now().Add(c.Keep)
	}
	m.name(r, c)
	if m.is("append closes") && c.Close {
		m.close(r, c.Keep)
	}
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
	if m.is("replace appends too") {
		r.log = append(r.log, c.Append...)
	}
	if m.is("a change is made in part") && m.ctx.Err() != nil {
		return
	}
	if !m.is("replace keeps due") {
		r.due = m.due(c)
	}
	if !m.is("place stays") || c.Place != (ledger.Place{}) {
		r.place = c.Place
	}
	if m.is("an empty Group is nowhere") && c.Place.Group == "" {
		r.place = ledger.Place{}
	}
	if m.is("an empty Name is nowhere") && c.Place.Name == "" {
		r.place = ledger.Place{}
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
	if keep < 0 && m.is("a negative Keep is for ever") {
		r.gone = time.Time{}
	}
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
	if c.Lease == 0 || c.Lease < 0 && !m.is("a negative Lease is past") || m.is("ignores Lease") || m.is("Due beats Lease") && !due.IsZero() {
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
	if err := m.lock(ctx); err != nil {
		return time.Time{}, nil, err
	}
	defer m.unlock()
	if limit < 0 && m.is("a negative limit is an error") {
		return time.Time{}, nil, errBroken
	}
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
	if len(ids) > limit && !m.is("ignores the limit") && (limit >= 0 || !m.is("a negative limit is none")) {
		ids = ids[:max(0, limit)]
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
			r.leased, r.due = r.due, now.Add(max(0, lease))
		}
		if lease < 0 && m.is("a negative claim lease is for ever") {
			r.due = time.Time{}
		}
		log := append([]byte{}, r.log...)
		if m.is("claim gives no log") || m.is("claim gives nil for an empty log") && len(log) == 0 {
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
	if err := m.lock(ctx); err != nil {
		return nil, false, err
	}
	defer m.unlock()
	now := time.Now()
	if holder != m.holder && now.Before(m.until) && !m.is("everybody holds") && (lease > 0 || !m.is("a count lease of 0 takes it")) {
		return nil, false, nil
	}
	if lease <= 0 && m.is("a count lease of 0 lasts") {
		lease = time.Minute
	}
	if lease <= 0 && m.is("a count lease of 0 gets nothing") {
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
	if err := m.lock(ctx); err != nil {
		return 0, err
	}
	defer m.unlock()
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
