package nats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"cairncx.dev/cairn/exporters/sink"
)

// A link is a connection, and JetStream's publisher on it with the inbox for its answers. A publisher whose
// answers did not come is replaced: its inbox may be one that the server has refused, and a server does not look
// at a refused inbox again, whatever the user may do later.
type link struct {
	conn *natsgo.Conn
	js   jetstream.JetStream

	uses    int  // calls of Export that have it
	retired bool // it is not the exporter's any more
}

func newLink(conn *natsgo.Conn) *link {
	// Each call bounds its own messages and waits no longer than its context, so the publisher bounds neither.
	js, _ := jetstream.New(conn, jetstream.WithPublishAsyncMaxPending(1<<20)) // its only errors are those of options
	return &link{conn: conn, js: js}
}

// away returns why nothing can be sent now, or nil.
func (l *link) away() error {
	if l.conn.IsConnected() {
		return nil
	}
	if err := l.conn.LastError(); err != nil {
		return fmt.Errorf("%w: %w", errAway, short(err))
	}
	return errAway
}

// createStream asks for the stream, with an inbox of its own for the answer. jetstream.JetStream.CreateStream
// was rejected: it hears answers in an inbox of the connection, which stays deaf once the server has refused it.
func (l *link) createStream(ctx context.Context, cfg *config) error {
	inbox := l.conn.NewInbox()
	answers, err := l.conn.SubscribeSync(inbox)
	if err != nil {
		return fmt.Errorf("an inbox for the answer: %w", err)
	}
	defer func() { _ = answers.Unsubscribe() }() // of a connection that is gone the inbox is, too
	if err := l.conn.PublishRequest("$JS.API.STREAM.CREATE."+cfg.stream.Name, inbox, cfg.request); err != nil {
		return fmt.Errorf("asking: %w", err)
	}
	msg, err := answers.NextMsgWithContext(ctx)
	if errors.Is(err, natsgo.ErrNoResponders) || err == nil && len(msg.Data) == 0 && msg.Header.Get("Status") == "503" {
		return jetstream.ErrJetStreamNotEnabled
	}
	if err != nil {
		return fmt.Errorf("waiting for the answer: %w", err)
	}
	var answer struct {
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(msg.Data, &answer); err != nil {
		return errGarbled // what it says may be anything
	}
	if answer.Error != nil {
		return answer.Error
	}
	return nil
}

// take returns the link for a call of Export, which gives it back.
func (e *Exporter) take(ctx context.Context) (*link, error) {
	if err := e.linking.Take(ctx); err != nil {
		return nil, fmt.Errorf("waiting for a connection: %w", err)
	}
	defer e.linking.Give()
	if e.link.conn.IsClosed() {
		if err := e.relink(ctx); err != nil {
			return nil, err
		}
	}
	e.link.uses++
	return e.link, nil
}

// give gives the link back. A stale one is not used for further calls.
func (e *Exporter) give(l *link, stale bool) {
	_ = e.linking.Take(nil) //nolint:staticcheck // without a bound: a nil context returns no error
	defer e.linking.Give()
	if l.uses--; stale && e.link == l && !l.conn.IsClosed() {
		e.link, l.retired = newLink(l.conn), true
	}
	if l.retired && l.uses == 0 {
		l.cleanUp()
	}
}

// cleanUp ends the link's publisher. nats.go starts a goroutine with the first message, and that goroutine never ends if the
// publisher is cleaned up before the goroutine runs for the first time (nats.go 1.55). cleanUp therefore lets it run first.
func (l *link) cleanUp() {
	for range 64 {
		runtime.Gosched()
	}
	l.js.CleanupPublisher()
}

// relink connects again where nats.go has given the connection up, which it does by default after two minutes
// without a server, and at the second refusal of the same credentials.
func (e *Exporter) relink(ctx context.Context) error {
	given := e.link.conn.LastError()
	if e.closed == nil && !gaveUp(given) {
		return fmt.Errorf("the application has closed the connection: %w", natsgo.ErrConnectionClosed)
	}
	type dialed struct {
		conn *natsgo.Conn
		err  error
	}
	done, closed := make(chan dialed, 1), make(chan struct{})
	o := e.options()
	o.ClosedCB = func(*natsgo.Conn) { close(closed) }
	go func() { // Connect has no context, and is bounded by the options' Timeout for each server
		conn, err := o.Connect()
		done <- dialed{conn, err}
	}()
	select {
	case d := <-done:
		if d.err != nil {
			return fmt.Errorf("the connection was given up (%w), and a new one is not made: %w", given, short(d.err))
		}
		e.link, e.closed = newLink(d.conn), closed
		return nil
	case <-ctx.Done():
		go func() { // a connection that comes too late is closed: the next call makes another one
			if d := <-done; d.err == nil {
				d.conn.Close()
			}
		}()
		return fmt.Errorf("the connection was given up (%w), and a new one is not there yet: %w", given, context.Cause(ctx))
	}
}

// options are those of the application's connection, for one that is never given up. What that tells the
// application of its own connection it is not told of this one.
func (e *Exporter) options() natsgo.Options {
	o := e.conn.Opts
	o.MaxReconnect, o.IgnoreAuthErrorAbort, o.RetryOnFailedConnect = -1, true, false
	o.DisconnectedCB, o.DisconnectedErrCB, o.ConnectedCB, o.ReconnectedCB, o.ReconnectErrCB = nil, nil, nil, nil, nil
	o.LameDuckModeHandler, o.DiscoveredServersCB = nil, nil
	return o
}

// unlink ends what the exporter has on connections, and closes the one that it has made. No call of Export is under
// way any more, and none begins.
func (e *Exporter) unlink(ctx context.Context) error {
	e.link.cleanUp()
	if e.closed == nil {
		return nil
	}
	e.link.conn.Close()
	if err := sink.Await(ctx, e.closed); err != nil {
		return fmt.Errorf("closing the connection: %w", err)
	}
	return nil
}

// gaveUp reports whether a connection was closed by nats.go, which could not get it back, and not by the
// application.
func gaveUp(err error) bool {
	for _, why := range []error{
		natsgo.ErrNoServers, natsgo.ErrAuthorization, natsgo.ErrAuthExpired, natsgo.ErrAuthRevoked, natsgo.ErrAccountAuthExpired,
		natsgo.ErrMaxConnectionsExceeded, natsgo.ErrMaxAccountConnectionsExceeded, natsgo.ErrStaleConnection, natsgo.ErrTimeout,
	} {
		if errors.Is(err, why) {
			return true
		}
	}
	return false
}
