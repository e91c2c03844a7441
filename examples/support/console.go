package main

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/examples/support/past"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

const (
	// consolePath is where the command centre is mounted.
	consolePath = "/cx/"
	// readEvery is how often its table is read from the archive.
	readEvery = 2 * time.Second
	// pastSeed chooses the customers of the past.
	pastSeed = 17
)

// centre is the command centre of -serve: pages over a table, which a goroutine keeps as the archive is.
type centre struct {
	page   *console.Console
	reader *sqlarchive.Reader
	end    context.CancelFunc
	follow sync.WaitGroup
}

// playPast lets the customers of some weeks come, before the demonstration begins.
func (a *app) playPast(ctx context.Context, until time.Time) error {
	begun := time.Now()
	if err := past.Play(ctx, past.Config{
		Blueprint: a.blueprint, Client: a.service.Client(), Now: a.service.Now, Advance: a.clock.Advance, Until: until, Weeks: a.weeks, Seed: pastSeed,
	}); err != nil {
		return fmt.Errorf("support: %w", err)
	}
	_, _ = fmt.Fprintf(a.stderr, "Customers of %d weeks have come, in %s.\n", a.weeks, time.Since(begun).Round(100*time.Millisecond))
	return nil
}

// openCentre mounts the command centre. It has no viewer function, so that it answers this machine alone.
func (a *app) openCentre(ctx context.Context) error {
	table, err := insight.New(a.blueprint, insight.WithAttributes(past.Carrier, past.Website))
	if err != nil {
		return fmt.Errorf("support: %w", err)
	}
	page, err := console.New(table, console.WithPath(consolePath), console.WithTitle("Larkfield"), console.WithZone(a.zone),
		console.WithClock(a.now), console.WithClient(a.service.Client()), console.WithLogger(a.log))
	if err != nil {
		return fmt.Errorf("support: %w", err)
	}
	reader, err := sqlarchive.ReadSQLite(ctx, a.archive)
	if err != nil {
		return fmt.Errorf("support: %w", err)
	}
	following, end := context.WithCancel(context.WithoutCancel(ctx))
	a.centre = &centre{page: page, reader: reader, end: end}
	a.centre.follow.Go(func() {
		err := table.Follow(following, reader, readEvery, func(err error) { a.log.Error("reading the archive", "error", err) })
		if err != nil {
			a.log.Error("following the archive", "error", err)
		}
	})
	return nil
}

// handler serves the command centre, where there is one, beside the application.
func (a *app) handler(app http.Handler) http.Handler {
	if a.centre == nil {
		return app
	}
	mux := http.NewServeMux()
	mux.Handle(consolePath, a.centre.page)
	mux.Handle("/", app)
	return mux
}

// closeStreams ends the streams of open pages, for which the server would wait.
func (c *centre) closeStreams() {
	if c != nil {
		c.page.Close()
	}
}

// close ends the reading of the archive.
func (c *centre) close() error {
	if c == nil {
		return nil
	}
	c.end()
	c.follow.Wait()
	if err := c.reader.Close(); err != nil {
		return fmt.Errorf("support: %w", err)
	}
	return nil
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
		return f.Flush(ctx) //nolint:wrapcheck // the processor's own error
	}
	return nil
}
