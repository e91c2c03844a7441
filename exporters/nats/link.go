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

// A link is a connection, and a JetStream publisher on it with the inbox for its answers. The exporter replaces a publisher
// whose answers did not come. The server may have refused its inbox, and a server does not check a refused inbox again, even if
// the user gets the right later.
type link struct {
	conn *natsgo.Conn
	js   jetstream.JetStream

	uses    int  // calls of Export that use it
	retired bool // the exporter has replaced it
}

func newLink(conn *natsgo.Conn) *link {
	// Each call bounds its own messages and its waiting time, so the publisher bounds neither.
	js, _ := jetstream.New(conn, jetstream.WithPublishAsyncMaxPending(1<<20)) // its only errors are those of options
	return &link{conn: conn, js: js}
}

// away returns the reason why the connection cannot send now, or nil if it can.
func (l *link) away() error {
	if l.conn.IsConnected() {
		return nil
	}
	if err := l.conn.LastError(); err != nil {
		return fmt.Errorf("%w: %w", errAway, short(err))
	}
	return errAway
}

// createStream asks the server for the stream, with a new inbox for the answer. jetstream.JetStream.CreateStream was rejected:
// it receives answers in an inbox of the connection, which gets no answers once the server has refused it.
func (l *link) createStream(ctx context.Context, cfg *config) error {
	inbox := l.conn.NewInbox()
	answers, err := l.conn.SubscribeSync(inbox)
	if err != nil {
		return fmt.Errorf("an inbox for the answer: %w", err)
	}
	defer func() { _ = answers.Unsubscribe() }() // a closed connection has no inbox
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
		return errGarbled // the answer may have any content
	}
	if answer.Error != nil {
		return answer.Error
	}
	return nil
}

// take returns the link for a call of Export. The call returns it with give.
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

// give returns the link. Further calls do not use a stale one.
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

// cleanUp ends the link's publisher. nats.go starts a goroutine with the first message. That goroutine never ends if the
// publisher is cleaned up before the goroutine first runs (nats.go 1.55), so cleanUp lets it run first.
func (l *link) cleanUp() {
	for range 64 {
		runtime.Gosched()
	}
	l.js.CleanupPublisher()
}

// relink opens a new connection after nats.go has given up the old one. By default nats.go does that after two minutes without
// a server, and at the second refusal of the same credentials.
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
	go func() { // Connect has no context; the options' Timeout bounds it for each server
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
		go func() { // closes a connection that comes too late; the next call opens another one
			if d := <-done; d.err == nil {
				d.conn.Close()
			}
		}()
		return fmt.Errorf("the connection was given up (%w), and a new one is not there yet: %w", given, context.Cause(ctx))
	}
}

// options returns the options of the application's connection for a connection that nats.go never gives up. They have no
// handlers, because the application did not open this connection.
func (e *Exporter) options() natsgo.Options {
	o := e.conn.Opts
	o.MaxReconnect, o.IgnoreAuthErrorAbort, o.RetryOnFailedConnect = -1, true, false
	o.DisconnectedCB, o.DisconnectedErrCB, o.ConnectedCB, o.ReconnectedCB, o.ReconnectErrCB = nil, nil, nil, nil, nil
	o.LameDuckModeHandler, o.DiscoveredServersCB = nil, nil
	return o
}

// unlink ends the publisher and closes the exporter's own connection. No call of Export runs any more, and none begins.
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

// gaveUp reports whether nats.go closed a connection because it could not reconnect. It is false if the application closed it.
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
