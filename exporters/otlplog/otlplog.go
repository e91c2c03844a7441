package otlplog

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/httpsink"
)

// Exporter delivers events to one receiver of OTLP over HTTP. [New] makes one. It is safe for concurrent
// use, and starts no goroutine but those of its connections, which end with Shutdown.
type Exporter struct {
	cfg      *config
	name     string // scheme and host, for errors: the rest may be a secret
	client   *http.Client
	ours     bool // the client's connections
	frame    frame
	encoders sync.Pool
	bodies   httpsink.Bodies
	zips     sync.Pool
	rejected atomic.Int64
	told     atomic.Int64 // of the rejected, by Flush
	probe    probe
	calls    exporters.Calls
}

var (
	_ event.Exporter      = (*Exporter)(nil)
	_ event.Flusher       = (*Exporter)(nil)
	_ exporters.Addressed = (*Exporter)(nil)
)

// ServerAddress implements [exporters.Addressed]: the receiver's host.
func (e *Exporter) ServerAddress() (host string, port int) {
	if e == nil {
		return "", 0
	}
	return exporters.SplitAddress(e.name)
}

// New returns an exporter to the receiver that the options or the environment name. It makes no
// connection. The error has every fault of both.
func New(opts ...Option) (*Exporter, error) {
	cfg, err := newConfig(opts, os.Getenv)
	if err != nil {
		return nil, fmt.Errorf("otlplog: %w", err)
	}
	u, err := url.Parse(cfg.endpoint)
	if err != nil {
		return nil, errors.New("otlplog: the endpoint is no URL") // err repeats it
	}
	e := &Exporter{
		cfg: cfg, name: u.Scheme + "://" + strings.ToLower(u.Host),
		frame:    newFrame(cfg.schemaURL, cfg.resource),
		encoders: sync.Pool{New: func() any { return &encoder{comments: cfg.comments} }},
		zips:     sync.Pool{New: newZip},
	}
	e.client, e.ours = newClient(cfg)
	return e, nil
}

var errNotMade = errors.New("the Exporter was not made by New")

// Export implements [event.Exporter]: it returns when the receiver has taken every event, or the first
// failure that may go away has stopped it, or ctx is done, whatever the receiver does. A nil Exporter does
// nothing.
func (e *Exporter) Export(ctx context.Context, events []event.Event) error {
	if e == nil {
		return nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	if ctx.Err() != nil {
		return fmt.Errorf("otlplog: %w", context.Cause(ctx))
	}
	if e.client == nil {
		return fmt.Errorf("otlplog: %w", errNotMade)
	}
	end, err := e.calls.Begin()
	if err != nil {
		return fmt.Errorf("otlplog: %w", err)
	}
	defer end()
	observed := time.Now()
	return httpsink.Deliver(events, func(lo, hi int) (int, error) { return e.send(ctx, events, lo, hi, observed) })
}

// Rejected returns how many records the receiver has thrown away after it took their requests, without
// saying which they were.
func (e *Exporter) Rejected() int64 {
	if e == nil {
		return 0
	}
	return e.rejected.Load()
}

// Flush implements [event.Flusher]: it waits for the calls of Export that are under way. Its error says, once, how
// many records the receiver has thrown away since the last Flush ([Exporter.Rejected]): Export has no error for
// these.
func (e *Exporter) Flush(ctx context.Context) error {
	if e == nil {
		return nil
	}
	if err := e.calls.Wait(ctx); err != nil {
		return fmt.Errorf("otlplog: flush: %w", err)
	}
	for {
		told := e.told.Load()
		all := e.rejected.Load()
		if all == told {
			return nil
		}
		if e.told.CompareAndSwap(told, all) {
			return fmt.Errorf("otlplog: %s: %d records are lost: %w: look at its log", e.name, all-told, errRejected)
		}
	}
}

// Shutdown implements [event.Exporter]: it takes no more events, waits for the calls of Export that are
// under way, and closes the connections. It may be called again when ctx was done first.
func (e *Exporter) Shutdown(ctx context.Context) error {
	if e == nil {
		return nil
	}
	if err := e.calls.Close(ctx); err != nil {
		return fmt.Errorf("otlplog: shutdown: %w", err)
	}
	if e.ours {
		e.client.CloseIdleConnections()
	}
	return nil
}
