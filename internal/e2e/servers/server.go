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
	// startTimeout bounds one start; both servers need well under a second on an
	// idle machine.
	startTimeout = 60 * time.Second
	// startAttempts bounds how often a start that lost its ports is repeated.
	startAttempts = 5
	// portTaken is in the log of a server that lost its port.
	portTaken = "address already in use"
)

// server is a program that is configured before its start with the ports it is to
// listen on.
type server struct {
	title string // what messages call it
	path  string // the executable
	ready string // what its log says once it listens on all its ports
	ports int    // how many it needs

	// args writes the configuration for these ports and returns the arguments. It
	// is called once for every attempt.
	args func(ports []int) ([]string, error)
}

// start runs the server until the end of the test and returns its ports once it
// listens on them. Ports are free when they are picked but can be lost to another
// process until the server takes them, so that case is tried again with others.
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

// try is one attempt of start. With an error it returns the process too, if there
// was one, for its log; it has ended then.
func (s server) try(ctx context.Context, logPath string) ([]int, *process, error) {
	ports, err := freePorts(ctx, s.ports)
	if err != nil {
		return nil, nil, err
	}
	args, err := s.args(ports)
	if err != nil {
		return nil, nil, fmt.Errorf("configure it: %w", err)
	}
	p, err := startProcess(s.path, args, logPath)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := p.waitReady(ctx, s.ready); err != nil {
		_ = p.stop() // err says how it ended
		return nil, p, err
	}
	return ports, p, nil
}

// stopAtEnd has the test stop p when it is over, fail if p ended before, and show
// p's log if it failed.
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

// quote returns p's log as the end of a message.
func (s server) quote(p *process) string {
	if p == nil {
		return ""
	}
	return "\nits log:\n" + p.log()
}

// freePorts returns n different loopback TCP ports that nobody listens on. All of
// them are held until the last is known, so that none comes twice.
func freePorts(ctx context.Context, n int) (ports []int, err error) {
	for range n {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", loopback(0))
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer func() { _ = listener.Close() }()
		address, ok := listener.Addr().(*net.TCPAddr)
		if !ok {
			return nil, errors.New("find a free port: the listener's address is not TCP")
		}
		ports = append(ports, address.Port)
	}
	return ports, nil
}

// loopback is the address of a port on this machine, for 0 of any free one.
func loopback(port int) string {
	return fmt.Sprintf("127.0.0.1:%d", port)
}
