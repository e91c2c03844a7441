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

// Gin returns a middleware for the Use method of an Engine. The routes are named as they were given to the
// router, those of groups with the group's prefix: "POST /api/cart/:cart/pay".
//
// gin writes a status when the middlewares are done. Put this one before those that change it late, such
// as one that answers for the errors of the context.
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
	c, ok := r.Context().Value(ginKey{}).(*gin.Context)
	if !ok {
		http.NotFound(w, r) // it is called by Gin alone, which has set it
		return
	}
	c.Request, c.Writer = r, &ginWriter{c.Writer, w}
	c.Next()
	if !c.Writer.Written() {
		w.WriteHeader(c.Writer.Status()) // gin writes it later, to its own writer
	}
}

// GinRoutes is an option of [Gin] that lists the routes of e at the first request, so that a pattern of the options that the
// engine does not have is told, as unknown_route: gin's context does not say which routes there are.
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

// ginWriter is gin's writer, whose answers go through the writer of [touchpoint.Handler].
type ginWriter struct {
	gin.ResponseWriter // knows the status and the size

	to http.ResponseWriter // writes to it
}

// Unwrap is for [http.ResponseController].
func (w *ginWriter) Unwrap() http.ResponseWriter { return w.to }

// WriteHeaderNow writes the status, which gin may change until then.
func (w *ginWriter) WriteHeaderNow() {
	if !w.Written() {
		w.to.WriteHeader(w.Status())
		w.ResponseWriter.WriteHeaderNow()
	}
}

// Write implements [io.Writer].
func (w *ginWriter) Write(b []byte) (int, error) {
	w.WriteHeaderNow()
	return w.to.Write(b) //nolint:wrapcheck // the handler's own call
}

// WriteString implements [io.StringWriter].
func (w *ginWriter) WriteString(s string) (int, error) {
	w.WriteHeaderNow()
	return io.WriteString(w.to, s) //nolint:wrapcheck // the handler's own call
}

// Flush implements [http.Flusher].
func (w *ginWriter) Flush() {
	w.WriteHeaderNow()
	_ = http.NewResponseController(w.to).Flush() // gin has no error for it
}

// Hijack implements [http.Hijacker].
func (w *ginWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(w.to).Hijack() //nolint:wrapcheck // the handler's own call
}
