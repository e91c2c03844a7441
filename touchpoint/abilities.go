package touchpoint

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"runtime"
	"time"

	"github.com/felixge/httpsnoop"
)

// The abilities of a ResponseWriter, as bits.
const (
	hasFlush = 1 << iota
	hasFlushError
	hasCloseNotify
	hasHijack
	hasReadFrom
	hasDeadlines
	hasFullDuplex
	hasPush
	hasWriteString

	hasAllOfHTTP1 = hasFlush | hasFlushError | hasCloseNotify | hasHijack | hasReadFrom | hasDeadlines | hasFullDuplex | hasWriteString
	hasAllOfHTTP2 = hasFlush | hasFlushError | hasCloseNotify | hasDeadlines | hasFullDuplex | hasPush | hasWriteString
	hasAllOfTests = hasFlush | hasWriteString // httptest.ResponseRecorder
)

func abilities(w http.ResponseWriter) (has int) {
	note := func(ok bool, bit int) {
		if ok {
			has |= bit
		}
	}
	_, ok := w.(http.Flusher)
	note(ok, hasFlush)
	_, ok = w.(flushErrorer)
	note(ok, hasFlushError)
	_, ok = w.(http.CloseNotifier) //nolint:staticcheck // handlers still ask for it
	note(ok, hasCloseNotify)
	_, ok = w.(http.Hijacker)
	note(ok, hasHijack)
	_, ok = w.(io.ReaderFrom)
	note(ok, hasReadFrom)
	_, ok = w.(deadliner)
	note(ok, hasDeadlines)
	_, ok = w.(fullDuplexer)
	note(ok, hasFullDuplex)
	_, ok = w.(http.Pusher)
	note(ok, hasPush)
	_, ok = w.(io.StringWriter)
	note(ok, hasWriteString)
	return has
}

// wrap returns the writer for the handler. It has exactly the abilities of w, because handlers look for them by type
// assertion and do without the ones that are missing. The writers of net/http, and otelhttp's wrappers of them, have a type
// each and cost one allocation. httpsnoop covers the other 508 sets of abilities, with two allocations for each ability.
func wrap(w http.ResponseWriter) (http.ResponseWriter, *exchange) {
	switch abilities(w) {
	case 0:
		x := &exchange{response: response{ResponseWriter: w}}
		return &x.response, x
	case hasAllOfTests:
		v := &testWriter{exchange: exchange{response: response{ResponseWriter: w}}}
		a := &v.response
		v.canFlush.r, v.canWriteString.r = a, a
		return v, &v.exchange
	case hasAllOfHTTP1:
		v := &http1Writer{exchange: exchange{response: response{ResponseWriter: w}}}
		a := &v.response
		v.canFlush.r, v.canFlushError.r, v.canCloseNotify.r, v.canHijack.r = a, a, a, a
		v.canReadFrom.r, v.canSetDeadlines.r, v.canFullDuplex.r, v.canWriteString.r = a, a, a, a
		return v, &v.exchange
	case hasAllOfHTTP2:
		v := &http2Writer{exchange: exchange{response: response{ResponseWriter: w}}}
		a := &v.response
		v.canFlush.r, v.canFlushError.r, v.canCloseNotify.r = a, a, a
		v.canSetDeadlines.r, v.canFullDuplex.r, v.canPush.r, v.canWriteString.r = a, a, a, a
		return v, &v.exchange
	default:
		x := &exchange{response: response{ResponseWriter: w}}
		a := &x.response
		return httpsnoop.Wrap(w, httpsnoop.Hooks{
			WriteHeader: func(httpsnoop.WriteHeaderFunc) httpsnoop.WriteHeaderFunc { return a.WriteHeader },
			Write:       func(httpsnoop.WriteFunc) httpsnoop.WriteFunc { return a.Write },
			WriteString: func(httpsnoop.WriteStringFunc) httpsnoop.WriteStringFunc { return canWriteString{a}.WriteString },
			Flush:       func(httpsnoop.FlushFunc) httpsnoop.FlushFunc { return canFlush{a}.Flush },
			FlushError:  func(httpsnoop.FlushErrorFunc) httpsnoop.FlushErrorFunc { return canFlushError{a}.FlushError },
			Hijack:      func(httpsnoop.HijackFunc) httpsnoop.HijackFunc { return canHijack{a}.Hijack },
			ReadFrom:    func(httpsnoop.ReadFromFunc) httpsnoop.ReadFromFunc { return canReadFrom{a}.ReadFrom },
		}), x
	}
}

type testWriter struct {
	exchange
	canFlush
	canWriteString
}

type http1Writer struct {
	exchange
	canFlush
	canFlushError
	canCloseNotify
	canHijack
	canReadFrom
	canSetDeadlines
	canFullDuplex
	canWriteString
}

type http2Writer struct {
	exchange
	canFlush
	canFlushError
	canCloseNotify
	canSetDeadlines
	canFullDuplex
	canPush
	canWriteString
}

// Each of these types is one ability. wrap uses it only for a writer that has the ability.
type (
	canFlush        struct{ r *response }
	canFlushError   struct{ r *response }
	canCloseNotify  struct{ r *response }
	canHijack       struct{ r *response }
	canReadFrom     struct{ r *response }
	canSetDeadlines struct{ r *response }
	canFullDuplex   struct{ r *response }
	canPush         struct{ r *response }
	canWriteString  struct{ r *response }
)

// Flush implements [http.Flusher].
func (c canFlush) Flush() {
	c.r.wrote()
	there := c.r.there()
	c.r.ResponseWriter.(http.Flusher).Flush() //nolint:forcetypeassert // see above
	c.r.sent(there)
}

// FlushError is for [http.ResponseController].
func (c canFlushError) FlushError() error {
	c.r.wrote()
	there := c.r.there()
	err := c.r.ResponseWriter.(flushErrorer).FlushError() //nolint:forcetypeassert // see above
	if err == nil {
		c.r.sent(there)
	}
	c.r.failed(err)
	return err
}

// CloseNotify implements http.CloseNotifier.
func (c canCloseNotify) CloseNotify() <-chan bool {
	return c.r.ResponseWriter.(http.CloseNotifier).CloseNotify() //nolint:forcetypeassert,staticcheck // see above; handlers still ask for it
}

// Hijack implements [http.Hijacker].
func (c canHijack) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buf, err := c.r.ResponseWriter.(http.Hijacker).Hijack() //nolint:forcetypeassert // see above
	if err == nil {
		c.r.hijacked = true
		if c.r.status == 0 {
			c.r.status = http.StatusSwitchingProtocols
		}
	}
	return conn, buf, err //nolint:wrapcheck // the handler's own call
}

// ReadFrom implements [io.ReaderFrom], so that net/http still sends files with sendfile.
func (c canReadFrom) ReadFrom(src io.Reader) (int64, error) {
	c.r.begin(http.StatusOK)
	there := c.r.there()
	n, err := c.r.ResponseWriter.(io.ReaderFrom).ReadFrom(src) //nolint:forcetypeassert // see above
	if n > 0 {
		c.r.wrote()
	}
	c.r.written += n
	if n >= buffers && err == nil {
		c.r.sent(there)
	}
	select {
	case <-c.r.gone:
		c.r.failed(err) // the connection has failed, not the source
	default:
	}
	return n, err //nolint:wrapcheck // the handler's own call
}

// SetReadDeadline is for [http.ResponseController].
func (c canSetDeadlines) SetReadDeadline(t time.Time) error {
	return c.r.ResponseWriter.(deadliner).SetReadDeadline(t) //nolint:forcetypeassert // see above
}

// SetWriteDeadline is for [http.ResponseController].
func (c canSetDeadlines) SetWriteDeadline(t time.Time) error {
	return c.r.ResponseWriter.(deadliner).SetWriteDeadline(t) //nolint:forcetypeassert // see above
}

// EnableFullDuplex is for [http.ResponseController].
func (c canFullDuplex) EnableFullDuplex() error {
	return c.r.ResponseWriter.(fullDuplexer).EnableFullDuplex() //nolint:forcetypeassert // see above
}

// Push implements [http.Pusher].
func (c canPush) Push(target string, opts *http.PushOptions) error {
	return c.r.ResponseWriter.(http.Pusher).Push(target, opts) //nolint:wrapcheck,forcetypeassert // the handler's own call; see above
}

// WriteString implements [io.StringWriter].
func (c canWriteString) WriteString(s string) (int, error) {
	c.r.wrote()
	there := len(s) < buffers || c.r.there()
	n, err := c.r.ResponseWriter.(io.StringWriter).WriteString(s) //nolint:forcetypeassert // see above
	c.r.count(n, err, there)
	return n, err //nolint:wrapcheck // the handler's own call
}

// calledByMaxBytesReader reports whether net/http's MaxBytesReader is among the nearest callers of a
// body's Read.
func calledByMaxBytesReader() bool {
	var near [8]uintptr
	frames := runtime.CallersFrames(near[:runtime.Callers(3, near[:])])
	for {
		f, more := frames.Next()
		if f.Function == "net/http.(*maxBytesReader).Read" {
			return true
		}
		if !more {
			return false
		}
	}
}
