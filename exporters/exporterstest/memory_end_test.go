package exporterstest_test

import (
	"context"
	"fmt"
)

// This file has Flush and Shutdown of the memory, and their bugs.

func (m *memory) Flush(ctx context.Context) error {
	if ctx == nil && !m.is("Flush panics on a nil context") {
		ctx = context.Background()
	}
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
	if ctx == nil && !m.is("Shutdown panics on a nil context") {
		ctx = context.Background()
	}
	if m.is("Shutdown refuses a nil context") && ctx == context.Background() {
		return errMemory
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
