// Package objectives_test proves the chain of the objectives on a real Prometheus: the shop counts, the rules of cx/slo/rules decide, and the
// alerts, the budgets and the states are those of what its customers experienced.
package objectives_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/examples/shop/experience"
	"cairncx.dev/cairn/examples/shop/payments"
	"cairncx.dev/cairn/examples/shop/storefront"
)

// clock is the clock of both services. It stands still until the story moves it.
type clock struct{ at atomic.Int64 } // Unix nanoseconds

func (c *clock) now() time.Time        { return time.Unix(0, c.at.Load()).UTC() }
func (c *clock) set(t time.Time)       { c.at.Store(t.UnixNano()) }
func (c *clock) ahead(d time.Duration) { c.at.Add(int64(d)) }

// bank is a fault in front of the payments service.
type bank struct {
	every atomic.Int64 // of so many payments one fails; 0 is none, and 1 is each
	slow  atomic.Bool  // the next payment takes a second
	asked atomic.Int64 // since every was set
	clock *clock
}

// breaks switches the fault on, or off with 0.
func (b *bank) breaks(every int64) {
	b.every.Store(every)
	b.asked.Store(0)
}

func (b *bank) before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if every := b.every.Load(); every > 0 && b.asked.Add(1)%every == 0 {
			http.Error(w, "the bank does not answer", http.StatusBadGateway)
			return
		}
		if b.slow.CompareAndSwap(true, false) {
			b.clock.ahead(time.Second)
		}
		next.ServeHTTP(w, r)
	})
}

// instance is one of the shop's services, as a Prometheus sees it.
type instance struct {
	name   string
	sdk    *otelsetup.SDK
	client *cx.Client
}

// shop is the shop of the examples: both services with their handlers, on a clock of the test's.
type shop struct {
	clock     clock
	bank      bank
	instances []instance
	pages     http.Handler
	seen      int // customers
}

// newShop starts the shop with the objectives of the blueprint.
func newShop(t *testing.T, b *blueprint.Blueprint, at time.Time) *shop {
	t.Helper()
	s := &shop{}
	s.bank.clock = &s.clock
	s.clock.set(at)
	quiet := slog.New(slog.DiscardHandler)

	// The requests have no metrics of their own here: they are most of a scrape, and no objective is about them.
	requests, err := otelsetup.Start(t.Context(), otelsetup.OnlyIfConfigured(), otelsetup.WithoutGlobals())
	if err != nil {
		t.Fatal(err)
	}
	pay := s.start(t, b, "payments")
	server := httptest.NewServer(s.bank.before(through(pay, payments.New(payments.Config{SDK: requests, Log: quiet}))))
	t.Cleanup(server.Close)

	front := s.start(t, b, "storefront")
	pages, err := storefront.New(storefront.Config{SDK: requests, Log: quiet, Payments: server.URL, Now: s.clock.now, LinkKey: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pages.Close)
	s.pages = through(front, pages.Handler())
	return s
}

// start makes the client of a service, as the shop does.
func (s *shop) start(t *testing.T, b *blueprint.Blueprint, name string) instance {
	t.Helper()
	sdk, err := otelsetup.Start(t.Context(), otelsetup.OnlyIfConfigured(), otelsetup.WithPrometheus(), otelsetup.WithoutGlobals(), otelsetup.WithServiceName(name))
	if err != nil {
		t.Fatal(err)
	}
	client, err := cx.New(
		cx.WithDefinitions(experience.Definitions()...),
		cx.WithObjectives(b.AllObjectives()...),
		cx.WithMeterProvider(sdk.MeterProvider),
		cx.WithCustomerKey([]byte("a key for end-to-end tests")),
		cx.WithClock(s.clock.now),
		cx.WithContactsInMemory(),       // the shop asks its contact policy before it asks a question
		cx.WithSweepInterval(time.Hour), // the story flushes at each scrape
	)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(client.Shutdown(context.Background()), sdk.Shutdown(context.Background())); err != nil {
			t.Error(err)
		}
	})
	i := instance{name, sdk, client}
	s.instances = append(s.instances, i)
	return i
}

// through gives requests the client of the service.
func through(i instance, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(cx.NewContext(r.Context(), i.client)))
	})
}

// settle ends what is over by now.
func (s *shop) settle(t *testing.T) {
	t.Helper()
	for _, i := range s.instances {
		if err := i.client.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// scrape returns what the instance exposes, in OpenMetrics.
func (i instance) scrape(t *testing.T) string {
	t.Helper()
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/metrics", nil)
	r.Header.Set("Accept", "application/openmetrics-text;version=1.0.0")
	i.sdk.PrometheusHandler().ServeHTTP(w, r)
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "application/openmetrics-text") {
		t.Fatalf("the scrape of %s: %d, %s", i.name, w.Code, w.Header().Get("Content-Type"))
	}
	return w.Body.String()
}

// RoundTrip serves a request of a customer's browser without a network.
func (s *shop) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	r = r.Clone(r.Context())
	r.RequestURI, r.RemoteAddr = r.URL.RequestURI(), "127.0.0.1:1"
	s.pages.ServeHTTP(w, r)
	answer := w.Result()
	answer.Request = r
	return answer, nil
}

// customer is a browser in the shop.
type customer struct {
	t     *testing.T
	http  http.Client
	agent string
	asked string // the path of the question on the last page that has one
}

// enter lets a customer come and put something into the basket. Every other one has a phone.
func (s *shop) enter(t *testing.T) *customer {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &customer{t: t, http: http.Client{Transport: s, Jar: jar}, agent: "e2e/1 (desktop)"}
	if s.seen++; s.seen%2 == 0 {
		c.agent = "e2e/1 (Mobile)"
	}
	c.post("/cart", "/cart", "product", "mug")
	return c
}

func (c *customer) send(method, path, want string, form url.Values) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, "http://shop"+path, strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("User-Agent", c.agent)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := c.http.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	page, err := io.ReadAll(answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		c.t.Fatal(err)
	}
	if _, token, ok := strings.Cut(string(page), `data-ask="`); ok {
		token, _, _ = strings.Cut(token, `"`)
		c.asked = "/feedback/r/" + token
	}
	if got := answer.Request.URL.Path; got != want {
		c.t.Fatalf("%s %s leads to %s, want %s", method, path, got, want)
	}
}

func (c *customer) post(path, want string, form ...string) {
	c.t.Helper()
	values := url.Values{}
	for i := 0; i < len(form); i += 2 {
		values.Set(form[i], form[i+1])
	}
	c.send(http.MethodPost, path, want, values)
}

// pay goes to the payment, pays with the card and expects to get to the page: that of the confirmation, or still that of the payment.
func (c *customer) pay(card, page string) {
	c.t.Helper()
	c.send(http.MethodGet, "/address", "/address", nil)
	c.post("/address", "/payment", "name", "Customer", "mail", "c@example.com", "street", "1 Sample Street", "city", "Exampleton")
	c.post("/payment", page, "card", card)
}

// answer rates the purchase with 1 to 5 stars.
func (c *customer) answer(stars int) { c.post(c.asked, c.asked, "score", strconv.Itoa(stars)) }

// changeMind cancels the purchase.
func (c *customer) changeMind() { c.post("/cancel", "/") }
