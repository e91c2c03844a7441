package routers_test

import (
	"io"
	"log/slog"
	"net/http"
	"slices"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/labstack/echo/v5"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint/cxchi"
	"cairncx.dev/cairn/touchpoint/cxecho"
	"cairncx.dev/cairn/touchpoint/cxgin"
)

// handled is what has to become of one request to the route "GET /x".
type handled struct {
	name    string
	build   func(recorded bool, say func(string)) http.Handler
	status  int // 0 means no answer
	outcome event.Outcome
	class   string // the error type
	reason  string
}

// run sends the request to the service with the middleware and without it. Both give the same answer and call the same error handlers.
func (c handled) run(t *testing.T) {
	t.Parallel()
	var said [2][]string
	with := c.build(true, func(s string) { said[0] = append(said[0], s) })
	without := c.build(false, func(s string) { said[1] = append(said[1], s) })
	rec, recorded := serve(t, with)
	_, plain := serve(t, without)
	got, want := send(t, http.MethodGet, recorded.URL+"/x"), send(t, http.MethodGet, plain.URL+"/x")
	recorded.Close() // waits for the handlers
	plain.Close()
	if got != want || got.status != c.status {
		t.Errorf("the answer is %+v, and without the middleware %+v; want %d: %s", got, want, c.status, c.reason)
	}
	if !slices.Equal(said[0], said[1]) {
		t.Errorf("the error handlers get %q, and without the middleware %q: %s", said[0], said[1], c.reason)
	}
	events := rec.Touchpoint("GET /x").Times(1).Events()
	if len(events) == 1 && (events[0].Outcome != c.outcome || events[0].ErrorType != c.class) {
		t.Errorf("the touchpoint is %v %q, want %v %q: %s", events[0].Outcome, events[0].ErrorType, c.outcome, c.class, c.reason)
	}
}

type (
	chiMiddleware = func(http.Handler) http.Handler
	// chiService is a service of chi: middlewares in front of cxchi's and behind it, and the handler.
	chiService struct {
		front, behind []chiMiddleware
		handle        http.HandlerFunc
	}
	echoService struct {
		front, behind []echo.MiddlewareFunc
		handle        echo.HandlerFunc
		onError       func(c *echo.Context, err error) // nil means echo's own
	}
	ginService struct {
		front, behind []gin.HandlerFunc
		handle        gin.HandlerFunc
	}
)

func (s chiService) build(recorded bool, _ func(string)) http.Handler {
	r := chi.NewRouter()
	r.Use(s.front...)
	if recorded {
		r.Use(cxchi.Middleware())
	}
	r.Use(s.behind...)
	r.Get("/x", s.handle)
	return r
}

func (s echoService) build(recorded bool, say func(string)) http.Handler {
	e := echo.New()
	e.Logger = slog.New(slog.DiscardHandler)
	onError := e.HTTPErrorHandler
	if s.onError != nil {
		onError = s.onError
	}
	e.HTTPErrorHandler = func(c *echo.Context, err error) {
		say(err.Error())
		onError(c, err)
	}
	e.Use(s.front...)
	if recorded {
		e.Use(cxecho.Middleware())
	}
	e.Use(s.behind...)
	e.GET("/x", s.handle)
	return e
}

func (s ginService) build(recorded bool, _ func(string)) http.Handler {
	e := gin.New()
	e.Use(s.front...)
	if recorded {
		e.Use(cxgin.Middleware(cxgin.WithRoutes(e)))
	}
	e.Use(s.behind...)
	e.GET("/x", s.handle)
	return e
}

// quiet is gin's recoverer without its log.
func quiet() gin.HandlerFunc { return gin.RecoveryWithWriter(io.Discard) }
