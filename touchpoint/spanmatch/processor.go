package spanmatch

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"go.opentelemetry.io/otel/baggage"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/spanrule"
)

const scopeName = "cairncx.dev/cairn/touchpoint/spanmatch"

// Processor makes touchpoints of the spans that match a rule, when they end. It is safe for concurrent use, waits for nothing, and never
// panics. It has no goroutine.
type Processor struct {
	config

	rules *spanrule.Set
	open  *open

	asked      atomic.Bool // the provider was asked whether it records every span
	unrecorded atomic.Bool // it does not
	told       atomic.Bool // the client has the fault
}

var _ sdktrace.SpanProcessor = (*Processor)(nil)

// ErrConfig is wrapped by every error of [New].
var ErrConfig = errors.New("spanmatch: the processor cannot be made")

// New returns a processor that applies the rules of the blueprint: match of its touchpoints. It returns an error for a blueprint that is
// not valid, and for one without a rule. The client needs the definitions of the same blueprint (cx.WithBlueprint): a touchpoint that it
// does not know becomes _other.
//
// New cannot see the sampler of the provider. The processor therefore asks the provider of the first span, by a span of an unsampled trace that is
// never exported. If the provider does not record it, the client reports the fault unrecorded_spans, once, when the next span ends: see
// [RecordAll].
func New(bp *blueprint.Blueprint, opts ...Option) (*Processor, error) {
	p := &Processor{config: config{maxOpen: DefaultMaxOpen}}
	for _, o := range opts {
		if o != nil {
			o.apply(&p.config)
		}
	}
	if p.maxOpen <= 0 {
		return nil, fmt.Errorf("%w: WithMaxOpen(%d): give a positive number, or leave the option out", ErrConfig, p.maxOpen)
	}
	if err := bp.Validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	rules, err := spanrule.Compile(bp.SpanRules()...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if rules.Len() == 0 {
		return nil, fmt.Errorf("%w: no touchpoint of the blueprint has match: write how its spans look, such as match: {span: POST /pay}", ErrConfig)
	}
	p.rules = rules
	if keys := rules.Baggage(); len(keys) > 0 {
		p.open = newOpen(keys, p.maxOpen)
	}
	return p, nil
}

// OnStart implements [sdktrace.SpanProcessor]. It keeps the baggage that rules read.
func (p *Processor) OnStart(parent context.Context, s sdktrace.ReadWriteSpan) {
	if p == nil {
		return
	}
	if !p.asked.Load() && p.asked.CompareAndSwap(false, true) { // the question starts a span, too
		p.ask(s.TracerProvider())
	}
	if p.open != nil && p.rules.ReadsBaggage(s.SpanKind()) {
		if b := baggage.FromContext(parent); b.Len() > 0 {
			p.open.put(s.SpanContext(), b)
		}
	}
	for _, n := range p.next {
		n.OnStart(parent, s)
	}
}

// ask notes whether the provider records a span of a trace that another service did not sample.
func (p *Processor) ask(provider trace.TracerProvider) {
	defer func() { _ = recover() }() // of a sampler, which the next span calls again
	last := trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, // a ratio samples it last
		SpanID:  trace.SpanID{7: 1}, Remote: true,
	})
	ctx := trace.ContextWithRemoteSpanContext(context.Background(), last)
	// A sampled probe never ends, so that it is never exported.
	_, probe := provider.Tracer(scopeName).Start(ctx, "cairn.probe")
	p.unrecorded.Store(!probe.IsRecording())
	if probe.IsRecording() && !probe.SpanContext().IsSampled() {
		probe.End()
	}
}

// OnEnd implements [sdktrace.SpanProcessor]. It records the touchpoint of a span that matches a rule, and passes the span on.
func (p *Processor) OnEnd(s sdktrace.ReadOnlySpan) {
	if p == nil {
		return
	}
	s = p.match(s)
	for _, n := range p.next {
		n.OnEnd(s)
	}
}

// match records the touchpoint of the span if there is one. It returns the span as it goes on.
func (p *Processor) match(s sdktrace.ReadOnlySpan) (out sdktrace.ReadOnlySpan) {
	out = s //nolint:wastedassign // the answer when something below panics
	c := p.recorder()
	defer func() {
		if v := recover(); v != nil {
			c.RecordFault(context.Background(), fault.PanicReport("a processor of spanmatch", v))
		}
	}()
	p.tell(c)
	var values []string
	if p.open != nil && p.rules.ReadsBaggage(s.SpanKind()) {
		values = p.open.take(s.SpanContext())
	}
	sp := spanrule.Span{Name: s.Name(), Kind: s.SpanKind(), Attributes: s.Attributes()}
	rule, ok := p.rules.Match(&sp)
	if !ok || c == nil || s.InstrumentationScope().Name == scopeName { // the question is no interaction
		return s
	}
	sp.Start, sp.End, sp.Status, sp.Context = s.StartTime(), s.EndTime(), s.Status().Code, s.SpanContext()
	if values != nil {
		sp.Baggage = func(key string) string { return p.open.member(values, key) }
	}
	return p.record(c, s, &sp, rule)
}

// record records the touchpoint of a span that matches the rule. It returns the span as it goes on.
func (p *Processor) record(c *cx.Client, s sdktrace.ReadOnlySpan, sp *spanrule.Span, rule int) sdktrace.ReadOnlySpan {
	ctx := context.Background()
	e, placed := p.rules.Event(rule, sp)
	if !placed {
		r := p.rules.Rule(rule)
		c.RecordFault(ctx, fault.Report{
			Fault: fault.OutsideJourney, Name: e.Touchpoint,
			Detail: fmt.Sprintf("its span has no ID of the run of %.80q in %s", r.Journey, r.Case),
		})
	}
	if start, ok := p.rules.Start(rule, &e); ok {
		c.Record(ctx, start)
	}
	if len(p.next) == 0 || !sp.Context.IsSampled() {
		c.Record(ctx, e)
		return s
	}
	stand := &ended{context: sp.Context}
	c.Record(trace.ContextWithSpan(ctx, stand), e)
	return stand.describe(s, &e)
}

// recorder returns the client that records, or nil.
func (p *Processor) recorder() *cx.Client {
	if p.client != nil {
		return p.client
	}
	return cx.FromContext(context.Background())
}

// tell reports once that the provider does not record every span.
func (p *Processor) tell(c *cx.Client) {
	if c != nil && p.unrecorded.Load() && p.told.CompareAndSwap(false, true) {
		c.RecordFault(context.Background(), fault.Report{
			Fault: fault.Unrecorded, Detail: "the tracer provider drops spans that it does not sample, and spanmatch never sees them",
		})
	}
}

// ForceFlush implements [sdktrace.SpanProcessor]. It flushes the processors of [WithNext].
func (p *Processor) ForceFlush(ctx context.Context) error {
	return p.each(func(n sdktrace.SpanProcessor) error { return n.ForceFlush(ctx) })
}

// Shutdown implements [sdktrace.SpanProcessor]. It shuts the processors of [WithNext] down, and not the client.
func (p *Processor) Shutdown(ctx context.Context) error {
	return p.each(func(n sdktrace.SpanProcessor) error { return n.Shutdown(ctx) })
}

func (p *Processor) each(f func(sdktrace.SpanProcessor) error) error {
	if p == nil {
		return nil
	}
	var errs []error
	for _, n := range p.next {
		errs = append(errs, f(n))
	}
	return errors.Join(errs...)
}
