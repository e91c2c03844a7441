// Package centre mounts the command centre of Cairn in the examples: pages over the archive of the program, which a goroutine reads again and again. The shop and
// the support department both have it.
package centre

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// Path is where the pages are.
const Path = "/cx/"

// readEvery is how often the archive is read, and how often pages take what is new.
const readEvery = 2 * time.Second

// Centre is a command centre. Make it with [Open]. A nil Centre has no pages.
type Centre struct {
	page   *console.Console
	end    context.CancelFunc
	follow sync.WaitGroup
}

// Open mounts the pages of the table at [Path], and keeps the table as the archive at the path is until [Centre.Close]. The archive may be made later. Without
// console.WithViewer among the options the pages answer this machine alone.
func Open(table *insight.Table, path string, log *slog.Logger, opts ...console.Option) (*Centre, error) {
	page, err := console.New(table, append([]console.Option{console.WithPath(Path), console.WithRefresh(readEvery), console.WithLogger(log)}, opts...)...)
	if err != nil {
		return nil, fmt.Errorf("centre: %w", err)
	}
	ctx, end := context.WithCancel(context.Background())
	c := &Centre{page: page, end: end}
	c.follow.Go(func() {
		if err := read(ctx, table, path, log); err != nil {
			log.Error("the command centre does not read its archive any more", "error", err)
		}
	})
	return c, nil
}

// read keeps the table as the archive is until the context ends. An archive that is not there yet, or is busy, is tried again.
func read(ctx context.Context, table *insight.Table, path string, log *slog.Logger) error {
	var reader *sqlarchive.Reader
	for reader == nil {
		var err error
		if reader, err = sqlarchive.ReadSQLite(ctx, path); err == nil {
			break
		}
		log.Debug("the archive cannot be read yet", "error", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(readEvery):
		}
	}
	err := table.Follow(ctx, reader, readEvery, func(err error) { log.Error("reading the archive", "error", err) })
	return errors.Join(err, reader.Close())
}

// Beside serves the pages at [Path], and everything else by the application.
func (c *Centre) Beside(app http.Handler) http.Handler {
	if c == nil {
		return app
	}
	mux := http.NewServeMux()
	mux.Handle(Path, c.page)
	mux.Handle("/", app)
	return mux
}

// ClosePages ends the streams of open pages, and the questions that read the archive. Call it before the server shuts down, which waits for streams.
func (c *Centre) ClosePages() {
	if c != nil {
		c.page.Close()
	}
}

// Close ends the reading of the archive. Call it after [Centre.ClosePages], and before the archive is closed.
func (c *Centre) Close() {
	if c != nil {
		c.end()
		c.follow.Wait()
	}
}
