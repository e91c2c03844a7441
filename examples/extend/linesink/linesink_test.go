package linesink_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/extend/linesink"
	"cairncx.dev/cairn/exporters/exporterstest"
)

func TestContract(t *testing.T) {
	t.Parallel()
	exporterstest.Run(t, func(t *testing.T) exporterstest.Sink {
		t.Helper()
		s := serve(t)
		return exporterstest.Sink{
			Exporter: linesink.New(s.addr),
			Received: s.events,
			Break:    s.broken,
		}
	})
}

// TestCallsAreBounded: Export and Shutdown return when their context is done. Shutdown says that a batch is still
// under way, and a second call waits for that batch again.
func TestCallsAreBounded(t *testing.T) {
	t.Parallel()
	s := serve(t)
	stalled := s.broken(t, exporterstest.Stalled)
	sink := linesink.New(s.addr)
	exported := make(chan error, 1)
	go func() { exported <- sink.Export(t.Context(), make([]event.Event, 1)) }()
	<-s.got
	ended, end := context.WithCancel(t.Context())
	end()
	if err := sink.Export(ended, make([]event.Event, 1)); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "waiting for the connection") {
		t.Errorf("Export returns %v while another batch has the connection, want that it waited for that and its context is done", err)
	}
	if err := sink.Shutdown(ended); !errors.Is(err, context.Canceled) || !strings.HasPrefix(err.Error(), "linesink: ") {
		t.Errorf("Shutdown returns %v while a batch is under way, want that its context is done", err)
	}
	stalled.Mend()
	if err := sink.Shutdown(t.Context()); err != nil {
		t.Errorf("the second Shutdown returns %v", err)
	}
	if err := <-exported; err == nil {
		t.Error("Export returns nil, and the server has not answered")
	}
}

// TestConnection: one connection takes all batches until one fails, and Shutdown closes it.
func TestConnection(t *testing.T) {
	t.Parallel()
	s := serve(t)
	sink := linesink.New(s.addr)
	closed := func(after string) {
		t.Helper()
		select {
		case <-s.gone:
		case <-time.After(time.Minute):
			t.Errorf("the connection is open after %s", after)
		}
	}
	cut := s.broken(t, exporterstest.Cut)
	if err := sink.Export(t.Context(), make([]event.Event, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("Export returns %v, want that the connection has ended", err)
	}
	closed("the server has cut it")
	cut.Mend()
	for range 2 {
		if err := sink.Export(t.Context(), make([]event.Event, 1)); err != nil {
			t.Error(err)
		}
	}
	garbled := s.broken(t, exporterstest.Garbled)
	if err := sink.Export(t.Context(), make([]event.Event, 1)); err == nil {
		t.Error("Export takes any answer for ok")
	}
	closed("an answer that it does not understand")
	garbled.Mend()
	if err := sink.Export(t.Context(), make([]event.Event, 1)); err != nil {
		t.Error(err)
	}
	if err := sink.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	closed("Shutdown")
	if n := len(s.gone); n != 0 {
		t.Errorf("%d connections more than failures", n)
	}
}

// server is a line server. It keeps the lines of each batch that it takes.
type server struct {
	addr string

	mu    sync.Mutex
	lines [][]byte
	fault exporterstest.Fault
	free  chan struct{} // closed when a stalled server goes on
	got   chan struct{} // full when the server has read a batch
	gone  chan struct{} // has an element for each connection that was closed
}

func serve(t *testing.T) *server {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{addr: l.Addr().String(), got: make(chan struct{}, 1), gone: make(chan struct{}, 1000)}
	var running sync.WaitGroup
	conns := map[net.Conn]bool{}
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			conns[c] = true
			s.mu.Unlock()
			running.Go(func() { s.answer(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		s.mu.Lock()
		for c := range conns {
			_ = c.Close()
		}
		s.mu.Unlock()
		running.Wait()
	})
	return s
}

// answer takes batches from a connection until it fails.
func (s *server) answer(c net.Conn) {
	defer func() {
		_ = c.Close()
		s.gone <- struct{}{}
	}()
	in := bufio.NewReader(c)
	var batch [][]byte
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		if len(line) > 1 {
			batch = append(batch, line)
			continue
		}
		select {
		case s.got <- struct{}{}:
		default:
		}
		reply, keeps := s.reply()
		if keeps {
			s.mu.Lock()
			s.lines = append(s.lines, batch...)
			s.mu.Unlock()
		}
		batch = nil
		if reply == "" {
			return
		}
		if _, err := c.Write([]byte(reply)); err != nil {
			return
		}
	}
}

// reply returns what the server answers, "" for nothing, and whether it keeps the batch.
func (s *server) reply() (reply string, keeps bool) {
	s.mu.Lock()
	fault, free := s.fault, s.free
	s.mu.Unlock()
	switch fault {
	case exporterstest.Away:
		return "", false
	case exporterstest.Refused:
		return "refused\n", false
	case exporterstest.Cut:
		return "", true
	case exporterstest.Garbled:
		return "what?\n", false
	case exporterstest.Stalled:
		<-free
		return "", false
	default:
		return "ok\n", true
	}
}

// broken makes the server fail.
func (s *server) broken(_ *testing.T, f exporterstest.Fault) *exporterstest.Broken {
	switch f {
	case exporterstest.Away, exporterstest.Refused, exporterstest.Cut, exporterstest.Garbled, exporterstest.Stalled:
	default:
		return nil // a line server asks nobody to wait, and looks into no event
	}
	free := make(chan struct{})
	s.mu.Lock()
	s.fault, s.free = f, free
	s.mu.Unlock()
	return &exporterstest.Broken{Mend: func() {
		s.mu.Lock()
		s.fault = 0
		s.mu.Unlock()
		close(free)
	}}
}

// events returns what the server has.
func (s *server) events(t *testing.T) []event.Event {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []event.Event
	for _, line := range s.lines {
		e, err := event.ParseJSON(bytes.TrimSuffix(line, []byte("\n")))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}
