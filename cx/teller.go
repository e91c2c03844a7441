package cx

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/text"
)

const (
	tellEvery = int64(time.Minute) // for one fault and name, and for the bound of all
	tellNames = 16                 // of one fault that are told apart
	tellMost  = 100                // in a minute, of all faults
	tellAgain = int64(time.Second) // before names are forgotten again, to make room for others

	// furtherNames stands for the names of a fault that are too many to be told apart.
	furtherNames = "further names"
)

// teller reports the first of each fault and name within a minute, to people and to code. It is quick where there is nothing to
// report, takes no lock for a name that it knows, and never waits for its listeners. Every fault has a table of its own, so
// that names from outside cannot push out what is wrong in the code. It goes by the real clock, because that of [WithClock] may
// jump.
type teller struct {
	c      *Client
	born   time.Time
	kinds  [fault.Num]faultNames
	bound  tellBound // of faults
	errors tellBound // of errors that are no faults
	people outlet    // a log, or OpenTelemetry's error handler
	code   outlet    // the function of WithOnFault
	logger *slog.Logger
	hook   func(context.Context, fault.Report)
}

func newTeller(c *Client, logger *slog.Logger, hook func(context.Context, fault.Report)) *teller {
	t := &teller{c: c, born: time.Now(), logger: logger, hook: hook}
	t.people.say, t.code.say = t.sayPeople, t.sayCode
	return t
}

// toldFault is what the teller knows of one fault and name.
type toldFault struct {
	first atomic.Pointer[fault.Report] // the first report
	next  atomic.Int64                 // when it may be reported again
	count atomic.Int64
	more  atomic.Int64 // since the last report
}

// faultNames are the names of one fault. The map is copied when a name is met for the first time.
type faultNames struct {
	m     atomic.Pointer[map[string]*toldFault]
	tidy  atomic.Int64 // when names may be forgotten again
	mu    sync.Mutex
	other toldFault
}

// find returns the entry of the name, or the one that stands for names beyond the bound.
func (n *faultNames) find(name string, now int64) *toldFault {
	if p, full := n.get(name); p != nil {
		return p
	} else if full && now < n.tidy.Load() {
		return &n.other
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	p, full := n.get(name)
	if p != nil {
		return p
	}
	next := map[string]*toldFault{}
	if m := n.m.Load(); m != nil {
		next = maps.Clone(*m)
	}
	if full {
		n.tidy.Store(now + tellAgain)
		for old, p := range next {
			if p.next.Load() <= now {
				delete(next, old)
				n.other.count.Add(p.count.Load())
				n.other.more.Add(p.more.Load())
			}
		}
		if len(next) >= tellNames {
			return &n.other
		}
	}
	p = &toldFault{}
	next[strings.Clone(name)] = p
	n.m.Store(&next)
	return p
}

func (n *faultNames) get(name string) (p *toldFault, full bool) {
	m := n.m.Load()
	if m == nil {
		return nil, false
	}
	return (*m)[name], len(*m) >= tellNames
}

// tellBound bounds the reports of a minute.
type tellBound struct {
	mu    sync.Mutex
	until int64
	told  int
}

// take returns ok if one more report is within the bound, and last if it is the last one; otherwise until says when the next
// one is.
func (b *tellBound) take(now int64) (ok, last bool, until int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now >= b.until {
		b.until, b.told = now+tellEvery, 0
	}
	if b.told >= tellMost {
		return false, false, b.until
	}
	b.told++
	return true, b.told == tellMost, b.until
}

// tell reports r if it is the first of its fault and name within a minute.
func (t *teller) tell(ctx context.Context, r fault.Report) {
	t.consider(ctx, r.Fault, r.Name, func() fault.Report { return r })
}

// consider reports what report returns if it is the first of this fault and name within a minute. It calls report only where it
// needs the report.
func (t *teller) consider(ctx context.Context, f fault.Fault, name string, report func() fault.Report) {
	if int(f) >= fault.Num {
		return
	}
	now := int64(time.Since(t.born))
	if len(name) > event.MaxName {
		name, _ = text.Cut(name, event.MaxName)
	}
	known := &t.kinds[f]
	p := known.find(name, now)
	p.count.Add(1)
	at := p.next.Load()
	due := now >= at && p.next.CompareAndSwap(at, now+tellEvery)
	if !due && p.first.Load() != nil {
		p.more.Add(1)
		return
	}
	r := t.complete(ctx, report())
	if p == &known.other {
		r.Name = furtherNames
	}
	p.first.CompareAndSwap(nil, &r)
	if !due {
		p.more.Add(1)
		return
	}
	ok, last, until := t.bound.take(now)
	if !ok {
		p.next.Store(until)
		p.more.Add(1)
		return
	}
	out := r
	out.More = p.more.Swap(0)
	t.send(ctx, saying{report: out, last: last})
}

// complete returns r within its bounds, and without characters that would change the text around it.
func (t *teller) complete(ctx context.Context, r fault.Report) fault.Report {
	if r.Route == "" {
		r.Route = flight.RouteFromContext(ctx)
	}
	r.Name = printable(r.Name, event.MaxName)
	r.Detail = printable(r.Detail, maxDetail)
	r.Route = printable(r.Route, maxRoute)
	r.Stack = slices.Clone(r.Stack[:min(len(r.Stack), fault.MaxStack)])
	r.More = 0
	return r
}

// send queues s for people and for code.
func (t *teller) send(ctx context.Context, s saying) {
	s.ctx = t.contextOf(ctx)
	t.people.add(s)
	if t.hook != nil && !t.code.add(s) {
		t.c.RecordFault(context.Background(), fault.Report{
			Fault: fault.Hook, Name: onFault, Detail: "it does not return: further faults are not told to it until it does",
		})
	}
}

// faults returns every fault that was reported, or would have been within the bounds.
func (t *teller) faults() []FaultCount {
	var all []FaultCount
	add := func(p *toldFault) {
		if r := p.first.Load(); r != nil {
			all = append(all, FaultCount{Report: *r, Count: p.count.Load()})
		}
	}
	for f := range t.kinds {
		n := &t.kinds[f]
		if m := n.m.Load(); m != nil {
			for _, name := range slices.Sorted(maps.Keys(*m)) {
				add((*m)[name])
			}
		}
		add(&n.other)
	}
	return all
}

// FaultCount is the first fault of one kind and name, and the number of faults of this kind and name.
type FaultCount struct {
	fault.Report

	Count int64
}

// Faults returns the client's faults by kind and name. It keeps 16 names of each kind, and counts further names together. A
// name that has had no report for a minute makes room for a new one. Tests and health pages use it. The metric
// cx.sdk.faults has the complete counts. Safe for concurrent use.
func (c *Client) Faults() []FaultCount {
	if c == nil {
		return nil
	}
	return c.teller.faults()
}

// sayPeople writes to the log, or to OpenTelemetry's error handler.
func (t *teller) sayPeople(s saying) {
	defer t.c.contain(s.ctx, "the log of cx.WithLogger, or OpenTelemetry's error handler")
	r := &s.report
	if s.err != nil {
		t.sayError(s)
		return
	}
	if t.logger == nil {
		otel.Handle(toldError("cairn: " + r.String() + s.lastNote()))
		return
	}
	attrs := []slog.Attr{slog.String("fault", r.Fault.String())}
	for _, a := range []struct{ key, value string }{
		{"name", r.Name},
		{"route", r.Route},
		{"detail", r.Detail + s.lastNote()},
		{"remedy", r.Fault.Remedy()},
		{"stack", string(r.Stack)},
	} {
		if a.value != "" {
			attrs = append(attrs, slog.String(a.key, a.value))
		}
	}
	if r.More > 0 {
		attrs = append(attrs, slog.Int64("more", r.More))
	}
	t.logger.LogAttrs(s.ctx, slog.LevelWarn, "cairn: "+r.Fault.String(), attrs...)
}

// lastErrorNote is the detail of the last error within a minute.
const lastErrorNote = "this is the last of 100 such lines within a minute: cx.sdk.processor.dropped has what is lost"

// sayError writes an error that is no fault of an event.
func (t *teller) sayError(s saying) {
	if t.logger == nil {
		otel.Handle(s.err)
		return
	}
	var attrs []slog.Attr
	if s.last {
		attrs = append(attrs, slog.String("detail", lastErrorNote))
	}
	t.logger.LogAttrs(s.ctx, slog.LevelWarn, s.err.Error(), attrs...)
}

// handle reports to people an error that is no fault of an event: of a sink, or of the configuration. Such errors have a bound
// of their own, so that a sink that is down does not silence the faults.
func (t *teller) handle(err error) {
	if ok, last, _ := t.errors.take(int64(time.Since(t.born))); ok {
		t.people.add(saying{ctx: t.contextOf(context.Background()), err: err, last: last})
	}
}

// queueHandler returns the error handler of the client's own queues, which writes to the log. It is nil without a log: then the
// queues use OpenTelemetry's error handler.
func (t *teller) queueHandler() func(error) {
	if t.logger == nil {
		return nil
	}
	return t.handle
}

// sayCode calls the function of WithOnFault.
func (t *teller) sayCode(s saying) {
	defer t.c.contain(s.ctx, onFault)
	t.hook(s.ctx, s.report)
}

// toldError is a fault as OpenTelemetry's error handler gets it.
type toldError string

// Error implements error.
func (e toldError) Error() string { return string(e) }
