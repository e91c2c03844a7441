package cxgin

import (
	"context"
	"iter"
	"net/http"

	"github.com/gin-gonic/gin"

	"cairncx.dev/cairn/touchpoint"
)

// Middleware returns a middleware for the Use method of an Engine or of a RouterGroup, or for one route. It makes a touchpoint of each
// request that has a route. The name is the method and the whole pattern as gin has it: "POST /api/cart/:cart/pay". A request without a
// route, or with a method that its route does not have, is no touchpoint.
//
// [touchpoint.WithJourneyID] reads a parameter of the path as r.PathValue("cart"), with the value of c.Param("cart"). A live span of the
// request, such as otelhttp's, gets the attribute http.route, and the request gets its Pattern, after which otelhttp names its span.
//
// A handler that calls c.Error and answers nothing leaves the answer to a middleware in front. The touchpoint then ends when that
// middleware answers, with the status of that answer. Until then c.Request is the touchpoint's, so that the middleware finds it with
// touchpoint.FromContext(c.Request.Context()). Where no answer comes, the status is 200, as gin sends it.
//
// The place in the chain decides what Middleware sees:
//
//   - Behind Recovery, a panic is a failed touchpoint with the error type "panic". In front of it, the error type is "500".
//   - Behind a middleware that sets a deadline, a request that is overdue has the error type "timeout".
//   - Behind a middleware that refuses requests, such as a rate limit, a refused request is no touchpoint.
//
// The middleware may serve several requests at the same time. Without a client it does nothing.
func Middleware(opts ...touchpoint.HandlerOption) gin.HandlerFunc {
	h := touchpoint.Handler(http.HandlerFunc(serve), append(opts[:len(opts):len(opts)],
		touchpoint.WithRouter(pattern), touchpoint.WithPathValues(values), touchpoint.WithLateAnswer(later))...)
	return func(c *gin.Context) {
		call := &call{c: c, errors: len(c.Errors)}
		request, writer := c.Request, c.Writer
		defer func() {
			c.Writer = writer
			if call.answered != nil {
				c.Writer = &lateWriter{writer, call.answered}
				return
			}
			c.Request = request
		}()
		h.ServeHTTP(writer, request.WithContext(context.WithValue(request.Context(), callKey{}, call)))
		request.Pattern = c.FullPath()
	}
}

// WithRoutes is an option of [Middleware] that lists the routes of e, because gin's context does not have the list. With it the first request
// reports each pattern in the options that the engine does not have as the fault unknown_route. Default: patterns are not checked.
func WithRoutes(e *gin.Engine) touchpoint.HandlerOption {
	return touchpoint.WithRoutes(func(*http.Request) (patterns []string) {
		for _, r := range e.Routes() {
			patterns = append(patterns, r.Method+" "+r.Path)
		}
		return patterns
	})
}

// call is one request on its way through the middlewares.
type call struct {
	c        *gin.Context
	errors   int              // that the context had before
	answered func(status int) // for an answer that comes after the middleware has returned, or nil
}

type callKey struct{}

// callOf returns the call of the request. Only [Middleware] makes requests for the functions below, and each has its call.
func callOf(r *http.Request) *call {
	call, _ := r.Context().Value(callKey{}).(*call)
	return call
}

// unanswered reports whether the handler has left an error to a middleware in front.
func (c *call) unanswered() bool {
	return len(c.c.Errors) > c.errors && !c.c.Writer.Written() && c.c.Writer.Status() == http.StatusOK
}

// serve calls the middlewares and the handler behind [Middleware].
func serve(w http.ResponseWriter, r *http.Request) {
	call := callOf(r)
	c := call.c
	c.Request, c.Writer = r, &writer{c.Writer, w}
	if c.Next(); !call.unanswered() {
		w.WriteHeader(c.Writer.Status()) // gin writes it later, to its own writer
	}
}

// later waits for the answer to the error that the handler has left.
func later(r *http.Request, answered func(status int)) bool {
	call := callOf(r)
	if !call.unanswered() {
		return false
	}
	call.answered = answered
	return true
}

// pattern returns the route that the engine has chosen.
func pattern(r *http.Request) string {
	c := callOf(r).c
	if c.FullPath() == "" {
		return ""
	}
	return r.Method + " " + c.FullPath()
}

// values yields the parameters of the path.
func values(r *http.Request) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for _, p := range callOf(r).c.Params {
			if !yield(p.Key, p.Value) {
				return
			}
		}
	}
}
