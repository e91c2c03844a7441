package httpsink_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestHalfOpen: a connection of HTTP/2 whose other end has gone without a word is found out in the time that
// NewTransport says, and the next request goes over another: "when the sink works again, so does the
// exporter".
func TestHalfOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newPipes()
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ProtoMajor != 2 {
				w.WriteHeader(http.StatusHTTPVersionNotSupported)
			}
		}))
		_ = s.Listener.Close() // that of the machine's network
		s.Listener, s.EnableHTTP2 = n, true
		// A pipe has no buffer: the server would write a ticket while the client writes its first request.
		s.TLS = &tls.Config{SessionTicketsDisabled: true} //nolint:gosec // the version is the default one
		s.StartTLS()
		defer s.Close()
		client := trusting(t)
		transport := client.Transport.(*http.Transport)
		transport.DialContext = n.dial
		defer client.CloseIdleConnections()

		const url = "https://127.0.0.1"
		if answer, err := do(t, client, url, time.Hour); err != nil || answer.Err() != nil {
			t.Fatalf("%+v, %v", answer, err)
		}
		n.swallow.Store(true)
		began := time.Now()
		if _, err := do(t, client, url, time.Hour); err == nil {
			t.Fatal("a receiver that has gone has answered")
		}
		if took, want := time.Since(began), 25*time.Second; took > want {
			t.Errorf("it was found out after %v, want 15 s of silence and 10 s without an answer to a ping", took)
		}
		n.swallow.Store(false)
		if answer, err := do(t, client, url, time.Hour); err != nil || answer.Err() != nil {
			t.Fatalf("over a new connection: %+v, %v", answer, err)
		}
		if got := n.dialed.Load(); got != 2 {
			t.Errorf("%d connections were made, want 2", got)
		}
	})
}

// pipes is a network in memory, on which a connection may go without a word.
type pipes struct {
	swallow atomic.Bool // what is written to a connection arrives nowhere
	dialed  atomic.Int64

	accepted chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func newPipes() *pipes {
	return &pipes{accepted: make(chan net.Conn), closed: make(chan struct{})}
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.accepted <- far:
		p.dialed.Add(1)
		return &piped{near, p}, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accepted:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 443} }

// piped is the client's end of a connection.
type piped struct {
	net.Conn

	on *pipes
}

func (c *piped) Write(b []byte) (int, error) {
	if c.on.swallow.Load() {
		return len(b), nil
	}
	return c.Conn.Write(b)
}
