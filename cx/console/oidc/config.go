package oidc

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/insight"
)

// Bounds of sessions and of attempts to sign in.
const (
	// MaxSession is the longest time from a sign-in to the next, and the default of [Config.Session].
	MaxSession = 8 * time.Hour
	// attemptTime is how long a reader may take at the provider.
	attemptTime = 10 * time.Minute
	// skew is how far clocks of the provider and of instances may differ.
	skew = time.Minute
	// minKey is the least length of a key, in bytes.
	minKey = 32
)

// callbackPath is where the path of every redirect URL ends.
const callbackPath = "sign-in/callback"

// Config says how readers sign in. [New] copies it.
type Config struct {
	// Issuer is the provider, such as "https://accounts.example.com/realms/staff", byte by byte as its discovery document has it. It has to be https, except on
	// this machine. Required.
	Issuer string
	// ClientID is the console as the provider knows it. Required.
	ClientID string
	// ClientSecret is the secret of the client. Empty is a public client, which PKCE alone protects.
	ClientSecret string
	// RedirectURL is where the provider sends the reader back, as it is registered there: the public address of the console and sign-in/callback, such as
	// "https://cx.example.com/cx/sign-in/callback" for console.WithPath("/cx/"). It has to be https, except on this machine. Required.
	RedirectURL string
	// Keys seal the cookies: each at least 32 random bytes. The first one seals, and all of them open. Required: one at least.
	Keys [][]byte
	// Viewer returns the rights and the scope of a reader. It is called at each request, in its goroutine, with the claims of the sign-in; it must be safe for
	// concurrent use. An error refuses the reader. A viewer without a Name gets the subject, and one without a Mail the verified address. [Groups] makes
	// such a function. Required.
	Viewer func(Claims) (insight.Viewer, error)

	// Scopes are requested beside openid. Default, for nil: profile, email.
	Scopes []string
	// GroupsClaim is the claim with the groups of a reader: an array of strings, or a string. Default: "groups".
	GroupsClaim string
	// KeepGroups are the groups that Viewer reads; the session has no others. Default, for nil: all. A session has room for about 60 IDs of groups.
	KeepGroups []string
	// KeepClaims are names of further claims that Viewer reads, in [Claims.Other]. Default: none.
	KeepClaims []string

	// Session is how long a sign-in lasts, from a minute to [MaxSession]. Default, for 0: MaxSession.
	Session time.Duration
	// Cookie is the name of the session's cookie, without its prefix: 1 to 32 of a-z, 0-9 and "-". Two consoles of one host need two names.
	// Default: "cairn".
	Cookie string
	// SignedOutURL is where the provider sends a reader who has signed out, as it is registered there, such as "https://cx.example.com/cx/signed-out".
	// Default: the provider decides.
	SignedOutURL string

	// Client asks the provider. New copies it, refuses redirects, bounds answers at 1 MiB, and the time at 10 s if it has no Timeout. Default: a client of its own.
	Client *http.Client
	// Clock is the time of sessions. Default: time.Now.
	Clock func() time.Time
	// Log is where a failed sign-in says why. It never has a token, a claim or a text of the provider. Default: slog.Default().
	Log *slog.Logger
}

var cookieName = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// complete sets defaults, and returns all faults of the configuration, joined. No fault has a secret.
func (c *Config) complete() error {
	var faults []error
	add := func(ok bool, says string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf("oidc: "+says, args...))
		}
	}
	add(secureURL(c.Issuer) != nil, "Config.Issuer %q: give the address of the provider with https (http on this machine only), without a query", c.Issuer)
	redirect := secureURL(c.RedirectURL)
	add(redirect != nil && strings.HasSuffix(redirect.Path, "/"+callbackPath) && redirect.RawPath == "",
		"Config.RedirectURL %q: give the public address of the console with https (http on this machine only), and %s after it", c.RedirectURL, callbackPath)
	add(c.SignedOutURL == "" || secureURL(c.SignedOutURL) != nil, "Config.SignedOutURL %q: give an address with https (http on this machine only)", c.SignedOutURL)
	add(c.ClientID != "", "Config.ClientID is empty: give the ID under which the provider knows the console")
	add(len(c.Keys) > 0, "Config.Keys is empty: give a key of %d random bytes", minKey)
	for i, k := range c.Keys {
		add(len(k) >= minKey, "Config.Keys[%d] has %d bytes: give at least %d random ones", i, len(k), minKey)
	}
	add(c.Viewer != nil, "Config.Viewer is nil: give a function that returns a reader's rights, such as that of Groups")
	if c.Session == 0 {
		c.Session = MaxSession
	}
	add(c.Session >= time.Minute && c.Session <= MaxSession, "Config.Session %s: give a minute to %s", c.Session, MaxSession)
	if c.Cookie == "" {
		c.Cookie = "cairn"
	}
	add(cookieName.MatchString(c.Cookie), "Config.Cookie %q: give 1 to 32 of a-z, 0-9 and \"-\"", c.Cookie)
	c.defaults()
	return errors.Join(faults...)
}

func (c *Config) defaults() {
	if c.Scopes == nil {
		c.Scopes = []string{"profile", "email"}
	}
	c.Scopes = append([]string{"openid"}, slices.DeleteFunc(slices.Clone(c.Scopes), func(s string) bool { return s == "openid" })...)
	if c.GroupsClaim == "" {
		c.GroupsClaim = "groups"
	}
	c.KeepGroups, c.KeepClaims = slices.Clone(c.KeepGroups), slices.Clone(c.KeepClaims)
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	client := http.Client{}
	if c.Client != nil {
		client = *c.Client
	}
	if client.Timeout == 0 {
		client.Timeout = answerTime
	}
	client.Transport = bounded{client.Transport}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // a redirect would carry the code and the secret elsewhere
	c.Client = &client
}

// secureURL parses an address of https, or of http on this machine. It returns nil for any other one, and for one with a user, a query or a fragment.
func secureURL(address string) *url.URL {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return nil
	}
	if u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()) {
		return u
	}
	return nil
}

// loopback reports whether the host is this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// bounded bounds the length of answers.
type bounded struct{ base http.RoundTripper }

// maxAnswer bounds an answer of the provider.
const maxAnswer = 1 << 20

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	base := b.base
	if base == nil {
		base = http.DefaultTransport
	}
	answer, err := base.RoundTrip(r)
	if err == nil {
		answer.Body = http.MaxBytesReader(nil, answer.Body, maxAnswer)
	}
	return answer, err //nolint:wrapcheck // http.Client reads the error
}
