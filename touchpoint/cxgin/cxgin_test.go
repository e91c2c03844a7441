package cxgin_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gin-gonic/gin"

	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/cxgin"
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

func ok(c *gin.Context) { c.String(http.StatusOK, "ok") }

// TestRoutes: a touchpoint has the name of the route that gin chooses, with the parameters that gin finds, at each place of Middleware.
func TestRoutes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, method, path string
		touchpoint         string // "" means none
		tenant, item       string // the parameters
		build              func(e *gin.Engine, with gin.HandlerFunc)
		status             int
		reason             string
	}{
		{"a wildcard", "GET", "/files/a/b", "GET /files/*item", "", "/a/b", func(e *gin.Engine, with gin.HandlerFunc) {
			e.Use(with)
			e.GET("/files/*item", ok)
		}, 200, "gin's wildcard has the slash"},
		{"HEAD", "HEAD", "/items/7", "HEAD /items/:item", "", "7", func(e *gin.Engine, with gin.HandlerFunc) {
			e.Use(with)
			e.HEAD("/items/:item", ok)
		}, 200, "gin has a route for each method"},
		{"HEAD without a route", "HEAD", "/items/7", "", "", "", func(e *gin.Engine, with gin.HandlerFunc) {
			e.Use(with)
			e.GET("/items/:item", ok)
		}, 404, "gin does not serve HEAD by the route of GET"},
		{"any method", "POST", "/items/7", "POST /items/:item", "", "7", func(e *gin.Engine, with gin.HandlerFunc) {
			e.Use(with)
			e.Any("/items/:item", ok)
		}, 200, "gin makes a route for each method that it knows"},
		{"a group", "GET", "/t/a/items/7", "GET /t/:tenant/items/:item", "a", "7", func(e *gin.Engine, with gin.HandlerFunc) {
			e.Group("/t/:tenant", with).GET("/items/:item", ok)
		}, 200, "the pattern is whole"},
		{"one route", "GET", "/items/7", "GET /items/:item", "", "7", func(e *gin.Engine, with gin.HandlerFunc) {
			e.GET("/items/:item", with, ok)
		}, 200, "a middleware of the route"},
		{"a handler for 404s", "GET", "/none", "", "", "", func(e *gin.Engine, with gin.HandlerFunc) {
			e.Use(with)
			e.NoRoute(ok)
		}, 200, "a stranger's path is no touchpoint"},
		{"a slash too many", "GET", "/items/7/", "", "", "", func(e *gin.Engine, with gin.HandlerFunc) {
			e.Use(with)
			e.GET("/items/:item", ok)
			e.RedirectTrailingSlash = false
		}, 404, "gin redirects or refuses it before the middlewares run"},
		{"a refusal in front", "GET", "/items/7", "", "", "", func(e *gin.Engine, with gin.HandlerFunc) {
			e.Use(func(c *gin.Context) { c.AbortWithStatus(http.StatusUnauthorized) }, with)
			e.GET("/items/:item", ok)
		}, 401, "the refused request does not reach the middleware"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var tenant, item string
			e := gin.New()
			opts := []touchpoint.HandlerOption{cxgin.WithRoutes(e), touchpoint.WithJourneyID(checkout, func(r *http.Request) string {
				tenant, item = r.PathValue("tenant"), r.PathValue("item")
				return ""
			})}
			if c.touchpoint != "" {
				opts = append(opts, touchpoint.WithRoute(c.touchpoint, touchpoint.Define(c.touchpoint))) // which the engine has
			}
			c.build(e, cxgin.Middleware(opts...))
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

// TestRewritten: HandleContext serves a request anew under another path. Both routes are touchpoints with the status of the answer.
func TestRewritten(t *testing.T) {
	t.Parallel()
	e := gin.New()
	e.Use(cxgin.Middleware())
	e.GET("/old", func(c *gin.Context) {
		c.Request.URL.Path = "/new"
		e.HandleContext(c)
	})
	e.GET("/new", func(c *gin.Context) { c.String(http.StatusBadGateway, "sorry") })
	rec := cxtest.New(t)
	if status := serve(t, rec, e, http.MethodGet, "/old"); status != http.StatusBadGateway {
		t.Errorf("the status is %d", status)
	}
	rec.Touchpoint("GET /new").Times(1).Failed()
	rec.Touchpoint("GET /old").Times(1).Failed()
}

// TestMiddlewaresInFront: a middleware in front finds its own request and writer again, with the size and the status of the answer.
func TestMiddlewaresInFront(t *testing.T) {
	t.Parallel()
	status, size := 0, 0
	e := gin.New()
	e.Use(func(c *gin.Context) {
		r, w := c.Request, c.Writer
		if c.Next(); c.Request != r || c.Writer != w {
			t.Error("the request or the writer is another one")
		}
		status, size = c.Writer.Status(), c.Writer.Size()
	}, cxgin.Middleware())
	e.GET("/", func(c *gin.Context) {
		c.Status(http.StatusAccepted)
		c.Writer.Flush() // the status goes with it
		c.Status(http.StatusTeapot)
		c.String(http.StatusTeapot, "tea")
	})
	if got := serve(t, cxtest.New(t), e, http.MethodGet, "/"); got != http.StatusAccepted || status != got || size != len("tea") {
		t.Errorf("the status is %d, and the middleware in front sees %d with %d bytes", got, status, size)
	}
}

// TestNoAnswer: no middleware answers the error that the handler has left. gin sends 200, and the touchpoint ends a second after the
// request.
func TestNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := cxtest.New(t)
		e := gin.New()
		e.Use(cxgin.Middleware())
		e.GET("/", func(c *gin.Context) { _ = c.Error(errors.New("no answer")) })
		ctx, ended := context.WithCancel(rec.Context(t.Context()))
		w := httptest.NewRecorder()
		e.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", http.NoBody))
		ended() // as net/http does
		if w.Code != http.StatusOK {
			t.Errorf("the status is %d", w.Code)
		}
		synctest.Wait()
		if n := len(rec.Events(event.TouchpointEnded)); n != 0 {
			t.Errorf("%d touchpoints have ended before the second", n)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		rec.Touchpoint("GET /").Times(1).OK()
	})
}
