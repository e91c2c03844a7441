package oidc

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"

	"cairncx.dev/cairn/cx/console"
)

var (
	errIssuer   = errors.New("oidc: the answer is of another issuer (RFC 9207), or does not say which")
	errCode     = errors.New("oidc: the answer has no code, or more than one")
	errNoToken  = errors.New("oidc: the token endpoint gave no ID token: the client needs the scope openid")
	errNonce    = errors.New("oidc: the ID token has the nonce of another sign-in")
	errAzp      = errors.New("oidc: the ID token was given to another client (azp)")
	errFuture   = errors.New("oidc: the ID token is of the future: set the clocks")
	errUserInfo = errors.New("oidc: the UserInfo endpoint gave no claims of the reader")
	errBusy     = errors.New("oidc: too many sign-ins at the same time")
)

// maxCode bounds the code and the state of an answer.
const maxCode = 4096

// finish takes the answer that the provider sends with the browser (OpenID Connect Core 1.0, section 3.1.2.5).
func (s *SignIn) finish(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	state, _ := single(q, "state")
	a, ok := s.attemptOf(r, state)
	if !ok {
		s.notBegun(w, r)
		return
	}
	s.remove(w, s.slot(state), s.jar.path)
	claims, idToken, err := s.exchange(r.Context(), q, a)
	var refused *refusedError
	var unreachable *url.Error
	switch {
	case errors.As(err, &refused):
		s.refused(w, r, refused)
		return
	case errors.Is(err, errProvider), errors.Is(err, errBusy), errors.As(err, &unreachable):
		s.cfg.Log.WarnContext(r.Context(), "oidc: a sign-in failed", "reason", reason(err))
		s.away(w, r)
		return
	case err != nil:
		s.failed(w, r, err)
		return
	}
	var long *tooLongError
	err = s.put(w, s.jar.session, s.jar.path, session{Claims: claims, Since: s.cfg.Clock().Unix()}, s.cfg.Session)
	switch {
	case errors.As(err, &long):
		s.cfg.Log.WarnContext(r.Context(), "oidc: a sign-in failed", "reason", reason(err))
		console.Tell(w, r, console.Notice{
			Status: http.StatusForbidden, Say: "You are in too many groups.",
			Mends: "The sign-in has no room for them. The people who run the console can choose which groups it keeps.",
		})
		return
	case err != nil:
		s.failed(w, r, err)
		return
	}
	if s.put(w, s.jar.hint, s.jar.signOut, idToken, s.cfg.Session) != nil {
		s.remove(w, s.jar.hint, s.jar.signOut) // the sign-out works without it, and may ask the reader
	}
	if _, err := s.cfg.Viewer(claims); errors.Is(err, ErrGroups) {
		s.cfg.Log.WarnContext(r.Context(), "oidc: a reader has signed in, and may see nothing", "reason", err.Error())
	}
	goTo(w, a.To)
}

// notBegun answers an answer to a sign-in that this browser has not begun. A reader who has signed in meanwhile, in another tab, goes on.
func (s *SignIn) notBegun(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.sessionOf(r); ok {
		goTo(w, s.base)
		return
	}
	console.Tell(w, r, console.Notice{
		Status: http.StatusBadRequest, Say: "This sign-in could not be finished.",
		Mends: "It began more than ten minutes ago, in another browser, or at another address of the console; or the browser keeps no cookies. Begin again.",
		Next:  "Sign in", Address: s.origin + s.base,
	})
}

// single returns a parameter that is there once.
func single(q url.Values, name string) (string, bool) {
	if len(q[name]) != 1 || q[name][0] == "" || len(q[name][0]) > maxCode {
		return "", false
	}
	return q[name][0], true
}

// exchange exchanges the code of the answer for an ID token, verifies it, and returns its claims.
func (s *SignIn) exchange(ctx context.Context, q url.Values, a attempt) (Claims, string, error) {
	k, err := s.provider.get(ctx)
	if err != nil {
		return Claims{}, "", err
	}
	if iss, ok := single(q, "iss"); ok && iss != s.cfg.Issuer || !ok && (k.Issuer || q.Has("iss")) {
		return Claims{}, "", errIssuer
	}
	if q.Has("error") {
		return Claims{}, "", &refusedError{q.Get("error")}
	}
	code, ok := single(q, "code")
	if !ok {
		return Claims{}, "", errCode
	}
	select {
	case s.places <- struct{}{}:
		defer func() { <-s.places }()
	default:
		return Claims{}, "", errBusy
	}
	ctx, cancel := s.provider.client(ctx)
	defer cancel()
	token, err := k.oauth.Exchange(ctx, code, oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return Claims{}, "", fmt.Errorf("%w: %w", errExchange, err)
	}
	return s.verify(ctx, k, token, a)
}

// verify verifies the ID token (OpenID Connect Core 1.0, section 3.1.3.7), and completes its claims.
func (s *SignIn) verify(ctx context.Context, k *known, token *oauth2.Token, a attempt) (Claims, string, error) {
	text, ok := token.Extra("id_token").(string)
	if !ok {
		return Claims{}, "", errNoToken
	}
	id, err := k.verifier.Verify(ctx, text)
	if err != nil {
		return Claims{}, "", fmt.Errorf("%w: %w", errToken, err)
	}
	var list raw
	if err := id.Claims(&list); err != nil {
		return Claims{}, "", errClaims
	}
	switch azp := list.text("azp"); {
	case subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(a.Nonce)) != 1:
		return Claims{}, "", errNonce
	case azp != "" && azp != s.cfg.ClientID, azp == "" && len(id.Audience) > 1:
		return Claims{}, "", errAzp
	case id.IssuedAt.After(s.cfg.Clock().Add(skew)):
		return Claims{}, "", errFuture
	}
	if id.AccessTokenHash != "" {
		if err := id.VerifyAccessToken(token.AccessToken); err != nil {
			return Claims{}, "", fmt.Errorf("%w: %w", errToken, err)
		}
	}
	if k.provider.UserInfoEndpoint() != "" && token.AccessToken != "" && s.cfg.lacks(list) {
		if err := s.userInfo(ctx, k, token, id.Subject, list); err != nil {
			return Claims{}, "", err
		}
	}
	claims, err := s.cfg.claims(list)
	return claims, text, err
}

// userInfo completes the claims: many providers give an address and groups there only. The answer has to be about the same subject (section 5.3.2).
func (s *SignIn) userInfo(ctx context.Context, k *known, token *oauth2.Token, subject string, list raw) error {
	if secureEndpoint(k.provider.UserInfoEndpoint()) == "" {
		return errEndpoints
	}
	info, err := k.provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil || info.Subject != subject {
		return errUserInfo
	}
	var more raw
	if err := info.Claims(&more); err != nil {
		return errUserInfo
	}
	list.complete(more)
	return nil
}
