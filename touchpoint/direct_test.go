package touchpoint_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/touchpoint"
)

// tellingMux is a mux whose handlers answer with what they find in the request.
func tellingMux() *http.ServeMux {
	mux := http.NewServeMux()
	tell := func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%q %q id=%q rest=%q x=%q", r.Pattern, r.URL.Path, r.PathValue("id"), r.PathValue("rest"), r.PathValue("x"))
	}
	for _, p := range []string{
		"GET /static", "/any", "/tree/", "GET /items/{id}", "POST /items/{id}", "/files/{rest...}", "/exact/{$}",
		"/both/{id}/of/{x}", "example.com/items/{id}", "example.com/static", "OPTIONS /items/{id}", "GET /odd/{id}/",
	} {
		mux.HandleFunc(p, tell)
	}
	inner := http.NewServeMux()
	inner.HandleFunc("/nested/deep/{x}", tell)
	inner.HandleFunc("/nested/plain", tell)
	mux.Handle("/nested/{rest...}", inner)
	mux.Handle("/cut/{id}/", http.StripPrefix("/cut/7", http.HandlerFunc(tell)))
	mux.HandleFunc("/set/{id}", func(w http.ResponseWriter, r *http.Request) {
		r.SetPathValue("id", "changed")
		r.SetPathValue("x", "new")
		tell(w, r)
	})
	return mux
}

// TestServesAsTheMuxDoes: the handler behind Handler sees the request, and the client the answer, that there are without Handler. Handler
// routes a request once where it can, so every way through a mux is tried, with and without a callback that asks for the path.
func TestServesAsTheMuxDoes(t *testing.T) {
	t.Parallel()
	type answer struct {
		Status  int
		Header  http.Header
		Body    string
		Pattern string // that a handler outside finds
	}
	serve := func(h http.Handler, r *http.Request) answer {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return answer{w.Code, w.Header(), w.Body.String(), r.Pattern}
	}
	s := newSpy(t)
	asked, told := "", 0
	own := regexp.MustCompile(`^"[^"]*/(items|files|both|odd)/`) // the handlers that no other mux is in front of
	id := func(r *http.Request) string {
		asked = fmt.Sprintf("id=%q rest=%q x=%q", r.PathValue("id"), r.PathValue("rest"), r.PathValue("x"))
		return "c1"
	}
	outside := func(h http.Handler) http.Handler {
		mux := http.NewServeMux()
		mux.Handle("/{x}/", h)
		mux.Handle("/", h)
		return mux
	}
	with := func(opts ...touchpoint.HandlerOption) func(http.Handler) http.Handler {
		return func(h http.Handler) http.Handler { return touchpoint.Handler(h, opts...) }
	}
	for name, wrap := range map[string]func(http.Handler) http.Handler{
		"with an ID":                with(touchpoint.WithJourneyID(checkout, id)),
		"without an ID":             with(),
		"without touchpoints":       with(touchpoint.WithJourneyID(checkout, id), touchpoint.WithOnlyRoutes()),
		"with an ID in another mux": func(h http.Handler) http.Handler { return outside(with(touchpoint.WithJourneyID(checkout, id))(h)) },
		"in another mux":            func(h http.Handler) http.Handler { return outside(with()(h)) },
	} {
		plain, another := http.Handler(tellingMux()), strings.HasSuffix(name, "in another mux")
		if another {
			plain = outside(plain)
		}
		h := wrap(tellingMux())
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodOptions, http.MethodHead, http.MethodConnect} {
			for _, target := range []string{
				"/static", "/any", "/tree", "/tree/", "/tree/leaf", "/items/7", "/items/a%2Fb", "/items/%C3%BC", "/items/", "/items",
				"/files/", "/files/a/b", "/files/a%2Fb/c", "/exact/", "/exact/more", "/both/1/of/2", "/nested/deep/3", "/nested/plain",
				"/nested/lost", "/cut/7/rest", "/set/5", "//items//7", "/a/../items/7", "/odd/7", "/odd/7/", "/none", "/",
				"http://example.com/items/7", "http://example.com:8080/items/7", "http://example.com/static", "/static?q=1", "*",
			} {
				request := func() *http.Request {
					r := httptest.NewRequest(method, "/", nil).WithContext(s.context())
					if target == "*" {
						r.RequestURI, r.URL.Path = "*", "*"
						return r
					}
					return httptest.NewRequest(method, target, nil).WithContext(s.context())
				}
				asked = ""
				want, got := serve(plain, request()), serve(h, request())
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s, %s %s (-the mux +Handler):\n%s", name, method, target, diff)
				}
				if asked != "" && !another && method != http.MethodConnect && own.MatchString(got.Body) && !strings.HasSuffix(got.Body, asked) {
					t.Errorf("%s, %s %s: the callback has seen %s, the handler %s", name, method, target, asked, got.Body)
				}
				told += len(asked)
			}
		}
	}
	if told == 0 {
		t.Error("no callback was called")
	}
}
