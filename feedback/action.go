package feedback

import (
	"context"
	"errors"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// Action is how the company changes what customers experience, because of what they said. It is a journey, and each change is a run of it
// under an ID that the application chooses. It is immutable and does nothing by itself: its methods record to the client in the context,
// else to the default client, else nowhere. Safe for concurrent use. A nil Action records nothing.
//
//	proposed ─▶ planned ─▶ made ─▶ verified
//
// A run may leave steps out. It names the feedback that it answers ([OnFeedback], [OnCause]), at any step. A customer was told of it when an
// outbound touchpoint of the customer is in the run: record it with the context of the action, or with [Action.Tell] where no touchpoint of
// the application tells the customer. [CountActedOn] counts.
type Action struct {
	name    string
	journey *journey.Definition
}

var _ event.Definition = (*Action)(nil)

// The steps of an action are the stages of its journey.
const (
	Proposed = "proposed" // there is an idea
	Planned  = "planned"  // it will be made
	Made     = "made"     // customers experience it
	Verified = "verified" // it is known that it helps
)

// ActionSteps returns the steps of an action, in their order.
func ActionSteps() []string { return []string{Proposed, Planned, Made, Verified} }

// The promises of an action.
const (
	PromiseMade     = "made"     // of [MakeWithin]
	PromiseVerified = "verified" // of [VerifyWithin]
)

// ActionOption is an option of [DefineAction]. An option value may be reused.
type ActionOption interface{ applyAction(*[]journey.Option) }

// promisedChange is an ActionOption that adds a promise.
type promisedChange struct{ option journey.Option }

func (p promisedChange) applyAction(list *[]journey.Option) { *list = append(*list, p.option) }

// MakeWithin promises that a planned change is made within this time, as a [journey.Promise] named [PromiseMade]. Default: no such promise.
func MakeWithin(d time.Duration, opts ...journey.PromiseOption) ActionOption {
	return promisedChange{journey.Promise(PromiseMade, d, append(slices.Clone(opts), journey.Since(Planned), journey.Until(Made))...)}
}

// VerifyWithin promises that a change is verified within this time after it was made, as a [journey.Promise] named [PromiseVerified].
// Default: no such promise.
func VerifyWithin(d time.Duration, opts ...journey.PromiseOption) ActionOption {
	return promisedChange{journey.Promise(PromiseVerified, d, append(slices.Clone(opts), journey.Since(Made), journey.Until(Verified))...)}
}

// DefineAction returns the definition of actions, whose journey has the same name. It never fails; see [journey.Define]. Two definitions of
// one name in one client must be equal ([Action.Equal]).
func DefineAction(name string, opts ...ActionOption) *Action {
	its := []journey.Option{journey.Stages(ActionSteps()...)}
	for _, o := range opts {
		if o != nil {
			o.applyAction(&its)
		}
	}
	return &Action{name: name, journey: journey.Define(name, its...)}
}

// Name returns the name of the action, and of its journey.
func (a *Action) Name() string {
	if a == nil {
		return ""
	}
	return a.name
}

// Journey returns the journey of the action.
func (a *Action) Journey() *journey.Definition {
	if a == nil {
		return nil
	}
	return a.journey
}

// Validate returns every fault of the definition, joined, or nil.
func (a *Action) Validate() error {
	if a == nil {
		return errors.New("feedback: the action is nil")
	}
	return a.journey.Validate()
}

// Equal reports whether both definitions have the same name and options.
func (a *Action) Equal(o *Action) bool {
	return a == o || a != nil && o != nil && a.name == o.name && a.journey.Equal(o.journey)
}

// Change names what an action changes, at most [event.MaxName] bytes, such as "shorter-form". Default: not known.
func Change(name string) Option { return detail(func(d *details) { d.changed = name }) }

// OnFeedback adds IDs of the answers and mentions that an action answers, at most [event.MaxFeedbacks] in one step. Default: none.
func OnFeedback(ids ...event.ID) Option {
	ids = slices.Clone(ids)
	return detail(func(d *details) { d.feedbacks = append(slices.Clip(d.feedbacks), ids...) })
}

// OnCause says that an action answers all answers and mentions with this cause, at most [event.MaxCause] bytes, from the first time on and
// before the second one. A zero time is no bound. Default: none.
func OnCause(cause string, from, until time.Time) Option {
	return detail(func(d *details) { d.cause, d.from, d.until = cause, from, until })
}

// Propose begins the action with this ID: it is proposed. It returns a context that is in the action. The options [Change], [Owner], [Note],
// [OnFeedback] and [OnCause] say what it is.
func (a *Action) Propose(ctx context.Context, id string, opts ...Option) context.Context {
	rec := flight.RecorderFrom(ctx)
	if a == nil || rec == nil {
		return ctx
	}
	s := gather(rec, opts)
	defer s.put()
	s.staff, s.once = true, id
	o := a.option(&s)
	ctx = a.journey.Start(ctx, id, event.Customer{}, o)
	if flight.PositionIn(ctx, a.name) == nil {
		return ctx // the ID is not valid, which is reported
	}
	return a.journey.Enter(ctx, Proposed, o)
}

// Resume returns a context that is in the action with this ID, as [journey.Definition.Resume] does.
func (a *Action) Resume(ctx context.Context, id string) context.Context {
	if a == nil {
		return ctx
	}
	return a.journey.Resume(ctx, id)
}

// Plan records that the change will be made.
func (a *Action) Plan(ctx context.Context, opts ...Option) context.Context {
	return a.take(ctx, Planned, opts, nil)
}

// Make records that customers experience the change.
func (a *Action) Make(ctx context.Context, opts ...Option) context.Context {
	return a.take(ctx, Made, opts, nil)
}

// toldOfChange is the touchpoint of [Action.Tell], the same for all actions.
var toldOfChange = touchpoint.Define("told-of-change")

// Tell records that the customer was told of the change, as an outbound touchpoint "told-of-change" in the run of the action: for a mailing,
// or a letter, that is no touchpoint of the application. Call it once for each customer. The channel is that of [Via], else that of the
// context. [At], [By], [Variant] and [Attributes] have their effect, and an employee acts by default. A context that is not in the action
// counts as the fault unknown_run, and nothing is recorded.
func (a *Action) Tell(ctx context.Context, customer event.Customer, opts ...Option) {
	rec := flight.RecorderFrom(ctx)
	if a == nil || rec == nil {
		return
	}
	p := flight.PositionIn(ctx, a.name)
	if p == nil {
		flight.Fault(ctx, fault.Report{Fault: fault.UnknownRun, Name: a.name, Detail: "a customer was told of a change with a context that is not in the action: use that of Propose or Resume"})
		return
	}
	s := gather(rec, opts)
	defer s.put()
	actor := s.e.Actor
	if actor == event.ActorCustomer {
		actor = event.ActorEmployee
	}
	its := []touchpoint.StartOption{
		touchpoint.Outbound(), touchpoint.At(s.at), touchpoint.By(actor), touchpoint.From(customer), touchpoint.Attributes(s.e.Attributes...),
	}
	if s.e.Variant != nil {
		its = append(its, touchpoint.Variant(*s.e.Variant))
	}
	toldOfChange.Record(flight.ContextWithPosition(ctx, p), s.e.Channel, its...)
}

// Verify records that the change helps, and ends the action as completed.
func (a *Action) Verify(ctx context.Context, opts ...Option) {
	a.take(ctx, Verified, opts, a.Journey().Complete)
}

// Drop ends the action as cancelled. [Because] says why.
func (a *Action) Drop(ctx context.Context, opts ...Option) {
	a.take(ctx, "", opts, a.Journey().Cancel)
}

// take records a step, unless it has no name, and calls end, which may be nil.
func (a *Action) take(ctx context.Context, stage string, opts []Option, end func(context.Context, ...journey.RecordOption)) context.Context {
	rec := flight.RecorderFrom(ctx)
	if a == nil || rec == nil {
		return ctx
	}
	s := gather(rec, opts)
	defer s.put()
	s.staff = true
	o := a.option(&s)
	if stage != "" {
		ctx = a.journey.Enter(ctx, stage, o)
	}
	if end != nil {
		end(ctx, o)
	}
	return ctx
}

// option returns the option of a step of the action.
func (a *Action) option(s *step) journey.RecordOption {
	return s.option(a.journey, func(e *flight.Event) {
		e.Action = &event.Action{
			Name: s.changed, Owner: s.owner, Feedbacks: s.feedbacks, Cause: s.cause, From: s.from, Until: s.until, Note: s.note,
		}
	})
}
