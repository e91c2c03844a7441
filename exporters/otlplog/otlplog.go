package otlplog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzip"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/httpsink"
	"cairncx.dev/cairn/exporters/sink"
)

// Exporter delivers events to one receiver of OTLP over HTTP. [New] makes one. It is safe for concurrent
// use, and starts no goroutine but those of its connections, which end with Shutdown.
type Exporter struct {
	cfg      *config
	receiver httpsink.Receiver
	frame    frame
	encoders sync.Pool
	rejected atomic.Int64
	told     atomic.Int64 // of the rejected, by Flush
	probe    probe
}

var (
	_ event.Exporter = (*Exporter)(nil)
	_ event.Flusher  = (*Exporter)(nil)
	_ sink.Addressed = (*Exporter)(nil)
)

// ServerAddress implements [sink.Addressed]: the receiver's host.
func (e *Exporter) ServerAddress() (host string, port int) {
	if e == nil {
		return "", 0
	}
	return e.receiver.ServerAddress()
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
		cfg: cfg,
		receiver: httpsink.Receiver{
			Prefix: "otlplog", URL: cfg.endpoint, Name: u.Scheme + "://" + strings.ToLower(u.Host), Timeout: cfg.timeout,
		},
		frame:    newFrame(cfg.schemaURL, cfg.resource),
		encoders: sync.Pool{New: func() any { return &encoder{comments: cfg.comments} }},
	}
	if cfg.compression == Gzip {
		e.receiver.Compress = compressor
	}
	e.receiver.Client, e.receiver.Owned = newClient(cfg)
	return e, nil
}

var errNotMade = errors.New("otlplog: the Exporter was not made by New: call New")

// compressor returns the writer of a request's gzip.
func compressor(w io.Writer) (httpsink.Compressor, error) {
	return gzip.NewWriterLevel(w, gzip.BestSpeed) //nolint:wrapcheck // httpsink says that it was compressing
}

// Export implements [event.Exporter]: it returns when the receiver has taken every event, at the first failure that may go
// away, or when ctx is done, whatever the receiver does. A nil Exporter does nothing.
func (e *Exporter) Export(ctx context.Context, events []event.Event) error {
	if e == nil {
		return nil
	}
	if e.receiver.Client == nil {
		return errNotMade
	}
	observed := time.Now()
	return e.receiver.Export(ctx, events, func(ctx context.Context, lo, hi int) (int, error) {
		return e.send(ctx, events, lo, hi, observed)
	})
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
	if err := e.receiver.Flush(ctx); err != nil {
		return err
	}
	for {
		told := e.told.Load()
		all := e.rejected.Load()
		if all == told {
			return nil
		}
		if e.told.CompareAndSwap(told, all) {
			return fmt.Errorf("otlplog: %s: %d records are lost: %w: look at its log", e.receiver.Name, all-told, errRejected)
		}
	}
}

// Shutdown implements [event.Exporter]: Export fails from now on. Shutdown waits for the calls that are under way and closes
// the connections. After ctx was done first it may be called again.
func (e *Exporter) Shutdown(ctx context.Context) error {
	if e == nil {
		return nil
	}
	return e.receiver.Shutdown(ctx)
}
