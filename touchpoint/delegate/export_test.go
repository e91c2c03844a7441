package delegate

import (
	"crypto/x509"
	"net/http"
	"net/netip"
	"time"

	"github.com/dunglas/httpsfv"
)

// PublishedKeys takes the published key of RFC 9421, which the vectors are signed with.
func PublishedKeys() Option { return option(func(c *config) { c.testKeys = true }) }

// AnyAddress fetches directories from this machine.
func AnyAddress() Option {
	return option(func(c *config) { c.guard = func(netip.AddrPort) error { return nil } })
}

// Public is the guard.
func Public(to netip.AddrPort) error { return public(to) }

// Trust makes the Recogniser's fetcher trust the certificates of a test server. Call it before the first fetch.
func Trust(pool *x509.CertPool) Option {
	return option(func(c *config) { c.trusted = pool })
}

// Identifier is identifier.
func Identifier(text string) (string, bool) { return identifier(text) }

// Thumbprint is thumbprint.
func Thumbprint(public []byte) string { return thumbprint(public) }

// ParseKeys returns the number of keys of a directory.
func ParseKeys(body []byte) (int, error) {
	keys, err := parseKeys(body, true, false)
	return len(keys), err
}

// FreshFor is freshFor.
func FreshFor(h http.Header) time.Duration { return freshFor(h) }

// Nonces returns what a memory of so many nonces says.
func Nonces(room int) func(keyid, nonce string, now, until time.Time) string {
	return newNonces(room).use
}

// Base returns the signature base of the only signature of a request.
func Base(q *http.Request, scheme string) string {
	m := message{Request: q, scheme: scheme}
	if why := m.parse(q.Header.Values("Signature-Input")); why != "" {
		return why
	}
	input := innerList(m.inputs)
	covered, why := componentsOf(input)
	if why != "" {
		return why
	}
	base, why := m.base(input, covered)
	return string(base) + why
}

// AnyLifetime takes signatures that live for a century, as the draft's do.
func AnyLifetime() Option { return option(func(c *config) { c.anyLifetime = true }) }

// Fetched calls f with each answer of a directory.
func Fetched(f func()) Option { return option(func(c *config) { c.fetched = f }) }

// innerList returns the first member.
func innerList(d *httpsfv.Dictionary) *httpsfv.InnerList {
	member, _ := d.Get(d.Names()[0])
	list, _ := member.(httpsfv.InnerList)
	return &list
}
