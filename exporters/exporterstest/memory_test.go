package exporterstest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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

func (m *memory) is(bug string) bool { return m.bug == bug }

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
		m.events = append(m.events, event.Event{Kind: event.ActionTaken, Time: time.Unix(0, 0)})
	}
	return nil
}

// fail is Export to a sink that fails.
func (m *memory) fail(ctx context.Context, events []event.Event) error {
	select {
	case m.reached <- struct{}{}:
	default:
	}
	err := errMemory
	if m.is("errors repeat events") {
		err = fmt.Errorf("%w: %s", errMemory, events[0].AppendJSON(nil)) //nolint:errorlint // as it is
	}
	if m.is("leaves a goroutine when the caller gives up") {
		go func() { select {} }()
	}
	if m.is("says its name twice") {
		err = fmt.Errorf("memory: away: memory: %w", err)
	}
	if m.is("endless errors") {
		err = fmt.Errorf("%w: %s", errMemory, strings.Repeat("<html>", 1000))
	}
	switch m.fault {
	case exporterstest.Away:
		switch m.bug {
		case "an outage is permanent":
			return sink.Permanent(err)
		case "an outage is a shutdown":
			return fmt.Errorf("memory: %w", sink.ErrClosed)
		case "an outage is success":
			return nil
		case "takes what is behind it":
			_ = m.take(events[1:])
			return &sink.PartialError{Failed: []sink.Failure{{ID: events[0].ID, Err: err}}}
		}
		return err
	case exporterstest.Throttled:
		if m.is("does not say when") {
			return err
		}
		if m.is("says to wait for no time") {
			return sink.RetryAfter(err, 0)
		}
		return sink.RetryAfter(err, time.Second)
	case exporterstest.Refused:
		if m.is("a refusal is transient") {
			return err
		}
		return sink.Permanent(err)
	case exporterstest.Poisoned:
		return m.poisoned(err, events)
	case exporterstest.Cut:
		if m.is("takes what is behind it unseen") {
			_ = m.take(events[1:])
			return err
		}
		_ = m.take(events[:len(events)/2+1])
		if m.is("a cut is permanent") {
			return sink.Permanent(err)
		}
		return err
	case exporterstest.Stalled:
		return m.stall(ctx, events)
	case exporterstest.Partial:
		return m.busy(err, events)
	default:
		return err
	}
}

// stall does not answer until the sink is mended.
func (m *memory) stall(ctx context.Context, events []event.Event) error {
	mended, done, held := m.mended, ctx.Done(), m.is("Shutdown waits for ever")
	if m.is("waits for ever") {
		done = nil
	}
	if !held {
		m.mu.Unlock()
	}
	var err error
	select {
	case <-mended:
	case <-done:
		err = fmt.Errorf("memory: %w", context.Cause(ctx))
	}
	if !held {
		m.mu.Lock()
	}
	switch {
	case err != nil:
		return err
	case m.closed:
		return fmt.Errorf("memory: %w", sink.ErrClosed)
	default:
		return m.take(events)
	}
}

func (m *memory) poisoned(err error, events []event.Event) error {
	partial := &sink.PartialError{}
	var good []event.Event
	for i, e := range events {
		if e.Touchpoint != exporterstest.Poison {
			good = append(good, e)
			continue
		}
		f := sink.Failure{Index: i, ID: e.ID, Err: sink.Permanent(err)}
		switch m.bug {
		case "poison has another place":
			f.Index = len(good)
		case "poison has no ID":
			f.ID = event.ID{}
		case "poison is transient":
			f.Err = err
		}
		partial.Failed = append(partial.Failed, f)
	}
	if len(partial.Failed) == 0 {
		return m.take(events)
	}
	switch m.bug {
	case "poison spoils the batch":
		return sink.Permanent(err)
	case "poison stops the rest":
		good = good[:1]
	case "poison is kept":
		good = events
	case "poison backwards":
		slices.Reverse(partial.Failed)
	}
	_ = m.take(good)
	return partial
}

// busy takes the events that are not busy and not behind one of their journey that is.
func (m *memory) busy(err error, events []event.Event) error {
	m.busied++
	partial := &sink.PartialError{}
	held := map[string]bool{}
	var good []event.Event
	for i, e := range events {
		key := e.Journey.ID
		busy := e.Touchpoint == exporterstest.Busy
		behind := key != "" && held[key]
		if !busy && !behind || behind && !busy && m.is("goes on behind a busy event") {
			good = append(good, e)
			continue
		}
		if behind && !busy && (m.is("takes what it names behind a busy event") || m.is("goes on behind a busy event without names")) {
			good = append(good, e)
		}
		held[key] = true
		f := sink.Failure{Index: i, ID: e.ID, Err: err}
		switch {
		case m.is("loses a busy event") && i == 4:
			continue
		case m.is("a busy event is permanent"), m.is("a busy event is permanent the second time") && m.busied > 1 && busy:
			f.Err = sink.Permanent(err)
		}
		partial.Failed = append(partial.Failed, f)
	}
	if len(partial.Failed) == 0 {
		return m.take(events)
	}
	_ = m.take(good)
	switch {
	case m.is("loses all busy events"), m.is("takes a busy event the second time") && m.busied > 1 && len(events) < 12:
		return nil
	case m.is("goes on behind a busy event without names"):
		return err
	}
	return partial
}

// take keeps the events.
func (m *memory) take(events []event.Event) error {
	m.spoil(events)
	for _, e := range events {
		e.Customer.ID = ""
		m.distort(&e)
		switch {
		case m.is("loses what has no ID") && e.ID.IsZero(), m.is("loses what has no journey") && e.Journey.IsZero(),
			m.is("loses what is late") && e.Late, m.is("bounds a batch") && len(m.pending) > 300,
			m.is("loses unknown kinds") && !slices.Contains(event.Kinds(), e.Kind):
			continue
		case m.is("removes duplicates by touchpoint"):
			if slices.ContainsFunc(slices.Concat(m.events, m.pending), func(o event.Event) bool { return o.Touchpoint == e.Touchpoint }) {
				continue
			}
		case m.is("twice is an error"):
			if !e.ID.IsZero() && m.seen[e.ID] {
				return errMemory
			}
			m.seen[e.ID] = true
		}
		m.pending = append(m.pending, e)
	}
	switch m.bug {
	case "sorts by time":
		slices.SortStableFunc(m.pending, func(a, b event.Event) int { return a.Time.Compare(b.Time) })
	case "sorts by ID":
		slices.SortStableFunc(m.pending, func(a, b event.Event) int { return slices.Compare(a.ID[:], b.ID[:]) })
	case "backwards":
		slices.Reverse(m.pending)
	case "keeps the slice":
		m.pending = nil
		m.kept = append(m.kept, events)
	case "writes twice":
		m.pending = append(m.pending, m.pending...)
	}
	return nil
}

// spoil does to the caller's events what is forbidden.
func (m *memory) spoil(events []event.Event) {
	for i := range events {
		switch m.bug {
		case "makes IDs in place":
			if events[i].ID.IsZero() {
				events[i].ID = event.NewID(events[i].Time)
			}
		case "moves in place":
			events[i].Journey.Root.TraceID[0]++
		case "mends in place":
			if events[i].Feedback != nil {
				events[i].Feedback.Comment = "[redacted]"
			}
		}
	}
	if m.is("writes behind the batch") {
		_ = append(events, event.Event{})
	}
}

// distort keeps less of an event than there is.
func (m *memory) distort(e *event.Event) {
	switch m.bug {
	case "forgets the kind":
		e.Kind = ""
	case "gives new IDs":
		e.ID = event.NewID(e.Time)
	case "drops attributes":
		e.Attributes = nil
	case "drops rare parts":
		e.Contact = nil
	case "milliseconds":
		e.Time = e.Time.Truncate(time.Millisecond)
	case "floats":
		if e.Journey.Value != nil {
			e.Journey.Value = &event.Money{Amount: int64(float64(e.Journey.Value.Amount)), Currency: e.Journey.Value.Currency}
		}
	case "ends at NUL":
		e.Stage, _, _ = strings.Cut(e.Stage, "\x00")
	case "trims":
		e.Stage = strings.TrimSpace(e.Stage)
	case "cuts comments":
		if e.Feedback != nil && len(e.Feedback.Comment) > 4096 {
			f := *e.Feedback
			f.Comment = f.Comment[:4096]
			e.Feedback = &f
		}
	case "shows the customer":
		e.Customer.ID = "alice"
	}
}

func (m *memory) Flush(ctx context.Context) error {
	if m == nil || ctx.Err() != nil {
		return nil
	}
	if m.is("Flush waits for its turn for ever") {
		_ = m.turn.Take(nil) //nolint:staticcheck // the mistake
		m.turn.Give()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.is("Flush does nothing"):
		return nil
	case m.is("Flush fails"):
		return errMemory
	case m.is("Flush panics after Shutdown") && m.closed:
		panic("it is shut down")
	}
	m.flush()
	return nil
}

func (m *memory) flush() {
	m.events = append(m.events, m.pending...)
	if !m.is("Flush writes again") {
		m.pending = nil
	}
	for _, events := range m.kept {
		m.events = append(m.events, events...)
	}
	m.kept = nil
}

func (m *memory) Shutdown(ctx context.Context) error {
	if m == nil && !nilShutdownPanics.Load() {
		return nil
	}
	if m.is("Shutdown waits for its turn for ever") && ctx.Err() == nil {
		_ = m.turn.Take(nil) //nolint:staticcheck // the mistake
		m.turn.Give()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.downs++
	switch {
	case m.is("Shutdown fails"):
		return errMemory
	case m.is("Shutdown twice fails") && m.closed:
		return errMemory
	case m.is("Shutdown twice panics") && m.closed:
		panic("close of closed channel")
	case m.is("Shutdown ignores a failure") && ctx.Err() != nil:
		m.closed, m.pending = true, nil // and nobody hears of it
	case m.is("Shutdown cannot be tried again") && (ctx.Err() != nil || m.downs > 1):
		return errMemory
	case m.is("Shutdown forgets"):
		m.pending = nil
	case ctx.Err() != nil && !m.closed:
		return fmt.Errorf("memory: shutdown: %w", context.Cause(ctx))
	}
	m.flush()
	m.pending = nil
	m.closed = true
	return nil
}
