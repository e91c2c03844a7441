// Package cxslog adds the name of the customer's journey and the ID of its trace to the log lines of a request, so
// that a reader of a log line can find the whole journey.
package cxslog

import (
	"context"
	"log/slog"
	"slices"

	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/internal/flight"
)

// TraceIDKey is the key of the journey's trace ID in a log line. The ID has 32 hexadecimal digits. The key of the
// journey's name is cx.journey.name.
const TraceIDKey = "cx.journey.trace_id"

// NewHandler returns a handler that passes each record to next. If the record's context is in a journey, the
// handler adds the journey's name and trace ID to the record, at the top level even below WithGroup. The handler
// is safe for concurrent use if next is.
func NewHandler(next slog.Handler) slog.Handler { return &handler{next: next, top: next} }

// handler keeps two handlers: the one with all groups and attributes applied, and the one before the first open
// group, with the groups and attributes to apply again after the journey's attributes.
type handler struct {
	next   slog.Handler
	top    slog.Handler                      // the handler before the first group was opened
	replay []func(slog.Handler) slog.Handler // turns top into next; empty without groups
}

// Enabled implements [slog.Handler].
func (h *handler) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }

// Handle implements [slog.Handler].
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	p := flight.PositionFromContext(ctx)
	if p == nil || p.Journey.IsZero() {
		return h.next.Handle(ctx, r) //nolint:wrapcheck // a middle handler returns next's error
	}
	attrs := []slog.Attr{
		slog.String(string(semconv.JourneyNameKey), p.Journey.Name),
		slog.String(TraceIDKey, p.Trace().TraceID().String()),
	}
	if len(h.replay) == 0 {
		r = r.Clone()
		r.AddAttrs(attrs...)
		return h.next.Handle(ctx, r) //nolint:wrapcheck // a middle handler returns next's error
	}
	next := h.top.WithAttrs(attrs)
	for _, f := range h.replay {
		next = f(next)
	}
	return next.Handle(ctx, r) //nolint:wrapcheck // a middle handler returns next's error
}

// WithAttrs implements [slog.Handler].
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return h
	}
	return h.with(func(n slog.Handler) slog.Handler { return n.WithAttrs(attrs) }, false)
}

// WithGroup implements [slog.Handler].
func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return h.with(func(n slog.Handler) slog.Handler { return n.WithGroup(name) }, true)
}

func (h *handler) with(f func(slog.Handler) slog.Handler, group bool) slog.Handler {
	c := &handler{next: f(h.next), top: h.top}
	if group || len(h.replay) > 0 {
		c.replay = append(slices.Clip(h.replay), f)
	} else {
		c.top = c.next
	}
	return c
}
