package oidc

import (
	"net/http"
	"net/url"

	"cairncx.dev/cairn/cx/console"
)

// signOut ends the session in this browser, and lets the browser go to the provider to end the one there (OpenID Connect RP-Initiated Logout 1.0). The page
// does it, and not a redirect, because the console's policy keeps the targets of forms on this server.
func (s *SignIn) signOut(w http.ResponseWriter, r *http.Request) {
	hint := ""
	for _, c := range r.CookiesNamed(s.jar.hint) {
		if s.sealer.open(s.jar.hint, c.Value, &hint) == nil {
			break
		}
	}
	s.remove(w, s.jar.session, s.jar.path)
	s.remove(w, s.jar.hint, s.jar.signOut)
	k, err := s.provider.get(r.Context())
	if err != nil || k.EndSession == "" {
		console.Tell(w, r, console.Notice{
			Say: "You have signed out.", Mends: "The provider may still know you, and sign you in without a question. If others use this device, sign out there too.",
			Next: "Sign in", Address: s.base + "sign-in",
		})
		return
	}
	console.Tell(w, r, console.Notice{
		Say: "You have signed out of the console.", Mends: "The browser now goes to the provider, to sign out there too.",
		Next: "Sign out at the provider", Address: s.endSession(k.EndSession, hint), Leave: true,
	})
}

// endSession is the address at which the provider ends its session. The hint is the ID token, or "".
func (s *SignIn) endSession(endpoint, hint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return endpoint // discover has parsed it
	}
	q := u.Query()
	q.Set("client_id", s.cfg.ClientID)
	if hint != "" {
		q.Set("id_token_hint", hint)
	}
	if s.cfg.SignedOutURL != "" {
		q.Set("post_logout_redirect_uri", s.cfg.SignedOutURL)
	}
	u.RawQuery = q.Encode()
	return u.String()
}
