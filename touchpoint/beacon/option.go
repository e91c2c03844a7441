package beacon

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/log"

	"cairncx.dev/cairn/cx"
)

// Option is an option of [New].
type Option interface{ apply(*Handler) }

type optionFunc func(*Handler)

func (f optionFunc) apply(h *Handler) { f(h) }

// WithClient sets the client that records. Default, and for nil: that of the request's context, else the default client.
func WithClient(client *cx.Client) Option { return optionFunc(func(h *Handler) { h.client = client }) }

// WithRate bounds the requests of each client: burst at once, and one more after each time every. A client is a run; without one it is an address
// of IPv4, or a network of 64 bits of IPv6. All runs of a network together may send 64 times as many, because anyone can begin many runs. A
// request beyond the rate is answered with 429 and Retry-After, and counts as the fault beacon_rate. The handler remembers 16,384 clients, and
// forgets the one that was seen longest ago. The module sends a request when a page is hidden, and one for each 20 signals. New returns an error
// for a time or a burst that is not positive, and for more than a day. Default: a burst of 30, and one more each second.
func WithRate(every time.Duration, burst int) Option {
	return optionFunc(func(h *Handler) { h.every, h.burst = every, burst })
}

// WithClientAddress returns the address of the customer from a request that a proxy passes on, such as from a header that this proxy sets, and
// that no client can send past it. Several goroutines call it at the same time. If it panics, or returns no address, the request is of a client
// without one, and all those share a rate. Default, and for nil: the address of the connection.
func WithClientAddress(of func(*http.Request) string) Option {
	return optionFunc(func(h *Handler) { h.address = of })
}

// WithLoggerProvider makes the handler emit the Core Web Vitals as log events browser.web_vital. Default, and for nil: they are dropped.
func WithLoggerProvider(p log.LoggerProvider) Option {
	return optionFunc(func(h *Handler) {
		h.logger = nil
		if p != nil {
			h.logger = p.Logger(scope, log.WithInstrumentationVersion(cx.Version))
		}
	})
}

const scope = "cairncx.dev/cairn/touchpoint/beacon"

const (
	defaultEvery = time.Second
	defaultBurst = 30
	maxEvery     = 24 * time.Hour
)

// check returns every fault of the options.
func (h *Handler) check() error {
	var faults []error
	if h.cookie.Journey() == nil {
		faults = append(faults, errors.New("beacon: there is no cookie that says which run a browser is in: give one of journey.NewCookie"))
	}
	if h.every <= 0 || h.every > maxEvery || h.burst <= 0 {
		faults = append(faults, fmt.Errorf("beacon: a client may send %d requests at once and one more after %v: give positive numbers, and at most %v", h.burst, h.every, maxEvery))
	}
	return errors.Join(faults...)
}
