package oidc_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/console/oidc"
)

// TestProviderAway: a provider that is down at the start does no harm. The sign-in says so and asks again, not more often than it should; who has signed in goes on.
func TestProviderAway(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.down = true
	start := time.Now()
	var passed atomic.Int64
	var log bytes.Buffer
	cfg := l.config()
	cfg.Clock = func() time.Time { return start.Add(time.Duration(passed.Load())) }
	cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	_, h := mount(t, cfg)
	for range 50 {
		answer := ask(h, request("GET", at+"sign-in"))
		if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" {
			t.Fatalf("without the provider the sign-in answers %d, want 503 with Retry-After", answer.StatusCode)
		}
	}
	const path = "/.well-known/openid-configuration"
	if n := l.times(path); n != 1 {
		t.Errorf("50 sign-ins in one moment asked the provider %d times, want once", n)
	}
	if strings.Contains(log.String(), "script") || !strings.Contains(log.String(), "could not be read") {
		t.Errorf("the log repeats the provider's text, or gives no reason: %s", log.String())
	}
	for hours := range 24 {
		passed.Store(int64(time.Duration(hours+1) * time.Hour))
		ask(h, request("GET", at+"sign-in"))
	}
	if n := l.times(path); n != 25 {
		t.Errorf("a sign-in an hour for a day asked %d times, want 25", n)
	}
	l.set(func() { l.down = false })
	passed.Store(int64(25 * time.Hour))
	l.set(func() {
		l.claims = func(c map[string]any) { c["exp"], c["iat"] = start.Unix()+26*3600, start.Unix()+25*3600 }
	})
	session := l.signedIn(t, h)
	l.set(func() { l.down = true })
	if !known(h, session) {
		t.Error("a reader who has signed in is not known while the provider is down")
	}
	if answer := ask(h, request("POST", at+"sign-out", session)); answer.StatusCode != http.StatusOK {
		t.Errorf("the sign-out answers %d while the provider is down", answer.StatusCode)
	}
	passed.Store(int64(60 * time.Hour)) // the document is read anew, and cannot be
	if answer := ask(h, request("GET", at+"sign-in")); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("with the last document the sign-in answers %d, want 303", answer.StatusCode)
	}
}

// TestProviderGoesBetween: a provider that goes while a reader signs in there.
func TestProviderGoesBetween(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	front := httptest.NewServer(l)
	l.issuer = front.URL
	_, h := mount(t, l.config())
	b := begin(t, h, "/cx/")
	front.Close()
	if answer := l.finish(h, b, "&code=c"); answer.StatusCode != http.StatusServiceUnavailable || cookie(answer, "cairn") != nil {
		t.Errorf("the callback answers %d, want 503 without a session", answer.StatusCode)
	}
}

// TestProviderHangs: New returns with its context, and a reader who leaves is not held.
func TestProviderHangs(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	defer close(release)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	l := &lab{issuer: server.URL}
	cfg := l.config()
	cfg.Keys, cfg.Viewer, cfg.Log = [][]byte{key('k')}, oidc.Groups(nil), slog.New(slog.DiscardHandler)
	cfg.Client = &http.Client{Timeout: time.Millisecond}
	signIn, err := oidc.New(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if answer := ask(signIn, request("GET", at+"sign-in")); answer.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("it answers %d, want 503", answer.StatusCode)
			}
		})
	}
	all.Wait()
}

// TestProviderRotates: a provider that signs with a new key, and has forgotten the old one.
func TestProviderRotates(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	_, h := mount(t, l.config())
	first := l.signedIn(t, h)
	l.rotate(t, "two")
	if !known(h, l.signedIn(t, h)) || !known(h, first) {
		t.Error("a reader is not known after the provider has a new key")
	}
	if n := l.times("/keys"); n != 2 {
		t.Errorf("the keys were read %d times, want 2", n)
	}
}

// TestDocuments: a discovery document that would send a reader, the code or the secret astray is not used.
func TestDocuments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason string
		change func(map[string]any)
		log    string
		status int
	}{
		{"a good one", func(map[string]any) {}, "", 303},
		{"another issuer", func(d map[string]any) { d["issuer"] = "https://accounts.example.org" }, "https://accounts.example.org", 503},
		{"a script as the page to sign in", func(d map[string]any) { d["authorization_endpoint"] = "javascript:alert(1)" }, "lacks an endpoint", 503},
		{"a page to sign in without TLS", func(d map[string]any) { d["authorization_endpoint"] = "http://accounts.example.org/" }, "lacks an endpoint", 503},
		{"a token endpoint without TLS", func(d map[string]any) { d["token_endpoint"] = "http://accounts.example.org/" }, "lacks an endpoint", 503},
		{"no token endpoint", func(d map[string]any) { delete(d, "token_endpoint") }, "lacks an endpoint", 503},
		{"a list in the place of an address", func(d map[string]any) { d["end_session_endpoint"] = []string{"x"} }, "lacks an endpoint", 503},
		{"longer than a megabyte", func(d map[string]any) { d["x"] = strings.Repeat("x", 1<<20) }, "could not be read", 503},
	} {
		l := newLab(t)
		l.document = c.change
		var log bytes.Buffer
		cfg := l.config()
		cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
		_, h := mount(t, cfg)
		if answer := ask(h, request("GET", at+"sign-in")); answer.StatusCode != c.status || !strings.Contains(log.String(), c.log) {
			t.Errorf("%s: %d, want %d; the log says %s", c.reason, answer.StatusCode, c.status, log.String())
		}
	}
}

// TestRedirectsAreRefused: a token endpoint that redirects does not get the code and the secret sent elsewhere.
func TestRedirectsAreRefused(t *testing.T) {
	t.Parallel()
	var got atomic.Bool
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { got.Store(true) }))
	defer elsewhere.Close()
	moved := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer moved.Close()
	l := newLab(t)
	l.document = func(d map[string]any) { d["token_endpoint"] = moved.URL }
	_, h := mount(t, l.config())
	if answer := l.finish(h, begin(t, h, "/cx/"), "&code=c"); answer.StatusCode != http.StatusBadGateway || got.Load() {
		t.Errorf("it answers %d, and the other server was asked: %t", answer.StatusCode, got.Load())
	}
}

// TestHowTheClientIsKnown: the secret goes where the provider wants it, and a client without one sends its ID.
func TestHowTheClientIsKnown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason, secret string
		methods        []string
		inForm         string
	}{
		{"by default in the header", "the secret", nil, ""},
		{"the header is among them", "the secret", []string{"client_secret_post", "client_secret_basic"}, ""},
		{"in the form only", "the secret", []string{"client_secret_post"}, "the secret"},
		{"a public client", "", []string{"none"}, ""},
	} {
		l := newLab(t)
		l.document = func(d map[string]any) { d["token_endpoint_auth_methods_supported"] = c.methods }
		cfg := l.config()
		cfg.ClientSecret = c.secret
		_, h := mount(t, cfg)
		l.signedIn(t, h)
		if l.form.Get("client_secret") != c.inForm || (c.secret == "") != (l.form.Get("client_id") == "console" && c.inForm == "") {
			t.Errorf("%s: the form is %v", c.reason, l.form)
		}
	}
}
