package propagate

import (
	"context"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
)

// Belief says which positions a service believes. The zero value believes none. Adapters for protocols other than HTTP use it;
// touchpoint.Handler has options of its own, which say the same.
type Belief struct {
	// Trusted reports whether the peer of the call is one of the application's own services. It is called only for a call that
	// brought a position, at most twice for each, and concurrently for several calls. After a panic the peer is not trusted, and the panic
	// counts as the fault panic. Default: no peer is trusted.
	Trusted func(ctx context.Context) bool
	// Signed believes a position that one of the client's keys (cx.WithPositionKeys) has signed, whichever peer sent it.
	Signed bool
	// Life is how long a signed position is believed. Use [MessageLife] for messages. Default: the life of the keys.
	Life time.Duration
	// By names the code that receives the call, in reports of faults, such as "touchpoint.Handler".
	By string
	// Route returns the route of the call, for reports of faults; see [ContextWithRoute]. Default: the route of the context.
	Route func() string
}

// Incoming returns the context in which a service serves a call that came with this W3C baggage, which may be "". It removes
// every position that came with the call from ctx: from OpenTelemetry's own baggage, and one that [Propagator] found. It then
// puts the position of the baggage into ctx if b believes it. A position that b does not believe counts once: as
// untrusted_position where b does not believe signatures, else as the fault of [Verify].
//
// The next service trusts this service, and not its callers. Where changed is true, the caller therefore removes the member
// [Member] from what it passes on: see [AddToBaggage]. Incoming returns ctx itself where changed is false.
func Incoming(ctx context.Context, baggage string, b Belief) (_ context.Context, changed bool) {
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, stripped := StripBaggage(ctx)
	text, sent := "", false
	if baggage != "" {
		text, sent = TextFromBaggage(baggage)
	}
	// An interceptor outside may have removed the member that Propagator has found.
	switch clean, carried := flight.WithoutCarried(ctx); {
	case sent, carried && !b.trusts(ctx):
		ctx = clean
	case carried, !stripped:
		return ctx, stripped
	}
	return b.believe(ctx, text), true
}

// believe puts the position of the text into the context if the peer is trusted or the signature is good.
func (b Belief) believe(ctx context.Context, text string) context.Context {
	var p *event.Position
	var err error
	switch where := b.where(ctx); {
	case b.trusts(ctx):
		p, err = Read(where, text)
	case b.Signed:
		p, err = Verify(where, text, b.Life)
	default:
		flight.Fault(where, fault.Report{Fault: fault.Untrusted, Detail: "a call brought a position, and no option of " + b.by() + " believes its peer"})
		return ctx
	}
	if err != nil {
		return ctx // Read or Verify has counted the fault
	}
	return ContextWithPosition(ctx, p)
}

func (b Belief) by() string {
	if b.By == "" {
		return "the receiver"
	}
	return b.By
}

// trusts asks the application whether it trusts the peer.
func (b Belief) trusts(ctx context.Context) (trusted bool) {
	if b.Trusted == nil {
		return false
	}
	defer func() {
		if v := recover(); v != nil {
			trusted = false
			flight.Fault(b.where(ctx), fault.PanicReport("an option of "+b.by(), v))
		}
	}()
	return b.Trusted(ctx)
}

// where returns the context for a report.
func (b Belief) where(ctx context.Context) context.Context {
	if b.Route == nil || flight.RecorderFrom(ctx) == nil {
		return ctx
	}
	return ContextWithRoute(ctx, b.Route())
}
