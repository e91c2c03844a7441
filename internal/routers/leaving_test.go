package routers_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/labstack/echo/v5"

	"cairncx.dev/cairn/cx/event"
)

// TestTheCustomerLeaves: the client breaks a request off while the handler works. The touchpoint is cancelled, whatever the handler does
// when it notices.
func TestTheCustomerLeaves(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		build  func(came chan<- struct{}) http.Handler
		reason string
	}{
		{"chi", func(came chan<- struct{}) http.Handler {
			return chiService{handle: func(_ http.ResponseWriter, r *http.Request) {
				close(came)
				<-r.Context().Done()
			}}.build(true, nil)
		}, "the handler returns"},
		{"chi, an error", func(came chan<- struct{}) http.Handler {
			return chiService{handle: func(w http.ResponseWriter, r *http.Request) {
				close(came)
				<-r.Context().Done()
				http.Error(w, "the bank has not answered", http.StatusBadGateway)
			}}.build(true, nil)
		}, "no customer gets the answer"},
		{"echo", func(came chan<- struct{}) http.Handler {
			return echoService{handle: func(c *echo.Context) error {
				close(came)
				<-c.Request().Context().Done()
				return c.Request().Context().Err()
			}}.build(true, func(string) {})
		}, "echo answers the error with 500, and no customer gets that"},
		{"gin", func(came chan<- struct{}) http.Handler {
			return ginService{handle: func(c *gin.Context) {
				close(came)
				<-c.Request.Context().Done()
				_ = c.Error(c.Request.Context().Err())
			}}.build(true, nil)
		}, "no middleware answers the error"},
		{"gin, aborted", func(came chan<- struct{}) http.Handler {
			return ginService{handle: func(c *gin.Context) {
				close(came)
				<-c.Request.Context().Done()
				_ = c.AbortWithError(http.StatusBadGateway, c.Request.Context().Err())
			}}.build(true, nil)
		}, "no customer gets the answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			came := make(chan struct{})
			rec, server := serve(t, c.build(came))
			ctx, leave := context.WithCancel(t.Context())
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/x", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				<-came
				leave()
			}()
			if res, err := server.Client().Do(r); err == nil {
				_ = res.Body.Close()
				t.Error("the request was answered")
			}
			server.Close() // waits for the handler
			for _, e := range rec.Touchpoint("GET /x").Times(1).Events() {
				if e.Outcome != event.Cancelled {
					t.Errorf("the touchpoint is %v, want cancelled: %s", e.Outcome, c.reason)
				}
			}
		})
	}
}

// TestServerSentEvents: each event arrives while the handler goes on, in the router's own way to send one.
func TestServerSentEvents(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		build  func(next <-chan string) http.Handler
		reason string
	}{
		{"chi", func(next <-chan string) http.Handler {
			return chiService{handle: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				for said := range next {
					_, _ = io.WriteString(w, "data:"+said+"\n\n")
					w.(http.Flusher).Flush()
				}
			}}.build(true, nil)
		}, "the writer is an http.Flusher"},
		{"echo", func(next <-chan string) http.Handler {
			return echoService{handle: func(c *echo.Context) error {
				c.Response().Header().Set("Content-Type", "text/event-stream")
				for said := range next {
					_, _ = io.WriteString(c.Response(), "data:"+said+"\n\n")
					if err := http.NewResponseController(c.Response()).Flush(); err != nil {
						return err
					}
				}
				return nil
			}}.build(true, nil)
		}, "echo's examples flush by a ResponseController"},
		{"gin", func(next <-chan string) http.Handler {
			return ginService{handle: func(c *gin.Context) {
				c.Stream(func(io.Writer) bool {
					said, more := <-next
					if more {
						c.SSEvent("", said)
					}
					return more
				})
			}}.build(true, nil)
		}, "gin watches the connection with http.CloseNotifier"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			next := make(chan string)
			rec, server := serve(t, c.build(next))
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/x", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			go func() { next <- "one" }()
			res, err := server.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			lines := bufio.NewReader(res.Body)
			for _, want := range []string{"one", "two"} {
				if want != "one" {
					next <- want
				}
				for {
					line, err := lines.ReadString('\n')
					if err != nil {
						t.Fatalf("no event: %v: %s", err, c.reason)
					}
					if line == "data:"+want+"\n" {
						break
					}
				}
				if n := len(rec.Events(event.TouchpointEnded)); n != 0 {
					t.Errorf("%d touchpoints have ended before the stream", n)
				}
			}
			close(next)
			_, _ = io.Copy(io.Discard, lines)
			server.Close() // waits for the handler
			rec.Touchpoint("GET /x").Times(1).OK()
		})
	}
}
