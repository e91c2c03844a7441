package export

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"sync/atomic"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/sink"
)

// callTimeout bounds one call of a sink, with what is tried again in it.
const callTimeout = 10 * time.Second

// ErrLost is wrapped by the error of [Sink.Close]: events are not where they should be.
var ErrLost = errors.New("events were lost")

// Config is what all sinks have in common.
type Config struct {
	// Stdout is where the sink "stdout" writes.
	Stdout io.Writer
	// Secrets sign what goes to a webhook, each "whsec_" and 24 to 64 bytes in base64: a receiver needs to
	// know one of them. None sends it unsigned.
	Secrets []string
	// Spool is the directory below which each sink has a queue on disk; "" is none.
	Spool string
	// Patient makes recording wait for a slow sink, instead of dropping what does not fit: for a
	// crowd, never for customers.
	Patient bool
	// Drain bounds how long Close waits for a sink behind a queue on disk. Default: half of the time
	// that Close has.
	Drain time.Duration
}

var (
	_ event.Processor = (*Sink)(nil)
	_ event.Flusher   = (*Sink)(nil)
)

// Sink is a queue in front of a sink, what is between them, and how many events got how far:
//
//	Batch ─▶ Spool, with Config.Spool, or else Retry ─▶ the sink
//
// [Open] makes one. Safe for concurrent use. A nil Sink does nothing.
type Sink struct {
	queue     *exporters.Batch
	target    Target
	cfg       Config
	dir       string // of the spool
	spool     *exporters.Spool
	told      atomic.Int64
	kept      *counter // by the spool, or else by the sink
	delivered *counter // to the sink
}

// Open opens the sink that the target names. The context bounds giving it back when it fails. The error says which flag
// is to be another one.
func Open(ctx context.Context, t Target, cfg Config) (*Sink, error) {
	if t.open == nil {
		return nil, fmt.Errorf("%w: there is no target: make it with Parse", ErrTarget)
	}
	end, err := t.open(&cfg)
	if err != nil {
		return nil, fmt.Errorf("%w %s: it cannot be opened: %w%s", ErrTarget, t, err, remedy(t, &cfg, err))
	}
	if cfg.Spool == "" { // which tries again by itself
		end = exporters.NewRetry(end)
	}
	s := &Sink{target: t, cfg: cfg}
	s.delivered = &counter{next: end}
	s.kept = s.delivered
	if cfg.Spool != "" {
		s.dir = filepath.Join(cfg.Spool, t.Folder())
		s.spool, err = exporters.NewSpool(s.dir, s.delivered, exporters.WithName("shop/"+t.Folder()), exporters.WithTimeout(callTimeout))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("-spool, for -export %s: %w", t, err), s.delivered.Shutdown(ctx))
		}
		s.kept = &counter{next: s.spool}
	}
	overflow := exporters.DropNewest
	if cfg.Patient {
		overflow = exporters.Block
	}
	s.queue = exporters.NewBatch(s.kept, exporters.WithName("shop/"+t.Folder()),
		exporters.WithTimeout(callTimeout), exporters.WithOverflow(overflow))
	return s, nil
}

// remedy says what to do where the sink's own error does not.
func remedy(t Target, cfg *Config, err error) string {
	switch {
	case t.kind == "webhook" && len(cfg.Secrets) > 0:
		return ": look at WEBHOOK_SECRET"
	case errors.Is(err, fs.ErrNotExist):
		return ": make its folder first"
	case t.kind == "nats": // the others connect with the first event
		return ": is the server there, and are user and password right?"
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

// Flush implements [event.Flusher]: it returns when what was processed before is with the sink, or on the
// disk, or given up.
func (s *Sink) Flush(ctx context.Context) error {
	if s == nil {
		return nil
	}
	return s.queue.Flush(ctx)
}

// Shutdown implements [event.Processor]. Close does it, and says how it went.
func (s *Sink) Shutdown(ctx context.Context) error {
	if s == nil {
		return nil
	}
	return s.queue.Shutdown(ctx)
}

// Close delivers what waits, ends the sink, and says how many events got there, in a line for people.
// What a sink that is away has not taken stays in its queue on disk, and is no error. The error wraps
// [ErrLost] where events are neither here nor there.
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
			err = errors.Join(err, fmt.Errorf("-export %s: %w: it refused %d for good, which are in %s now", s.target, ErrLost, stats.DeadLetters, filepath.Join(s.dir, "dead.jsonl")))
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

// drain waits for the sink to take what is on the disk. When it does not, that stays there: Stats says so.
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
	_ = s.spool.Drain(ctx) // the time was up, or the sink cannot flush: what waits is counted
}

// counter is an exporter that counts what the next one has taken.
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
