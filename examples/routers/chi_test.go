package routers_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/routers"
	"cairncx.dev/cairn/touchpoint"
)

func chiApp(recorded, recoverFirst bool, opts ...touchpoint.HandlerOption) http.Handler {
	r := chi.NewRouter()
	if recoverFirst {
		r.Use(middleware.Recoverer)
	}
	if recorded {
		r.Use(routers.Chi(opts...))
	}
	if !recoverFirst {
		r.Use(middleware.Recoverer)
	}
	item := func(w http.ResponseWriter, r *http.Request) {
		if chi.URLParam(r, "id") == "none" {
			http.Error(w, "no such item", http.StatusNotFound)
			return
		}
		_, _ = io.WriteString(w, "item "+chi.URLParam(r, "id"))
	}
	answer := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	}
	refuse := func(status int) func(http.Handler) http.Handler {
		return func(http.Handler) http.Handler { return answer(status) }
	}
	r.Get("/health", answer(http.StatusNoContent))
	r.Get("/items/{id}", item)
	r.Get("/empty", answer(http.StatusNoContent))
	r.Get("/nothing", func(http.ResponseWriter, *http.Request) {})
	r.Get("/broken", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "broken", http.StatusInternalServerError) })
	r.With(refuse(http.StatusTooManyRequests)).Get("/limited", item)
	r.With(refuse(http.StatusUnauthorized)).Get("/private", item)
	r.Get("/declined", func(w http.ResponseWriter, r *http.Request) {
		declined(r)
		w.WriteHeader(http.StatusPaymentRequired)
	})
	r.Get("/panic", func(http.ResponseWriter, *http.Request) { panic("boom") })
	r.Post("/stream", stream)
	r.Get("/ws", echoSocket)
	r.Get("/files/*", func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.Path) })
	r.Post("/cart/{cart}", func(_ http.ResponseWriter, r *http.Request) {
		checkout.Start(r.Context(), chi.URLParam(r, "cart"), event.Customer{})
	})
	r.Post("/cart/{cart}/pay", func(_ http.ResponseWriter, r *http.Request) { checkout.Complete(r.Context()) })
	v1 := chi.NewRouter()
	v1.Get("/items/{id}", item)
	r.Route("/api", func(r chi.Router) { r.Mount("/v1", v1) })
	return r
}

// TestChiFindsWhatItServes: the recipe finds the route although middlewares in front of it change the path or the
// method.
func TestChiFindsWhatItServes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, method, path, touchpoint string
		front                          func(http.Handler) http.Handler
	}{
		{"a slash too many", http.MethodGet, "/items/7/", "GET /items/{id}", middleware.StripSlashes},
		{"two slashes", http.MethodGet, "/items//7", "GET /items/{id}", middleware.CleanPath},
		{"HEAD as GET", http.MethodHead, "/items/7", "GET /items/{id}", middleware.GetHead},
		{"a mounted handler", http.MethodGet, "/mounted/a/b", "GET /mounted/*", nil},
		{"a regular expression", http.MethodGet, "/numbers/17", "GET /numbers/{n:[0-9]+}", nil},
		{"the root", http.MethodGet, "", "GET /", nil},
		{"the mount of a router", http.MethodGet, "/v2", "GET /v2", nil},
		{"below the mount of a router", http.MethodGet, "/v2/x", "GET /v2/{id}", nil},
		{"the mount of a router in a mounted router", http.MethodGet, "/v2/v3", "GET /v2/v3", nil},
		{"the mount of a handler", http.MethodGet, "/mounted", "GET /mounted", nil},
		{"a group without a prefix", http.MethodGet, "/grouped/x", "GET /grouped/{id}", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ok := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }
			r := chi.NewRouter()
			if c.front != nil {
				r.Use(c.front)
			}
			r.Use(routers.Chi(touchpoint.WithRoute(c.touchpoint, touchpoint.Define(c.touchpoint)))) // the recipe must not report the pattern as unknown
			r.Get("/", ok)
			r.Get("/items/{id}", ok)
			r.Get("/numbers/{n:[0-9]+}", ok)
			r.Mount("/mounted", http.HandlerFunc(ok))
			r.Route("/v2", func(r chi.Router) {
				r.Get("/", ok)
				r.Get("/{id}", ok)
				r.Route("/v3", func(r chi.Router) { r.Get("/", ok) })
			})
			r.Group(func(r chi.Router) { r.Get("/grouped/{id}", ok) })
			rec, server := serve(t, r)
			if status, _ := ask(t, c.method, server.URL+c.path); status != http.StatusOK {
				t.Errorf("the status is %d", status)
			}
			rec.Touchpoint(c.touchpoint).Times(1).OK()
		})
	}
}
