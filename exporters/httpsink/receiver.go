package httpsink

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

// Receiver is the receiver of a sink's requests, with the work that every sink over HTTP has besides its encoding. It counts
// the calls of Export, delivers a batch in requests, compresses and sends each request, and waits and closes the connections
// at Shutdown. A sink has one Receiver and fills in its fields before the first call. A Receiver must not be copied after the
// first call. It is safe for concurrent use.
type Receiver struct {
	// Prefix is the name of the sink's package. The errors of Export, Flush and Shutdown begin with it. Default: "httpsink".
	Prefix string
	// URL is the address of the requests. Errors never repeat it, because it may hold a secret.
	URL string
	// Name is the scheme and the host of the URL. It stands for the receiver in errors and metrics.
	Name string
	// Client sends the requests. If it is nil, as in a sink that its constructor has not made, Export fails.
	Client *http.Client
	// Owned says that the connections of Client belong to the sink. Shutdown then closes those that are idle.
	Owned bool
	// Timeout bounds one request as in [Do]. Default, and for 0 or less: [DefaultTimeout].
	Timeout time.Duration
	// Compress returns a compressor that writes to w. Default: nil, and requests are not compressed.
	Compress func(w io.Writer) (Compressor, error)
	// Known are errors of the transport that [Do] returns unchanged.
	Known []error
	// Bodies is the pool of request bodies.
	Bodies Bodies

	compressors sync.Pool
	calls       sink.Calls
}

// Compressor is a reusable writer of compressed data, such as a gzip.Writer.
type Compressor interface {
	io.WriteCloser
	// Reset discards the state. The compressor writes to w from then on.
	Reset(w io.Writer)
}

var errNotMade = errors.New("the exporter was not made by New: call New")

// Export implements [event.Exporter] for the sink. It delivers the batch as [Deliver] does. send makes one request with the
// context that it gets, which is never nil. The errors of send must begin with [Receiver].Prefix. Export adds the prefix to
// its own errors.
func (r *Receiver) Export(ctx context.Context, events []event.Event, send func(ctx context.Context, lo, hi int) (end int, err error)) error {
	if ctx == nil {
		ctx = context.Background()
	}
	if ctx.Err() != nil {
		return r.failed(context.Cause(ctx))
	}
	if r.Client == nil {
		return r.failed(errNotMade)
	}
	end, err := r.calls.Begin()
	if err != nil {
		return r.failed(err)
	}
	defer end()
	return Deliver(events, func(lo, hi int) (int, error) { return send(ctx, lo, hi) })
}

// Post sends part of the body and reads the answer as [Do] does. It compresses the part if [Receiver].Compress is set. The
// header belongs to the request from then on, and Post changes it: it asks for an uncompressed answer, and sets User-Agent if
// the header has none. The errors of Post have no prefix.
func (r *Receiver) Post(ctx context.Context, header http.Header, body *Body, part []byte) (*Answer, error) {
	if r.Compress != nil {
		compressed := r.Bodies.Get()
		defer compressed.Done()
		if err := r.compress(compressed, part); err != nil {
			return nil, fmt.Errorf("compressing: %w", err)
		}
		body, part = compressed, compressed.Bytes
	}
	req, err := body.Request(ctx, r.URL, part)
	if err != nil {
		return nil, err
	}
	req.Header = header
	header.Set("Accept-Encoding", "identity") // an answer is short, and the sink discards most of it
	if header.Get("User-Agent") == "" {
		header.Set("User-Agent", "cairn-"+r.Prefix)
	}
	return Do(r.Client, req, r.Timeout, r.Known...)
}

// compress writes the compressed form of plain to the body.
func (r *Receiver) compress(to *Body, plain []byte) error {
	c, ok := r.compressors.Get().(Compressor)
	if ok {
		c.Reset(to)
	} else {
		var err error
		if c, err = r.Compress(to); err != nil {
			return err
		}
	}
	defer r.compressors.Put(c)
	_, err := c.Write(plain)
	return errors.Join(err, c.Close())
}

// Flush waits for the calls of Export that are in progress. It returns an error if ctx is done first.
func (r *Receiver) Flush(ctx context.Context) error {
	if err := r.calls.Wait(ctx); err != nil {
		return r.failed(fmt.Errorf("flush: %w", err))
	}
	return nil
}

// Shutdown implements [event.Exporter] for the sink. Export fails from then on. Shutdown waits for the calls that are in
// progress and closes the idle connections that the sink owns. If ctx is done first, Shutdown returns an error and may be
// called again.
func (r *Receiver) Shutdown(ctx context.Context) error {
	err := r.calls.Shutdown(ctx, func() error {
		if r.Owned && r.Client != nil {
			r.Client.CloseIdleConnections()
		}
		return nil
	})
	if err != nil {
		return r.failed(fmt.Errorf("shutdown: %w", err))
	}
	return nil
}

// ServerAddress implements [sink.Addressed] for the sink.
func (r *Receiver) ServerAddress() (host string, port int) { return sink.SplitAddress(r.Name) }

// failed returns err with [Receiver].Prefix before it.
func (r *Receiver) failed(err error) error {
	return fmt.Errorf("%s: %w", cmp.Or(r.Prefix, "httpsink"), err)
}
