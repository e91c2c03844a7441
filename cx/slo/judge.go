package slo

import (
	"slices"
	"time"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
)

// Judge decides what events are for objectives. It is pure: a verdict follows from the event and the objectives alone, so that live
// calls, a backtest and a report come to the same one. The defaults are in one table:
//
//	subject     counted                       good by default        the moment that decides
//	journey     journey.ended                 completed              the end of the run
//	promise     promise.kept, promise.broken  promise.kept           when it was kept; when it broke, usually at the due time
//	touchpoint  touchpoint.ended              ok                     the end of the interaction
//	survey      feedback.received             there is no default    the time of the answer
//	queue       touchpoint.ended: each leg    there is no default    the end of the contact
//	            in the queue, or the thread
//	effort      contact.resolved              at the first contact   the end of the effort's window
//	composite   nothing: its parts count
//
//	not counted  what a synthetic actor did, an answer by a delegate ([WithDelegates]), a keep after the break was reported, a promise that was
//	             withdrawn, a leg that does not count for its level ([assist.Level.Judge]), an effort that no person answered, and
//	             what [Except] lists. An event without a channel came by [event.OtherChannel]
//	excluded     what happened in a [Maintenance]; an event that lacks what the [Criteria] ask for: the duration for Within,
//	             a zone for Zones, a verdict for Verdicts, or an outcome. That holds for an event that fails another criterion, too:
//	             otherwise the ratio of the events that are known only in part would count the bad ones alone
//
// A late event counts like any other: it happened to the customer.
//
// A Judge finds the objectives of an event in a map, and judges only those. It is safe for concurrent use. A nil Judge has no verdicts.
type Judge struct {
	objectives                     []Objective
	journeys, touchpoints, surveys map[string][]*rule
	queues, efforts                map[string][]*rule
	promises                       map[promiseOf][]*rule
	delegates                      bool // their answers count
}

// JudgeOption is an option of [NewJudge].
type JudgeOption interface{ apply(*Judge) }

type judgeOption func(*Judge)

func (f judgeOption) apply(j *Judge) { f(j) }

// WithDelegates counts the answers of delegates ([event.ActorDelegate]) for objectives on surveys. Default: they are not counted.
func WithDelegates() JudgeOption { return judgeOption(func(j *Judge) { j.delegates = true }) }

// Verdict is what an event is for one objective.
type Verdict struct {
	// Objective is the objective, and Index its place among those of [NewJudge]. The caller must not change it.
	Objective *Objective
	Index     int
	Result    Result
}

type promiseOf struct{ journey, name string }

// NewJudge returns a Judge of the objectives. It copies the slice, and keeps what the objectives point to. Objectives should be valid
// ([Validate]): a survey without criteria excludes every answer, and an objective about nothing, or about several things, counts nothing.
func NewJudge(objectives []Objective, opts ...JudgeOption) *Judge {
	j := &Judge{
		objectives: slices.Clone(objectives),
		journeys:   map[string][]*rule{}, touchpoints: map[string][]*rule{}, surveys: map[string][]*rule{},
		queues: map[string][]*rule{}, efforts: map[string][]*rule{}, promises: map[promiseOf][]*rule{},
	}
	for _, o := range opts {
		if o != nil {
			o.apply(j)
		}
	}
	for i := range j.objectives {
		o := &j.objectives[i]
		r := newRule(o, i)
		switch o.Subject() {
		case OfPromise:
			of := promiseOf{o.Journey, o.Promise}
			j.promises[of] = append(j.promises[of], r)
		case OfJourney:
			j.journeys[o.Journey] = append(j.journeys[o.Journey], r)
		case OfTouchpoint:
			j.touchpoints[o.Touchpoint] = append(j.touchpoints[o.Touchpoint], r)
		case OfSurvey:
			j.surveys[o.Survey] = append(j.surveys[o.Survey], r)
		case OfQueue:
			j.queues[o.Queue] = append(j.queues[o.Queue], r)
		case OfEffort:
			j.efforts[o.Effort] = append(j.efforts[o.Effort], r)
		default: // the parts of a composite count
		}
	}
	return j
}

// Verdicts appends what the event is for each objective that counts it, and returns the slice, in the order of the objectives. Those of
// queues come last, leg by leg: a contact that was in a queue twice has two verdicts for an objective on the queue. Verdicts allocates only
// where the slice has no room.
func (j *Judge) Verdicts(into []Verdict, e *event.Event) []Verdict {
	j.each(e, Moment(e), func(r *rule, result Result) {
		into = append(into, Verdict{Objective: r.objective, Index: r.index, Result: result})
	})
	return into
}

// counts reports whether an objective may be about the event.
func (j *Judge) counts(e *event.Event) bool {
	return len(j.rules(e)) > 0 || e.Assisted != nil || e.Kind == event.ContactResolved
}

// each calls yield with what the event, which happened at that moment, is for each rule that counts it.
func (j *Judge) each(e *event.Event, at time.Time, yield func(*rule, Result)) {
	for _, r := range j.rules(e) {
		if result := r.judge(e, at); result != 0 {
			yield(r, result)
		}
	}
	if j == nil || e.Actor == event.ActorSynthetic {
		return
	}
	switch {
	case e.Kind == event.TouchpointEnded && e.Assisted != nil && len(j.queues) > 0:
		j.contact(e, at, yield)
	case e.Kind == event.ContactResolved && e.Intent != AllEfforts:
		for _, r := range j.efforts[AllEfforts] {
			if result := r.judge(e, at); result != 0 {
				yield(r, result)
			}
		}
	}
}

// contact judges the legs and the thread of a contact for the objectives on their queues.
func (j *Judge) contact(e *event.Event, at time.Time, yield func(*rule, Result)) {
	a := e.Assisted
	for i := range a.Legs {
		for _, r := range j.queues[a.Legs[i].Queue] {
			if result := r.part(e, at, r.leg(&a.Legs[i])); result != 0 {
				yield(r, result)
			}
		}
	}
	if a.Thread == nil {
		return
	}
	for _, r := range j.queues[assist.QueueOf(a)] {
		if result := r.part(e, at, r.thread(a.Thread)); result != 0 {
			yield(r, result)
		}
	}
}

// rules returns the rules of the objectives that are about events like e.
func (j *Judge) rules(e *event.Event) []*rule {
	if j == nil || e.Actor == event.ActorSynthetic {
		return nil
	}
	switch e.Kind {
	case event.TouchpointEnded:
		return j.touchpoints[e.Touchpoint]
	case event.JourneyEnded:
		return j.journeys[e.Journey.Name]
	case event.PromiseKept, event.PromiseBroken:
		if e.Promise == nil || e.Late {
			return nil
		}
		return j.promises[promiseOf{e.Journey.Name, e.Promise.Name}]
	case event.FeedbackReceived:
		if e.Feedback == nil || e.Actor == event.ActorDelegate && !j.delegates {
			return nil
		}
		return j.surveys[e.Feedback.Survey]
	case event.ContactResolved:
		return j.efforts[e.Intent]
	default: // no objective is about the other kinds
		return nil
	}
}

// Moment returns when an event happened for an objective: the end of a touchpoint, and [event.Event.Time] of any other event. It
// decides whether the event lies in a maintenance, and in which window it counts.
func Moment(e *event.Event) time.Time {
	if e.Kind == event.TouchpointEnded {
		return e.Time.Add(e.Duration)
	}
	return e.Time
}

// Of returns the event's value of the dimension, or "" where the event has none. An event without a channel came by
// [event.OtherChannel].
func (d Dimension) Of(e *event.Event) string {
	switch d {
	case ByChannel:
		return channelOf(e).String()
	case BySegment:
		return e.Customer.Segment
	case ByActor:
		return e.Actor.String()
	case ByIntent:
		return e.Intent
	case ByRelease:
		if e.Variant != nil {
			return e.Variant.Release
		}
	case ByArm:
		if e.Variant != nil {
			return e.Variant.Arm
		}
	}
	return ""
}

func channelOf(e *event.Event) event.Channel {
	if e.Channel == 0 {
		return event.OtherChannel
	}
	return e.Channel
}
