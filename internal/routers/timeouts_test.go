package routers_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	chimiddleware "github.com/go-chi/chi/v5/middleware"
	"github.com/labstack/echo/v5"
	echomiddleware "github.com/labstack/echo/v5/middleware"

	"cairncx.dev/cairn/cx/event"
)

// limit is a deadline that each of these requests waits for.
const limit = 20 * time.Millisecond

// TestTimeouts: the deadline of a request passes. An answer that did not come in time is a failure of the type "timeout" where the deadline
// is set in front of the middleware, and otherwise has the status that the customer gets.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	chiWaits := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	echoWaits := func(c *echo.Context) error {
		<-c.Request().Context().Done()
		return fmt.Errorf("the bank: %w", c.Request().Context().Err())
	}
	ginWaits := func(c *gin.Context) {
		<-c.Request.Context().Done()
		_ = c.AbortWithError(http.StatusGatewayTimeout, c.Request.Context().Err())
	}
	ginLeaves := func(c *gin.Context) {
		<-c.Request.Context().Done()
		_ = c.Error(c.Request.Context().Err())
	}
	chiTimeout, echoTimeout := []chiMiddleware{chimiddleware.Timeout(limit)}, []echo.MiddlewareFunc{echomiddleware.ContextTimeout(limit)}
	ginTimeout := []gin.HandlerFunc{func(c *gin.Context) {
		ctx, cancel := context.WithTimeout(c.Request.Context(), limit)
		defer cancel()
		c.Request = c.Request.WithContext(ctx)
		if c.Next(); ctx.Err() != nil && !c.Writer.Written() {
			c.AbortWithStatus(http.StatusGatewayTimeout)
		}
	}}
	long := []echo.MiddlewareFunc{echomiddleware.ContextTimeout(time.Hour)}
	for _, c := range []handled{
		{"chi, in front", chiService{front: chiTimeout, handle: chiWaits}.build, 504, event.Failed, "timeout", "Timeout answers with 504 after the handler"},
		{"chi, behind", chiService{behind: chiTimeout, handle: chiWaits}.build, 504, event.Failed, "504", "the status of Timeout"},
		{"chi, around", around(chiService{handle: untilDiscarded}.build), 503, event.Failed, "timeout", "http.TimeoutHandler answers instead"},
		{"chi, in front of the handler", chiService{handle: http.TimeoutHandler(http.HandlerFunc(untilDiscarded), limit, "late").ServeHTTP}.build, 503, event.Failed, "503", "the handler has a limit of its own"},
		{"echo, in front", echoService{front: echoTimeout, handle: echoWaits}.build, 503, event.Failed, "timeout", "ContextTimeout makes an error of the status 503"},
		{"echo, behind", echoService{behind: echoTimeout, handle: echoWaits}.build, 503, event.Failed, "503", "the status of ContextTimeout"},
		{"echo, around", around(echoService{handle: func(c *echo.Context) error {
			untilDiscarded(c.Response(), c.Request())
			return nil
		}}.build), 503, event.Failed, "timeout", "http.TimeoutHandler answers instead"},
		{"echo, another error in time", echoService{front: long, handle: func(*echo.Context) error { return echo.NewHTTPError(http.StatusConflict, "sold out") }, onError: func(c *echo.Context, _ error) {
			_ = c.NoContent(http.StatusConflict)
		}}.build, 409, event.OK, "", "ContextTimeout has ended the context when echo answers"},
		{"gin, in front", ginService{front: ginTimeout, handle: ginLeaves}.build, 504, event.Failed, "timeout", "the middleware answers after the handler"},
		{"gin, in front, by the handler", ginService{front: ginTimeout, handle: ginWaits}.build, 504, event.Failed, "timeout", "the handler answers for itself"},
		{"gin, behind", ginService{behind: ginTimeout, handle: ginWaits}.build, 504, event.Failed, "504", "the status of the handler"},
		{"gin, around", around(ginService{handle: func(c *gin.Context) { untilDiscarded(c.Writer, c.Request) }}.build), 503, event.Failed, "timeout", "http.TimeoutHandler answers instead"},
	} {
		t.Run(c.name, c.run)
	}
}

// around puts an http.TimeoutHandler around a service.
func around(build func(bool, func(string)) http.Handler) func(bool, func(string)) http.Handler {
	return func(recorded bool, say func(string)) http.Handler {
		return http.TimeoutHandler(build(recorded, say), limit, "late")
	}
}

// untilDiscarded answers until an http.TimeoutHandler has discarded the answer. A handler that returned at the deadline might still be
// in time.
func untilDiscarded(w http.ResponseWriter, r *http.Request) {
	<-r.Context().Done()
	for {
		if _, err := w.Write(nil); err != nil {
			return
		}
		runtime.Gosched()
	}
}

// TestPanics: a panic goes on to the recoverer, or to the server. Both answer as without the middleware.
func TestPanics(t *testing.T) {
	t.Parallel()
	for _, what := range []struct {
		name    string
		value   any
		answers bool // a recoverer answers it
		reason  string
	}{
		{"a panic", "boom", true, "a defect"},
		{"an abort", http.ErrAbortHandler, false, "chi and echo do not recover it"},
	} {
		chiPanics := func(http.ResponseWriter, *http.Request) { panic(what.value) }
		echoPanics := func(*echo.Context) error { panic(what.value) }
		ginPanics := func(*gin.Context) { panic(what.value) }
		recovered, behind := 500, "500"
		if !what.answers {
			recovered, behind = 0, "panic"
		}
		for _, c := range []handled{
			{"chi without a recoverer", chiService{handle: chiPanics}.build, 0, event.Failed, "panic", "the server breaks the connection off"},
			{"chi, recovered in front", chiService{front: []chiMiddleware{silentRecoverer}, handle: chiPanics}.build, recovered, event.Failed, "panic", "the panic passes the middleware"},
			{"chi, recovered behind", chiService{behind: []chiMiddleware{silentRecoverer}, handle: chiPanics}.build, recovered, event.Failed, behind, "the recoverer answers"},
			{"echo without a recoverer", echoService{handle: echoPanics}.build, 0, event.Failed, "panic", "the server breaks the connection off"},
			{"echo, recovered in front", echoService{front: []echo.MiddlewareFunc{plainRecover()}, handle: echoPanics}.build, recovered, event.Failed, "panic", "the panic passes the middleware"},
			{"echo, recovered behind", echoService{behind: []echo.MiddlewareFunc{plainRecover()}, handle: echoPanics}.build, recovered, event.Failed, behind, "echo answers the recoverer's error"},
			{"gin without a recoverer", ginService{handle: ginPanics}.build, 0, event.Failed, "panic", "the server breaks the connection off"},
			{"gin, recovered in front", ginService{front: []gin.HandlerFunc{quiet()}, handle: ginPanics}.build, 500, event.Failed, "panic", "the panic passes the middleware"},
			{"gin, recovered behind", ginService{behind: []gin.HandlerFunc{quiet()}, handle: ginPanics}.build, 500, event.Failed, "500", "the recoverer answers"},
		} {
			if !what.answers && c.status == 500 {
				continue // gin's recoverer takes an abort for a connection that the client has broken off
			}
			t.Run(what.name+"/"+c.name, c.run)
		}
	}
}

// silentRecoverer is chi's recoverer without its log.
func silentRecoverer(next http.Handler) http.Handler {
	return chimiddleware.RequestLogger(silence{})(chimiddleware.Recoverer(next))
}

// silence is a log of chi that writes nothing.
type silence struct{}

func (silence) NewLogEntry(*http.Request) chimiddleware.LogEntry { return silence{} }

func (silence) Write(int, int, http.Header, time.Duration, any) {}

func (silence) Panic(any, []byte) {}

// plainRecover is echo's recoverer with an error that has no stack, which would differ from run to run.
func plainRecover() echo.MiddlewareFunc {
	return echomiddleware.RecoverWithConfig(echomiddleware.RecoverConfig{DisablePrintStack: true})
}
