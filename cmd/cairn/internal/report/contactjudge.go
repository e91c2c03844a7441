package report

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	lognoop "go.opentelemetry.io/otel/log/noop"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// Judge returns what the policy would have decided about the contacts. It asks the policy about each one, at its time, with records
// that begin empty. The result depends on the contacts and the policy only.
func (p *PastContacts) Judge(ctx context.Context, policy *touchpoint.ContactPolicy) (out *Contacts, err error) {
	if err := policy.Validate(); err != nil {
		return nil, fmt.Errorf("the contact policy: %w", err)
	}
	p.sort()
	j := &judge{
		policy: policy, names: p.names, numbers: p.numbers, needs: map[uint32]bool{},
		purposes: map[uint32]*ContactPurpose{}, refusals: map[refused]*Refusal{},
	}
	j.report = &Contacts{Policy: policy.Name(), Purposes: []ContactPurpose{}, Refusals: []Refusal{}}
	defer func() { err = errors.Join(err, j.close(context.WithoutCancel(ctx))) }()
	for i := range p.list {
		c := &p.list[i]
		if i%lookEvery == 0 && ctx.Err() != nil {
			return nil, context.Cause(ctx) //nolint:wrapcheck // the caller adds the operation
		}
		known := c.customer != [16]byte{}
		if i == 0 || !known || c.customer != p.list[i-1].customer {
			if err := j.next(ctx, i); err != nil {
				return nil, err
			}
		}
		if rule := j.decide(ctx, c); c.counts {
			j.count(c, rule)
		}
	}
	return j.finish(), nil
}

const (
	// lookEvery is the number of contacts after which Judge looks whether it has to end.
	lookEvery = 4096
	// perClient is the number of customers whose records are in memory at one time.
	perClient = 100_000
)

// judge asks the policy about contacts, those of one customer after another.
type judge struct {
	policy  *touchpoint.ContactPolicy
	names   []string
	numbers map[string]uint32
	needs   map[uint32]bool // the purposes that need consent, as far as they were met
	report  *Contacts

	now       atomic.Int64 // the time of the contact
	client    *cx.Client   // has the records of the last customers
	customers int          // that it has
	who       event.Customer
	against   bool // the customer has a contact against the policy

	purposes map[uint32]*ContactPurpose
	refusals map[refused]*Refusal
}

// refused is what is counted of contacts against the policy.
type refused struct {
	purpose, touchpoint uint32
	channel             event.Channel
	rule                string
}

// next begins with another customer.
func (j *judge) next(ctx context.Context, number int) error {
	j.who, j.against = event.Customer{ID: strconv.Itoa(number)}, false
	if j.customers++; j.client != nil && j.customers <= perClient {
		return nil
	}
	if err := j.close(ctx); err != nil {
		return err
	}
	var err error
	j.client, err = cx.New(
		cx.WithContactsInMemory(), cx.WithClock(func() time.Time { return time.Unix(0, j.now.Load()).UTC() }),
		cx.WithCustomerKey([]byte("the key of records that nobody else sees")), cx.WithImplicitStarts(), cx.WithSweepInterval(math.MaxInt64),
		cx.WithTracerProvider(tracenoop.NewTracerProvider()), cx.WithMeterProvider(metricnoop.NewMeterProvider()),
		cx.WithLoggerProvider(lognoop.NewLoggerProvider()), cx.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return fmt.Errorf("judging contacts: %w", err)
	}
	j.customers = 1
	return nil
}

func (j *judge) close(ctx context.Context) error {
	if j.client == nil {
		return nil
	}
	err := j.client.Shutdown(ctx)
	if j.client = nil; err != nil {
		return fmt.Errorf("judging contacts: %w", err)
	}
	return nil
}

// decide returns the rule that decides about the contact. The log has no consent, so a consent that the contact needs is given.
func (j *judge) decide(ctx context.Context, c *contact) (rule string) {
	ctx = cx.NewContext(ctx, j.client)
	j.now.Store(c.at)
	purpose, channel := j.names[c.purpose], c.channel
	if channel == 0 {
		channel = event.OtherChannel
	}
	grant := j.policy.Ask(ctx, j.who, purpose, channel)
	if grant.Reason() == event.RuleConsent {
		j.needs[c.purpose] = true
		if err := j.policy.Consent(ctx, j.who, touchpoint.Permit{Purpose: purpose}); err == nil {
			grant = j.policy.Ask(ctx, j.who, purpose, channel)
		}
	}
	grant.Use(ctx)
	return grant.Reason()
}

// count counts the contact.
func (j *judge) count(c *contact, rule string) {
	r := j.report
	p := j.purposes[c.purpose]
	if p == nil {
		p = &ContactPurpose{Name: j.names[c.purpose]}
		j.purposes[c.purpose] = p
	}
	r.Made++
	p.Made++
	if j.needs[c.purpose] && rule != event.RuleUndeclared {
		p.NeedConsent++
	}
	if c.customer == [16]byte{} {
		r.NoCustomer++
	}
	if c.channel == 0 {
		r.NoChannel++
	}
	if rule == event.RuleGranted {
		r.Permitted++
		p.Permitted++
		return
	}
	r.Against++
	p.Against++
	if !j.against && c.customer != [16]byte{} {
		j.against = true
		r.Customers++
	}
	key := refused{c.purpose, c.touchpoint, c.channel, rule}
	at := time.Unix(0, c.at).UTC()
	f := j.refusals[key]
	if f == nil {
		f = &Refusal{Purpose: p.Name, Rule: rule, Touchpoint: j.names[c.touchpoint], Channel: c.channel.String(), First: at, Last: at}
		j.refusals[key] = f
	}
	f.Count++
	if at.Before(f.First) {
		f.First = at
	}
	if at.After(f.Last) {
		f.Last = at
	}
}

// finish returns the report.
func (j *judge) finish() *Contacts {
	declared := j.policy.Purposes()
	for _, name := range declared {
		if n, ok := j.numbers[name]; !ok || j.purposes[n] == nil {
			j.report.Purposes = append(j.report.Purposes, ContactPurpose{Name: name})
		}
	}
	for n, p := range j.purposes {
		p.Unknown = !slices.Contains(declared, j.names[n])
		j.report.Purposes = append(j.report.Purposes, *p)
	}
	slices.SortFunc(j.report.Purposes, func(a, b ContactPurpose) int {
		return cmp.Or(-compareBool(a.Unknown, b.Unknown), cmp.Compare(a.Name, b.Name))
	})
	for _, f := range j.refusals {
		j.report.Refusals = append(j.report.Refusals, *f)
	}
	slices.SortFunc(j.report.Refusals, func(a, b Refusal) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Purpose, b.Purpose), cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Touchpoint, b.Touchpoint), cmp.Compare(a.Channel, b.Channel))
	})
	return j.report
}
