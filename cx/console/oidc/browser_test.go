package oidc_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/console/oidc"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// empty is a source without events.
type empty struct{}

func (empty) Scan(context.Context, event.Scan, func(*event.Event) error) (event.Cursor, error) {
	return event.Cursor{}, nil
}

func (empty) Events(context.Context, event.Query, func(*event.Event) error) error { return nil }

// key is a key that seals.
func key(fill byte) []byte { return []byte(strings.Repeat(string(rune(fill)), 32)) }

// mount makes the sign-in, and a console at /cx/ that has it.
func mount(t testing.TB, cfg oidc.Config) (*oidc.SignIn, http.Handler) {
	t.Helper()
	if cfg.Keys == nil {
		cfg.Keys = [][]byte{key('k')}
	}
	if cfg.Viewer == nil {
		cfg.Viewer = func(oidc.Claims) (insight.Viewer, error) { return insight.Viewer{Rights: insight.Numbers}, nil }
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	signIn, err := oidc.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	table, err := insight.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Load(t.Context(), empty{}); err != nil {
		t.Fatal(err)
	}
	page, err := console.New(table, console.WithPath("/cx/"), console.WithViewer(signIn.Viewer), console.WithSignIn(signIn))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(page.Close)
	return signIn, page
}

// browser keeps cookies, and follows redirects as a browser does.
type browser struct {
	t      *testing.T
	client *http.Client
	// seen are the addresses of the last visit, with its redirects.
	seen []string
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t}
	b.client = &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		b.seen = append(b.seen, r.URL.String())
		return nil
	}}
	return b
}

// page is what a browser shows.
type page struct {
	status  int
	address *url.URL
	text    string
	header  http.Header
}

func (b *browser) do(r *http.Request) page {
	b.t.Helper()
	b.seen = []string{r.URL.String()}
	answer, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return page{answer.StatusCode, answer.Request.URL, string(text), answer.Header}
}

func (b *browser) get(address string) page {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(r)
}

func (b *browser) post(address string, form url.Values) page {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

// has checks a page.
func (p page) has(t *testing.T, status int, text string) {
	t.Helper()
	if p.status != status || !strings.Contains(p.text, text) {
		t.Fatalf("%s answered %d, want %d with %q:\n%s", p.address, p.status, status, text, p.text)
	}
}

// request makes a request to a handler.
func request(method, address string, cookies ...*http.Cookie) *http.Request {
	r := httptest.NewRequest(method, address, nil) //nolint:noctx // of httptest
	for _, c := range cookies {
		r.AddCookie(c)
	}
	return r
}

// ask sends a request to a handler.
func ask(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

// cookie returns a cookie of an answer whose name has the text; nil is none.
func cookie(answer *http.Response, name string) *http.Cookie {
	for _, c := range answer.Cookies() {
		if strings.Contains(c.Name, name) && c.MaxAge > 0 {
			return c
		}
	}
	return nil
}

var hidden = regexp.MustCompile(`name="id" value="([^"]+)"`)
