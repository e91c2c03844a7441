// Package journal keeps the events of the demonstration, and gives the page to read its numbers: those of each queue, those of each
// matter, and what happened to one customer. A company asks its metrics and its archive instead.
package journal

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
)

// CustomerKey is the attribute that has the number of a demonstration's customer, which the events have only as a hash otherwise.
const CustomerKey = attribute.Key("larkfield.customer")

// The bounds of a journal. What comes after that counts in the numbers of the queues and is not kept.
const (
	maxContacts  = 20_000 // contacts, for the numbers of the matters
	maxCustomers = 1_000
	maxEvents    = 200 // of one customer
)

// Journal is a processor that keeps what it sees. Make it with [New]. It is safe for concurrent use.
type Journal struct {
	queues    []assist.Queue
	intents   []string
	targets   map[string]float64
	zone      *time.Location
	mu        sync.Mutex
	tally     *assist.Tally
	table     *assist.Table
	contacts  []event.Event
	efforts   int                  // that the client has told as over
	customers map[string]*customer // by hash
}

type customer struct {
	number string
	events []event.Event
}

var _ event.Processor = (*Journal)(nil)

// New returns an empty journal. The queues, their service levels, the matters and the targets are those of the blueprint, and half hours
// are those of the zone.
func New(bp *blueprint.Blueprint, zone *time.Location) (*Journal, error) {
	table, err := assist.NewTable(assist.HalfHour, zone, bp.Levels())
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	j := &Journal{
		queues: bp.AllQueues(), intents: bp.Intents, targets: map[string]float64{}, zone: zone,
		tally: assist.NewTally(bp.Levels()), table: table, customers: map[string]*customer{},
	}
	for _, o := range bp.AllObjectives() {
		if o.Queue != "" && o.Good.ServiceLevel != (assist.Level{}) {
			j.targets[o.Queue] = o.Target
		}
	}
	return j, nil
}

// Process implements [event.Processor].
func (j *Journal) Process(_ context.Context, e *event.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if e.Kind == event.ContactResolved && e.Contact == nil {
		j.efforts++
	}
	if e.Assisted != nil {
		j.tally.Add(e)
		j.table.Add(e)
		if len(j.contacts) < maxContacts {
			j.contacts = append(j.contacts, *e)
		}
	}
	if c := j.customer(e); c != nil && len(c.events) < maxEvents {
		c.events = append(c.events, *e)
	}
}

// customer returns the customer of the event, or nil.
func (j *Journal) customer(e *event.Event) *customer {
	hash := e.Customer.Hash
	if hash == "" {
		return nil
	}
	c := j.customers[hash]
	if c == nil {
		if len(j.customers) >= maxCustomers {
			return nil
		}
		c = &customer{}
		j.customers[hash] = c
	}
	for _, kv := range e.Attributes {
		if kv.Key == CustomerKey {
			c.number = kv.Value.AsString()
		}
	}
	return c
}

// Shutdown implements [event.Processor].
func (*Journal) Shutdown(context.Context) error { return nil }

// Report is what the journal says at one time.
type Report struct {
	Queues    []Queue
	HalfHours []assist.Row
	Matters   []Matter
	Contacts  assist.Contacts
	// Told is how many efforts the client has told as over.
	Told int
}

// Queue is one queue with its service level, its target, which is 0 without one, and its numbers.
type Queue struct {
	assist.Queue
	assist.Numbers

	Target float64
}

// Matter is what became of the contacts about one intent, or about all, which have the name "".
type Matter struct {
	Intent string
	assist.Resolution
}

// Report returns the numbers. Efforts whose window is over at now are decided.
func (j *Journal) Report(now time.Time, window time.Duration) Report {
	j.mu.Lock()
	r := Report{HalfHours: slices.DeleteFunc(j.table.Rows(), empty), Contacts: j.tally.Contacts(), Told: j.efforts}
	for _, q := range j.queues {
		r.Queues = append(r.Queues, Queue{Queue: q, Numbers: j.tally.Queue(q.Name), Target: j.targets[q.Name]})
	}
	contacts := j.contacts[:len(j.contacts):len(j.contacts)]
	j.mu.Unlock()
	for _, intent := range j.intents {
		of := slices.DeleteFunc(slices.Clone(contacts), func(e event.Event) bool { return e.Intent != intent })
		r.Matters = append(r.Matters, Matter{intent, assist.Resolve(of, window, now)})
	}
	r.Matters = append(r.Matters, Matter{"", assist.Resolve(contacts, window, now)})
	return r
}

// empty reports whether a row is only about the bot, who is in no queue.
func empty(r assist.Row) bool {
	return r.Queued+r.Handled+r.FirstReplies.Count+r.Unanswered == 0
}

// Story returns what happened to the customer with the number, in the order in which it was over.
func (j *Journal) Story(number string) []Line {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, c := range j.customers {
		if c.number != number || number == "" {
			continue
		}
		lines := make([]Line, len(c.events))
		for i := range c.events {
			lines[i] = line(&c.events[i], j.zone)
		}
		slices.SortStableFunc(lines, func(a, b Line) int { return a.At.Compare(b.At) })
		return lines
	}
	return nil
}
