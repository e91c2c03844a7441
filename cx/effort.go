package cx

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/customer"
	"cairncx.dev/cairn/internal/flight"
)

const (
	defaultEffortWindow = 7 * 24 * time.Hour
	defaultEffortGrace  = 24 * time.Hour
	maxEffortTime       = 365 * 24 * time.Hour
	maxStumbles         = 4096
)

// effortTerms have what the options say of efforts.
type effortTerms struct {
	window, grace time.Duration
	intents       map[string]time.Duration
	given         bool
}

// WithEffortWindow sets after how much time without a further contact an effort is over: contacts of one customer with one
// [event.Event.Intent] are one effort as long as each begins within the window of those before. First-contact resolution is told when
// the window is over (event.ContactResolved). With intents it sets the window of those, and else that of all others. The last option
// for an intent counts. All instances that record contacts with the intent need the same window.
//
// Efforts are in the customers' records in the store of [WithStore], if it has shelves, or in memory ([WithContactsInMemory]). A client
// without either keeps none. It counts which contacts have a customer and an intent all the same (cx.effort.contacts). A client looks
// for efforts that are over from the first contact on that it records. With this option, or [WithEffortGrace], it does so from the
// start, so that a restarted service tells the efforts from before. It looks once a minute, or more often with a [WithSweepInterval] of
// less than a second: every 60 intervals.
//
// New returns an error for a window that is not positive or longer than 365 days, and for an intent that is not among those of
// [WithIntents] and of the blueprint, if there are any. Default: 7 days.
func WithEffortWindow(d time.Duration, intents ...string) Option {
	return optionFunc(func(c *config) {
		e := &c.efforts
		e.given = true
		if len(intents) == 0 {
			e.window = d
		}
		for _, intent := range intents {
			if e.intents == nil {
				e.intents = map[string]time.Duration{}
			}
			e.intents[intent] = d
		}
	})
}

// WithEffortGrace sets how long after its beginning a contact may be recorded and still join its effort. An effort is told when its
// window and this time are over. Choose the longest contact, and how late its record arrives: an import of the telephone system's
// records each night needs more than a day. A contact that is recorded later may be missing from its effort. One whose own effort would
// be over counts as the fault effort_lost. New returns an error for a negative time and for more than 365 days. Default: 24 hours.
func WithEffortGrace(d time.Duration) Option {
	return optionFunc(func(c *config) { c.efforts.grace, c.efforts.given = d, true })
}

// check notes times that are out of range, and windows that no contact can have, because the declared intents do not have theirs.
func (t *effortTerms) check(e *optionErrors, declared []string) {
	window := func(d time.Duration) {
		e.add(d > 0 && d <= maxEffortTime, "WithEffortWindow(%v): give more than 0 and at most 365 days", d)
	}
	window(t.window)
	for _, intent := range slices.Sorted(maps.Keys(t.intents)) {
		window(t.intents[intent])
		e.add(intent != "" && intent != event.Other, "WithEffortWindow(%v, %q): such contacts join no effort: give the name of an intent", t.intents[intent], intent)
		e.add(intent == "" || intent == event.Other || len(declared) == 0 || slices.Contains(declared, intent),
			"WithEffortWindow(%v, %.80q): the intent is not declared, so that no contact has it: correct the name, or declare it in the blueprint or with WithIntents",
			t.intents[intent], intent)
	}
	e.add(t.grace >= 0 && t.grace <= maxEffortTime, "WithEffortGrace(%v): give 0 to 365 days", t.grace)
}

// windowOf returns the window of the intent.
func (t *effortTerms) windowOf(intent string) time.Duration {
	if d, ok := t.intents[intent]; ok {
		return d
	}
	return t.window
}

// stumbles have the touchpoint of self-service that failed last in each of the latest runs, at most maxStumbles, that this process knows.
// The zero value is ready. Safe for concurrent use.
type stumbles struct {
	mu sync.Mutex
	of map[runName]stumble
}

type runName struct{ namespace, journey, id string }

type stumble struct {
	touchpoint string
	at         time.Time
}

func (s *stumbles) put(run *event.Run, touchpoint string, at time.Time) {
	key := runName{run.Namespace, run.Name, run.ID}
	s.mu.Lock()
	defer s.mu.Unlock()
	was, ok := s.of[key]
	switch {
	case ok && at.Before(was.at):
		return
	case s.of == nil:
		s.of = map[runName]stumble{}
	case !ok && len(s.of) >= maxStumbles:
		for other := range s.of { // any one
			delete(s.of, other)
			break
		}
	}
	s.of[key] = stumble{touchpoint, at}
}

func (s *stumbles) get(run *event.Run) (stumble, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one, ok := s.of[runName{run.Namespace, run.Name, run.ID}]
	return one, ok
}

// isContact reports whether the customer has contacted people, or the company's bot.
func isContact(e *flight.Event) bool {
	return e.Kind == event.TouchpointEnded && e.Assisted != nil && e.Direction != event.Outbound && e.Actor != event.ActorSynthetic
}

// isStumble reports whether the event is a step of self-service that failed.
func isStumble(e *flight.Event) bool {
	return e.Kind == event.TouchpointEnded && e.Assisted == nil && e.Outcome == event.Failed && e.Direction != event.Outbound &&
		e.Actor != event.ActorSynthetic
}

// knownIntent reports whether the event names a matter. [event.Other] stands for several, which are not one effort.
func knownIntent(e *flight.Event) bool { return e.Intent != "" && e.Intent != event.Other }

// meeting returns the contact that the event is, or nil if it is none or its customer or intent is not known.
func (c *Client) meeting(e *flight.Event) *customer.Joining {
	if e.Customer.Hash == "" || !knownIntent(e) || !isContact(e) {
		return nil
	}
	if e.ID.IsZero() {
		e.ID = event.NewID(e.Time) // a contact that is entered twice counts once
	}
	return &customer.Joining{
		Customer: e.Customer.Hash, Intent: e.Intent, Window: c.efforts.windowOf(e.Intent), Grace: c.efforts.grace,
		ID: e.ID, Start: e.Time, End: e.Time.Add(e.Duration), Channel: e.Channel, Answered: assist.ByPerson(e.Assisted), Claimed: e.Assisted.Claimed,
	}
}

// effort sets the effort of a contact up to now, with the contacts that this instance knows of, and returns the contact. It returns nil
// for an event that is no contact, or whose customer or intent is not known. It never waits.
func (c *Client) effort(e *flight.Event) *customer.Joining {
	j := c.meeting(e)
	if j == nil || c.book == nil || e.Effort != nil {
		return j
	}
	if so := c.book.SoFar(j); so != nil {
		e.Effort = &so.Effort
	}
	return j
}

// joins lets a contact, or a step of self-service that failed, join the customer's efforts in the background. J is the contact if it
// was known before the state of its run was. A contact whose customer is known only to the store of runs joins none.
func (c *Client) joins(ctx context.Context, e *flight.Event, j *customer.Joining) {
	switch {
	case e.Kind != event.TouchpointEnded:
	case isContact(e):
		c.telemetry.ContactMade(ctx, e.Customer.Hash != "", knownIntent(e))
		if j == nil {
			j = c.meeting(e)
		}
		if j == nil || c.book == nil {
			return
		}
		if s, ok := c.stumbles.get(&e.Journey); ok && !e.Journey.IsZero() {
			c.book.Join(c.step(j.Customer, j.Intent, s.touchpoint, s.at))
		}
		c.book.Join(j)
	case c.book != nil && isStumble(e):
		if over := e.Time.Add(e.Duration); knownIntent(e) && e.Customer.Hash != "" {
			c.book.Join(c.step(e.Customer.Hash, e.Intent, e.Touchpoint, over))
		} else if !e.Journey.IsZero() {
			c.stumbles.put(&e.Journey, e.Touchpoint, over)
		}
	}
}

func (c *Client) step(who, intent, touchpoint string, at time.Time) *customer.Joining {
	return &customer.Joining{Customer: who, Intent: intent, Step: touchpoint, Start: at, Window: c.efforts.windowOf(intent), Grace: c.efforts.grace}
}

// resolved tells an effort that is over: it records contact.resolved.
func (c *Client) resolved(over *customer.Effort) {
	ctx := c.within
	defer c.contain(ctx, "telling an effort")
	e := flight.Get()
	defer e.Put()
	e.Kind, e.ID, e.Time = event.ContactResolved, over.ID, over.Ended.Add(time.Duration(over.Window))
	e.Duration = over.Ended.Sub(over.Began)
	e.Customer.Hash, e.Intent, e.Channel = over.Customer, over.Intent, over.Channel
	told := over.Effort
	e.Effort = &told
	if over.Claimed != 0 {
		e.Assisted = &event.Assisted{Claimed: over.Claimed}
	}
	if over.Again {
		e.Retell()
	}
	c.emit(ctx, e)
}

// effortLost reports a contact that is in no effort.
func (c *Client) effortLost(why customer.Loss) {
	c.RecordFault(context.Background(), fault.Report{Fault: fault.EffortLost, Name: string(why), Detail: lossDetails[why]})
}

var lossDetails = map[customer.Loss]string{
	customer.LossQueue:  "a contact joins no effort: too many wait for the store of customers' records, or the client is shut down",
	customer.LossLate:   "a contact joins no effort: it was recorded when its effort was over",
	customer.LossRecord: "a contact joins no effort: its customer has 16 efforts that are open",
	customer.LossStore:  "a contact joins no effort: the store of customers' records has not taken it, or the record cannot be read",
}
