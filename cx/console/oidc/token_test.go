package oidc_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"cairncx.dev/cairn/cx/console/oidc"
	"cairncx.dev/cairn/cx/insight"
)

// TestGoodToken: the request and the answer are those of the standards, and the cookie is one that no script and no other host can have.
func TestGoodToken(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	_, h := mount(t, l.config())
	b := begin(t, h, "/cx/runs?journey=order")
	for name, want := range map[string]string{
		"response_type": "code", "client_id": "console", "scope": "openid profile email", "redirect_uri": at + "sign-in/callback", "code_challenge_method": "S256",
	} {
		if b.to.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, b.to.Get(name), want)
		}
	}
	answer := l.finish(h, b, "&code=the-code")
	if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/cx/runs?journey=order" {
		t.Fatalf("the callback answered %d to %q", answer.StatusCode, answer.Header.Get("Location"))
	}
	if l.form.Get("code") != "the-code" || l.form.Get("code_verifier") == "" || l.form.Get("grant_type") != "authorization_code" || l.form.Has("client_secret") {
		t.Errorf("the token endpoint got %v, want the code, the verifier, and the secret in the header", l.form)
	}
	session := cookie(answer, "__Host-cairn")
	if !session.Secure || !session.HttpOnly || session.SameSite != http.SameSiteLaxMode || session.Path != "/" || session.Domain != "" || session.MaxAge != 8*3600 {
		t.Errorf("the session is %s", session)
	}
	if b.attempt.MaxAge != 600 || !b.attempt.Secure || !b.attempt.HttpOnly || !strings.HasPrefix(b.attempt.Name, "__Host-") {
		t.Errorf("the attempt is %s", b.attempt)
	}
	if !known(h, session) {
		t.Error("the reader is not known")
	}
	if known(h, &http.Cookie{Name: session.Name, Value: b.attempt.Value}) {
		t.Error("the cookie of an attempt is a session")
	}
}

// TestBadTokens: nothing but a whole, fresh token of the provider, for this client and this sign-in, makes a session.
func TestBadTokens(t *testing.T) {
	t.Parallel()
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	claim := func(name string, value any) func(*lab) {
		return func(l *lab) { l.claims = func(c map[string]any) { c[name] = value } }
	}
	now := time.Now().Unix()
	for _, c := range []struct {
		reason string
		change func(*lab)
	}{
		{"no signature", func(l *lab) { l.token = unsigned }},
		{"signed with the secret of the client as a shared key", func(l *lab) {
			l.token = func(c map[string]any) string {
				return sign(jose.SigningKey{Algorithm: jose.HS256, Key: []byte(strings.Repeat("the secret", 4))}, c)
			}
		}},
		{"signed by a key that is not the provider's", func(l *lab) {
			l.token = func(c map[string]any) string {
				return sign(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: other, KeyID: "one"}}, c)
			}
		}},
		{"no token", func(l *lab) { l.token = func(map[string]any) string { return "" } }},
		{"no JWT", func(l *lab) { l.token = func(map[string]any) string { return "<b>a.b.c</b>" } }},
		{"another issuer", claim("iss", "https://accounts.example.org")},
		{"another audience", claim("aud", "another")},
		{"no audience", claim("aud", []string{})},
		{"two audiences, without who it was given to", claim("aud", []string{"console", "another"})},
		{"given to another client", claim("azp", "another")},
		{"expired by more than the clocks may differ", claim("exp", now-120)},
		{"not valid yet", claim("nbf", now+3600)},
		{"of the future", claim("iat", now+3600)},
		{"the nonce of another sign-in", claim("nonce", "another")},
		{"no nonce", claim("nonce", nil)},
		{"an access token that was put in", claim("at_hash", half("another"))},
		{"no subject", claim("sub", "")},
		{"a subject longer than the standard allows", claim("sub", strings.Repeat("s", 256))},
	} {
		t.Run(c.reason, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			_, h := mount(t, l.config())
			b := begin(t, h, "/cx/")
			l.set(func() { c.change(l) })
			answer := l.finish(h, b, "&code=c")
			if answer.StatusCode != http.StatusBadGateway || cookie(answer, "cairn") != nil {
				t.Errorf("it answered %d with the cookies %v, want 502 and no session", answer.StatusCode, answer.Cookies())
			}
			if text := body(answer); strings.Contains(text, "<b>") || strings.Contains(text, "another") {
				t.Errorf("the page repeats what was sent:\n%s", text)
			}
		})
	}
}

// TestClocksDiffer: a token that has just expired is taken, because clocks differ.
func TestClocksDiffer(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.claims = func(c map[string]any) { c["exp"], c["iat"] = time.Now().Unix()-10, time.Now().Unix()+10 }
	_, h := mount(t, l.config())
	if !known(h, l.signedIn(t, h)) {
		t.Error("the reader is not known")
	}
}

// TestAnswers: what comes with the browser is believed only with the cookie of the same sign-in, and never repeated.
func TestAnswers(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	var log bytes.Buffer
	cfg := l.config()
	cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	_, h := mount(t, cfg)
	hostile := url.QueryEscape(`"><script>alert(1)</script>`)
	for _, c := range []struct {
		reason string
		more   string
		change func(*begun)
		status int
		says   string
	}{
		{"it is finished", "&code=c", nil, 303, ""},
		{"the issuer is named (RFC 9207)", "&code=c&iss=" + url.QueryEscape(l.issuer), nil, 303, ""},
		{"another issuer answers (mix-up)", "&code=c&iss=https%3A%2F%2Fevil.example", nil, 502, "The sign-in failed."},
		{"no code", "", nil, 502, "The sign-in failed."},
		{"two codes", "&code=c&code=d", nil, 502, "The sign-in failed."},
		{"the reader cancelled", "&error=access_denied&error_description=" + hostile, nil, 403, "the sign-in was cancelled there"},
		{"the provider is overloaded", "&error=temporarily_unavailable", nil, 503, "overloaded"},
		{"an error that no standard names", "&error=" + hostile, nil, 502, "The sign-in failed."},
		{"an error beside a code", "&code=c&error=access_denied", nil, 403, "You have not been signed in."},
		{"no cookie", "&code=c", func(b *begun) { b.attempt = &http.Cookie{Name: "other", Value: "x"} }, 400, "could not be finished"},
		{"the state of another sign-in", "&code=c", func(b *begun) { b.state = begin(t, h, "/cx/").state }, 400, "could not be finished"},
		{"no state", "&code=c", func(b *begun) { b.state = "" }, 400, "could not be finished"},
		{"two states", "&code=c&state=x", nil, 400, "could not be finished"},
		{"an error without a cookie", "&error=" + hostile, func(b *begun) { b.attempt = &http.Cookie{Name: "other", Value: "x"} }, 400, "could not be finished"},
	} {
		b := begin(t, h, "/cx/")
		if c.change != nil {
			c.change(&b)
		}
		answer := l.finish(h, b, c.more)
		text := body(answer)
		if answer.StatusCode != c.status || !strings.Contains(text, c.says) || strings.Contains(text, "alert(1)") {
			t.Errorf("%s: %d, want %d with %q:\n%s", c.reason, answer.StatusCode, c.status, c.says, text)
		}
		if got := cookie(answer, "cairn"); (got != nil) != (c.status == 303) {
			t.Errorf("%s: the session is %v", c.reason, got)
		}
	}
	if strings.Contains(log.String(), "alert") || !strings.Contains(log.String(), "an error that no standard names") {
		t.Errorf("the log repeats what was sent, or does not say what it was: %s", log.String())
	}
}

// TestUserInfo: claims that the ID token lacks come from UserInfo, for the same subject only; an address goes with what is said about it.
func TestUserInfo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason string
		info   map[string]any
		lacks  []string
		want   oidc.Claims
		status int
	}{
		{"all are in the token", map[string]any{"sub": "id-ada", "email": "x@example.com", "groups": []string{"admin"}}, nil, oidc.Claims{Mail: "ada@example.com", Groups: []string{"support"}}, 303},
		{"groups and address are not", map[string]any{"sub": "id-ada", "email": "b@example.com", "email_verified": "true", "groups": "one"}, []string{"email", "email_verified", "groups"}, oidc.Claims{Mail: "b@example.com", Groups: []string{"one"}}, 303},
		{"what UserInfo says of its address is not said of the token's", map[string]any{"sub": "id-ada", "email": "b@example.com", "email_verified": true}, []string{"email_verified", "groups"}, oidc.Claims{}, 303},
		{"what the token says of an address is not said of UserInfo's", map[string]any{"sub": "id-ada", "email": "b@example.com"}, []string{"email"}, oidc.Claims{Groups: []string{"support"}}, 303},
		{"another subject", map[string]any{"sub": "id-eve", "groups": []string{"admin"}}, []string{"groups"}, oidc.Claims{}, 502},
		{"an address with a line break", map[string]any{"sub": "id-ada", "email": "a@example.com\r\nBcc: b@example.com", "email_verified": true}, []string{"email", "email_verified"}, oidc.Claims{Groups: []string{"support"}}, 303},
	} {
		l := newLab(t)
		l.info = c.info
		l.claims = func(m map[string]any) {
			for _, name := range c.lacks {
				delete(m, name)
			}
		}
		var got oidc.Claims
		cfg := l.config()
		cfg.Viewer = func(c oidc.Claims) (insight.Viewer, error) { got = c; return insight.Everything(), nil }
		_, h := mount(t, cfg)
		answer := l.finish(h, begin(t, h, "/cx/"), "&code=c")
		if answer.StatusCode != c.status || got.Mail != c.want.Mail || strings.Join(got.Groups, " ") != strings.Join(c.want.Groups, " ") {
			t.Errorf("%s: %d with %+v, want %d with %+v", c.reason, answer.StatusCode, got, c.status, c.want)
		}
		if asked := l.times("/me"); asked != 0 && c.lacks == nil {
			t.Errorf("%s: UserInfo was asked %d times, want none", c.reason, asked)
		}
	}
}
