package oidc

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"cairncx.dev/cairn/cx/console"
)

var (
	errExchange = errors.New("oidc: the code could not be exchanged")
	errToken    = errors.New("oidc: the ID token is not valid")
)

// refusedError is an error that the provider sent with the browser. Its code is what a stranger may have written.
type refusedError struct{ code string }

// Error implements error.
func (e *refusedError) Error() string {
	return "oidc: the provider refused: " + knownCode(e.code)
}

// says has what a reader is told for each error of a provider (RFC 6749, section 4.1.2.1; OpenID Connect Core 1.0, section 3.1.2.6).
var says = map[string]console.Notice{
	"access_denied":              {Status: http.StatusForbidden, Say: "You have not been signed in.", Mends: "The provider refused, or the sign-in was cancelled there."},
	"login_required":             {Status: http.StatusForbidden, Say: "You have not been signed in.", Mends: "The provider wants you to sign in there first."},
	"interaction_required":       {Status: http.StatusForbidden, Say: "You have not been signed in.", Mends: "The provider wants to ask you something first."},
	"consent_required":           {Status: http.StatusForbidden, Say: "You have not been signed in.", Mends: "The provider needs your consent, or that of an administrator."},
	"account_selection_required": {Status: http.StatusForbidden, Say: "You have not been signed in.", Mends: "The provider wants you to choose an account."},
	"temporarily_unavailable":    {Status: http.StatusServiceUnavailable, Say: "You cannot sign in just now.", Mends: "The provider is overloaded. Try again in a few minutes."},
	"server_error":               {Status: http.StatusServiceUnavailable, Say: "You cannot sign in just now.", Mends: "The provider has an error. Try again in a few minutes."},
}

// setUp are errors that the people who run the console can mend.
var setUp = map[string]bool{
	"invalid_request": true, "unauthorized_client": true, "unsupported_response_type": true, "invalid_scope": true, "invalid_client": true, "invalid_grant": true,
	"unsupported_grant_type": true, "invalid_request_uri": true, "request_not_supported": true, "registration_not_supported": true,
}

// knownCode returns the code of an error, if it is one that a standard names.
func knownCode(code string) string {
	if _, ok := says[code]; ok || setUp[code] {
		return code
	}
	return "an error that no standard names"
}

// refused tells the reader what the provider has answered. The text of the provider is not repeated: a stranger may have written it.
func (s *SignIn) refused(w http.ResponseWriter, r *http.Request, e *refusedError) {
	n, ok := says[e.code]
	if !ok {
		s.failed(w, r, e)
		return
	}
	n.Next, n.Address = "Try again", s.base
	console.Tell(w, r, n)
}

// maxReason bounds the reason in a log.
const maxReason = 300

// reason is an error for the log, without a text of the provider.
func reason(err error) string {
	var answer *oauth2.RetrieveError
	var address *url.Error
	var issuer *oidc.IssuerMismatchError
	var expired *oidc.TokenExpiredError
	var long *tooLongError
	var refused *refusedError
	switch {
	case errors.As(err, &answer) && answer.Response != nil:
		return "the token endpoint answered " + strconv.Itoa(answer.Response.StatusCode) + ", " + knownCode(answer.ErrorCode)
	case errors.As(err, &address):
		return "a request to the provider failed: " + short(address.Err.Error())
	case errors.As(err, &issuer):
		return "the discovery document names another issuer, " + short(strconv.Quote(issuer.Discovered)) + ": copy it into Config.Issuer if it is the right one"
	case errors.As(err, &expired):
		return "the ID token had expired at " + expired.Expiry.UTC().Format("2006-01-02 15:04:05Z") + ": set the clocks"
	case errors.As(err, &long), errors.As(err, &refused):
		return err.Error()
	case errors.Is(err, errToken):
		return "the ID token is not valid: its signature, its issuer, its audience or its times are wrong"
	}
	for _, own := range []error{errProvider, errEndpoints, errIssuer, errCode, errNoToken, errNonce, errAzp, errFuture, errUserInfo, errBusy, errSubject, errClaims, errExchange} {
		if errors.Is(err, own) {
			return own.Error()
		}
	}
	return "the discovery document could not be read"
}

// short cuts a text for the log.
func short(text string) string {
	if len(text) > maxReason {
		return text[:maxReason] + "…"
	}
	return text
}
