package engine //nolint:testpackage // the machine of these tests is seen from both sides

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// Tally is a machine for tests that has nothing to do with journeys. A record is a Sum: adding to it has an effect for each ten
// that it passes, and ending it waits two seconds for what other instances add. A record is silent for a minute: then time has
// an effect, once.
type Tally struct{}

// Mark is an op of a Tally, or its whole state. A log is a line of JSON for each.
type Mark struct {
	Kind    string `json:"kind"` // state, add, end, pass, alive
	Ident   uint64 `json:"id,omitempty"`
	Report  uint64 `json:"key,omitempty"`
	At      int64  `json:"at,omitempty"`
	Told    bool   `json:"told,omitempty"`
	N       int    `json:"n,omitempty"`
	Last    int64  `json:"last,omitempty"`
	Quiet   bool   `json:"quiet,omitempty"`
	Started bool   `json:"started,omitempty"`
}

func (m *Mark) Key() uint64       { return m.Report }
func (m *Mark) By() uint64        { return m.Ident }
func (m *Mark) Sent() int64       { return m.At }
func (m *Mark) SetSent(at int64)  { m.At = at }
func (m *Mark) Settled() bool     { return m.Told }
func (m *Mark) SetSettled()       { m.Told = true }
func (m *Mark) IsAlive() bool     { return m.Kind == "alive" }
func (m *Mark) SetKey(key uint64) { m.Report = key }
func (m *Mark) Append(b []byte) []byte {
	line, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return append(append(b, line...), '\n')
}

// Did is what a Mark has done.
type Did struct {
	effects []string
	wait    bool
	late    bool
}

func (d *Did) Effects() int { return len(d.effects) }
func (d *Did) Waits() bool  { return d.wait }
func (d *Did) IsLate() bool { return d.late }

// Sum is the state of a Tally.
type Sum struct {
	N       int
	last    int64
	quiet   bool // the silence has had its effect
	Started bool
	over    bool
	ending  *Mark
	ends    *Did
}

const silence = time.Minute

func (s *Sum) apply(m *Mark, d *Did) {
	switch {
	case m.Kind == "alive":
	case s.over:
		d.late = true
	case m.Kind == "add":
		s.Started = true
		for ten := s.N/10 + 1; ten <= (s.N+m.N)/10; ten++ {
			d.effects = append(d.effects, fmt.Sprint("ten ", ten))
		}
		s.N += m.N
		s.last = max(s.last, m.At)
	case m.Kind == "end":
		if s.ending == nil {
			s.ending, s.ends, d.wait = m, d, true
		} else {
			d.late = true
		}
	case m.Kind == "pass" && s.ending != nil:
		if s.ending.At <= m.At-int64(2*time.Second) {
			s.over, s.ends.wait = true, false
			d.effects = append(d.effects, fmt.Sprint("end at ", s.N))
		}
	case m.Kind == "pass":
		if !s.quiet && s.last+int64(silence) <= m.At-int64(Grace) {
			s.quiet = true
			d.effects = append(d.effects, "quiet")
		}
	}
}

func (Tally) read(log []byte, n int) (*Sum, []Entry[*Mark, *Did], error) {
	s, since := &Sum{}, []Entry[*Mark, *Did]{}
	for line := range bytes.Lines(log) {
		m := &Mark{}
		if err := json.Unmarshal(line, m); err != nil {
			return nil, nil, fmt.Errorf("%w: %w", ErrLog, err)
		}
		if m.Kind == "state" {
			s, since = &Sum{N: m.N, last: m.Last, quiet: m.Quiet, Started: m.Started, over: m.Told}, nil
			continue
		}
		if n == 0 {
			break
		}
		n--
		e := Entry[*Mark, *Did]{Op: m, Done: &Did{}, Raw: line}
		if !slices.ContainsFunc(since, func(o Entry[*Mark, *Did]) bool { return o.Op.Report == m.Report && !m.IsAlive() }) {
			s.apply(m, e.Done)
		}
		e.Open = s.ending != nil && !s.over
		since = append(since, e)
	}
	return s, since, nil
}

func (t Tally) Read(log []byte) (*Sum, []Entry[*Mark, *Did], error) { return t.read(log, -1) }

func (t Tally) Fold(log []byte, n int) *Sum {
	if at := bytes.LastIndex(log, []byte(`{"kind":"state"`)); at > 0 {
		log = log[at:]
	}
	s, _, err := t.read(log, n)
	if err != nil {
		panic(err)
	}
	return s
}

func (Tally) Whole(s *Sum) []byte {
	return (&Mark{Kind: "state", N: s.N, Last: s.last, Quiet: s.quiet, Started: s.Started, Told: s.over}).Append(nil)
}

func (Tally) Pass(now time.Time) *Mark { return &Mark{Kind: "pass", At: now.UnixNano()} }
func (Tally) Alive(by, key uint64, now time.Time) *Mark {
	return &Mark{Kind: "alive", Ident: by, Report: key, At: now.UnixNano()}
}

func (Tally) Attend(c *ledger.Change, m *Mark) {
	c.Lease, c.Due, c.Customer = Lease, time.Unix(0, m.At).Add(silence+Grace), "customer"
}

func (Tally) Rest(c *ledger.Change, s *Sum) {
	c.Customer = "customer"
	if !s.quiet {
		c.Due = time.Unix(0, s.last).Add(silence + Grace)
	}
	c.Place = ledger.Place{Group: "tally"}
}

func (Tally) Over(s *Sum) bool  { return s.over }
func (Tally) Empty(s *Sum) bool { return !s.Started }

func (Tally) Passes(s *Sum, now time.Time) bool {
	if s.over {
		return false
	}
	if s.ending != nil {
		return s.ending.At <= now.Add(-2*time.Second).UnixNano()
	}
	return !s.quiet && s.last+int64(silence) <= now.Add(-Grace).UnixNano()
}

func (Tally) Decided(_ *Sum, _ *Mark, _ time.Time) time.Duration { return 2 * time.Second }

// Desk is a host that notes what it is given to deliver. Several instances may share one.
type Desk struct {
	mu      sync.Mutex
	counted map[string]int // effects that count, by record and effect
	told    map[string]int // effects, counted or not
	late    int
	items   map[string]int // deliveries of an item's own event, by record and key
	empty   int            // deliveries of no effect
	aside   []*Item[*Mark, string]
}

func NewDesk() *Desk {
	return &Desk{counted: map[string]int{}, told: map[string]int{}, items: map[string]int{}}
}

func (d *Desk) Deliver(r Result[*Sum, *Mark, *Did, string]) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r.Item != nil {
		d.items[fmt.Sprintf("%x %d", r.Item.Key[:1], r.Item.Op.Report)]++
	}
	if !r.Mine {
		return
	}
	if r.Done.Effects() == 0 {
		d.empty++
	}
	for _, e := range r.Done.effects {
		name := fmt.Sprintf("%x: %s", r.Key[:1], e)
		d.told[name]++
		if r.Items != nil {
			d.counted[name]++
		}
	}
}

func (d *Desk) Late(*Item[*Mark, string], *Sum, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.late++
}

func (d *Desk) Uncommitted(i *Item[*Mark, string]) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.aside = append(d.aside, i)
}

func (*Desk) Synced(ledger.Key, *Sum)                    {}
func (*Desk) Closed(ledger.Key)                          {}
func (*Desk) Concerns(*Item[*Mark, string], string) bool { return true }

// LateItems returns how many items were late.
func (d *Desk) LateItems() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.late
}

// SetAside returns how many items were delivered without the store.
func (d *Desk) SetAside() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.aside)
}

// Counted returns the effects that count, by record and effect.
func (d *Desk) Counted() map[string]int { return d.copied(d.counted) }

// Told returns the effects that were delivered, counted or not.
func (d *Desk) Told() map[string]int { return d.copied(d.told) }

// Items returns how often each item's own event was delivered, by record and key.
func (d *Desk) Items() map[string]int { return d.copied(d.items) }

func (d *Desk) copied(m map[string]int) map[string]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(m)
}

// Empty returns how often nothing was delivered.
func (d *Desk) Empty() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.empty
}

func (Tally) Undecided(*Sum, time.Time) (wait time.Duration, ok bool) { return 0, false }
