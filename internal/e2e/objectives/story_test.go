package objectives_test

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/examples/shop/experience"
	"cairncx.dev/cairn/examples/shop/payments"
)

// The objectives of the test, beside those of the shop: both are about the payment, whose failures count at once.
const (
	works  = "payment-works"       // 95%: the budget outlasts a slow burn, and an outage spends it
	strict = "payment-never-fails" // 99.9%: one failure of ten is 100 times the share that it allows
)

// The outcomes of the journeys end after their times: see package experience.
const (
	abandoned = 30 * time.Minute
	promised  = 10 * time.Minute
	tick      = time.Minute // between two scrapes
)

// promises returns the blueprint that both the shop and the rules have.
func promises(t *testing.T) *blueprint.Blueprint {
	t.Helper()
	b, err := blueprint.From(experience.Definitions()...)
	if err != nil {
		t.Fatal(err)
	}
	week, satisfied := slo.Window{Days: 7}, 4
	payment := blueprint.Objective{Name: works, Touchpoint: "submit-payment", Good: blueprint.Good{Outcome: []string{"ok", "degraded"}}, Target: 0.95, Window: week}
	b.Objectives = []blueprint.Objective{
		{
			Name: "checkout-completes", Journey: "checkout", Good: blueprint.Good{Within: blueprint.Duration(20 * time.Minute)},
			Except: blueprint.Except{Outcome: []string{"cancelled"}}, Target: 0.6, Window: week, By: []string{"channel"},
		},
		{Name: "orders-confirmed", Journey: "checkout", Promise: experience.Confirmed, Target: 0.9, Window: week},
		{Name: "payment-feels-fast", Touchpoint: "submit-payment", Good: blueprint.Good{Apdex: []string{"satisfied"}}, Target: 0.8, Window: week},
		{Name: "customers-satisfied", Survey: "post-purchase", Good: blueprint.Good{ScoreAtLeast: &satisfied}, Target: 0.7, Window: week, MinEvents: 20},
		{Name: "shopping", Of: []blueprint.Part{{Objective: "checkout-completes", Weight: 3}, {Objective: "customers-satisfied", Weight: 1}}, Target: 0.6, Window: week},
		payment,
	}
	payment.Name, payment.Target = strict, 0.999
	b.Objectives = append(b.Objectives, payment)
	if err := b.Validate(); err != nil {
		t.Fatal(err)
	}
	return b
}

// stretch is a part of the story.
type stretch struct {
	name   string
	length time.Duration
	every  time.Duration // between two customers
	fails  int64         // of so many payments one fails; 0 is none
}

// The story: a quiet morning with one failure of ten, a healthy day, a slow burn, and an outage in a busy hour. Each fault is switched off
// long enough for the alerts to end.
const (
	quiet    = "quiet"
	oneOfTen = "one of ten"
	healthy  = "healthy"
	slowBurn = "slow burn"
	mended   = "mended"
	busy     = "busy"
	outage   = "outage"
	busyOn   = "busy again"
	evening  = "evening"
)

func story() []stretch {
	return []stretch{
		{quiet, 72 * time.Minute, 8 * time.Minute, 0},
		{oneOfTen, 8 * time.Minute, 8 * time.Minute, 1},
		{healthy, 18 * time.Hour, time.Minute, 0},
		{slowBurn, 340 * time.Minute, time.Minute, 5},
		{mended, 90 * time.Minute, time.Minute, 0},
		{busy, 20 * time.Minute, 6 * time.Second, 0},
		{outage, 18 * time.Minute, 6 * time.Second, 1},
		{busyOn, 20 * time.Minute, 6 * time.Second, 0},
		{evening, 105 * time.Minute, time.Minute, 0},
	}
}

// begins returns when a stretch begins, after the beginning of the story.
func begins(name string) (d time.Duration) {
	for _, s := range story() {
		if s.name == name {
			return d
		}
		d += s.length
	}
	panic("no stretch " + name)
}

// whole is the length of the story.
func whole() (d time.Duration) {
	for _, s := range story() {
		d += s.length
	}
	return d
}

// happened is what a customer experienced, as the objective sees it. The test writes it down by what it did, not by what Cairn says.
type happened struct {
	at        time.Duration // after the beginning of the story
	objective string
	bad       bool
}

// books has what happened.
type books struct{ all []happened }

func (b *books) write(at time.Duration, objective string, bad bool) {
	b.all = append(b.all, happened{at, objective, bad})
}

// counts returns what happened to an objective after from, until then.
func (b *books) counts(objective string, from, until time.Duration) (c slo.Counts) {
	for _, h := range b.all {
		if h.objective != objective || h.at <= from || h.at > until {
			continue
		}
		if h.bad {
			c.Bad++
		} else {
			c.Good++
		}
	}
	return c
}

// visit lets one customer buy. fails says that the bank will not answer.
func (b *books) visit(t *testing.T, s *shop, at time.Duration, fails bool) {
	t.Helper()
	c := s.enter(t)
	n := s.seen
	slow := !fails && n%25 == 0 // the bank takes a second
	if slow {
		s.bank.slow.Store(true)
	}
	page := "/confirmation"
	if fails {
		page = "/payment"
	}
	c.pay(payments.CardGood, page)
	if slow {
		at += time.Second
	}
	b.write(at, works, fails)
	b.write(at, strict, fails)
	b.write(at, "payment-feels-fast", fails || slow)
	if fails { // and leaves
		b.write(at+promised, "orders-confirmed", true)
		b.write(at+abandoned, "checkout-completes", true)
		return
	}
	b.write(at, "orders-confirmed", false)
	b.write(at, "checkout-completes", false)
	if n%3 == 0 {
		stars := []int{5, 4, 5, 3}[n/3%4]
		c.answer(stars)
		b.write(at, "customers-satisfied", stars < 4)
	}
}

// others lets customers come who buy nothing, in the minute that begins at that time.
func (b *books) others(t *testing.T, s *shop, at time.Duration) {
	t.Helper()
	switch minute := int(at / time.Minute); {
	case minute%10 == 3: // leaves without a word
		s.enter(t)
		b.write(at+abandoned, "checkout-completes", true)
	case minute%30 == 9: // counts nowhere
		s.enter(t).changeMind()
	}
}

// play tells the whole story to the shop, and calls scraped at each scrape.
func play(t *testing.T, s *shop, scraped func(at time.Duration)) *books {
	t.Helper()
	b, begin := &books{}, s.clock.now()
	at := time.Duration(0)
	for _, part := range story() {
		s.bank.breaks(part.fails)
		served := int64(0)
		next := at + part.every/2
		for end := at + part.length; at < end; at += tick {
			s.clock.set(begin.Add(at))
			s.settle(t)
			scraped(at)
			s.clock.set(begin.Add(at + time.Second))
			b.others(t, s, at+time.Second)
			for ; next < at+tick; next += part.every {
				s.clock.set(begin.Add(next))
				served++
				b.visit(t, s, next, part.fails > 0 && served%part.fails == 0)
			}
		}
	}
	s.clock.set(begin.Add(at))
	s.settle(t)
	scraped(at)
	return b
}
