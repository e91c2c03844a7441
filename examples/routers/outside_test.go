package routers_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/labstack/echo/v5"

	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/examples/routers"
	"cairncx.dev/cairn/touchpoint"
)

// request returns a request that records to rec.
func request(rec *cxtest.Recorder) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/items/1", http.NoBody)
	return r.WithContext(rec.Context(r.Context()))
}

// TestChiWithoutRouter: the middleware serves requests outside of a router of chi too. They have no route.
func TestChiWithoutRouter(t *testing.T) {
	t.Parallel()
	rec := cxtest.New(t).AllowFaults(fault.NoRoute).AllowFaults(fault.UnknownRoute)
	h := routers.Chi(touchpoint.WithRoute("GET /items/{id}", touchpoint.Define("item")))(
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, request(rec))
	if n := len(rec.Events(event.TouchpointEnded)); w.Code != http.StatusTeapot || n != 0 {
		t.Errorf("the status is %d, with %d touchpoints", w.Code, n)
	}
}

// TestChiEmptyPath: chi serves a request without a path as one of "/".
func TestChiEmptyPath(t *testing.T) {
	t.Parallel()
	rec := cxtest.New(t)
	c := chi.NewRouter()
	c.Use(routers.Chi(touchpoint.WithRoute("GET /", touchpoint.Define("home"))))
	c.Get("/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	r, w := request(rec), httptest.NewRecorder()
	r.URL.Path = ""
	c.ServeHTTP(w, r)
	if w.Code != http.StatusNoContent {
		t.Errorf("the status is %d", w.Code)
	}
	rec.Touchpoint("home").OK().Times(1)
}

// TestGinStatusAlone: gin writes a status without a body after the middlewares have run, and the touchpoint knows it.
func TestGinStatusAlone(t *testing.T) {
	t.Parallel()
	rec := cxtest.New(t)
	g := gin.New()
	g.Use(routers.Gin(touchpoint.WithRoute("GET /items/:id", touchpoint.Define("item"))))
	g.GET("/items/:id", func(c *gin.Context) { c.Status(http.StatusServiceUnavailable) })
	w := httptest.NewRecorder()
	if g.ServeHTTP(w, request(rec)); w.Code != http.StatusServiceUnavailable {
		t.Errorf("the status is %d", w.Code)
	}
	rec.Touchpoint("item").Failed().Times(1)
}

// TestMiddlewaresOutside: a middleware in front finds its own request and writer again when the handler has returned.
func TestMiddlewaresOutside(t *testing.T) {
	t.Parallel()
	rec := cxtest.New(t)
	called := 0
	g := gin.New()
	g.Use(func(c *gin.Context) {
		r, w := c.Request, c.Writer
		if c.Next(); c.Request != r || c.Writer != w {
			t.Error("gin: the request or the writer is another one")
		}
		called++
	}, routers.Gin())
	g.GET("/items/:id", func(c *gin.Context) {
		c.Status(http.StatusAccepted)
		c.Writer.Flush() // the status goes with it
		c.Status(http.StatusTeapot)
	})
	w := httptest.NewRecorder()
	if g.ServeHTTP(w, request(rec)); w.Code != http.StatusAccepted || !w.Flushed {
		t.Errorf("gin: the status is %d, flushed %v", w.Code, w.Flushed)
	}
	e := echo.New()
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			r, w := c.Request(), c.Response()
			err := next(c)
			if c.Request() != r || c.Response() != w {
				t.Error("echo: the request or the response is another one")
			}
			called++
			return err
		}
	}, routers.Echo())
	e.GET("/items/:id", func(c *echo.Context) error { return c.NoContent(http.StatusAccepted) })
	w = httptest.NewRecorder()
	if e.ServeHTTP(w, request(rec)); w.Code != http.StatusAccepted || called != 2 {
		t.Errorf("echo: the status is %d, and %d middlewares were called", w.Code, called)
	}
}
