package servers

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// fake is a server that consists of this test binary.
func fake(t testing.TB, args func(ports []int) []string) server {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return server{
		title: "the fake server",
		path:  path,
		ready: "fake server is ready",
		ports: 1,
		args:  func(ports []int) ([]string, error) { return args(ports), nil },
	}
}

// occupy listens on a port until the end of the test and returns the address.
func occupy(t *testing.T, port int) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", loopback(port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().String()
}

// dial tries to connect to a port.
func dial(ctx context.Context, port int) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", loopback(port))
	if err != nil {
		return err
	}
	return conn.Close()
}

func TestServerTriesAgainWhenItsPortWasTaken(t *testing.T) {
	var tried []int
	s := fake(t, func(ports []int) []string {
		tried = append(tried, ports[0])
		if len(tried) < 3 {
			occupy(t, ports[0])
		}
		return []string{fakeServer, loopback(ports[0])}
	})
	ports := s.start(t)
	if len(tried) != 3 || ports[0] != tried[2] {
		t.Errorf("start tried %v and took %v, want the third of three", tried, ports)
	}
}

func TestServerGivesUpOnPorts(t *testing.T) {
	address := occupy(t, 0)
	attempts := 0
	s := fake(t, func([]int) []string {
		attempts++
		return []string{fakeServer, address}
	})
	r := record(t, func(t testing.TB) { s.start(t) })
	if attempts != startAttempts || !strings.Contains(r.fatal, portTaken) {
		t.Errorf("start failed after %d attempts with %q, want %d and the log with %q",
			attempts, r.fatal, startAttempts, portTaken)
	}
}

func TestServerFailsAtOnceForAnotherReason(t *testing.T) {
	attempts := 0
	s := fake(t, func([]int) []string {
		attempts++
		return []string{fakeServer, "not an address"}
	})
	r := record(t, func(t testing.TB) { s.start(t) })
	if attempts != 1 || !strings.Contains(r.fatal, "exit status 1\nits log:\nfake server on not an address") {
		t.Errorf("start failed after %d attempts with %q, want one attempt, the cause and the log", attempts, r.fatal)
	}
}

func TestServerThatEndsFailsTheTest(t *testing.T) {
	s := fake(t, func(ports []int) []string { return []string{fakeServer, loopback(ports[0])} })
	ports, p, err := s.try(t.Context(), filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	r := record(t, func(t testing.TB) {
		s.stopAtEnd(t, p)
		if err := dial(t.Context(), ports[0]); err != nil { // the connection makes the server end
			t.Fatalf("%v", err)
		}
		<-p.done
	})
	if want := "the fake server ended during the test: exit status 0"; r.errors != want {
		t.Errorf("the test's errors are %q, want %q", r.errors, want)
	}
	if want := "fake server is ready"; !strings.Contains(r.logged, want) {
		t.Errorf("the test logged %q, want the server's log with %q", r.logged, want)
	}
}

func TestServerIsGoneAfterTheTest(t *testing.T) {
	var port int
	r := record(t, func(t testing.TB) {
		s := fake(t, func(ports []int) []string { return []string{fakeServer, loopback(ports[0])} })
		port = s.start(t)[0]
	})
	if r.Failed() || r.logged != "" {
		t.Errorf("a successful test failed with %q %q or logged %q", r.fatal, r.errors, r.logged)
	}
	if err := dial(t.Context(), port); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dialling the stopped server returned %v, want a refusal", err)
	}
}

func TestFreePortsDiffer(t *testing.T) {
	ports, err := freePorts(t.Context(), 50)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, port := range ports {
		if seen[port] {
			t.Errorf("port %d occurs twice", port)
		}
		seen[port] = true
	}
	if len(seen) != 50 {
		t.Errorf("got %d ports, want 50", len(seen))
	}
}
