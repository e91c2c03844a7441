package servers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	// startTimeout bounds one start. The servers need much less than a second on an idle machine.
	startTimeout = 60 * time.Second
	// startAttempts bounds how often a start is repeated after its ports were lost.
	startAttempts = 5
	// portTaken is in the log of a server whose port was lost.
	portTaken = "address already in use"
)

// server is a program whose configuration, before its start, has the ports on which it listens.
type server struct {
	title string // its name in messages
	path  string // the executable
	ready string // the text in its log once it listens on all its ports
	ports int    // the number of ports

	// args writes the configuration for these ports and returns the arguments. It is called once for each attempt.
	args func(ports []int) ([]string, error)
}

// start runs the server until the end of the test and returns its ports once it listens on them. Another process
// may take a free port before the server does. In that case start tries again with other ports.
func (s server) start(t testing.TB) []int {
	t.Helper()
	dir := t.TempDir()
	for attempt := 1; ; attempt++ {
		ports, p, err := s.try(t.Context(), filepath.Join(dir, fmt.Sprintf("attempt-%d.log", attempt)))
		if err == nil {
			s.stopAtEnd(t, p)
			return ports
		}
		if p == nil || !strings.Contains(p.log(), portTaken) || attempt == startAttempts {
			t.Fatalf("start %s: %v%s", s.title, err, s.quote(p))
		}
	}
}

// try is one attempt of start. With an error it also returns the ended process, if there was one, for its log.
func (s server) try(ctx context.Context, logPath string) ([]int, *process, error) {
	ports, err := freePorts(ctx, s.ports)
	if err != nil {
		return nil, nil, err
	}
	args, err := s.args(ports)
	if err != nil {
		return nil, nil, fmt.Errorf("configuring it: %w", err)
	}
	p, err := startProcess(s.path, args, logPath)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := p.waitReady(ctx, s.ready); err != nil {
		_ = p.stop() // err has the cause
		return nil, p, err
	}
	return ports, p, nil
}

// stopAtEnd makes the test stop p at its end, fail if p ended before, and show p's log if the test failed.
func (s server) stopAtEnd(t testing.TB, p *process) {
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Errorf("%s ended during the test: %v", s.title, err)
		}
		if t.Failed() {
			t.Log(s.title + s.quote(p))
		}
	})
}

// quote returns p's log in the form of a message's end.
func (s server) quote(p *process) string {
	if p == nil {
		return ""
	}
	return "\nits log:\n" + p.log()
}

// freePorts returns n different loopback TCP ports that no process uses. It holds all of them until it knows the
// last, so that none occurs twice.
func freePorts(ctx context.Context, n int) (ports []int, err error) {
	for range n {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", loopback(0))
		if err != nil {
			return nil, fmt.Errorf("finding a free port: %w", err)
		}
		defer func() { _ = listener.Close() }()
		address, ok := listener.Addr().(*net.TCPAddr)
		if !ok {
			return nil, errors.New("finding a free port: the listener's address is not TCP")
		}
		ports = append(ports, address.Port)
	}
	return ports, nil
}

// loopback returns the address of a port on this machine. Port 0 means any free one.
func loopback(port int) string {
	return fmt.Sprintf("127.0.0.1:%d", port)
}
