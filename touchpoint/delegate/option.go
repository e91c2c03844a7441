package delegate

import (
	"crypto/ed25519"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// Option is an option of [New].
type Option interface{ apply(*config) }

type option func(*config)

func (f option) apply(c *config) { f(c) }

// The defaults.
const (
	DefaultClockSkew   = time.Minute
	DefaultMaxLifetime = 24 * time.Hour // as the draft recommends to signers
	DefaultNonces      = 1 << 17
)

type config struct {
	list     []Assistant
	fetch    []string
	fetches  bool
	skew     time.Duration
	lifetime time.Duration
	nonces   int
	required bool
	scheme   string
	hosts    []string
	now      func() time.Time
	onError  func(error)

	anyLifetime bool           // for the draft's vectors
	fetched     func()         // is called with each answer, for tests
	testKeys    bool           // for tests of this package, which have the published keys of RFC 9421
	guard       guard          // how directories are reached
	trusted     *x509.CertPool // of directories; nil is the system's
}

// WithAssistants replaces the list of assistants. Default: [Known].
func WithAssistants(list ...Assistant) Option {
	return option(func(c *config) { c.list = append([]Assistant{}, list...) })
}

// WithFetching fetches the key directories of the assistants with these names, and of all that have a SignatureAgent if there is no name, when the
// Recogniser is made and again when a directory is no longer fresh. The Recogniser then has a goroutine until [Recogniser.Shutdown]. Each fetch is
// bounded: https, a public address, no redirect, no proxy, 10 seconds, 64 KiB, 32 keys. Default: nothing is fetched.
func WithFetching(names ...string) Option {
	return option(func(c *config) { c.fetch, c.fetches = append(c.fetch, names...), true })
}

// WithClockSkew sets by how much the clock of a signer may differ. New returns an error for less than 0 and more than an hour. Default:
// [DefaultClockSkew].
func WithClockSkew(d time.Duration) Option { return option(func(c *config) { c.skew = d }) }

// WithMaxLifetime sets how long after created a signature may expire. A shorter time leaves less time to repeat a signature that was overheard,
// and refuses assistants whose signatures live longer. New returns an error for less than a second and more than a week. Default:
// [DefaultMaxLifetime].
func WithMaxLifetime(d time.Duration) Option { return option(func(c *config) { c.lifetime = d }) }

// WithNonces sets how many nonces the Recogniser remembers until their signatures expire, about 40 bytes each. A second request with a nonce is
// refused. Where there is no room for another one, the signature is refused, too. The memory is that of this process: each instance takes a
// signature once. New returns an error for less than 1 and more than 16,777,216. Default: [DefaultNonces].
func WithNonces(n int) Option { return option(func(c *config) { c.nonces = n }) }

// WithRequiredNonce refuses signatures without a nonce, which can be repeated until they expire. Default: they are taken, because the draft does not
// ask for one.
func WithRequiredNonce() Option { return option(func(c *config) { c.required = true }) }

// WithScheme sets the scheme that assistants ask for: "https" or "http". Default: "https", also where a proxy ends TLS and the request arrives
// without it.
func WithScheme(scheme string) Option { return option(func(c *config) { c.scheme = scheme }) }

// WithHosts refuses signatures for any other host than these, the names by which assistants ask for the service, with the port unless it is that of
// the scheme. Case makes no difference. Without it a signature holds for whichever host the request names, and whoever gets a signed request at a
// host of their own can repeat it here under that name, unless a proxy in front or the server itself refuses hosts that it does not serve. New
// returns an error for an empty name. Default: every host.
func WithHosts(hosts ...string) Option {
	return option(func(c *config) {
		for _, h := range hosts {
			c.hosts = append(c.hosts, strings.ToLower(h))
		}
	})
}

// WithClock sets the clock of signatures, for tests. It is called concurrently. Default, and for nil: [time.Now].
func WithClock(now func() time.Time) Option {
	return option(func(c *config) {
		if now != nil {
			c.now = now
		}
	})
}

// WithErrorHandler calls f when a directory cannot be fetched, in the goroutine that fetches, at most once for each try. The error names the host and
// nothing of a request. Default, and for nil: OpenTelemetry's error handler.
func WithErrorHandler(f func(error)) Option {
	return option(func(c *config) {
		if f != nil {
			c.onError = f
		}
	})
}

// ErrConfig is wrapped by every error of [New].
var ErrConfig = errors.New("delegate: the options are faulty")

const (
	maxAssistants = 64
	maxKeys       = 32
	maxSkew       = time.Hour
	maxLifetime   = 7 * 24 * time.Hour
	maxNonces     = 1 << 24
)

// check returns everything that is wrong with the options.
func (c *config) check() error {
	var faults []error
	add := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...)) //nolint:err113 // New wraps them in ErrConfig
		}
	}
	add(len(c.list) <= maxAssistants, "WithAssistants: %d assistants, at most %d: leave out those that do not come", len(c.list), maxAssistants)
	names, signers := map[string]bool{}, map[string]string{}
	for i, a := range c.list {
		add(event.ValidName(a.Name), "WithAssistants: the name %.80q is not 1 to %d bytes of printable UTF-8", a.Name, event.MaxName)
		add(!names[a.Name], "WithAssistants: two assistants have the name %.80q: give each its own", a.Name)
		names[a.Name] = true
		for _, p := range a.Products {
			add(p != "" && len(p) <= maxProduct && !hasDivider(p), "WithAssistants: %.80q: %.80q is no product: give the name before the slash", a.Name, p)
		}
		if id, ok := identifier(a.SignatureAgent); a.SignatureAgent != "" {
			add(ok, "WithAssistants: %.80q: the SignatureAgent %.80q is no https URL without user information", a.Name, a.SignatureAgent)
			add(!ok || signers[id] == "", "WithAssistants: %.80q and %.80q have the same SignatureAgent", signers[id], a.Name)
			signers[id] = a.Name
		}
		add(len(a.Keys) <= maxKeys, "WithAssistants: %.80q has %d keys, at most %d", a.Name, len(a.Keys), maxKeys)
		for _, k := range c.list[i].Keys {
			add(len(k) == ed25519.PublicKeySize, "WithAssistants: %.80q: a key has %d bytes, and one of Ed25519 has %d", a.Name, len(k), ed25519.PublicKeySize)
			add(c.testKeys || !isTestKey(k), "WithAssistants: %.80q has the published test key of RFC 9421, whose private key everyone knows", a.Name)
		}
	}
	for _, name := range c.fetch {
		add(names[name], "WithFetching: there is no assistant %.80q in the list", name)
	}
	add(c.skew >= 0 && c.skew <= maxSkew, "WithClockSkew(%v): give 0 to %v", c.skew, maxSkew)
	add(c.lifetime >= time.Second && c.lifetime <= maxLifetime, "WithMaxLifetime(%v): give %v to %v", c.lifetime, time.Second, maxLifetime)
	add(c.nonces >= 1 && c.nonces <= maxNonces, "WithNonces(%d): give 1 to %d", c.nonces, maxNonces)
	add(!slices.Contains(c.hosts, ""), "WithHosts: a host has no name: leave it out")
	add(c.scheme == "https" || c.scheme == "http", "WithScheme(%.20q): give https or http", c.scheme)
	return errors.Join(faults...)
}

func hasDivider(s string) bool {
	for _, c := range s {
		if divides(c) || c == '/' {
			return true
		}
	}
	return false
}
