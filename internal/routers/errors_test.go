package routers_test

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
	chimiddleware "github.com/go-chi/chi/v5/middleware"
	"github.com/labstack/echo/v5"
	echomiddleware "github.com/labstack/echo/v5/middleware"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

var errStock = errors.New("sold out")

// TestEchoErrors: the touchpoint has the status that the customer gets, wherever the error becomes an answer.
func TestEchoErrors(t *testing.T) {
	t.Parallel()
	fails := func(err error) echo.HandlerFunc { return func(*echo.Context) error { return err } }
	mapped := func(status int) func(*echo.Context, error) {
		return func(c *echo.Context, _ error) {
			if r, err := echo.UnwrapResponse(c.Response()); err != nil || r.Committed {
				return
			}
			_ = c.String(status, "sorry")
		}
	}
	wraps := func(wrap func(c *echo.Context, err error) error) []echo.MiddlewareFunc {
		return []echo.MiddlewareFunc{func(next echo.HandlerFunc) echo.HandlerFunc {
			return func(c *echo.Context) error {
				if err := next(c); err != nil {
					return wrap(c, err)
				}
				return nil
			}
		}}
	}
	unavailable := wraps(func(_ *echo.Context, err error) error { return echo.ErrServiceUnavailable.Wrap(err) })
	apologises := wraps(func(c *echo.Context, _ error) error { return c.String(http.StatusOK, "from yesterday") })
	for _, c := range []handled{
		{"an error", echoService{handle: fails(errStock)}.build, 500, event.Failed, "500", "echo answers an error with 500"},
		{"an error with a status", echoService{handle: fails(echo.NewHTTPError(http.StatusConflict, "sold out"))}.build, 409, event.OK, "", "a refusal is no failure of the service"},
		{"a wrapped error", echoService{handle: fails(errors.Join(errStock, echo.ErrBadGateway))}.build, 502, event.Failed, "502", "echo finds the status in the tree of the error"},
		{"the application's error handler", echoService{handle: fails(errStock), onError: mapped(http.StatusNotFound)}.build, 404, event.OK, "", "only the application knows what its errors mean"},
		{"the application's error handler, a failure", echoService{handle: fails(errStock), onError: mapped(http.StatusBadGateway)}.build, 502, event.Failed, "502", "as above"},
		{"a redirect", echoService{handle: fails(errStock), onError: func(c *echo.Context, _ error) { _ = c.Redirect(http.StatusSeeOther, "/login") }}.build, 303, event.OK, "", "an answer without a body"},
		{"RFC 9457", echoService{handle: fails(echo.ErrTooManyRequests), onError: echo.ProblemDetailsHTTPErrorHandler(true)}.build, 429, event.Failed, "429", "echo has another error handler"},
		{"another error by a middleware in front", echoService{front: unavailable, handle: fails(errStock)}.build, 503, event.Failed, "503", "the middleware in front changes the error before echo answers it"},
		{"another error by a middleware behind", echoService{behind: unavailable, handle: fails(errStock)}.build, 503, event.Failed, "503", "as above"},
		{"an answer by a middleware in front", echoService{front: apologises, handle: fails(errStock)}.build, 200, event.OK, "", "the error never reaches the error handler"},
		{"an answer by a middleware behind", echoService{behind: apologises, handle: fails(errStock)}.build, 200, event.OK, "", "as above"},
		{"an error after the answer", echoService{handle: func(c *echo.Context) error {
			_ = c.String(http.StatusCreated, "done")
			return errStock
		}}.build, 201, event.OK, "", "the answer has been sent"},
		{"compressed", echoService{front: []echo.MiddlewareFunc{echomiddleware.Gzip()}, handle: fails(errStock)}.build, 500, event.Failed, "500", "a writer in front"},
		{"a request ID", echoService{front: []echo.MiddlewareFunc{echomiddleware.RequestIDWithConfig(echomiddleware.RequestIDConfig{Generator: func() string { return "r-1" }})}, handle: fails(errStock)}.build, 500, event.Failed, "500", "a header of a middleware in front"},
		{"a body that is too large", echoService{front: []echo.MiddlewareFunc{echomiddleware.BodyLimit(1)}, handle: fails(echo.ErrStatusRequestEntityTooLarge)}.build, 413, event.OK, "", "a refusal"},
		{"another writer behind", echoService{behind: []echo.MiddlewareFunc{func(next echo.HandlerFunc) echo.HandlerFunc {
			return func(c *echo.Context) error {
				c.SetResponse(onlyWriter{c.Response()})
				return next(c)
			}
		}}, handle: func(*echo.Context) error { return echo.ErrBadGateway }, onError: func(c *echo.Context, _ error) {
			_ = c.NoContent(http.StatusBadGateway)
		}}.build, 502, event.Failed, "502", "a writer without Unwrap hides echo's own"},
		{"marked by the error handler", echoService{handle: fails(errStock), onError: func(c *echo.Context, _ error) {
			touchpoint.FromContext(c.Request().Context()).Degrade("stock")
			_ = c.String(http.StatusOK, "soon again")
		}}.build, 200, event.Degraded, "", "the error handler finds the touchpoint"},
	} {
		t.Run(c.name, c.run)
	}
}

// onlyWriter has no further method.
type onlyWriter struct{ http.ResponseWriter }

// Unwrap has another signature than net/http's, so that it hides that of the writer.
func (onlyWriter) Unwrap() {}

// TestGinErrors: as above. A handler of gin leaves an error in the context, and a middleware answers it.
func TestGinErrors(t *testing.T) {
	t.Parallel()
	leaves := func(c *gin.Context) { _ = c.Error(errStock) }
	answers := func(answer func(c *gin.Context)) []gin.HandlerFunc {
		return []gin.HandlerFunc{func(c *gin.Context) {
			if c.Next(); len(c.Errors) > 0 {
				answer(c)
			}
		}}
	}
	json := answers(func(c *gin.Context) { c.JSON(http.StatusBadGateway, gin.H{"error": c.Errors.Last().Error()}) })
	for _, c := range []handled{
		{"aborted with an error", ginService{handle: func(c *gin.Context) { _ = c.AbortWithError(http.StatusInternalServerError, errStock) }}.build, 500, event.Failed, "500", "the status is sent at once"},
		{"aborted with JSON", ginService{handle: func(c *gin.Context) { c.AbortWithStatusJSON(http.StatusTooManyRequests, gin.H{}) }}.build, 429, event.Failed, "429", "so it is here"},
		{"a body that does not bind", ginService{handle: func(c *gin.Context) { _ = c.Bind(&struct{ A int }{}); _ = c.BindJSON(&struct{}{}) }}.build, 400, event.OK, "", "gin refuses it with 400"},
		{"a status alone", ginService{handle: func(c *gin.Context) { c.Status(http.StatusServiceUnavailable) }}.build, 503, event.Failed, "503", "gin writes it after the middlewares"},
		{"an error with a status alone", ginService{handle: func(c *gin.Context) { leaves(c); c.Status(http.StatusServiceUnavailable) }}.build, 503, event.Failed, "503", "the handler has decided"},
		{"an error beside an answer", ginService{front: json[:0], handle: func(c *gin.Context) { leaves(c); c.String(http.StatusOK, "from yesterday") }}.build, 200, event.OK, "", "an error for the log"},
		{"answered behind", ginService{behind: json, handle: leaves}.build, 502, event.Failed, "502", "the answer comes before the middleware returns"},
		{"answered in front", ginService{front: json, handle: leaves}.build, 502, event.Failed, "502", "the answer comes after the middleware has returned"},
		{"a status in front", ginService{front: answers(func(c *gin.Context) { c.AbortWithStatus(http.StatusServiceUnavailable) }), handle: leaves}.build, 503, event.Failed, "503", "an answer without a body"},
		{"a status alone in front", ginService{front: answers(func(c *gin.Context) { c.Status(http.StatusServiceUnavailable) }), handle: leaves}.build, 503, event.Failed, "503", "gin writes it at the end"},
		{"an apology in front", ginService{front: answers(func(c *gin.Context) { c.String(http.StatusOK, "from yesterday") }), handle: leaves}.build, 200, event.OK, "", "the customer gets an answer"},
		{"bytes in front", ginService{front: answers(func(c *gin.Context) { _, _ = c.Writer.Write([]byte("sorry")) }), handle: leaves}.build, 200, event.OK, "", "bytes without a status are sent with 200"},
		{"a text in front", ginService{front: answers(func(c *gin.Context) { _, _ = c.Writer.WriteString("sorry") }), handle: leaves}.build, 200, event.OK, "", "as above"},
		{"a stream in front", ginService{front: answers(func(c *gin.Context) { c.Writer.Flush(); _, _ = io.WriteString(c.Writer, "sorry") }), handle: leaves}.build, 200, event.OK, "", "as above"},
		{"a redirect in front", ginService{front: answers(func(c *gin.Context) { c.Redirect(http.StatusFound, "/login") }), handle: leaves}.build, 302, event.OK, "", "net/http writes it"},
		{"an error of a middleware in front", ginService{front: []gin.HandlerFunc{func(c *gin.Context) { leaves(c); c.Next() }}, handle: func(*gin.Context) {}}.build, 200, event.OK, "", "the handler has left none"},
		{"marked in front", ginService{front: answers(func(c *gin.Context) {
			touchpoint.FromContext(c.Request.Context()).Degrade("stock")
			c.String(http.StatusOK, "soon again")
		}), handle: leaves}.build, 200, event.Degraded, "", "the middleware in front finds the touchpoint"},
	} {
		t.Run(c.name, c.run)
	}
}

// TestChiErrors: a handler of chi answers its errors itself.
func TestChiErrors(t *testing.T) {
	t.Parallel()
	fails := func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "broken", http.StatusInternalServerError) }
	for _, c := range []handled{
		{"an error", chiService{handle: fails}.build, 500, event.Failed, "500", "the status says so"},
		{"compressed behind", chiService{behind: []chiMiddleware{chimiddleware.Compress(5)}, handle: fails}.build, 500, event.Failed, "500", "a writer behind"},
		{"compressed in front", chiService{front: []chiMiddleware{chimiddleware.Compress(5)}, handle: fails}.build, 500, event.Failed, "500", "a writer in front"},
		{"throttled behind", chiService{behind: []chiMiddleware{func(http.Handler) http.Handler { return status(http.StatusTooManyRequests) }}, handle: fails}.build, 429, event.Failed, "429", "the customer is refused"},
		{"a redirect", chiService{handle: func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) }}.build, 302, event.OK, "", "an answer"},
	} {
		t.Run(c.name, c.run)
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}
