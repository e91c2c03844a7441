package oidc

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// maxCookie bounds a cookie with its name and its attributes: browsers keep 4,096 bytes (RFC 6265, section 6.1).
const maxCookie = 4095

// slots is how many attempts to sign in a browser can have at a time: one for each tab, as a rule. It bounds what they add to the header of requests.
const slots = 4

// jar names and writes the cookies.
type jar struct {
	// session and attempt are names, the latter before the number of a slot. hint is the name of the cookie for the provider's sign-out.
	session, attempt, hint string
	// path is that of the session and of attempts, and signOut that of the hint.
	path, signOut string
	secure        bool
}

// newJar names the cookies for a console at the path. With https their names begin with __Host-: no other host, and no page without TLS, can set them (RFC 6265bis,
// section 4.1.3.2). Such a cookie has no path of its own. The hint goes to one path only, and its name begins with __Secure-.
func newJar(name, path string, secure bool) jar {
	j := jar{session: name, attempt: name + "-attempt-", hint: name + "-hint", path: path, signOut: path + "sign-out", secure: secure}
	if secure {
		j.session, j.attempt, j.hint, j.path = "__Host-"+j.session, "__Host-"+j.attempt, "__Secure-"+j.hint, "/"
	}
	return j
}

// cookie makes a cookie that lasts for the time; 0 removes it.
func (j *jar) cookie(name, path, value string, lasts time.Duration) *http.Cookie {
	c := &http.Cookie{ //nolint:gosec // without Secure on this machine only: Config.complete
		Name: name, Value: value, Path: path, MaxAge: int(lasts / time.Second), Secure: j.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	if lasts <= 0 {
		c.MaxAge = -1
	}
	return c
}

// session is what the cookie of a session holds.
type session struct {
	Claims Claims `json:"c"`
	// Since is the second of the sign-in.
	Since int64 `json:"s"`
}

// attempt is what the cookie of an attempt to sign in holds.
type attempt struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"`
	// To is where the reader wants to go.
	To    string `json:"t"`
	Since int64  `json:"i"`
}

// fresh reports whether the moment is not longer ago than the time, and not in the future.
func fresh(since int64, now time.Time, lasts time.Duration) bool {
	t := time.Unix(since, 0)
	return now.Before(t.Add(lasts)) && !now.Add(skew).Before(t)
}

// sessionOf returns the session of a request. A session that was sealed for longer than the configuration allows now ends when the configuration says.
func (s *SignIn) sessionOf(r *http.Request) (session, bool) {
	for _, c := range r.CookiesNamed(s.jar.session) {
		var got session
		if s.sealer.open(s.jar.session, c.Value, &got) == nil && fresh(got.Since, s.cfg.Clock(), s.cfg.Session) {
			return got, true
		}
	}
	return session{}, false
}

// attemptOf returns the attempt to sign in that a request has finished.
func (s *SignIn) attemptOf(r *http.Request, state string) (attempt, bool) {
	name := s.slot(state)
	for _, c := range r.CookiesNamed(name) {
		var got attempt
		if s.sealer.open(name, c.Value, &got) == nil && got.State != "" && subtle.ConstantTimeCompare([]byte(got.State), []byte(state)) == 1 &&
			fresh(got.Since, s.cfg.Clock(), attemptTime) {
			return got, true
		}
	}
	return attempt{}, false
}

// slot is the cookie of the attempt with the state.
func (s *SignIn) slot(state string) string {
	sum := sha256.Sum256([]byte(state))
	return s.jar.attempt + strconv.Itoa(int(sum[0])%slots)
}

// put seals the value into a cookie.
func (s *SignIn) put(w http.ResponseWriter, name, path string, value any, lasts time.Duration) error {
	sealed, err := s.sealer.seal(name, value)
	if err != nil {
		return err
	}
	c := s.jar.cookie(name, path, sealed, lasts)
	if n := len(c.String()); n > maxCookie {
		return &tooLongError{n}
	}
	http.SetCookie(w, c)
	return nil
}

// remove removes a cookie.
func (s *SignIn) remove(w http.ResponseWriter, name, path string) {
	http.SetCookie(w, s.jar.cookie(name, path, "", 0))
}

// tooLongError is the error of a cookie that browsers do not keep.
type tooLongError struct{ bytes int }

// Error implements error.
func (e *tooLongError) Error() string {
	return fmt.Sprintf("oidc: the claims of a reader make a cookie of %d bytes, and browsers keep %d: name the groups that have rights in Config.KeepGroups, and fewer claims in Config.KeepClaims", e.bytes, maxCookie)
}
