package oidc

import (
	"crypto/rand"
	"net/http"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"cairncx.dev/cairn/cx/console"
)

// start sends a reader to the provider.
func (s *SignIn) start(w http.ResponseWriter, r *http.Request) {
	to := s.back(r.URL.Query().Get("to"))
	if _, ok := s.sessionOf(r); ok {
		goTo(w, to)
		return
	}
	k, err := s.provider.get(r.Context())
	if err != nil {
		s.away(w, r)
		return
	}
	a := attempt{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), To: to, Since: s.cfg.Clock().Unix()}
	if err := s.put(w, s.slot(a.State), s.jar.path, a, attemptTime); err != nil {
		s.failed(w, r, err)
		return
	}
	goTo(w, k.oauth.AuthCodeURL(a.State, oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)))
}

// away says that the provider does not answer.
func (s *SignIn) away(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Retry-After", "5")
	console.Tell(w, r, console.Notice{
		Status: http.StatusServiceUnavailable, Say: "You cannot sign in just now.",
		Mends: "The sign-in provider does not answer. Readers who have signed in are not affected. Try again in a few seconds.", Next: "Try again", Address: s.base,
	})
}

// failed says that a sign-in failed. What the provider or a stranger has sent is not repeated.
func (s *SignIn) failed(w http.ResponseWriter, r *http.Request, err error) {
	s.cfg.Log.WarnContext(r.Context(), "oidc: a sign-in failed", "reason", reason(err))
	console.Tell(w, r, console.Notice{
		Status: http.StatusBadGateway, Say: "The sign-in failed.",
		Mends: "The console could not use the answer of the sign-in provider. The people who run it find the reason in its log.", Next: "Try again", Address: s.base,
	})
}
