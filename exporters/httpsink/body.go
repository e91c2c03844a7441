package httpsink

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
)

// maxKept is how large a buffer may be, in bytes, that is kept for the next request.
const maxKept = 8 << 20

// Bodies is a pool of what requests send. The zero value is ready; it is not to be copied. Safe for
// concurrent use.
type Bodies struct{ pool sync.Pool }

// Body is a buffer that requests are made of. A transport may read what it sends for longer than the request
// takes, and more than once: the buffer goes back to the pool when its owner has called Done, and the
// last reader of it has been closed. One goroutine owns it.
type Body struct {
	// Bytes is what has been written. It is appended to until the first Request, and not changed after
	// that.
	Bytes []byte

	of   *Bodies
	uses atomic.Int32
}

// Get returns an empty body. Its owner calls Done, once.
func (p *Bodies) Get() *Body {
	if p == nil {
		p = &Bodies{}
	}
	b, ok := p.pool.Get().(*Body)
	if !ok {
		b = &Body{of: p}
	}
	b.uses.Store(1)
	b.Bytes = b.Bytes[:0]
	return b
}

// Write implements [io.Writer] by appending to Bytes, for what compresses. It never fails.
func (b *Body) Write(p []byte) (int, error) {
	b.Bytes = append(b.Bytes, p...)
	return len(p), nil
}

// Done ends the owner's use of the body. On a nil body it does nothing.
func (b *Body) Done() {
	if b != nil && b.uses.Add(-1) == 0 && cap(b.Bytes) <= maxKept {
		b.of.pool.Put(b)
	}
}

// Request returns a POST of part, which is a slice of Bytes. The error does not repeat the URL, which may
// hold a secret. The body is in use from now on until the request has been sent, or its Body is closed.
func (b *Body) Request(ctx context.Context, url string, part []byte) (*http.Request, error) {
	if ctx == nil {
		ctx = context.Background()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, http.NoBody)
	if err != nil {
		return nil, errors.New("no request can be made of the URL") // err repeats it
	}
	if len(part) == 0 {
		return req, nil
	}
	open := func() (io.ReadCloser, error) {
		b.uses.Add(1)
		r := &reader{body: b}
		r.part.Reset(part)
		return r, nil
	}
	req.ContentLength = int64(len(part))
	req.Body, _ = open()
	req.GetBody = open
	return req, nil
}

// reader closes once, from whichever goroutine; a Read after that is the transport's fault, and reads
// nothing. It has no other methods of a bytes.Reader, which would not wait for Close.
type reader struct {
	mu   sync.Mutex
	part bytes.Reader
	body *Body
}

// Read implements [io.Reader].
func (r *reader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.body == nil {
		return 0, io.EOF
	}
	return r.part.Read(p) //nolint:wrapcheck // io.EOF is to stay what it is
}

// Close implements [io.Closer].
func (r *reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.body != nil {
		r.part.Reset(nil)
		r.body.Done()
		r.body = nil
	}
	return nil
}
