package oidc_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"cairncx.dev/cairn/cx/console/oidc"
)

// lab is a provider whose answers a test makes: the signatures are go-jose's.
type lab struct {
	issuer string
	mu     sync.Mutex
	// key signs, and known are in the key set.
	key   jose.SigningKey
	known []jose.JSONWebKey
	// claims are changed, and token replaced, before the ID token is sent.
	claims func(map[string]any)
	token  func(map[string]any) string
	// info is the answer of UserInfo; nil is no such endpoint. document changes the discovery document.
	info     map[string]any
	document func(map[string]any)
	// down lets every request fail, and asked counts them by path.
	down  bool
	asked map[string]int
	nonce string
	form  url.Values
}

func newLab(t testing.TB) *lab {
	t.Helper()
	l := &lab{asked: map[string]int{}}
	l.rotate(t, "one")
	server := httptest.NewServer(l)
	l.issuer = server.URL
	t.Cleanup(server.Close)
	return l
}

// rotate signs with a new key, and forgets the others.
func (l *lab) rotate(t testing.TB, id string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.key = jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: id, Algorithm: "ES256"}}
	l.known = []jose.JSONWebKey{{Key: &key.PublicKey, KeyID: id, Algorithm: "ES256", Use: "sig"}}
}

// set changes the lab.
func (l *lab) set(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
}

// times is how often a path was asked for.
func (l *lab) times(path string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asked[path]
}

func (l *lab) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked[r.URL.Path]++
	if l.down {
		http.Error(w, `<script>alert("down")</script>`, http.StatusInternalServerError)
		return
	}
	var answer any
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		d := map[string]any{
			"issuer": l.issuer, "authorization_endpoint": l.issuer + "/authorize", "token_endpoint": l.issuer + "/token", "jwks_uri": l.issuer + "/keys",
			"id_token_signing_alg_values_supported": []string{"ES256", "HS256", "none"}, "end_session_endpoint": l.issuer + "/end?tenant=1",
		}
		if l.info != nil {
			d["userinfo_endpoint"] = l.issuer + "/me"
		}
		if l.document != nil {
			l.document(d)
		}
		answer = d
	case "/keys":
		answer = jose.JSONWebKeySet{Keys: l.known}
	case "/me":
		answer = l.info
	case "/token":
		_ = r.ParseForm()
		l.form = r.PostForm
		answer = map[string]any{"access_token": "access", "token_type": "Bearer", "id_token": l.sign()}
	default:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) //nolint:errchkjson // the tests make the answers
}

// sign makes the ID token of the next answer.
func (l *lab) sign() string {
	now := time.Now().Unix()
	claims := map[string]any{
		"iss": l.issuer, "sub": "id-ada", "aud": "console", "exp": now + 300, "iat": now, "nonce": l.nonce, "name": "Ada", "email": "ada@example.com",
		"email_verified": true, "groups": []string{"support"}, "at_hash": half("access"),
	}
	if l.claims != nil {
		l.claims(claims)
	}
	if l.token != nil {
		return l.token(claims)
	}
	return sign(l.key, claims)
}

// half is the at_hash of an access token: the left half of its SHA-256 (OpenID Connect Core 1.0, section 3.1.3.6).
func half(access string) string {
	sum := sha256.Sum256([]byte(access))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

func sign(key jose.SigningKey, claims map[string]any) string {
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	signer, err := jose.NewSigner(key, nil)
	if err != nil {
		panic(err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		panic(err)
	}
	text, err := jws.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return text
}

// unsigned is a token with the algorithm "none" (RFC 7519, section 6).
func unsigned(claims map[string]any) string {
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload) + "."
}

// at is where the console of these tests is.
const at = "https://cx.example.com/cx/"

// config is a configuration for the lab.
func (l *lab) config() oidc.Config {
	return oidc.Config{Issuer: l.issuer, ClientID: "console", ClientSecret: "the secret", RedirectURL: at + "sign-in/callback"}
}

// begun is a sign-in that has been sent to the provider.
type begun struct {
	state, nonce string
	attempt      *http.Cookie
	to           url.Values
}

// begin begins a sign-in.
func begin(t testing.TB, h http.Handler, to string) begun {
	t.Helper()
	answer := ask(h, request("GET", at+"sign-in?to="+url.QueryEscape(to)))
	location, err := answer.Location()
	if err != nil || answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("the sign-in answered %d: %v", answer.StatusCode, err)
	}
	b := begun{state: location.Query().Get("state"), nonce: location.Query().Get("nonce"), attempt: cookie(answer, "attempt"), to: location.Query()}
	if b.attempt == nil || b.state == "" || b.nonce == "" {
		t.Fatalf("the sign-in has no state, no nonce or no cookie: %s", location)
	}
	return b
}

// finish comes back from the provider, which knows the nonce.
func (l *lab) finish(h http.Handler, b begun, more string) *http.Response {
	l.set(func() { l.nonce = b.nonce })
	return ask(h, request("GET", at+"sign-in/callback?state="+b.state+more, b.attempt))
}

// signedIn signs a reader in, and returns the session.
func (l *lab) signedIn(t testing.TB, h http.Handler) *http.Cookie {
	t.Helper()
	answer := l.finish(h, begin(t, h, "/cx/"), "&code=c")
	session := cookie(answer, "cairn")
	if answer.StatusCode != http.StatusSeeOther || session == nil {
		t.Fatalf("a sign-in with a good token answered %d", answer.StatusCode)
	}
	return session
}

// known reports whether the console knows who has the cookie.
func known(h http.Handler, c *http.Cookie) bool {
	return ask(h, request("GET", at, c)).StatusCode == http.StatusOK
}

// body reads an answer.
func body(answer *http.Response) string {
	var b strings.Builder
	_ = answer.Write(&b)
	return b.String()
}
