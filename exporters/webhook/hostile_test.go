package webhook_test

import (
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/httpsink"
	"cairncx.dev/cairn/exporters/sink"
	"cairncx.dev/cairn/exporters/webhook"
)

const (
	upgrade = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
	// generous is how long a test waits for what has to happen at once before it says that it does not.
	generous = time.Minute
)

// port answers each request with the text, and then waits for the other end to close the connection. It returns
// the URL, and what has a value for each answer.
func port(t *testing.T, text func() string) (url string, played chan struct{}) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	played = make(chan struct{}, 100)
	var running sync.WaitGroup
	stop, halt := context.WithCancel(context.Background())
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer c.Close()
				defer context.AfterFunc(stop, func() { _ = c.Close() })()
				_, _ = c.Read(make([]byte, 1<<20))
				_, _ = io.WriteString(c, text())
				played <- struct{}{}
				_, _ = io.Copy(io.Discard, c)
			})
		}
	})
	t.Cleanup(func() { halt(); _ = l.Close(); running.Wait() })
	return "http://" + l.Addr().String(), played
}

// TestGivenUp: "every read of a body ends with the call's deadline, whatever the server does".
func TestGivenUp(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no answer":              "",
		"interim answers":        "HTTP/1.1 103 Early Hints\r\n\r\n",
		"half a body":            "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx",
		"half a redirect":        "HTTP/1.1 307 No\r\nLocation: /x\r\nContent-Length: 1000\r\n\r\nx",
		"a redirect without end": "HTTP/1.1 308 No\r\nLocation: /x\r\n\r\n",
		"another protocol":       upgrade,
		"an error's long end":    "HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u, played := port(t, func() string { return text })
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			exporter := newSink(t, u, webhook.WithTimeout(time.Hour))
			done := make(chan error, 1)
			go func() { done <- exporter.Export(ctx, some(3)) }()
			<-played
			cancel(errors.New("the caller gives up"))
			select {
			case <-done:
			case <-time.After(generous):
				t.Fatal("Export hangs")
			}
		})
	}
}

// TestSwitchedProtocols: a receiver that changes to another protocol has taken nothing, and holds up neither an
// Export without a deadline nor the spool, which delivers when the receiver has come to its senses.
func TestSwitchedProtocols(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	answer := upgrade
	u, _ := port(t, func() string { mu.Lock(); defer mu.Unlock(); return answer })
	exporter, err := webhook.New(u)
	if err != nil {
		t.Fatal(err)
	}
	err = exporter.Export(context.Background(), some(3))
	if err == nil || !strings.Contains(err.Error(), "answers 101 Switching Protocols") || sink.IsPermanent(err) {
		t.Errorf("%v, want that the protocol was changed", err)
	}
	spool, err := exporters.NewSpool(filepath.Join(t.TempDir(), "spool"), exporter, exporters.WithBackoff(time.Millisecond, 10*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	if err := spool.Export(t.Context(), some(3)); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	answer = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
	mu.Unlock()
	if err := errors.Join(spool.Drain(t.Context()), spool.Shutdown(t.Context())); err != nil {
		t.Error(err)
	}
	if n := spool.Stats().DeadLetters; n != 0 {
		t.Errorf("%d events are dead letters", n)
	}
}

// TestAnswerOfGRPC: with 200, too, it has taken nothing.
func TestAnswerOfGRPC(t *testing.T) {
	t.Parallel()
	u, _ := port(t, func() string {
		return "HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
	})
	if err := newSink(t, u).Export(t.Context(), some(1)); !errors.Is(err, httpsink.ErrGRPC) || sink.IsPermanent(err) {
		t.Errorf("%v, want ErrGRPC, to be tried again", err)
	}
}
