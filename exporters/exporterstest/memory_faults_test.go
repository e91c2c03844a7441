package exporterstest_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/exporterstest"
	"cairncx.dev/cairn/exporters/sink"
)

// This file has what the memory does while its sink fails, and the bugs of that.

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
