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

// Receiver is the one receiver that a sink sends to, with what every sink over HTTP does around its own encoding: calls of
// Export are counted, a batch is delivered in requests, a request is compressed and sent, and Shutdown waits and closes the
// connections. A sink holds one and fills in its fields before the first call. It must not be copied after that. Safe for
// concurrent use.
type Receiver struct {
	// Prefix begins the errors of Export, Flush and Shutdown: the name of the sink's package.
	Prefix string
	// URL takes the requests. Errors never repeat it, because it may hold a secret.
	URL string
	// Name stands for the receiver in errors and metrics: the scheme and the host of the URL.
	Name string
	// Client sends the requests. Export fails if it is nil, as in a sink that its constructor has not made.
	Client *http.Client
	// Owned says that the connections of Client are the sink's: Shutdown closes those that are idle.
	Owned bool
	// Timeout bounds one request, see [Do].
	Timeout time.Duration
	// Compress returns a compressor that writes to w. Default, and for nil: requests are sent as they are.
	Compress func(w io.Writer) (Compressor, error)
	// Known errors of the transport pass through [Do] as they are.
	Known []error
	// Bodies has the buffers that requests are made of.
	Bodies Bodies

	compressors sync.Pool
	calls       sink.Calls
}

// Compressor is a writer of compressed data that is used again, such as a gzip.Writer.
type Compressor interface {
	io.WriteCloser
	// Reset discards the state, and writes to w from now on.
	Reset(w io.Writer)
}

var errNotMade = errors.New("the exporter was not made by New: call New")

// Export implements [event.Exporter] for the sink: it delivers the batch as [Deliver] does. send makes one request with the
// context that it gets, which is never nil. The errors of send must have the prefix, those of Export's own get it.
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

// Post sends part of the body, compressed if [Receiver].Compress is set, and reads the answer as [Do] does. It changes the
// header, which is the request's from now on: it asks for an answer that is not compressed, and names the sink as the user
// agent if the header names none. Its errors have no prefix.
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
	header.Set("Accept-Encoding", "identity") // an answer is short, and most of it is thrown away
	if header.Get("User-Agent") == "" {
		header.Set("User-Agent", "cairn-"+r.Prefix)
	}
	return Do(r.Client, req, r.Timeout, r.Known...)
}

// compress writes what is plain in its compressed form.
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

// Flush returns nil when the calls of Export that are under way have returned.
func (r *Receiver) Flush(ctx context.Context) error {
	if err := r.calls.Wait(ctx); err != nil {
		return r.failed(fmt.Errorf("flush: %w", err))
	}
	return nil
}

// Shutdown implements [event.Exporter] for the sink: Export fails from now on. Shutdown waits for the calls that are under way
// and closes the connections that are the sink's. After ctx was done first it may be called again.
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

// failed returns err with the prefix.
func (r *Receiver) failed(err error) error {
	return fmt.Errorf("%s: %w", cmp.Or(r.Prefix, "httpsink"), err)
}
