package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/insight"
)

// SignIn lets readers sign in and out, and says who they are. Make it with [New]. It is safe for concurrent use, has no goroutine of its own, and keeps nothing of
// readers.
type SignIn struct {
	cfg      Config
	provider *provider
	sealer   *sealer
	jar      jar
	// origin is the scheme and the host of the console, and base its path.
	origin, base string
	// places bound how many sign-ins ask the provider at the same time.
	places chan struct{}
}

// maxAsking is how many sign-ins ask the provider at the same time.
const maxAsking = 32

// New returns what signs readers in. It returns every fault of the configuration, joined.
//
// New reads the provider's discovery document, for 5 seconds at most and not longer than ctx. A document that cannot be read is no error: New logs the reason, and the
// next sign-in reads it, with a wait of 1 to 30 seconds after a failure. Readers who have signed in do not need the provider. With a ctx that has ended, New
// asks nothing.
func New(ctx context.Context, cfg Config) (*SignIn, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	sealer, err := newSealer(&cfg)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(cfg.RedirectURL)
	if err != nil {
		return nil, fmt.Errorf("oidc: Config.RedirectURL: %w", err)
	}
	s := &SignIn{sealer: sealer, origin: u.Scheme + "://" + u.Host, base: strings.TrimSuffix(u.EscapedPath(), callbackPath), places: make(chan struct{}, maxAsking)}
	s.jar = newJar(cfg.Cookie, s.base, u.Scheme == "https")
	cfg.Keys = nil // the sealer has what it needs of them
	s.cfg = cfg
	s.provider = newProvider(&s.cfg)
	if ctx.Err() == nil {
		_, _ = s.provider.get(ctx) // it has logged why not, and a sign-in asks again
	}
	return s, nil
}

// Viewer returns the viewer of a request, for console.WithViewer. It needs no answer of the provider. Its error wraps console.ErrNotSignedIn if the request has no valid
// session, and is that of [Config.Viewer] if it refuses the reader.
func (s *SignIn) Viewer(r *http.Request) (insight.Viewer, error) {
	got, ok := s.sessionOf(r)
	if !ok {
		return insight.Viewer{}, fmt.Errorf("oidc: the request has no session: %w", console.ErrNotSignedIn)
	}
	v, err := s.cfg.Viewer(got.Claims)
	switch {
	case errors.Is(err, console.ErrNotSignedIn):
		return insight.Viewer{}, fmt.Errorf("oidc: the reader has signed in, and Config.Viewer refuses: %v", err) //nolint:errorlint // with ErrNotSignedIn the reader would be sent to sign in again, without an end
	case err != nil:
		return insight.Viewer{}, fmt.Errorf("oidc: Config.Viewer refuses the reader: %w", err)
	}
	if v.Name == "" {
		v.Name = got.Claims.Subject
	}
	if v.Mail == "" {
		v.Mail = got.Claims.Mail
	}
	return v, nil
}

// ServeHTTP implements http.Handler, for console.WithSignIn: it answers the paths sign-in, sign-in/callback, sign-out and signed-out below the console's.
func (s *SignIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	get := r.Method == http.MethodGet
	switch path := strings.TrimPrefix(r.URL.EscapedPath(), s.base); {
	case path == "sign-in" && get:
		s.start(w, r)
	case path == callbackPath && get:
		s.finish(w, r)
	case path == "sign-out" && r.Method == http.MethodPost:
		s.signOut(w, r)
	case path == "signed-out" && get:
		console.Tell(w, r, console.Notice{Say: "You have signed out.", Next: "Sign in", Address: s.base + "sign-in"})
	default:
		console.Tell(w, r, console.Notice{Status: http.StatusNotFound, Say: "There is nothing here.", Mends: "Readers sign in at " + s.base + "sign-in.", Next: "Sign in", Address: s.base + "sign-in"})
	}
}

// goTo sends the browser to an address.
func goTo(w http.ResponseWriter, address string) {
	w.Header().Set("Location", address)
	w.WriteHeader(http.StatusSeeOther)
}

var _ http.Handler = (*SignIn)(nil)
