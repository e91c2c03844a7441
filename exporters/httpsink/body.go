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

// maxKept bounds the size of a buffer that goes back to the pool, in bytes.
const maxKept = 8 << 20

// Bodies is a pool of request bodies. The zero value is ready to use. Bodies must not be copied. It is safe for concurrent
// use.
type Bodies struct{ pool sync.Pool }

// Body is a buffer for the content of requests. A transport may read the content more than once, and for longer than the
// request takes. The buffer therefore goes back to the pool when its owner has called Done and the last reader is closed. One
// goroutine owns a Body.
type Body struct {
	// Bytes is the content so far. The owner appends to it until the first Request and does not change it after that.
	Bytes []byte

	of   *Bodies
	uses atomic.Int32
}

// Get returns an empty body. The owner calls Done once. On a nil Bodies, Get makes a new body.
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

// Write implements [io.Writer] and appends p to Bytes, so that a compressor can write to a Body. It never fails.
func (b *Body) Write(p []byte) (int, error) {
	b.Bytes = append(b.Bytes, p...)
	return len(p), nil
}

// Done ends the owner's use of the body. On a nil Body it does nothing.
func (b *Body) Done() {
	if b != nil && b.uses.Add(-1) == 0 && cap(b.Bytes) <= maxKept {
		b.of.pool.Put(b)
	}
}

// Request returns a POST of part, which is a slice of Bytes. A nil ctx is context.Background(). The body stays in use until
// the request's Body and every copy from its GetBody are closed, which the transport does. The error does not repeat the URL,
// because the URL may hold a secret.
func (b *Body) Request(ctx context.Context, url string, part []byte) (*http.Request, error) {
	if ctx == nil {
		ctx = context.Background()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, http.NoBody)
	if err != nil {
		return nil, errors.New("no request can be made of the URL") // err repeats the URL
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

// reader reads a part of a body. Any goroutine may close it, and only the first Close has an effect. A Read after Close is a
// fault of the transport and returns io.EOF. The reader hides the other methods of bytes.Reader, because they would not
// synchronize with Close.
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
	return r.part.Read(p) //nolint:wrapcheck // io.EOF must stay unwrapped
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
