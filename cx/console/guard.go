package console

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"cairncx.dev/cairn/cx/insight"
)

// ErrNotSignedIn is in the error of a viewer function that does not know who sent a request: it is answered with 401.
var ErrNotSignedIn = errors.New("console: it is not known who asks: sign in")

// policy allows what the pages need, and nothing else: their style, their script, pictures of their own, and requests to where they came from.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guarded lets in who may come in, and sets what every answer has.
func (c *Console) guarded(next http.Handler) http.Handler {
	origins := http.NewCrossOriginProtection()
	if c.cfg.leaving != nil { // a mail program of another site may press the button: the token alone says what it does
		origins.AddInsecureBypassPattern("POST " + c.path(unsubscribePath))
	}
	next = origins.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if c.cfg.viewer == nil && !local(r) {
			c.refuse(w, http.StatusForbidden, "The console answers requests from its own machine alone.", "Open it on that machine, and through no proxy. A service that mounts it for others gives it a viewer (console.WithViewer), which says who may see what.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// local reports whether the request came from this machine, to a name of this machine, and through no proxy.
func local(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via"} {
		if r.Header.Values(name) != nil {
			return false
		}
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && peer.Addr().Unmap().IsLoopback() && localHost(r.Host)
}

// localHost reports whether the host is a name of this machine. It keeps out pages that let their own name point here (DNS rebinding).
func localHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// viewer returns who sent the request.
func (c *Console) viewer(r *http.Request) (insight.Viewer, error) {
	if c.cfg.viewer == nil {
		return insight.Everything(), nil
	}
	return c.cfg.viewer(r)
}
