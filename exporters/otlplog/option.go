package otlplog

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"golang.org/x/net/http/httpguts"
)

// The defaults of [New]. DefaultMaxBytes is in bytes, DefaultTimeout is for one request.
const (
	DefaultEndpoint = "http://localhost:4318/v1/logs"
	DefaultTimeout  = 10 * time.Second
	DefaultMaxBytes = 4 << 20
)

// Compression is the compression of request bodies.
type Compression uint8

const (
	// Gzip compresses request bodies. It saves most of the network traffic for some CPU time.
	Gzip Compression = iota
	// NoCompression sends request bodies uncompressed, for a receiver on the same machine.
	NoCompression
)

// Option is an option of [New].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct {
	endpoint    string
	header      http.Header
	timeout     time.Duration
	compression Compression
	tls         *tls.Config
	schemaURL   string
	resource    []attribute.KeyValue
	maxBytes    int
	comments    bool
	client      *http.Client

	// Settings that an option has set. The environment does not change them.
	timeoutSet, compressionSet, resourceSet bool

	errs []error
}

// WithEndpoint sets the URL of the OTLP/HTTP receiver, including the path, which is /v1/logs with a Collector. The exporter
// then ignores OTEL_EXPORTER_OTLP_PROTOCOL, which may describe another endpoint. Default: OTEL_EXPORTER_OTLP_LOGS_ENDPOINT, or
// OTEL_EXPORTER_OTLP_ENDPOINT with /v1/logs appended, or [DefaultEndpoint].
func WithEndpoint(url string) Option { return optionFunc(func(c *config) { c.endpoint = url }) }

// WithHeader sets a header of every request, such as an API key. The last value of a name replaces the others, whatever the
// case of its letters, and that of the environment. New returns an error for a header that the exporter sets. The error does
// not repeat the value, which may be a secret. Default: the headers of OTEL_EXPORTER_OTLP_LOGS_HEADERS or
// OTEL_EXPORTER_OTLP_HEADERS.
func WithHeader(name, value string) Option {
	return optionFunc(func(c *config) {
		if err := setHeader(c.header, name, value); err != nil {
			c.errs = append(c.errs, fmt.Errorf("WithHeader(%.60q): %w", name, err))
		}
	})
}

var (
	errHeader = errors.New("the name, or its value, is no HTTP header")
	errOurs   = errors.New("the exporter sets this header: leave it out")
)

// setHeader checks a header and sets it. The error does not repeat the value, which may be a secret.
func setHeader(h http.Header, name, value string) error {
	name = textproto.CanonicalMIMEHeaderKey(name)
	switch {
	case !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value):
		return errHeader
	case slices.Contains([]string{"Accept-Encoding", "Content-Encoding", "Content-Length", "Content-Type", "Host", "Transfer-Encoding"}, name):
		return errOurs
	default:
		h.Set(name, value)
		return nil
	}
}

// WithTimeout bounds one request. It has to be positive. Default: OTEL_EXPORTER_OTLP_LOGS_TIMEOUT or
// OTEL_EXPORTER_OTLP_TIMEOUT, in milliseconds, or [DefaultTimeout].
func WithTimeout(d time.Duration) Option {
	return optionFunc(func(c *config) {
		if d <= 0 {
			c.errs = append(c.errs, fmt.Errorf("WithTimeout(%v): it has to be positive", d))
		}
		c.timeout, c.timeoutSet = d, true
	})
}

// WithCompression sets the compression of requests. Default: OTEL_EXPORTER_OTLP_LOGS_COMPRESSION or
// OTEL_EXPORTER_OTLP_COMPRESSION ("gzip" or "none"), or [Gzip].
func WithCompression(how Compression) Option {
	return optionFunc(func(c *config) {
		if how > NoCompression {
			c.errs = append(c.errs, fmt.Errorf("WithCompression(%d): it has to be Gzip or NoCompression", how))
		}
		c.compression, c.compressionSet = how, true
	})
}

// WithTLS sets the TLS configuration, such as the roots or a client certificate. The option copies it. Default,
// and for nil: the certificates that OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE (the roots), _CLIENT_CERTIFICATE and _CLIENT_KEY name, or those of the
// variables without LOGS_, or the system's roots; TLS 1.2 or later.
func WithTLS(t *tls.Config) Option { return optionFunc(func(c *config) { c.tls = t.Clone() }) }

// WithResource sets the resource of the records, such as the attributes of the SDK's resource, and the URL of its schema, or
// "". Default: OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME, read as the SDK reads them. If they name no service,
// service.name is "unknown_service:" and the name of the program. The exporter leaves out a pair without a key or "=", keeps a
// value that is not percent-encoded unchanged, and reports both to OpenTelemetry's error handler.
func WithResource(schemaURL string, attributes ...attribute.KeyValue) Option {
	return optionFunc(func(c *config) {
		set := attribute.NewSet(attributes...) // sorted, the last of a name
		c.schemaURL, c.resource, c.resourceSet = schemaURL, set.ToSlice(), true
	})
}

// WithMaxBytes bounds the body of one request before compression, in bytes, from 64 KiB to 64 MiB. Events that do not fit go
// into the next request. An event that is larger has a request to itself. A Collector takes 20 MiB by default. Default:
// [DefaultMaxBytes].
func WithMaxBytes(n int) Option {
	return optionFunc(func(c *config) {
		if n < 64<<10 || n > 64<<20 {
			c.errs = append(c.errs, fmt.Errorf("WithMaxBytes(%d): it has to be 64 KiB to 64 MiB", n))
		}
		c.maxBytes = n
	})
}

// WithoutJSON leaves out the event's JSON form. The body is then the customer's comment or empty. It is for backends that
// charge by the byte and need only the attributes. Default: the body is the JSON form.
func WithoutJSON() Option { return optionFunc(func(c *config) { c.comments = true }) }

// WithHTTPClient sets the client that sends the requests. [WithTLS] beside it is an error, and the exporter ignores the
// environment's certificates. The exporter copies the client and follows no redirects. Shutdown leaves the client's
// connections open. Default: the exporter makes a client, with the environment's proxy.
func WithHTTPClient(client *http.Client) Option {
	return optionFunc(func(c *config) {
		if client == nil {
			c.errs = append(c.errs, errors.New("WithHTTPClient(nil): give a client, or leave the option out for one of the exporter's own"))
		}
		c.client = client
	})
}

// newConfig applies the options, then the environment to settings without an option, then the defaults. It returns all faults,
// joined.
func newConfig(opts []Option, env func(string) string) (*config, error) {
	c := &config{header: http.Header{}, timeout: DefaultTimeout, maxBytes: DefaultMaxBytes}
	for _, o := range opts {
		if o != nil {
			o.apply(c)
		}
	}
	if c.client != nil && c.tls != nil {
		c.errs = append(c.errs, errors.New("WithHTTPClient and WithTLS: the client has a transport already: set it up there"))
	}
	if c.endpoint != "" {
		if _, err := parseEndpoint(c.endpoint); err != nil {
			c.errs = append(c.errs, fmt.Errorf("the endpoint is %w", err))
		}
	}
	(&environment{c: c, get: env}).apply()
	return c, errors.Join(c.errs...)
}

// parseEndpoint reads a receiver's URL. The text of the error continues a sentence after "is". It does not repeat the URL,
// which may hold a secret.
func parseEndpoint(raw string) (*url.URL, error) {
	wrong := ""
	u, err := url.Parse(raw)
	scheme, rest, ok := strings.Cut(raw, "://")
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	switch {
	case !ok:
		wrong = ": it has no scheme, write http:// or https:// before it"
	case !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https"):
		wrong = ": its scheme has to be http or https"
	case strings.Count(rest, ":") > 1 && !strings.ContainsAny(rest, "[@"):
		wrong = ": an IPv6 address has brackets around it, as in http://[::1]:4318"
	case err != nil || u.Hostname() == "":
	default:
		port, err := strconv.ParseUint(u.Port(), 10, 16)
		if u.Port() == "" || err == nil && port > 0 {
			return u, nil
		}
		wrong = ": its port has to be 1 to 65535"
	}
	return nil, fmt.Errorf("no URL of the form https://host:4318/v1/logs%s", wrong) //nolint:err113 // one of many faults
}
