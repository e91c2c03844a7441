package journey

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// The bounds of a cookie.
const (
	// MinCookieKey is the length of the shortest key in bytes: that of the hash (RFC 2104, section 3).
	MinCookieKey = sha256.Size
	// MaxCookieAge is the longest time for which a cookie names one run, however often it is renewed. A client remembers for as long that a
	// run has ended, unless cx.WithEndedRetention says otherwise.
	MaxCookieAge = 30 * 24 * time.Hour

	defaultCookieLife = 24 * time.Hour
	minCookieLife     = time.Second
	maxCookieName     = 128
	cookieSkew        = 30 * time.Second // how much the clocks of two instances may differ
)

// Cookie carries one run of one journey from request to request of one browser, where the application has no ID of its own, such as that of
// a cart. The run's ID has 130 random bits (crypto/rand). The cookie is signed by HMAC-SHA-256 (RFC 2104), so that a browser cannot choose
// the run that it is in. [NewCookie] makes a Cookie. Safe for concurrent use. A nil Cookie and the zero value carry nothing.
//
//	touchpoint.Handler(mux, touchpoint.WithJourneyID(checkout, cookie.ID))
//
//	ctx := cookie.Start(w, r, event.Customer{})   a page that begins the run, or goes on with it
//	checkout.Complete(ctx)
//	cookie.End(w)                                 the browser forgets the run
//
// The cookie is Secure and HttpOnly, is for the path /, and has no Domain. With the prefix __Host- of its name (RFC 6265bis, section
// 4.1.3.2) a browser takes it from the host itself only, over HTTPS or from localhost, and no other host can plant one.
//
// A cookie is not believed if it is malformed or too large, if the request has two of them, or if none of the keys has signed it: each such
// look counts as the fault forged_cookie. One that has expired counts as expired_cookie. Such a request is treated as one without the cookie.
// A cookie is a bearer token: a person who copies it from the browser is in the same run until it expires.
//
// A run of the cookie is not begun twice: once a process knows that it has ended, the cookie names none. With cx.WithStore, another instance
// may learn that later; its Start then changes nothing, because the store knows that the run has ended for at least as long as a cookie can name
// it. Neither needs a ledger.Once: a run ends once by its state, and only this server can make an ID that it believes.
type Cookie struct {
	journey  *Definition
	name     string
	keys     []cookieKey
	life     time.Duration
	sameSite http.SameSite
}

// CookieOption is an option of [NewCookie]. An option value may be reused.
type CookieOption interface{ applyCookie(*Cookie) }

type cookieOption func(*Cookie)

func (o cookieOption) applyCookie(c *Cookie) { o(c) }

// WithCookieName sets the cookie's name, which begins with __Host-. Two journeys need two names. Default: __Host- and the journey's name, with
// each character that a name of a cookie cannot have as "-", and then a checksum of the whole name.
func WithCookieName(name string) CookieOption { return cookieOption(func(c *Cookie) { c.name = name }) }

// WithCookieLife sets for how long the cookie names its run after it was last set, from a second to [MaxCookieAge]. Start and Resume set it anew
// once half of that time is over. Default: [AbandonAfter] of the journey, because a run that is abandoned cannot be taken up; 24 hours for a
// journey without it; at most MaxCookieAge.
func WithCookieLife(life time.Duration) CookieOption {
	return cookieOption(func(c *Cookie) { c.life = life })
}

// WithCookieSameSite sets whether the browser sends the cookie with requests that a page of another site causes. Use [http.SameSiteStrictMode] where
// a link from elsewhere must not lead into a run. [http.SameSiteNoneMode] and [http.SameSiteDefaultMode] are errors. Default:
// [http.SameSiteLaxMode].
func WithCookieSameSite(s http.SameSite) CookieOption {
	return cookieOption(func(c *Cookie) { c.sameSite = s })
}

// NewCookie returns a cookie for runs of the journey. The first key signs, and all of them verify. A key has at least [MinCookieKey] bytes, which
// should be random; it may be used elsewhere, because what the cookie signs has a prefix of its own and the names of cookie and journey in it.
// NewCookie copies the keys, and its errors never contain them. It returns an error that joins every fault: a nil journey, a short key, no key, a
// name without the prefix, a life out of range.
//
// To replace a key, add the new one after the old one in every instance, then put the new one first everywhere, then remove the old one after
// the cookie's life.
func NewCookie(journey *Definition, keys [][]byte, opts ...CookieOption) (*Cookie, error) {
	c := &Cookie{
		journey: journey, name: hostPrefix + nameOf(journey.Name()), sameSite: http.SameSiteLaxMode,
		life: min(journey.AbandonAfter(), MaxCookieAge),
	}
	if c.life <= 0 {
		c.life = defaultCookieLife
	}
	for _, o := range opts {
		if o != nil {
			o.applyCookie(c)
		}
	}
	var faults []error
	wrong := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("journey: a cookie: "+format, args...))
	}
	if journey == nil {
		wrong("it has no journey: give the definition whose runs it carries")
	}
	if len(keys) == 0 {
		wrong("there is no key that signs it: give at least one")
	}
	for i, key := range keys {
		if len(key) < MinCookieKey {
			wrong("key %d of %d has %d bytes, at least %d are needed: use random ones", i+1, len(keys), len(key), MinCookieKey)
		}
		c.keys = append(c.keys, c.newKey(key))
	}
	if name, ok := strings.CutPrefix(c.name, hostPrefix); !ok || name == "" || tokenOf(name) != name || len(c.name) > maxCookieName {
		wrong("its name is %.80q: want %s and at least one of the characters of a token, %d bytes at most", c.name, hostPrefix, maxCookieName)
	}
	if c.life < minCookieLife || c.life > MaxCookieAge {
		wrong("it would name its run for %v: want from %v to %v", c.life, minCookieLife, MaxCookieAge)
	}
	if c.sameSite != http.SameSiteLaxMode && c.sameSite != http.SameSiteStrictMode {
		wrong("its SameSite is neither Lax nor Strict")
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return c, nil
}

// Journey returns the journey whose runs the cookie carries.
func (c *Cookie) Journey() *Definition {
	if c == nil {
		return nil
	}
	return c.journey
}

// Name returns the name of the cookie.
func (c *Cookie) Name() string {
	if c == nil {
		return ""
	}
	return c.name
}

// ID returns the ID of the run that the request's cookie names, or "" for none. It is the function that touchpoint.WithJourneyID takes. It
// reports the faults of the cookie to the client of the request's context.
func (c *Cookie) ID(r *http.Request) string {
	at, _ := c.named(r, c.now(r))
	return at.id
}

// Session returns a session for touchpoint.WithSession: 32 hexadecimal digits, half of the SHA-256 of the run's ID, or "" without a run. It
// reports no faults, because [Cookie.ID] does. A request that begins a run has no session yet.
func (c *Cookie) Session(r *http.Request) string {
	if c.empty() || r == nil {
		return ""
	}
	at, _ := c.read(r, c.now(r))
	if at.id == "" || c.over(r, at) {
		return ""
	}
	sum := sha256.Sum256([]byte("cairn.session.1\x00" + at.id))
	return hex.EncodeToString(sum[:16])
}

// Start returns a context that is in the run which the request's cookie names. Where it names none, Start makes an ID, sets the cookie and starts
// a run, as [Definition.Start] does with the customer and the options. It sets the cookie anew once half of its life is over. Call Start before
// the header of the answer is written. A second call in one request is in the same run.
//
// An answer that sets the cookie gets Cache-Control: no-cache="Set-Cookie" and Vary: Cookie, so that no cache gives one customer's run to
// another one. Where the application sets Cache-Control itself, it must not allow a shared cache to keep such an answer.
func (c *Cookie) Start(w http.ResponseWriter, r *http.Request, customer event.Customer, opts ...RecordOption) context.Context {
	if c.empty() {
		return r.Context()
	}
	now := c.now(r)
	at, ok := c.current(w, r, now)
	if !ok {
		at = held{id: rand.Text(), began: now}
		c.set(w, at, now)
	}
	return c.journey.Start(r.Context(), at.id, customer, opts...)
}

// Resume returns a context that is in the run which the request's cookie names, as [Definition.Resume] does with the options, and sets the cookie
// anew as [Cookie.Start] does. It returns the request's context and false where the cookie names no run.
func (c *Cookie) Resume(w http.ResponseWriter, r *http.Request, opts ...RecordOption) (context.Context, bool) {
	if c.empty() {
		return r.Context(), false
	}
	at, ok := c.current(w, r, c.now(r))
	if !ok {
		return r.Context(), false
	}
	return c.journey.Resume(r.Context(), at.id, opts...), true
}

// End makes the browser forget the run. It does not end the run: see [Definition.Complete]. Call it before the header of the answer is written.
func (c *Cookie) End(w http.ResponseWriter) {
	if !c.empty() {
		c.put(w, "", -1)
	}
}

// empty reports whether [NewCookie] has not made the cookie.
func (c *Cookie) empty() bool { return c == nil || len(c.keys) == 0 }

// current returns the run of the request, or the one that this answer has set already, and renews the cookie when that is due.
func (c *Cookie) current(w http.ResponseWriter, r *http.Request, now time.Time) (held, bool) {
	if text, ok := c.answered(w); ok {
		at, _ := c.open(text, now)
		return at, at.id != ""
	}
	at, ok := c.named(r, now)
	if ok && at.expires.Sub(now) < c.life/2 && c.expiry(at, now).After(at.expires) {
		c.set(w, at, now)
	}
	return at, ok
}

// named returns the run that the request's cookie names, and reports the faults of the cookie.
func (c *Cookie) named(r *http.Request, now time.Time) (held, bool) {
	if c.empty() || r == nil {
		return held{}, false
	}
	at, wrong := c.read(r, now)
	if wrong != nil {
		flight.Fault(r.Context(), *wrong)
	}
	if at.id == "" || c.over(r, at) {
		return held{}, false
	}
	return at, true
}

// over reports whether the client of the request knows that the run has ended.
func (c *Cookie) over(r *http.Request, at held) bool {
	rec := flight.RecorderFrom(r.Context())
	runs, ok := rec.(flight.Runs)
	if !ok {
		return false
	}
	e := flight.Get()
	defer e.Put()
	e.Kind = event.JourneyStarted
	e.SetNamed()
	e.SetJourney(event.Run{Name: c.journey.Name(), ID: at.id})
	e.SetDefinition(c.journey)
	rec.Start(r.Context(), e) // it gives the run its namespace
	return runs.Over(e.Position())
}

// now returns the time by the clock of the request's client, in whole seconds, as a cookie has it.
func (*Cookie) now(r *http.Request) time.Time {
	now := time.Now()
	if r != nil {
		if rec := flight.RecorderFrom(r.Context()); rec != nil {
			now = rec.Now()
		}
	}
	return now.Truncate(time.Second)
}
