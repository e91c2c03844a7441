package journey_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/journey"
)

var (
	cookieKey = []byte("a key for cookies of 32 bytes ok")
	otherKey  = []byte("another key for cookies, 32 long")
)

// The value of a cookie that was set at noon for half an hour, and its session, by Python's hmac and hashlib.
const (
	noonCookie  = "1.tdn000.tdn1e0.G4CYwenx.ABCDEFGHIJKLMNOPQRSTUVWXYZ.G5Qb2f-0Q-6kWqD-lDkL2Ijv09Y3UqUadlxejvCK9vQ"
	noonRun     = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	noonSession = "781cb5d8832fa3afe1c1753b88321db7"
)

func newCookie(t testing.TB, d *journey.Definition, keys [][]byte, opts ...journey.CookieOption) *journey.Cookie {
	t.Helper()
	c, err := journey.NewCookie(d, keys, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// visit is one request of a browser with these values of its cookie, and its answer.
type visit struct {
	*http.Request

	w *httptest.ResponseRecorder
}

func (s *service) visit(c *journey.Cookie, values ...string) visit {
	r := httptest.NewRequestWithContext(s.ctx(), http.MethodGet, "/", nil)
	for _, v := range values {
		r.Header.Add("Cookie", c.Name()+"="+v)
	}
	return visit{r, httptest.NewRecorder()}
}

// set returns the value of the cookie that the answer sets, and for how many seconds; 0 if it sets none.
func (v visit) set(t testing.TB) (value string, seconds int) {
	t.Helper()
	for _, c := range v.w.Result().Cookies() { //nolint:bodyclose // a recorder has none
		if value != "" || seconds != 0 {
			t.Errorf("the answer sets two cookies: %v", v.w.Header())
		}
		value, seconds = c.Value, c.MaxAge
	}
	return value, seconds
}

func runOf(t testing.TB, c *journey.Cookie, v visit) string {
	t.Helper()
	run, ok := journey.FromContext(c.Start(v.w, v.Request, alice))
	if !ok {
		t.Fatal("the context is in no run")
	}
	return run.ID()
}

// count returns how often the fault was counted under the cookie's name.
func (s *service) count(c *journey.Cookie, f fault.Fault) (n int64) {
	for _, x := range s.client.Faults() {
		if x.Fault == f && x.Name == c.Name() {
			n += x.Count
		}
	}
	return n
}

// TestCookieIsRead: a cookie that another program has made, by the definition of HMAC, is read, and all others are not.
func TestCookieIsRead(t *testing.T) {
	t.Parallel()
	last := strings.LastIndexByte(noonCookie, '.') + 1
	for _, c := range []struct {
		name   string
		reason string
		values []string
		after  time.Duration
		want   string
		fault  fault.Fault
	}{
		{name: "good", reason: "a key has signed it", values: []string{noonCookie}, want: noonRun},
		{name: "none", reason: "a new browser has none, which is no fault"},
		{name: "nearly over", reason: "the time is exclusive", values: []string{noonCookie}, after: 30*time.Minute - time.Second, want: noonRun},
		{name: "over", reason: "its life is half an hour", values: []string{noonCookie}, after: 30 * time.Minute, fault: fault.ExpiredCookie},
		{name: "clocks differ", reason: "by 30 seconds at most", values: []string{noonCookie}, after: -30 * time.Second, want: noonRun},
		{name: "in the future", reason: "by more than clocks differ", values: []string{noonCookie}, after: -31 * time.Second, fault: fault.ForgedCookie},
		{name: "two", reason: "a browser keeps one", values: []string{noonCookie, noonCookie}, fault: fault.ForgedCookie},
		{name: "empty", reason: "it was never set", values: []string{""}, fault: fault.ForgedCookie},
		{name: "another run", reason: "the signature covers the run", values: []string{strings.Replace(noonCookie, "ABC", "ABD", 1)}, fault: fault.ForgedCookie},
		{name: "a longer life", reason: "the signature covers the times", values: []string{strings.Replace(noonCookie, "tdn1e0", "tdz1e0", 1)}, fault: fault.ForgedCookie},
		{name: "another version", reason: "it has another form", values: []string{"2" + noonCookie[1:]}, fault: fault.ForgedCookie},
		{name: "no signature", reason: "anyone can write it", values: []string{noonCookie[:last]}, fault: fault.ForgedCookie},
		{name: "a short signature", reason: "a part of it is easier to guess", values: []string{noonCookie[:last+20]}, fault: fault.ForgedCookie},
		{name: "spare bits", reason: "one signature has one form", values: []string{noonCookie[:len(noonCookie)-1] + "R"}, fault: fault.ForgedCookie},
		{name: "too large", reason: "what follows is not read", values: []string{noonCookie + strings.Repeat("A", 4000)}, fault: fault.ForgedCookie},
		{name: "more fields", reason: "it has another form", values: []string{"1." + noonCookie}, fault: fault.ForgedCookie},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, cookie := start(t), newCookie(t, checkout, [][]byte{cookieKey})
			s.clock.add(c.after)
			v := s.visit(cookie, c.values...)
			if got := cookie.ID(v.Request); got != c.want {
				t.Errorf("the run is %q, want %q: %s", got, c.want, c.reason)
			}
			for _, f := range []fault.Fault{fault.ForgedCookie, fault.ExpiredCookie} {
				want := int64(0)
				if c.fault == f {
					want = 1
				}
				if n := s.count(cookie, f); n != want {
					t.Errorf("%s counts %d times, want %d: %s", f, n, want, c.reason)
				}
			}
			session := ""
			if c.want != "" {
				session = noonSession
			}
			if got := cookie.Session(v.Request); got != session {
				t.Errorf("the session is %q, want %q", got, session)
			}
			if got := runOf(t, cookie, v); (got == noonRun) != (c.want != "") {
				t.Errorf("Start is in the run %q", got)
			}
		})
	}
}

// TestCookieIsForOneUse: a cookie of another journey or of another name is none, whatever the key.
func TestCookieIsForOneUse(t *testing.T) {
	t.Parallel()
	s := start(t)
	for name, c := range map[string]*journey.Cookie{
		"another journey": newCookie(t, complaint, [][]byte{cookieKey}, journey.WithCookieName("__Host-checkout")),
		"another name":    newCookie(t, checkout, [][]byte{cookieKey}, journey.WithCookieName("__Host-shop")),
		"another key":     newCookie(t, checkout, [][]byte{otherKey}),
	} {
		if id := c.ID(s.visit(c, noonCookie).Request); id != "" || s.count(c, fault.ForgedCookie) == 0 {
			t.Errorf("%s: the run is %q", name, id)
		}
	}
}

// TestCookieLife: the cookie begins a run, keeps it, is renewed after half of its life, and never names a run for more than 30 days.
func TestCookieLife(t *testing.T) {
	t.Parallel()
	s, c := start(t), newCookie(t, checkout, [][]byte{cookieKey}, journey.WithCookieLife(10*24*time.Hour))
	first := s.visit(c)
	run := runOf(t, c, first)
	if !regexp.MustCompile(`^[A-Z2-7]{26}$`).MatchString(run) {
		t.Errorf("the run is %q, want 26 letters and digits of base 32, which are 130 bits", run)
	}
	if again := runOf(t, c, first); again != run {
		t.Errorf("a second Start in the request is in %q, want %q", again, run)
	}
	value, seconds := first.set(t)
	if seconds != 10*24*3600 {
		t.Errorf("the cookie is for %d s, want ten days", seconds)
	}
	day := 0
	for _, step := range []struct {
		day, seconds int // in which the cookie is set for so long; 0 is not at all
	}{{0, 0}, {4, 0}, {6, 10 * 86400}, {7, 0}, {12, 10 * 86400}, {18, 10 * 86400}, {24, 6 * 86400}, {29, 0}} {
		s.clock.add(time.Duration(step.day-day) * 24 * time.Hour)
		day = step.day
		v := s.visit(c, value)
		ctx, ok := c.Resume(v.w, v.Request)
		if got, _ := journey.FromContext(ctx); !ok || got.ID() != run {
			t.Errorf("day %d: the run is %q, want %q", day, got.ID(), run)
		}
		renewed, seconds := v.set(t)
		if seconds != step.seconds {
			t.Errorf("day %d: the cookie is set for %d s, want %d", day, seconds, step.seconds)
		}
		if renewed != "" {
			value = renewed
		}
	}
	s.clock.add(24 * time.Hour)
	v := s.visit(c, value)
	if _, ok := c.Resume(v.w, v.Request); ok || s.count(c, fault.ExpiredCookie) != 1 {
		t.Error("the cookie names its run after 30 days")
	}
	if next := runOf(t, c, v); next == run {
		t.Error("Start is in the run of an expired cookie")
	}
}

// TestCookieKeys: the first key signs, all verify, and a key that was removed does not.
func TestCookieKeys(t *testing.T) {
	t.Parallel()
	s := start(t)
	older, both, newer := newCookie(t, checkout, [][]byte{cookieKey}), newCookie(t, checkout, [][]byte{otherKey, cookieKey}), newCookie(t, checkout, [][]byte{otherKey})
	v := s.visit(both)
	run := runOf(t, both, v)
	value, _ := v.set(t)
	for _, c := range []struct {
		name   string
		cookie *journey.Cookie
		value  string
		want   string
	}{
		{"old key, both", both, noonCookie, noonRun},
		{"new key, both", both, value, run},
		{"new key, new", newer, value, run},
		{"new key, old", older, value, ""},
		{"old key, new", newer, noonCookie, ""},
	} {
		if got := c.cookie.ID(s.visit(c.cookie, c.value).Request); got != c.want {
			t.Errorf("%s: the run is %q, want %q", c.name, got, c.want)
		}
	}
}

// TestCookieOfAnEndedRun: once the run has ended, its cookie names none, also one that another tab has kept.
func TestCookieOfAnEndedRun(t *testing.T) {
	t.Parallel()
	s, c := start(t), newCookie(t, checkout, [][]byte{cookieKey})
	v := s.visit(c)
	ctx := c.Start(v.w, v.Request, alice)
	first, _ := journey.FromContext(ctx)
	value, _ := v.set(t)
	checkout.Complete(ctx)
	if id := c.ID(s.visit(c, value).Request); id != "" {
		t.Errorf("the cookie names the run %q, which has ended", id)
	}
	next := s.visit(c, value)
	second := runOf(t, c, next)
	if second == first.ID() {
		t.Error("the ended run is begun again")
	}
	if fresh, _ := next.set(t); c.ID(s.visit(c, fresh).Request) != second {
		t.Error("the cookie of the next run is not set")
	}
	if got := s.story("checkout", first.ID()); strings.Join(got, " ") != "started completed" {
		t.Errorf("the first run is %v", got)
	}
	if n := s.count(c, fault.ForgedCookie) + s.count(c, fault.ExpiredCookie); n != 0 {
		t.Errorf("%d faults are counted", n)
	}
}

// TestCookieHeader: the answer has what RFC 6265bis wants of the prefix __Host-, keeps other cookies, and is in no shared cache.
func TestCookieHeader(t *testing.T) {
	t.Parallel()
	s, c := start(t), newCookie(t, checkout, [][]byte{cookieKey}, journey.WithCookieSameSite(http.SameSiteStrictMode))
	v := s.visit(c)
	http.SetCookie(v.w, &http.Cookie{Name: "__Host-checkout-theme", Value: "dark", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	first := runOf(t, c, v)
	lines := v.w.Header().Values("Set-Cookie")
	if want := `^__Host-checkout=1\.tdn000\.tdn1e0\.G4CYwenx\.` + first + `\.[\w-]{43}; Path=/; Max-Age=1800; HttpOnly; Secure; SameSite=Strict$`; len(lines) != 2 || !regexp.MustCompile(want).MatchString(lines[1]) {
		t.Errorf("the answer sets %q, want %s", lines, want)
	}
	if v.w.Header().Get("Cache-Control") != `no-cache="Set-Cookie"` || v.w.Header().Get("Vary") != "Cookie" {
		t.Errorf("a cache may keep the answer: %v", v.w.Header())
	}
	c.End(v.w)
	if lines := v.w.Header().Values("Set-Cookie"); len(lines) != 2 || lines[1] != "__Host-checkout=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict" {
		t.Errorf("after End the answer sets %q", lines)
	}
	if second := runOf(t, c, v); second == first {
		t.Error("a Start after End is in the run from before")
	}
	if n := len(v.w.Header().Values("Cache-Control")); n != 1 {
		t.Errorf("the answer has %d lines of Cache-Control", n)
	}
}

// TestNewCookie says what is wrong with a cookie, all at once.
func TestNewCookie(t *testing.T) {
	t.Parallel()
	_, err := journey.NewCookie(nil, [][]byte{[]byte("short secret")}, journey.WithCookieName("session"), journey.WithCookieLife(31*24*time.Hour),
		journey.WithCookieSameSite(http.SameSiteNoneMode), nil)
	if err == nil {
		t.Fatal("there is no error")
	}
	for _, want := range []string{"no journey", "key 1 of 1 has 12 bytes, at least 32", `its name is "session"`, "for 744h0m0s", "neither Lax nor Strict"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("the error has the key: %v", err)
	}
	if _, err := journey.NewCookie(checkout, nil); err == nil || !strings.Contains(err.Error(), "give at least one") {
		t.Errorf("without keys: %v", err)
	}
	for name, want := range map[string]string{"checkout": "__Host-checkout", "the order; 7": "__Host-the-order--7-19f52512", "the order, 7": "__Host-the-order--7-176819b9", strings.Repeat("x", event.MaxName): "__Host-" + strings.Repeat("x", event.MaxName)} {
		if c := newCookie(t, journey.Define(name), [][]byte{cookieKey}); c.Name() != want || c.Journey().Name() != name {
			t.Errorf("the cookie of %q is %q, want %q", name, c.Name(), want)
		}
	}
}

// TestEmptyCookie: what a service holds may be nil, or the zero value.
func TestEmptyCookie(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]*journey.Cookie{"nil": nil, "the zero value": {}} {
		v := visit{httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil), httptest.NewRecorder()}
		ctx := c.Start(v.w, v.Request, alice)
		_, resumed := c.Resume(v.w, v.Request)
		c.End(v.w)
		if ctx != v.Context() || resumed || c.ID(v.Request)+c.Session(v.Request)+c.Name() != "" || c.Journey() != nil || len(v.w.Header()) != 0 {
			t.Errorf("%s does something", name)
		}
	}
}

// FuzzCookie: a run is believed only if its cookie is exactly what a key has signed.
func FuzzCookie(f *testing.F) {
	last := strings.LastIndexByte(noonCookie, '.')
	for _, seed := range []string{noonCookie, noonCookie[:last], "", "1.....", noonCookie + "=", noonCookie + " ", `"` + noonCookie + `"`, noonCookie + "; __Host-checkout=x", strings.ToUpper(noonCookie)} {
		f.Add(seed)
	}
	s := newService(f, cx.WithNamespace("fuzz"))
	c := newCookie(f, checkout, [][]byte{cookieKey})
	f.Cleanup(func() { _ = s.client.Shutdown(s.ctx()) })
	f.Fuzz(func(t *testing.T, value string) {
		r := httptest.NewRequestWithContext(s.ctx(), http.MethodGet, "/", nil)
		r.Header.Set("Cookie", c.Name()+"="+value)
		id := c.ID(r)
		sent, err := r.Cookie(c.Name())
		if id == "" {
			if err == nil && sent.Value == noonCookie && len(r.CookiesNamed(c.Name())) == 1 {
				t.Error("a cookie that a key has signed is not believed")
			}
			return
		}
		p := strings.Split(sent.Value, ".")
		h := hmac.New(sha256.New, cookieKey)
		h.Write([]byte("cairn.journey.cookie.1\x00__Host-checkout\x00checkout\x00" + strings.Join(p[:5], ".")))
		until, err := strconv.ParseInt(p[2], 36, 64)
		if p[5] != base64.RawURLEncoding.EncodeToString(h.Sum(nil)) || p[4] != id || err != nil || until <= noon.Unix() {
			t.Errorf("%q is believed", sent.Value)
		}
	})
}
