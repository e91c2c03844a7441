// Package payments is the shop's payments service. It has no real bank: it knows a few test cards and the result
// of each.
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

// The test cards resemble those of payment providers. No bank has issued them.
const (
	CardGood     = "4242424242424242" // the bank charges it
	CardDeclined = "4000000000000002" // the bank declines it
	CardSlow     = "4000000000000341" // the bank charges it slowly
	CardBroken   = "4000000000000119" // the bank's answer is broken, and the service fails
)

// The causes of a bad payment.
const (
	CauseDeclined = "card-declined"
	CauseSlow     = "slow-psp" // the payment service provider is slow
	CauseBroken   = "psp-error"
)

// The values of Receipt.Status and Receipt.Degraded.
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

// Receipt is the answer to a [Charge]. Its status is 201 if the bank charged the card and 402 if it declined.
type Receipt struct {
	Status string `json:"status"`
	// Degraded says why a successful charge was worse than promised.
	Degraded string `json:"degraded,omitempty"`
}

// DefaultSlow is how long the bank takes for the slow card. It exceeds the 800 ms within which a payment
// satisfies.
const DefaultSlow = 900 * time.Millisecond

// Config has the settings of the service.
type Config struct {
	SDK *otelsetup.SDK
	Log *slog.Logger
	// Slow is how long the bank takes for the slow card. Default: [DefaultSlow].
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
		// The storefront's request says to whose journey the charge belongs. The service believes it because it
		// comes from this machine and no proxy lies between. Behind a load balancer or a mesh, both services would
		// use touchpoint.WithSignedPositions() with cx.WithPositionKeys.
		touchpoint.WithTrustedNetworks(netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")),
		// The customer's channel is not that of this request but the one that the storefront sends: web or mobile.
		touchpoint.WithChannel(func(*http.Request) event.Channel { return 0 }),
	)
	traced := otelhttp.NewHandler(app, "payments",
		otelhttp.WithTracerProvider(cfg.SDK.TracerProvider),
		otelhttp.WithMeterProvider(cfg.SDK.MeterProvider),
		otelhttp.WithPropagators(cfg.SDK.Propagator))
	return http.MaxBytesHandler(traced, 4<<10)
}

// charge charges a card. The service marks what it knows about the customer's experience, because the status alone
// does not say that the bank declined a card or was slow.
func (s *server) charge(w http.ResponseWriter, r *http.Request) {
	var c Charge
	body := json.NewDecoder(r.Body)
	body.DisallowUnknownFields()
	if err := body.Decode(&c); err != nil || c.Order == "" || c.Amount <= 0 {
		http.Error(w, "the body is no charge: want JSON with order, amount, currency and card", http.StatusBadRequest)
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
	default: // CardDeclined and every unknown card
		tp.Fail(errDeclined)
		tp.Because(CauseDeclined)
		answer(w, http.StatusPaymentRequired, Receipt{Status: StatusDeclined})
	}
}

// chargeError is an error with a class, which Cairn shows as error.type.
type chargeError struct{ error }

// ErrorType returns the error's class. Unlike the message, the class is safe to show.
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
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err() //nolint:wrapcheck // the caller only asks whether it was cancelled
	}
}

func answer(w http.ResponseWriter, status int, receipt Receipt) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(receipt) //nolint:errchkjson // an error means that the client has gone
}
