package touchpoint

import (
	"context"
	"net/http"
	"sync"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
)

// DelegateProof says how it is known that an AI assistant acts for the customer. The zero value means that it is not known.
type DelegateProof uint8

// The proofs.
const (
	DelegateNone     DelegateProof = iota // the customer acts, as far as is known
	DelegateClaimed                       // the request says so, as any client can
	DelegateVerified                      // a signature, or the application's own session, says so
)

// String returns the proof as it appears in the attribute cx.delegate.proof: "claimed" or "verified", and "" for no proof.
func (p DelegateProof) String() string {
	switch p {
	case DelegateClaimed:
		return "claimed"
	case DelegateVerified:
		return "verified"
	default:
		return ""
	}
}

// Delegate is an AI assistant that acts for the customer. The zero value is no assistant.
type Delegate struct {
	// Name is the assistant, from a vocabulary of the application: 1 to [event.MaxName] bytes. It is [event.Other] in events for a name
	// that [event.ValidName] refuses.
	Name string
	// Proof says how the assistant is known. Without a proof there is no assistant, whatever Name says.
	Proof DelegateProof
	// Refused says why a signature of the request proves nothing, as a clause without personal data. It is empty for a request without a
	// signature, and for a signature that proves something. The client counts it as refused_delegate.
	Refused string
}

// WithDelegates recognises the requests of AI assistants that act for a customer. Their touchpoints, and the runs that they start, have
// the actor delegate, and the attributes cx.delegate.name and cx.delegate.proof. Module touchpoint/delegate has functions that read the
// User-Agent and verify signatures; the application can also tell by its own session.
//
// Handler calls the function for each request that is not synthetic, and concurrently for several requests. It must not wait. If it panics,
// the request is a customer's. With several such options Handler takes the first assistant that is verified, else the first one that is
// claimed. A position that Handler believes, and whose actor is not the customer, overrides this option: Handler then asks no function.
//
// Handler keeps 64 names; a further one is [event.Other]. Default, and for nil: no request is an assistant's.
func WithDelegates(of func(*http.Request) Delegate) HandlerOption {
	return handlerFunc(func(h *handler) {
		if of != nil {
			h.delegates.of = append(h.delegates.of, of)
		}
	})
}

// AsDelegate returns a context in which the AI assistant acts for the customer: what is recorded in it has the actor delegate and the
// attributes of [WithDelegates], unless its own option By names another actor. Use it where no [Handler] is. The name is from a bounded
// vocabulary. A context whose actor is known already stays as it is, and so does one for a Delegate without a proof. Client.Record of
// package cx takes the actor that the event names.
func AsDelegate(ctx context.Context, d Delegate) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	if d.Proof.String() == "" || acts(ctx) {
		return ctx
	}
	return asDelegate(ctx, newDelegate(d))
}

// maxDelegates is the number of names that a handler keeps.
const maxDelegates = 64

// delegates are the assistants of a handler.
type delegates struct {
	of    []func(*http.Request) Delegate
	mu    sync.RWMutex
	known map[Delegate]*flight.Delegate
	names map[string]bool
}

// delegate returns ctx with the assistant that made the request, if there is one.
func (h *handler) delegate(ctx context.Context, r *http.Request) context.Context {
	if len(h.delegates.of) == 0 || acts(ctx) {
		return ctx
	}
	var found Delegate
	for _, of := range h.delegates.of {
		d := h.callDelegate(ctx, r, of)
		if d.Refused != "" {
			h.fault(ctx, r, fault.Report{Fault: fault.RefusedDelegate, Detail: "the signature of an assistant is refused: " + d.Refused})
		}
		if d.Proof.String() != "" && d.Proof > found.Proof {
			found = d
		}
		if found.Proof == DelegateVerified {
			break
		}
	}
	if found.Proof == DelegateNone {
		return ctx
	}
	return asDelegate(ctx, h.delegates.get(found))
}

func (h *handler) callDelegate(ctx context.Context, r *http.Request, of func(*http.Request) Delegate) (d Delegate) {
	defer h.contain(ctx, r, func() { d = Delegate{} })
	return of(r)
}

// get returns the assistant, which requests share.
func (ds *delegates) get(d Delegate) *flight.Delegate {
	d.Refused = ""
	ds.mu.RLock()
	known := ds.known[d]
	ds.mu.RUnlock()
	if known != nil {
		return known
	}
	ds.mu.Lock()
	defer ds.mu.Unlock()
	if ds.known == nil {
		ds.known, ds.names = map[Delegate]*flight.Delegate{}, map[string]bool{}
	}
	if !event.ValidName(d.Name) || !ds.names[d.Name] && len(ds.names) >= maxDelegates {
		d.Name = event.Other
	} else {
		ds.names[d.Name] = true
	}
	if ds.known[d] == nil {
		ds.known[d] = newDelegate(d)
	}
	return ds.known[d]
}

// The attributes of an assistant.
const (
	delegateNameKey  = attribute.Key("cx.delegate.name")
	delegateProofKey = attribute.Key("cx.delegate.proof")
)

func newDelegate(d Delegate) *flight.Delegate {
	if !event.ValidName(d.Name) {
		d.Name = event.Other
	}
	return flight.NewDelegate(delegateNameKey.String(d.Name), delegateProofKey.String(d.Proof.String()))
}

// acts reports whether ctx knows that another actor than the customer acts.
func acts(ctx context.Context) bool {
	p := flight.PositionFromContext(ctx)
	return p != nil && p.Actor != event.ActorCustomer
}

func asDelegate(ctx context.Context, d *flight.Delegate) context.Context {
	return flight.ContextWithDelegate(actingAs(ctx, event.ActorDelegate), d)
}

// actingAs returns ctx with the actor.
func actingAs(ctx context.Context, a event.Actor) context.Context {
	p := &flight.Position{}
	if was := flight.PositionFromContext(ctx); was != nil {
		at := was.At(was.Stage, was.Visit)
		p = &at
	}
	p.Actor = a
	return flight.ContextWithPosition(ctx, p)
}
