package nats

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

// Exporter publishes events to a stream. Safe for concurrent use.
type Exporter struct {
	cfg     config
	subject subject
	conn    *natsgo.Conn // the application's

	linking sink.Turn // guards the next two
	link    *link
	closed  chan struct{} // closed when the link's connection, which is the exporter's own, has been closed; nil: it is conn

	creating sink.Turn // guards created
	created  bool      // the stream is there, or is not the exporter's to make

	calls sink.Calls
}

var (
	_ event.Exporter = (*Exporter)(nil)
	_ event.Flusher  = (*Exporter)(nil)
	_ sink.Addressed = (*Exporter)(nil)
)

// ServerAddress implements [sink.Addressed]: the first server that the connection was given, whichever it
// is connected to.
func (e *Exporter) ServerAddress() (host string, port int) {
	if e == nil || e.conn == nil {
		return "", 0
	}
	o := &e.conn.Opts
	host, port = sink.SplitAddress(cmp.Or(append(append([]string{o.Url}, o.Servers...), natsgo.DefaultURL)...))
	return host, cmp.Or(port, natsgo.DefaultPort)
}

// New returns an exporter on a connection, which stays the caller's: its servers, TLS and credentials, and
// for how long it reconnects (natsgo.MaxReconnects(-1) is for ever). It asks the server nothing yet. The
// error says what is wrong with the options, all of it.
func New(conn *natsgo.Conn, opts ...Option) (*Exporter, error) {
	cfg, subject, err := newConfig(conn, opts)
	if err != nil {
		return nil, err
	}
	return &Exporter{cfg: cfg, subject: subject, conn: conn, link: newLink(conn), created: cfg.stream == nil}, nil
}

// Export implements [event.Exporter]: it returns when the stream has acknowledged the events. Where it has
// not taken some the error is a *[sink.PartialError], unless it is the same for all; of a journey it
// names an event and all that come after it, but for those that are refused for themselves. Events of one
// journey must not be in two calls at a time.
func (e *Exporter) Export(ctx context.Context, events []event.Event) error {
	if e == nil || e.conn == nil {
		return nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	end, err := e.calls.Begin()
	if err != nil {
		return fmt.Errorf("nats: %w", err)
	}
	defer end()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("nats: %w", context.Cause(ctx))
	}
	if len(events) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, e.cfg.timeout, errSlow)
	defer cancel()
	l, err := e.take(ctx)
	if err != nil {
		return fmt.Errorf("nats: %w", &unprefixed{err})
	}
	run := newRun(e, l, events)
	defer func() { e.give(l, run.unanswered) }()
	if err := e.create(ctx, l); err != nil {
		return fmt.Errorf("nats: %w", &unprefixed{err})
	}
	run.publish(ctx)
	if run.noStream && e.cfg.stream != nil {
		run.unheard(ctx)
	}
	return sink.BatchError("nats", events, run.failed)
}

// unheard makes the stream again, which has gone since it was made, and publishes what no stream listened to.
func (r *run) unheard(ctx context.Context) {
	_ = r.creating.Take(context.WithoutCancel(ctx)) // each that has it ends with its own context
	r.created = false
	r.creating.Give()
	err := r.create(ctx, r.link)
	if err == nil {
		r.again(ctx)
		return
	}
	for place, failed := range r.failed {
		if !sink.IsPermanent(failed) {
			r.failed[place] = &unprefixed{err}
		}
	}
}

// create makes the stream where that is wanted, and where it was not made before.
func (e *Exporter) create(ctx context.Context, l *link) error {
	if err := e.creating.Take(ctx); err != nil {
		return fmt.Errorf("waiting for the stream %s to be made: %w", e.cfg.stream.Name, err)
	}
	defer e.creating.Give()
	if e.created {
		return nil
	}
	if err := l.away(); err != nil {
		return fmt.Errorf("making the stream %s: %w", e.cfg.stream.Name, err)
	}
	err := l.createStream(ctx, &e.cfg)
	switch {
	case err == nil, errors.Is(err, jetstream.ErrStreamNameAlreadyInUse): // with another configuration: it is not ours to change
		e.created = true
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("making the stream %s: %w", e.cfg.stream.Name, l.unanswered(ctx))
	default:
		return fmt.Errorf("making the stream %s for %s: %w", e.cfg.stream.Name, e.cfg.subject, remedy(short(err)))
	}
}

// Flush implements [event.Flusher]: it waits for the calls of Export that are under way, for nothing is
// kept beyond them. Each is bounded by its own context and by [WithTimeout].
func (e *Exporter) Flush(ctx context.Context) error {
	if e == nil || e.conn == nil {
		return nil
	}
	if err := e.calls.Wait(ctx); err != nil {
		return fmt.Errorf("nats: flush: %w", err)
	}
	return nil
}

// Shutdown implements [event.Exporter]: Export fails from now on; it waits for the calls that are under
// way, and leaves the connection open. When ctx is done first it may be called again.
func (e *Exporter) Shutdown(ctx context.Context) error {
	if e == nil || e.conn == nil {
		return nil
	}
	if err := e.calls.Shutdown(ctx, func() error { return e.unlink(ctx) }); err != nil {
		return fmt.Errorf("nats: shutdown: %w", err)
	}
	return nil
}
