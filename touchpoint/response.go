package touchpoint

import (
	"bufio"
	"fmt"
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

// wrap returns the writer for the handler: with Flush if, and only if, there is one below.
func (w *response) wrap() http.ResponseWriter {
	if _, ok := w.ResponseWriter.(http.Flusher); ok {
		return flushing{w}
	}
	return w
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
	w.wrote()
	return io.Copy(w.ResponseWriter, r) //nolint:wrapcheck // the handler's own call
}

// Hijack implements [http.Hijacker] where the server does.
func (w *response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	h, ok := w.ResponseWriter.(http.Hijacker)
	if !ok {
		return nil, nil, fmt.Errorf("touchpoint: hijack: %w", http.ErrNotSupported)
	}
	if w.status == 0 {
		w.status = http.StatusSwitchingProtocols
	}
	return h.Hijack() //nolint:wrapcheck // the handler's own call
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
	w.wrote()
	if f, ok := w.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}
