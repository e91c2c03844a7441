package webhook

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"

	"cairncx.dev/cairn/exporters/httpsink"
)

// maxRedirects bounds the redirects that one request follows.
const maxRedirects = 3

var errPrivate = errors.New("the receiver's address is not a public one, and WithPublicAddressesOnly forbids others")

// newClient returns the client, and whether the exporter owns its connections.
func newClient(cfg *config) (*http.Client, bool) {
	if cfg.client != nil {
		c := *cfg.client
		c.CheckRedirect = checkRedirect
		return &c, false
	}
	t := httpsink.NewTransport()
	t.Proxy, t.TLSClientConfig = cfg.proxy, cfg.tls
	if dialer := cfg.dialer; dialer != nil {
		t.DialContext = dialer.DialContext
	}
	if cfg.public {
		t.DialContext = onlyPublic(cfg.dialer).DialContext
	}
	return &http.Client{CheckRedirect: checkRedirect, Transport: t}, true
}

// onlyPublic returns a copy of the dialer, or a dialer with the transport's defaults for nil. It checks each resolved address
// before the connection is made.
func onlyPublic(dialer *net.Dialer) *net.Dialer {
	d := net.Dialer{Timeout: httpsink.DialTimeout}
	if dialer != nil {
		d = *dialer
	}
	next, nextContext := d.Control, d.ControlContext
	d.ControlContext = func(ctx context.Context, network, address string, c syscall.RawConn) error {
		switch {
		case !public(address):
			return errPrivate
		case nextContext != nil:
			return nextContext(ctx, network, address, c)
		case next != nil:
			return next(network, address, c)
		default:
			return nil
		}
	}
	return &d
}

// checkRedirect follows a redirect only to the same server, with the body, and never from https to http. Every other redirect
// is an answer, which is not a success.
func checkRedirect(req *http.Request, via []*http.Request) error {
	from := via[len(via)-1]
	if req.Method != http.MethodPost || len(via) > maxRedirects || !sameHost(from.URL, req.URL) {
		return http.ErrUseLastResponse
	}
	return nil
}

// sameHost reports whether both URLs are on one server. A redirect from http to https counts if both use their default ports.
func sameHost(from, to *url.URL) bool {
	if !strings.EqualFold(from.Hostname(), to.Hostname()) || to.User != nil {
		return false
	}
	if from.Scheme == to.Scheme {
		return port(from) == port(to)
	}
	return from.Scheme == "http" && to.Scheme == "https" && port(from) == "80" && port(to) == "443"
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	default:
		return "80"
	}
}

// special are the ranges of the IANA special-purpose address registries that no public server is in, although they are global
// unicast addresses.
var special = [...]netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("3fff::/20"),
}

// global is the range of public IPv6 addresses. Other addresses, such as those of NAT64 and unique local ones, may lead to a
// private network.
var global = netip.MustParsePrefix("2000::/3")

// public reports whether an address with a port is on the public internet.
func public(address string) bool {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return false
	}
	a := ap.Addr().Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.Is6() && !global.Contains(a) {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
