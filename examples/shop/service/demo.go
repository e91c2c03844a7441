package service

import (
	"fmt"
	"net/http"
	"net/netip"
	"time"
)

// maxAhead bounds one move of the clock.
const maxAhead = 366 * 24 * time.Hour

// withDemoClock serves POST /demo/clock?ahead=24h in front of app, if the demonstration is on.
func (s *Service) withDemoClock(app http.Handler) http.Handler {
	if !s.cfg.DemoClock {
		return app
	}
	move := OnlyLoopback(http.HandlerFunc(s.moveClock))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == "/demo/clock" {
			move.ServeHTTP(w, r)
			return
		}
		app.ServeHTTP(w, r)
	})
}

func (s *Service) moveClock(w http.ResponseWriter, r *http.Request) {
	ahead, err := time.ParseDuration(r.URL.Query().Get("ahead"))
	if err != nil || ahead < 0 || ahead > maxAhead {
		http.Error(w, fmt.Sprintf("ahead is invalid: want a duration from 0s to %v, such as /demo/clock?ahead=24h", maxAhead), http.StatusBadRequest)
		return
	}
	if err := s.Advance(r.Context(), ahead); err != nil {
		s.cfg.Log.ErrorContext(r.Context(), "flushing after the clock was moved", "error", err)
		http.Error(w, "the clock has moved, but not everything could be sent: see the log", http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"now":%q}`+"\n", s.Now().UTC().Format(time.RFC3339Nano)) // an error means that the client has gone
}

// OnlyLoopback serves requests from this machine and refuses all others. It protects routes that only the
// company's own systems may call. It checks the address of the connection.
func OnlyLoopback(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil || !peer.Addr().Unmap().IsLoopback() {
			http.Error(w, "this route accepts requests from this machine only", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Secure forbids inline scripts, anything of other sites and copies of pages in a cache.
func Secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
