// Package resolve completes events. It owns the client's catalogue of definitions: it makes names canonical or folds them,
// hashes customers, redacts texts and bounds sizes. No later step changes these. The tracker places the event in its run (stage,
// visit, start, value, lateness), and delivery gives it an ID and a span context. After this package only the tracker asks for a
// definition, that of the run's journey.
package resolve

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strings"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/touchpoint"
)

// Config says how a Resolver completes events.
type Config struct {
	// Namespace is that of journeys that name none.
	Namespace string
	// CustomerKey is the key of the HMAC that makes customers' hashes. Without a key, events have no customer.
	CustomerKey []byte
	// Hashed says that the application gave a key, possibly an empty one.
	Hashed bool
	// NoCustomers says that the application wants no customers: an ID without a key is no fault.
	NoCustomers bool
	// Redact removes personal data from free text. Without it the Resolver drops free text, unless KeepText is set.
	Redact   func(string) string
	KeepText bool
	// Now is the clock.
	Now func() time.Time
	// Blueprint is how many of the definitions, from the first on, come from the blueprint.
	Blueprint int
	// Queues, Intents and Causes are the names that events may have. An empty vocabulary has every name.
	Queues, Intents, Causes Vocabulary
	// ScoreDelegates gives touchpoints of delegates an Apdex zone.
	ScoreDelegates bool
	// AnyTime accepts times ahead of the clock, for the replay of a log.
	AnyTime bool
}

// Resolver completes events. Safe for concurrent use.
type Resolver struct {
	cfg Config
	catalogue

	digesters *sync.Pool
}

// New returns a Resolver that knows the definitions. The error joins every fault of every definition.
func New(cfg Config, defs ...event.Definition) (*Resolver, error) {
	r := &Resolver{cfg: cfg, digesters: newDigesters(cfg.CustomerKey)}
	r.fromBlueprint(defs[:min(max(cfg.Blueprint, 0), len(defs))])
	err := r.define(defs)
	r.complete = r.journeys.m.Load() != nil
	return r, err
}

// Namespace returns that of journeys that name none.
func (r *Resolver) Namespace() string { return r.cfg.Namespace }

// Open completes what is known when an event begins: names, time, customer, journey. It returns the stage that the
// touchpoint declares in the event's journey, or "".
func (r *Resolver) Open(e *flight.Event) (stage string, found Findings) {
	f := &found
	f.of = e
	f.notice(e.Noticed())
	r.time(e, f)
	enums(e, f)
	if e.Journey.Value != nil {
		e.Journey.Value = money(e.Journey.Value, e.Journey.Name, "its value", f)
	}
	if e.Visit < 0 {
		e.SetPlace(e.Stage, 0)
		f.add(fault.Number, e.Stage, "the visit of the stage is negative")
	}
	if e.Variant != nil {
		e.Variant = r.variant(*e.Variant, f)
	}
	if e.Kind != event.TouchpointEnded || !e.Settled() {
		r.customer(e, f)
		r.journey(e, f)
	}
	switch e.Kind {
	case event.TouchpointEnded:
		stage = r.touchpoint(e, f)
	case event.JourneyStageEntered:
		r.stage(e, f)
	default: // it has no stage of its own
	}
	if e.Kind != event.TouchpointEnded && e.Touchpoint != "" && e.Touchpoint != event.Other && !event.ValidName(e.Touchpoint) {
		e.Touchpoint = f.fold("touchpoint", e.Touchpoint)
	}
	if e.Feedback != nil {
		r.survey(e, f)
	}
	f.of = nil
	return stage, found
}

// Close completes what is known when an event is over: duration, zone, texts, sizes. It returns false for an event that
// has to be dropped.
func (r *Resolver) Close(e *flight.Event) (ok bool, found Findings) {
	found.of = e
	ok = r.close(e, &found)
	found.of = nil
	return ok, found
}

func (r *Resolver) close(e *flight.Event, f *Findings) bool {
	f.notice(e.Noticed())
	enums(e, f)
	if !outcome(e, f) {
		return false
	}
	duration(e, f)
	if e.Cause != "" || e.ErrorType != "" || e.Intent != "" {
		label(&e.Cause, "its cause", f) // which is of MaxCause bytes too
		label(&e.Intent, "its intent", f)
		r.words(e, f)
		cut(&e.ErrorType, event.MaxCause, "its type of error", f)
	}
	if e.Variant != nil {
		e.Variant = r.variant(*e.Variant, f)
	}
	if len(e.Attributes) > 0 {
		e.Attributes = attributes(e.Attributes, f)
	}
	if e.Kind == event.TouchpointEnded {
		r.zone(e)
		e.DeriveOnce(r.cfg.Namespace)
	} else {
		e.Zone = 0
	}
	switch e.Kind {
	case event.JourneyStarted, event.JourneyStageEntered, event.PromiseMade:
		e.Duration = 0 // none of them takes time
	default: // the other kinds may
	}
	if e.Feedback != nil && !r.feedback(e, f) {
		return false
	}
	if e.Transition != nil {
		e.Transition = transition(*e.Transition, f)
	}
	if e.Promise != nil {
		if e.Promise = promise(*e.Promise, f); e.ByHand() {
			r.unknownPromise(e, f)
		}
	}
	if e.Assisted != nil || e.Effort != nil || e.FollowUp != nil || e.Action != nil || e.Breakdown != nil || e.Contact != nil || e.Mention != nil {
		r.details(e, f)
	}
	return true
}

// The options that faults name, so that each is reported once a minute and not for each survey or journey.
const (
	keyOption      = "cx.WithCustomerKey"
	redactorOption = "cx.WithRedactor"
)

func (r *Resolver) customer(e *flight.Event, f *Findings) {
	c := &e.Customer
	r.pseudonym(&c.ID, &c.Hash, r.Hash, "customer", f)
	if c.AccountID != "" || c.Account != "" {
		r.pseudonym(&c.AccountID, &c.Account, r.AccountHash, "account", f)
	}
	label(&c.Segment, "the customer's segment", f)
}

// pseudonym replaces the application's own ID by its hash. Without an ID it keeps a valid hash that the event came with.
func (r *Resolver) pseudonym(id, hash *string, of func(id string) string, what string, f *Findings) {
	switch {
	case *id == "":
		if *hash != "" && !event.ValidID(*hash) {
			f.invalidID(fault.InvalidCustomer, "", "the "+what+"'s hash", *hash)
			*hash = ""
		}
		return
	case !event.ValidID(*id):
		f.invalidID(fault.InvalidCustomer, "", "the "+what+"'s ID", *id)
		*hash = ""
	case len(r.cfg.CustomerKey) > 0:
		*hash = of(*id)
	default:
		*hash = ""
		if !r.cfg.NoCustomers {
			f.add(fault.NoCustomerKey, keyOption, "the ID of "+article(what)+" is dropped, because the client has no key to hash it with")
		}
	}
	*id = ""
}

// article returns the word with its indefinite article.
func article(word string) string {
	if strings.IndexByte("aeiou", word[0]) >= 0 {
		return "an " + word
	}
	return "a " + word
}

// The errors of [Resolver.CustomerHash] and [Resolver.EmployeeToForget].
var (
	errNoKey      = errors.New("the client has no key to find a customer by: give cx.WithCustomerKey the key with which the events were recorded")
	errCustomerID = fmt.Errorf("the customer's ID is not 1 to %d bytes of UTF-8 without control characters: events have no such customer", event.MaxID)

	errNoEmployeeKey = errors.New("the client has no key to find an employee by: give cx.WithCustomerKey the key with which the contacts were recorded")
	errEmployeeID    = fmt.Errorf("the employee's ID is not 1 to %d bytes of UTF-8 without control characters: contacts have no such employee", event.MaxID)
)

// CustomerHash returns the pseudonymous ID of a customer. It fails without a key, and for an ID that no event has.
func (r *Resolver) CustomerHash(id string) (string, error) {
	switch {
	case len(r.cfg.CustomerKey) == 0:
		return "", errNoKey
	case !event.ValidID(id):
		return "", errCustomerID
	default:
		return r.Hash(id), nil
	}
}

// Hash returns the pseudonymous ID of a customer: 32 hexadecimal digits of the
// HMAC-SHA-256 of the ID under the application's key.
func (r *Resolver) Hash(id string) string { return r.digest("", id) }

// AccountHash returns the pseudonymous ID of an account. It is made as that of a customer, with "account" and a NUL before the
// ID, so that a customer and an account with one ID differ. No customer's ID begins so, because an ID has no control character.
func (r *Resolver) AccountHash(id string) string { return r.digest("account\x00", id) }

// EmployeeToForget returns the pseudonymous ID of an employee. It fails without a key, and for an ID that no event has.
func (r *Resolver) EmployeeToForget(id string) (string, error) {
	switch {
	case len(r.cfg.CustomerKey) == 0:
		return "", errNoEmployeeKey
	case !event.ValidID(id):
		return "", errEmployeeID
	default:
		return r.EmployeeHash(id), nil
	}
}

// EmployeeHash returns the pseudonymous ID of an employee, which differs from that of a customer and of an account with the same ID.
func (r *Resolver) EmployeeHash(id string) string { return r.digest("employee\x00", id) }

// KeyHash returns what tells the client's customer key from another one, or "" without a key. It does not tell the key.
func (r *Resolver) KeyHash() string {
	if len(r.cfg.CustomerKey) == 0 {
		return ""
	}
	return r.digest("key\x00", "")
}

// digester computes one HMAC at a time. It is kept, because a new HMAC hashes the key and allocates eight times.
type digester struct {
	hash.Hash

	in, sum, text []byte
}

func newDigesters(key []byte) *sync.Pool {
	return &sync.Pool{New: func() any { return &digester{Hash: hmac.New(sha256.New, key)} }}
}

func (r *Resolver) digest(domain, id string) string {
	m := r.digesters.Get().(*digester) //nolint:forcetypeassert // the pool holds nothing else
	m.Reset()
	m.in = append(append(m.in[:0], domain...), id...)
	_, _ = m.Write(m.in) // it never fails
	m.sum = m.Sum(m.sum[:0])
	m.text = hex.AppendEncode(m.text[:0], m.sum[:16])
	clear(m.in) // the ID does not stay in memory
	text := string(m.text)
	r.digesters.Put(m)
	return text
}

func (r *Resolver) journey(e *flight.Event, f *Findings) {
	if e.Journey.IsZero() {
		noRun(e, f)
		return
	}
	if e.Journey.Root != (event.SpanRef{}) {
		root(e, f)
	}
	if !event.ValidID(e.Journey.ID) {
		f.invalidID(fault.InvalidID, e.Journey.Name, "the run's ID", e.Journey.ID)
		e.SetJourney(event.Run{})
		return
	}
	namespace := e.Journey.Namespace
	if namespace == "" {
		namespace = r.cfg.Namespace
	}
	if !event.ValidName(namespace) && namespace != event.Other {
		f.add(fault.InvalidName, namespace, "it is a namespace")
		namespace = event.Other
	}
	switch t := e.Journey.Started; {
	case t.IsZero():
	case !event.ValidTime(t):
		e.Journey.Started = time.Time{} // not known
		f.add(fault.Time, e.Journey.Name, "the start of the run is"+outOfRange)
	case r.ahead(t):
		e.Journey.Started = time.Time{}
		f.add(fault.Time, e.Journey.Name, "the start of the run is"+tooFarAhead)
	}
	label(&e.Journey.Version, "the version of the blueprint", f)
	if namespace != e.Journey.Namespace {
		e.SetNamespace(namespace)
	}
	if name := r.journeyName(e, f); name != e.Journey.Name {
		e.Fold()
	}
	switch {
	case e.Stage == "":
		e.SetPlace("", 0)
	case e.Kind != event.JourneyStageEntered:
		r.stage(e, f)
	}
}

// noRun removes what only an event with a run has.
func noRun(e *flight.Event, f *Findings) {
	if e.Stage != "" || e.Visit != 0 {
		f.add(fault.NoJourney, "", "it names a stage, and no run")
	}
	if e.Stage != "" || e.Visit != 0 || e.Journey != (event.Run{}) {
		e.SetJourney(event.Run{})
	}
}

// root removes a root that does not belong to the run. Only a run whose name was folded has a root of its own. Any other root
// would place the event in another run, whose state has the same key.
func root(e *flight.Event, f *Findings) {
	r := e.Journey.Root
	if e.Journey.Name == event.Other && r.TraceID.IsValid() && r.SpanID.IsValid() {
		return
	}
	e.Unroot()
	f.add(fault.InvalidValue, e.Journey.Name, "the root of its run's trace is given: it is derived instead")
}

// stage folds the name of a stage that the journey does not have. A journey that is known by its name only has every
// stage.
func (r *Resolver) stage(e *flight.Event, f *Findings) {
	known := r.lookJourney(e.Journey.Name)
	switch {
	case known != nil && known.HasStage(e.Stage):
		return
	case known == nil && e.Journey.Name != event.Other && event.ValidName(e.Stage):
		return
	}
	e.SetPlace(f.foldStage(e.Journey.Name, e.Stage), 0)
}

func (r *Resolver) touchpoint(e *flight.Event, f *Findings) (stage string) {
	known, name := r.touchpointFor(e, f)
	e.Touchpoint = name
	if known == nil {
		e.SetDefinition(nil)
		return ""
	}
	if e.Definition() == nil {
		purpose(e, known.Purpose())
	}
	e.SetDefinition(known) // no later step looks it up
	if j, s := known.Journey(); j.Name() == e.Journey.Name && !e.Journey.IsZero() {
		return s
	}
	return ""
}

// purpose gives an event from outside the purpose of its touchpoint, unless it has one of its own.
func purpose(e *flight.Event, of string) {
	if of == "" || e.Contact != nil && e.Contact.Purpose != "" {
		return
	}
	contact := event.Contact{Purpose: of}
	if e.Contact != nil {
		contact.Grant = e.Contact.Grant
	}
	e.Direction, e.Contact = event.Outbound, &contact
}

// Ends returns the outcome with which the touchpoint ends the event's run, or 0.
func (r *Resolver) Ends(e *flight.Event) event.Outcome {
	known, _ := e.Definition().(*touchpoint.Definition)
	if known == nil || known.Ends() == 0 || e.Journey.IsZero() {
		return 0
	}
	if j, _ := known.Journey(); j.Name() != e.Journey.Name {
		return 0
	}
	switch e.Outcome {
	case event.OK, event.Degraded:
		return known.Ends()
	default:
		return 0
	}
}

// zone sets the Apdex zone of a touchpoint, after the Apdex Technical Specification.
func (r *Resolver) zone(e *flight.Event) {
	if e.Actor == event.ActorDelegate && !r.cfg.ScoreDelegates {
		e.Zone = 0 // the customer did not wait for it
		return
	}
	known, _ := e.Definition().(*touchpoint.Definition)
	if known == nil || known.Satisfied() == 0 {
		return
	}
	t := known.Satisfied()
	switch {
	case e.Outcome == event.Cancelled || e.Outcome == event.Abandoned:
		e.Zone = 0
	case e.Outcome == event.Failed:
		e.Zone = event.Frustrated
	case e.Duration <= t:
		e.Zone = event.Satisfied
	case e.Duration/4 < t || e.Duration == 4*t:
		e.Zone = event.Tolerating
	default:
		e.Zone = event.Frustrated
	}
}

// details bounds the rare details, on copies, because the originals belong to the caller.
func (r *Resolver) details(e *flight.Event, f *Findings) {
	if e.Assisted != nil {
		e.Assisted = r.assisted(*e.Assisted, e.OwnsLists(), f)
	}
	if e.Effort != nil {
		e.Effort = effort(*e.Effort, f)
	}
	if e.FollowUp != nil {
		e.FollowUp = r.followUp(*e.FollowUp, e, f)
	}
	if e.Action != nil {
		e.Action = r.action(*e.Action, f)
	}
	if e.Breakdown != nil {
		e.Breakdown = r.breakdown(*e.Breakdown, f)
	}
	if e.Mention != nil {
		e.Mention = r.mention(*e.Mention, f)
	}
	if e.Contact != nil {
		d := *e.Contact
		cut(&d.Purpose, event.MaxName, "the purpose of the contact", f)
		cut(&d.Rule, event.MaxName, "the rule of the contact", f)
		e.Contact = &d
	}
}
