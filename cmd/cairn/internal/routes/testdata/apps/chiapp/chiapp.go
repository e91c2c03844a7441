// Package chiapp serves with chi.
package chiapp

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
)

// App is a service.
type App struct {
	router chi.Router
	base   string
}

const carts = "/carts"

// New returns a service with its routes.
func New() *App {
	a := &App{router: chi.NewRouter(), base: "/api"}
	a.router.Use(middleware.Recoverer)
	a.routes()
	return a
}

// Router returns the router.
func (a *App) Router() chi.Router { return a.router }

func (a *App) routes() {
	a.router.Get("/healthz", a.serve)
	a.router.Route(a.base, func(r chi.Router) {
		r.Route(carts, a.carts)
		r.Group(func(r chi.Router) {
			r.Use(middleware.NoCache)
			r.Post("/orders", a.serve)
			r.With(middleware.Logger).Get("/orders/{order}", a.serve)
		})
		r.Mount("/account", accounts(a))
	})
	for _, page := range []struct{ method, path string }{{http.MethodGet, "/about"}, {"post", "/contact"}} {
		a.router.Method(page.method, page.path, http.HandlerFunc(a.serve))
	}
	a.router.Handle("/hook", http.HandlerFunc(a.serve))
	a.router.HandleFunc("DELETE /session", a.serve)
	a.router.Mount("/files", http.FileServer(http.Dir(".")))
	v2 := a.router.Route("/v2", nothing)
	v2.Put("/carts/{cart}", a.serve)
	sub(a.router, "/left")
	sub(a.router, "/right")
}

func nothing(chi.Router) {}

func (a *App) carts(r chi.Router) {
	r.Get("/", a.serve)
	r.Post("/{cart}/pay", a.serve)
}

func accounts(a *App) http.Handler {
	r := newRouter()
	r.Get("/", a.serve)
	r.Patch("/address", a.serve)
	return r
}

// newRouter makes each router at one place.
func newRouter() chi.Router { return chi.NewRouter() }

func sub(r chi.Router, prefix string) {
	inner := newRouter()
	inner.Get(prefix+"/only", func(http.ResponseWriter, *http.Request) {})
	r.Mount(prefix, inner)
}

func (a *App) serve(http.ResponseWriter, *http.Request) {}
