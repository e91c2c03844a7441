package main

import (
	"context"
	"fmt"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/examples/shop/centre"
	"cairncx.dev/cairn/examples/support/past"
)

// pastSeed chooses the customers of the past.
const pastSeed = 18

// playPast lets the customers of some weeks come, before the demonstration begins.
func (a *app) playPast(ctx context.Context, until time.Time) error {
	begun := time.Now()
	var err error
	if a.past, err = past.Play(ctx, past.Config{
		Blueprint: a.blueprint, Client: a.service.Client(), Now: a.service.Now, Advance: a.clock.Advance, Until: until, Weeks: a.weeks, Seed: pastSeed,
	}); err != nil {
		return fmt.Errorf("support: %w", err)
	}
	_, _ = fmt.Fprintf(a.stderr, "Customers of %d weeks have come, in %s.\n", a.weeks, time.Since(begun).Round(100*time.Millisecond))
	return nil
}

// tracers returns the provider of the spans of touchpoints. The command centre shows traces, so that its events have the IDs of some, also where no traces are
// exported.
func (a *app) tracers(sdk *otelsetup.SDK) trace.TracerProvider {
	if _, none := sdk.TracerProvider.(tracenoop.TracerProvider); none && a.serve {
		return sdktrace.NewTracerProvider()
	}
	return sdk.TracerProvider
}

// openCentre mounts the command centre. It has no viewer function, so that it answers this machine alone.
func (a *app) openCentre(ctx context.Context) error {
	table, err := insight.New(a.blueprint, insight.WithAttributes(past.Carrier))
	if err != nil {
		return fmt.Errorf("support: %w", err)
	}
	opts := []console.Option{console.WithTitle("Larkfield"), console.WithZone(a.zone), console.WithClock(a.now), console.WithClient(a.service.Client())}
	if a.traces != "" {
		opts = append(opts, console.WithTraces(a.traces))
	}
	a.centre, err = centre.Open(table, a.archive, a.log, opts...)
	if err != nil {
		return fmt.Errorf("support: %w", err)
	}
	return a.startWatch(ctx, table)
}

// since passes on the events from a time on. The page of the numbers and the terminal are about the demonstration, and not about its past.
type since struct {
	event.Processor

	from time.Time
}

// Process implements [event.Processor].
func (s since) Process(ctx context.Context, e *event.Event) {
	if !e.Time.Before(s.from) {
		s.Processor.Process(ctx, e)
	}
}

// Flush implements [event.Flusher].
func (s since) Flush(ctx context.Context) error {
	if f, ok := s.Processor.(event.Flusher); ok {
		return f.Flush(ctx)
	}
	return nil
}
