package routers_test

import (
	"io"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/cxchi"
)

func chiApp(recorded, recoverFirst bool, opts ...touchpoint.HandlerOption) http.Handler {
	r := chi.NewRouter()
	if recoverFirst {
		r.Use(middleware.Recoverer)
	}
	if recorded {
		r.Use(cxchi.Middleware(opts...))
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
