package webhook

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"golang.org/x/net/http/httpguts"
)

// The defaults of [New]. DefaultMaxBytes is in bytes, DefaultTimeout is for one request.
const (
	DefaultMaxBytes = 1 << 20
	DefaultTimeout  = 15 * time.Second
)

// Option is an option of [New].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct {
	secrets  []string
	source   string
	single   bool
	maxBytes int
	gzip     bool
	timeout  time.Duration
	header   http.Header
	client   *http.Client

	tls      *tls.Config
	proxy    func(*http.Request) (*url.URL, error)
	proxySet bool
	dialer   *net.Dialer
	public   bool

	errs []error
}

// WithSecrets signs every request with each of the secrets. A receiver that knows one of them accepts the request. To change a
// secret, add the new one, give it to the receivers, then remove the old one. A secret is "whsec_" and 24 to 64 bytes in
// base64, as the Standard Webhooks specification says. Default: requests are not signed.
func WithSecrets(secrets ...string) Option {
	return optionFunc(func(c *config) { c.secrets = append(c.secrets, secrets...) })
}

// WithSource sets the source of every CloudEvent, a URI-reference. Default: "cairn/" and the namespace of the event's journey,
// or "cairn" without a namespace.
func WithSource(source string) Option {
	return optionFunc(func(c *config) {
		u, err := url.Parse(source)
		if err != nil || source == "" || u.String() == "" {
			c.errs = append(c.errs, fmt.Errorf("WithSource(%.80q): the source is no URI-reference, such as https://shop.example or shop/eu", source))
			return
		}
		c.source = u.String()
	})
}

// WithSingle sends each event in a separate request, for receivers that do not take batches. Default: batches.
func WithSingle() Option { return optionFunc(func(c *config) { c.single = true }) }

// WithMaxBytes bounds the body of one request before compression, in bytes, from 1 KiB to 64 MiB. Events that do not fit go
// into the next request. An event that is larger has a request to itself. Default: [DefaultMaxBytes].
func WithMaxBytes(n int) Option {
	return optionFunc(func(c *config) {
		if n < 1<<10 || n > 64<<20 {
			c.errs = append(c.errs, fmt.Errorf("WithMaxBytes(%d): it has to be 1 KiB to 64 MiB", n))
		}
		c.maxBytes = n
	})
}

// WithGzip compresses requests (Content-Encoding: gzip). The signature covers the uncompressed body. Default: no compression,
// because many receivers do not support it.
func WithGzip() Option { return optionFunc(func(c *config) { c.gzip = true }) }

// WithTimeout bounds one request, from the connection to the status of the answer. It has to be positive. Default:
// [DefaultTimeout].
func WithTimeout(d time.Duration) Option {
	return optionFunc(func(c *config) {
		if d <= 0 {
			c.errs = append(c.errs, fmt.Errorf("WithTimeout(%v): it has to be positive", d))
		}
		c.timeout = d
	})
}

// WithHeader sets a header of every request, such as Authorization. The last value of a name replaces the others, whatever the
// case of its letters. New returns an error for a header that the exporter sets. The error does not repeat the value, which may
// be a secret. Default: none.
func WithHeader(name, value string) Option {
	return optionFunc(func(c *config) {
		name = textproto.CanonicalMIMEHeaderKey(name)
		switch {
		case !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value):
			c.errs = append(c.errs, fmt.Errorf("WithHeader(%.60q): the name, or its value, is no HTTP header", name))
		case slices.Contains(ourHeaders(), name):
			c.errs = append(c.errs, fmt.Errorf("WithHeader(%q): the exporter sets this header: leave it out", name))
		default:
			c.header.Set(name, value)
		}
	})
}

func ourHeaders() []string {
	return []string{
		"Accept-Encoding", "Content-Encoding", "Content-Length", "Content-Type", "Host", "Transfer-Encoding",
		"Webhook-Id", "Webhook-Signature", "Webhook-Timestamp",
	}
}

// WithTLS sets the TLS configuration, such as the roots or a client certificate. The option copies it. Default, and for nil:
// the system's roots and TLS 1.2 or later.
func WithTLS(t *tls.Config) Option { return optionFunc(func(c *config) { c.tls = t.Clone() }) }

// WithProxy sets the function that selects the proxy of a request, as in [http.Transport]. nil means no proxy. A function
// beside [WithPublicAddressesOnly] is an error. Default: [http.ProxyFromEnvironment], or no proxy with
// [WithPublicAddressesOnly].
func WithProxy(proxy func(*http.Request) (*url.URL, error)) Option {
	return optionFunc(func(c *config) { c.proxy, c.proxySet = proxy, true })
}

// WithDialer sets the dialer of connections, with its resolver, local address and timeout. The option copies it. Default,
// and for nil: a dialer with 10 seconds to connect.
func WithDialer(d *net.Dialer) Option {
	return optionFunc(func(c *config) {
		c.dialer = nil
		if d != nil {
			c.dialer = new(*d)
		}
	})
}

// WithPublicAddressesOnly refuses connections to loopback, private, link-local and other special addresses. Use it for URLs
// that customers give. The exporter checks the address of each connection, so a name that later resolves to another address
// (DNS rebinding) does not bypass the check. Requests then use no proxy, because a proxy resolves names itself and may reach
// addresses that this process must not reach. Default: any address.
func WithPublicAddressesOnly() Option {
	return optionFunc(func(c *config) { c.public = true })
}

// WithHTTPClient sets the client that sends the requests. The options of the transport ([WithTLS], [WithProxy], [WithDialer]
// and [WithPublicAddressesOnly]) beside it are an error, because the client has a transport already. The exporter copies the
// client and replaces its policy for redirects by that of this package. Shutdown leaves the client's connections open.
// Default: the exporter makes a client.
func WithHTTPClient(client *http.Client) Option {
	return optionFunc(func(c *config) {
		if client == nil {
			c.errs = append(c.errs, errors.New("WithHTTPClient(nil): give a client, or leave the option out for one of the exporter's own"))
		}
		c.client = client
	})
}

// transportOptions returns the names of the options of the transport that set something.
func (c *config) transportOptions() (names []string) {
	for _, o := range []struct {
		set  bool
		name string
	}{{c.tls != nil, "WithTLS"}, {c.proxySet, "WithProxy"}, {c.dialer != nil, "WithDialer"}, {c.public, "WithPublicAddressesOnly"}} {
		if o.set {
			names = append(names, o.name)
		}
	}
	return names
}

// newConfig applies the options to the defaults and returns all faults, joined.
func newConfig(opts []Option) (*config, []*standardwebhooks.Webhook, error) {
	c := &config{maxBytes: DefaultMaxBytes, timeout: DefaultTimeout, header: http.Header{}, proxy: http.ProxyFromEnvironment}
	for _, o := range opts {
		if o != nil {
			o.apply(c)
		}
	}
	if c.public && c.proxySet && c.proxy != nil {
		c.errs = append(c.errs, errors.New("WithPublicAddressesOnly and WithProxy: the proxy would resolve the names: leave one out"))
	}
	if c.public {
		c.proxy = nil
	}
	if set := c.transportOptions(); c.client != nil && len(set) > 0 {
		c.errs = append(c.errs, fmt.Errorf("WithHTTPClient and %s: the client has a transport already: set it up there", strings.Join(set, ", ")))
	}
	var signers []*standardwebhooks.Webhook
	for i, secret := range c.secrets {
		s, err := signer(secret)
		if err != nil {
			c.errs = append(c.errs, fmt.Errorf("WithSecrets: secret %d of %d %w", i+1, len(c.secrets), err))
			continue
		}
		signers = append(signers, s)
	}
	return c, signers, errors.Join(c.errs...)
}
