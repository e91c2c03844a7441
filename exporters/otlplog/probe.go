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
	// probeFor is how long a look at what a port speaks may take.
	probeFor = 5 * time.Second
	// probeEvery is how long what it has found is believed.
	probeEvery = time.Minute
)

// withRemedy adds to the error of a port that speaks gRPC which one is meant.
func withRemedy(err error) error {
	if errors.Is(err, httpsink.ErrGRPC) {
		return fmt.Errorf("%w: this looks like OTLP/gRPC, and this exporter speaks OTLP/HTTP: a Collector has port 4318 for it", err)
	}
	return err
}

// probe finds out whether a receiver that does not answer in HTTP/1.1 speaks HTTP/2, as every port of OTLP/gRPC
// does: most such servers hang up without a word, so that the failure alone does not tell. Safe for concurrent
// use.
type probe struct {
	mu    sync.Mutex
	at    time.Time
	found bool
}

// clear forgets what was found: the receiver has answered.
func (p *probe) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at, p.found = time.Time{}, false
}

// look reports whether the port at the URL speaks HTTP/2 without TLS. It looks once a minute; in between it
// says what it has found.
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

// speaksHTTP2 connects to the port at the URL as the transport does, and begins a connection of HTTP/2 with
// prior knowledge (RFC 9113, section 3.3). With TLS or a proxy it does not look.
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
	// Every server begins with its settings (section 3.4). A frame that is larger is none of them.
	framer := http2.NewFramer(io.Discard, conn)
	framer.SetMaxReadFrameSize(1 << 10)
	frame, err := framer.ReadFrame()
	if err != nil {
		return false
	}
	settings, ok := frame.(*http2.SettingsFrame)
	return ok && !settings.IsAck()
}
