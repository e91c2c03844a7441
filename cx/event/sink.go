package event

import "context"

// Processor gets every event. cx.WithProcessors takes processors.
//
// Process runs in the goroutine that records, so it must not block. It neither changes the event nor keeps the pointer; it
// may keep a copy of the struct. Several goroutines call it at the same time. The client recovers a panic and counts it as
// a fault. Process after Shutdown returns at once and does not panic.
//
// The ctx of Process is that of the call that recorded the event, with its span and values. It may be done already, because
// an event counts even if its request is over. Process also runs in a goroutine of the client, with a context without a
// span: for stalls and abandonments, and with a store for every change of a run and the events that wait for one. The
// client never passes a nil context, and Process must not panic on one.
type Processor interface {
	Process(ctx context.Context, e *Event)
	// Shutdown delivers the remaining events and stops. It returns when that is done, or when ctx is done. The client may
	// call it again after a timeout. Once done it returns nil, also when it is called again.
	Shutdown(ctx context.Context) error
}

// Exporter delivers batches of events to a sink. Package exporters/exporterstest has the full contract as tests.
//
// Several goroutines call Export at the same time, also while Flush or Shutdown runs. Two of them never have events of one
// journey. The events of one journey reach the sink in the order of the calls of Export, whatever their times and IDs are.
// Delivery is at least once: a batch may come again, and a reader of the sink removes duplicates by [Event.ID]. A sink
// stores the bytes that [Event.AppendJSON] writes, and never [Customer].ID.
//
// A nil pointer is an exporter that does nothing. No method panics on it. A nil ctx is context.Background() for every method.
type Exporter interface {
	// Export returns nil when it has taken the events: they are in the sink or, for an exporter that is a [Flusher], will
	// be there after Flush. An empty batch is no error.
	//
	// The batch belongs to the caller. Export changes neither the events, nor the data behind their pointers, nor the array
	// of the slice, and does not keep the slice. It may keep copies of the structs.
	//
	// When ctx is done, Export returns at once with an error that wraps the context's. After Shutdown it returns an error
	// that wraps sink.ErrClosed of package exporters/sink. Any other error is a failure for now, after which the caller
	// tries again, unless sink.Permanent marks it. sink.RetryAfter says when to try again.
	//
	// A sink.PartialError names the events that the sink did not take; it has taken all others. If an event failed for now,
	// the error names all later events of its journey in the batch as well, and the sink has none of these. An event that
	// failed permanently does not stop its journey. An error is short and holds nothing of an event.
	Export(ctx context.Context, events []Event) error
	// Shutdown brings the events that Export has taken to where Flush brings them, and stops: into the sink, or for an
	// exporter that keeps a queue on disk, onto its disk, from where the next process delivers them. It returns when that is
	// done, or when ctx is done. The caller may call it again after a timeout; once done it returns nil. Export fails from
	// then on.
	Shutdown(ctx context.Context) error
}

// Flusher is an optional ability of a [Processor] or an [Exporter]. Flush returns when everything that came before the call
// is delivered, or when ctx is done. For an exporter that keeps a queue on disk, such as an exporters.Spool, delivered means
// on its disk. Flush may be called at any time: at the same time as other methods, again, and after Shutdown.
type Flusher interface {
	Flush(ctx context.Context) error
}

// Eraser is an optional ability of a [Processor] or an [Exporter] that keeps events, or passes them to a sink that keeps
// them. Forget erases the events of the customer with this [Customer].Hash, including those that came before the call and
// are not delivered yet. It returns the number of erased records. It may be called again after an error.
type Eraser interface {
	Forget(ctx context.Context, customerHash string) (records int64, err error)
}

// EmployeeEraser is an optional ability of a [Processor] or an [Exporter] that keeps events with assisted contacts, or passes them to
// a sink that keeps them. ForgetEmployee removes this [Leg].Agent from all of them, including those that came before the call and are
// not delivered yet. The events stay, because they are those of customers. It returns the number of changed records. It may be called
// again after an error.
type EmployeeEraser interface {
	ForgetEmployee(ctx context.Context, employeeHash string) (records int64, err error)
}
