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

// Exporter delivers events to one receiver of OTLP over HTTP. [New] makes one. It is safe for concurrent use. Its only
// goroutines are those of its requests and connections. The goroutines of connections end with Shutdown. A nil Exporter does
// nothing.
type Exporter struct {
	cfg      *config
	receiver httpsink.Receiver
	frame    frame
	encoders sync.Pool
	rejected atomic.Int64
	told     atomic.Int64 // the part of rejected that Flush has returned
	probe    probe
}

var (
	_ event.Exporter = (*Exporter)(nil)
	_ event.Flusher  = (*Exporter)(nil)
	_ sink.Addressed = (*Exporter)(nil)
)

// ServerAddress implements [sink.Addressed]. It returns the receiver's host and port.
func (e *Exporter) ServerAddress() (host string, port int) {
	if e == nil {
		return "", 0
	}
	return e.receiver.ServerAddress()
}

// New returns an exporter to the receiver that the options or the environment name. It makes no connection. The error joins
// all faults of both.
func New(opts ...Option) (*Exporter, error) {
	cfg, err := newConfig(opts, os.Getenv)
	if err != nil {
		return nil, fmt.Errorf("otlplog: %w", err)
	}
	u, err := url.Parse(cfg.endpoint)
	if err != nil {
		return nil, errors.New("otlplog: the endpoint is no URL") // err repeats the URL
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

// compressor returns a gzip writer for requests.
func compressor(w io.Writer) (httpsink.Compressor, error) {
	return gzip.NewWriterLevel(w, gzip.BestSpeed) //nolint:wrapcheck // httpsink adds "compressing"
}

// Export implements [event.Exporter]. It returns nil if the receiver has taken every request. The first transient failure ends
// the call. If the receiver has taken some of the events, the error is a [sink.PartialError] that names the others. Export
// returns when ctx is done, whatever the receiver does. A nil Exporter does nothing.
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

// Rejected returns the number of records that the receiver has discarded without saying which, after it took their requests.
func (e *Exporter) Rejected() int64 {
	if e == nil {
		return 0
	}
	return e.rejected.Load()
}

// Flush implements [event.Flusher]. It waits for the calls of Export that are in progress. If the receiver has discarded
// records since the last Flush ([Exporter.Rejected]), Flush returns their number in an error, once, because Export returns no
// error for them.
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

// Shutdown implements [event.Exporter]. Export fails from then on. Shutdown waits for the calls that are in progress and
// closes the idle connections, except those of a client from [WithHTTPClient]. If ctx is done first, Shutdown returns an error
// and may be called again.
func (e *Exporter) Shutdown(ctx context.Context) error {
	if e == nil {
		return nil
	}
	return e.receiver.Shutdown(ctx)
}
