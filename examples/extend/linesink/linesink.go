// Package linesink is an example of a sink: it delivers events to a server that takes lines of JSON over TCP. The server
// answers each batch, which ends with an empty line, with "ok" or "refused" on a line.
package linesink

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

// Sink delivers events to the server at an address. It has one connection, which one batch at a time uses. Safe for concurrent
// use.
type Sink struct {
	addr  string
	calls sink.Calls // of Export, for Shutdown to wait for
	turn  sink.Turn  // who has the connection
	conn  net.Conn   // nil until a batch needs it, and after a failure
}

var _ event.Exporter = (*Sink)(nil)

// New returns a sink for the server at addr, such as "localhost:7070". It does not connect: a service starts without its sinks.
func New(addr string) *Sink { return &Sink{addr: addr} }

// Export implements [event.Exporter].
func (s *Sink) Export(ctx context.Context, events []event.Event) error {
	if s == nil {
		return nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	end, err := s.calls.Begin()
	if err != nil {
		return fmt.Errorf("linesink: %w", err) // sink.ErrClosed
	}
	defer end()
	if len(events) == 0 {
		return nil
	}
	if err := s.turn.Take(ctx); err != nil {
		return fmt.Errorf("linesink: waiting for the connection: %w", err)
	}
	defer s.turn.Give()
	if err := s.send(ctx, events); err != nil {
		s.disconnect() // the next batch connects anew
		return fmt.Errorf("linesink: %w", err)
	}
	return nil
}

// send writes the batch and reads the answer. Export returns at once when ctx is done, because that ends every read and write.
func (s *Sink) send(ctx context.Context, events []event.Event) error {
	if s.conn == nil {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.addr)
		if err != nil {
			return fmt.Errorf("connecting: %w", err) // it has the address, and nothing of an event
		}
		s.conn = conn
	}
	conn := s.conn
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	err := exchange(conn, events)
	if !stop() { // ctx is done: its error, not that of the deadline
		return fmt.Errorf("waiting for the server: %w", context.Cause(ctx))
	}
	return err
}

var (
	errRefused = errors.New("the server refuses the batch")
	errAnswer  = errors.New(`the server answered neither "ok" nor "refused"`)
)

func exchange(conn net.Conn, events []event.Event) error {
	var batch []byte
	for i := range events {
		batch = append(events[i].AppendJSON(batch), '\n')
	}
	if _, err := conn.Write(append(batch, '\n')); err != nil {
		return fmt.Errorf("sending: %w", err)
	}
	answer, err := bufio.NewReaderSize(conn, 64).ReadSlice('\n') // at most 64 bytes of an answer
	switch {
	case err != nil:
		return fmt.Errorf("reading the answer: %w", err)
	case string(answer) == "ok\n":
		return nil
	case string(answer) == "refused\n":
		return sink.Permanent(errRefused) // trying again does not help
	default:
		return errAnswer // and never what it said, which may repeat an event
	}
}

// Shutdown implements [event.Exporter].
func (s *Sink) Shutdown(ctx context.Context) error {
	if s == nil {
		return nil
	}
	err := s.calls.Shutdown(ctx, func() error { s.disconnect(); return nil })
	if err != nil {
		return fmt.Errorf("linesink: shutdown: %w", err)
	}
	return nil
}

// disconnect closes the connection, if there is one. The caller has the turn, or no call is under way.
func (s *Sink) disconnect() {
	if s.conn != nil {
		_ = s.conn.Close()
		s.conn = nil
	}
}
