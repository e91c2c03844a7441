package delegate

import (
	"crypto/ed25519"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dunglas/httpsfv"
)

// tag is that of Web Bot Auth.
const tag = "web-bot-auth"

// The bounds of what a request may send.
const (
	maxHeader     = 8 << 10 // of each of the three headers, in bytes
	maxSignatures = 4       // with the tag
	maxComponents = 32      // of a signature
	maxNonce      = 256
	maxSigned     = 64 << 10 // of what a signature covers, and of a query with a covered parameter, in bytes
)

// terms are what a signature has to meet.
type terms struct {
	skew, lifetime time.Duration
	required       bool // a nonce
	scheme         string
	hosts          []string // that a request may name; none is any
	now            func() time.Time
}

// finding is what a request's signatures say.
type finding struct {
	name     string // of the assistant, if it is listed
	verified bool
	invalid  string // why a signature fails, as a clause; "" if none does
}

// message is a request, with its three headers parsed.
type message struct {
	*http.Request

	scheme                    string
	inputs, signatures, agent *httpsfv.Dictionary
	legacy                    string                // the Signature-Agent of earlier drafts, which is a text and no dictionary
	query                     map[string]queryValue // nil before a signature covers a parameter
}

// verify returns what the signatures of the request say: the first one that is good, else the first one that fails.
func (r *Recogniser) verify(q *http.Request) (found finding) {
	inputs := q.Header.Values("Signature-Input")
	if len(inputs) == 0 {
		return finding{}
	}
	m := message{Request: q, scheme: r.terms.scheme}
	if invalid := m.parse(inputs); invalid != "" {
		return finding{invalid: invalid}
	}
	n := 0
	for _, label := range m.inputs.Names() {
		member, _ := m.inputs.Get(label)
		input, ok := member.(httpsfv.InnerList)
		if !ok {
			continue
		}
		if is, _ := text(input.Params, "tag"); is != tag {
			continue
		}
		if n++; n > maxSignatures {
			break
		}
		one := r.verifyOne(&m, label, &input)
		switch {
		case one.verified:
			return one
		case found.invalid == "" && one.invalid != "", found == (finding{}):
			found = one
		}
	}
	return found
}

// parse parses the headers. It returns why it cannot, or "".
func (m *message) parse(inputs []string) (invalid string) {
	var err error
	if m.inputs, err = dictionary(inputs); err != nil {
		return "its Signature-Input is no dictionary of at most 8 KiB"
	}
	if m.signatures, err = dictionary(m.Header.Values("Signature")); err != nil {
		return "its Signature is no dictionary of at most 8 KiB"
	}
	agents := m.Header.Values("Signature-Agent")
	if len(agents) == 1 && strings.HasPrefix(strings.TrimSpace(agents[0]), `"`) && len(agents[0]) <= maxHeader {
		item, err := httpsfv.UnmarshalItem(agents)
		s, ok := item.Value.(string)
		if err != nil || !ok || item.Params != nil && len(item.Params.Names()) > 0 {
			return "its Signature-Agent is no text"
		}
		m.legacy = s
		return ""
	}
	if m.agent, err = dictionary(agents); err != nil {
		return "its Signature-Agent is no dictionary of at most 8 KiB"
	}
	return ""
}

// dictionary parses the values of a header. The last member of a label holds, after RFC 9651, section 4.2.2.
func dictionary(values []string) (*httpsfv.Dictionary, error) {
	n := 0
	for _, v := range values {
		n += len(v) + 1
	}
	if n > maxHeader {
		return nil, errLong
	}
	return httpsfv.UnmarshalDictionary(values) //nolint:wrapcheck // the caller says what it is
}

var errLong = fmt.Errorf("it is longer than %d bytes", maxHeader)

// verifyOne verifies one signature.
func (r *Recogniser) verifyOne(m *message, label string, input *httpsfv.InnerList) finding {
	invalid := func(why string) finding { return finding{invalid: why} }
	p, why := r.terms.params(input.Params)
	if why != "" {
		return invalid(why)
	}
	signature, ok := m.signature(label)
	if !ok {
		return invalid("its Signature has no 64 bytes for a label of Signature-Input")
	}
	covered, why := componentsOf(input)
	if why != "" {
		return invalid(why)
	}
	if !covered.has("@authority") && !covered.has("@target-uri") {
		return invalid("it covers neither @authority nor @target-uri")
	}
	if len(r.terms.hosts) > 0 && !slices.Contains(r.terms.hosts, m.authority()) {
		return invalid("it is for another host than those of delegate.WithHosts")
	}
	s, why := r.signer(m, label, covered)
	if why != "" {
		return invalid(why)
	}
	if s == nil {
		return finding{} // an agent that is not listed
	}
	k, ok := s.key(p.keyid, p.now)
	if !ok {
		r.fetcher.wake(s)
		return finding{name: s.name}
	}
	base, why := m.base(input, covered)
	if why != "" {
		return invalid(why)
	}
	if !ed25519.Verify(k.public, base, signature) {
		return invalid("it does not match the request and the key")
	}
	if p.nonce != "" {
		if why := r.nonces.use(p.keyid, p.nonce, p.now, p.expires.Add(r.terms.skew)); why != "" {
			return invalid(why)
		}
	}
	if s.name == "" {
		return finding{name: k.name, verified: true}
	}
	return finding{name: s.name, verified: true}
}

// signature returns the signature with the label.
func (m *message) signature(label string) ([]byte, bool) {
	member, _ := m.signatures.Get(label)
	item, _ := member.(httpsfv.Item)
	b, ok := item.Value.([]byte)
	return b, ok && len(b) == ed25519.SignatureSize
}

// params are the parameters of a signature.
type params struct {
	now, expires time.Time
	keyid, nonce string
}

// params returns the parameters, or why they are not good.
func (t *terms) params(p *httpsfv.Params) (out params, invalid string) {
	created, ok := number(p, "created")
	expires, ends := number(p, "expires")
	keyid, named := text(p, "keyid")
	nonce, once := text(p, "nonce")
	alg, said := text(p, "alg")
	_, anyAlg := p.Get("alg")
	_, anyNonce := p.Get("nonce")
	out = params{now: t.now(), keyid: keyid, nonce: nonce}
	begun := time.Unix(created, 0)
	out.expires = time.Unix(expires, 0)
	switch {
	case !ok || !ends:
		return out, "it has no created or no expires"
	case created < 0 || expires <= created || expires > latest:
		return out, "it expires before it was created"
	case out.expires.Sub(begun) > t.lifetime:
		return out, "it lives longer than delegate.WithMaxLifetime allows"
	case begun.After(out.now.Add(t.skew)):
		return out, "it was created in the future: check the clocks"
	case !out.now.Before(out.expires.Add(t.skew)):
		return out, "it has expired"
	case !named || keyid == "" || len(keyid) > maxNonce:
		return out, "it has no keyid"
	case anyAlg && (!said || alg != "ed25519"):
		return out, "its algorithm is not ed25519"
	case anyNonce && (!once || nonce == "" || len(nonce) > maxNonce):
		return out, "its nonce is no text of 1 to 256 bytes"
	case t.required && nonce == "":
		return out, "it has no nonce"
	}
	return out, ""
}

// latest is the first second of the year 10000.
const latest = 253402300800

func number(p *httpsfv.Params, name string) (int64, bool) {
	v, _ := p.Get(name)
	n, ok := v.(int64)
	return n, ok
}

func text(p *httpsfv.Params, name string) (string, bool) {
	if p == nil {
		return "", false
	}
	v, _ := p.Get(name)
	s, ok := v.(string)
	return s, ok
}

// signer returns whose signature it is: that of the agent which it covers. It is nil for an agent that is not listed, and the keys that the
// application gave for a request without a Signature-Agent.
func (r *Recogniser) signer(m *message, label string, covered components) (s *signer, invalid string) {
	var url string
	switch {
	case m.legacy != "":
		if !covered.has("signature-agent") {
			return nil, "it does not cover Signature-Agent"
		}
		url = m.legacy
	case len(m.agent.Names()) == 0:
		return r.bare, ""
	default:
		member, ok := covered.agent(label)
		if !ok {
			return nil, "it does not cover its member of Signature-Agent"
		}
		value, _ := m.agent.Get(member)
		item, _ := value.(httpsfv.Item)
		if item.Params != nil && len(item.Params.Names()) > 0 {
			return nil, "" // a discovery of another version of the draft
		}
		if url, ok = item.Value.(string); !ok {
			return nil, "its member of Signature-Agent is no text"
		}
	}
	id, ok := identifier(url)
	if !ok {
		return nil, "its Signature-Agent is no https URL"
	}
	return r.signers[id], ""
}
