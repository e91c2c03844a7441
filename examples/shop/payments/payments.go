// Package payments is the shop's payments service. It has no money and no bank: it knows a few
// test cards and what becomes of each.
package payments

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/examples/shop/experience"
	"cairncx.dev/cairn/touchpoint"
)

// The test cards, in the style of payment providers' ones. No bank has issued them.
const (
	CardGood     = "4242424242424242" // is charged
	CardDeclined = "4000000000000002" // its bank says no
	CardSlow     = "4000000000000341" // is charged, but the bank takes its time
	CardBroken   = "4000000000000119" // breaks the service
)

// The causes of a bad payment.
const (
	CauseDeclined = "card-declined"
	CauseSlow     = "slow-psp" // the payment service provider behind us
	CauseBroken   = "psp-error"
)

// What the answer to a [Charge] says.
const (
	StatusPaid     = "paid"
	StatusDeclined = "declined"
)

// Charge is the body of POST /charges.
type Charge struct {
	Order    string `json:"order"`
	Amount   int64  `json:"amount"` // in the currency's minor unit
	Currency string `json:"currency"`
	Card     string `json:"card"`
}

// Receipt is the answer to it: 201 for a charge that was made, 402 for one that was declined.
type Receipt struct {
	Status string `json:"status"`
	// Degraded says why a charge that was made was worse than promised.
	Degraded string `json:"degraded,omitempty"`
}

// DefaultSlow is how long the bank takes over the slow card: longer than the 800 ms in which a
// payment satisfies.
const DefaultSlow = 900 * time.Millisecond

// Config is what the service needs.
type Config struct {
	SDK *otelsetup.SDK
	Log *slog.Logger
	// Slow is how long the bank takes over the slow card. Default: [DefaultSlow].
	Slow time.Duration
}

type server struct{ cfg Config }

// New returns the service's handler.
func New(cfg Config) http.Handler {
	if cfg.Slow <= 0 {
		cfg.Slow = DefaultSlow
	}
	s := &server{cfg}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /charges", s.charge)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })

	app := touchpoint.Handler(mux,
		touchpoint.WithRoute("POST /charges", experience.ChargeCard),
		touchpoint.WithOnlyRoutes(),
		// The storefront says in whose journey the charge is. It is believed because it is on
		// this machine and nothing lies between. Behind a load balancer or a mesh it would be
		// touchpoint.WithSignedPositions(), with cx.WithPositionKeys in both services.
		touchpoint.WithTrustedNetworks(netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")),
		// The customer is not on the channel of this request but on the one that the storefront
		// says: web, mobile.
		touchpoint.WithChannel(func(*http.Request) event.Channel { return 0 }),
	)
	traced := otelhttp.NewHandler(app, "payments",
		otelhttp.WithTracerProvider(cfg.SDK.TracerProvider),
		otelhttp.WithMeterProvider(cfg.SDK.MeterProvider),
		otelhttp.WithPropagators(cfg.SDK.Propagator))
	return http.MaxBytesHandler(traced, 4<<10)
}

// charge charges a card. The service marks what it knows about the customer's experience; the
// status alone would not say that a card was declined or slow.
func (s *server) charge(w http.ResponseWriter, r *http.Request) {
	var c Charge
	body := json.NewDecoder(r.Body)
	body.DisallowUnknownFields()
	if err := body.Decode(&c); err != nil || c.Order == "" || c.Amount <= 0 {
		http.Error(w, "want a charge", http.StatusBadRequest)
		return
	}
	tp := touchpoint.FromContext(r.Context())
	switch c.Card {
	case CardGood:
		answer(w, http.StatusCreated, Receipt{Status: StatusPaid})
	case CardSlow:
		if err := wait(r.Context(), s.cfg.Slow); err != nil {
			tp.Fail(err)
			return
		}
		tp.Degrade(CauseSlow)
		answer(w, http.StatusCreated, Receipt{Status: StatusPaid, Degraded: CauseSlow})
	case CardBroken:
		tp.Fail(errBank)
		tp.Because(CauseBroken)
		s.cfg.Log.WarnContext(r.Context(), "charging", "order", c.Order, "error", errBank)
		http.Error(w, "internal error", http.StatusInternalServerError)
	default: // CardDeclined, and whatever else somebody makes up
		tp.Fail(errDeclined)
		tp.Because(CauseDeclined)
		answer(w, http.StatusPaymentRequired, Receipt{Status: StatusDeclined})
	}
}

// chargeError is an error that knows its class: what Cairn shows as error.type.
type chargeError struct{ error }

// ErrorType returns the error's class, which is safe to show where its message is not.
func (e chargeError) ErrorType() string {
	if e == errDeclined {
		return "card_declined"
	}
	return "bank_unavailable"
}

var (
	errDeclined = chargeError{errors.New("payments: the card's bank declined")}
	errBank     = chargeError{errors.New("payments: the bank's answer made no sense")}
)

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err() //nolint:wrapcheck // the caller only asks whether it was cancelled
	}
}

func answer(w http.ResponseWriter, status int, receipt Receipt) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(receipt) //nolint:errchkjson // the client has gone, if it fails
}
