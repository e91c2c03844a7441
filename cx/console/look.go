package console

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
)

// maxLooks bounds the looks that are remembered within an hour. Beyond it a look may be recorded twice.
const maxLooks = 100_000

// looks remembers which viewer has looked at whom in this hour.
type looks struct {
	mu   sync.Mutex
	hour int64
	seen map[look]struct{}
}

// look is one viewer who looks at one part of what is stored of one customer, or of one run without a customer.
type look struct{ viewer, customer, part string }

// first reports whether the look is the first one of its kind in the hour.
func (l *looks) first(at time.Time, of look) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if hour := at.Unix() / 3600; l.seen == nil || hour != l.hour || len(l.seen) >= maxLooks {
		l.hour, l.seen = hour, map[look]struct{}{}
	}
	_, seen := l.seen[of]
	l.seen[of] = struct{}{}
	return !seen
}

// looked records that the reader looked at one customer, or at one run: once for each viewer, customer and hour of each process. The event changes no run,
// and no metric counts it.
func (v *visit) looked(customer string, run event.RunRef, part string) {
	if v.c.cfg.client == nil {
		return
	}
	of := look{v.viewer.Name, customer, ""}
	if customer == "" {
		of.customer = run.Namespace + "\x00" + run.Name + "\x00" + run.ID
	}
	if part == partExport {
		of.part = part
	}
	if !v.c.looks.first(v.at, of) {
		return
	}
	if customer != "" && !v.defined(run.Name) {
		run = event.RunRef{} // the client may not know the journey, and would take it for another one
	}
	e := v.employee(event.EmployeeLooked, run, customer)
	e.Assisted.Views = []event.View{{Part: part, Found: true}}
	v.c.cfg.client.Record(v.inClient(), e)
}

// defined reports whether the blueprint or the application defines the journey.
func (v *visit) defined(name string) bool { return v.c.does.journeys[name] != nil || v.isHandled(name) }

// The parts of what is stored at which an employee looks.
const (
	partRun      = "run"
	partCustomer = "customer"
	partExport   = "export"
)

// employee is an event of what the reader does. The client replaces the name of the reader by a pseudonym; without a customer key it drops the name.
func (v *visit) employee(kind event.Kind, run event.RunRef, customer string) event.Event {
	e := event.Event{
		Kind: kind, Journey: event.Run{Namespace: run.Namespace, Name: run.Name, ID: run.ID}, Customer: event.Customer{Hash: customer},
		Actor: event.ActorEmployee, Assisted: &event.Assisted{},
	}
	if name := v.viewer.Name; v.c.keyed && event.ValidID(name) {
		e.Assisted.Legs = []event.Leg{{AgentID: name}}
	}
	return e
}

// inClient is the context of what the console records. It has the span of the request, and nothing else of the service that mounts the console: no run of its own
// and no touchpoint.
func (v *visit) inClient() context.Context {
	ctx := trace.ContextWithSpanContext(context.Background(), trace.SpanContextFromContext(v.r.Context()))
	return cx.NewContext(ctx, v.c.cfg.client)
}
