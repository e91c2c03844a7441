package routers_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"testing"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/cxecho"
)

func echoApp(recorded, recoverFirst bool, opts ...touchpoint.HandlerOption) http.Handler {
	e := echo.New()
	e.Logger = slog.New(slog.DiscardHandler)
	if recoverFirst {
		e.Use(middleware.Recover())
	}
	if recorded {
		e.Use(cxecho.Middleware(opts...))
	}
	if !recoverFirst {
		e.Use(middleware.Recover())
	}
	item := func(c *echo.Context) error {
		if c.Param("id") == "none" {
			return echo.NewHTTPError(http.StatusNotFound, "no such item")
		}
		return c.String(http.StatusOK, "item "+c.Param("id"))
	}
	refuse := func(status int) echo.MiddlewareFunc {
		return func(echo.HandlerFunc) echo.HandlerFunc {
			return func(*echo.Context) error { return echo.NewHTTPError(status, "refused") }
		}
	}
	e.GET("/health", func(c *echo.Context) error { return c.NoContent(http.StatusNoContent) })
	e.GET("/items/:id", item)
	e.GET("/empty", func(c *echo.Context) error { return c.NoContent(http.StatusNoContent) })
	e.GET("/nothing", func(*echo.Context) error { return nil })
	e.GET("/broken", func(*echo.Context) error { return errors.New("broken") })
	e.GET("/limited", item, refuse(http.StatusTooManyRequests))
	e.GET("/private", item, refuse(http.StatusUnauthorized))
	e.GET("/declined", func(c *echo.Context) error {
		declined(c.Request())
		return c.NoContent(http.StatusPaymentRequired)
	})
	e.GET("/panic", func(*echo.Context) error { panic("boom") })
	e.POST("/stream", func(c *echo.Context) error {
		stream(c.Response(), c.Request())
		return nil
	})
	e.GET("/ws", func(c *echo.Context) error {
		echoSocket(c.Response(), c.Request())
		return nil
	})
	e.GET("/files/*", func(c *echo.Context) error {
		_, err := io.WriteString(c.Response(), c.Request().URL.Path)
		return err
	})
	e.POST("/cart/:cart", func(c *echo.Context) error {
		checkout.Start(c.Request().Context(), c.Param("cart"), event.Customer{})
		return nil
	})
	e.POST("/cart/:cart/pay", func(c *echo.Context) error {
		checkout.Complete(c.Request().Context())
		return nil
	})
	e.Group("/api").Group("/v1").GET("/items/:id", item)
	return e
}

// TestEchoFindsWhatItServes: the middleware finds the route although middlewares in front of the router change the
// path. A route for 404s is no touchpoint.
func TestEchoFindsWhatItServes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, path, touchpoint string
		status                 int
	}{
		{"a slash too many", "/items/7/", "GET /items/:id", http.StatusOK},
		{"a route for 404s", "/none", "", http.StatusNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := echo.New()
			e.Pre(middleware.RemoveTrailingSlash())
			e.Use(cxecho.Middleware())
			e.GET("/items/:id", func(c *echo.Context) error { return c.String(http.StatusOK, c.Param("id")) })
			e.RouteNotFound("/*", func(c *echo.Context) error { return c.NoContent(http.StatusNotFound) })
			rec, server := serve(t, e)
			if status, _ := ask(t, http.MethodGet, server.URL+c.path); status != c.status {
				t.Errorf("the status is %d, want %d", status, c.status)
			}
			if c.touchpoint == "" {
				if events := rec.Events(event.TouchpointEnded); len(events) > 0 {
					t.Errorf("touchpoints were recorded: %+v, want none", events)
				}
				return
			}
			rec.Touchpoint(c.touchpoint).Times(1).OK()
		})
	}
}
