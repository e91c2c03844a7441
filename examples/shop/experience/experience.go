// Package experience is what the shop promises its customers: one journey, its stages, the
// touchpoints in it and what is asked afterwards. Both services import it, so that they mean
// the same by the same names.
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

// Checkout is the journey from the first thing in the basket to a confirmed order. Its ID is
// the order number. Who does nothing for half an hour has left.
var Checkout = journey.Define("checkout",
	journey.Stages(StageCart, StageAddress, StagePayment, StageConfirmation),
	journey.AbandonAfter(30*time.Minute),
	journey.Channels(event.Web, event.Mobile))

// The touchpoints: where customer and shop meet.
var (
	// ViewCart is looking at the basket.
	ViewCart = touchpoint.Define("view-cart", touchpoint.In(Checkout, StageCart))
	// EnterAddress is sending the address form.
	EnterAddress = touchpoint.Define("enter-address", touchpoint.In(Checkout, StageAddress))
	// SubmitPayment is paying, as the customer sees it: in the storefront.
	SubmitPayment = touchpoint.Define("submit-payment",
		touchpoint.In(Checkout, StagePayment), touchpoint.Satisfied(800*time.Millisecond))
	// ChargeCard is the same payment behind the scenes: in the payments service.
	ChargeCard = touchpoint.Define("charge-card",
		touchpoint.In(Checkout, StagePayment), touchpoint.Satisfied(300*time.Millisecond))
	// OrderConfirmed is seeing the confirmation, which is what the customer came for.
	OrderConfirmed = touchpoint.Define("order-confirmed",
		touchpoint.In(Checkout, StageConfirmation), touchpoint.Ends(event.Completed))
	// CallSupport is a call to the shop: about a checkout, but in no stage of it.
	CallSupport = touchpoint.Define("call-support")
)

// PostPurchase is the question on the confirmation page: how satisfied are you, 1 to 5? The day
// after, [feedback.NPS] asks whether they would recommend the shop.
var PostPurchase = feedback.Define("post-purchase", feedback.CSAT)

// Definitions returns all of it, for cx.WithDefinitions, which finds every mistake at once.
func Definitions() []event.Definition {
	return []event.Definition{
		Checkout, ViewCart, EnterAddress, SubmitPayment, ChargeCard, OrderConfirmed, CallSupport, PostPurchase,
	}
}
