// Package experience defines what the shop promises its customers: one journey, its stages, its touchpoints and
// its surveys. Both services import it, so that both use the same names with the same meaning.
package experience

import (
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// The stages of [Checkout].
const (
	StageCart         = "cart"
	StageAddress      = "address"
	StagePayment      = "payment"
	StageConfirmation = "confirmation"
)

// Confirmed is the promise of [Checkout]: a customer who gets to the payment has a confirmed order within ten minutes.
const Confirmed = "confirmed"

// Checkout is the journey from the first thing in the basket to a confirmed order. Its ID is the order number. A
// customer who does nothing for half an hour has abandoned it.
var Checkout = journey.Define("checkout",
	journey.Stages(StageCart, StageAddress, StagePayment, StageConfirmation),
	journey.Promise(Confirmed, 10*time.Minute, journey.Since(StagePayment), journey.Target(0.9)), // until it is completed
	journey.AbandonAfter(30*time.Minute),
	journey.Channels(event.Web, event.Mobile))

// The touchpoints, at which a customer and the shop interact.
var (
	// ViewCart is a look at the basket.
	ViewCart = touchpoint.Define("view-cart", touchpoint.In(Checkout, StageCart))
	// EnterAddress is the submission of the address form.
	EnterAddress = touchpoint.Define("enter-address", touchpoint.In(Checkout, StageAddress))
	// SubmitPayment is the payment as the customer sees it, in the storefront.
	SubmitPayment = touchpoint.Define("submit-payment",
		touchpoint.In(Checkout, StagePayment), touchpoint.Satisfied(800*time.Millisecond))
	// ChargeCard is the same payment as the payments service sees it.
	ChargeCard = touchpoint.Define("charge-card",
		touchpoint.In(Checkout, StagePayment), touchpoint.Satisfied(300*time.Millisecond))
	// OrderConfirmed is the first view of the confirmation, which is the customer's goal.
	OrderConfirmed = touchpoint.Define("order-confirmed",
		touchpoint.In(Checkout, StageConfirmation), touchpoint.Ends(event.Completed))
	// CallSupport is a call to the shop. It is about a checkout but belongs to none of its stages.
	CallSupport = touchpoint.Define("call-support")
)

// PostPurchase is the question on the confirmation page: how satisfied are you, 1 to 5? On the day after,
// [feedback.NPS] asks whether the customer would recommend the shop.
var PostPurchase = feedback.Define("post-purchase", feedback.CSAT)

// Definitions returns all definitions, for cx.WithDefinitions, which reports every mistake in them at once.
func Definitions() []event.Definition {
	return []event.Definition{
		Checkout, ViewCart, EnterAddress, SubmitPayment, ChargeCard, OrderConfirmed, CallSupport, PostPurchase,
	}
}
