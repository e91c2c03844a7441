package storefront

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/examples/shop/experience"
	"cairncx.dev/cairn/examples/shop/payments"
	"cairncx.dev/cairn/touchpoint"
)

// card is a test card on the payment page. The shop takes only these, so that no customer enters a real card.
type card struct {
	Number string
	About  string
	Chosen bool
	Failed bool // the previous attempt with it failed
}

// Shown returns the number in groups of four.
func (c card) Shown() string {
	return c.Number[:4] + " " + c.Number[4:8] + " " + c.Number[8:12] + " " + c.Number[12:]
}

// cards returns the test cards. It marks a card that has failed and then suggests the good one.
func cards(tried string) []card {
	all := []card{
		{Number: payments.CardGood, About: "Pays at once"},
		{Number: payments.CardSlow, About: "Pays, but its bank is slow"},
		{Number: payments.CardDeclined, About: "Is declined by its bank"},
		{Number: payments.CardBroken, About: "Breaks the payments service"},
	}
	for i := range all {
		all[i].Failed = all[i].Number == tried
		all[i].Chosen = all[i].Number == payments.CardGood
	}
	return all
}

// askPayment shows the payment form.
func (s *Shop) askPayment(w http.ResponseWriter, r *http.Request) {
	b, ok := s.open(r)
	switch {
	case b.Paid:
		http.Redirect(w, r, "/confirmation", http.StatusSeeOther)
	case !ok:
		http.Redirect(w, r, "/cart", http.StatusSeeOther)
	case !b.Delivery.complete():
		http.Redirect(w, r, "/address", http.StatusSeeOther)
	default:
		experience.Checkout.Enter(r.Context(), experience.StagePayment)
		s.showPayment(w, r, http.StatusOK, b, "", nil)
	}
}

func (s *Shop) showPayment(w http.ResponseWriter, r *http.Request, status int, b basket, tried string, a *alert) {
	s.show(w, r, status, "payment.html", page{
		Title: "How would you like to pay?", Stage: experience.StagePayment, Basket: b, Cards: cards(tried), Alert: a,
	})
}

// pay is the handler of the touchpoint submit-payment. Every answer is a page with a friendly status, so the
// status alone would not show what customers experience. The handler marks the touchpoint.
func (s *Shop) pay(w http.ResponseWriter, r *http.Request) {
	tp := touchpoint.FromContext(r.Context())
	number := r.PostFormValue("card")
	if !slices.ContainsFunc(cards(""), func(c card) bool { return c.Number == number }) {
		tp.Cancel()
		http.Redirect(w, r, "/payment", http.StatusSeeOther)
		return
	}
	var b basket
	mine := s.baskets.update(session(r), func(open *basket) bool {
		if open.over() || open.Paying || !open.Delivery.complete() {
			return false
		}
		open.Paying = true // a second payment of the same basket is refused
		b = *open
		return true
	})
	if !mine {
		tp.Cancel()
		http.Redirect(w, r, "/payment", http.StatusSeeOther)
		return
	}
	receipt, err := s.payments.charge(r.Context(), b, number)
	cause := ""
	switch {
	case errors.Is(err, errDeclined):
		cause = payments.CauseDeclined
	case err != nil:
		cause = causeUnavailable
	}
	s.baskets.update(session(r), func(open *basket) bool {
		open.Paying, open.Paid, open.Failed = false, err == nil, cause
		b = *open
		return true
	})
	switch {
	case cause == payments.CauseDeclined:
		tp.Fail(err)
		tp.Because(cause)
		s.showPayment(w, r, http.StatusUnprocessableEntity, b, number, &alert{
			payments.CauseDeclined,
			"Your card was declined", "Your bank did not allow the payment. Nothing was charged. Please choose another card and try again.",
		})
	case err != nil:
		tp.Fail(err)
		tp.Because(cause)
		s.cfg.Log.WarnContext(r.Context(), "paying", "order", b.Number, "error", err)
		s.showPayment(w, r, http.StatusOK, b, number, &alert{
			cause,
			"We could not take your payment", "This is our mistake, not yours. Nothing was charged. Please try again, or use another card.",
		})
	default:
		s.forgetBasket(w)
		if receipt.Degraded != "" {
			tp.Degrade(receipt.Degraded)
		}
		http.Redirect(w, r, "/confirmation", http.StatusSeeOther)
	}
}

// causeUnavailable says that the payments service did not do its work.
const causeUnavailable = "payments-unavailable"

// paymentsClient calls the payments service.
type paymentsClient struct {
	url  string
	http *http.Client
	base *http.Transport
}

const chargeTimeout = 5 * time.Second

// newPaymentsClient returns a client that sends the customer's position to the payments service and to no other
// host. It wraps otelhttp's transport, which also writes baggage.
func newPaymentsClient(sdk *otelsetup.SDK, at *url.URL) *paymentsClient {
	base := &http.Transport{
		MaxIdleConnsPerHost:   32,
		IdleConnTimeout:       time.Minute,
		ResponseHeaderTimeout: chargeTimeout,
	}
	transport := otelhttp.NewTransport(touchpoint.Transport(base, at.Host),
		otelhttp.WithTracerProvider(sdk.TracerProvider),
		otelhttp.WithMeterProvider(sdk.MeterProvider),
		otelhttp.WithPropagators(sdk.Propagator))
	return &paymentsClient{
		url:  at.JoinPath("charges").String(),
		http: &http.Client{Transport: transport, Timeout: chargeTimeout},
		base: base,
	}
}

func (c *paymentsClient) close() { c.base.CloseIdleConnections() }

// chargeError is an error of the payments service with a class, which Cairn shows as error.type.
type chargeError struct {
	class string
	err   error
}

func (e *chargeError) Error() string { return e.err.Error() }
func (e *chargeError) Unwrap() error { return e.err }

// ErrorType returns the error's class.
func (e *chargeError) ErrorType() string { return e.class }

var (
	errDeclined   = &chargeError{"card_declined", errors.New("storefront: the card was declined")}
	errUnexpected = errors.New("storefront: the payments service did not do its work")
)

// charge charges the basket's total. It continues if the customer closes the page, because money may already be
// moving.
func (c *paymentsClient) charge(ctx context.Context, b basket, number string) (payments.Receipt, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), chargeTimeout)
	defer cancel()
	body, err := json.Marshal(payments.Charge{Order: b.Number, Amount: b.total(), Currency: currency, Card: number})
	if err != nil {
		return payments.Receipt{}, &chargeError{"encoding", fmt.Errorf("storefront: %w", err)}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return payments.Receipt{}, &chargeError{"encoding", fmt.Errorf("storefront: %w", err)}
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return payments.Receipt{}, &chargeError{"payments_unreachable", fmt.Errorf("storefront: %w", err)}
	}
	defer func() { _ = resp.Body.Close() }()
	switch resp.StatusCode {
	case http.StatusCreated:
	case http.StatusPaymentRequired:
		return payments.Receipt{}, errDeclined
	default:
		return payments.Receipt{}, &chargeError{"payments_" + strconv.Itoa(resp.StatusCode), fmt.Errorf("%w: it answered %s", errUnexpected, resp.Status)}
	}
	var receipt payments.Receipt
	if err := json.NewDecoder(io.LimitReader(resp.Body, 4<<10)).Decode(&receipt); err != nil || receipt.Status != payments.StatusPaid {
		return payments.Receipt{}, &chargeError{"payments_answer", fmt.Errorf("%w: its answer cannot be read: %w", errUnexpected, err)}
	}
	return receipt, nil
}
