package event

import "context"

// Processor sees every event in line, in the goroutine that recorded it. cx.WithProcessors takes them.
//
// Process returns at once. It neither changes the event nor keeps the pointer; it may keep a copy of the struct. Several
// goroutines call it at the same time. The client contains a panic, and counts it.
type Processor interface {
	Process(ctx context.Context, e *Event)
	// Shutdown delivers what is left and stops. It returns when that is done, or when ctx is done. The client may call it
	// again after a timeout.
	Shutdown(ctx context.Context) error
}

// Exporter delivers batches of events to a sink. Package exporters/exporterstest has this contract in full, and tests an
// implementation against it.
//
// Several goroutines call Export at the same time, also while Flush or Shutdown runs, but never for events of one journey.
// The events of one journey arrive at the sink in the order in which Export gets them, whatever their times and IDs are.
// Delivery is at least once: a batch may come again, and a reader of the sink removes duplicates by [Event.ID]. A sink
// stores what [Event.AppendJSON] writes, and never [Customer].ID.
//
// A nil pointer is an exporter that does nothing. No method panics on it.
type Exporter interface {
	// Export returns nil when it has taken the events: they are in the sink or, for an exporter that is a [Flusher], will
	// be there after Flush. An empty batch is no error.
	//
	// The batch belongs to the caller. Export changes neither the events, nor what they point to, nor the array behind
	// them, and does not keep the slice. It may keep copies of the structs.
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
// them. Forget erases the events of the customer with this [Customer].Hash, also those that came before the call and are
// not delivered yet. It returns how many records it erased. After an error it may be called again.
type Eraser interface {
	Forget(ctx context.Context, customerHash string) (records int64, err error)
}
