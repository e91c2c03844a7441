package delegate

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/otel"

	"cairncx.dev/cairn/touchpoint"
)

// Recogniser recognises assistants. It is safe for concurrent use. A nil Recogniser and the zero value recognise none.
type Recogniser struct {
	products map[string]string  // names of assistants by product, in small letters
	signers  map[string]*signer // by identifier
	bare     *signer            // the keys that the application gave, of whichever assistant
	terms    terms
	nonces   *nonces
	fetcher  *fetcher // nil where nothing is fetched
}

// New returns a Recogniser. The error wraps [ErrConfig] and names every fault of the options.
func New(opts ...Option) (*Recogniser, error) {
	c := config{
		list: Known(), skew: DefaultClockSkew, lifetime: DefaultMaxLifetime, nonces: DefaultNonces, scheme: "https", now: time.Now,
		onError: otel.Handle, guard: public,
	}
	for _, o := range opts {
		if o != nil {
			o.apply(&c)
		}
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if c.anyLifetime {
		c.lifetime = math.MaxInt64
	}
	r := &Recogniser{
		products: map[string]string{}, signers: map[string]*signer{}, bare: newSigner("", ""),
		terms:  terms{skew: c.skew, lifetime: c.lifetime, required: c.required, scheme: c.scheme, hosts: c.hosts, now: c.now},
		nonces: newNonces(c.nonces),
	}
	for _, a := range c.list {
		r.add(a)
	}
	if c.fetches {
		r.fetcher = newFetcher(&c, r.signers)
	}
	return r, nil
}

// add adds an assistant of the list.
func (r *Recogniser) add(a Assistant) {
	for _, p := range a.Products {
		if p = strings.ToLower(p); r.products[p] == "" {
			r.products[p] = a.Name
		}
	}
	s := r.bare
	if agent, ok := identifier(a.SignatureAgent); ok {
		s = newSigner(a.Name, agent)
		s.url = a.SignatureAgent
		r.signers[agent] = s
	}
	for _, k := range a.Keys {
		id := thumbprint(k)
		s.given[id] = key{public: k, name: a.Name}
		r.bare.given[id] = key{public: k, name: a.Name}
	}
}

// Of says which assistant made the request, and how that is known. It is the function for touchpoint.WithDelegates. It waits for nothing, and
// does not change the request. A Recogniser takes a nonce once: call Of once for each request.
func (r *Recogniser) Of(q *http.Request) touchpoint.Delegate {
	if r == nil || r.nonces == nil || q == nil {
		return touchpoint.Delegate{}
	}
	found := r.verify(q)
	if found.verified {
		return touchpoint.Delegate{Name: found.name, Proof: touchpoint.DelegateVerified}
	}
	d := touchpoint.Delegate{Refused: found.invalid}
	if d.Name = r.claimed(q); d.Name == "" && found.invalid == "" {
		d.Name = found.name
	}
	if d.Name != "" {
		d.Proof = touchpoint.DelegateClaimed
	}
	return d
}

// Shutdown stops the goroutine of [WithFetching], and returns when it has stopped or ctx is done. It may be called again. The Recogniser
// still works, with the keys that it has. A nil Recogniser has nothing to stop.
func (r *Recogniser) Shutdown(ctx context.Context) error {
	if r == nil || r.fetcher == nil {
		return nil
	}
	return r.fetcher.stop(ctx)
}
