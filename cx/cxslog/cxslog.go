// Package cxslog adds the customer's journey to the log lines of a request, so that from a log
// line one gets to the whole journey: its name and the ID of its trace.
package cxslog

import (
	"context"
	"log/slog"
	"slices"

	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/internal/flight"
)

// TraceIDKey is the key of the journey's trace ID in a log line, 32 hexadecimal digits. The
// journey's name is under cx.journey.name.
const TraceIDKey = "cx.journey.trace_id"

// NewHandler returns a handler that adds, to each record that is logged with a context in a
// journey, the journey's name and trace ID, and hands it to next. They are at the top level
// even below WithGroup. Safe for concurrent use as far as next is.
func NewHandler(next slog.Handler) slog.Handler { return &handler{next: next, top: next} }

// handler keeps, besides the handler with all groups and attributes applied, the one without
// the open groups, and what to apply to it again below the journey's attributes.
type handler struct {
	next   slog.Handler
	top    slog.Handler                      // next before the first group was opened
	replay []func(slog.Handler) slog.Handler // from top to next; empty without groups
}

// Enabled implements [slog.Handler].
func (h *handler) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }

// Handle implements [slog.Handler].
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	p := flight.PositionFromContext(ctx)
	if p == nil || p.Journey.IsZero() {
		return h.next.Handle(ctx, r) //nolint:wrapcheck // a handler in the middle
	}
	attrs := []slog.Attr{
		slog.String(string(semconv.JourneyNameKey), p.Journey.Name),
		slog.String(TraceIDKey, p.Trace().TraceID().String()),
	}
	if len(h.replay) == 0 {
		r = r.Clone()
		r.AddAttrs(attrs...)
		return h.next.Handle(ctx, r) //nolint:wrapcheck // a handler in the middle
	}
	next := h.top.WithAttrs(attrs)
	for _, f := range h.replay {
		next = f(next)
	}
	return next.Handle(ctx, r) //nolint:wrapcheck // a handler in the middle
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
