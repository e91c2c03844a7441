package delegate_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/delegate"
)

// testKey is that of RFC 9421, appendix B.1.4.
func testKey(t *testing.T) ed25519.PublicKey {
	t.Helper()
	k, err := base64.RawURLEncoding.DecodeString("JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestThumbprint: the draft prints the thumbprint of the key of RFC 9421.
func TestThumbprint(t *testing.T) {
	t.Parallel()
	const want = "poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U"
	if got := delegate.Thumbprint(testKey(t)); got != want {
		t.Errorf("it is %s, want %s", got, want)
	}
}

// TestRFC9421: the signature of appendix B.2.6, of the request of appendix B.2. It has no tag, so that the whole verification passes it over; its
// signature base and its signature are what the RFC prints.
func TestRFC9421(t *testing.T) {
	t.Parallel()
	q := httptest.NewRequest(http.MethodPost, "/foo?param=Value&Pet=dog", strings.NewReader(`{"hello": "world"}`))
	q.Host = "example.com"
	q.Header.Set("Date", "Tue, 20 Apr 2021 02:07:55 GMT")
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("Content-Length", "18")
	q.Header.Set("Signature-Input", `sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"`)
	q.Header.Set("Signature", "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:")
	const want = `"date": Tue, 20 Apr 2021 02:07:55 GMT
"@method": POST
"@path": /foo
"@authority": example.com
"content-type": application/json
"content-length": 18
"@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"`
	base := delegate.Base(q, "https")
	if base != want {
		t.Errorf("the signature base is\n%s\nwant\n%s", base, want)
	}
	signature, err := base64.StdEncoding.DecodeString("wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==")
	if err != nil || !ed25519.Verify(testKey(t), []byte(base), signature) {
		t.Errorf("the signature is not good (%v)", err)
	}
	r, err := delegate.New(delegate.PublishedKeys(), delegate.WithAssistants(delegate.Assistant{Name: "Ann", Keys: []ed25519.PublicKey{testKey(t)}}))
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Of(q); got != (touchpoint.Delegate{}) {
		t.Errorf("a signature without the tag says %+v", got)
	}
}

// TestComponents: derived components of the examples of RFC 9421, section 2.2.
func TestComponents(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ section, method, target, host, scheme, component, want string }{
		{"2.2.1", "POST", "/path?param=value", "www.example.com", "https", `"@method"`, "POST"},
		{"2.2.2", "POST", "/path?param=value", "www.example.com", "https", `"@target-uri"`, "https://www.example.com/path?param=value"},
		{"2.2.3", "POST", "/path?param=value", "www.Example.com:443", "https", `"@authority"`, "www.example.com"},
		{"2.2.3, another port", "POST", "/path", "www.example.com:8443", "https", `"@authority"`, "www.example.com:8443"},
		{"2.2.3, of http", "POST", "/path", "www.example.com:80", "http", `"@authority"`, "www.example.com"},
		{"2.2.4", "POST", "/path?param=value", "www.example.com", "http", `"@scheme"`, "http"},
		{"2.2.5", "POST", "/path?param=value", "www.example.com", "https", `"@request-target"`, "/path?param=value"},
		{"2.2.5, the absolute form", "GET", "https://www.example.com/path?param=value", "www.example.com", "https", `"@request-target"`, "https://www.example.com/path?param=value"},
		{"2.2.6", "GET", "/path?param=value", "www.example.com", "https", `"@path"`, "/path"},
		{"2.2.6, the absolute form", "GET", "https://www.example.com?a=b", "www.example.com", "https", `"@path"`, "/"},
		{"2.2.7", "POST", "/path?param=value&foo=bar&baz=bat%2Dman", "www.example.com", "https", `"@query"`, "?param=value&foo=bar&baz=bat%2Dman"},
		{"2.2.7, a text", "POST", "/path?queryString", "www.example.com", "https", `"@query"`, "?queryString"},
		{"2.2.7, none", "POST", "/path", "www.example.com", "https", `"@query"`, "?"},
		{"2.2.8", "GET", "/path?param=value&foo=bar&baz=batman&qux=", "www.example.com", "https", `"@query-param";name="baz"`, "batman"},
		{"2.2.8, an empty one", "GET", "/path?param=value&foo=bar&baz=batman&qux=", "www.example.com", "https", `"@query-param";name="qux"`, ""},
		{"2.2.8, encoded", "GET", "/parameters?var=this%20is%20a%20big%0Amultiline%20value&bar=with+plus+whitespace&fa%C3%A7ade%22%3A%20=something", "www.example.com", "https", `"@query-param";name="var"`, "this%20is%20a%20big%0Amultiline%20value"},
		{"2.2.8, a plus", "GET", "/parameters?bar=with+plus+whitespace", "www.example.com", "https", `"@query-param";name="bar"`, "with%20plus%20whitespace"},
		{"2.2.8, an encoded name", "GET", "/parameters?fa%C3%A7ade%22%3A%20=something", "www.example.com", "https", `"@query-param";name="fa%C3%A7ade%22%3A%20"`, "something"},
	} {
		t.Run(c.section, func(t *testing.T) {
			t.Parallel()
			q := httptest.NewRequest(c.method, c.target, nil)
			q.Host = c.host
			q.Header.Set("Signature-Input", `s=(`+c.component+`)`)
			want := c.component + ": " + c.want + "\n" + `"@signature-params": (` + c.component + `)`
			if got := delegate.Base(q, c.scheme); got != want {
				t.Errorf("the base is\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestDraft: the vectors of draft-ietf-webbotauth-httpsig-protocol-01, appendix E.2, of Ed25519. They live for a century and an hour.
func TestDraft(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, agent, input, signature, now string }{
		{
			"a dictionary", `agent2="https://signature-agent.test"`,
			`sig2=("@authority" "signature-agent";key="agent2");created=1735689600;keyid="poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U";alg="ed25519";expires=4889289600;nonce="n9p433xm+NJ3ph3upfBIGmsuwHw387YV7Q/F+6BSpGCVjYCqQw6rznNA8PVVLySrAWsv0hQtFioQb6E1YsauiA==";tag="web-bot-auth"`,
			`sig2=:RdNFx5Bj6au3YgAMQL/RzmUlZE8QZLIaXGRpw985hWnwPfMxT228NMk6ehRS1PSl4e8PhbNZACSanGdhEwYCCg==:`, "",
		},
		{
			"the legacy form", `"https://signature-agent.test"`,
			`sig2=("@authority" "signature-agent");created=1735689600;keyid="poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U";alg="ed25519";expires=1735693200;nonce="e8N7S2MFd/qrd6T2R3tdfAuuANngKI7LFtKYI/vowzk4lAZYadIX6wW25MwG7DCT9RUKAJ0qVkU0mEeLElW1qg==";tag="web-bot-auth"`,
			`sig2=:jdq0SqOwHdyHr9+r5jw3iYZH6aNGKijYp/EstF4RQTQdi5N5YYKrD+mCT1HA1nZDsi6nJKuHxUi/5Syp3rLWBA==:`, "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			q := httptest.NewRequest(http.MethodGet, "https://example.com/path/to/resource", nil)
			q.Header.Set("Signature-Agent", c.agent)
			q.Header.Set("Signature-Input", c.input)
			q.Header.Set("Signature", c.signature)
			r, err := delegate.New(delegate.PublishedKeys(), delegate.AnyLifetime(), delegate.WithClock(func() time.Time { return time.Unix(1735689660, 0) }),
				delegate.WithAssistants(delegate.Assistant{Name: "Ann", SignatureAgent: "https://signature-agent.test", Keys: []ed25519.PublicKey{testKey(t)}}))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := r.Of(q), (touchpoint.Delegate{Name: "Ann", Proof: touchpoint.DelegateVerified}); got != want {
				t.Errorf("it says %+v, want %+v", got, want)
			}
		})
	}
}

// TestOtherImplementations: what http-message-signatures and web-bot-auth of npm sign is verified, and not any more if a byte of it changes.
func TestOtherImplementations(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		Key, Thumbprint string
		Now             int64
		Requests        []struct {
			Name, Method, URL string
			Headers           map[string]any
		}
	}
	if err := json.Unmarshal(b, &vectors); err != nil {
		t.Fatal(err)
	}
	public, err := base64.RawURLEncoding.DecodeString(vectors.Key)
	if err != nil || delegate.Thumbprint(public) != vectors.Thumbprint || len(vectors.Requests) < 11 {
		t.Fatalf("the thumbprint is %s (%v), want %s, of 11 requests", delegate.Thumbprint(public), err, vectors.Thumbprint)
	}
	for _, v := range vectors.Requests {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			request := func() *http.Request {
				q := httptest.NewRequest(v.Method, strings.TrimPrefix(v.URL, "https://"+strings.Split(v.URL, "/")[2]), nil)
				q.Host = strings.Split(v.URL, "/")[2]
				for name, value := range v.Headers {
					switch value := value.(type) {
					case string:
						q.Header.Add(name, value)
					case []any:
						for _, one := range value {
							q.Header.Add(name, one.(string)) //nolint:forcetypeassert // as the script writes it
						}
					}
				}
				return q
			}
			of := func(q *http.Request) touchpoint.Delegate {
				r, err := delegate.New(delegate.WithClock(func() time.Time { return time.Unix(vectors.Now, 0) }), delegate.WithAssistants(
					delegate.Assistant{Name: "Ann", SignatureAgent: "https://agent.example", Keys: []ed25519.PublicKey{public}}))
				if err != nil {
					t.Fatal(err)
				}
				return r.Of(q)
			}
			want := touchpoint.Delegate{Name: "Ann", Proof: touchpoint.DelegateVerified}
			if got := of(request()); got != want {
				t.Errorf("it says %+v, want %+v; the base is\n%s", got, want, delegate.Base(request(), "https"))
			}
			q := request()
			q.Host += "x"
			if got := of(q); got.Proof == touchpoint.DelegateVerified || got.Refused == "" {
				t.Errorf("another host: it says %+v", got)
			}
			q = request()
			q.Header.Set("Signature-Input", strings.Replace(q.Header.Get("Signature-Input"), "expires=1790003600", "expires=1790003601", 1))
			if got := of(q); got.Proof == touchpoint.DelegateVerified || got.Refused == "" {
				t.Errorf("another expiry: it says %+v", got)
			}
		})
	}
}
