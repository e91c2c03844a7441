package servers

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// fakeServer is the first argument that turns this test binary into a server, for the tests of starting servers.
const fakeServer = "fake-server"

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == fakeServer {
		serveFake(os.Args[2])
		return
	}
	goleak.VerifyTestMain(m)
}

// serveFake listens on the address, prints that it is ready, and ends when a client has connected.
func serveFake(address string) {
	fmt.Println("fake server on", address)
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("fake server is ready")
	if _, err := listener.Accept(); err != nil {
		fmt.Println(err)
	}
}

// recorder is a test under observation: it records failures and skips instead of applying them to the real test
// inside it.
type recorder struct {
	testing.TB

	mu       sync.Mutex
	fatal    string
	errors   string
	skipped  string
	logged   string
	cleanups []func()
}

// record runs f like a test of its own, including its cleanups.
func record(t testing.TB, f func(t testing.TB)) *recorder {
	t.Helper()
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(r)
	}()
	<-done
	for i := len(r.cleanups) - 1; i >= 0; i-- {
		r.cleanups[i]()
	}
	return r
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.keep(&r.fatal, fmt.Sprintf(format, args...))
	runtime.Goexit()
}

func (r *recorder) Errorf(format string, args ...any) {
	r.keep(&r.errors, fmt.Sprintf(format, args...))
}

func (r *recorder) Skipf(format string, args ...any) {
	r.keep(&r.skipped, fmt.Sprintf(format, args...))
	runtime.Goexit()
}

func (r *recorder) Log(args ...any) {
	r.keep(&r.logged, fmt.Sprintln(args...))
}

func (r *recorder) Cleanup(f func()) {
	r.cleanups = append(r.cleanups, f)
}

func (r *recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fatal != "" || r.errors != ""
}

func (r *recorder) keep(where *string, what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*where += what
}
