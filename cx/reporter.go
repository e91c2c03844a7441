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
	reportEvery      = int64(time.Minute) // for one fault and name, and for the bound of all
	maxReportedNames = 16                 // of one fault that are counted apart
	maxReports       = 100                // in a minute, of all faults
	forgetNamesEvery = int64(time.Second) // before names are forgotten again, to make room for others

	// furtherNames stands for the names of a fault that are too many to be counted apart.
	furtherNames = "further names"
)

// reporter reports the first of each fault and name within a minute, to people and to code. It is quick where there is nothing to
// report, takes no lock for a name that it knows, and never waits for its listeners. Every fault has a table of its own, so
// that names from outside cannot push out faults of the code. It uses the real clock, because that of [WithClock] may jump.
type reporter struct {
	c      *Client
	born   time.Time
	kinds  [fault.Num]faultNames
	bound  reportBound // of faults
	errors reportBound // of errors that are no faults
	people outlet      // a log, or OpenTelemetry's error handler
	code   outlet      // the function of WithOnFault
	logger *slog.Logger
	hook   func(context.Context, fault.Report)
}

func newReporter(c *Client, logger *slog.Logger, hook func(context.Context, fault.Report)) *reporter {
	t := &reporter{c: c, born: time.Now(), logger: logger, hook: hook}
	t.people.give, t.code.give = t.writeLog, t.callHook
	return t
}

// reportedFault is what the reporter knows of one fault and name.
type reportedFault struct {
	first atomic.Pointer[fault.Report] // the first report
	next  atomic.Int64                 // when it may be reported again
	count atomic.Int64
	more  atomic.Int64 // since the last report
}

// faultNames are the names of one fault. The map is copied when a name is met for the first time.
type faultNames struct {
	m     atomic.Pointer[map[string]*reportedFault]
	tidy  atomic.Int64 // when names may be forgotten again
	mu    sync.Mutex
	other reportedFault
}

// find returns the entry of the name, or the one that stands for names beyond the bound.
func (n *faultNames) find(name string, now int64) *reportedFault {
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
	next := map[string]*reportedFault{}
	if m := n.m.Load(); m != nil {
		next = maps.Clone(*m)
	}
	if full {
		n.tidy.Store(now + forgetNamesEvery)
		for old, p := range next {
			if p.next.Load() <= now {
				delete(next, old)
				n.other.count.Add(p.count.Load())
				n.other.more.Add(p.more.Load())
			}
		}
		if len(next) >= maxReportedNames {
			return &n.other
		}
	}
	p = &reportedFault{}
	next[strings.Clone(name)] = p
	n.m.Store(&next)
	return p
}

func (n *faultNames) get(name string) (p *reportedFault, full bool) {
	m := n.m.Load()
	if m == nil {
		return nil, false
	}
	return (*m)[name], len(*m) >= maxReportedNames
}

// reportBound bounds the reports of a minute.
type reportBound struct {
	mu    sync.Mutex
	until int64
	told  int
}

// take returns ok if one more report is within the bound, and last if it is the last one; otherwise until says when the next
// one is.
func (b *reportBound) take(now int64) (ok, last bool, until int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now >= b.until {
		b.until, b.told = now+reportEvery, 0
	}
	if b.told >= maxReports {
		return false, false, b.until
	}
	b.told++
	return true, b.told == maxReports, b.until
}

// report reports r if it is the first of its fault and name within a minute.
func (t *reporter) report(ctx context.Context, r fault.Report) {
	t.consider(ctx, r.Fault, r.Name, func() fault.Report { return r })
}

// consider reports what report returns if it is the first of this fault and name within a minute. It calls report only where it
// needs the report.
func (t *reporter) consider(ctx context.Context, f fault.Fault, name string, report func() fault.Report) {
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
	due := now >= at && p.next.CompareAndSwap(at, now+reportEvery)
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
	t.send(ctx, message{report: out, last: last})
}

// complete returns r within its bounds, and without characters that would change the text around it.
func (t *reporter) complete(ctx context.Context, r fault.Report) fault.Report {
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
func (t *reporter) send(ctx context.Context, s message) {
	s.ctx = t.contextOf(ctx)
	t.people.add(s)
	if t.hook != nil && !t.code.add(s) {
		t.c.RecordFault(context.Background(), fault.Report{
			Fault: fault.Hook, Name: onFault, Detail: "it does not return: it gets no further faults until it does",
		})
	}
}

// faults returns every fault that was reported, or would have been within the bounds.
func (t *reporter) faults() []FaultCount {
	var all []FaultCount
	add := func(p *reportedFault) {
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
	return c.reporter.faults()
}

// writeLog writes to the log, or to OpenTelemetry's error handler.
func (t *reporter) writeLog(s message) {
	defer t.c.contain(s.ctx, "the log of cx.WithLogger, or OpenTelemetry's error handler")
	r := &s.report
	if s.err != nil {
		t.writeError(s)
		return
	}
	if t.logger == nil {
		otel.Handle(reportError("cairn: " + r.String() + s.lastNote()))
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

// writeError writes an error that is no fault of an event.
func (t *reporter) writeError(s message) {
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
func (t *reporter) handle(err error) {
	if ok, last, _ := t.errors.take(int64(time.Since(t.born))); ok {
		t.people.add(message{ctx: t.contextOf(context.Background()), err: err, last: last})
	}
}

// queueHandler returns the error handler of the client's own queues, which writes to the log. It is nil without a log: then the
// queues use OpenTelemetry's error handler.
func (t *reporter) queueHandler() func(error) {
	if t.logger == nil {
		return nil
	}
	return t.handle
}

// callHook calls the function of WithOnFault.
func (t *reporter) callHook(s message) {
	defer t.c.contain(s.ctx, onFault)
	t.hook(s.ctx, s.report)
}

// reportError is a fault as OpenTelemetry's error handler gets it.
type reportError string

// Error implements error.
func (e reportError) Error() string { return string(e) }
