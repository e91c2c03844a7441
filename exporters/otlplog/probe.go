package otlplog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/net/http2"

	"cairncx.dev/cairn/exporters/httpsink"
)

const (
	// probeFor bounds the time of one probe.
	probeFor = 5 * time.Second
	// probeEvery is the time for which a result of the probe is valid.
	probeEvery = time.Minute
)

// withRemedy adds the port to use to the error of a port that speaks gRPC.
func withRemedy(err error) error {
	if errors.Is(err, httpsink.ErrGRPC) {
		return fmt.Errorf("%w: this looks like OTLP/gRPC, and this exporter speaks OTLP/HTTP: a Collector has port 4318 for it", err)
	}
	return err
}

// probe finds out whether a receiver that does not answer in HTTP/1.1 speaks HTTP/2, as every port of OTLP/gRPC does. Most
// such servers close the connection without an answer, so the failure alone does not show it. Safe for concurrent use.
type probe struct {
	mu    sync.Mutex
	at    time.Time
	found bool
}

// clear discards the last result. The caller calls it when the receiver has answered.
func (p *probe) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at, p.found = time.Time{}, false
}

// look reports whether the port at the URL speaks HTTP/2 without TLS. It probes at most once a minute and returns the last
// result in between.
func (p *probe) look(ctx context.Context, t *http.Transport, endpoint string) bool {
	p.mu.Lock()
	found, fresh := p.found, !p.at.IsZero() && time.Since(p.at) < probeEvery
	if !fresh {
		p.at = time.Now()
	}
	p.mu.Unlock()
	if fresh {
		return found
	}
	found = speaksHTTP2(ctx, t, endpoint)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.found = found
	return found
}

// speaksHTTP2 connects to the port at the URL as the transport does, and begins an HTTP/2 connection with prior knowledge (RFC
// 9113, section 3.3). It returns false without a connection for TLS and for a proxy.
func speaksHTTP2(ctx context.Context, t *http.Transport, endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" {
		return false
	}
	if t.Proxy != nil {
		if proxy, err := t.Proxy(&http.Request{Method: http.MethodPost, URL: u}); err != nil || proxy != nil {
			return false
		}
	}
	port := u.Port()
	if port == "" {
		port = "80"
	}
	ctx, cancel := context.WithTimeout(ctx, probeFor)
	defer cancel()
	conn, err := t.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return false
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	defer func() { _ = conn.Close() }()
	var hello bytes.Buffer
	hello.WriteString(http2.ClientPreface)
	if err := http2.NewFramer(&hello, nil).WriteSettings(); err != nil {
		return false
	}
	if _, err := hello.WriteTo(conn); err != nil {
		return false
	}
	// Every server begins with a SETTINGS frame (section 3.4). A frame over 1 KiB is not one.
	framer := http2.NewFramer(io.Discard, conn)
	framer.SetMaxReadFrameSize(1 << 10)
	frame, err := framer.ReadFrame()
	if err != nil {
		return false
	}
	settings, ok := frame.(*http2.SettingsFrame)
	return ok && !settings.IsAck()
}
