package touchpoint

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
)

// routing checks a handler's configuration while it serves: whether the router has the configured patterns, and whether the handler
// can see the router's patterns at all. It reports each fault once, to the client of the request that shows it. After that, and
// where there is nothing to check, a request costs two atomic loads.
type routing struct {
	mux   *http.ServeMux // the wrapped mux, where no WithRouter replaces it, or nil
	muxes patternMuxes   // for the patterns of mux
	// setsPattern says that a mux sets the pattern of a request. With GODEBUG=httpmuxgo121=1 it does not.
	setsPattern bool
	list        func(r *http.Request) []string // WithRoutes, or nil
	custom      bool                           // WithRouter is set
	unchecked   atomic.Bool
	blind       atomic.Bool // no request has had a pattern
	limit       int32       // how many answered requests without a pattern make a report
	answered    atomic.Int32
}

// The numbers of answered requests without a route after which no_route is reported. A handler that neither wraps a mux nor is in
// one never sees a route, so few requests are enough. With WithRouter many requests may have no route, such as those for files.
const (
	blindWithoutRouter = 3
	blindWithRouter    = 100
)

// prepare decides what to check.
func (h *handler) prepare() {
	c := &h.routing
	mux, isMux := h.next.(*http.ServeMux)
	_, hasPatterns := h.next.(patterned)
	c.custom = h.pattern != nil
	if isMux && mux != nil && !c.custom {
		c.mux, c.setsPattern = mux, setsPattern()
	}
	c.unchecked.Store(len(h.routes) > 0 && (c.mux != nil || c.list != nil))
	wanted := !h.only || slices.ContainsFunc(values(h.routes), func(d *Definition) bool { return d != nil })
	c.blind.Store(wanted && (c.custom || !hasPatterns))
	if c.limit = blindWithoutRouter; c.custom {
		c.limit = blindWithRouter
	}
}

func values(m map[string]*Definition) []*Definition {
	out := make([]*Definition, 0, len(m))
	for _, d := range m {
		out = append(out, d)
	}
	return out
}

// patterned is a mux that returns the pattern of a request.
type patterned interface {
	Handler(r *http.Request) (h http.Handler, pattern string)
}

// route is where a request goes.
type route struct {
	pattern string
	// handler and muxes are nil where the wrapped mux has to route the request again.
	handler http.Handler  // of the route
	muxes   *patternMuxes // the values of the pattern's wildcards
}

// direct returns the handler of a route without wildcards, or nil where the request has to be routed again.
func (to *route) direct() http.Handler {
	if to.handler == nil || hasWildcards(to.pattern) {
		return nil
	}
	return to.handler
}

// route returns where the wrapped mux sends the request. Where no mux outside has left traces in the request, and the mux would do no
// more than to call the handler, the request need not be routed again.
func (c *routing) route(r *http.Request) route {
	if r.Method == http.MethodConnect {
		return route{} // a mux may return a path here, which is no name
	}
	handler, pattern := c.mux.Handler(r)
	to := route{pattern: pattern}
	if c.setsPattern && r.Pattern == "" && r.RequestURI != "*" {
		to.handler, to.muxes = handler, &c.muxes
	}
	return to
}

// setsPattern reports whether a mux sets the pattern of a request.
func setsPattern() bool {
	mux, err := muxOf(http.NotFoundHandler(), "/")
	if err != nil {
		return false
	}
	r := &http.Request{URL: &url.URL{Path: "/"}}
	mux.ServeHTTP(new(asking), r)
	return r.Pattern == "/"
}

// look runs for every recorded request, before the request is served.
func (h *handler) look(ctx context.Context, r *http.Request, pattern string) {
	c := &h.routing
	if pattern != "" && c.blind.Load() {
		c.blind.Store(false)
	}
	if c.unchecked.Load() && c.unchecked.CompareAndSwap(true, false) {
		h.checkRoutes(ctx, r)
	}
}

// watch serves a request that is no touchpoint. Where no request has had a pattern yet, it finds out whether this one has a route
// nevertheless: it is answered, and not with 404 or 405.
func (h *handler) watch(w http.ResponseWriter, outer, inner *http.Request, pattern string) {
	c := &h.routing
	if pattern != "" || !c.blind.Load() {
		serve(h.next, w, outer, inner)
		return
	}
	w, answer := newExchange(w, inner)
	answer.read(inner)
	serve(h.next, w, outer, inner)
	answer.begin(http.StatusOK) // where next has answered nothing
	var detail string
	switch {
	case answer.status == http.StatusNotFound, answer.status == http.StatusMethodNotAllowed:
		return
	case h.hidden(outer):
		detail = fmt.Sprintf("%T hides the mux behind it, so that the route (%.80q here) is not known before the request is served", h.next, outer.Pattern)
	case c.answered.Add(1) >= c.limit:
		detail = fmt.Sprintf("%d requests were answered, and none of them had a route that is known before it is served", c.limit)
	default:
		return
	}
	if c.blind.CompareAndSwap(true, false) {
		flight.Fault(inner.Context(), fault.Report{
			Fault: fault.NoRoute, Name: fmt.Sprintf("%T", h.next),
			Detail: detail,
		})
	}
}

// hidden reports whether a mux has set a pattern that the handler could not see before.
func (h *handler) hidden(r *http.Request) bool { return !h.routing.custom && r.Pattern != "" }

// checkRoutes reports every configured pattern that the router does not have.
func (h *handler) checkRoutes(ctx context.Context, r *http.Request) {
	defer contain(ctx, func() {})
	lacks := h.routing.lacks
	if h.routing.list != nil {
		has := h.routing.list(r)
		if len(has) == 0 {
			return // the router's patterns are not known
		}
		lacks = func(pattern string) string { return notAmong("the router", has, pattern) }
	}
	for pattern, d := range h.routes {
		what := "WithRoute"
		if d == nil {
			what = "WithSkip"
		}
		detail := lacks(pattern)
		if detail == "" {
			continue
		}
		name, which := routeName(pattern), "it"
		if name != pattern {
			which = fmt.Sprintf("%.256q", pattern)
		}
		flight.Fault(ctx, fault.Report{
			Fault: fault.UnknownRoute, Name: name, Detail: which + " is given to touchpoint." + what + ", and " + detail,
		})
	}
}

// lacks returns why the mux does not have the pattern, or "" where it has the pattern or where that cannot be known.
//
// A mux does not list its patterns. lacks therefore makes up requests that the pattern matches, and asks the mux which pattern it
// chooses for them. A mux that has the pattern chooses it or a more specific one. Which of two patterns is more specific is for
// net/http to say: lacks puts both into a mux of their own, and asks that mux.
func (c *routing) lacks(pattern string) string {
	if pattern == "" {
		return ""
	}
	alone, err := muxOf(http.NotFoundHandler(), pattern)
	if err != nil {
		return fmt.Sprintf("is no pattern of a ServeMux: %v", err)
	}
	if method, host, _ := split(pattern); method != http.MethodConnect {
		if _, _, err := net.SplitHostPort(host); err == nil {
			return "names a port, and net/http looks for a host without one, so that no request matches it"
		}
	}
	missing := false
	var near []string
	for _, r := range probes(pattern) {
		if chosen(alone, r) != pattern {
			continue // the pattern does not match this request
		}
		got := chosen(c.mux, r)
		switch got {
		case pattern:
			return ""
		case "":
			missing = true
		default:
			near = append(near, got)
			both, err := muxOf(http.NotFoundHandler(), pattern, got)
			missing = missing || err != nil || chosen(both, r) == pattern // a mux never has two patterns in conflict
		}
	}
	if !missing {
		return ""
	}
	return "the mux does not have it" + perhaps(append(near, c.similar(pattern)...))
}

// perhaps names the patterns, without what occurs twice, three at most.
func perhaps(near []string) string {
	var texts []string
	for _, p := range near {
		if text := fmt.Sprintf("%.80q", p); p != "" && !slices.Contains(texts, text) && len(texts) < 3 {
			texts = append(texts, text)
		}
	}
	if len(texts) == 0 {
		return ""
	}
	return "; the nearest that it has: " + strings.Join(texts, ", ")
}

// similar returns patterns of the mux for requests that differ from those of the pattern in the method, in a trailing slash, in
// case, or in what lies below a path.
func (c *routing) similar(pattern string) (near []string) {
	_, host, path := split(pattern)
	host, path = strings.ToLower(host), strings.TrimSuffix(strings.TrimSuffix(path, "{$}"), "/")
	for _, host := range []string{host, ""} {
		for _, path := range []string{path, path + "/", strings.ToLower(path), path + "/{x}", path[:max(0, strings.LastIndexByte(path, '/'))]} {
			for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", anyMethod} {
				for _, r := range probes(method + " " + host + "/" + strings.TrimPrefix(path, "/")) {
					near = append(near, chosen(c.mux, r))
				}
			}
		}
	}
	return near
}

// chosen returns the pattern that the mux chooses for the request.
func chosen(mux *http.ServeMux, r *http.Request) string {
	_, pattern := mux.Handler(r)
	return pattern
}

// muxOf returns a mux that has these patterns for the handler, or net/http's reason for refusing them.
func muxOf(h http.Handler, patterns ...string) (mux *http.ServeMux, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p) //nolint:err113 // net/http's own words
		}
	}()
	mux = http.NewServeMux()
	for _, p := range patterns {
		mux.Handle(p, h)
	}
	return mux, nil
}

// The method, the host and the segment of a made-up request where the pattern allows any: no route names them.
const (
	anyMethod  = "CAIRNPROBE"
	anyHost    = "cairn-probe.invalid"
	anySegment = "cairn-probe-5d1f"
)

// split splits a pattern as net/http does: [METHOD ][HOST]/[PATH].
func split(pattern string) (method, host, path string) {
	rest := pattern
	if i := strings.IndexAny(pattern, " \t"); i >= 0 {
		method, rest = pattern[:i], strings.TrimLeft(pattern[i+1:], " \t")
	}
	i := strings.IndexByte(rest, '/')
	if i < 0 {
		return method, rest, ""
	}
	return method, rest[:i], rest[i:]
}

// probes returns requests that the pattern matches: several for a pattern that matches any rest of a path, because a more specific
// pattern may match some of them.
func probes(pattern string) (out []*http.Request) {
	method, host, path := split(pattern)
	if method == http.MethodConnect {
		return nil // such a request is no touchpoint
	}
	if method == "" {
		method = anyMethod
	}
	if host == "" {
		host = anyHost
	}
	segments := strings.Split(path, "/")
	tails := []string{""}
	for i, s := range segments {
		switch {
		case i == len(segments)-1 && s == "", strings.HasSuffix(s, "...}"):
			segments[i] = ""
			deep := strings.Repeat(anySegment+"/", 16)
			tails = []string{"", anySegment, anySegment + "/", anySegment + "/" + anySegment, deep + anySegment, deep}
		case s == "{$}":
			segments[i] = ""
		case strings.HasPrefix(s, "{"):
			segments[i] = anySegment
		}
	}
	for _, tail := range tails {
		u, err := url.ParseRequestURI(strings.Join(segments, "/") + tail)
		if err != nil {
			continue
		}
		out = append(out, &http.Request{Method: method, Host: host, URL: u, Header: http.Header{}})
	}
	return out
}
