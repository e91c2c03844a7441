package touchpoint

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// RPC makes touchpoints of the calls that a server receives by an RPC protocol with the status codes of gRPC. It is the part that
// adapters share: services use [cairncx.dev/cairn/touchpoint/cxgrpc] and [cairncx.dev/cairn/touchpoint/cxconnect], and [Handler] for
// other HTTP. The zero value makes a touchpoint of every call, and believes no position. A nil RPC makes none, and believes none.
//
// An adapter calls [RPC.Receive], [RPC.Begin], [ServedCall.Answer] and [ServedCall.End] for each call, in this order. It must not change
// or copy the RPC once the first call has come. Safe for concurrent use then. A panic in one of the functions counts as the fault panic,
// and the call goes on with the default.
type RPC struct {
	// By names the adapter in reports of faults, such as "cxgrpc".
	By string
	// Routes are the touchpoints of methods; a nil definition makes none. A key is a full method, "/package.Service/Method", or all
	// methods of a service, "/package.Service/*". The full method has precedence. Default: a touchpoint for each method, named by the
	// full method without its first slash, and none for the methods of the services grpc.health, grpc.reflection and grpc.channelz.
	Routes map[string]*Definition
	// OnlyRoutes makes touchpoints of the methods in Routes, and of no others.
	OnlyRoutes bool
	// Methods returns the names of the methods of a service, or none where the adapter does not know the service. The first call reports
	// each key of Routes with a method that its service does not have, as unknown_route. Default: keys are not checked.
	Methods func(service string) []string
	// Journey and ID put calls into a run of the journey. ID returns the ID of the run, from the method and the message of a call, or "" for
	// none. The rules are those of [WithJourneyID]: a call that is answered with NOT_FOUND is not in the run. The message of a stream is nil.
	Journey *journey.Definition
	ID      func(ctx context.Context, method string, message any) string
	// Channel returns the channel of a call; 0 is the default. Default: the channel of the position that came with the call, where it is
	// believed, else that of [RPCCall].
	Channel func(ctx context.Context, method string) event.Channel
	// Synthetic identifies the calls of crawlers and probes, as [WithSynthetic] does. Default: by the user agent.
	Synthetic func(ctx context.Context, method string) SyntheticType
	// Trusted are rules that report whether the peer of the call is one of the application's own services, whose positions are believed. One
	// rule that returns true is enough. Default: none.
	Trusted []func(ctx context.Context) bool
	// Signed believes positions that one of the client's keys has signed, as [WithSignedPositions] does.
	Signed bool
	// Outcome returns the outcome of a status code for the customer; 0 is ok. Default: [RPCOutcome].
	Outcome func(code uint32) event.Outcome

	named   definitions
	checked atomic.Bool
}

// RPCCall is what an adapter knows of a call before it is served.
type RPCCall struct {
	Method  string        // the full method: "/package.Service/Method"
	Message any           // what the client sent, or nil for a stream
	Agent   string        // the user agent
	Channel event.Channel // where neither [RPC.Channel] nor a position has one; 0 is [event.API]
	// Unknown says that the server has no such method, so that the client has chosen its name. Such a call is a touchpoint only if
	// [RPC.Routes] has it.
	Unknown bool
}

// ServedCall is a call that is being served. Methods do nothing on nil.
type ServedCall struct {
	touchpoint Touchpoint
	rpc        *RPC
	rec        flight.Recorder
	outside    *flight.Position // where the customer is without the ID in the call
	passes     *flight.Position // the run of a call that is no touchpoint, or nil
	answered   bool
	lacking    bool          // the answer is NOT_FOUND
	given      time.Duration // until the deadline, when the call came; 0 without one
}

// early is how long before its own deadline a server may hear that the deadline of the client has passed: the time of the client begins
// before the call is sent. It is at most a tenth of the time that the call was given.
const early = 100 * time.Millisecond

// Receive takes the position out of a call that came with this W3C baggage, and puts it into ctx where a rule believes it: see
// [propagate.Incoming]. Where changed is true, the adapter removes the position from the metadata of the call as well:
// see [CarryPosition].
func (r *RPC) Receive(ctx context.Context, method, baggage string) (_ context.Context, changed bool) {
	var b propagate.Belief
	if r != nil {
		b = propagate.Belief{Signed: r.Signed, By: r.By}
		if len(r.Trusted) > 0 {
			b.Trusted = r.trusts
		}
	}
	if baggage != "" {
		b.Route = func() string { return method }
	}
	return propagate.Incoming(ctx, baggage, b)
}

// trusts asks the rules of [RPC.Trusted].
func (r *RPC) trusts(ctx context.Context) bool {
	return slices.ContainsFunc(r.Trusted, func(rule func(context.Context) bool) bool { return rule != nil && rule(ctx) })
}

// Begin begins a call, after [RPC.Receive]. It returns the context in which the service serves the call. A touchpoint describes the
// live span of ctx where there is one, which instrumentation has opened for the call, and opens a span of its own otherwise. The
// result is nil where there is nothing to record.
func (r *RPC) Begin(ctx context.Context, c RPCCall) (context.Context, *ServedCall) {
	if ctx == nil {
		ctx = context.Background()
	}
	scope := flight.ScopeOf(ctx)
	rec := scope.Recorder()
	if rec == nil || r == nil {
		return ctx, nil
	}
	r.checkRoutes(ctx)
	d, customers := r.definition(&c)
	if !customers {
		return ctx, nil
	}
	kind := r.callSynthetic(ctx, &c)
	if kind != NotSynthetic {
		ctx = asSynthetic(ctx, kind)
		scope = flight.ScopeOf(ctx)
	}
	s := &ServedCall{rpc: r, rec: rec, outside: scope.Position()}
	if deadline, ok := ctx.Deadline(); ok {
		s.given = time.Until(deadline)
	}
	if d == nil {
		return s.pass(ctx, scope, &c)
	}
	tp := &s.touchpoint
	tp.node.Init(ctx, scope, rec)
	tp.node.SetRoute(c.Method)
	begin := beginning{span: localSpan(ctx)}
	if at, claimed := s.resume(ctx, scope, &c); at != nil {
		begin.now, begin.position = at.now, &at.own
		if claimed {
			at.run.SetClaim(&at.claim)
		}
	}
	d.startIn(tp, rec, r.channelOf(ctx, tp.node.Position(), &c), nil, &begin)
	kind.describe(tp.ctx)
	return tp.ctx, s
}

// pass begins a call that is no touchpoint. It notes the run on the server's span. A run that only the call names is noted unless the
// answer is NOT_FOUND.
func (s *ServedCall) pass(ctx context.Context, scope *flight.Scope, c *RPCCall) (context.Context, *ServedCall) {
	node := &s.touchpoint.node
	node.InitRequest(ctx, scope, c.Method)
	p := s.outside
	at, claimed := s.resume(ctx, scope, c)
	if at != nil {
		p = &at.run
	}
	span := localSpan(ctx)
	switch {
	case p == nil, p.Journey.IsZero(), span == nil, !span.IsRecording():
		return node, nil
	case !claimed:
		s.rec.Request(node, p)
		return node, nil
	}
	s.passes = p
	return node, s
}

// resume puts the call into the run that it names. It returns where that is, or nil where the call names none, and whether only the call
// says so.
func (s *ServedCall) resume(ctx context.Context, outside *flight.Scope, c *RPCCall) (at *places, claimed bool) {
	r := s.rpc
	if r.Journey == nil || r.ID == nil {
		return nil, false
	}
	id := r.callID(ctx, c)
	if id == "" {
		return nil, false
	}
	node := &s.touchpoint.node
	at = resumeNamed(node, s.rec, r.Journey, id, r.channelOf(ctx, node.Position(), c))
	return at, !sameRun(outside, r.Journey, &at.run)
}

// Answer says with which status code the service answers the call, from 0, which is OK, to 16. Where the client has left, or the
// deadline of the call has passed, the client does not get this answer: the call counts as CANCELLED or DEADLINE_EXCEEDED. A client that
// leaves within 100 ms of the deadline, and within the last tenth of the time that it gave, has left because of the deadline.
func (s *ServedCall) Answer(code uint32) {
	if s == nil {
		return
	}
	s.answered = true
	switch s.presence() {
	case left:
		code = codeCanceled
	case overdue:
		code = codeDeadlineExceeded
	case waiting:
	}
	s.lacking = code == codeNotFound
	if s.passes != nil {
		return
	}
	tp, status := &s.touchpoint, statusOf(code)
	switch {
	case status.server:
		tp.failSpan()
	case code != codeOK:
		tp.change((*flight.Event).Excuse) // a refused call: any client can ask for what is in no journey
	}
	switch o := s.rpc.callOutcome(tp.ctx, code); o {
	case event.Failed:
		tp.fail(status.name)
	case 0, event.OK:
	default:
		tp.change(func(e *flight.Event) { worsen(e, o) })
	}
	if s.lacking {
		tp.leave(s.outside)
	}
}

// presence returns whether the client waits for the answer. A client whose deadline passes cancels the call, and the server may hear that
// before its own deadline passes.
func (s *ServedCall) presence() presence {
	p := presenceOf(&s.touchpoint.node)
	if deadline, ok := s.touchpoint.node.Deadline(); p == left && ok && time.Until(deadline) <= min(early, s.given/10) {
		return overdue
	}
	return p
}

// End ends the call. Call it by defer: a call that ends without an answer has panicked, and its touchpoint is failed with the error type
// "panic". The panic goes on.
func (s *ServedCall) End() {
	if s == nil {
		return
	}
	if s.passes != nil {
		if !s.lacking {
			s.rec.Request(&s.touchpoint.node, s.passes)
		}
		return
	}
	if !s.answered {
		s.touchpoint.failSpan()
		s.touchpoint.fail("panic")
	}
	s.touchpoint.End()
}

// channelOf returns the call's channel; 0 is the channel of the position p.
func (r *RPC) channelOf(ctx context.Context, p *flight.Position, c *RPCCall) event.Channel {
	if r.Channel != nil {
		if own := r.callChannel(ctx, c); int(own) >= flight.NumChannels {
			return event.OtherChannel
		} else if own != 0 {
			return own
		}
	}
	switch {
	case p != nil && p.Channel != 0:
		return 0
	case c.Channel != 0:
		return c.Channel
	default:
		return event.API
	}
}

// The call… functions run the application's callbacks. A panic in a callback is contained, so that the client gets the answer.
func (r *RPC) callID(ctx context.Context, c *RPCCall) (id string) {
	defer r.contain(ctx, c, func() { id = "" })
	return r.ID(ctx, c.Method, c.Message)
}

func (r *RPC) callChannel(ctx context.Context, c *RPCCall) (channel event.Channel) {
	defer r.contain(ctx, c, func() { channel = 0 })
	return r.Channel(ctx, c.Method)
}

func (r *RPC) callSynthetic(ctx context.Context, c *RPCCall) (kind SyntheticType) {
	if r.Synthetic == nil {
		return agentType(c.Agent)
	}
	defer r.contain(ctx, c, func() { kind = NotSynthetic })
	switch kind = r.Synthetic(ctx, c.Method); kind {
	case SyntheticBot, SyntheticTest:
		return kind
	default:
		return NotSynthetic
	}
}

func (r *RPC) callOutcome(ctx context.Context, code uint32) (o event.Outcome) {
	if r.Outcome == nil {
		return RPCOutcome(code)
	}
	defer func() {
		if v := recover(); v != nil {
			o = RPCOutcome(code)
			flight.Fault(ctx, fault.PanicReport("an option of "+r.By, v))
		}
	}()
	return r.Outcome(code)
}

// contain contains the panic of a callback that runs before ctx knows the method.
func (r *RPC) contain(ctx context.Context, c *RPCCall, reset func()) {
	if v := recover(); v != nil {
		reset()
		report := fault.PanicReport("an option of "+r.By, v)
		report.Route = c.Method
		flight.Fault(ctx, report)
	}
}
