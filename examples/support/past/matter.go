package past

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// Customers of the past have the numbers from First on: the first one is customer-2001.
const (
	First     = 2001
	customers = 2200
)

// The names of the blueprint.
const (
	stageAlone  = "alone"
	stageHelped = "helped"

	intentAddress = "change-address"
	intentOrder   = "order-late"
	intentRefund  = "refund"

	queueOrders  = "orders"
	queueBilling = "billing"
	queueSocial  = "social"

	causeCarrier   = "carrier-silent"
	causeTown      = "unknown-town"
	causeStock     = "out-of-stock"
	causeAuthority = "no-authority"
)

var (
	errCarrier = errors.New("the carrier does not answer")
	errTown    = errors.New("the directory does not know this town")
)

// matter is what one customer wants.
type matter struct {
	id       string
	intent   string
	customer event.Customer
	ctx      context.Context //nolint:containedctx // of the run
	contacts int
	last     string // the employee who helped last
	over     bool
}

// everyone plans the customers of the days that begin before the time and have none yet. Those whose time is over do not come.
func (p *player) everyone(until time.Time) {
	now, day := p.Now(), p.planned
	come := func(t time.Time, do func()) {
		if !t.Before(now) {
			p.comes(t, do)
		}
	}
	for ; day.Before(until); day = day.AddDate(0, 0, 1) {
		n := 92
		if day.Weekday() == time.Saturday {
			n = 34
		} else if day.Weekday() == time.Sunday {
			n = 22
		}
		n = n*9/10 + p.dice.IntN(n/5)
		for range n {
			come(day.Add(7*time.Hour+time.Duration((p.dice.Float64()+p.dice.Float64())/2*float64(15*time.Hour))), p.begin)
		}
		come(day.Add(p.between(8*time.Hour, 20*time.Hour)), p.mention)
		come(day.Add(p.between(8*time.Hour, 20*time.Hour)), p.mention)
		for range 3 {
			come(p.office(day.Add(p.between(8*time.Hour, 17*time.Hour))), p.thread)
		}
	}
	p.planned = day
}

// anyCustomer returns a customer: one of twenty acts for a company.
func (p *player) anyCustomer() event.Customer {
	n := First + p.dice.IntN(customers)
	c := event.Customer{ID: fmt.Sprint("customer-", n), Segment: "home"}
	if n%5 == 0 {
		c.Segment = "trade"
	}
	return c
}

// begin begins the matter of a customer.
func (p *player) begin() {
	p.matters++
	m := &matter{id: fmt.Sprint("M-", 10000+p.matters), customer: p.anyCustomer()}
	carrier, site, channel := p.carrier(), p.website(), event.Web
	if p.chance(0.3) {
		channel = event.Mobile
	}
	m.ctx = p.matter.Start(p.ctx, m.id, m.customer, journey.Via(channel), journey.Worth(int64(40+p.dice.IntN(700))*100, "EUR"),
		journey.Variant(event.Variant{Release: site}), journey.Attributes(attribute.String(Carrier, carrier)))
	switch at := p.dice.Float64(); {
	case at < 0.65:
		m.intent = intentOrder
		m.ctx = p.matter.Enter(m.ctx, stageAlone, journey.Via(channel))
		p.track(m, channel, p.silent(carrier, site))
	case at < 0.85:
		m.intent = intentAddress
		m.ctx = p.matter.Enter(m.ctx, stageAlone, journey.Via(channel))
		p.address(m, channel)
	default:
		m.intent = intentRefund
		p.contact(m)
	}
}

// track is the page that says where an order is.
func (p *player) track(m *matter, on event.Channel, silent float64) {
	_, step := p.trackOrder.Start(m.ctx, on, touchpoint.From(m.customer), touchpoint.Intent(m.intent))
	p.in(p.between(200*time.Millisecond, 1500*time.Millisecond), func() {
		defer step.End()
		switch {
		case p.chance(silent):
			step.Because(causeCarrier)
			step.Fail(errCarrier)
			p.alone(m)
		case p.chance(0.08):
			step.Degrade(causeStock)
			p.in(p.between(10*time.Minute, 5*time.Hour), func() { p.contact(m) })
		default:
			p.in(time.Minute, func() { p.done(m) })
		}
	})
}

// address is the form that changes a delivery address.
func (p *player) address(m *matter, on event.Channel) {
	_, step := p.changeAddress.Start(m.ctx, on, touchpoint.From(m.customer), touchpoint.Intent(m.intent))
	p.in(p.between(150*time.Millisecond, 1200*time.Millisecond), func() {
		defer step.End()
		if !p.chance(p.unknownTown()) {
			p.in(time.Minute, func() { p.done(m) })
			return
		}
		step.Because(causeTown)
		step.Fail(errTown)
		p.alone(m)
	})
}

// alone is what a customer does whom the website has not helped: half of them ask for help, and the others leave.
func (p *player) alone(m *matter) {
	if p.chance(0.5) {
		p.in(p.between(4*time.Minute, 100*time.Minute), func() { p.contact(m) })
	}
}

// done completes the matter.
func (p *player) done(m *matter) {
	if !m.over {
		m.over = true
		p.matter.Complete(m.ctx)
	}
}
