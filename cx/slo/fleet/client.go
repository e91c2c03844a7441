package fleet

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Client asks one Prometheus. [New] makes it. It is safe for concurrent use, keeps nothing between calls and needs no closing.
type Client struct {
	base     *url.URL // with the credentials that the address has
	shown    string   // the address without them
	http     *http.Client
	matchers []matcher
	timeout  time.Duration
	limit    int64
}

// New returns a Client of the Prometheus at the address, such as http://prometheus.monitoring:9090, or of any server with Prometheus'
// HTTP API. A path in the address is the prefix of the API's. A user and a password in it are sent as basic authentication and are in no
// error. New sends nothing. It returns an error for an address or an option that cannot work.
func New(address string, opts ...Option) (*Client, error) {
	cfg, faults := configure(opts)
	base, err := parse(address)
	if err := errors.Join(err, faults); err != nil {
		return nil, err
	}
	client := *cfg.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{
		base: base, shown: shown(base), http: &client, matchers: cfg.matchers, timeout: cfg.timeout, limit: cfg.limit,
	}, nil
}

// parse reads the address. Its errors do not show it, because it may have a password in a place where no password belongs.
func parse(address string) (*url.URL, error) {
	const want = "write one such as http://prometheus:9090"
	u, err := url.Parse(address)
	switch {
	case address == "":
		return nil, errors.New("fleet: the address of Prometheus is empty: " + want)
	case err != nil:
		return nil, errors.New("fleet: the address of Prometheus is no URL: " + want)
	case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return nil, errors.New("fleet: the address of Prometheus has no host, or a scheme other than http and https: " + want)
	case u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("fleet: the address %s has a query or a fragment after it: leave that out, and add parameters in the transport of WithHTTPClient", shown(u))
	}
	return u, nil
}

// shown returns the address as errors show it.
func shown(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
