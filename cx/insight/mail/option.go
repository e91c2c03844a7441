package mail

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
)

// Option is an option of [New].
type Option interface{ apply(*config) }

type config struct {
	user, password  string
	tls             *tls.Config
	implicit, plain bool
	timeout         time.Duration
	replyTo         *mail.Address
	unsubscribe     func(to string) []string
	hello           string
	page            bool
	tell            func(error)
	faults          []error
}

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// DefaultTimeout bounds the connection to the server, and the sending of one mail.
const DefaultTimeout = 30 * time.Second

// maxTimeout is the longest time of WithTimeout.
const maxTimeout = 10 * time.Minute

// WithAuth sets the user and the password at the server. The client uses the best of SCRAM-SHA-256, SCRAM-SHA-1, PLAIN and LOGIN that the server
// offers. Default: no authentication.
func WithAuth(user, password string) Option {
	return optionFunc(func(c *config) { c.user, c.password = user, password })
}

// WithTLS sets the configuration of TLS, such as the roots of a company. New copies it. Without a ServerName it gets the server's host,
// and without a MinVersion TLS 1.2. Default, and for nil: the roots of the machine.
func WithTLS(t *tls.Config) Option { return optionFunc(func(c *config) { c.tls = t }) }

// WithImplicitTLS begins with TLS instead of STARTTLS. It is the default for port 465.
func WithImplicitTLS() Option { return optionFunc(func(c *config) { c.implicit = true }) }

// WithPlainLoopback sends without TLS to a server on this machine: localhost, or a loopback address. [New] returns an error for any other host.
func WithPlainLoopback() Option { return optionFunc(func(c *config) { c.plain = true }) }

// WithTimeout bounds the connection to the server, and the sending of one mail: up to 10 minutes. Default, and for 0: [DefaultTimeout].
func WithTimeout(d time.Duration) Option { return optionFunc(func(c *config) { c.timeout = d }) }

// WithReplyTo sets the address for answers. Default: none, so that answers go to the sender.
func WithReplyTo(address string) Option {
	return optionFunc(func(c *config) {
		a, err := parse(address)
		c.fault("WithReplyTo", err)
		c.replyTo = a
	})
}

// WithUnsubscribe sets the function that returns how a recipient unsubscribes: URLs of https and mailto. If the first one is of https, the mail
// says that a POST to it unsubscribes without a question (RFC 8058). A URL that is not valid is left out. Default: a mail to the sender's address.
func WithUnsubscribe(f func(to string) []string) Option {
	return optionFunc(func(c *config) { c.unsubscribe = f })
}

// WithHello sets the name with which the client greets the server. Default: the name of the machine.
func WithHello(name string) Option { return optionFunc(func(c *config) { c.hello = name }) }

// WithPage attaches the report as a page, if it has a method HTML(io.Writer) error. Default: no attachment.
func WithPage() Option { return optionFunc(func(c *config) { c.page = true }) }

// WithErrorHandler sets the function that is told of recipients that the server has refused for good, and of reports that are too long.
// Deliver calls it and waits until it returns. Default, and for nil: otel.Handle.
func WithErrorHandler(handle func(error)) Option {
	return optionFunc(func(c *config) { c.tell = handle })
}

// fault notes what is wrong with an option.
func (c *config) fault(option string, err error) {
	if err != nil {
		c.faults = append(c.faults, fmt.Errorf("%s: %w", option, err))
	}
}

// configure completes the options for the server.
func configure(host, port string, opts []Option) (config, error) {
	var c config
	for _, o := range opts {
		if o != nil {
			o.apply(&c)
		}
	}
	if c.tell == nil {
		c.tell = otel.Handle
	}
	if c.timeout == 0 {
		c.timeout = DefaultTimeout
	}
	if c.timeout < 0 || c.timeout > maxTimeout {
		c.fault("WithTimeout", fmt.Errorf("%v is not up to %v", c.timeout, maxTimeout))
	}
	c.implicit = c.implicit || port == "465"
	if c.plain && c.implicit {
		c.fault("WithPlainLoopback", errBoth)
	}
	if c.plain && !loopback(host) {
		c.fault("WithPlainLoopback", fmt.Errorf("%q is not this machine: use TLS", host))
	}
	if strings.ContainsFunc(c.hello, func(r rune) bool { return r <= ' ' || r > '~' }) {
		c.fault("WithHello", fmt.Errorf("%q has characters that no name of a machine has", c.hello))
	}
	if c.tls == nil {
		c.tls = &tls.Config{MinVersion: tls.VersionTLS12}
	} else {
		c.tls = c.tls.Clone()
	}
	if c.tls.ServerName == "" {
		c.tls.ServerName = host
	}
	if c.tls.MinVersion == 0 {
		c.tls.MinVersion = tls.VersionTLS12
	}
	return c, errors.Join(c.faults...)
}

var errBoth = errors.New("port 465 and WithImplicitTLS are with TLS: leave one of them out")

// loopback reports whether the host is this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

var (
	errAddress = errors.New(`use an address such as "name@example.com" or "Name <name@example.com>"`)
	errASCII   = errors.New("an address has ASCII characters only: write its domain in punycode")
)

// parse reads an address. Errors have no part of it.
func parse(address string) (*mail.Address, error) {
	a, err := mail.ParseAddress(address)
	if err != nil {
		return nil, errAddress
	}
	at := strings.LastIndexByte(a.Address, '@')
	switch {
	case strings.ContainsFunc(a.Address, func(r rune) bool { return r >= 0x80 }):
		return nil, errASCII
	case at < 1 || at > 64 || len(a.Address) > 254 || strings.ContainsFunc(a.Address, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return nil, errAddress
	}
	a.Name = oneLine(a.Name, 100)
	return a, nil
}

// ways returns the URLs of unsubscribing that are valid, and whether the first one is of https.
func ways(list []string) (valid []string, post bool) {
	for _, s := range list {
		u, err := url.Parse(s)
		switch {
		case err != nil || len(s) > 900 || strings.ContainsAny(s, "<>, \r\n\t") || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
			continue
		case u.Scheme == "https" && u.Host != "":
			post = post || len(valid) == 0
		case u.Scheme == "mailto" && u.Opaque != "":
		default:
			continue
		}
		valid = append(valid, s)
	}
	return valid, post
}
