package delegate

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A directory is asked for again when it is no longer fresh, and at once, but not more often than every minute, when a request is signed by a key
// that it did not have.
//
//	     start
//	       │ asks
//	       ▼                  answers: keys hold, until max-age (1 min to 24 h; 1 h by default)
//	┌── waiting ◀──────────────────────────────────────────┐
//	│      │ due, or an unknown key and a minute is over    │
//	│      └──▶ asks ──▶ fails: the keys of before hold, again after 30 s, 1 min, … 5 min, with jitter
//	└── Shutdown
const (
	fetchTime   = 10 * time.Second
	fetchBytes  = 64 << 10
	freshLeast  = time.Minute
	freshMost   = 24 * time.Hour
	freshUsual  = time.Hour
	retryFirst  = 30 * time.Second
	retryMost   = 5 * time.Minute
	mediaType   = "application/http-message-signatures-directory+json"
	maxHeaderIn = 16 << 10
)

// guard says whether a connection to the address is allowed.
type guard func(netip.AddrPort) error

var errPrivate = errors.New("the address is not public")

// public allows public addresses alone: no private, loopback, link-local, multicast, shared, documentation or reserved one, and none of IPv6 that
// stands for such a one of IPv4. The registries are those of RFC 6890.
func public(to netip.AddrPort) error {
	a := to.Addr()
	if !a.IsValid() || a.Zone() != "" || !isPublic(a.Unmap()) {
		return errPrivate
	}
	return nil
}

func isPublic(a netip.Addr) bool {
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() {
		return false
	}
	return !slices.ContainsFunc(reserved(), func(p netip.Prefix) bool { return p.Contains(a) }) && (a.Is4() || netip.MustParsePrefix("2000::/3").Contains(a))
}

// reserved are the networks that no public host has, besides those that package netip knows. Whole networks that carry addresses of IPv4 in
// those of IPv6 are among them: 6to4, Teredo and NAT64 (64:ff9b::/96, 64:ff9b:1::/48) are outside of 2000::/3 or here.
func reserved() []netip.Prefix {
	texts := []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
	}
	list := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		list[i] = netip.MustParsePrefix(t)
	}
	return list
}

// fetcher fetches the directories of signers, in a goroutine of its own.
type fetcher struct {
	client   *http.Client
	now      func() time.Time
	onError  func(error)
	fetched  func() // or nil
	testKeys bool
	signers  []*source
	woken    chan *signer
	cancel   context.CancelFunc
	done     chan struct{}
}

// source is a directory and when it was asked for. The fetcher's goroutine alone uses it.
type source struct {
	*signer

	due, tried time.Time
	failures   int
}

func newFetcher(c *config, signers map[string]*signer) *fetcher {
	f := &fetcher{
		client: client(c.guard, c.trusted), now: time.Now, onError: c.onError, fetched: c.fetched, testKeys: c.testKeys,
		woken: make(chan *signer, 1), done: make(chan struct{}),
	}
	for _, s := range signers {
		if len(c.fetch) == 0 || slices.Contains(c.fetch, s.name) {
			f.signers = append(f.signers, &source{signer: s})
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	f.cancel = cancel
	go f.run(ctx)
	return f
}

// client returns a client that reaches allowed addresses alone. The guard sees the address of each connection, after the name was resolved, so
// that a name cannot change its address in between.
func client(allowed guard, trusted *x509.CertPool) *http.Client {
	dialer := &net.Dialer{Timeout: fetchTime, Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return errPrivate
		}
		return allowed(to)
	}}
	return &http.Client{
		Timeout: fetchTime,
		Transport: &http.Transport{
			Proxy: nil, DialContext: dialer.DialContext, TLSHandshakeTimeout: fetchTime, MaxResponseHeaderBytes: maxHeaderIn,
			DisableKeepAlives: true, ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: trusted},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// wake asks for the directory of s soon, because it lacks a key. It never waits. A nil fetcher does nothing.
func (f *fetcher) wake(s *signer) {
	if f == nil || s.url == "" {
		return
	}
	select {
	case f.woken <- s:
	default: // another one is on its way, and the next request wakes again
	}
}

func (f *fetcher) stop(ctx context.Context) error {
	f.cancel()
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
	}
	select {
	case <-f.done: // both were
		return nil
	default:
		return fmt.Errorf("delegate: a directory is still being fetched: %w", ctx.Err())
	}
}

func (f *fetcher) run(ctx context.Context) {
	defer close(f.done)
	defer f.client.CloseIdleConnections()
	for ctx.Err() == nil {
		next := f.now().Add(freshMost)
		for _, s := range f.signers {
			if !f.now().Before(s.due) {
				f.ask(ctx, s)
			}
			if s.due.Before(next) {
				next = s.due
			}
		}
		timer := time.NewTimer(max(0, next.Sub(f.now())))
		select {
		case <-ctx.Done():
		case <-timer.C:
		case woken := <-f.woken:
			for _, s := range f.signers {
				if soon := s.tried.Add(freshLeast); s.signer == woken && soon.Before(s.due) {
					s.due = soon
				}
			}
		}
		timer.Stop()
	}
}

// ask fetches a directory. A failure leaves the keys of before: it is no evidence against them.
func (f *fetcher) ask(ctx context.Context, s *source) {
	s.tried = f.now()
	keys, fresh, err := f.fetch(ctx, s.signer)
	if err != nil {
		s.failures++
		wait := min(retryFirst<<min(s.failures-1, 10), retryMost)               //nolint:mnd // ten doublings are beyond the most
		s.due = s.tried.Add(wait/2 + time.Duration(rand.Int64N(int64(wait/2)))) //nolint:gosec,mnd // jitter
		if ctx.Err() == nil {
			f.onError(fmt.Errorf("delegate: fetching the key directory of %s: %w: Cairn asks again, and believes the keys that it has; "+
				"where the service cannot reach the directory, give the assistant's Keys in the place of WithFetching", s.name, err))
		}
		return
	}
	s.failures, s.due = 0, s.tried.Add(fresh)
	s.fetched.Store(&keys)
	if f.fetched != nil {
		f.fetched()
	}
}

// The errors of a fetch.
var (
	errStatus = errors.New("it answered with another status than 200")
	errType   = errors.New("its media type is not " + mediaType)
	errSize   = fmt.Errorf("it is longer than %d bytes", fetchBytes)
)

// fetch returns the keys of the signer's directory, and for how long they are fresh.
func (f *fetcher) fetch(ctx context.Context, s *signer) (keys map[string]key, fresh time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	strict := strings.HasSuffix(s.id, wellKnown)
	address := s.url
	if strict {
		address = s.id
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, 0, err //nolint:wrapcheck // the caller says what it is
	}
	r.Header.Set("Accept", mediaType+", application/jwk-set+json;q=0.5, application/json;q=0.5")
	answer, err := f.client.Do(r)
	if err != nil {
		return nil, 0, err //nolint:wrapcheck // the caller says what it is
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return nil, 0, fmt.Errorf("%w: %d", errStatus, answer.StatusCode)
	}
	if is, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type")); strict && is != mediaType {
		return nil, 0, errType
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, fetchBytes+1))
	if err != nil {
		return nil, 0, err //nolint:wrapcheck // the caller says what it is
	}
	if len(body) > fetchBytes {
		return nil, 0, errSize
	}
	keys, err = parseKeys(body, strict, f.testKeys)
	return keys, freshFor(answer.Header), err
}

// freshFor returns how long an answer is fresh, by its Cache-Control and its Age (RFC 9111), within bounds.
func freshFor(h http.Header) time.Duration {
	fresh := freshUsual
	for directive := range strings.SplitSeq(strings.ToLower(strings.Join(h.Values("Cache-Control"), ",")), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch name {
		case "no-store", "no-cache":
			return freshLeast
		case "max-age":
			if n, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31); err == nil {
				fresh = time.Duration(n) * time.Second
			}
		}
	}
	if age, err := strconv.ParseUint(h.Get("Age"), 10, 31); err == nil {
		fresh -= time.Duration(age) * time.Second
	}
	return min(max(fresh, freshLeast), freshMost)
}
