package touchpoint

import (
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// response is the answer to one request, and what became of it. It is the [http.ResponseWriter] for a server's writer without
// further abilities; wrap makes the others.
type response struct {
	http.ResponseWriter

	gone     <-chan struct{} // closed when the customer has left, or the deadline has passed
	status   int             // 0 before the answer begins
	written  int64           // bytes of the body
	out      int64           // the bytes that left the process while the customer was there
	hijacked bool
	late     bool // a write failed because the deadline had passed
	tooLarge atomic.Uint32

	body body
}

// WriteHeader implements [http.ResponseWriter]. An informational status does not begin the answer.
func (w *response) WriteHeader(status int) {
	w.begin(status)
	if w.status == 0 && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (w *response) Write(b []byte) (int, error) {
	w.wrote()
	there := len(b) < buffers || w.there()
	n, err := w.ResponseWriter.Write(b)
	w.count(n, err, there)
	return n, err //nolint:wrapcheck // the handler's own call
}

// Unwrap is for [http.ResponseController].
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *response) wrote() {
	if w.begin(http.StatusOK); w.status == 0 {
		w.status = http.StatusOK
	}
}

// buffers is more than a server keeps back of one write, in bytes.
const buffers = 8 << 10

func (w *response) count(n int, err error, there bool) {
	w.written += int64(n)
	if n >= buffers {
		w.sent(there)
	}
	w.failed(err)
}

// there reports whether the customer is still there. Call it before a write leaves the process: a customer may leave as soon as they
// have the answer.
func (w *response) there() bool {
	select {
	case <-w.gone:
		return false
	default:
		return true
	}
}

// sent notes that every byte so far has left the process, for a customer who was there.
func (w *response) sent(there bool) {
	if there {
		w.out = w.written
	}
}

func (w *response) failed(err error) {
	if err != nil && timedOut(err) {
		w.late = true
	}
}

// whole reports whether the customer had the whole answer before they left, by the announced length. An answer without a length ends
// when its handler returns, so whole is false for it. It is false also for a writer that cannot flush: the one of
// [http.TimeoutHandler] keeps the whole answer back, and discards it when the customer leaves.
func (w *response) whole() bool {
	if abilities(w.ResponseWriter)&(hasFlush|hasFlushError) == 0 {
		return false
	}
	length, err := strconv.ParseInt(w.Header().Get("Content-Length"), 10, 64)
	return err == nil && w.out >= length && w.out > 0
}

// discarded reports whether a handler outside has answered instead. [http.TimeoutHandler] does so after its timeout, and refuses
// every write from then on.
func (w *response) discarded() (gone bool) {
	defer func() { _ = recover() }() // another package's writer may panic
	_, err := w.ResponseWriter.Write(nil)
	return err != nil && timedOut(err)
}

// body is the request's body. It finds out whether an [http.MaxBytesReader] around it has reached its limit. A MaxBytesReader
// reports that through an unexported method of net/http's own ResponseWriter, which a wrapper cannot have.
type body struct {
	io.ReadCloser

	w *response
}

// The states of a MaxBytesReader, by the last read of the body.
const (
	isEnough    uint32 = 1 + iota // it has reached its limit
	mayBeEnough                   // it has reached its limit, if its caller asked for more than the limit
)

// Read implements [io.Reader]. A MaxBytesReader asks for at most one byte more than it still allows. When it gets all of that, it has
// reached its limit and reads no more.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	var said uint32
	if n > 0 && n == len(p) && calledByMaxBytesReader() {
		if said = mayBeEnough; cap(p) > len(p) {
			said = isEnough
		}
	}
	if b.w.tooLarge.Load() != said {
		b.w.tooLarge.Store(said)
	}
	return n, err //nolint:wrapcheck // the handler's own call
}

// begin runs before the answer begins. It closes the connection after a body that was too large, as net/http's own writer does. Where
// the body only may have been too large, an error status decides.
func (w *response) begin(status int) {
	if w.status != 0 {
		return
	}
	if said := w.tooLarge.Load(); said == isEnough || said == mayBeEnough && status >= http.StatusBadRequest {
		w.Header().Set("Connection", "close")
	}
}

// read connects the body of inner, a copy of the request, with the answer.
func (w *response) read(inner *http.Request) {
	if inner.ProtoMajor == 1 && inner.Body != nil && inner.Body != http.NoBody {
		w.body = body{inner.Body, w}
		inner.Body = &w.body
	}
}

// The abilities that a ResponseWriter may have, besides those of net/http's own interfaces.
type (
	flushErrorer interface{ FlushError() error }
	deadliner    interface {
		SetReadDeadline(deadline time.Time) error
		SetWriteDeadline(deadline time.Time) error
	}
	fullDuplexer interface{ EnableFullDuplex() error }
)
