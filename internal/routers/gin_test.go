package routers_test

import (
	"io"
	"net/http"
	"os"
	"testing"

	"github.com/gin-gonic/gin"
	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/cxgin"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.TestMode) // gin keeps its mode in a global
	code := m.Run()
	if err := goleak.Find(); code == 0 && err != nil {
		_, _ = io.WriteString(os.Stderr, err.Error())
		code = 1
	}
	os.Exit(code)
}

func ginApp(recorded, recoverFirst bool, opts ...touchpoint.HandlerOption) http.Handler {
	e := gin.New()
	e.HandleMethodNotAllowed = true
	if recoverFirst {
		e.Use(gin.RecoveryWithWriter(io.Discard))
	}
	if recorded {
		e.Use(cxgin.Middleware(append(opts[:len(opts):len(opts)], cxgin.WithRoutes(e))...))
	}
	if !recoverFirst {
		e.Use(gin.RecoveryWithWriter(io.Discard))
	}
	item := func(c *gin.Context) {
		if c.Param("id") == "none" {
			c.String(http.StatusNotFound, "no such item")
			return
		}
		c.String(http.StatusOK, "item "+c.Param("id"))
	}
	refuse := func(status int) gin.HandlerFunc {
		return func(c *gin.Context) { c.AbortWithStatus(status) }
	}
	e.GET("/health", func(c *gin.Context) { c.Status(http.StatusNoContent) })
	e.GET("/items/:id", item)
	e.GET("/empty", func(c *gin.Context) { c.Status(http.StatusNoContent) })
	e.GET("/nothing", func(*gin.Context) {})
	e.GET("/broken", func(c *gin.Context) {
		c.Status(http.StatusOK) // gin writes the status with the first byte of the body, so the last status counts
		c.JSON(http.StatusInternalServerError, gin.H{"error": "broken"})
	})
	e.GET("/limited", refuse(http.StatusTooManyRequests), item)
	e.GET("/private", refuse(http.StatusUnauthorized), item)
	e.GET("/declined", func(c *gin.Context) {
		declined(c.Request)
		c.Status(http.StatusPaymentRequired)
	})
	e.GET("/panic", func(*gin.Context) { panic("boom") })
	e.POST("/stream", func(c *gin.Context) { stream(c.Writer, c.Request) })
	e.GET("/ws", func(c *gin.Context) { echoSocket(c.Writer, c.Request) })
	e.GET("/files/*path", func(c *gin.Context) { _, _ = io.WriteString(c.Writer, c.Request.URL.Path) })
	e.POST("/cart/:cart", func(c *gin.Context) {
		checkout.Start(c.Request.Context(), c.Param("cart"), event.Customer{})
	})
	e.POST("/cart/:cart/pay", func(c *gin.Context) { checkout.Complete(c.Request.Context()) })
	e.Group("/api").Group("/v1").GET("/items/:id", item)
	return e
}

// TestGinRedirects: gin redirects before its middlewares run.
func TestGinRedirects(t *testing.T) {
	t.Parallel()
	rec, server := serve(t, ginApp(true, true, touchpoint.WithOnlyRoutes()))
	if status, _ := ask(t, http.MethodGet, server.URL+"/items/7/"); status != http.StatusMovedPermanently {
		t.Errorf("the status is %d", status)
	}
	if events := rec.Events(event.TouchpointEnded); len(events) > 0 {
		t.Errorf("touchpoints were recorded: %+v, want none", events)
	}
}
