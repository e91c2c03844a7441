package touchpoint_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/touchpoint"
)

// listener is a spy that keeps what faults say.
type listener struct {
	*spy

	mu      sync.Mutex
	reports []fault.Report
}

func (l *listener) Fault(_ context.Context, r fault.Report) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reports = append(l.reports, r)
}

func newListener(tb testing.TB) *listener { tb.Helper(); return &listener{spy: newSpy(tb)} }

// of returns the names of the faults of this kind, sorted.
func (l *listener) of(f fault.Fault) (names []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.reports {
		if r.Fault == f {
			names = append(names, r.Name)
		}
	}
	slices.Sort(names)
	return names
}

// serve serves a request where the listener records.
func (l *listener) serve(h http.Handler, method, target string) {
	r := httptest.NewRequest(method, target, nil)
	h.ServeHTTP(httptest.NewRecorder(), r.WithContext(flight.NewContext(r.Context(), l)))
}

// TestUnknownRoutes: a pattern that the mux does not have is told, and no other one is.
func TestUnknownRoutes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		has          []string // what the mux has
		given        []string // to Route
		skipped      []string
		want         []string
		says         string // the detail, in part
	}{
		{"as registered", "the plain case", []string{"GET /cart"}, []string{"GET /cart"}, nil, nil, ""},
		{"a typing error", "it never matches", []string{"GET /cart"}, []string{"GET /crat"}, nil, []string{"GET /crat"}, "touchpoint.WithRoute"},
		{"a typing error in Skip", "health checks would be touchpoints", []string{"/healthz"}, nil, []string{"/health"}, []string{"/health"}, "touchpoint.WithSkip"},
		{"no method", "the mux's pattern has one", []string{"GET /cart"}, []string{"/cart"}, nil, []string{"/cart"}, `"GET /cart"`},
		{"a method too many", "the mux's pattern has none", []string{"/cart"}, []string{"GET /cart"}, nil, []string{"GET /cart"}, `"/cart"`},
		{"another method", "it is another route", []string{"GET /cart"}, []string{"POST /cart"}, nil, []string{"POST /cart"}, `"GET /cart"`},
		{"HEAD for GET", "HEAD requests have the pattern of GET", []string{"GET /cart"}, []string{"HEAD /cart"}, nil, []string{"HEAD /cart"}, `"GET /cart"`},
		{"both methods", "each is there", []string{"GET /cart", "HEAD /cart", "/cart"}, []string{"GET /cart", "HEAD /cart", "/cart"}, nil, nil, ""},
		{"another name of a wildcard", "the pattern's text counts", []string{"GET /orders/{id}"}, []string{"GET /orders/{order}"}, nil, []string{"GET /orders/{order}"}, `"GET /orders/{id}"`},
		{"two spaces", "the pattern's text counts", []string{"GET  /cart"}, []string{"GET /cart"}, nil, []string{"GET /cart"}, `"GET  /cart"`},
		{"two spaces in both", "it is the same text", []string{"GET  /cart"}, []string{"GET  /cart"}, nil, nil, ""},
		{"a literal beside a wildcard", "the literal wins its own path only", []string{"/orders/{id}", "/orders/new"}, []string{"/orders/{id}", "/orders/new"}, nil, nil, ""},
		{"a literal hidden by a wildcard", "the wildcard takes its requests", []string{"/orders/{id}"}, []string{"/orders/new"}, nil, []string{"/orders/new"}, `"/orders/{id}"`},
		{"a method for every request of it", "what has no method is left to other methods", []string{"GET /orders/{id}", "/orders/{id}"}, []string{"/orders/{id}"}, nil, nil, ""},
		{"many methods", "the one without a method is there still", []string{"GET /x", "POST /x", "PUT /x", "PATCH /x", "DELETE /x", "HEAD /x", "OPTIONS /x", "TRACE /x", "/x"}, []string{"/x"}, nil, nil, ""},
		{"a subtree", "with its slash", []string{"/static/"}, []string{"/static/"}, nil, nil, ""},
		{"a subtree without the slash", "a mux redirects there, under the other pattern", []string{"/static/"}, []string{"/static"}, nil, []string{"/static"}, `"/static/"`},
		{"a path with a slash", "it is a subtree", []string{"/static"}, []string{"/static/"}, nil, []string{"/static/"}, `"/static"`},
		{"the root", "/ is a subtree", []string{"/"}, []string{"/"}, nil, nil, ""},
		{"the root only", "/{$} is not /", []string{"/"}, []string{"/{$}"}, nil, []string{"/{$}"}, `"/"`},
		{"both roots", "each is there", []string{"/", "/{$}"}, []string{"/", "/{$}"}, nil, nil, ""},
		{"root subtree under {$}", "/{$} takes the path / only", []string{"/{$}"}, []string{"/"}, nil, []string{"/"}, `"/{$}"`},
		{"the rest of a path", "by its name", []string{"/files/{path...}"}, []string{"/files/{path...}"}, nil, nil, ""},
		{"the rest by another name", "the pattern's text counts", []string{"/files/{path...}"}, []string{"/files/{rest...}"}, nil, []string{"/files/{rest...}"}, `"/files/{path...}"`},
		{"the rest and a subtree", "they are the same requests", []string{"/files/"}, []string{"/files/{path...}"}, nil, []string{"/files/{path...}"}, `"/files/"`},
		{
			"a rest under more specific patterns", "some request is left to it",
			[]string{"/f/{rest...}", "/f/{$}", "/f/{a}", "/f/{a}/{b}"},
			[]string{"/f/{rest...}", "/f/{$}", "/f/{a}", "/f/{a}/{b}"},
			nil, nil, "",
		},
		{"a rest whose longer paths are taken", "the short ones are left", []string{"/f/{rest...}", "/f/{a}/{more...}"}, []string{"/f/{rest...}"}, nil, nil, ""},
		{"a rest whose short paths are taken", "the long ones are left", []string{"/f/{rest...}", "/f/{$}", "/f/{a}", "/f/{a}/{$}", "/f/{a}/{b}", "/f/{a}/{b}/{$}"}, []string{"/f/{rest...}"}, nil, nil, ""},
		{
			"a rest that is never chosen", "that it is not there cannot be known",
			[]string{"/f/{rest...}", "/f/{$}", "/f/{a}", "/f/{a}/{more...}"},
			[]string{"/f/{rest...}"},
			nil, nil, "",
		},
		{"a host", "by its host", []string{"shop.example/cart", "/cart"}, []string{"shop.example/cart", "/cart"}, nil, nil, ""},
		{"a host too many", "the mux's pattern has none", []string{"/cart"}, []string{"shop.example/cart"}, nil, []string{"shop.example/cart"}, `"/cart"`},
		{"a host too few", "the mux's pattern has one", []string{"shop.example/cart"}, []string{"/cart"}, nil, []string{"/cart"}, ""},
		{"another host", "it is another route", []string{"shop.example/cart"}, []string{"shop.example.com/cart"}, nil, []string{"shop.example.com/cart"}, ""},
		{"a host and a method", "all parts count", []string{"POST shop.example/cart"}, []string{"POST shop.example/cart"}, nil, nil, ""},
		{"everything", "a mux with / has a pattern for every request", []string{"/"}, []string{"GET /cart"}, nil, []string{"GET /cart"}, `"/"`},
		{"letters beyond ASCII", "paths are escaped", []string{"/größe/{id}"}, []string{"/größe/{id}"}, nil, nil, ""},
		{"an escaped slash", "it is no separator", []string{"/a%2Fb"}, []string{"/a%2Fb"}, nil, nil, ""},
		{"an unclean path", "it matches nothing, and is there", []string{"/a//b"}, []string{"/a//b"}, nil, nil, ""},
		{"a port", "net/http takes it out of a request's host", []string{"shop.example/cart"}, []string{"GET shop.example:8080/cart"}, nil, []string{"GET shop.example:8080/cart"}, "a port"},
		{"a port, as registered", "it matches nothing", []string{"[::1]:8080/cart"}, []string{"[::1]:8080/cart"}, nil, []string{"[::1]:8080/cart"}, "a port"},
		{"an address without a port", "a request has the like", []string{"[::1]/cart"}, []string{"[::1]/cart"}, nil, nil, ""},
		{"CONNECT", "such requests are no touchpoints anyway", nil, []string{"CONNECT example.com/"}, nil, nil, ""},
		{"no pattern at all", "a path has to begin with a slash", []string{"/cart"}, nil, []string{"cart"}, []string{"cart"}, "no pattern of a ServeMux"},
		{"a pattern that net/http refuses", "it cannot be there", []string{"/cart"}, []string{"/{a}{b}"}, nil, []string{"/{a}{b}"}, "no pattern of a ServeMux"},
		{"of another router", "/:id is a literal here", []string{"/orders/{id}"}, []string{"/orders/:id"}, nil, []string{"/orders/:id"}, `"/orders/{id}"`},
		{
			"two long ones that begin alike", "each is told, by the name that its touchpoint would have",
			[]string{"/a"},
			[]string{"GET /api/tenants/{tenant}/customers/{customer}/orders/{order}/items", "GET /api/tenants/{tenant}/customers/{customer}/orders/{order}/returns"},
			nil,
			[]string{"GET /api/tenants/{tenant}/customers/{customer}/orders/{~4e5811d3", "GET /api/tenants/{tenant}/customers/{customer}/orders/{~5363005b"},
			`orders/{order}/`,
		},
		{"several", "each is told", []string{"/a", "/b"}, []string{"/a", "/c"}, []string{"/b", "/d"}, []string{"/c", "/d"}, ""},
		{"none", "there is nothing to check", []string{"/a"}, nil, nil, nil, ""},
		{"an empty mux", "it has no pattern", nil, []string{"/a"}, nil, []string{"/a"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newListener(t)
			var opts []touchpoint.HandlerOption
			for i, p := range c.given {
				opts = append(opts, touchpoint.WithRoute(p, touchpoint.Define(fmt.Sprintf("t%d", i))))
			}
			h := touchpoint.Handler(routes(status(http.StatusOK), c.has...), append(opts, touchpoint.WithSkip(c.skipped...))...)
			for range 3 {
				l.serve(h, http.MethodGet, "/somewhere/else")
			}
			if got := l.of(fault.UnknownRoute); !slices.Equal(got, c.want) {
				t.Errorf("told of %q, want %q once: %s", got, c.want, c.reason)
			}
			for _, r := range l.reports {
				if !strings.Contains(r.Detail, c.says) {
					t.Errorf("%s: %q, want it to say %s", r.Name, r.Detail, c.says)
				}
			}
		})
	}
}

// TestUnknownRoutesLate: patterns may be registered after Handler is called, and a request that no client
// records says nothing.
func TestUnknownRoutesLate(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	h := touchpoint.Handler(mux, touchpoint.WithRoute("GET /cart", pay), touchpoint.WithRoute("GET /crat", pay))
	mux.HandleFunc("GET /cart", func(http.ResponseWriter, *http.Request) {})
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/cart", nil))
	l := newListener(t)
	l.serve(h, http.MethodGet, "/cart")
	if got := l.of(fault.UnknownRoute); !slices.Equal(got, []string{"GET /crat"}) {
		t.Errorf("told of %q, want GET /crat", got)
	}
}

// TestUnknownRoutesElsewhere: what cannot be asked is not doubted.
func TestUnknownRoutesElsewhere(t *testing.T) {
	t.Parallel()
	ok := status(http.StatusOK)
	mux := routes(ok, "GET /cart")
	unknown := touchpoint.WithRoute("GET /crat", pay)
	for _, c := range []struct {
		name, reason string
		h            http.Handler
	}{
		{"a Router", "its patterns are its own", touchpoint.Handler(mux, unknown, touchpoint.WithRouter(func(*http.Request) string { return "/x" }))},
		{"inside a mux", "the options may be those of all routes", routes(touchpoint.Handler(ok, unknown), "GET /cart")},
		{"a handler in between", "the mux is not seen", touchpoint.Handler(http.StripPrefix("/x", mux), unknown)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newListener(t)
			l.serve(c.h, http.MethodGet, "/cart")
			if got := l.of(fault.UnknownRoute); len(got) > 0 {
				t.Errorf("told of %q: %s", got, c.reason)
			}
		})
	}
}

// TestUnknownRoutesOfAnotherRouter: what a router that is no mux lists is all that it has.
func TestUnknownRoutesOfAnotherRouter(t *testing.T) {
	t.Parallel()
	found := touchpoint.WithRouter(func(*http.Request) string { return "GET /cart/:id" })
	list := func(has ...string) touchpoint.HandlerOption {
		return touchpoint.WithRoutes(func(*http.Request) []string { return has })
	}
	none := []string(nil)
	for _, c := range []struct {
		name, reason string
		list         touchpoint.HandlerOption
		given        string
		skip         bool
		want         []string
		says         string // how the detail ends
	}{
		{"as registered", "the plain case", list("GET /cart/:id", "GET /"), "GET /cart/:id", false, none, ""},
		{"in the syntax of another router", "it never matches", list("POST /a/:id", "GET /cart/:id"), "GET /cart/{id}", false, []string{"GET /cart/{id}"}, `the nearest that it has: "GET /cart/:id"`},
		{"without the method", "it never matches", list("GET /cart/:id"), "/cart/:id", false, []string{"/cart/:id"}, `the nearest that it has: "GET /cart/:id"`},
		{"another method", "it is another route", list("GET /cart/:id"), "POST /cart/:id", false, []string{"POST /cart/:id"}, `the nearest that it has: "GET /cart/:id"`},
		{"a typing error", "it never matches", list("GET /help", "GET /cart/:id/pay", "GET /cart/:id"), "GET /crat/:id", false, []string{"GET /crat/:id"}, `the router does not have it; the nearest that it has: "GET /cart/:id"`},
		{"nothing like it", "there is no hint", list("GET /"), "GET /something/else", false, []string{"GET /something/else"}, "the router does not have it"},
		{"a typing error in Skip", "health checks would be touchpoints", list("GET /healthz"), "GET /health", true, []string{"GET /health"}, `the nearest that it has: "GET /healthz"`},
		{"names of routes", "a router may have names instead of paths", list("cart.show", "cart.pay", "help"), "cart.shw", false, []string{"cart.shw"}, `; the nearest that it has: "cart.show"`},
		{"two that are as near", "both are said, in their order", list("POST /cart/:id", "GET /cart/:id", "GET /x"), "/cart/:id", false, []string{"/cart/:id"}, `; the nearest that it has: "POST /cart/:id", "GET /cart/:id"`},
		{"the nearest first", "a parameter by another name is the same", list("GET /cars/:id", "GET /cart/:cart"), "GET /cart/{id}", false, []string{"GET /cart/{id}"}, `; the nearest that it has: "GET /cart/:cart", "GET /cars/:id"`},
		{"capitals and a slash", "they are easily mistaken", list("GET /nothing", "GET /Cart/Items"), "GET /cart/items/", false, []string{"GET /cart/items/"}, `; the nearest that it has: "GET /Cart/Items"`},
		{"an empty list", "what the router has is not known", list(), "GET /crat/:id", false, none, ""},
		{"no list", "what the router has is not known", nil, "GET /crat/:id", false, none, ""},
		{"a list that panics", "a request goes on", touchpoint.WithRoutes(func(*http.Request) []string { panic("boom") }), "GET /crat/:id", false, none, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newListener(t)
			given := touchpoint.WithRoute(c.given, pay)
			if c.skip {
				given = touchpoint.WithSkip(c.given)
			}
			h := touchpoint.Handler(status(http.StatusOK), found, given, c.list)
			for range 3 {
				l.serve(h, http.MethodGet, "/cart/7")
			}
			if got := l.of(fault.UnknownRoute); !slices.Equal(got, c.want) {
				t.Fatalf("told of %q, want %q once: %s", got, c.want, c.reason)
			}
			for _, r := range l.reports {
				if r.Fault == fault.UnknownRoute && c.says != "" && !strings.HasSuffix(r.Detail, c.says) {
					t.Errorf("%s: %q, want it to end with %s", r.Name, r.Detail, c.says)
				}
			}
			if served := len(l.touchpoints()); served != 3 {
				t.Errorf("%d touchpoints, want 3", served)
			}
		})
	}
}

// TestUnknownRoutesAreListedOnce: the list is asked for when the first request is recorded, with that request.
func TestUnknownRoutesAreListedOnce(t *testing.T) {
	t.Parallel()
	var asked []string
	h := touchpoint.Handler(status(http.StatusOK), touchpoint.WithRouter(func(r *http.Request) string { return r.URL.Path }), touchpoint.WithRoute("/cart", pay),
		touchpoint.WithRoutes(func(r *http.Request) []string {
			asked = append(asked, r.URL.Path)
			return []string{"/cart"}
		}))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/early", nil))
	l := newListener(t)
	for _, path := range []string{"/one", "/two", "/cart"} {
		l.serve(h, http.MethodGet, path)
	}
	if !slices.Equal(asked, []string{"/one"}) {
		t.Errorf("asked with %q, want once, with /one", asked)
	}
	if len(l.reports) > 0 {
		t.Errorf("told of %v", l.reports)
	}
}

// TestUnknownRoutesAgainstMux compares with what a mux was given: for any set of patterns, those of it are
// never told, and a pattern that is not in it is told or, where more specific ones take all its requests, not known.
func TestUnknownRoutesAgainstMux(t *testing.T) {
	t.Parallel()
	segment := rapid.SampledFrom([]string{"a", "b", "{x}", "{y}"})
	pattern := rapid.Custom(func(t *rapid.T) string {
		method := rapid.SampledFrom([]string{"", "GET ", "POST ", "HEAD "}).Draw(t, "method")
		host := rapid.SampledFrom([]string{"", "", "h.example"}).Draw(t, "host")
		path := "/" + strings.Join(rapid.SliceOfNDistinct(segment, 0, 3, rapid.ID[string]).Draw(t, "path"), "/")
		if path != "/" {
			path += rapid.SampledFrom([]string{"", "/", "/{$}", "/{r...}"}).Draw(t, "tail")
		}
		return method + host + path
	})
	rapid.Check(t, func(rt *rapid.T) {
		mux, has := http.NewServeMux(), []string(nil)
		for _, p := range rapid.SliceOfN(pattern, 1, 8).Draw(rt, "patterns") {
			if add(mux, p) {
				has = append(has, p)
			}
		}
		stranger := pattern.Draw(rt, "stranger")
		var opts []touchpoint.HandlerOption
		for _, p := range append(slices.Clone(has), stranger) {
			opts = append(opts, touchpoint.WithRoute(p, pay))
		}
		l := newListener(t)
		l.serve(touchpoint.Handler(mux, opts...), http.MethodGet, "/")
		for _, told := range l.of(fault.UnknownRoute) {
			if slices.Contains(has, told) {
				rt.Fatalf("the mux has %q, and it was told as unknown", told)
			}
		}
		// A mux that takes the stranger next to the others does not have it; one that does not, neither.
		if slices.Contains(has, stranger) || !add(mux, stranger) {
			return
		}
		if len(l.of(fault.UnknownRoute)) == 0 && reachable(mux, stranger) {
			rt.Fatalf("the mux has %q, not %q, and that was not told", has, stranger)
		}
	})
}

// add registers the pattern, unless it conflicts with another one.
func add(mux *http.ServeMux, pattern string) (ok bool) {
	defer func() { ok = recover() == nil }()
	mux.HandleFunc(pattern, func(http.ResponseWriter, *http.Request) {})
	return true
}

// reachable reports whether the mux chooses the pattern for one of many requests.
func reachable(mux *http.ServeMux, pattern string) bool {
	parts := []string{"", "a", "b", "z"}
	for _, method := range []string{"GET", "POST", "HEAD", "PUT"} {
		for _, host := range []string{"h.example", "other.example"} {
			for _, a := range parts {
				for _, b := range parts {
					for _, c := range parts {
						for _, d := range []string{"", "z", "z/", "z/z", "z/z/z/z/"} {
							path := "/" + strings.TrimLeft(strings.Join([]string{a, b, c, d}, "/"), "/")
							r := httptest.NewRequest(method, "http://"+host+path, nil)
							if _, got := mux.Handler(r); got == pattern {
								return true
							}
						}
					}
				}
			}
		}
	}
	return false
}

// TestNoRoute: a handler whose requests are answered, none of them with a route that it knows, is told once.
func TestNoRoute(t *testing.T) {
	t.Parallel()
	ok := status(http.StatusOK)
	mux := func() *http.ServeMux { return routes(ok, "GET /cart") }
	copying := func(next http.Handler) http.Handler { // as most middleware does
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r.WithContext(r.Context())) })
	}
	plain := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) })
	}
	found := touchpoint.WithRouter(func(r *http.Request) string { return r.URL.Path })
	none := touchpoint.WithRouter(func(*http.Request) string { return "" })
	repeat := func(n int, path string) []string { return slices.Repeat([]string{path}, n) }
	for _, c := range []struct {
		name, reason string
		h            http.Handler
		paths        []string
		want         int
	}{
		{"another router", "its routes are not seen", touchpoint.Handler(copying(mux())), repeat(20, "/cart"), 1},
		{"a handler that hides the mux", "the route is known too late", touchpoint.Handler(plain(mux())), repeat(20, "/cart"), 1},
		{"a hidden mux, once", "what the mux has set proves it", touchpoint.Handler(plain(mux())), repeat(1, "/cart"), 1},
		{"another router, once", "it may be a page of errors", touchpoint.Handler(copying(mux())), repeat(1, "/cart"), 0},
		{"another router, twice", "it may still be", touchpoint.Handler(copying(mux())), repeat(2, "/cart"), 0},
		{"another router, three times", "that is enough", touchpoint.Handler(copying(mux())), repeat(3, "/cart"), 1},
		{"a Router that finds none, 99 times", "there may be many without a route", touchpoint.Handler(copying(mux()), none), repeat(99, "/cart"), 0},
		{"a Router that finds none, 100 times", "that is enough", touchpoint.Handler(copying(mux()), none), repeat(100, "/cart"), 1},
		{"404s at first", "they are not answers of a route", touchpoint.Handler(copying(mux())), repeat(50, "/wp-admin"), 0},
		{"404s at first, then answers", "those count", touchpoint.Handler(copying(mux())), append(repeat(50, "/wp-admin"), repeat(20, "/cart")...), 1},
		{"404s on a mux", "it is a mux", touchpoint.Handler(mux()), repeat(50, "/wp-admin"), 0},
		{"answers of a mux", "it is a mux", touchpoint.Handler(mux()), repeat(50, "/cart"), 0},
		{"a mux that redirects what has no route", "a mux that is seen is never doubted", touchpoint.Handler(routes(ok, "/cart/")), repeat(50, "/cart"), 0},
		{"inside a mux", "the mux outside says the route", routes(touchpoint.Handler(ok), "/cart"), repeat(50, "/cart"), 0},
		{"a Router that finds routes", "it is the remedy", touchpoint.Handler(copying(mux()), found), repeat(200, "/cart"), 0},
		{"a Router that finds none", "it is asked too early, such as chi's context before routing", touchpoint.Handler(copying(mux()), none), repeat(200, "/cart"), 1},
		{"a Router that finds none for files", "they may be many", touchpoint.Handler(copying(mux()), touchpoint.WithRouter(func(r *http.Request) string {
			if r.URL.Path == "/cart" {
				return "/cart"
			}
			return ""
		})), append(repeat(50, "/style.css"), repeat(200, "/cart")...), 0},
		{"OnlyRoutes without Route", "no touchpoint is wanted", touchpoint.Handler(copying(mux()), touchpoint.WithOnlyRoutes()), repeat(50, "/cart"), 0},
		{"OnlyRoutes with Route", "one is wanted", touchpoint.Handler(copying(mux()), touchpoint.WithOnlyRoutes(), touchpoint.WithRoute("GET /cart", pay)), repeat(50, "/cart"), 1},
		{"OnlyRoutes with Skip", "none is", touchpoint.Handler(copying(mux()), touchpoint.WithOnlyRoutes(), touchpoint.WithSkip("/healthz")), repeat(50, "/cart"), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newListener(t)
			for _, path := range c.paths {
				l.serve(c.h, http.MethodGet, path)
			}
			if got := l.of(fault.NoRoute); len(got) != c.want {
				t.Errorf("told %d times (%q), want %d: %s", len(got), got, c.want, c.reason)
			}
			for _, r := range l.reports {
				if r.Fault == fault.NoRoute && !strings.Contains(r.String(), "touchpoint.WithRouter") {
					t.Errorf("%q does not say the remedy", r)
				}
			}
		})
	}
}
