package report

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	lognoop "go.opentelemetry.io/otel/log/noop"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// PastEfforts collects the contacts of a log, and the steps of self-service that failed. It takes about 200 bytes for each. It is not
// safe for concurrent use. The zero value is ready.
type PastEfforts struct {
	contacts, known int64
	list            []pastStep
	words           map[string]string
	stumbles        map[pastRun]pastStep  // the last one of a run that names no matter
	told            map[event.ID]struct{} // efforts that the log has
}

// pastRun names a run.
type pastRun struct{ namespace, name, id string }

// pastStep is a contact, or a touchpoint of self-service that failed.
type pastStep struct {
	id               event.ID
	customer, intent string
	failed           string    // the touchpoint that failed; "" is a contact
	at               time.Time // the end of one that failed, the beginning of a contact
	took             time.Duration
	channel          event.Channel
	answered         bool
	claimed          event.YesNo
}

// maxWords bounds the texts that are kept once, and maxStumbles the runs whose failed steps are remembered. maxGrace is the longest grace
// of a client.
const (
	maxGrace    = 365 * 24 * time.Hour
	maxWords    = 20_000
	maxStumbles = 1 << 20
)

func (s *pastStep) over() time.Time { return s.at.Add(s.took) }

// word returns the text, kept once.
func (p *PastEfforts) word(text string) string {
	if kept, ok := p.words[text]; ok {
		return kept
	}
	kept := strings.Clone(text)
	if p.words == nil {
		p.words = map[string]string{}
	}
	if len(p.words) < maxWords {
		p.words[kept] = kept
	}
	return kept
}

// add adds what the event says of efforts. Events of one run come in the order of their times.
func (p *PastEfforts) add(e *event.Event) {
	switch {
	case e.Kind == event.ContactResolved && e.Effort != nil:
		if p.told == nil {
			p.told = map[event.ID]struct{}{}
		}
		p.told[e.ID] = struct{}{}
	case e.Kind != event.TouchpointEnded || e.Direction == event.Outbound || e.Actor == event.ActorSynthetic:
	case e.Assisted != nil:
		p.contact(e)
	case e.Outcome == event.Failed:
		p.failed(e)
	}
}

// matter reports whether the customer and the intent are known.
func matter(e *event.Event) bool {
	return e.Customer.Hash != "" && e.Intent != "" && e.Intent != event.Other
}

func (p *PastEfforts) contact(e *event.Event) {
	p.contacts++
	if !matter(e) {
		return
	}
	p.known++
	c := pastStep{
		id: e.ID, customer: p.word(e.Customer.Hash), intent: p.word(e.Intent), at: e.Time, took: e.Duration, channel: e.Channel, claimed: e.Assisted.Claimed,
		answered: e.Assisted.Thread != nil && len(e.Assisted.Thread.Replies) > 0,
	}
	for i := range e.Assisted.Legs {
		c.answered = c.answered || e.Assisted.Legs[i].Answered && !e.Assisted.Legs[i].Bot
	}
	if s, ok := p.stumbles[pastRun{e.Journey.Namespace, e.Journey.Name, e.Journey.ID}]; ok {
		s.customer, s.intent = c.customer, c.intent
		p.list = append(p.list, s)
	}
	p.list = append(p.list, c)
}

func (p *PastEfforts) failed(e *event.Event) {
	s := pastStep{failed: p.word(e.Touchpoint), at: e.Time.Add(e.Duration)}
	if matter(e) {
		s.customer, s.intent = p.word(e.Customer.Hash), p.word(e.Intent)
		p.list = append(p.list, s)
		return
	}
	if e.Journey.IsZero() {
		return
	}
	run := pastRun{e.Journey.Namespace, e.Journey.Name, e.Journey.ID}
	was, ok := p.stumbles[run]
	if ok && s.at.Before(was.at) || !ok && len(p.stumbles) >= maxStumbles {
		return
	}
	if p.stumbles == nil {
		p.stumbles = map[pastRun]pastStep{}
	}
	p.stumbles[run] = s
}

// join adds what o has collected, which must not be used again.
func (p *PastEfforts) join(o *PastEfforts) {
	p.contacts, p.known = p.contacts+o.contacts, p.known+o.known
	p.list = append(p.list, o.list...)
	if p.told == nil {
		p.told = map[event.ID]struct{}{}
	}
	maps.Copy(p.told, o.told)
}

// Resolve tells the efforts as a live service would have: clients without a store take the contacts at their times, and tell what is over
// by until. Tell, which may be nil, is given each effort that is over and not in the log. The report is nil without a contact whose
// customer and intent are known. The order in which events were added does not matter.
func (p *PastEfforts) Resolve(ctx context.Context, window time.Duration, until time.Time, tell func(*event.Event)) (*Efforts, error) {
	if p.known == 0 {
		return nil, nil //nolint:nilnil // there is nothing to tell
	}
	p.list = slices.DeleteFunc(p.list, func(s pastStep) bool { return s.at.After(until) }) // what ends later is not known yet
	r := &resolver{past: p, tell: tell, intents: map[string]*EffortCounts{}, from: map[string]int64{}}
	r.report = &Efforts{
		Window: window.Seconds(), Contacts: p.contacts, Known: p.known, Coverage: ratio(p.known, p.contacts), Intents: []EffortIntent{}, From: []EffortFrom{},
	}
	for grace, list := range p.graces() {
		if err := r.play(ctx, list, window, grace, until); err != nil {
			return nil, err
		}
	}
	for i := range p.list {
		r.report.Lost += count(p.list[i].failed == "")
	}
	r.report.Lost = max(0, r.report.Lost-r.joined)
	return r.finish(), nil
}

// graces yields the steps by the grace that a client needs for their matters: the longest contact of the matter, up to the next power of
// two hours. One long contact must not keep the efforts of all customers open, because a client bounds their number.
func (p *PastEfforts) graces() iter.Seq2[time.Duration, []pastStep] {
	type matter struct{ customer, intent string }
	longest := map[matter]time.Duration{}
	for i := range p.list {
		s := &p.list[i]
		if of := (matter{s.customer, s.intent}); s.took > longest[of] {
			longest[of] = s.took
		}
	}
	grace := func(s *pastStep) time.Duration {
		least := time.Hour
		for took := longest[matter{s.customer, s.intent}]; least < min(took, maxGrace); {
			least *= 2
		}
		return min(least, maxGrace)
	}
	slices.SortFunc(p.list, func(a, b pastStep) int {
		return cmp.Or(cmp.Compare(grace(&a), grace(&b)), a.over().Compare(b.over()), a.at.Compare(b.at), -compareBool(a.failed == "", b.failed == ""),
			slices.Compare(a.id[:], b.id[:]), cmp.Compare(a.customer, b.customer), cmp.Compare(a.intent, b.intent), cmp.Compare(a.failed, b.failed))
	})
	return func(yield func(time.Duration, []pastStep) bool) {
		for list := p.list; len(list) > 0; {
			least, n := grace(&list[0]), 1
			for n < len(list) && grace(&list[n]) == least {
				n++
			}
			if !yield(least, list[:n]) {
				return
			}
			list = list[n:]
		}
	}
}

// play lets a client take the steps, which are in the order in which they were over.
func (r *resolver) play(ctx context.Context, list []pastStep, window, grace time.Duration, until time.Time) error {
	r.open = false
	client, err := cx.New(
		cx.WithDefinitions(failing(list)...), cx.WithContactsInMemory(), cx.WithEffortWindow(window), cx.WithEffortGrace(grace), cx.WithProcessors(r),
		cx.WithClock(func() time.Time { return time.Unix(0, r.now.Load()).UTC() }),
		cx.WithCustomerKey([]byte("the key of efforts that nobody else sees")), cx.WithSweepInterval(math.MaxInt64),
		cx.WithTracerProvider(tracenoop.NewTracerProvider()), cx.WithMeterProvider(metricnoop.NewMeterProvider()),
		cx.WithLoggerProvider(lognoop.NewLoggerProvider()), cx.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return fmt.Errorf("telling efforts: %w", err)
	}
	for i := range list {
		if i%lookEvery == 0 && ctx.Err() != nil {
			break
		}
		e := list[i].event()
		r.now.Store(list[i].over().UnixNano()) // a contact is recorded when it is over
		client.Sweep(ctx)
		client.Record(ctx, e)
	}
	r.now.Store(until.Add(grace).UnixNano())
	client.Sweep(ctx)
	r.open = true // what is told from here on is not over
	r.now.Store(until.Add(window + grace + event.MaxDuration + time.Second).UnixNano())
	client.Sweep(ctx)
	if err := client.Shutdown(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("telling efforts: %w", err)
	}
	return context.Cause(ctx) //nolint:wrapcheck // the caller adds the operation
}

// failing returns the definitions of the touchpoints that failed, because a client folds other names.
func failing(steps []pastStep) []event.Definition {
	list := []event.Definition{touchpoint.Define(contactName)}
	seen := map[string]bool{contactName: true, event.Other: true}
	for i := range steps {
		if name := steps[i].failed; name != "" && !seen[name] && event.ValidName(name) {
			seen[name] = true
			list = append(list, touchpoint.Define(name))
		}
	}
	return list
}

// contactName is the touchpoint of each contact.
const contactName = "contact"

// event returns the step as the client takes it.
func (s *pastStep) event() event.Event {
	e := event.Event{
		Kind: event.TouchpointEnded, ID: s.id, Time: s.at, Duration: s.took, Touchpoint: s.failed, Channel: s.channel, Intent: s.intent, Outcome: event.Failed,
		Actor: event.ActorCustomer, Customer: event.Customer{Hash: s.customer},
	}
	if s.failed == "" {
		e.Touchpoint, e.Outcome = contactName, event.OK
		e.Assisted = &event.Assisted{Legs: []event.Leg{{Answered: s.answered}}, Claimed: s.claimed}
	}
	return e
}

// resolver counts the efforts that a client tells.
type resolver struct {
	past    *PastEfforts
	now     atomic.Int64
	open    bool  // what is told is not over
	joined  int64 // the contacts of all efforts
	tell    func(*event.Event)
	report  *Efforts
	intents map[string]*EffortCounts
	from    map[string]int64
}

// Process implements [event.Processor].
func (r *resolver) Process(_ context.Context, e *event.Event) {
	if e.Kind != event.ContactResolved {
		return
	}
	r.joined += int64(e.Effort.Contacts)
	if r.open {
		r.report.Open++
		return
	}
	of := r.intents[e.Intent]
	if of == nil {
		of = &EffortCounts{}
		r.intents[e.Intent] = of
	}
	of.count(e.Effort)
	r.report.count(e.Effort)
	if f := e.Effort.From; f != "" {
		r.from[f]++
	}
	if _, has := r.past.told[e.ID]; !has && r.tell != nil {
		r.tell(e)
	}
}

// Shutdown implements [event.Processor].
func (*resolver) Shutdown(context.Context) error { return nil }

func (r *resolver) finish() *Efforts {
	r.report.finish()
	for _, name := range slices.Sorted(maps.Keys(r.intents)) {
		one := EffortIntent{name, *r.intents[name]}
		one.finish()
		r.report.Intents = append(r.report.Intents, one)
	}
	for name, n := range r.from {
		r.report.From = append(r.report.From, EffortFrom{name, n})
	}
	slices.SortFunc(r.report.From, func(a, b EffortFrom) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Touchpoint, b.Touchpoint))
	})
	return r.report
}
