// Package experience defines what the shop promises its customers: one journey, its stages and its touchpoints. Its blueprint.yaml has what
// the shop asks them, and how it answers. Both services import it, so that both use the same names with the same meaning.
package experience

import (
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
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

// Definitions returns all definitions, for cx.WithDefinitions, which reports every mistake in them at once.
func Definitions() []event.Definition {
	return append([]event.Definition{
		Checkout, ViewCart, EnterAddress, SubmitPayment, ChargeCard, OrderConfirmed, CallSupport, SurveyMail, CampaignMail, AnswerMail,
	}, Blueprint().Definitions()...)
}

// Objectives returns what share of its customers the shop wants to serve well, for cx.WithObjectives. A customer who cancels has
// changed their mind, and counts nowhere.
func Objectives() []slo.Objective {
	week, satisfied := slo.Window{Days: 7}, 4.0
	return []slo.Objective{
		{
			Name: "checkout-completes", Journey: Checkout.Name(), Good: slo.Criteria{Within: 20 * time.Minute},
			Except: slo.Except{Outcomes: []event.Outcome{event.Cancelled}}, Target: 0.6, Window: week, By: []slo.Dimension{slo.ByChannel},
		},
		{Name: "orders-confirmed", Journey: Checkout.Name(), Promise: Confirmed, Target: 0.9, Window: week},
		{Name: "payment-feels-fast", Touchpoint: SubmitPayment.Name(), Good: slo.Criteria{Zones: []event.Zone{event.Satisfied}}, Target: 0.8, Window: week},
		{Name: "customers-satisfied", Survey: PostPurchase.Name(), Good: slo.Criteria{ScoreAtLeast: &satisfied}, Target: 0.7, Window: week, MinEvents: 20},
		{
			Name: "shopping", Of: []slo.Part{{Objective: "checkout-completes", Weight: 3}, {Objective: "customers-satisfied", Weight: 1}},
			Target: 0.6, Window: week,
		},
	}
}
