package touchpoint

import (
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"cairncx.dev/cairn/internal/flight"
)

// response is one answer: what has become of it, and of the request that it is for. It is the
// [http.ResponseWriter] of a server that can do nothing else; see wrap for the others.
type response struct {
	http.ResponseWriter

	gone     <-chan struct{} // closed when the customer has left, or waits no longer
	status   int             // 0 is that nothing was answered
	written  int64           // bytes of the body
	out      int64           // those of them that left the process while the customer was there
	hijacked bool
	late     bool // it broke off because its time was over
	tooLarge atomic.Uint32

	body  body
	claim flight.Claim // that there is a run with the ID in the request
}

// WriteHeader implements [http.ResponseWriter]. Informational statuses are not the answer.
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

// buffers is more than a server keeps back of what it is given at once.
const buffers = 8 << 10

func (w *response) count(n int, err error, there bool) {
	w.written += int64(n)
	if n >= buffers {
		w.sent(there)
	}
	w.failed(err)
}

// there reports whether the customer is still there. It is asked before what is written leaves the process:
// a customer who has it may go at once.
func (w *response) there() bool {
	select {
	case <-w.gone:
		return false
	default:
		return true
	}
}

// sent notes that what was written so far has left the process, for a customer who was there.
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

// whole reports whether the customer had all of the answer, by the length that it was announced with,
// before they left. The end of an answer without a length is only told when its handler returns. Of a writer
// that cannot flush it is not known: that of [http.TimeoutHandler] keeps all of an answer back, and throws it away
// when the customer leaves.
func (w *response) whole() bool {
	if abilities(w.ResponseWriter)&(hasFlush|hasFlushError) == 0 {
		return false
	}
	length, err := strconv.ParseInt(w.Header().Get("Content-Length"), 10, 64)
	return err == nil && w.out >= length && w.out > 0
}

// discarded reports whether a handler outside has answered instead, as [http.TimeoutHandler] does when
// the time is over: it refuses what is written after that.
func (w *response) discarded() (gone bool) {
	defer func() { _ = recover() }() // a writer that is not ours
	_, err := w.ResponseWriter.Write(nil)
	return err != nil && timedOut(err)
}

// body is the request's body. It finds out that an [http.MaxBytesReader] around it has had enough, which
// tells so only a ResponseWriter of net/http itself: it calls a method of it that is not exported.
type body struct {
	io.ReadCloser

	w *response
}

// What the last read of a body says of a MaxBytesReader.
const (
	isEnough    uint32 = 1 + iota // it has had enough
	mayBeEnough                   // it has, if its reader asked for one byte more than is allowed
)

// Read implements [io.Reader]. A MaxBytesReader cuts what it is asked for down to one byte more than it
// still allows. When it gets all of that it has had enough, and reads no more.
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

// begin is called before the answer begins. A body that was too large closes the connection, as
// net/http's own writer does. Where it only may have been, an error is what it was answered with.
func (w *response) begin(status int) {
	if w.status != 0 {
		return
	}
	if said := w.tooLarge.Load(); said == isEnough || said == mayBeEnough && status >= http.StatusBadRequest {
		w.Header().Set("Connection", "close")
	}
}

// newResponse returns the answer to r, which will be written to w.
func newResponse(w http.ResponseWriter, r *http.Request) (http.ResponseWriter, *response) {
	outside, answer := wrap(w)
	answer.gone = r.Context().Done()
	return outside, answer
}

// read makes the body of inner, a copy of the request, one that tells the answer.
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
