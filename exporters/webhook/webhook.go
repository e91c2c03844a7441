package webhook

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
)

// Exporter delivers events to one receiver over HTTP. [New] makes one. It is safe for concurrent use,
// and starts no goroutine but those of its connections, which end with Shutdown.
type Exporter struct {
	cfg     *config
	url     string
	name    string // scheme and host, for errors: the rest may be a secret
	client  *http.Client
	ours    bool // the client's connections
	signers []*standardwebhooks.Webhook
	zips    sync.Pool
	gate    gate
}

var _ event.Exporter = (*Exporter)(nil)

// New returns an exporter to the receiver at an http or https URL. It makes no connection. The error
// has every fault of the URL and the options.
func New(receiver string, opts ...Option) (*Exporter, error) {
	cfg, signers, err := newConfig(opts)
	u, urlErr := url.Parse(receiver)
	switch {
	case urlErr != nil:
		urlErr = errors.New("the receiver is no URL") // the error of Parse repeats it
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		urlErr = errors.New("the receiver is no URL of the form https://host/path")
	}
	if err = errors.Join(urlErr, err); err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	u.Fragment, u.RawFragment = "", ""
	u.Host = strings.ToLower(u.Host)
	e := &Exporter{
		cfg: cfg, url: u.String(), name: u.Scheme + "://" + u.Host, signers: signers,
		zips: sync.Pool{New: func() any {
			w, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed) // the level is one
			return w
		}},
	}
	e.client, e.ours = newClient(cfg)
	return e, nil
}

// Export implements [event.Exporter]: it returns when the receiver has taken every event, or the first
// failure that may go away has stopped it. A nil Exporter does nothing.
func (e *Exporter) Export(ctx context.Context, events []event.Event) error {
	if ctx.Err() != nil {
		return fmt.Errorf("webhook: %w", context.Cause(ctx))
	}
	if e == nil {
		return nil
	}
	if e.client == nil {
		return fmt.Errorf("webhook: %w", errNotMade)
	}
	if !e.gate.enter() {
		return fmt.Errorf("webhook: %w", exporters.ErrClosed)
	}
	defer e.gate.leave()
	if len(events) == 0 {
		return nil
	}
	d := delivery{e: e, events: events, splits: maxSplits}
	return d.run(ctx)
}

var errNotMade = errors.New("the Exporter was not made by New")

// body returns what is sent of the messages.
func (e *Exporter) body(msgs []message) []byte {
	if e.cfg.single {
		return msgs[0].json
	}
	n := 2
	for i := range msgs {
		n += len(msgs[i].json) + 1
	}
	b := append(make([]byte, 0, n), '[')
	for i := range msgs {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, msgs[i].json...)
	}
	return append(b, ']')
}

// compress returns the body in gzip.
func (e *Exporter) compress(body []byte) ([]byte, error) {
	w := e.zips.Get().(*gzip.Writer) //nolint:forcetypeassert // the pool holds nothing else
	defer e.zips.Put(w)
	var b bytes.Buffer
	b.Grow(len(body)/4 + 64)
	w.Reset(&b)
	if _, err := w.Write(body); err != nil {
		return nil, fmt.Errorf("compressing: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compressing: %w", err)
	}
	return b.Bytes(), nil
}

// Shutdown implements [event.Exporter]: it takes no more events, waits for the calls of Export that are
// under way, and closes the connections. It may be called again when ctx was done first.
func (e *Exporter) Shutdown(ctx context.Context) error {
	if e == nil {
		return nil
	}
	if err := e.gate.close(ctx); err != nil {
		return fmt.Errorf("webhook: shutdown: %w", err)
	}
	if e.ours {
		e.client.CloseIdleConnections()
	}
	return nil
}
