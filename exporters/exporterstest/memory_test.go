package exporterstest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/exporterstest"
	"cairncx.dev/cairn/exporters/sink"
)

// memory is the contract as plainly as it can be said, and the bugs that an exporter may have.
type memory struct {
	bug string

	turn sink.Turn // of Export

	mu      sync.Mutex
	pending []event.Event // until Flush
	events  []event.Event
	kept    [][]event.Event
	seen    map[event.ID]bool
	fault   exporterstest.Fault
	reached chan struct{}
	mended  chan struct{}
	closed  bool
	downs   int

	used, spoiled bool // it has taken something; it has kept an error for good
	loggedOut     bool // the sink's other call fails
	busied        int  // calls while some events failed
}

func (m *memory) is(bug string) bool { return m != nil && m.bug == bug }

// sink returns the memory as what the suite tests.
func (m *memory) sink() exporterstest.Sink {
	return exporterstest.Sink{
		Exporter:     m,
		Deduplicates: m.is("keeps what it says to remove"),
		Received: func(*testing.T) []event.Event {
			m.mu.Lock()
			defer m.mu.Unlock()
			return slices.Clone(m.events)
		},
		Break: m.breaks,
		Outages: []exporterstest.Outage{
			{Name: "a login that is refused", Start: func(*testing.T) *exporterstest.Broken {
				m.logOut(true)
				return &exporterstest.Broken{Mend: func() { m.logOut(false) }}
			}},
			{Name: "a store that is made again", Loses: true, Start: func(*testing.T) *exporterstest.Broken {
				m.logOut(true)
				return &exporterstest.Broken{Mend: func() {
					m.logOut(false)
					m.mu.Lock()
					defer m.mu.Unlock()
					m.pending, m.events = nil, nil
				}}
			}},
		},
	}
}

func (m *memory) logOut(out bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.loggedOut = out
}

func (m *memory) breaks(_ *testing.T, f exporterstest.Fault) *exporterstest.Broken {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.is("cannot be mended") {
		return &exporterstest.Broken{}
	}
	m.fault, m.reached, m.mended = f, make(chan struct{}, 1), make(chan struct{})
	return &exporterstest.Broken{Reached: m.reached, Mend: func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.fault = 0
		close(m.mended)
	}}
}

var errMemory = errors.New("the memory fails")

// Export names each event of which the error is, if it is to.
func (m *memory) Export(ctx context.Context, events []event.Event) error {
	if ctx == nil && !m.is("Export panics on a nil context") {
		ctx = context.Background()
	}
	err := m.inTurn(ctx, events)
	var partial *sink.PartialError
	if err == nil || m == nil || m.fault == 0 && !m.loggedOut || errors.As(err, &partial) || ctx.Err() != nil {
		return err
	}
	partial = &sink.PartialError{}
	for i, e := range events {
		partial.Failed = append(partial.Failed, sink.Failure{Index: i, ID: e.ID, Err: err})
	}
	last := &partial.Failed[len(events)-1]
	switch m.bug {
	case "names each event":
	case "names fewer than it refuses":
		partial.Failed = partial.Failed[1:]
	case "names what it refuses as transient":
		last.Err = errMemory
	case "names another event":
		last.ID = events[0].ID
	case "names no event of the batch":
		last.Index++
	case "names without a reason":
		last.Err = nil
	default:
		return err
	}
	return partial
}

// inTurn is Export of one batch at a time.
func (m *memory) inTurn(ctx context.Context, events []event.Event) error {
	if m == nil {
		return m.export(ctx, events)
	}
	wait := ctx
	if m.is("waits for its turn for ever") {
		wait = nil
	}
	if err := m.turn.Take(wait); err != nil {
		return fmt.Errorf("memory: %w", err)
	}
	defer m.turn.Give()
	return m.export(ctx, events)
}

func (m *memory) export(ctx context.Context, events []event.Event) error {
	if m == nil && !nilPanics.Load() {
		return nil
	}
	if ctx.Err() != nil && !m.is("ignores contexts") {
		err := fmt.Errorf("memory: %w", context.Cause(ctx))
		if m.is("a done context is permanent") {
			return sink.Permanent(err)
		}
		if m.is("forgets the cause") {
			return errMemory
		}
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed && !m.is("takes after Shutdown") {
		if m.is("closed is another error") {
			return errMemory
		}
		return fmt.Errorf("memory: %w", sink.ErrClosed)
	}
	if len(events) == 0 {
		return m.empty()
	}
	if m.loggedOut || m.spoiled && m.is("a lost login is for good") {
		m.spoiled = true
		if m.is("an outage is permanent") {
			return sink.Permanent(errMemory)
		}
		return errMemory
	}
	if m.spoiled && m.is("a lost login loses a batch") {
		m.spoiled = false
		return nil
	}
	if m.fault != 0 {
		m.spoiled = true
		return m.fail(ctx, events)
	}
	if m.spoiled && (m.is("an outage is for good") || m.is("an outage at the start is for good") && !m.used) {
		return errMemory
	}
	m.used = true
	if m.is("leaves a goroutine") {
		go func() { select {} }()
	}
	return m.take(events)
}

func (m *memory) empty() error {
	if m.is("empty is an error") {
		return errMemory
	}
	if m.is("empty is an event") || m.used && m.is("empty later is an event") {
		m.events = append(m.events, event.Event{Kind: "acme.note", Time: time.Unix(0, 0)})
	}
	return nil
}
