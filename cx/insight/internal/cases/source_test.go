package cases_test

import (
	"context"
	"errors"
	"strconv"

	"cairncx.dev/cairn/cx/event"
)

// memory is a source of events that are in memory. Its position is the number of events that it has given.
type memory struct {
	events []event.Event
	epoch  string
	// most is the number of events of one scan, and failAt the number after which a scan fails; 0 is no bound.
	most, failAt int
	distinct     bool
	watch        func(n int) // is called before each event
}

var errBroken = errors.New("the connection is gone")

func (m *memory) Distinct() bool { return m.distinct }

func (m *memory) Scan(_ context.Context, s event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	from := 0
	if s.Since.Epoch == m.epoch && s.Since.Position != "" {
		from, _ = strconv.Atoi(s.Since.Position)
	}
	until := len(m.events)
	if m.most > 0 {
		until = min(until, from+m.most)
	}
	for n, e := range m.events[from:until] {
		if m.watch != nil {
			m.watch(n)
		}
		if m.failAt > 0 && n == m.failAt {
			return event.Cursor{}, errBroken
		}
		if err := each(&e); err != nil {
			return event.Cursor{}, err
		}
		e = event.Event{} // the source's again
	}
	return event.Cursor{Position: strconv.Itoa(until), Epoch: m.epoch}, nil
}
