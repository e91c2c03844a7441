package export

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/metric"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/sink"
)

// callTimeout bounds one call of a sink, including the retries in that call.
const callTimeout = 10 * time.Second

// ErrLost is wrapped by the error of [Sink.Close] if the sink has lost events.
var ErrLost = errors.New("events were lost")

// Config has the settings that all sinks share.
type Config struct {
	// Program names the queues in metrics and logs. Default: shop.
	Program string
	// Stdout is the writer of the sink "stdout".
	Stdout io.Writer
	// Secrets sign the requests to a webhook. Each is "whsec_" and 24 to 64 bytes in base64, and a receiver needs
	// one of them. Default: none, and the requests are unsigned.
	Secrets []string
	// MeterProvider gets the metrics of the queues. Default: OpenTelemetry's global provider.
	MeterProvider metric.MeterProvider
	// Spool is the directory in which each sink has a queue on disk. Default: "", no queue on disk.
	Spool string
	// Patient makes recording wait for a slow sink instead of dropping events that do not fit into the queue. Use
	// it for a simulated crowd, never for real customers.
	Patient bool
	// Drain bounds how long Close waits for a sink behind a queue on disk. Default: half of the time that Close
	// has.
	Drain time.Duration
}

var (
	_ event.Processor = (*Sink)(nil)
	_ event.Flusher   = (*Sink)(nil)
)

// Sink is a sink with the queues in front of it and counters of the events that passed each of them:
//
//	Batch ─▶ Spool, with Config.Spool, or else Retry ─▶ the sink
//
// [Open] makes a Sink. A Sink is safe for concurrent use. A nil Sink does nothing.
type Sink struct {
	queue     *exporters.Batch
	target    Target
	cfg       Config
	dir       string // the folder of the spool
	spool     *exporters.Spool
	told      atomic.Int64
	kept      *counter // events that the spool has kept, or without a spool the sink has taken
	delivered *counter // events that the sink has taken
}

// Open opens the sink that the target names. If it fails, ctx bounds how long closing the opened parts takes. The
// error names the flag to change.
func Open(ctx context.Context, t Target, cfg Config) (*Sink, error) {
	if t.open == nil {
		return nil, fmt.Errorf("%w: the target is empty: make it with Parse", ErrTarget)
	}
	end, err := t.open(&cfg)
	if err != nil {
		return nil, fmt.Errorf("%w %s: it cannot be opened: %w%s", ErrTarget, t, err, remedy(t, &cfg, err))
	}
	if cfg.Spool == "" { // the spool retries by itself
		end = exporters.NewRetry(end, exporters.WithMeterProvider(cfg.MeterProvider))
	}
	s := &Sink{target: t, cfg: cfg}
	name := cmp.Or(cfg.Program, "shop") + "/" + t.Folder()
	s.delivered = &counter{next: end}
	s.kept = s.delivered
	if cfg.Spool != "" {
		s.dir = filepath.Join(cfg.Spool, t.Folder())
		s.spool, err = exporters.NewSpool(s.dir, s.delivered, exporters.WithName(name), exporters.WithTimeout(callTimeout),
			exporters.WithMeterProvider(cfg.MeterProvider))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("-spool, for -export %s: %w", t, err), s.delivered.Shutdown(ctx))
		}
		s.kept = &counter{next: s.spool}
	}
	overflow := exporters.DropNewest
	if cfg.Patient {
		overflow = exporters.Block
	}
	s.queue = exporters.NewBatch(s.kept, exporters.WithName(name),
		exporters.WithTimeout(callTimeout), exporters.WithOverflow(overflow), exporters.WithMeterProvider(cfg.MeterProvider))
	return s, nil
}

// remedy says what to do if the sink's own error does not.
func remedy(t Target, cfg *Config, err error) string {
	switch {
	case t.kind == "webhook" && len(cfg.Secrets) > 0:
		return ": correct WEBHOOK_SECRET"
	case errors.Is(err, fs.ErrNotExist):
		return ": make its folder first"
	case t.kind == "nats": // the other sinks connect at the first event
		return ": check that the server runs and that user and password are right"
	default:
		return ""
	}
}

// Process implements [event.Processor].
func (s *Sink) Process(ctx context.Context, e *event.Event) {
	if s == nil {
		return
	}
	s.told.Add(1)
	s.queue.Process(ctx, e)
}

// Flush implements [event.Flusher]. It returns when each event that was processed before is in the sink or on the
// disk, or has been given up.
func (s *Sink) Flush(ctx context.Context) error {
	if s == nil {
		return nil
	}
	return s.queue.Flush(ctx)
}

// Shutdown implements [event.Processor]. Use Close instead, which also reports the result.
func (s *Sink) Shutdown(ctx context.Context) error {
	if s == nil {
		return nil
	}
	return s.queue.Shutdown(ctx)
}

// Close delivers the waiting events, closes the sink, and returns a line for people that says how many events the
// sink has taken. If the sink is away, its events stay in the queue on disk, which is no error. The error wraps
// [ErrLost] if events are neither in the sink nor on the disk.
func (s *Sink) Close(ctx context.Context) (said string, err error) {
	if s == nil {
		return "", nil
	}
	err = s.Flush(ctx)
	if s.spool != nil {
		s.drain(ctx)
	}
	err = errors.Join(err, s.Shutdown(ctx))
	said = fmt.Sprintf("%s: %d events delivered", s.target, s.delivered.n.Load())
	lost := s.told.Load() - s.kept.n.Load()
	if s.spool != nil {
		stats := s.spool.Stats()
		if stats.Waiting > 0 {
			said += fmt.Sprintf(", %d wait in %s for the next run", stats.Waiting, s.dir)
		}
		if stats.DeadLetters > 0 {
			err = errors.Join(err, fmt.Errorf("-export %s: %w: the sink refused %d for good: they are in %s", s.target, ErrLost, stats.DeadLetters, filepath.Join(s.dir, "dead.jsonl")))
		}
		lost += int64(min(stats.Dropped, 1<<62))
	}
	switch {
	case lost > 0 && s.spool == nil:
		err = errors.Join(err, fmt.Errorf("-export %s: %w: %d of %d, see the log for why; with -spool DIR they would wait on disk", s.target, ErrLost, lost, s.told.Load()))
	case lost > 0:
		err = errors.Join(err, fmt.Errorf("-export %s: %w: %d of %d, see the log for why", s.target, ErrLost, lost, s.told.Load()))
	}
	return said, err
}

// drain waits until the sink has taken the events on the disk. The events that it does not take stay there, and
// Stats counts them.
func (s *Sink) drain(ctx context.Context) {
	wait := s.cfg.Drain
	if end, ok := ctx.Deadline(); ok && wait <= 0 {
		wait = time.Until(end) / 2
	}
	if wait > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, wait)
		defer cancel()
	}
	_ = s.spool.Drain(ctx) // the time is over or the sink cannot flush: Stats counts the waiting events
}

// counter is an exporter that counts the events that the next exporter has taken.
type counter struct {
	next event.Exporter
	n    atomic.Int64
}

// Export implements [event.Exporter].
func (c *counter) Export(ctx context.Context, events []event.Event) error {
	err := c.next.Export(ctx, events)
	var part *sink.PartialError
	switch {
	case err == nil:
		c.n.Add(int64(len(events)))
	case errors.As(err, &part):
		c.n.Add(int64(len(events) - len(part.Failed)))
	}
	return err
}

// Flush implements [event.Flusher].
func (c *counter) Flush(ctx context.Context) error {
	if f, ok := c.next.(event.Flusher); ok {
		return f.Flush(ctx)
	}
	return nil
}

// Shutdown implements [event.Exporter].
func (c *counter) Shutdown(ctx context.Context) error { return c.next.Shutdown(ctx) }
