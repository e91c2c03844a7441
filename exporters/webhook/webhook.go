package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/httpsink"
)

// Exporter delivers events to one receiver over HTTP. [New] makes one. It is safe for concurrent use,
// and starts no goroutine but those of its connections, which end with Shutdown.
type Exporter struct {
	cfg      *config
	url      string
	name     string // scheme and host, for errors: the rest may be a secret
	client   *http.Client
	ours     bool // the client's connections
	signers  []*standardwebhooks.Webhook
	encoders sync.Pool
	bodies   httpsink.Bodies
	zips     sync.Pool
	calls    exporters.Calls
}

var (
	_ event.Exporter      = (*Exporter)(nil)
	_ exporters.Addressed = (*Exporter)(nil)
)

// ServerAddress implements [exporters.Addressed]: the receiver's host.
func (e *Exporter) ServerAddress() (host string, port int) {
	if e == nil {
		return "", 0
	}
	return exporters.SplitAddress(e.name)
}

// New returns an exporter to the receiver at an http or https URL. It makes no connection. The error
// has every fault of the URL and the options.
func New(receiver string, opts ...Option) (*Exporter, error) {
	cfg, signers, err := newConfig(opts)
	u, urlErr := url.Parse(receiver)
	switch {
	case urlErr != nil:
		urlErr = errors.New("the receiver is no URL: write one of the form https://host/path") // the error of Parse repeats it
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
		encoders: sync.Pool{New: func() any { return &encoder{own: cfg.source, single: cfg.single} }},
		zips:     sync.Pool{New: newZip},
	}
	e.client, e.ours = newClient(cfg)
	return e, nil
}

var errNotMade = errors.New("the Exporter was not made by New")

// Export implements [event.Exporter]: it returns when the receiver has taken every event, or the first
// failure that may go away has stopped it, or ctx is done, whatever the receiver does. A nil Exporter does
// nothing.
func (e *Exporter) Export(ctx context.Context, events []event.Event) error {
	if e == nil {
		return nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	if ctx.Err() != nil {
		return fmt.Errorf("webhook: %w", context.Cause(ctx))
	}
	if e.client == nil {
		return fmt.Errorf("webhook: %w", errNotMade)
	}
	end, err := e.calls.Begin()
	if err != nil {
		return fmt.Errorf("webhook: %w", err)
	}
	defer end()
	return httpsink.Deliver(events, func(lo, hi int) (int, error) {
		n, err := e.send(ctx, events[lo:hi])
		return lo + n, err
	})
}

// send sends as many of the events as may be in one request, and returns how many these are.
func (e *Exporter) send(ctx context.Context, events []event.Event) (int, error) {
	plain := e.bodies.Get()
	defer plain.Done()
	c := e.encoders.Get().(*encoder) //nolint:forcetypeassert // the pool holds nothing else
	n, id := c.request(plain, events, e.cfg.maxBytes)
	e.encoders.Put(c)
	answer, err := e.post(ctx, plain, id)
	if err != nil {
		return n, fmt.Errorf("webhook: %s: %w", e.name, err)
	}
	if err := answer.Err(); err != nil {
		return n, fmt.Errorf("webhook: %s %w", e.name, err)
	}
	return n, nil
}

// post sends the message, which has the ID.
func (e *Exporter) post(ctx context.Context, plain *httpsink.Body, id event.ID) (*httpsink.Answer, error) {
	header, err := e.header(id, plain.Bytes)
	if err != nil {
		return nil, err
	}
	sent := plain
	if e.cfg.gzip {
		sent = e.bodies.Get()
		defer sent.Done()
		e.compress(sent, plain.Bytes)
	}
	req, err := sent.Request(ctx, e.url, sent.Bytes)
	if err != nil {
		return nil, err
	}
	req.Header = header
	return httpsink.Do(e.client, req, e.cfg.timeout, errPrivate)
}

// header returns the headers of the message's request.
func (e *Exporter) header(id event.ID, body []byte) (http.Header, error) {
	h := e.cfg.header.Clone()
	if h.Get("User-Agent") == "" {
		h.Set("User-Agent", "cairn-webhook")
	}
	// The body of an answer is read and thrown away: nobody is to unpack it for that.
	h.Set("Accept-Encoding", "identity")
	if e.cfg.gzip {
		h.Set("Content-Encoding", "gzip")
	}
	if e.cfg.single {
		h.Set("Content-Type", contentEvent)
	} else {
		h.Set("Content-Type", contentBatch)
	}
	return h, e.sign(h, id.String(), time.Now(), body)
}

// compress writes what is plain in gzip. A Body takes everything, so that no write fails.
func (e *Exporter) compress(to *httpsink.Body, plain []byte) {
	w := e.zips.Get().(*gzip.Writer) //nolint:forcetypeassert // the pool holds nothing else
	defer e.zips.Put(w)
	w.Reset(to)
	_, _ = w.Write(plain)
	_ = w.Close()
}

// newZip returns a writer of gzip that has no destination yet.
func newZip() any {
	w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is one that exists
	return w
}

// Shutdown implements [event.Exporter]: it takes no more events, waits for the calls of Export that are
// under way, and closes the connections. It may be called again when ctx was done first.
func (e *Exporter) Shutdown(ctx context.Context) error {
	if e == nil {
		return nil
	}
	if err := e.calls.Close(ctx); err != nil {
		return fmt.Errorf("webhook: shutdown: %w", err)
	}
	if e.ours {
		e.client.CloseIdleConnections()
	}
	return nil
}
