package feedback

import (
	"context"
	"math"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/digest"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/touchpoint"
)

// AskOption is an option of [Survey.Ask]. Each [Option] is one too. An option value may be reused.
type AskOption interface{ applyAsk(*asking) }

type askOption func(*asking)

func (f askOption) applyAsk(a *asking) { f(a) }

// asking is what the options of Ask say.
type asking struct {
	said   []recordOption
	grant  []touchpoint.AskOption
	policy *touchpoint.ContactPolicy
}

// To names the address or the person that the request goes to, where it is not the customer, as [touchpoint.To] does. Default: the customer.
func To(addressee string) AskOption {
	return askOption(func(a *asking) { a.grant = append(a.grant, touchpoint.To(addressee)) })
}

// InZone names the customer's time zone for quiet hours, as [touchpoint.InZone] does. Default: the zone of the quiet hours.
func InZone(zone string) AskOption {
	return askOption(func(a *asking) { a.grant = append(a.grant, touchpoint.InZone(zone)) })
}

// Under names the contact policy. Default, and for nil: the policy of the client that has the survey's purpose, such as that of the blueprint.
func Under(p *touchpoint.ContactPolicy) AskOption { return askOption(func(a *asking) { a.policy = p }) }

// Ask asks the contact policy whether the customer may be asked, reserves the request, and records survey.requested, whose ID is that
// of the request. For the zero customer it asks about the customer of the context. The caller shows the question, or sends it,
// if [Request.OK]; the answer carries the request ([Answering]).
//
// Asking is the reservation: one write in the customer's record decides, so that instances that share a store never ask a customer twice
// within [Every], nor more often than the caps of the policy allow. The request counts from then on, also if the process ends before
// the customer has seen it. Ask waits for the store as [touchpoint.ContactPolicy.Ask] does. It fails closed: without a client, a key,
// a store, a policy that has the survey's purpose, or an answer of the store the customer is not asked.
//
// The customer is not asked, and [Request.Refused] is the rule: [event.RuleActor] for a delegate or a probe; [event.RuleSample] outside the
// sample; [event.RuleUndeclared] where no policy has the purpose, which is also the fault unknown_name, for a survey whose definition is
// faulty, and for one that has another scale than the survey of that name in the client; and each rule of the policy, such as quiet hours or a
// cap. The policy records its refusals as contact.suppressed. A customer outside the sample is not recorded.
//
// The channel is that of [Via], else the survey's own if [Channels] names one, else that of the context, else the first of
// [Survey.Channels]. Ask never returns nil and never panics. Safe for concurrent use.
func (s *Survey) Ask(ctx context.Context, customer event.Customer, opts ...AskOption) *Request {
	if ctx == nil {
		ctx = context.Background()
	}
	var a asking
	for _, o := range opts {
		if o != nil {
			o.applyAsk(&a)
		}
	}
	r := &Request{survey: s, rule: event.RuleUnknown}
	surveys, rec := flight.SurveysFrom(ctx), flight.RecorderFrom(ctx)
	if s == nil || surveys == nil {
		return r
	}
	known, ok := surveys.Survey(s).(*Survey)
	if !ok {
		r.rule = event.RuleUndeclared
		return r
	}
	s, r.survey = known, known
	e := flight.Get()
	defer e.Put()
	e.Kind = event.SurveyRequested
	e.SetFeedback(&event.Feedback{Survey: s.name, Scale: s.scale, Version: s.Version()})
	e.SetDefinition(s)
	e.SetPosition(flight.PositionFromContext(ctx))
	for _, o := range a.said {
		o.apply(e)
	}
	if flight.ScopeOf(ctx).Synthetic() {
		e.Actor = event.ActorSynthetic
	}
	e.Feedback.Score, e.Feedback.Request = 0, event.ID{}
	if customer != (event.Customer{}) {
		e.SetCustomer(customer)
	}
	if e.Channel = s.channel(e, a.said); e.Time.IsZero() {
		e.Time = rec.Now()
	}
	if !r.reserve(ctx, surveys, &a, e) {
		return r
	}
	e.ID, r.id = r.grant.ID(), r.grant.ID()
	rec.Record(ctx, e)
	r.expires = e.Time.Add(s.Expires()) // the client has replaced a time that cannot be
	r.run = e.Journey.Ref()
	return r
}

// reserve reports whether the customer may be asked, and reserves that.
func (r *Request) reserve(ctx context.Context, surveys flight.Surveys, a *asking, e *flight.Event) bool {
	s := r.survey
	if e.Actor == event.ActorDelegate || e.Actor == event.ActorSynthetic {
		r.rule = event.RuleActor
		return false
	}
	if who, err := surveys.Pseudonym(e.Customer); err == nil && !s.samples(who) { // the policy reports an error
		r.rule = event.RuleSample
		return false
	}
	policy := a.policy
	if policy == nil {
		policy, _ = surveys.Policy(s.Purpose()).(*touchpoint.ContactPolicy)
	}
	if policy == nil {
		r.rule = event.RuleUndeclared
		flight.Fault(ctx, fault.Report{
			Fault: fault.UnknownName, Name: s.Purpose(), Detail: "no contact policy of the client has the purpose, so that the survey " + s.name + " asks no customer",
		})
		return false
	}
	a.grant = append(a.grant, touchpoint.AtOnce())
	if s.Every() > 0 {
		a.grant = append(a.grant, touchpoint.Once(s.name, s.Every()))
	}
	r.grant = policy.Ask(ctx, e.Customer, s.Purpose(), e.Channel, a.grant...)
	if r.rule = r.grant.Reason(); r.rule == event.RuleUnchecked { // no record says that the customer was asked
		r.grant.Release(ctx)
		r.rule = event.RuleUnknown
	}
	return r.rule == event.RuleGranted && !r.grant.ID().IsZero()
}

// samples reports whether the customer is in the sample. A larger share has all customers of a smaller one.
func (s *Survey) samples(pseudonym string) bool {
	share := s.Sample()
	return share >= 1 || float64(digest.Sampled(s.name, pseudonym)) < share*math.MaxUint64
}

// channel returns the channel by which the customer is asked.
func (s *Survey) channel(e *flight.Event, said []recordOption) event.Channel {
	var own flight.Event
	own.Feedback = &event.Feedback{}
	for _, o := range said {
		o.apply(&own)
	}
	switch {
	case own.Channel != 0:
		return own.Channel
	case s.HasChannels():
		return s.Channels()[0]
	case e.Channel != 0:
		return e.Channel
	default:
		return s.Channels()[0]
	}
}

// Known returns the survey as the client in the context knows it, else the default client: a survey that only names itself ([Survey.Plain])
// has the texts, choices and bounds that the blueprint gives it there. Without a client, and for a survey that the client does not know,
// it returns the survey itself. Ask and Record do so by themselves. Safe for concurrent use; a nil Survey returns nil.
func (s *Survey) Known(ctx context.Context) *Survey {
	if ctx == nil {
		ctx = context.Background()
	}
	surveys := flight.SurveysFrom(ctx)
	if s == nil || surveys == nil {
		return s
	}
	if known, ok := surveys.Survey(s).(*Survey); ok && known != nil {
		return known
	}
	return s
}

// Asked returns the request with this ID, which was made earlier, perhaps by another process: a link carries the ID. Its methods record
// what becomes of the request. Nothing else is known of it: see [Request.Status]. It is for the zero ID refused.
func (s *Survey) Asked(request event.ID) *Request {
	r := &Request{survey: s, id: request, rule: event.RuleGranted}
	if s == nil || request.IsZero() {
		r.rule = event.RuleUnknown
	}
	return r
}

// Request is a request for feedback, which travels with the answer. Safe for concurrent use. A nil Request is one that was refused as
// unknown.
type Request struct {
	survey  *Survey
	id      event.ID
	rule    string
	grant   *touchpoint.Grant // nil for one that was made earlier
	expires time.Time
	run     event.RunRef
}

// OK reports whether the customer may be asked.
func (r *Request) OK() bool { return r != nil && r.rule == event.RuleGranted }

// Refused returns why the customer is not asked, as a rule of package event such as [event.RuleCap], or "" for a request that was granted.
func (r *Request) Refused() string {
	switch {
	case r == nil:
		return event.RuleUnknown
	case r.rule == event.RuleGranted:
		return ""
	default:
		return r.rule
	}
}

// ID returns the ID of the request: that of its event survey.requested. It is zero for a request that was refused.
func (r *Request) ID() event.ID {
	if !r.OK() {
		return event.ID{}
	}
	return r.id
}

// Survey returns the survey, as the client knows it.
func (r *Request) Survey() *Survey {
	if r == nil {
		return nil
	}
	return r.survey
}

// Grant returns the grant of the contact policy, for the touchpoint with which the request is sent ([touchpoint.Granted]). It is nil for
// a request that was made earlier, or refused before the policy was asked.
func (r *Request) Grant() *touchpoint.Grant {
	if r == nil {
		return nil
	}
	return r.grant
}

// Expires returns when the request expires. It is zero for a request that was refused or made earlier: see [Request.Status].
func (r *Request) Expires() time.Time {
	if r == nil {
		return time.Time{}
	}
	return r.expires
}

// Run returns the run that the request is about, or the zero value.
func (r *Request) Run() event.RunRef {
	if r == nil {
		return event.RunRef{}
	}
	return r.run
}
