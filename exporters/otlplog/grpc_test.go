package otlplog_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/httpsink"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/otlplog"
	"cairncx.dev/cairn/exporters/sink"
	"cairncx.dev/cairn/internal/loopback"
)

const (
	remedy   = "this looks like OTLP/gRPC, and this exporter speaks OTLP/HTTP: a Collector has port 4318 for it"
	settings = "\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x05\x00\x00\x40\x00" // MAX_FRAME_SIZE 16384, as grpc-go says it
	goAway   = "\x00\x00\x08\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
	upgrade  = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
)

// port serves each connection with f, and returns the URL.
func port(t *testing.T, f func(net.Conn)) string { return "http://" + loopback.Serve(t, f) }

// TestPortOfGRPC: "recognises a port that speaks only HTTP/2", however its server takes HTTP/1.1, and takes no other
// port for one.
func TestPortOfGRPC(t *testing.T) {
	t.Parallel()
	preface := func(c net.Conn) bool { // reports whether that of HTTP/2 came
		b := make([]byte, 24)
		_, err := io.ReadFull(c, b)
		return err == nil && string(b[:3]) == "PRI"
	}
	h2 := httptest.NewUnstartedServer(http.NotFoundHandler())
	h2.Config.Protocols = new(http.Protocols)
	h2.Config.Protocols.SetUnencryptedHTTP2(true)
	h2.Start()
	t.Cleanup(h2.Close)
	away := httptest.NewServer(http.NotFoundHandler())
	away.Close()
	for _, tt := range []struct {
		name, reason string
		url          string
		grpc         bool
	}{
		{"a server of HTTP/2 alone", "it hangs up without a word", h2.URL, true},
		{"settings at once", "as grpc-go does", port(t, func(c net.Conn) {
			_, _ = io.WriteString(c, settings)
			preface(c)
		}), true},
		{"settings, and a word of good-bye", "as grpc-java does", port(t, func(c net.Conn) {
			if !preface(c) {
				_, _ = io.WriteString(c, settings+goAway)
				return
			}
			_, _ = io.WriteString(c, settings)
			_, _ = io.Copy(io.Discard, c)
		}), true},
		{"a reset", "what was said before it may be lost", port(t, func(c net.Conn) {
			if !preface(c) {
				_ = c.(*net.TCPConn).SetLinger(0)
				return
			}
			_, _ = io.WriteString(c, settings)
			_, _ = io.Copy(io.Discard, c)
		}), true},
		{"nobody", "there is no port", away.URL, false},
		{"a server that hangs up", "it may be broken", port(t, func(c net.Conn) { preface(c) }), false},
		{"a server that says rubbish", "it is no HTTP/2 either", port(t, func(c net.Conn) {
			preface(c)
			_, _ = io.WriteString(c, "\x00\x01\x02\x03s3cr3t\r\n\r\n")
		}), false},
		{"a server of HTTP/1.1 that knows no path", "it is HTTP", port(t, func(c net.Conn) {
			preface(c)
			_, _ = io.WriteString(c, "HTTP/1.1 404 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		}), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			exporter := newSink(t, otlplog.WithEndpoint(tt.url+"/s3cr3t"), otlplog.WithTimeout(time.Hour))
			for range 3 { // what was found once is known
				err := exporter.Export(t.Context(), typicals(3))
				if err == nil || strings.Contains(err.Error(), remedy) != tt.grpc || errors.Is(err, httpsink.ErrGRPC) != tt.grpc ||
					sink.IsPermanent(err) || strings.Contains(err.Error(), "s3cr3t") {
					t.Errorf("%v, recognised has to be %v: %s", err, tt.grpc, tt.reason)
				}
			}
		})
	}
}

// TestStaysOffGRPC: a port of gRPC with TLS answers over HTTP/2, also with 200, and has taken nothing.
func TestStaysOffGRPC(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusOK, http.StatusUnsupportedMediaType, http.StatusBadRequest} {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/grpc")
			w.Header().Set("Grpc-Status", "12")
			w.WriteHeader(status)
		}))
		s.EnableHTTP2 = true
		s.StartTLS()
		t.Cleanup(s.Close)
		roots := x509.NewCertPool()
		roots.AddCert(s.Certificate())
		err := newSink(t, otlplog.WithEndpoint(s.URL), otlplog.WithTLS(&tls.Config{RootCAs: roots})).Export(t.Context(), typicals(3))
		if err == nil || !strings.Contains(err.Error(), remedy) || sink.IsPermanent(err) {
			t.Errorf("%d: %v, want that this looks like gRPC, to be tried again", status, err)
		}
	}
}

// TestProbeGoesNoOtherWay: with a proxy the exporter connects to the proxy alone, and a client of the
// application's own is its own matter.
func TestProbeGoesNoOtherWay(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := map[string]int{}
	broken := port(t, func(c net.Conn) {
		b := make([]byte, 4)
		_, _ = io.ReadFull(c, b)
		mu.Lock()
		defer mu.Unlock()
		seen[string(b)]++
	})
	at, err := url.Parse(broken)
	if err != nil {
		t.Fatal(err)
	}
	transport := httpsink.NewTransport()
	transport.Proxy = http.ProxyURL(at)
	t.Cleanup(transport.CloseIdleConnections)
	exporter := newSink(t, otlplog.WithEndpoint("http://collector.invalid/v1/logs"), otlplog.WithHTTPClient(&http.Client{Transport: transport}))
	if err := exporter.Export(t.Context(), typicals(1)); err == nil {
		t.Error("a proxy that hangs up has taken the events")
	}
	mu.Lock()
	defer mu.Unlock()
	if seen["PRI "] > 0 || seen["POST"] == 0 {
		t.Errorf("the proxy was asked %v", seen)
	}
}

// TestGivenUp: "every read of a body ends with the call's deadline, whatever the server does".
func TestGivenUp(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no answer":           "",
		"interim answers":     "HTTP/1.1 103 Early Hints\r\n\r\n",
		"half a body":         "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 1000\r\n\r\nx",
		"another protocol":    upgrade,
		"HTTP/2 and no more":  settings,
		"an error's long end": "HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sinktest.GivenUp(t, text, func(url string) event.Exporter {
				return newSink(t, otlplog.WithEndpoint(url), otlplog.WithTimeout(time.Hour))
			})
		})
	}
}

// TestSwitchedProtocols: without a deadline, too, and the error names it.
func TestSwitchedProtocols(t *testing.T) {
	t.Parallel()
	u, _ := sinktest.Answers(t, func() string { return upgrade })
	err := newSink(t, otlplog.WithEndpoint(u), otlplog.WithTimeout(time.Hour)).Export(context.Background(), typicals(3))
	if err == nil || !strings.Contains(err.Error(), "answers 101 Switching Protocols") || sink.IsPermanent(err) {
		t.Errorf("%v, want that the protocol was changed", err)
	}
}
