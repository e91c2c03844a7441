package otlplog

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
)

// maxKept is how large a buffer may be that is kept for the next request.
const maxKept = 8 << 20

// bodies are the pools of what is sent. A transport may read a body for longer than its request takes, and
// more than once: it goes back to the pool when the last reader of it has been closed.
type bodies struct {
	plain, zips sync.Pool
}

// body is what one request sends.
type body struct {
	of   *bodies
	buf  []byte // all of the memory
	data []byte // the part that is sent
	refs atomic.Int32
}

// get returns a body with an empty buffer. Who has it calls done.
func (p *bodies) get() *body {
	b, ok := p.plain.Get().(*body)
	if !ok {
		b = &body{of: p}
	}
	b.refs.Store(1)
	b.buf = b.buf[:0]
	return b
}

// done gives up one use of the body.
func (b *body) done() {
	if b.refs.Add(-1) == 0 && cap(b.buf) <= maxKept {
		b.data = nil
		b.of.plain.Put(b)
	}
}

// reader returns a reader of the body, which uses it until it is closed.
func (b *body) reader() io.ReadCloser {
	b.refs.Add(1)
	r := &reader{b: b}
	r.src.Reset(b.data)
	return r
}

// reader closes once, from whichever goroutine; a Read after that is the transport's fault, and reads
// nothing. It has no other methods of a bytes.Reader, which would not wait for Close.
type reader struct {
	mu  sync.Mutex
	src bytes.Reader
	b   *body
}

// Read implements [io.Reader].
func (r *reader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.b == nil {
		return 0, io.EOF
	}
	return r.src.Read(p) //nolint:wrapcheck // io.EOF is to stay what it is
}

// Close implements [io.Closer].
func (r *reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.b != nil {
		r.src.Reset(nil)
		r.b.done()
		r.b = nil
	}
	return nil
}

// compress returns a body that is the data in gzip.
func (p *bodies) compress(data []byte) (*body, error) {
	b := p.get()
	out := bytes.NewBuffer(b.buf)
	w, ok := p.zips.Get().(*gzip.Writer)
	if ok {
		w.Reset(out)
	} else {
		var err error
		if w, err = gzip.NewWriterLevel(out, gzip.BestSpeed); err != nil {
			return nil, fmt.Errorf("compressing: %w", err)
		}
	}
	defer p.zips.Put(w)
	if _, err := w.Write(data); err != nil {
		return nil, fmt.Errorf("compressing: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compressing: %w", err)
	}
	b.buf = out.Bytes()
	b.data = b.buf
	return b, nil
}
