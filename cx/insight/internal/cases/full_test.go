package cases_test

import (
	"fmt"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/cases"
)

// TestFull: more values and more kinds of events than codes are folded, counted, and change no number of events.
func TestFull(t *testing.T) {
	t.Parallel()
	const values = 66_000
	m := &memory{distinct: true}
	for n := range 2 * values {
		e := touch("one", time.Duration(n)*time.Second, n)
		e.Touchpoint, e.Customer.Segment = fmt.Sprint("name-", n%values), fmt.Sprint("segment-", n)
		e.Journey.ID = fmt.Sprint(n % 5)
		e.Channel = event.Channel(n % 13)
		if n%2 == 0 {
			e.Outcome, e.Cause = event.Failed, fmt.Sprint("cause-", n)
		}
		m.events = append(m.events, e)
	}
	table := cases.New(cases.Config{})
	load(t, table, m)
	words, failed, others := 0, 0, 0
	for _, c := range table.Snapshot().Chunks() {
		for r := range c.N {
			last := int64(0)
			for _, w := range c.Words(r) {
				words++
				code := table.Snapshot().Codes()[cases.CodeOf(w)]
				if code.Outcome == event.Failed {
					failed++
				}
				if table.Snapshot().Names.Text(uint32(code.Name)) == event.Other {
					others++
				}
				if at := c.At(r, w); at < last {
					t.Fatal("the words are not in the order of time")
				} else { //nolint:revive // at is this one's
					last = at
				}
			}
		}
	}
	counts, _ := table.Snapshot().State()
	if words != 2*values || failed != values || others == 0 || counts.Coarse == 0 || counts.Events != 2*values {
		t.Errorf("%d words, %d failed, %d of folded names, %+v; want %d and %d", words, failed, others, counts, 2*values, values)
	}
	if n := table.Snapshot().Dict(cases.Segment).Len(); n > 65_536 {
		t.Errorf("%d segments", n)
	}
	if n := len(table.Snapshot().Codes()); n > 65_536 {
		t.Errorf("%d codes", n)
	}
}
