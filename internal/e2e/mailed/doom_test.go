package mailed_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/e2e/shared"
)

// doomed is a store whose process is killed at a moment.
type doomed struct {
	shared.Store

	at    moment
	calls atomic.Int64
}

func (d *doomed) Shelf(name string) ledger.Store { return &doomedShelf{d.Store.Shelf(name), d} }

// step kills the process if this is the moment.
func (d *doomed) step(kind string) {
	if kind == d.at.Kind && d.calls.Add(1) > int64(d.at.After) {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // nothing happens after it
	}
}

type doomedShelf struct {
	ledger.Store

	of *doomed
}

func (s *doomedShelf) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	s.of.step("call")
	defer s.of.step("answer")
	return s.Store.Write(ctx, changes)
}

func (s *doomedShelf) Claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	s.of.step("call")
	defer s.of.step("answer")
	return s.Store.Claim(ctx, limit, lease)
}

// doom makes the server kill the process after so many reads and writes.
func (s *server) doom(pid, after int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.doomed == nil {
		s.doomed = map[int]int{}
	}
	s.doomed[pid] = after
}

// step kills the process if it has no read or write left.
func (s *server) step(pid int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	left, ok := s.doomed[pid]
	switch {
	case ok && left <= 0:
		delete(s.doomed, pid)
		_ = syscall.Kill(pid, syscall.SIGKILL)
	case ok:
		s.doomed[pid] = left - 1
	}
}

// tappedListener is a listener whose connections are counted.
type tappedListener struct {
	net.Listener

	s *server
}

func (l *tappedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &tapped{Conn: c, s: l.s}, nil
}

// tapped is a connection that knows its process from what it says first.
type tapped struct {
	net.Conn

	s   *server
	mu  sync.Mutex
	pid int
}

func (c *tapped) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	if _, rest, ok := bytes.Cut(b[:n], []byte("EHLO pid-")); ok && c.pid == 0 {
		c.pid, _ = strconv.Atoi(string(bytes.TrimSpace(rest)))
	}
	c.mu.Unlock()
	c.step()
	return n, err
}

func (c *tapped) Write(b []byte) (int, error) {
	c.step()
	defer c.step()
	return c.Conn.Write(b)
}

func (c *tapped) step() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pid > 1 {
		c.s.step(c.pid)
	}
}
