package routers

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"

	"github.com/gin-gonic/gin"

	"cairncx.dev/cairn/touchpoint"
)

type ginKey struct{}

// Gin returns a middleware for the Use method of an Engine. It names a route by the pattern with which the router
// registered it. The pattern of a route in a group begins with the group's prefix: "POST /api/cart/:cart/pay".
//
// gin writes a status after the middlewares have run. Put this middleware in front of those that change the status
// late, such as one that answers with an error of the context.
//
//	e := gin.New()
//	e.Use(gin.Recovery(), routers.Gin(routers.GinRoutes(e), touchpoint.WithRoute("POST /cart/:cart/pay", submitPayment)))
func Gin(opts ...touchpoint.HandlerOption) gin.HandlerFunc {
	h := touchpoint.Handler(http.HandlerFunc(serveGin), routed(opts, nil)...)
	return func(c *gin.Context) {
		request, writer := c.Request, c.Writer
		defer func() { c.Request, c.Writer = request, writer }()
		r := request.WithContext(context.WithValue(request.Context(), ginKey{}, c))
		h.ServeHTTP(writer, withRoute(r, ginRoute(c)))
	}
}

// serveGin calls the middlewares and the handler behind [Gin].
func serveGin(w http.ResponseWriter, r *http.Request) {
	c, _ := r.Context().Value(ginKey{}).(*gin.Context) // only Gin calls this handler, and it sets the value
	c.Request, c.Writer = r, &ginWriter{c.Writer, w}
	c.Next()
	if !c.Writer.Written() {
		w.WriteHeader(c.Writer.Status()) // gin writes it later, to its own writer
	}
}

// GinRoutes is an option of [Gin] that lists the routes of e, because gin's context does not have the list. With
// it the first request reports a pattern in the options that the engine does not have as the fault unknown_route.
func GinRoutes(e *gin.Engine) touchpoint.HandlerOption {
	return touchpoint.WithRoutes(func(*http.Request) (patterns []string) {
		for _, r := range e.Routes() {
			patterns = append(patterns, r.Method+" "+r.Path)
		}
		return patterns
	})
}

func ginRoute(c *gin.Context) route {
	if c.FullPath() == "" {
		return route{}
	}
	return route{c.Request.Method + " " + c.FullPath(), c.Param}
}

// ginWriter is gin's writer. It sends the response through the writer of [touchpoint.Handler].
type ginWriter struct {
	gin.ResponseWriter // knows the status and the size

	to http.ResponseWriter // the writer that gets the response
}

// Unwrap returns the writer below, which [http.ResponseController] uses.
func (w *ginWriter) Unwrap() http.ResponseWriter { return w.to }

// WriteHeaderNow writes the status. gin may change the status until then.
func (w *ginWriter) WriteHeaderNow() {
	if !w.Written() {
		w.to.WriteHeader(w.Status())
		w.ResponseWriter.WriteHeaderNow()
	}
}

// Write implements [io.Writer].
func (w *ginWriter) Write(b []byte) (int, error) {
	w.WriteHeaderNow()
	return w.to.Write(b) //nolint:wrapcheck // the handler sees the writer's own error
}

// WriteString implements [io.StringWriter].
func (w *ginWriter) WriteString(s string) (int, error) {
	w.WriteHeaderNow()
	return io.WriteString(w.to, s) //nolint:wrapcheck // the handler sees the writer's own error
}

// Flush implements [http.Flusher].
func (w *ginWriter) Flush() {
	w.WriteHeaderNow()
	_ = http.NewResponseController(w.to).Flush() // gin's Flush returns no error
}

// Hijack implements [http.Hijacker].
func (w *ginWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(w.to).Hijack() //nolint:wrapcheck // the handler sees the writer's own error
}
