package cxchi_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/cxchi"
)

// serve sends a request over a connection, and returns the status when the handler has returned.
func serve(t *testing.T, rec *cxtest.Recorder, h http.Handler, method, path string) int {
	t.Helper()
	server := httptest.NewServer(rec.Handler(h))
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	return res.StatusCode
}

func ok(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }

// TestFindsWhatItServes: Middleware finds the route although middlewares in front of it change the path or the method. It does not report
// the pattern as unknown.
func TestFindsWhatItServes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, method, path, touchpoint string
		front                          func(http.Handler) http.Handler
		reason                         string
	}{
		{"a slash too many", http.MethodGet, "/items/7/", "GET /items/{id}", middleware.StripSlashes, "chi serves the path without the slash"},
		{"two slashes", http.MethodGet, "/items//7", "GET /items/{id}", middleware.CleanPath, "chi serves the clean path"},
		{"HEAD as GET", http.MethodHead, "/items/7", "GET /items/{id}", middleware.GetHead, "chi serves the route of GET"},
		{"a mounted handler", http.MethodGet, "/mounted/a/b", "GET /mounted/*", nil, "what another handler serves is one route"},
		{"a regular expression", http.MethodGet, "/numbers/17", "GET /numbers/{n:[0-9]+}", nil, "the pattern is the text that was registered"},
		{"the root", http.MethodGet, "", "GET /", nil, "an empty path is the root"},
		{"the mount of a router", http.MethodGet, "/v2", "GET /v2", nil, "the mounted router has a route for its root"},
		{"below the mount of a router", http.MethodGet, "/v2/x", "GET /v2/{id}", nil, "the pattern is whole"},
		{"the mount of a router in a mounted router", http.MethodGet, "/v2/v3", "GET /v2/v3", nil, "at any depth"},
		{"the mount of a handler", http.MethodGet, "/mounted", "GET /mounted", nil, "chi serves the mount itself, too"},
		{"a group without a prefix", http.MethodGet, "/grouped/x", "GET /grouped/{id}", nil, "a group adds middlewares only"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := chi.NewRouter()
			if c.front != nil {
				r.Use(c.front)
			}
			r.Use(cxchi.Middleware(touchpoint.WithRoute(c.touchpoint, touchpoint.Define(c.touchpoint))))
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
			rec := cxtest.New(t)
			if status := serve(t, rec, r, c.method, c.path); status != http.StatusOK {
				t.Errorf("the status is %d", status)
			}
			if rec.Touchpoint(c.touchpoint).Times(1).OK(); t.Failed() {
				t.Error(c.reason)
			}
		})
	}
}

// TestPlaces puts Middleware in front of a part of the routes only. The pattern is whole, and so are the parameters of the path.
func TestPlaces(t *testing.T) {
	t.Parallel()
	none := func(http.Handler) http.Handler { return http.HandlerFunc(ok) }
	for _, c := range []struct {
		name, path, touchpoint string // touchpoint "" means none
		tenant, item           string // the parameters
		build                  func(r chi.Router, with func(http.Handler) http.Handler)
		reason                 string
	}{
		{"one route", "/t/a/items/7", "GET /t/{tenant}/items/{item}", "a", "7", func(r chi.Router, with func(http.Handler) http.Handler) {
			r.With(with).Get("/t/{tenant}/items/{item}", ok)
		}, "With runs after chi has chosen the route"},
		{"one route among others", "/other", "", "", "", func(r chi.Router, with func(http.Handler) http.Handler) {
			r.With(with).Get("/t/{tenant}/items/{item}", ok)
			r.Get("/other", ok)
		}, "the other route has no middleware"},
		{"a wildcard", "/files/a/b", "GET /files/*", "", "", func(r chi.Router, with func(http.Handler) http.Handler) {
			r.With(with).Get("/files/*", ok)
		}, "a wildcard is a route, and no mount"},
		{"a mounted router", "/t/a/items/7", "GET /t/{tenant}/items/{item}", "a", "7", func(r chi.Router, with func(http.Handler) http.Handler) {
			r.Route("/t/{tenant}", func(r chi.Router) {
				r.Use(with)
				r.Get("/items/{item}", ok)
			})
		}, "chi has taken the path of the mount away"},
		{"the root of a mounted router", "/t", "GET /t", "", "", func(r chi.Router, with func(http.Handler) http.Handler) {
			r.Route("/t", func(r chi.Router) {
				r.Use(with)
				r.Get("/", ok)
			})
		}, "the pattern is that of the mount"},
		{"no route in a mounted router", "/t/none", "", "", "", func(r chi.Router, with func(http.Handler) http.Handler) {
			r.Route("/t", func(r chi.Router) {
				r.Use(with)
				r.Get("/", ok)
			})
		}, "a stranger's path is no touchpoint"},
		{"a router in a mounted router", "/t/a/items/7", "GET /t/{tenant}/items/{item}", "a", "7", func(r chi.Router, with func(http.Handler) http.Handler) {
			r.Route("/t/{tenant}", func(r chi.Router) {
				r.Route("/items", func(r chi.Router) {
					r.Use(with)
					r.Get("/{item}", ok)
				})
			})
		}, "at any depth"},
		{"in front of a mounted router", "/t/a/items/7", "GET /t/{tenant}/items/{item}", "a", "7", func(r chi.Router, with func(http.Handler) http.Handler) {
			sub := chi.NewRouter()
			sub.Get("/items/{item}", ok)
			r.With(with).Mount("/t/{tenant}", sub)
		}, "chi has not yet taken the path of the mount away"},
		{"one route of a mounted router", "/t/a/items/7", "GET /t/{tenant}/items/{item}", "a", "7", func(r chi.Router, with func(http.Handler) http.Handler) {
			r.Route("/t/{tenant}", func(r chi.Router) { r.With(with).Get("/items/{item}", ok) })
		}, "the pattern of the mount comes first"},
		{"the root of a router at the root", "/", "GET /", "", "", func(r chi.Router, with func(http.Handler) http.Handler) {
			r.Route("/", func(r chi.Router) {
				r.Use(with)
				r.Get("/", ok)
			})
		}, "a mount may have no path"},
		{"a refusal in front", "/items/7", "", "", "", func(r chi.Router, with func(http.Handler) http.Handler) {
			r.Use(none, with)
			r.Get("/items/{item}", ok)
		}, "the refused request does not reach the middleware"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var tenant, item string
			r := chi.NewRouter()
			c.build(r, cxchi.Middleware(touchpoint.WithJourneyID(checkout, func(r *http.Request) string {
				tenant, item = r.PathValue("tenant"), r.PathValue("item")
				return ""
			})))
			rec := cxtest.New(t)
			if status := serve(t, rec, r, http.MethodGet, c.path); status != http.StatusOK && c.touchpoint != "" {
				t.Errorf("the status is %d", status)
			}
			var names []string
			for _, e := range rec.Events(event.TouchpointEnded) {
				names = append(names, e.Touchpoint)
			}
			var want []string
			if c.touchpoint != "" {
				want = []string{c.touchpoint}
			}
			if !slices.Equal(names, want) || tenant != c.tenant || item != c.item {
				t.Errorf("the touchpoints are %q with %q and %q, want %q with %q and %q: %s", names, tenant, item, want, c.tenant, c.item, c.reason)
			}
		})
	}
}

// TestWithoutRouter: Middleware serves requests outside of a router of chi, too. They have no route.
func TestWithoutRouter(t *testing.T) {
	t.Parallel()
	rec := cxtest.New(t).AllowFaults(fault.NoRoute).AllowFaults(fault.UnknownRoute)
	h := cxchi.Middleware(touchpoint.WithRoute("GET /items/{id}", touchpoint.Define("item")))(
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	status := serve(t, rec, h, http.MethodGet, "/items/1")
	if n := len(rec.Events(event.TouchpointEnded)); status != http.StatusTeapot || n != 0 {
		t.Errorf("the status is %d, with %d touchpoints", status, n)
	}
}

// TestEmptyPath: chi serves a request without a path as one of "/". A request over a connection always has a path.
func TestEmptyPath(t *testing.T) {
	t.Parallel()
	rec := cxtest.New(t)
	c := chi.NewRouter()
	c.Use(cxchi.Middleware(touchpoint.WithRoute("GET /", touchpoint.Define("home"))))
	c.Get("/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	r, w := httptest.NewRequest(http.MethodGet, "/", http.NoBody), httptest.NewRecorder()
	r.URL.Path = ""
	if c.ServeHTTP(w, r.WithContext(rec.Context(context.Background()))); w.Code != http.StatusNoContent {
		t.Errorf("the status is %d", w.Code)
	}
	rec.Touchpoint("home").OK().Times(1)
}
