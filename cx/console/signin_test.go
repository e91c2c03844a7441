package console_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/insight"
)

// TestSignIn: which requests the handler of a sign-in gets, where a reader is sent who is not known, and how its messages look.
func TestSignIn(t *testing.T) {
	t.Parallel()
	table := loaded(t, nil, &memory{})
	nobody := fmt.Errorf("no cookie: %w", console.ErrNotSignedIn)
	var fault error
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		console.Tell(w, r, console.Notice{Status: http.StatusTeapot, Say: "<b>" + r.URL.Path, Mends: "m", Next: "On", Address: "https://a.example/?b=c&d=\"e", Leave: r.Method == "POST"})
	})
	page, err := console.New(table, console.WithPath("/cx/"), console.WithSignIn(handler), console.WithViewer(func(*http.Request) (insight.Viewer, error) {
		return insight.Viewer{Rights: insight.Numbers, Name: "<i>clerk-7"}, fault
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(page.Close)
	for _, c := range []struct {
		reason, method, path, mode string
		fault                      error
		status                     int
		to, has, hasNot            string
	}{
		{"its own page", "GET", "/cx/sign-in?to=/cx/", "", nobody, 418, "", "&lt;b&gt;/cx/sign-in</h1>", "http-equiv"},
		{"below it", "GET", "/cx/sign-in/callback", "", nobody, 418, "", `href="https://a.example/?b=c&amp;d=%22e"`, "http-equiv"},
		{"after the sign-out", "GET", "/cx/signed-out", "", nobody, 418, "", "/cx/signed-out", ""},
		{"a page that leads on", "POST", "/cx/sign-out", "", nobody, 418, "", `http-equiv="refresh" content="0;url=https://a.example/?b=c&amp;d=`, "<b>"},
		{"no GET signs out", "GET", "/cx/sign-out", "navigate", nobody, 303, "/cx/sign-in?to=%2Fcx%2Fsign-out", "", "&lt;b&gt;"},
		{"a reader opens a page", "GET", "/cx/runs/a%2Fb/c?from=2026-01-01", "navigate", nobody, 303, "/cx/sign-in?to=%2Fcx%2Fruns%2Fa%252Fb%2Fc%3Ffrom%3D2026-01-01", "", ""},
		{"a report is downloaded", "GET", "/cx/reports/week/2026-01-01.html", "navigate", nobody, 303, "/cx/sign-in?to=%2Fcx%2Freports%2Fweek%2F2026-01-01.html", "", ""},
		{"the script reads it", "GET", "/cx/voice", "same-origin", nobody, 401, "", `href="/cx/sign-in"`, "Sign out"},
		{"a form", "POST", "/cx/find", "navigate", nobody, 401, "", `href="/cx/sign-in"`, "Sign out"},
		{"a refused reader can come back as another", "GET", "/cx/voice", "navigate", errors.New("<b>secret"), 403, "", `action="/cx/sign-out"`, "secret"},
		{"a known reader has a name", "GET", "/cx/voice", "navigate", nil, 200, "", `<bdi title="&lt;i&gt;clerk-7">&lt;i&gt;clerk-7</bdi><button>Sign out`, "<i>"},
	} {
		fault = c.fault
		r := httptest.NewRequestWithContext(t.Context(), c.method, c.path, nil)
		if c.mode != "" {
			r.Header.Set("Sec-Fetch-Mode", c.mode)
		}
		w := httptest.NewRecorder()
		page.ServeHTTP(w, r)
		text := w.Body.String()
		if w.Code != c.status || w.Header().Get("Location") != c.to || !strings.Contains(text, c.has) || c.hasNot != "" && strings.Contains(text, c.hasNot) {
			t.Errorf("%s: %d to %q, want %d to %q, with %q and without %q:\n%s", c.reason, w.Code, w.Header().Get("Location"), c.status, c.to, c.has, c.hasNot, text)
		}
	}
	w := httptest.NewRecorder()
	handler(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	if w.Code != http.StatusTeapot || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
		t.Errorf("without a console a notice is %d, %q, want plain text", w.Code, w.Header().Get("Content-Type"))
	}
	if _, err := console.New(table, console.WithSignIn(handler)); err == nil {
		t.Error("a sign-in without a viewer is taken")
	}
	if _, err := console.New(table, console.WithSignIn(nil)); err == nil {
		t.Error("a sign-in that is nil is taken")
	}
}
