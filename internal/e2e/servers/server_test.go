package servers

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fake is a server that is this test binary.
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

func TestServerTriesAgainWhenItsPortWasTaken(t *testing.T) {
	var tried []int
	s := fake(t, func(ports []int) []string {
		tried = append(tried, ports[0])
		if len(tried) < 3 {
			occupied, err := net.Listen("tcp", loopback(ports[0]))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { occupied.Close() })
		}
		return []string{fakeServer, loopback(ports[0])}
	})
	ports := s.start(t)
	if len(tried) != 3 || ports[0] != tried[2] {
		t.Errorf("tried %v and took %v, want the third of three", tried, ports)
	}
}

func TestServerGivesUpOnPorts(t *testing.T) {
	occupied, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer occupied.Close()
	attempts := 0
	s := fake(t, func([]int) []string {
		attempts++
		return []string{fakeServer, occupied.Addr().String()}
	})
	r := record(t, func(t testing.TB) { s.start(t) })
	if attempts != startAttempts || !strings.Contains(r.fatal, portTaken) {
		t.Errorf("failed after %d attempts with %q, want %d and the log with %q",
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
		t.Errorf("failed after %d attempts with %q, want one, how it ended, and its log", attempts, r.fatal)
	}
}

func TestServerThatEndsFailsTheTest(t *testing.T) {
	r := record(t, func(t testing.TB) {
		ports := fake(t, func(ports []int) []string { return []string{fakeServer, loopback(ports[0])} }).start(t)
		conn, err := net.Dial("tcp", loopback(ports[0]))
		if err != nil {
			t.Fatalf("%v", err)
		}
		conn.Close()
		Eventually(t, 10*time.Second, func() error {
			conn, err := net.Dial("tcp", loopback(ports[0]))
			if errors.Is(err, syscall.ECONNREFUSED) {
				return nil
			}
			if err == nil {
				conn.Close()
			}
			return fmt.Errorf("dial: %w, want it refused", err)
		})
	})
	if !strings.Contains(r.errors, "the fake server ended during the test: exit status 0") {
		t.Errorf("the test's errors are %q, want that the server ended", r.errors)
	}
	if !strings.Contains(r.logged, "fake server is ready") {
		t.Errorf("the test logged %q, want the server's log", r.logged)
	}
}

func TestFreePortsDiffer(t *testing.T) {
	ports, err := freePorts(50)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, port := range ports {
		if seen[port] {
			t.Errorf("port %d came twice", port)
		}
		seen[port] = true
	}
	if len(seen) != 50 {
		t.Errorf("%d ports, want 50", len(seen))
	}
}
