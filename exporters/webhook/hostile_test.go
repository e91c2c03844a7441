package webhook_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/httpsink"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/sink"
	"cairncx.dev/cairn/exporters/webhook"
)

const upgrade = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"

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
			sinktest.GivenUp(t, text, func(url string) event.Exporter {
				return newSink(t, url, webhook.WithTimeout(time.Hour))
			})
		})
	}
}

// TestSwitchedProtocols: a receiver that changes to another protocol has taken nothing, and holds up neither an
// Export without a deadline nor the spool, which delivers when the receiver has come to its senses.
func TestSwitchedProtocols(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	answer := upgrade
	u, _ := sinktest.Answers(t, func() string { mu.Lock(); defer mu.Unlock(); return answer })
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
	u, _ := sinktest.Answers(t, func() string {
		return "HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
	})
	if err := newSink(t, u).Export(t.Context(), some(1)); !errors.Is(err, httpsink.ErrGRPC) || sink.IsPermanent(err) {
		t.Errorf("%v, want ErrGRPC, to be tried again", err)
	}
}
