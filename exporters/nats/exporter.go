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

// Exporter publishes events to a stream. It is safe for concurrent use.
type Exporter struct {
	cfg     config
	subject subject
	conn    *natsgo.Conn // the application's

	linking sink.Turn // guards link and closed
	link    *link
	closed  chan struct{} // closed when the exporter's own connection has been closed; nil if the link uses conn

	creating sink.Turn // guards created
	created  bool      // the stream exists, or the exporter does not create it

	calls sink.Calls
}

var (
	_ event.Exporter = (*Exporter)(nil)
	_ event.Flusher  = (*Exporter)(nil)
	_ sink.Addressed = (*Exporter)(nil)
)

// ServerAddress implements [sink.Addressed]. It returns the connection's first server address, whichever server is connected.
func (e *Exporter) ServerAddress() (host string, port int) {
	if e == nil || e.conn == nil {
		return "", 0
	}
	o := &e.conn.Opts
	host, port = sink.SplitAddress(cmp.Or(append(append([]string{o.Url}, o.Servers...), natsgo.DefaultURL)...))
	return host, cmp.Or(port, natsgo.DefaultPort)
}

// New returns an exporter on a connection, which stays the caller's. The caller chooses its servers, TLS, credentials and how
// long it reconnects (natsgo.MaxReconnects(-1) is for ever). New sends nothing to the server. The error joins all problems of
// the options.
func New(conn *natsgo.Conn, opts ...Option) (*Exporter, error) {
	cfg, subject, err := newConfig(conn, opts)
	if err != nil {
		return nil, err
	}
	return &Exporter{cfg: cfg, subject: subject, conn: conn, link: newLink(conn), created: cfg.stream == nil}, nil
}

// Export implements [event.Exporter]. It returns nil when the stream has acknowledged the events. If all events failed
// temporarily, the error wraps the first one's error. Otherwise, if some events were not taken, it is a *[sink.PartialError].
// In a journey it names the first event that failed temporarily and all later ones, and each event that was refused
// permanently. Concurrent calls must not have events of the same journey.
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

// unheard creates the stream again after it has been deleted, and publishes the messages that no stream received.
func (r *run) unheard(ctx context.Context) {
	_ = r.creating.Take(context.WithoutCancel(ctx)) // each call that has the turn ends with its own context
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

// create creates the stream, if WithCreateStream is set and the exporter has not created it yet.
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
	case err == nil, errors.Is(err, jetstream.ErrStreamNameAlreadyInUse): // with another configuration, which the exporter must not change
		e.created = true
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("making the stream %s: %w", e.cfg.stream.Name, l.unanswered(ctx))
	default:
		return fmt.Errorf("making the stream %s for %s: %w", e.cfg.stream.Name, e.cfg.subject, remedy(short(err)))
	}
}

// Flush implements [event.Flusher]. It waits for the running calls of Export, because the exporter stores nothing beyond them.
// Each call is bounded by its own context and by [WithTimeout].
func (e *Exporter) Flush(ctx context.Context) error {
	if e == nil || e.conn == nil {
		return nil
	}
	if err := e.calls.Wait(ctx); err != nil {
		return fmt.Errorf("nats: flush: %w", err)
	}
	return nil
}

// Shutdown implements [event.Exporter]. From now on Export fails. Shutdown waits for the running calls, closes the exporter's
// own connection if it has one, and leaves the application's connection open. If ctx is done first, Shutdown may be called
// again.
func (e *Exporter) Shutdown(ctx context.Context) error {
	if e == nil || e.conn == nil {
		return nil
	}
	if err := e.calls.Shutdown(ctx, func() error { return e.unlink(ctx) }); err != nil {
		return fmt.Errorf("nats: shutdown: %w", err)
	}
	return nil
}
