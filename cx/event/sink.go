package event

import "context"

// Processor sees every event in line, in the goroutine that recorded it.
//
// Process must not block, and must not change the event or keep the pointer; it
// may keep a copy of the struct. It is called concurrently.
type Processor interface {
	Process(ctx context.Context, e *Event)
	// Shutdown delivers what is left and stops. It returns when that is done or ctx
	// is, and may be called again after a timeout.
	Shutdown(ctx context.Context) error
}

// Exporter delivers batches of events to a sink. Package exporters/exporterstest has this
// contract in full, and tests it.
//
// Export is called concurrently, but not for events of one journey, and beside Flush
// and Shutdown. The events of one journey arrive in the order in which they are given,
// whatever their times and IDs are. Delivery is at least once: a batch may come
// again, and who reads removes duplicates by [Event.ID]. A sink keeps what
// [Event.AppendJSON] writes, never [Customer].ID.
//
// A nil pointer is an exporter that does nothing: no method of it panics.
type Exporter interface {
	// Export returns nil when it has taken the events: they are in the sink, or are
	// there after Flush where the exporter is a [Flusher]. An empty batch is no error,
	// and nothing arrives.
	//
	// The batch is the caller's. Export must not change the events, what they point to or
	// what is behind them in the array, nor keep the slice; it may keep copies of
	// the structs.
	//
	// When ctx is done it returns at once, with an error that wraps the context's, and
	// after Shutdown with one that wraps ErrClosed of package exporters/sink. Every error is one
	// that passes, unless it is marked by sink.Permanent; sink.RetryAfter says when,
	// and a sink.PartialError which events it is about: with one of a journey that
	// failed for now, all that are behind it of that journey. Errors are
	// short, and repeat nothing of what is in an event.
	Export(ctx context.Context, events []Event) error
	// Shutdown delivers what is left and stops. It returns when that is done or ctx
	// is, and may be called again after a timeout; once done it returns nil. Export
	// fails afterwards.
	Shutdown(ctx context.Context) error
}

// Flusher is an optional ability of a Processor or an Exporter: Flush returns when
// everything that it was given before the call is delivered, or ctx is done. It may be
// called concurrently with everything else, again, and after Shutdown.
type Flusher interface {
	Flush(ctx context.Context) error
}

// Forgetter is an optional ability of a Processor or an Exporter that keeps events, or hands them to one
// that does: Forget erases what it has of a customer, who is known by [Customer.Hash], what it was given
// before the call included, and returns how many records that were. After an error it may be called
// again.
type Forgetter interface {
	Forget(ctx context.Context, customerHash string) (records int64, err error)
}
