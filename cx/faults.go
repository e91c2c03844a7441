package cx

import (
	"context"
	"fmt"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/exporters/sink"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/resolve"
	"cairncx.dev/cairn/journey"
)

const onFault = "the function of cx.WithOnFault"

// fault reports r, and counts it. The report comes first, because a measurement runs code of the application, which may panic.
func (c *Client) fault(ctx context.Context, r fault.Report) {
	c.reporter.report(ctx, r)
	c.telemetry.RecordFault(ctx, r.Fault)
}

// faults counts n faults of one kind with one report.
func (c *Client) faults(ctx context.Context, r fault.Report, n int64) {
	defer c.contain(ctx, "recording a fault")
	c.reporter.report(ctx, r)
	c.telemetry.CountFaults(ctx, r.Fault, n)
}

// RecordFault counts and reports a fault that a caller, such as an adapter, has found before there was an event. Safe for
// concurrent use. A nil Client does nothing.
func (c *Client) RecordFault(ctx context.Context, r fault.Report) {
	if c != nil {
		defer c.contain(ctx, "recording a fault")
		c.fault(ctx, r)
	}
}

// found reports what the resolver has found, and counts each fault once.
func (c *Client) found(ctx context.Context, f *resolve.Findings) {
	if f.IsEmpty() {
		return
	}
	list := f.List()
	for i := range list {
		kind, name := list[i].About()
		c.reporter.consider(ctx, kind, name, list[i].Report)
	}
	c.telemetry.RecordFaults(ctx, f.Set)
}

// foundInRun reports and counts what the tracker has found about e's run, and tells the caller that asked for it.
func (c *Client) foundInRun(ctx context.Context, e *flight.Event, s fault.Set) {
	flight.RunFaultsFrom(ctx).Note(s)
	defer c.telemetry.RecordFaults(ctx, s)
	for f := range s.All {
		c.reporter.report(ctx, fault.Report{Fault: f, Name: e.Journey.Name, Detail: aboutRun(f)})
	}
}

// aboutRun says what a fault of the tracker means.
func aboutRun(f fault.Fault) string {
	switch f {
	case fault.UnknownRun:
		return "a stage was entered, or a promise was made or kept, in a run whose state this process does not have: it is dropped"
	case fault.RunLimit:
		return "more journeys are live than the client keeps in memory"
	case fault.PromiseLimit:
		return "a run that has promises of 16 names is given another one: it is not made"
	case fault.PromiseFar:
		return fmt.Sprintf("a promise with hours and pauses is due after more than the %d openings that its run keeps: after them closed time counts, too", journey.MaxOpenings)
	case fault.StoreFull:
		return "too much waits for the store of journeys"
	default:
		return ""
	}
}

// contain is deferred around everything that runs code of the application or of an extension; what names that code.
func (c *Client) contain(ctx context.Context, what string) {
	if v := recover(); v != nil {
		defer func() { _ = recover() }() // what panicked may be what counts
		c.panicked(ctx, what, v)
	}
}

// containIn is contain for a processor.
func (c *Client) containIn(ctx context.Context, p event.Processor) {
	if v := recover(); v != nil {
		defer func() { _ = recover() }()
		c.panicked(ctx, fmt.Sprintf("%T", p), v)
	}
}

// panicked reports and counts a panic.
func (c *Client) panicked(ctx context.Context, what string, v any) {
	c.fault(ctx, fault.PanicReport(what, v))
}

// watched is an exporter whose panics the client reports. Its queue contains and counts them. The exporter's calls have the
// client's mark in their context, so that an exporter that calls the client's Flush gets [ErrInside] and does not wait for itself.
type watched struct {
	event.Exporter

	c *Client
}

// reportPanic reports a panic and panics again, so that the queue sees it.
func (w *watched) reportPanic(ctx context.Context) {
	if v := recover(); v != nil {
		w.c.panicked(ctx, fmt.Sprintf("%T", w.Exporter), v)
		panic(v)
	}
}

// Export implements [event.Exporter].
func (w *watched) Export(ctx context.Context, events []event.Event) error {
	defer w.reportPanic(ctx)
	return w.Exporter.Export(w.c.marked(ctx, nil), events)
}

// Shutdown implements [event.Exporter].
func (w *watched) Shutdown(ctx context.Context) error {
	defer w.reportPanic(ctx)
	return w.Exporter.Shutdown(w.c.marked(ctx, nil))
}

// ServerAddress implements [sink.Addressed], for an exporter that is one.
func (w *watched) ServerAddress() (host string, port int) {
	if a, ok := w.Exporter.(sink.Addressed); ok {
		return a.ServerAddress()
	}
	return "", 0
}

// Flush implements [event.Flusher], for an exporter that is one.
func (w *watched) Flush(ctx context.Context) error {
	f, ok := w.Exporter.(event.Flusher)
	if !ok {
		return nil
	}
	defer w.reportPanic(ctx)
	return f.Flush(w.c.marked(ctx, nil))
}

// Forget implements [event.Eraser], for an exporter that is one.
func (w *watched) Forget(ctx context.Context, customerHash string) (records int64, err error) {
	f, ok := w.Exporter.(event.Eraser)
	if !ok {
		return 0, nil
	}
	defer w.reportPanic(ctx)
	return f.Forget(w.c.marked(ctx, nil), customerHash)
}

// ForgetEmployee implements [event.EmployeeEraser], for an exporter that is one.
func (w *watched) ForgetEmployee(ctx context.Context, employeeHash string) (records int64, err error) {
	f, ok := w.Exporter.(event.EmployeeEraser)
	if !ok {
		return 0, nil
	}
	defer w.reportPanic(ctx)
	return f.ForgetEmployee(w.c.marked(ctx, nil), employeeHash)
}
