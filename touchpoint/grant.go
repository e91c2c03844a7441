package touchpoint

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
)

// AskOption is an option of [ContactPolicy.Ask] and [ContactPolicy.May]. An option value may be reused.
type AskOption interface{ applyAsk(*question) }

type askOption func(*question)

func (f askOption) applyAsk(q *question) { f(q) }

// question is what the options of Ask say.
type question struct {
	addressee, zone string
	topic           string
	within          time.Duration
	atOnce          bool
}

// To names the person or the address that is contacted, by the application's own ID of 1 to [event.MaxID] bytes: an e-mail address, a
// telephone number, or the ID of another customer. A suppression of the addressee refuses the contact, and so does one of the
// customer. Consent, holds and caps are the customer's. The client hashes it, and no event has it. Default: the customer.
func To(addressee string) AskOption { return askOption(func(q *question) { q.addressee = addressee }) }

// InZone names the customer's time zone for [QuietHours], by its name in the IANA database. A name that is not known counts as the
// fault unknown_name. Default, and for "": the zone of the quiet hours.
func InZone(zone string) AskOption { return askOption(func(q *question) { q.zone = zone }) }

// Once refuses the contact, as [event.RuleCap], where the customer has had a contact about the topic within this time, which is more than 0
// and at most [MaxCapWindow]. The topic is a name of at most [event.MaxName] bytes, such as that of a survey. The caps of the policy count
// the contact as well. A contact with Once counts for all later questions with the same topic, on every channel. A question with Once is
// refused where the customer's record does not answer, also with [GrantedIfUnknown]. Default: no topic.
func Once(topic string, within time.Duration) AskOption {
	return askOption(func(q *question) { q.topic, q.within = topic, within })
}

// AtOnce makes Ask the use of the grant too: the contact counts from the ask on until it is out of its windows, in one round trip.
// [Grant.Use] then asks nothing. Use it where the customer sees the contact as soon as it is granted. Default: the grant is used by
// [Grant.Use] or [Granted].
func AtOnce() AskOption { return askOption(func(q *question) { q.atOnce = true }) }

// topicMark precedes a topic among the names of purposes, none of which begins with it.
const topicMark = "_"

// onceTerms returns the terms of a question about a topic. They fail closed. The name of the topic is that of no purpose.
func (q *question) onceTerms(t *flight.Terms) (terms *flight.Terms, topic string, ok bool) {
	if q.topic == "" && q.within == 0 {
		return t, "", true
	}
	if !event.ValidName(q.topic) || q.within <= 0 || q.within > MaxCapWindow {
		return t, "", false
	}
	once := *t
	topic = topicMark + q.topic
	once.Caps = append(slices.Clip(t.Caps), flight.Cap{Most: 1, Within: q.within, Purposes: []string{topic}})
	once.Keep, once.Unchecked = max(t.Keep, q.within), false
	return &once, topic, true
}

// Grant is the answer of a [ContactPolicy] to one question. Safe for concurrent use. A nil Grant is one that was refused as unknown.
type Grant struct {
	desk   flight.Desk // nil where nothing was reserved
	asking flight.Asking

	mu     sync.Mutex
	answer flight.Answer
	used   bool // Use has been answered
	begun  bool // an interaction carries it
}

// Ask asks whether the company may contact the customer for this purpose on this channel, and reserves the contact: it counts
// against the caps from now on. For the zero customer it asks about the customer of the context. The caller uses the grant before
// it sends ([Grant.Use], [Granted]), and releases it if the contact is not made. A grant that is not used lapses ([GrantLife]).
//
// Ask is the only recording call that waits: for one round trip to the store, at most as long as [ContactWait] says and until ctx is
// done. If two instances ask for the last permitted contact, one gets it.
//
// A contact is refused if the customer or the addressee is suppressed; if a hold is open; without consent; in quiet hours; and when
// a cap is reached. The first of these that applies is the reason. It is refused as [event.RuleUnknown] without a client, without a
// customer key (cx.WithCustomerKey), without a store, and if the store does not answer. Each refusal is recorded as
// contact.suppressed, in the journey of the context. The metric cx.contact.decisions counts grants and refusals.
func (p *ContactPolicy) Ask(ctx context.Context, customer event.Customer, purpose string, c event.Channel, opts ...AskOption) *Grant {
	if ctx == nil {
		ctx = context.Background()
	}
	g, wait := p.prepare(ctx, customer, purpose, c, opts)
	if g.answer.Rule == "" {
		ctx, cancel := context.WithTimeout(ctx, wait.Wait)
		g.answer = g.desk.Ask(ctx, &g.asking)
		g.used = g.asking.AtOnce
		cancel()
	}
	if !g.answer.OK() {
		g.suppressed(ctx)
	}
	return g
}

// May reports whether [ContactPolicy.Ask] would grant the contact now, and the rule that decides. It reserves nothing, and records
// and counts nothing. It waits as Ask does.
func (p *ContactPolicy) May(ctx context.Context, customer event.Customer, purpose string, c event.Channel, opts ...AskOption) (ok bool, reason string) {
	if ctx == nil {
		ctx = context.Background()
	}
	g, wait := p.prepare(ctx, customer, purpose, c, opts)
	if g.answer.Rule == "" {
		ctx, cancel := context.WithTimeout(ctx, wait.Wait)
		defer cancel()
		g.answer = g.desk.May(ctx, &g.asking)
	}
	return g.answer.OK(), g.answer.Rule
}

// prepare returns a grant without an answer, or with the answer of a question that the desk is not asked.
func (p *ContactPolicy) prepare(ctx context.Context, customer event.Customer, name string, c event.Channel, opts []AskOption) (*Grant, *flight.Terms) {
	var q question
	for _, o := range opts {
		if o != nil {
			o.applyAsk(&q)
		}
	}
	if customer == (event.Customer{}) {
		if at := flight.PositionFromContext(ctx); at != nil {
			customer = at.Customer
		}
	}
	g := &Grant{asking: flight.Asking{Customer: customer, Addressee: q.addressee, Purpose: name, Channel: c}}
	refuse := func(rule string, f fault.Fault, detail string) (*Grant, *flight.Terms) {
		if detail != "" {
			flight.Fault(ctx, fault.Report{Fault: f, Name: name, Detail: detail})
		}
		g.answer.Rule = rule
		return g, nil
	}
	if g.desk = flight.DeskFrom(ctx); g.desk == nil || p == nil {
		return refuse(event.RuleUnknown, 0, "")
	}
	plans, err := p.plan()
	if err != nil {
		return refuse(event.RuleUnknown, fault.InvalidName, err.Error())
	}
	u := plans[name]
	if u == nil {
		g.asking.Purpose = event.Other
		return refuse(event.RuleUndeclared, fault.UnknownName, "the contact policy has no such purpose")
	}
	if c.String() == "" || c == 0 || len(u.channels) > 0 && !slices.Contains(u.channels, c) {
		return refuse(event.RuleUndeclared, fault.UnknownName, "the purpose may not be used on the channel "+c.String())
	}
	quiet, known := u.quietIn(q.zone)
	if !known {
		flight.Fault(ctx, fault.Report{Fault: fault.UnknownName, Name: q.zone, Detail: "it is no time zone: the quiet hours apply in their own one"})
	}
	g.asking.Quiet, g.asking.AtOnce = quiet, q.atOnce
	var valid bool
	if g.asking.Terms, g.asking.Topic, valid = q.onceTerms(u.terms[c]); !valid {
		return refuse(event.RuleUnknown, fault.InvalidName,
			fmt.Sprintf("Once(%.80q, %v): give a name, and a time of more than 0 and at most %v", q.topic, q.within, MaxCapWindow))
	}
	return g, g.asking.Terms
}

// suppressed records that the contact is not made.
func (g *Grant) suppressed(ctx context.Context) {
	rec := flight.RecorderFrom(ctx)
	if rec == nil {
		return
	}
	e := flight.Get()
	e.SetPosition(flight.PositionFromContext(ctx))
	e.Kind, e.Channel, e.Direction, e.Cause = event.ContactSuppressed, g.asking.Channel, event.Outbound, g.answer.Cause
	e.Contact = &event.Contact{Purpose: g.asking.Purpose, Rule: g.answer.Rule, Grant: g.asking.ID}
	if g.asking.Customer != (event.Customer{}) {
		e.SetCustomer(g.asking.Customer)
	}
	rec.Record(ctx, e)
	e.Put()
}

// OK reports whether the contact may be made. It changes to false when the grant is used in vain or released.
func (g *Grant) OK() bool {
	if g == nil {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.answer.OK()
}

// Reason returns the rule that decided: [event.RuleGranted], [event.RuleUnchecked], or that of the refusal.
func (g *Grant) Reason() string {
	if g == nil {
		return event.RuleUnknown
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.answer.Rule
}

// Cause returns what the rule is about: the reason of the suppression, or the name of the hold; else "".
func (g *Grant) Cause() string {
	if g == nil {
		return ""
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.answer.Cause
}

// ID returns the ID of the grant. It is zero for a contact that was refused before the record was asked.
func (g *Grant) ID() event.ID {
	if g == nil {
		return event.ID{}
	}
	return g.asking.ID
}

// Use commits that the contact is about to be made, and reports whether it still may be. Call it right before sending. It asks the
// record again, in one round trip, and waits as [ContactPolicy.Ask] does: it is false if the grant has lapsed, if consent was
// withdrawn, a hold opened or a suppression recorded since Ask, in quiet hours, and if the store does not answer. The quiet hours are
// those of the zone that Ask was given. The refusal is final, frees the grant, and is recorded as contact.suppressed: ask again in the
// morning. After the first call Use returns [Grant.OK] and asks nothing, and so does a grant that is [event.RuleUnchecked].
//
// A contact that is used counts against the caps from then on, also if the process ends before it has sent it.
func (g *Grant) Use(ctx context.Context) bool {
	if g == nil {
		return false
	}
	if ctx == nil {
		ctx = context.Background()
	}
	ok, refused := g.use(ctx)
	if refused {
		g.suppressed(ctx)
	}
	return ok
}

// use is Use without the event. Refused says that the contact was granted before.
func (g *Grant) use(ctx context.Context) (ok, refused bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.used || !g.answer.OK() {
		return g.answer.OK(), false
	}
	g.used = true
	if g.answer.Rule == event.RuleUnchecked {
		return true, false // the record has nothing of it
	}
	ctx, cancel := context.WithTimeout(ctx, g.asking.Terms.Wait)
	defer cancel()
	customer := g.answer.Customer
	g.answer = g.desk.Use(ctx, &g.asking)
	g.answer.Customer = customer
	return g.answer.OK(), !g.answer.OK()
}

// Release frees the grant: the contact is not made, or was not made although the grant was used. It does nothing for a grant that
// was refused or released. It waits as [ContactPolicy.Ask] does; what the store does not take meanwhile, the client frees in the
// background.
func (g *Grant) Release(ctx context.Context) {
	if g == nil {
		return
	}
	if ctx == nil {
		ctx = context.Background()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.answer.OK() {
		return
	}
	g.answer.Rule = event.RuleReleased
	if !g.asking.ID.IsZero() { // otherwise nothing was asked
		ctx, cancel := context.WithTimeout(ctx, g.asking.Terms.Wait)
		defer cancel()
		g.desk.Release(ctx, &g.asking)
	}
}

// carry makes the event carry the grant.
func (g *Grant) carry(e *flight.Event) {
	e.Direction = event.Outbound
	c := contactOf(e)
	if g != nil {
		c.Purpose, c.Grant = cmp.Or(c.Purpose, g.asking.Purpose), g.asking.ID
		if e.Customer == (event.Customer{}) {
			e.SetCustomer(g.asking.Customer)
		}
	}
	e.Carry(carried{g})
}

// carried is a Grant as an interaction carries it.
type carried struct{ g *Grant }

var _ flight.Carried = carried{}

// Begin implements [flight.Carried].
func (c carried) Begin(ctx context.Context) (is flight.Contact) {
	g := c.g
	if g == nil {
		return flight.Contact{Against: event.RuleNoGrant}
	}
	g.use(ctx)
	g.mu.Lock()
	defer g.mu.Unlock()
	is = flight.Contact{Customer: g.answer.Customer, Purpose: g.asking.Purpose, Channel: g.asking.Channel}
	switch {
	case !g.answer.OK():
		is.Against = g.answer.Rule
	case g.begun:
		is.Against = event.RuleUsed
	}
	g.begun = true
	return is
}
