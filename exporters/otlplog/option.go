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

// The defaults of [New].
const (
	DefaultEndpoint = "http://localhost:4318/v1/logs"
	DefaultTimeout  = 10 * time.Second
	DefaultMaxBytes = 4 << 20
)

// Compression is how the body of a request is compressed.
type Compression uint8

const (
	// Gzip is a sixteenth of the network for about a third more work.
	Gzip Compression = iota
	// NoCompression is for a receiver on the same machine.
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

	// The environment does not change settings that an option has set.
	timeoutSet, compressionSet, resourceSet bool

	errs []error
}

// WithEndpoint sets the URL that log records are sent to by OTLP/HTTP, with its path, which is /v1/logs with a
// Collector. Then OTEL_EXPORTER_OTLP_PROTOCOL, which may speak of another endpoint, is not looked at. Default:
// OTEL_EXPORTER_OTLP_LOGS_ENDPOINT, else OTEL_EXPORTER_OTLP_ENDPOINT and /v1/logs, else [DefaultEndpoint].
func WithEndpoint(url string) Option { return optionFunc(func(c *config) { c.endpoint = url }) }

// WithHeader adds a header to every request, such as an API key. Those that this package sets cannot be
// changed. Default: those of OTEL_EXPORTER_OTLP_LOGS_HEADERS, else of OTEL_EXPORTER_OTLP_HEADERS, beside
// which these are set.
func WithHeader(name, value string) Option {
	return optionFunc(func(c *config) {
		if err := setHeader(c.header, name, value); err != nil {
			c.errs = append(c.errs, fmt.Errorf("WithHeader: %w", err))
		}
	})
}

// setHeader checks a header and sets it. The error does not say its value, which may be a secret.
func setHeader(h http.Header, name, value string) error {
	name = textproto.CanonicalMIMEHeaderKey(name)
	switch {
	case !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value):
		return fmt.Errorf("%.60q, or its value, is no HTTP header", name)
	case slices.Contains([]string{"Accept-Encoding", "Content-Encoding", "Content-Length", "Content-Type", "Host", "Transfer-Encoding"}, name):
		return fmt.Errorf("%s is set by the exporter: leave it out", name)
	default:
		h.Set(name, value)
		return nil
	}
}

// WithTimeout bounds one request. Positive. Default: OTEL_EXPORTER_OTLP_LOGS_TIMEOUT, else
// OTEL_EXPORTER_OTLP_TIMEOUT, in milliseconds, else [DefaultTimeout].
func WithTimeout(d time.Duration) Option {
	return optionFunc(func(c *config) {
		if d <= 0 {
			c.errs = append(c.errs, fmt.Errorf("WithTimeout: %v: it has to be positive", d))
		}
		c.timeout, c.timeoutSet = d, true
	})
}

// WithCompression sets how requests are compressed. Default: OTEL_EXPORTER_OTLP_LOGS_COMPRESSION, else
// OTEL_EXPORTER_OTLP_COMPRESSION ("gzip" or "none"), else [Gzip].
func WithCompression(how Compression) Option {
	return optionFunc(func(c *config) {
		if how > NoCompression {
			c.errs = append(c.errs, fmt.Errorf("WithCompression: %d: it has to be Gzip or NoCompression", how))
		}
		c.compression, c.compressionSet = how, true
	})
}

// WithTLS sets how https is spoken: roots, a client's certificate. It is copied. Default: the
// certificates that OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE (the roots), _CLIENT_CERTIFICATE and _CLIENT_KEY
// name, else those without LOGS_, else the system's roots; TLS 1.2 or later.
func WithTLS(t *tls.Config) Option { return optionFunc(func(c *config) { c.tls = t.Clone() }) }

// WithResource sets the resource that the records are of, such as the attributes of the SDK's resource,
// and the URL of its schema, "" for none. Default: OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME, read as the
// SDK reads them, and service.name "unknown_service:" and the name of the program where these name none. A pair
// that cannot be read is left out, and told to OpenTelemetry's error handler.
func WithResource(schemaURL string, attributes ...attribute.KeyValue) Option {
	return optionFunc(func(c *config) {
		set := attribute.NewSet(attributes...) // sorted, the last of a name
		c.schemaURL, c.resource, c.resourceSet = schemaURL, set.ToSlice(), true
	})
}

// WithMaxBytes bounds the body of one request before it is compressed, 64 KiB to 64 MiB: what is more goes
// into the next one. An event that is larger is sent on its own. A Collector takes 20 MiB. Default:
// [DefaultMaxBytes].
func WithMaxBytes(n int) Option {
	return optionFunc(func(c *config) {
		if n < 64<<10 || n > 64<<20 {
			c.errs = append(c.errs, fmt.Errorf("WithMaxBytes: %d bytes: it has to be 64 KiB to 64 MiB", n))
		}
		c.maxBytes = n
	})
}

// WithoutJSON leaves the event's JSON form out of the body, which is the customer's comment then or nothing: for
// backends that charge by the byte and need no more than the attributes. Default: it is there.
func WithoutJSON() Option { return optionFunc(func(c *config) { c.comments = true }) }

// WithHTTPClient sends through the client instead of one of its own; [WithTLS] beside it is an error,
// and the environment's certificates are its own matter. It is copied, and follows no redirects. Shutdown
// leaves its connections alone. Default: a client of its own, with the proxy of the environment.
func WithHTTPClient(client *http.Client) Option {
	return optionFunc(func(c *config) {
		if client == nil {
			c.errs = append(c.errs, errors.New("WithHTTPClient: the client is nil: leave the option out for one of its own"))
		}
		c.client = client
	})
}

// newConfig applies the options to the environment to the defaults, and returns every fault.
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

// parseEndpoint reads a receiver's URL. The error goes on after "is", and does not repeat the URL, which may
// hold a secret.
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
