// Package oidc lets readers of the console sign in at an OpenID Connect provider.
//
//	signIn, err := oidc.New(ctx, oidc.Config{Issuer: …, ClientID: …, RedirectURL: "https://cx.example.com/cx/sign-in/callback", Keys: …, Viewer: …})
//	page, err := console.New(table, console.WithPath("/cx/"), console.WithViewer(signIn.Viewer), console.WithSignIn(signIn))
//
// # How a reader signs in
//
//	browser                      SignIn                                provider
//	GET /cx/journeys ──────────► no session: 303 to /cx/sign-in?to=…
//	GET /cx/sign-in?to=… ──────► attempt cookie: state, nonce, PKCE
//	                             303 ────────────────────────────────► the reader signs in there
//	GET /cx/sign-in/callback ◄──────────────────────────────────────── code, state
//	  with the attempt cookie ─► state is that of the cookie
//	                             code, PKCE verifier ────────────────► ID token, access token
//	                             signature, issuer, audience, expiry,
//	                             nonce, at_hash
//	                             lacking claims ─────────────────────► UserInfo
//	                ◄─────────── session cookie, 303 to /cx/journeys
//
// It is the authorization code flow of OpenID Connect Core 1.0 section 3.1 with PKCE by S256 (RFC 7636) and the issuer in the answer (RFC 9207).
//
// # What is kept
//
// Nothing on the server: all instances with the same keys know the same readers. The session is a cookie, sealed with AES-256-GCM, with the claims of the
// reader. [Config.Viewer] makes the rights of them at each request, so that a change of the rights holds at once. A session ends after 8 hours at most. It cannot be
// ended before at the server, except by Config.Viewer or by another key.
package oidc
