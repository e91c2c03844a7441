package cxgin

import (
	"bufio"
	"io"
	"net"
	"net/http"

	"github.com/gin-gonic/gin"
)

// writer is gin's writer. It sends the answer through the writer of [touchpoint.Handler].
type writer struct {
	gin.ResponseWriter // knows the status and the size

	to http.ResponseWriter // the writer that gets the answer
}

// Unwrap returns the writer below, which [http.ResponseController] uses.
func (w *writer) Unwrap() http.ResponseWriter { return w.to }

// WriteHeaderNow writes the status. gin may change the status until then.
func (w *writer) WriteHeaderNow() {
	if !w.Written() {
		w.to.WriteHeader(w.Status())
		w.ResponseWriter.WriteHeaderNow()
	}
}

// Write implements [io.Writer].
func (w *writer) Write(b []byte) (int, error) {
	w.WriteHeaderNow()
	return w.to.Write(b) //nolint:wrapcheck // the handler sees the writer's own error
}

// WriteString implements [io.StringWriter].
func (w *writer) WriteString(s string) (int, error) {
	w.WriteHeaderNow()
	return io.WriteString(w.to, s) //nolint:wrapcheck // the handler sees the writer's own error
}

// Flush implements [http.Flusher].
func (w *writer) Flush() {
	w.WriteHeaderNow()
	_ = http.NewResponseController(w.to).Flush() // gin's Flush returns no error
}

// Hijack implements [http.Hijacker].
func (w *writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(w.to).Hijack() //nolint:wrapcheck // the handler sees the writer's own error
}

// lateWriter is gin's writer after a handler has left an error to the middlewares in front. It tells the status of their answer.
type lateWriter struct {
	gin.ResponseWriter

	answered func(status int)
}

// Unwrap returns the writer below, which [http.ResponseController] uses.
func (w *lateWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader sets the status. An answer begins with that.
func (w *lateWriter) WriteHeader(status int) {
	w.answered(status)
	w.ResponseWriter.WriteHeader(status)
}

// WriteHeaderNow writes the status.
func (w *lateWriter) WriteHeaderNow() {
	w.answered(w.Status())
	w.ResponseWriter.WriteHeaderNow()
}

// Write implements [io.Writer].
func (w *lateWriter) Write(b []byte) (int, error) {
	w.answered(w.Status())
	return w.ResponseWriter.Write(b) //nolint:wrapcheck // the handler sees the writer's own error
}

// WriteString implements [io.StringWriter].
func (w *lateWriter) WriteString(s string) (int, error) {
	w.answered(w.Status())
	return w.ResponseWriter.WriteString(s) //nolint:wrapcheck // the handler sees the writer's own error
}

// Flush implements [http.Flusher].
func (w *lateWriter) Flush() {
	w.answered(w.Status())
	w.ResponseWriter.Flush()
}
