package delegate_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cairncx.dev/cairn/touchpoint/delegate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is when the requests of these tests are made.
var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return noon }

// agent is an assistant with a key.
type agent struct {
	private ed25519.PrivateKey
	keyid   string
}

func newAgent(t testing.TB) agent {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return agent{private, delegate.Thumbprint(public)}
}

func (a agent) public() ed25519.PublicKey { return a.private.Public().(ed25519.PublicKey) } //nolint:forcetypeassert // of Ed25519

// signed is a signature that is written by hand, and shares no code with the package. Lines is the signature base without the parameters.
type signed struct {
	label, components, params string
	lines                     []string
}

// sign adds the signature to the request.
func (a agent) sign(q *http.Request, s signed) {
	said := "(" + s.components + ")" + s.params
	base := strings.Join(append(slices.Clone(s.lines), `"@signature-params": `+said), "\n")
	q.Header.Add("Signature-Input", s.label+"="+said)
	q.Header.Add("Signature", s.label+"=:"+base64.StdEncoding.EncodeToString(ed25519.Sign(a.private, []byte(base)))+":")
}

// params are good parameters, with these after them.
func (a agent) params(more string) string {
	return `;created=1796040000;expires=1796040300;keyid="` + a.keyid + `";alg="ed25519";tag="web-bot-auth"` + more
}

// request is a request of shop.example, with a good signature unless change says otherwise.
func (a agent) request(change func(*http.Request, *signed)) *http.Request {
	q := httptest.NewRequest(http.MethodGet, "https://shop.example/pay?x=1", nil)
	q.Header.Set("Signature-Agent", `sig1="https://agent.example"`)
	s := signed{
		label: "sig1", components: `"@authority" "signature-agent";key="sig1"`, params: a.params(`;nonce="n1"`),
		lines: []string{`"@authority": shop.example`, `"signature-agent";key="sig1": "https://agent.example"`},
	}
	if change != nil {
		change(q, &s)
	}
	a.sign(q, s)
	return q
}

// recogniser knows Ann by the agent's key.
func recogniser(t testing.TB, a agent, opts ...delegate.Option) *delegate.Recogniser {
	t.Helper()
	r, err := delegate.New(append([]delegate.Option{
		delegate.WithClock(clock),
		delegate.WithAssistants(
			delegate.Assistant{Name: "Ann", Products: []string{"Ann-User"}, SignatureAgent: "https://agent.example", Keys: []ed25519.PublicKey{a.public()}},
			delegate.Assistant{Name: "Bob", Products: []string{"Bob-User"}, SignatureAgent: "https://bob.example/keys.json"},
		),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
