package report

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
)

// People has the numbers of the contacts in which people, or the company's bot, helped customers. The definitions are those of package
// assist, which names their sources.
type People struct {
	// Contacts counts the contacts, Answered those that a person answered or replied to, Transfers how often a person passed one on, and
	// Returns the transfers that went back to a queue in which the contact had been before.
	Contacts  int64 `json:"contacts"`
	Answered  int64 `json:"answered"`
	Transfers int64 `json:"transfers"`
	Returns   int64 `json:"returns"`
	// Claimed counts the contacts at whose end it was said whether the matter is resolved, and Resolved those where it was.
	Claimed  int64 `json:"claimed"`
	Resolved int64 `json:"claimed_resolved"`
	// WithCustomer, WithIntent and WithBoth count the contacts whose customer, intent, and both are known: the coverage of what is said of
	// repeated contacts.
	WithCustomer int64 `json:"with_customer"`
	WithIntent   int64 `json:"with_intent"`
	WithBoth     int64 `json:"with_customer_and_intent"`
	// Queues are the queues, in alphabetical order, and ByChannel the queues by channel, in the order of queue and channel. The name ""
	// stands for no queue, and for no channel.
	Queues    []Queue `json:"queues"`
	ByChannel []Queue `json:"queues_by_channel"`
}

// Queue has the numbers of one queue, or of one queue and one channel. A leg is the part of a contact in one queue.
type Queue struct {
	Name    string `json:"name"`
	Channel string `json:"channel,omitempty"`
	// Contacts counts the contacts with a leg in the queue. Queued counts the legs that waited, if only for a moment, and Answered those of
	// them that a person answered.
	Contacts int64 `json:"contacts"`
	Queued   int64 `json:"queued"`
	Answered int64 `json:"answered"`
	// Abandoned counts the legs that the customer left, without ShortAbandons, who left almost at once. Others counts those that overflowed,
	// were exchanged for a callback, or were closed, or of which the end is not known.
	Abandoned     int64 `json:"abandoned"`
	ShortAbandons int64 `json:"short_abandons"`
	Others        int64 `json:"other_ends"`
	// Abandonment is Abandoned over Queued without ShortAbandons, or nil if none was queued.
	Abandonment *float64 `json:"abandonment"`
	// Level is the service level that the blueprint promises, or nil. Counted counts the legs that count for it, Good those that met it, and
	// ServiceLevel is Good over Counted, or nil if none counts.
	Level        *Level   `json:"service_level_promised"`
	Counted      int64    `json:"service_level_counted"`
	Good         int64    `json:"service_level_good"`
	ServiceLevel *float64 `json:"service_level"`
	// SpeedOfAnswer is the mean wait of the answered, with those who did not wait, in seconds, or nil if none was answered.
	SpeedOfAnswer *float64 `json:"speed_of_answer_seconds"`
	// Handled counts the legs that a person answered, also without a queue. HandleTime is the mean of their talk, hold and wrap in seconds,
	// or nil if there are none. Divide HandledSeconds by the seconds in which the queue's employees were signed in for the occupancy.
	Handled        int64    `json:"handled"`
	HandleTime     *float64 `json:"handle_time_seconds"`
	HandledSeconds float64  `json:"handled_seconds"`
	// Transfers counts the legs that a person answered and passed on.
	Transfers int64 `json:"transfers"`
}

// Level is a service level of the blueprint.
type Level struct {
	Within       float64 `json:"within_seconds"`
	Variant      string  `json:"variant"`
	ShortAbandon float64 `json:"short_abandon_seconds"`
	FlowOuts     bool    `json:"flow_outs"`
}

// people counts contacts with people. The zero value is ready.
type people struct {
	levels                             map[string]assist.Level
	contacts, customers, intents, both int64
	answered, claimed, resolved        int64
	transfers, returns                 int64
	queues                             map[queueKey]*queueCount
}

// queueKey is a queue on one channel.
type queueKey struct{ queue, channel string }

type queueCount struct {
	contacts int64
	assist.Numbers
}

// count counts the event if it is a contact with people. Tally.Process leaves probes out.
func (p *people) count(e *event.Event) {
	if e.Assisted == nil || e.Kind != event.TouchpointEnded {
		return
	}
	p.contacts++
	one := assist.NewTally(p.levels) // it has the definitions
	one.Add(e)
	c := one.Contacts()
	p.answered += int64(c.Answered)
	p.transfers, p.returns = p.transfers+int64(c.Transfers), p.returns+int64(c.Returns)
	p.resolved += int64(c.Resolved)
	p.claimed += int64(c.Resolved + c.Unresolved)
	customer := e.Customer.Hash != ""
	intent := e.Intent != "" && e.Intent != event.Other // several problems are folded into it
	p.customers, p.intents, p.both = p.customers+count(customer), p.intents+count(intent), p.both+count(customer && intent)
	for _, name := range one.Queues() {
		q := p.of(queueKey{name, e.Channel.String()})
		q.contacts++
		more := one.Queue(name)
		q.Merge(&more)
	}
}

func count(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

// of returns the counts of the queue on the channel. Further queues than a report can have count as [event.Other].
func (p *people) of(key queueKey) *queueCount {
	if p.queues == nil {
		p.queues = map[queueKey]*queueCount{}
	}
	q := p.queues[key]
	if q == nil && len(p.queues) >= assist.MaxQueues {
		key.queue = event.Other
		q = p.queues[key]
	}
	if q == nil {
		q = &queueCount{}
		p.queues[key] = q
	}
	return q
}

// add adds the counts of o.
func (p *people) add(o *people) {
	p.contacts, p.answered, p.claimed, p.resolved = p.contacts+o.contacts, p.answered+o.answered, p.claimed+o.claimed, p.resolved+o.resolved
	p.transfers, p.returns = p.transfers+o.transfers, p.returns+o.returns
	p.customers, p.intents, p.both = p.customers+o.customers, p.intents+o.intents, p.both+o.both
	for _, key := range slices.SortedFunc(maps.Keys(o.queues), queueKey.compare) {
		more := o.queues[key]
		q := p.of(key)
		q.contacts += more.contacts
		q.Merge(&more.Numbers)
	}
}

func (k queueKey) compare(o queueKey) int {
	return cmp.Or(cmp.Compare(k.queue, o.queue), cmp.Compare(k.channel, o.channel))
}

// report returns the numbers, or nil without a contact.
func (p *people) report() *People {
	if p.contacts == 0 {
		return nil
	}
	r := &People{
		Contacts: p.contacts, Answered: p.answered, Transfers: p.transfers, Returns: p.returns, Claimed: p.claimed, Resolved: p.resolved,
		WithCustomer: p.customers, WithIntent: p.intents, WithBoth: p.both, Queues: []Queue{}, ByChannel: []Queue{},
	}
	all := map[string]*queueCount{}
	for _, key := range slices.SortedFunc(maps.Keys(p.queues), queueKey.compare) {
		q := p.queues[key]
		one := p.queue(key.queue, q)
		one.Channel = key.channel
		r.ByChannel = append(r.ByChannel, one)
		sum := all[key.queue]
		if sum == nil {
			sum = &queueCount{}
			all[key.queue] = sum
		}
		sum.contacts += q.contacts
		sum.Merge(&q.Numbers)
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		r.Queues = append(r.Queues, p.queue(name, all[name]))
	}
	return r
}

// queue returns the numbers of a queue.
func (p *people) queue(name string, n *queueCount) Queue {
	q := Queue{
		Name: name, Contacts: n.contacts, Queued: int64(n.Queued), Answered: int64(n.Answered), Abandoned: int64(n.Abandoned),
		ShortAbandons: int64(n.ShortAbandons), Others: int64(n.Overflowed + n.Callbacks + n.Closed + n.Unknown),
		Counted: int64(n.Counted), Good: int64(n.Good), Handled: int64(n.Handled), HandledSeconds: n.Handling().Seconds(), Transfers: int64(n.Transfers),
	}
	if share, ok := n.Abandonment(); ok {
		q.Abandonment = &share
	}
	if share, ok := n.ServiceLevel(); ok {
		q.ServiceLevel = &share
	}
	seconds := func(d time.Duration, ok bool) *float64 {
		if !ok {
			return nil
		}
		s := d.Seconds()
		return &s
	}
	q.SpeedOfAnswer = seconds(n.SpeedOfAnswer())
	q.HandleTime = seconds(n.HandleTime())
	if l, ok := p.levels[name]; ok {
		q.Level = &Level{Within: l.Within.Seconds(), Variant: l.Variant.String(), ShortAbandon: l.ShortWait().Seconds(), FlowOuts: l.FlowOuts}
	}
	return q
}
