package delegate_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"

	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/delegate"
)

// FuzzOf: no header makes a Recogniser panic, and none without the key is verified.
func FuzzOf(f *testing.F) {
	a := newAgent(f)
	good := a.request(nil)
	f.Add(good.Header.Get("Signature-Input"), good.Header.Get("Signature"), good.Header.Get("Signature-Agent"), "shop.example", "/pay?x=1", "Ann-User/1.0")
	f.Add(`a=("@query-param";name="x" "host";bs "x";key="y" "@target-uri");tag="web-bot-auth"`, `a=:AAAA:`, `"https://agent.example"`, "a:443", "*", "")
	f.Add(`a=();tag="web-bot-auth", a=()`, `a`, `a;b=1, a="https://agent.example"`, "", "https://x?y", "(((")
	r := recogniser(f, newAgent(f)) // which has another key
	f.Fuzz(func(t *testing.T, input, signature, agent, host, target, userAgent string) {
		q := httptest.NewRequest(http.MethodGet, "/", nil)
		q.Host, q.RequestURI = host, target
		for name, value := range map[string]string{"Signature-Input": input, "Signature": signature, "Signature-Agent": agent, "User-Agent": userAgent} {
			q.Header[name] = []string{value}
		}
		got := r.Of(q)
		if got.Proof == touchpoint.DelegateVerified || (got.Name == "") != (got.Proof == touchpoint.DelegateNone) {
			t.Errorf("it says %+v", got)
		}
	})
}

// FuzzParseKeys: no directory makes the parser panic, and none has more keys than the bound.
func FuzzParseKeys(f *testing.F) {
	f.Add([]byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"1IG2tMH7J2wbJZnOf8LJzQitKf7LMvoAElsuDMVM54Y","x":"A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg","nbf":1712793600,"exp":1e300}]}`))
	f.Add([]byte(`{"keys":null}`))
	f.Add([]byte(`{"keys":[1,{"nbf":-1},{"x":7}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := delegate.ParseKeys(body)
		if n > bytes.Count(body, []byte("{")) || n > 32 || err != nil && n > 0 {
			t.Errorf("%d keys: %v", n, err)
		}
	})
}

// FuzzIdentifier: an identifier is its own identifier.
func FuzzIdentifier(f *testing.F) {
	f.Add("https://agent.example:443/a/../%7e?x#y")
	f.Fuzz(func(t *testing.T, text string) {
		id, ok := delegate.Identifier(text)
		if again, same := delegate.Identifier(id); ok && len(id) <= 512 && (!same || again != id) {
			t.Errorf("%q is %q, and that is %q", text, id, again)
		}
	})
}
