package oidc_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/console/oidc"
	"cairncx.dev/cairn/cx/insight"
)

// TestTamperedSession: a session with another byte at any place is none. The alphabet has each character of the encoding, so that a bit that is not used would show.
func TestTamperedSession(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	signIn, h := mount(t, l.config())
	session := l.signedIn(t, h)
	for i := range session.Value {
		for _, with := range "A_-9.%\"" {
			changed := *session
			changed.Value = session.Value[:i] + string(with) + session.Value[i+1:]
			if changed.Value == session.Value {
				continue
			}
			if _, err := signIn.Viewer(request("GET", at, &changed)); !errors.Is(err, console.ErrNotSignedIn) {
				t.Fatalf("the session with %q at %d gives %v, want nobody", with, i, err)
			}
		}
	}
	for _, value := range []string{session.Value[:len(session.Value)-1], session.Value + "A", session.Value + "=", "2" + session.Value[1:], session.Value[2:]} {
		if _, err := signIn.Viewer(request("GET", at, &http.Cookie{Name: session.Name, Value: value})); !errors.Is(err, console.ErrNotSignedIn) {
			t.Errorf("a session of another length or version gives %v, want nobody", err)
		}
	}
	if !known(h, session) {
		t.Error("the session itself is not known")
	}
	both := request("GET", at, &http.Cookie{Name: session.Name, Value: "of another path"}, session)
	if _, err := signIn.Viewer(both); err != nil {
		t.Errorf("a cookie of the same name before the session hides it: %v", err)
	}
}

// TestOneSpelling: the bits of the last character that encode nothing have one value. Subjects of three lengths have each number of such bits.
func TestOneSpelling(t *testing.T) {
	t.Parallel()
	for _, subject := range []string{"a", "ab", "abc"} {
		l := newLab(t)
		l.claims = func(c map[string]any) { c["sub"] = subject }
		signIn, h := mount(t, l.config())
		session := l.signedIn(t, h)
		last := len(session.Value) - 1
		for _, with := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
			value := session.Value[:last] + string(with)
			if _, err := signIn.Viewer(request("GET", at, &http.Cookie{Name: session.Name, Value: value})); (err == nil) != (value == session.Value) {
				t.Errorf("the session with %q at its end: %v", with, err)
			}
		}
	}
}

// TestWhereASessionHolds: a session holds for the consoles that have its key, its provider and its client, and under its own name only.
func TestWhereASessionHolds(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	first := l.config()
	first.Keys = [][]byte{key('1')}
	_, h := mount(t, first)
	session := l.signedIn(t, h)
	for _, c := range []struct {
		reason string
		change func(*oidc.Config)
		known  bool
	}{
		{"another instance", func(*oidc.Config) {}, true},
		{"a new key is appended", func(c *oidc.Config) { c.Keys = [][]byte{key('1'), key('2')} }, true},
		{"the new key seals", func(c *oidc.Config) { c.Keys = [][]byte{key('2'), key('1')} }, true},
		{"the old key is removed", func(c *oidc.Config) { c.Keys = [][]byte{key('2')} }, false},
		{"another client with the same key", func(c *oidc.Config) { c.ClientID = "another" }, false},
		{"another provider with the same key", func(c *oidc.Config) { c.Issuer = newLab(t).issuer }, false},
		{"another console with the same key", func(c *oidc.Config) { c.RedirectURL = "https://cx.example.org/cx/sign-in/callback" }, false},
		{"the time of sessions is longer now", func(c *oidc.Config) { c.Session = 8 * time.Hour }, true},
	} {
		cfg := first
		c.change(&cfg)
		signIn, _ := mount(t, cfg)
		if _, err := signIn.Viewer(request("GET", at, session)); (err == nil) != c.known {
			t.Errorf("%s: %v, want the reader to be known: %t", c.reason, err, c.known)
		}
	}
	cfg := first
	cfg.Cookie = "another"
	signIn, _ := mount(t, cfg)
	if _, err := signIn.Viewer(request("GET", at, &http.Cookie{Name: "__Host-another", Value: session.Value})); err == nil {
		t.Error("a session holds under another name")
	}
}

// TestSessionEnds: a session ends when the configuration says, also if it was longer when the reader signed in; an attempt ends after ten minutes.
func TestSessionEnds(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	start := time.Now()
	var passed atomic.Int64
	cfg := l.config()
	cfg.Clock = func() time.Time { return start.Add(time.Duration(passed.Load())) }
	_, h := mount(t, cfg)
	session := l.signedIn(t, h)
	cfg.Session = time.Hour
	_, shorter := mount(t, cfg)
	for _, c := range []struct {
		passed         time.Duration
		known, shorter bool
	}{
		{0, true, true},
		{-30 * time.Second, true, true}, // the clock of another instance
		{-3 * time.Minute, false, false},
		{time.Hour - 2*time.Second, true, true},
		{time.Hour, true, false},
		{8*time.Hour - 2*time.Second, true, false},
		{8 * time.Hour, false, false},
	} {
		passed.Store(int64(c.passed))
		if known(h, session) != c.known || known(shorter, session) != c.shorter {
			t.Errorf("after %s the reader is known: %t, and with an hour: %t", c.passed, known(h, session), known(shorter, session))
		}
	}
	passed.Store(0)
	b := begin(t, h, "/cx/")
	passed.Store(int64(10 * time.Minute))
	if answer := l.finish(h, b, "&code=c"); answer.StatusCode != http.StatusBadRequest {
		t.Errorf("an attempt of ten minutes ago answers %d, want 400", answer.StatusCode)
	}
}

// TestManyGroups: a session that browsers would drop is not set, and the reader and the log say what to do.
func TestManyGroups(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	var groups []string
	for i := range 150 {
		groups = append(groups, fmt.Sprintf("00000000-0000-0000-0000-%012d", i))
	}
	l.claims = func(c map[string]any) { c["groups"] = groups }
	var log bytes.Buffer
	cfg := l.config()
	cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	_, h := mount(t, cfg)
	answer := l.finish(h, begin(t, h, "/cx/"), "&code=c")
	if text := body(answer); answer.StatusCode != http.StatusForbidden || !strings.Contains(text, "You are in too many groups.") || cookie(answer, "cairn") != nil {
		t.Errorf("it answered %d:\n%s", answer.StatusCode, text)
	}
	if !strings.Contains(log.String(), "Config.KeepGroups") || strings.Contains(log.String(), "ada") || strings.Contains(log.String(), groups[0]) {
		t.Errorf("the log says %s, want what to do, and nothing of the reader", log.String())
	}
	cfg.KeepGroups = []string{groups[7], "another"}
	var got oidc.Claims
	cfg.Viewer = func(c oidc.Claims) (insight.Viewer, error) { got = c; return insight.Everything(), nil }
	_, h = mount(t, cfg)
	session := l.signedIn(t, h)
	if !known(h, session) || len(got.Groups) != 1 || got.Groups[0] != groups[7] {
		t.Errorf("the session has the groups %q, want the one that is kept", got.Groups)
	}
	if n := len(session.String()); n > 4096 {
		t.Errorf("the cookie has %d bytes", n)
	}
}

// TestViewerOfClaims: the rights are those that the function gives now, and its refusal never sends a reader round in circles.
func TestViewerOfClaims(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.claims = func(c map[string]any) { c["roles"], c["other"] = map[string]any{"admin": true}, 1 }
	answer, fault := insight.Viewer{Rights: insight.Numbers}, error(nil)
	var got oidc.Claims
	cfg := l.config()
	cfg.KeepClaims = []string{"roles", "absent"}
	cfg.Viewer = func(c oidc.Claims) (insight.Viewer, error) { got = c; return answer, fault }
	signIn, h := mount(t, cfg)
	session := l.signedIn(t, h)
	v, err := signIn.Viewer(request("GET", at, session))
	if err != nil || v.Rights != insight.Numbers || v.Name != "id-ada" || v.Mail != "ada@example.com" {
		t.Errorf("the viewer is %+v, %v", v, err)
	}
	if !equalJSON(got.Other["roles"], `{"admin":true}`) || len(got.Other) != 1 {
		t.Errorf("other claims are %s, want the roles alone", got.Other)
	}
	answer = insight.Viewer{Name: "clerk-7", Mail: "desk@example.com"}
	if v, err = signIn.Viewer(request("GET", at, session)); err != nil || v.Name != "clerk-7" || v.Mail != "desk@example.com" || v.Rights != 0 {
		t.Errorf("the viewer is %+v, %v, want the function's", v, err)
	}
	for _, fault = range []error{errors.New("gone"), fmt.Errorf("gone: %w", console.ErrNotSignedIn)} {
		answer := ask(h, request("GET", at, session))
		if answer.StatusCode != http.StatusForbidden || !strings.Contains(body(answer), `action="/cx/sign-out"`) {
			t.Errorf("a reader who is refused by %q gets %d, want 403 with a way to sign out", fault, answer.StatusCode)
		}
	}
}

func equalJSON(got json.RawMessage, want string) bool {
	var b bytes.Buffer
	return json.Compact(&b, got) == nil && b.String() == want
}

// TestSignOut: the cookies go, and the browser goes on to the provider with what it needs to end its session.
func TestSignOut(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	cfg := l.config()
	cfg.SignedOutURL = at + "signed-out"
	_, h := mount(t, cfg)
	answer := l.finish(h, begin(t, h, "/cx/"), "&code=c")
	hint := cookie(answer, "hint")
	if hint == nil || hint.Path != "/cx/sign-out" || !strings.HasPrefix(hint.Name, "__Secure-") {
		t.Fatalf("the hint is %v, want one for the sign-out alone", hint)
	}
	out := ask(h, request("POST", at+"sign-out", cookie(answer, "cairn"), hint))
	gone := map[string]bool{}
	for _, c := range out.Cookies() {
		gone[c.Name] = c.MaxAge < 0 && c.Value == ""
	}
	if !gone["__Host-cairn"] || !gone["__Secure-cairn-hint"] {
		t.Errorf("the cookies are %v, want both removed", out.Cookies())
	}
	to, err := url.Parse((&browser{t: t}).leaves(page{text: body(out)}))
	if err != nil || to.Path != "/end" {
		t.Fatalf("the browser goes to %v, %v", to, err)
	}
	q := to.Query()
	if q.Get("tenant") != "1" || q.Get("client_id") != "console" || q.Get("post_logout_redirect_uri") != at+"signed-out" || strings.Count(q.Get("id_token_hint"), ".") != 2 {
		t.Errorf("the provider is asked %v", q)
	}
	l.set(func() { l.document = func(d map[string]any) { d["end_session_endpoint"] = "javascript:alert(1)" } })
	_, h = mount(t, cfg)
	if text := body(ask(h, request("POST", at+"sign-out"))); strings.Contains(text, "alert") || !strings.Contains(text, "The provider may still know you") {
		t.Errorf("an end of sessions that is no address of https is followed:\n%s", text)
	}
	if answer := ask(h, request("GET", at+"sign-out")); answer.StatusCode == http.StatusOK {
		t.Error("a GET signs out")
	}
}

// TestBack: the way back never leads to another server, beside the console, or in circles.
func TestBack(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	_, h := mount(t, l.config())
	session := l.signedIn(t, h)
	for to, want := range map[string]string{
		"/cx/voice?last=7d":    "/cx/voice?last=7d",
		"/cx/runs/order/a%2Fb": "/cx/runs/order/a%2Fb",
		"/cx/?a=//b":           "/cx/?a=//b",
	} {
		if got := backOf(h, session, to); got != want {
			t.Errorf("%q leads to %q, want %q", to, got, want)
		}
	}
	for _, to := range []string{
		"", "/", "/cx", "voice", "//evil.example/cx/", "///evil.example", "https://evil.example/cx/", "/cx/../admin", "/cx/%2e%2e/admin", "/cx/..%2fadmin", "/cx/.", "/cx//evil.example",
		`/\evil.example`, `/cx/\evil.example`, "/cx/\t/evil.example", "/cx/\r\nSet-Cookie: a=b", " /cx/", "/cx/#x", "javascript:alert(1)", "/cx/%zz", "/CX/", "/cx/é", "/cx/a b",
		"/cx/sign-in", "/cx/sign-in?to=/cx/sign-in", "/cx/sign-in/callback?code=c", "/cx/sign-out", "/cx/signed-out", "/cx/" + strings.Repeat("a", 600),
	} {
		if got := backOf(h, session, to); got != "/cx/" {
			t.Errorf("%q leads to %q, want /cx/", to, got)
		}
	}
}

// TestBackAtTheRoot: a console that has a whole host.
func TestBackAtTheRoot(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	cfg := l.config()
	cfg.RedirectURL = "https://cx.example.com/sign-in/callback"
	signIn, _ := mount(t, cfg)
	const root = "https://cx.example.com/"
	answer := ask(signIn, request("GET", root+"sign-in"))
	where, err := answer.Location()
	if err != nil {
		t.Fatal(err)
	}
	l.set(func() { l.nonce = where.Query().Get("nonce") })
	session := cookie(ask(signIn, request("GET", root+"sign-in/callback?code=c&state="+where.Query().Get("state"), cookie(answer, "attempt"))), "cairn")
	for to, want := range map[string]string{
		"/": "/", "/voice": "/voice", "/?last=7d": "/?last=7d", "//": "/", "///": "/", "//evil.example": "/", "/.//evil.example": "/", "/..//evil.example": "/", `/\evil.example`: "/",
	} {
		if got := ask(signIn, request("GET", root+"sign-in?to="+url.QueryEscape(to), session)).Header.Get("Location"); got != want {
			t.Errorf("%q leads to %q, want %q", to, got, want)
		}
	}
}

// backOf is where a reader who has signed in is sent who wants to go to the address.
func backOf(h http.Handler, session *http.Cookie, to string) string {
	return ask(h, request("GET", at+"sign-in?to="+url.QueryEscape(to), session)).Header.Get("Location")
}

// FuzzBack: a browser that follows the way back stays below the console.
func FuzzBack(f *testing.F) {
	for _, to := range []string{"/cx/voice?last=7d", "//evil.example", `/cx/\evil`, "/cx/%2e%2e/", "/cx/?to=%0d%0a"} {
		f.Add(to)
	}
	h, session := fuzzed(f)
	console, err := url.Parse(at)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, to string) {
		got := backOf(h, session, to)
		where, err := console.Parse(got)
		if err != nil || where.Host != console.Host || where.Scheme != console.Scheme || !strings.HasPrefix(where.Path, "/cx/") || strings.ContainsAny(got, "\\\r\n\t") {
			t.Errorf("%q leads to %q", to, got)
		}
	})
}

// FuzzCookie: a stranger's cookie is nobody, whatever is in it.
func FuzzCookie(f *testing.F) {
	h, session := fuzzed(f)
	f.Add(session.Value[:20])
	f.Add("1.")
	f.Add("1." + strings.Repeat("A", 5000))
	f.Add("")
	f.Fuzz(func(t *testing.T, value string) {
		if value == session.Value {
			return
		}
		r := request("GET", at)
		r.Header.Set("Cookie", session.Name+"="+value+"; "+strings.Replace(session.Name, "cairn", "cairn-attempt-0", 1)+"="+value)
		if answer := ask(h, r); answer.StatusCode != http.StatusSeeOther {
			t.Errorf("%q answers %d", value, answer.StatusCode)
		}
		r = request("GET", at+"sign-in/callback?code=c&state="+url.QueryEscape(value))
		r.Header.Set("Cookie", strings.Replace(session.Name, "cairn", "cairn-attempt-0", 1)+"="+value)
		if answer := ask(h, r); answer.StatusCode != http.StatusBadRequest {
			t.Errorf("the callback with %q answers %d", value, answer.StatusCode)
		}
	})
}

// fuzzed is a console, and the session of a reader who has signed in there.
func fuzzed(f *testing.F) (http.Handler, *http.Cookie) {
	f.Helper()
	l := newLab(f)
	_, h := mount(f, l.config())
	return h, l.signedIn(f, h)
}
