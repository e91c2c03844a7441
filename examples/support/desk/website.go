package desk

import (
	"context"
	"errors"
	"net/http"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// newTown is so new that the directory of the website does not know it. Order 1002 is with a carrier that does not answer.
const (
	newTown    = "Newfield"
	lostOrder  = "1002"
	lateOrder  = "1003"
	otherOrder = "1001"
)

func towns() []string  { return []string{"Riverton", newTown} }
func orders() []string { return []string{otherOrder, lostOrder, lateOrder} }

// takeAddress is a step of self-service. When it fails and the customer contacts the company about the same matter afterwards, the
// matter has escalated from here: the intent ties both together.
func (a *App) takeAddress(ctx context.Context, v *visit, r *http.Request) (string, error) {
	_, step := a.changeAddress.Start(a.within(ctx, v, intentAddress, stageAlone, event.Web), event.Web, v.customer(), v.numbered(), touchpoint.Intent(intentAddress))
	defer step.End()
	street, town := text(r, "street"), choice(r, "town", towns()...)
	if street == "" {
		step.Cancel()
		return "", errors.New("write the street and the number")
	}
	if town == newTown {
		step.Because(causeUnknownTown)
		step.Fail(errNoTown)
		v.intent = intentAddress
		return "", errNoTown
	}
	v.address = street + ", " + town
	defer v.done(intentAddress)
	return "The address is changed.", nil
}

var (
	errNoTown  = errors.New("our directory does not know this town: chat with us, or call")
	errCarrier = errors.New("the carrier does not answer: chat with us, or call")
)

// takeTracking is another step of self-service.
func (a *App) takeTracking(ctx context.Context, v *visit, r *http.Request) (string, error) {
	_, step := a.trackOrder.Start(a.within(ctx, v, intentOrder, stageAlone, event.Web), event.Web, v.customer(), v.numbered(), touchpoint.Intent(intentOrder))
	defer step.End()
	switch choice(r, "order", orders()...) {
	case lostOrder:
		step.Because(causeCarrier)
		step.Fail(errCarrier)
		v.intent = intentOrder
		return "", errCarrier
	case lateOrder:
		step.Degrade(causeOutOfStock)
		return "Order " + lateOrder + " is late: the bench is out of stock until Friday.", nil
	default:
		defer v.done(intentOrder)
		return "Order " + otherOrder + " is on its way, and arrives tomorrow.", nil
	}
}
