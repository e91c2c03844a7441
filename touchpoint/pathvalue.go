package touchpoint

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// asking is a request for a callback that runs before the mux sets the values of the pattern's wildcards. It is the
// [http.ResponseWriter] of a mux that sets them, and discards what that mux answers.
type asking struct {
	request http.Request
	matched bool // the mux has set the values
}

// Header implements [http.ResponseWriter].
func (*asking) Header() http.Header { return http.Header{} }

// Write implements [http.ResponseWriter].
func (*asking) Write(b []byte) (int, error) { return len(b), nil }

// WriteHeader implements [http.ResponseWriter].
func (*asking) WriteHeader(int) {}

// ask returns r with the values of the wildcards. Muxes is nil where the pattern is not one of the wrapped mux. Ask reports whether
// the values are exactly those that the mux sets, so that the request can be served with them.
func (a *asking) ask(r *http.Request, pattern string, muxes *patternMuxes) (asked *http.Request, exact bool) {
	if r.Pattern == pattern || !hasWildcards(pattern) {
		return r, false
	}
	if muxes != nil {
		if mux := muxes.of(pattern); mux != nil {
			a.request = *r.WithContext(r.Context())
			mux.ServeHTTP(a, &a.request)
			if a.matched {
				a.request.Pattern = r.Pattern
				return &a.request, true
			}
		}
	}
	return withPathValues(r, pattern), false
}

// patternMuxes holds a mux for each pattern, which sets the values of the pattern's wildcards as the wrapped mux does. A mux has few
// patterns.
type patternMuxes struct{ m sync.Map }

// of returns the mux of the pattern, or nil where net/http refuses the pattern.
func (p *patternMuxes) of(pattern string) *http.ServeMux {
	v, ok := p.m.Load(pattern)
	if !ok {
		mux, err := muxOf(http.HandlerFunc(noteMatch), pattern)
		if err != nil {
			mux = nil
		}
		v, _ = p.m.LoadOrStore(pattern, mux)
	}
	return v.(*http.ServeMux) //nolint:forcetypeassert // the map holds nothing else
}

func noteMatch(w http.ResponseWriter, _ *http.Request) {
	if a, ok := w.(*asking); ok {
		a.matched = true
	}
}

func hasWildcards(pattern string) bool { return strings.IndexByte(pattern, '{') >= 0 }

// withPathValues returns r with the values of the pattern's wildcards. The pattern may be one of another router, in the form of
// [http.ServeMux].
func withPathValues(r *http.Request, pattern string) *http.Request {
	_, path, ok := strings.Cut(pattern, "/")
	if !ok {
		return r
	}
	out := r.WithContext(r.Context())
	if r.Pattern != "" {
		out = r.Clone(r.Context()) // the request itself keeps the values of a mux outside
	}
	rest := strings.TrimPrefix(r.URL.EscapedPath(), "/")
	for segment := range strings.SplitSeq(path, "/") {
		var value string
		name, wild := strings.CutPrefix(segment, "{")
		name = strings.TrimSuffix(name, "}")
		if all, multi := strings.CutSuffix(name, "..."); multi {
			value, rest, name = rest, "", all
		} else {
			value, rest, _ = strings.Cut(rest, "/")
		}
		if !wild || name == "$" || name == "" {
			continue
		}
		if v, err := url.PathUnescape(value); err == nil {
			out.SetPathValue(name, v)
		}
	}
	return out
}
