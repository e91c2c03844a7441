package feedback

import (
	"cmp"
	"context"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// option returns the option of a step of a follow-up, which is due then, or at a time that is not known.
func (f *FollowUp) option(s *step, due time.Time) journey.RecordOption {
	return s.option(f, func(e *flight.Event) {
		d := &event.FollowUp{
			Owner: s.owner, Severity: s.severity, Rule: s.rule, CausedBy: s.causedBy, Feedback: s.feedback, Due: due, Remedy: s.remedy, Note: s.note,
		}
		if s.asked != nil {
			d.About = *s.asked
		}
		e.FollowUp = d
	})
}

// ID returns the ID of the follow-up that the event with this ID causes: every process derives the same one.
func (f *FollowUp) ID(cause event.ID) string { return cause.String() }

// Open begins the follow-up with this ID, which the application chooses, for the customer: it is received. It returns a context that is in
// the follow-up. The context's own run, if it has one, is what the follow-up is about, unless [About] says another one. Open of a
// follow-up that is open changes nothing, and so does Open of one that has ended; see [journey.Definition.Start].
func (f *FollowUp) Open(ctx context.Context, id string, customer event.Customer, opts ...Option) context.Context {
	return f.open(ctx, id, customer, opts, func(s *step) { s.staff = true })
}

// OpenFor begins the follow-up that the event causes, under the ID of [FollowUp.ID], and returns a context that is in it. The customer, the
// channel, the run that it is about, and the feedback are those of the event. The client calls it for events that a rule describes. An
// event without an ID opens nothing, and counts as the fault missing_detail. Customer IDs of the event count, and hashes too.
func (f *FollowUp) OpenFor(ctx context.Context, cause *event.Event, opts ...Option) context.Context {
	if cause == nil {
		cause = &event.Event{}
	}
	id := cause.ID
	if cause.Kind == event.FeedbackAmended && cause.Feedback != nil {
		id = cause.Feedback.Amends // the matter is that of the first answer
	}
	if id.IsZero() {
		flight.Fault(ctx, fault.Report{Fault: fault.MissingDetail, Name: f.Name(), Detail: "the event that a follow-up is to be opened for has no ID: set it, or use Open"})
		return ctx
	}
	at := cause.Time
	if cause.Kind == event.TouchpointEnded {
		at = at.Add(cause.Duration)
	}
	its := append(make([]Option, 0, 4+len(opts)), At(at), Via(cause.Channel), detail(func(d *details) {
		if d.causedBy, d.automatic = id, true; cause.Feedback != nil {
			d.feedback = id
		}
	}), recordOption(func(e *flight.Event) { e.SpanContext = cause.SpanContext }))
	return f.open(ctx, f.ID(id), cause.Customer, append(its, opts...), func(s *step) {
		if r := cause.Journey; s.asked == nil && !r.IsZero() {
			s.asked = &event.RunRef{Namespace: r.Namespace, Name: r.Name, ID: r.ID}
		}
	})
}

// ByRule sets the name of the rule that opens a follow-up, and its severity and owner, as [FollowUp.OpenFor] needs it. Default: no rule.
func ByRule(r Rule) Option {
	return detail(func(d *details) { d.rule, d.severity, d.owner = r.title(), r.Severity, r.Owner })
}

func (f *FollowUp) open(ctx context.Context, id string, customer event.Customer, opts []Option, more func(*step)) context.Context {
	rec := flight.RecorderFrom(ctx)
	if f == nil || rec == nil {
		return ctx
	}
	s := gather(rec, opts)
	defer s.put()
	if more(&s); s.asked == nil {
		if p := flight.PositionFromContext(ctx); p != nil && !p.Journey.IsZero() && p.Journey.Name != f.name {
			s.asked = new(p.Journey.Ref())
		}
	}
	s.once, s.holds = id, s.severity
	o := f.option(&s, f.due(&s))
	ctx = f.journey.Start(ctx, id, customer, o)
	if flight.PositionIn(ctx, f.name) == nil {
		return ctx // the ID is not valid, which is reported
	}
	ctx = f.journey.Enter(ctx, Received, o)
	m := matter{id: id, received: s.at, severity: s.severity}
	if s.severity != "" {
		f.resetNow(ctx, &s)
	}
	return context.WithValue(ctx, matterKey{f.name}, m)
}

// due returns when the first promise of a matter is due that is received now, or the zero time.
func (f *FollowUp) due(s *step) (due time.Time) {
	for _, p := range f.Promises(s.holds) {
		if at := p.Due(s.at); due.IsZero() || at.Before(due) {
			due = at
		}
	}
	return due
}

// resetNow moves the promises that the step itself has just made to the times of its severity. It does so a microsecond later, so that a
// sink that keeps microseconds knows which of the two times came last.
func (f *FollowUp) resetNow(ctx context.Context, s *step) {
	from := s.at
	s.at = s.at.Add(time.Microsecond)
	f.reset(ctx, s, from, from)
}

// reset moves the open promises of the follow-up to the times of the severity, which count from then. Those of the promise of updates count
// from when the customer has heard from the company.
// Where the step says no severity, the run knows it.
func (f *FollowUp) reset(ctx context.Context, s *step, from, heard time.Time) {
	for i := range f.terms.severities {
		v, only := &f.terms.severities[i], ""
		switch s.severity {
		case v.name:
		case "":
			only = flight.OnlyFor(v.name)
		default:
			continue
		}
		for p := range v.journey().Promises() {
			since := from
			if p.Name == PromiseUpdated {
				since = heard
			}
			f.made(ctx, s, p.Name, p.Due(since), only, true)
		}
	}
}

// made makes a promise of the follow-up, on the condition of [flight.OnlyFor], if there is one. A promise that is only moved is not made
// where it is not open.
func (f *FollowUp) made(ctx context.Context, s *step, promise string, due time.Time, only string, moves bool) {
	f.journey.Promise(ctx, promise, due, s.option(f, func(e *flight.Event) { e.SetMoves(moves); e.SetOnly(only) }))
}

// kept keeps a promise of the follow-up.
func (f *FollowUp) kept(ctx context.Context, s *step, promise string) {
	f.journey.Keep(ctx, promise, s.option(f, func(*flight.Event) {}))
}

// Resume returns a context that is in the follow-up with this ID, as [journey.Definition.Resume] does.
func (f *FollowUp) Resume(ctx context.Context, id string) context.Context {
	if f == nil {
		return ctx
	}
	return f.journey.Resume(ctx, id)
}

// Assess records that it is known how serious the matter is. A severity of [ForSeverity] moves the promises that are open: they count from
// when the matter was received last, if the context knows that, and else from now. The promise of [UpdateEvery] counts from now, because the
// customer may have heard from the company since.
func (f *FollowUp) Assess(ctx context.Context, severity string, opts ...Option) context.Context {
	return f.take(ctx, Assessed, append([]Option{Severity(severity)}, opts...), func(ctx context.Context, s *step) {
		from := s.at
		if !s.received.IsZero() {
			from = s.received
		} else if m := f.matter(ctx); !m.received.IsZero() {
			from = m.received
		}
		if s.severity != "" {
			f.reset(ctx, s, from, s.at)
		}
	}, nil)
}

// Acknowledge records that the customer knows that the company has the matter.
func (f *FollowUp) Acknowledge(ctx context.Context, opts ...Option) context.Context {
	return f.take(ctx, Acknowledged, opts, f.heard, func(ctx context.Context, s *step) { f.keep(ctx, s, PromiseAcknowledged) })
}

// Investigate records that it is known what happened. [Because] says why.
func (f *FollowUp) Investigate(ctx context.Context, opts ...Option) context.Context {
	return f.take(ctx, Investigated, opts, nil, nil)
}

// Escalate records that another team has the matter. [Owner] says which.
func (f *FollowUp) Escalate(ctx context.Context, opts ...Option) context.Context {
	return f.take(ctx, Escalated, opts, nil, nil)
}

// Resolve records what the company did, from a bounded vocabulary: see [Remedy].
func (f *FollowUp) Resolve(ctx context.Context, remedy string, opts ...Option) context.Context {
	return f.take(ctx, Resolved, append([]Option{Remedy(remedy)}, opts...), nil, nil)
}

// Tell records that the customer knows the answer. It keeps the promises of the follow-up, also where the matter was not acknowledged
// before.
func (f *FollowUp) Tell(ctx context.Context, opts ...Option) context.Context {
	return f.take(ctx, Told, opts, nil, func(ctx context.Context, s *step) {
		f.keep(ctx, s, PromiseAcknowledged, PromiseAnswered, PromiseUpdated)
	})
}

// Update records that the customer has heard from the company between two steps. It keeps the promise of [UpdateEvery], and makes it anew.
// Without [UpdateEvery] it records nothing.
func (f *FollowUp) Update(ctx context.Context, opts ...Option) {
	if rec := flight.RecorderFrom(ctx); f != nil && rec != nil {
		s := gather(rec, opts)
		defer s.put()
		s.staff = true
		f.heard(ctx, &s)
	}
}

// heard keeps the promise of updates, and makes it anew until the answer. The keep comes first, also of two at one time. Where the step
// says no severity, the run knows which time holds.
func (f *FollowUp) heard(ctx context.Context, s *step) {
	defer func(at time.Time) { s.at = at }(s.at)
	from, renewed := s.at, f.updates(s.severity)
	if len(renewed) == 0 {
		return
	}
	f.kept(ctx, s, PromiseUpdated)
	s.at = from.Add(time.Nanosecond)
	for only, p := range renewed {
		f.made(ctx, s, PromiseUpdated, p.Due(from), only, false)
	}
}

// updates returns the promises of updates, by the condition on which each is made: that of the severity, or those of all if it is "".
func (f *FollowUp) updates(severity string) map[string]journey.Promised {
	all, own := map[string]journey.Promised{}, []string{}
	add := func(only, severity string) {
		for _, p := range f.Promises(severity) {
			if p.Name == PromiseUpdated {
				all[only] = p
			}
		}
	}
	if severity != "" {
		add(flight.OnlyOther(), severity)
		return all
	}
	for i := range f.terms.severities {
		if s := &f.terms.severities[i]; s.terms.update != nil {
			own = append(own, s.name)
			add(flight.OnlyFor(s.name), s.name)
		}
	}
	add(flight.OnlyOther(own...), "")
	return all
}

// Reopen records that the customer objects: the matter is received once more, a nanosecond after the given time, so that it comes after an
// answer of that time, and its promises are made anew. It has no effect on a follow-up that has ended: open another one then, with [CausedBy].
func (f *FollowUp) Reopen(ctx context.Context, opts ...Option) context.Context {
	return f.take(ctx, Received, opts, nil, f.resetNow)
}

// Move records what a name of [Moves] says, as the method of that name does: for a ticket system, which holds the case, and for the command
// line. [Confirmed], [Closed], [Withdrawn] and [Failed] end the follow-up. Another name counts as the fault unknown_name, and changes nothing.
func (f *FollowUp) Move(ctx context.Context, to string, opts ...Option) context.Context {
	switch to {
	case Received:
		return f.Reopen(ctx, opts...)
	case Assessed:
		return f.Assess(ctx, "", opts...)
	case Acknowledged:
		return f.Acknowledge(ctx, opts...)
	case Told:
		return f.Tell(ctx, opts...)
	case Investigated, Escalated, Resolved:
		return f.take(ctx, to, opts, nil, nil)
	case Updated:
		f.Update(ctx, opts...)
	case Confirmed:
		f.Confirm(ctx, opts...)
	case Closed:
		f.Close(ctx, opts...)
	case Withdrawn:
		f.Withdraw(ctx, opts...)
	case Failed:
		f.Fail(ctx, opts...)
	default:
		flight.Fault(ctx, fault.Report{Fault: fault.UnknownName, Name: to, Detail: "it is no step of a follow-up: use one of feedback.Moves"})
	}
	return ctx
}

// take records a step. It calls before, which moves promises, so that the step is in time for the next one, and after, which keeps them.
// Both may be nil.
func (f *FollowUp) take(ctx context.Context, stage string, opts []Option, before, after func(context.Context, *step)) context.Context {
	rec := flight.RecorderFrom(ctx)
	if f == nil || rec == nil {
		return ctx
	}
	s := gather(rec, opts)
	defer s.put()
	began := f.began(ctx)
	s.holds = cmp.Or(s.severity, f.matter(ctx).severity)
	switch s.staff = stage != Received; {
	case !s.staff:
		s.at = s.at.Add(time.Nanosecond) // after what was told at the same time, and what that keeps
	case s.at.Before(began): // another clock
		s.at = began
	}
	if before != nil {
		before(ctx, &s)
	}
	if after != nil && s.staff && s.at.Equal(began) { // the stage comes before the receipt, and keeps nothing
		after(ctx, &s)
		after = nil
	}
	ctx = f.journey.Enter(ctx, stage, f.option(&s, f.next(stage, &s)))
	at := s.at
	if after != nil {
		after(ctx, &s)
	}
	return f.learn(ctx, stage, at, &s)
}

// began returns when the matter was received, or the zero time where the context does not know it.
func (f *FollowUp) began(ctx context.Context) time.Time {
	if p := flight.PositionIn(ctx, f.name); p != nil {
		return p.Journey.Started
	}
	return time.Time{}
}

// next returns when the step after this one is due, where that does not follow from the promises that are open: the state of the run has
// these.
func (f *FollowUp) next(stage string, s *step) time.Time {
	switch {
	case stage == Received && slices.Contains(f.Severities(), s.holds): // it moves the promises later
		return f.due(s)
	case stage == Told && f.ConfirmWithin() > 0:
		return s.at.Add(f.ConfirmWithin())
	default:
		return time.Time{}
	}
}

// keep keeps the promises that the follow-up makes, by hand: the stage of the step keeps them too, but not where the matter was received
// at the same time.
func (f *FollowUp) keep(ctx context.Context, s *step, promises ...string) {
	for p := range f.journey.Promises() {
		if slices.Contains(promises, p.Name) {
			f.kept(ctx, s, p.Name)
		}
	}
}

// Confirm records that the customer is content with the answer, and ends the follow-up as completed.
func (f *FollowUp) Confirm(ctx context.Context, opts ...Option) {
	f.end(ctx, event.Completed, opts, func(ctx context.Context, s *step) context.Context {
		return f.journey.Enter(ctx, Confirmed, f.option(s, time.Time{}))
	})
}

// Close ends a follow-up as completed, because of [NoObjection]: the customer was told, and does not object. The client does so by itself
// after the time of [ConfirmWithin].
func (f *FollowUp) Close(ctx context.Context, opts ...Option) {
	f.end(ctx, event.Completed, append([]Option{Because(NoObjection)}, opts...), func(ctx context.Context, s *step) context.Context {
		s.staff = true
		return ctx
	})
}

// Withdraw ends a follow-up as cancelled, because the customer has withdrawn the matter. Its open promises are withdrawn with it. [Because]
// gives another cause than [Withdrawn].
func (f *FollowUp) Withdraw(ctx context.Context, opts ...Option) {
	f.end(ctx, event.Cancelled, append([]Option{Because(Withdrawn)}, opts...), nil)
}

// Fail ends a follow-up as failed, because the company cannot answer. Its open promises are broken by it. [Because] gives the cause.
func (f *FollowUp) Fail(ctx context.Context, opts ...Option) {
	f.end(ctx, event.Failed, opts, func(ctx context.Context, s *step) context.Context {
		s.staff = true
		return ctx
	})
}

// end ends the follow-up, after what before does, which may be nil.
func (f *FollowUp) end(ctx context.Context, o event.Outcome, opts []Option, before func(context.Context, *step) context.Context) {
	rec := flight.RecorderFrom(ctx)
	if f == nil || rec == nil {
		return
	}
	s := gather(rec, opts)
	defer s.put()
	if before != nil {
		ctx = before(ctx, &s)
	}
	switch its := f.option(&s, time.Time{}); o {
	case event.Completed:
		f.journey.Complete(ctx, its)
	case event.Cancelled:
		f.journey.Cancel(ctx, its)
	default:
		f.journey.Fail(ctx, its)
	}
}
