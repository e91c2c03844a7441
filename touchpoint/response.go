package touchpoint

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

// response remembers the status of what goes through it. [http.ResponseController] reaches
// what is under it by Unwrap; the older way, by type assertion, finds the same abilities.
type response struct {
	http.ResponseWriter
	status int
}

// wrap returns the writer for the handler: with Flush and Hijack if, and only if, they are there
// below.
func (w *response) wrap() http.ResponseWriter {
	if _, ok := w.ResponseWriter.(http.Flusher); !ok {
		return w
	}
	if _, ok := w.ResponseWriter.(http.Hijacker); !ok {
		return flushing{w}
	}
	return hijacking{flushing{w}}
}

// WriteHeader implements [http.ResponseWriter]. Informational statuses are not the answer.
func (w *response) WriteHeader(status int) {
	if w.status == 0 && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (w *response) Write(b []byte) (int, error) {
	w.wrote()
	return w.ResponseWriter.Write(b) //nolint:wrapcheck // the handler's own call
}

// ReadFrom implements [io.ReaderFrom], so that files still go by sendfile.
func (w *response) ReadFrom(r io.Reader) (int64, error) {
	n, err := io.Copy(w.ResponseWriter, r)
	if n > 0 {
		w.wrote()
	}
	return n, err //nolint:wrapcheck // the handler's own call
}

// Unwrap is for [http.ResponseController].
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *response) wrote() {
	if w.status == 0 {
		w.status = http.StatusOK
	}
}

// flushing is a response on a server that can flush.
type flushing struct{ *response }

// Flush implements [http.Flusher].
func (w flushing) Flush() {
	_ = w.FlushError() // the older way cannot tell
}

// FlushError is for [http.ResponseController].
func (w flushing) FlushError() error {
	w.wrote()
	return http.NewResponseController(w.ResponseWriter).Flush() //nolint:wrapcheck // the handler's own call
}

// hijacking is a response on a server that can hand over its connection: HTTP/1.1.
type hijacking struct{ flushing }

// Hijack implements [http.Hijacker].
func (w hijacking) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buf, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil && w.status == 0 {
		w.status = http.StatusSwitchingProtocols
	}
	return conn, buf, err //nolint:wrapcheck // the handler's own call
}
