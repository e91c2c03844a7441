package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/httpsink"
	"cairncx.dev/cairn/exporters/sink"
)

// Exporter delivers events to one receiver over HTTP. [New] makes one. It is safe for concurrent use. Its only goroutines are
// those of its requests and connections. The goroutines of connections end with Shutdown. A nil Exporter does nothing.
type Exporter struct {
	cfg      *config
	receiver httpsink.Receiver
	signers  []*standardwebhooks.Webhook
	encoders sync.Pool
}

var (
	_ event.Exporter = (*Exporter)(nil)
	_ sink.Addressed = (*Exporter)(nil)
)

// ServerAddress implements [sink.Addressed]. It returns the receiver's host and port.
func (e *Exporter) ServerAddress() (host string, port int) {
	if e == nil {
		return "", 0
	}
	return e.receiver.ServerAddress()
}

// New returns an exporter to the receiver at an http or https URL. It makes no connection. The error joins all faults of the
// URL and the options.
func New(receiver string, opts ...Option) (*Exporter, error) {
	cfg, signers, err := newConfig(opts)
	u, urlErr := url.Parse(receiver)
	switch {
	case urlErr != nil:
		urlErr = errors.New("the receiver is no URL: write one of the form https://host/path") // the error of Parse repeats the URL
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		urlErr = errors.New("the receiver is no URL of the form https://host/path")
	}
	if err = errors.Join(urlErr, err); err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	u.Fragment, u.RawFragment = "", ""
	u.Host = strings.ToLower(u.Host)
	e := &Exporter{
		cfg: cfg, signers: signers,
		receiver: httpsink.Receiver{
			Prefix: "webhook", URL: u.String(), Name: u.Scheme + "://" + u.Host, Timeout: cfg.timeout, Known: []error{errPrivate},
		},
		encoders: sync.Pool{New: func() any { return &encoder{own: cfg.source, single: cfg.single} }},
	}
	if cfg.gzip {
		e.receiver.Compress = compressor
	}
	e.receiver.Client, e.receiver.Owned = newClient(cfg)
	return e, nil
}

var errNotMade = errors.New("webhook: the Exporter was not made by New: call New")

// compressor returns a gzip writer for requests.
func compressor(w io.Writer) (httpsink.Compressor, error) {
	return gzip.NewWriterLevel(w, gzip.BestSpeed) //nolint:wrapcheck // the level is valid, so there is no error
}

// Export implements [event.Exporter]. It returns nil if the receiver has taken every event. The first transient failure ends
// the call. If the receiver has taken some of the events, the error is a [sink.PartialError] that names the others. Export
// returns when ctx is done, whatever the receiver does. A nil Exporter does nothing.
func (e *Exporter) Export(ctx context.Context, events []event.Event) error {
	if e == nil {
		return nil
	}
	if e.receiver.Client == nil {
		return errNotMade
	}
	return e.receiver.Export(ctx, events, func(ctx context.Context, lo, hi int) (int, error) {
		n, err := e.send(ctx, events[lo:hi])
		return lo + n, err
	})
}

// send sends one request with as many of the events as fit, and returns their number.
func (e *Exporter) send(ctx context.Context, events []event.Event) (int, error) {
	body := e.receiver.Bodies.Get()
	defer body.Done()
	c := e.encoders.Get().(*encoder) //nolint:forcetypeassert // the pool holds nothing else
	n, id := c.request(body, events, e.cfg.maxBytes)
	e.encoders.Put(c)
	header, err := e.header(id, body.Bytes)
	if err != nil {
		return n, fmt.Errorf("webhook: %s: %w", e.receiver.Name, err)
	}
	answer, err := e.receiver.Post(ctx, header, body, body.Bytes)
	if err != nil {
		return n, fmt.Errorf("webhook: %s: %w", e.receiver.Name, err)
	}
	if err := answer.Err(); err != nil {
		return n, fmt.Errorf("webhook: %s %w", e.receiver.Name, err)
	}
	return n, nil
}

// header returns the headers of the request, with the signature.
func (e *Exporter) header(id event.ID, body []byte) (http.Header, error) {
	h := e.cfg.header.Clone()
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

// Shutdown implements [event.Exporter]. Export fails from then on. Shutdown waits for the calls that are in progress and
// closes the idle connections, except those of a client from [WithHTTPClient]. If ctx is done first, Shutdown returns an error
// and may be called again.
func (e *Exporter) Shutdown(ctx context.Context) error {
	if e == nil {
		return nil
	}
	return e.receiver.Shutdown(ctx)
}
