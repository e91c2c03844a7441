package cxecho_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"

	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/cxecho"
)

// serve sends a request over a connection, and returns the status when the handler has returned.
func serve(t *testing.T, rec *cxtest.Recorder, h http.Handler, method, path string) int {
	t.Helper()
	server := httptest.NewServer(rec.Handler(h))
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	return res.StatusCode
}

func newEcho() *echo.Echo {
	e := echo.NewWithConfig(echo.Config{Router: echo.NewRouter(echo.RouterConfig{AutoHandleHEAD: true})})
	e.Logger = slog.New(slog.DiscardHandler)
	return e
}

func ok(c *echo.Context) error { return c.String(http.StatusOK, "ok") }

// TestRoutes: a touchpoint has the name of the route that echo chooses, with the parameters that echo finds, at each place of Middleware.
func TestRoutes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, method, path string
		touchpoint         string // "" means none
		tenant, item       string // the parameters
		build              func(e *echo.Echo, with echo.MiddlewareFunc)
		status             int
		reason             string
	}{
		{"a slash too many", "GET", "/items/7/", "GET /items/:item", "", "7", func(e *echo.Echo, with echo.MiddlewareFunc) {
			e.Pre(middleware.RemoveTrailingSlash())
			e.Use(with)
			e.GET("/items/:item", ok)
		}, 200, "echo serves the path without the slash"},
		{"an escaped parameter", "GET", "/items/a%2Fb", "GET /items/:item", "", "a%2Fb", func(e *echo.Echo, with echo.MiddlewareFunc) {
			e.Use(with)
			e.GET("/items/:item", ok)
		}, 200, "echo keeps a slash escaped"},
		{"a wildcard", "GET", "/files/a/b", "GET /files/*", "", "", func(e *echo.Echo, with echo.MiddlewareFunc) {
			e.Use(with)
			e.GET("/files/*", ok)
		}, 200, "a wildcard is one route"},
		{"HEAD as GET", "HEAD", "/items/7", "GET /items/:item", "", "7", func(e *echo.Echo, with echo.MiddlewareFunc) {
			e.Use(with)
			e.GET("/items/:item", ok)
		}, 200, "echo serves the route of GET"},
		{"any method", "POST", "/items/7", "/items/:item", "", "7", func(e *echo.Echo, with echo.MiddlewareFunc) {
			e.Use(with)
			e.Any("/items/:item", ok)
		}, 200, "the route has no method"},
		{"a method that does not exist", "BREW", "/items/7", "/items/:item", "", "7", func(e *echo.Echo, with echo.MiddlewareFunc) {
			e.Use(with)
			e.Any("/items/:item", ok)
		}, 200, "a stranger's method makes no name"},
		{"a group", "GET", "/t/a/items/7", "GET /t/:tenant/items/:item", "a", "7", func(e *echo.Echo, with echo.MiddlewareFunc) {
			e.Group("/t/:tenant", with).GET("/items/:item", ok)
		}, 200, "the pattern is whole"},
		{"no route in a group", "GET", "/t/a/none", "", "", "", func(e *echo.Echo, with echo.MiddlewareFunc) {
			e.Group("/t/:tenant", with).GET("/items/:item", ok)
		}, 404, "echo makes routes for 404s in a group with middlewares"},
		{"one route", "GET", "/items/7", "GET /items/:item", "", "7", func(e *echo.Echo, with echo.MiddlewareFunc) {
			e.GET("/items/:item", ok, with)
		}, 200, "a middleware of the route"},
		{"a route for 404s", "GET", "/none", "", "", "", func(e *echo.Echo, with echo.MiddlewareFunc) {
			e.Use(with)
			e.RouteNotFound("/*", func(c *echo.Context) error { return c.NoContent(http.StatusNotFound) })
		}, 404, "a stranger's path is no touchpoint"},
		{"the options of a route", "OPTIONS", "/items/7", "", "", "", func(e *echo.Echo, with echo.MiddlewareFunc) {
			e.Use(with)
			e.GET("/items/:item", ok)
		}, 204, "echo answers for a route that does not have the method"},
		{"a refusal in front", "GET", "/items/7", "", "", "", func(e *echo.Echo, with echo.MiddlewareFunc) {
			e.Use(func(echo.HandlerFunc) echo.HandlerFunc { return ok }, with)
			e.GET("/items/:item", ok)
		}, 200, "the refused request does not reach the middleware"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var tenant, item string
			opts := []touchpoint.HandlerOption{touchpoint.WithJourneyID(checkout, func(r *http.Request) string {
				tenant, item = r.PathValue("tenant"), r.PathValue("item")
				return ""
			})}
			if c.touchpoint != "" {
				opts = append(opts, touchpoint.WithRoute(c.touchpoint, touchpoint.Define(c.touchpoint))) // which the router has
			}
			e := newEcho()
			c.build(e, cxecho.Middleware(opts...))
			rec := cxtest.New(t)
			if status := serve(t, rec, e, c.method, c.path); status != c.status {
				t.Errorf("the status is %d, want %d", status, c.status)
			}
			var names, want []string
			for _, e := range rec.Events(event.TouchpointEnded) {
				names = append(names, e.Touchpoint)
			}
			if c.touchpoint != "" {
				want = []string{c.touchpoint}
			}
			if !slices.Equal(names, want) || tenant != c.tenant || item != c.item {
				t.Errorf("the touchpoints are %q with %q and %q, want %q with %q and %q: %s", names, tenant, item, want, c.tenant, c.item, c.reason)
			}
		})
	}
}

// TestPre: in Pre echo has not chosen a route yet. No request is a touchpoint, and the fault says so.
func TestPre(t *testing.T) {
	t.Parallel()
	e := newEcho()
	e.Pre(cxecho.Middleware())
	e.GET("/", ok)
	rec := cxtest.New(t).AllowFaults(fault.NoRoute)
	for range 100 {
		w := httptest.NewRecorder()
		e.ServeHTTP(w, httptest.NewRequestWithContext(rec.Context(t.Context()), http.MethodGet, "/", http.NoBody))
		if w.Code != http.StatusOK {
			t.Fatalf("the status is %d", w.Code)
		}
	}
	if n := len(rec.Events(event.TouchpointEnded)); n != 0 {
		t.Errorf("%d touchpoints, want none", n)
	}
	if n := len(rec.Faults(fault.NoRoute)); n != 1 {
		t.Errorf("no_route was reported %d times, want once", n)
	}
}

// TestMiddlewaresInFront: a middleware in front finds its own request and writer again, and the handler's error.
func TestMiddlewaresInFront(t *testing.T) {
	t.Parallel()
	called := false
	e := newEcho()
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			r, w := c.Request(), c.Response()
			err := next(c)
			if c.Request() != r || c.Response() != w {
				t.Error("the request or the response is another one")
			}
			called = true
			return err
		}
	}, cxecho.Middleware())
	e.GET("/", ok)
	if status := serve(t, cxtest.New(t), e, http.MethodGet, "/"); status != http.StatusOK || !called {
		t.Errorf("the status is %d, and the middleware was called: %v", status, called)
	}
}
