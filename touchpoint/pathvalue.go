package touchpoint

import (
	"net/http"
	"net/url"
	"strings"
)

// withPathValues returns r with the values of the pattern's wildcards, for a callback that runs before the mux sets them.
func withPathValues(r *http.Request, pattern string) *http.Request {
	if r.Pattern == pattern || !strings.Contains(pattern, "{") {
		return r
	}
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
