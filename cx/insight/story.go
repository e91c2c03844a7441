package insight

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/tell"
)

// ErrNotFound means that there is no such run or customer, or that it is outside of the viewer's scope, or of a probe. The error does not tell which.
var ErrNotFound = errors.New("insight: there is none that this viewer may see")

// Step is one event of a story.
type Step struct {
	// Event is the whole event without what names an employee: the pseudonyms in its legs. Without the right [Words] it has no comment, note or address.
	Event event.Event `json:"event"`
	// Said is what the event was, in English. Due times in it are UTC; Sentence writes them in another zone.
	Said string `json:"said"`
}

// Sentence says what the event was, so that it can be read to the customer. Due times in it are in the zone; nil is UTC.
func (s *Step) Sentence(in *time.Location) string { return tell.Event(&s.Event, zoneOf(in)) }

// Trace is the ID of the trace that has the event, else that of its run; "" is none.
func (s *Step) Trace() string { return traceOf(&s.Event) }

// Run is what happened in one run, in the order of time.
type Run struct {
	RunSummary

	// At is the moment of the view, or that of the last event for a view of the latest moment. What is later is not in the story.
	At time.Time `json:"at"`
	// Words is false for a viewer who may not see what people have written: the story does not have it.
	Words bool `json:"words"`
	// FollowUps are the follow-ups that are about the run and that the viewer may see, by their beginning. Steps has their events, too.
	FollowUps []RunSummary `json:"follow_ups,omitempty"`
	Steps     []Step       `json:"steps"`
}

// Customer is what happened to one customer, in the order of time.
type Customer struct {
	// Customer is the pseudonym. Accounts are those of the companies, and Segments those that the customer was in.
	Customer string   `json:"customer"`
	Accounts []string `json:"accounts,omitempty"`
	Segments []string `json:"segments,omitempty"`
	// At and Words are as in [Run].
	At    time.Time `json:"at"`
	Words bool      `json:"words"`
	// Runs are the customer's runs by their beginning. Steps are the events of all of them and those of no run.
	Runs  []RunSummary `json:"runs"`
	Steps []Step       `json:"steps"`
	// Others is the number of events that belong to runs of the customer and are left out, because such a run has several customers and the event does
	// not name this one.
	Others int64 `json:"others,omitempty"`
}

// Find returns the runs with the ID of ref, such as an order number: a ticket and its resolution may be two of them. Name and Namespace are
// conditions where they are set. It looks in the table and, if it has none, in the source, for runs of the journeys of the table and of the blueprint. It needs the right [Customers], and
// returns [ErrNotFound] if there is none.
func (v *View) Find(ctx context.Context, ref event.RunRef) ([]event.RunRef, error) {
	if err := v.viewer.needs("Find", Customers); err != nil {
		return nil, err
	}
	asked, err := v.candidates(ref)
	if err != nil {
		return nil, err
	}
	list, err := v.inTable(asked)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 && len(asked) > 0 {
		if list, err = v.inSource(ctx, asked); err != nil {
			return nil, err
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%w: no run has the ID %s", ErrNotFound, tell.Quote(ref.ID))
	}
	return list, nil
}

// candidates returns the runs that may have the ID: of the journeys of the table and of the blueprint, in each namespace of the table.
func (v *View) candidates(ref event.RunRef) (list []event.RunRef, err error) {
	names, namespaces := map[string]bool{}, map[string]bool{}
	for name := range v.table.owners {
		names[name] = true
	}
	if err := v.current(); err != nil {
		return nil, err
	}
	for _, j := range v.snapshot.Journeys[1:] {
		names[j.Name], namespaces[j.Namespace] = true, true
	}
	if len(namespaces) == 0 {
		namespaces[""] = true
	}
	for name := range names {
		for namespace := range namespaces {
			if ref.ID != "" && v.sees(name) && (ref.Name == "" || ref.Name == name) && (ref.Namespace == "" || ref.Namespace == namespace) {
				list = append(list, event.RunRef{Namespace: namespace, Name: name, ID: ref.ID})
			}
		}
	}
	slices.SortFunc(list, compareRefs)
	return list, nil
}

// inTable returns those of the runs that the table has, of which the viewer may see something.
func (v *View) inTable(asked []event.RunRef) (list []event.RunRef, err error) {
	for _, ref := range asked {
		if c, row, ok := v.snapshot.Find(ref); !ok || v.at != 0 && c.Base[row] > v.at {
			continue
		}
		if visible, err := v.letsRun(ref); err != nil {
			return nil, err
		} else if visible {
			list = append(list, ref)
		}
	}
	return list, nil
}

// inSource returns those of the runs that have events in the source which the viewer may see.
func (v *View) inSource(ctx context.Context, asked []event.RunRef) (list []event.RunRef, err error) {
	err = v.events(ctx, event.Query{Runs: asked}, func(e *event.Event) error {
		if ref := e.Journey.Ref(); !slices.Contains(list, ref) {
			list = append(list, ref)
		}
		return nil
	})
	slices.SortFunc(list, compareRefs)
	return list, err
}

// Run answers what happened in one run, and in the follow-ups that are about it, from whole events of the source. The namespace and the name are those of the events: see [View.Find]. It
// needs the right [Customers], and returns [ErrNotFound] if there is none. It keeps the events of the run in memory.
func (v *View) Run(ctx context.Context, ref event.RunRef) (Run, error) {
	answer := Run{Words: v.viewer.Rights&Words != 0, Steps: []Step{}}
	if err := v.viewer.needs("Run", Customers); err != nil {
		return answer, err
	}
	events, at, err := v.collect(ctx, event.Query{Runs: []event.RunRef{ref}})
	if err != nil {
		return answer, err
	}
	if len(events) == 0 {
		return answer, fmt.Errorf("%w: no run of the journey %s has the ID %s", ErrNotFound, tell.Quote(ref.Name), tell.Quote(ref.ID))
	}
	about, latest, err := v.about(ctx, ref)
	if err != nil {
		return answer, err
	}
	if latest.After(at) {
		at = latest
	}
	answer.At = at
	answer.RunSummary = v.table.summary(events, at)
	for _, of := range about {
		answer.FollowUps = append(answer.FollowUps, v.table.summary(of, at))
		events = append(events, of...)
	}
	slices.SortFunc(answer.FollowUps, byBeginning)
	slices.SortFunc(events, compareEvents)
	answer.Steps = steps(events)
	return answer, nil
}

// about returns the events of each follow-up that is about the run, in the order of time, and the moment.
func (v *View) about(ctx context.Context, ref event.RunRef) (list [][]event.Event, at time.Time, err error) {
	moves, at, err := v.collect(ctx, event.Query{About: []event.RunRef{ref}})
	if err != nil || len(moves) == 0 {
		return nil, at, err
	}
	number, refs := map[event.RunRef]int{}, []event.RunRef{}
	for i := range moves {
		of := moves[i].Journey.Ref()
		if _, known := number[of]; !known && of != ref {
			number[of], refs = len(refs), append(refs, of)
		}
	}
	if len(refs) == 0 {
		return nil, at, nil
	}
	events, at, err := v.collect(ctx, event.Query{Runs: refs})
	list = make([][]event.Event, len(refs))
	for i := range events {
		n := number[events[i].Journey.Ref()]
		list[n] = append(list[n], events[i])
	}
	return list, at, err
}

func byBeginning(a, b RunSummary) int {
	return cmp.Or(a.Began.Compare(b.Began), compareRefs(a.Run, b.Run))
}

// Customer answers what happened to one customer, by the pseudonym that events have (event.Customer.Hash): in every run of the customer, and outside of
// runs. Its JSON has every field of every event that is about the customer, for a person who asks what is stored; it has no employee. It needs the right [Customers],
// and returns [ErrNotFound] if there is nothing. It keeps the events of the customer in memory.
func (v *View) Customer(ctx context.Context, hash string) (Customer, error) {
	answer := Customer{Customer: hash, Words: v.viewer.Rights&Words != 0, Runs: []RunSummary{}, Steps: []Step{}}
	if err := v.viewer.needs("Customer", Customers); err != nil {
		return answer, err
	}
	var events []event.Event
	var at time.Time
	if hash != "" {
		var err error
		if events, at, err = v.collect(ctx, event.Query{Customer: hash}); err != nil {
			return answer, err
		}
	}
	if len(events) == 0 {
		return answer, fmt.Errorf("%w: no event names this customer", ErrNotFound)
	}
	runs := map[event.RunRef][]event.Event{}
	alone := make([]event.Event, 0, len(events)) // of no run
	var refs []event.RunRef
	for i := range events {
		ref := events[i].Journey.Ref()
		if ref == (event.RunRef{}) {
			alone = append(alone, events[i])
		} else if runs[ref] == nil {
			runs[ref], refs = []event.Event{}, append(refs, ref)
		}
	}
	if len(refs) > 0 {
		whole, latest, err := v.collect(ctx, event.Query{Runs: refs})
		if err != nil {
			return answer, err
		}
		if latest.After(at) {
			at = latest
		}
		for i := range whole {
			ref := whole[i].Journey.Ref()
			runs[ref] = append(runs[ref], whole[i])
		}
	}
	answer.At = at
	for _, ref := range refs {
		own := ownOf(runs[ref], hash)
		answer.Others += int64(len(runs[ref]) - len(own))
		answer.Runs = append(answer.Runs, v.table.summary(own, at))
		alone = append(alone, own...)
	}
	slices.SortFunc(answer.Runs, byBeginning)
	slices.SortFunc(alone, compareEvents)
	answer.Steps = steps(alone)
	for i := range alone {
		answer.Accounts = withText(answer.Accounts, alone[i].Customer.Account)
		answer.Segments = withText(answer.Segments, alone[i].Customer.Segment)
	}
	return answer, nil
}

// ownOf returns the events of a run that are about the customer: all of them, or those that name the customer where the run has others.
func ownOf(events []event.Event, hash string) []event.Event {
	if !slices.ContainsFunc(events, func(e event.Event) bool { return e.Customer.Hash != "" && e.Customer.Hash != hash }) {
		return events
	}
	own := make([]event.Event, 0, len(events))
	for i := range events {
		if events[i].Customer.Hash == hash {
			own = append(own, events[i])
		}
	}
	return own
}

// collect returns the events that q asks for and the viewer may see, in the order of time, and the moment: that of the view, else of the last one of them, or of
// the table. It removes what names an employee.
func (v *View) collect(ctx context.Context, q event.Query) (events []event.Event, at time.Time, err error) {
	if err := v.current(); err != nil {
		return nil, at, err
	}
	at = instant(v.snapshot.Newest())
	if err := v.events(ctx, q, func(e *event.Event) error {
		unnamed(e)
		events = append(events, *e)
		if e.Time.After(at) {
			at = e.Time.UTC()
		}
		return nil
	}); err != nil {
		return nil, at, err
	}
	if v.at != 0 {
		at = instant(v.at)
	}
	slices.SortFunc(events, compareEvents)
	return events, at, nil
}

// unnamed removes the pseudonyms of employees.
func unnamed(e *event.Event) {
	if a := e.Assisted; a != nil {
		for i := range a.Legs {
			a.Legs[i].Agent = ""
		}
	}
}

// compareEvents orders events by their time to the microsecond, and those of one time as they follow from each other: the beginning first and the end last. Their
// order does not depend on that of their arrival.
func compareEvents(a, b event.Event) int {
	return cmp.Or(
		cmp.Compare(a.Time.UnixMicro(), b.Time.UnixMicro()), compareRefs(a.Journey.Ref(), b.Journey.Ref()), cmp.Compare(storyRank(a.Kind), storyRank(b.Kind)), a.Time.Compare(b.Time),
		cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Stage, b.Stage), cmp.Compare(a.Touchpoint, b.Touchpoint), cmp.Compare(promiseName(&a), promiseName(&b)),
		slices.Compare(a.ID[:], b.ID[:]),
	)
}

// storyOrder is that of the kinds of one time. What has no place in it is before the end.
var storyOrder = []event.Kind{
	event.JourneyStarted, event.JourneyStalled, event.JourneyStageEntered, event.TouchpointEnded, event.PromiseKept, event.PromiseBroken, event.PromiseWithdrawn,
	event.PromiseMade, "", event.JourneyEnded,
}

func storyRank(k event.Kind) int {
	if i := slices.Index(storyOrder, k); i >= 0 {
		return i
	}
	return len(storyOrder) - 2
}

func promiseName(e *event.Event) string {
	if e.Promise == nil {
		return ""
	}
	return e.Promise.Name
}

func compareRefs(a, b event.RunRef) int {
	return cmp.Or(strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
}

func steps(events []event.Event) []Step {
	list := make([]Step, len(events))
	for i := range events {
		list[i] = Step{events[i], tell.Event(&events[i], time.UTC)}
	}
	return list
}

// withText adds a text to a sorted list, once.
func withText(list []string, text string) []string {
	if i, found := slices.BinarySearch(list, text); text != "" && !found {
		return slices.Insert(list, i, text)
	}
	return list
}

func zoneOf(in *time.Location) *time.Location {
	if in == nil {
		return time.UTC
	}
	return in
}
