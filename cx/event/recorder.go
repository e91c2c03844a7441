package event

import (
	"context"
	"sync/atomic"
)

// Recorder takes events from the vocabulary. The client that cx.New makes is one.
//
// Both methods return at once, never fail and never panic, whatever the state of
// the caller's context, of a store or of a backend, and may be called
// concurrently for different events.
type Recorder interface {
	// Start begins what e describes: it completes e as far as it can be known now
	// (time, customer, place in the journey) and opens a live span for a
	// touchpoint. It returns ctx with that span. Nothing is delivered yet.
	Start(ctx context.Context, e *Event) context.Context
	// Record says that e has happened: it completes e, ends the span that Start
	// opened, and delivers it. The pointer is the caller's again when Record returns:
	// who needs the event longer keeps a copy of the struct. What the event points to
	// must not change any more.
	Record(ctx context.Context, e *Event)
}

// Joiner is an optional ability of a [Recorder]. Join puts e, a copy of an interaction that has begun, where
// the run is that began in its course, and says in e which stage that is and whether the run had ended:
// from now on the run knows of it. e is not recorded. The rules of Recorder hold.
type Joiner interface {
	Join(ctx context.Context, e *Event)
}

// RequestRecorder is an optional ability of a [Recorder]: RecordRequest says that the request in ctx is in the run
// where p is, though no touchpoint is made of it. It is for the vocabulary. Like the methods of a Recorder it returns
// at once, never fails and never panics, and may be called concurrently.
type RequestRecorder interface {
	RecordRequest(ctx context.Context, p *Position)
}

// Sender is an optional ability of a [Recorder]: it is told that a position was sent to another process, which
// may move the run on. It returns at once. [SignPosition] tells it.
type Sender interface{ Sent(p *Position) }

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
	// the structs. Detach, Trace and SetSegment change an event: copy it first.
	//
	// When ctx is done it returns at once, with an error that wraps the context's, and
	// after Shutdown with one that wraps exporters.ErrClosed. Every error is one that
	// passes, unless it is marked by exporters.Permanent; exporters.RetryAfter says when,
	// and an exporters.PartialError which events it is about: with one of a journey that
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

type recorderBox struct{ r Recorder }

// The default recorder is the module's only global.
var defaultRecorder atomic.Pointer[recorderBox]

// SetDefault makes r the recorder of every context that names no other. Nil is
// nobody. Applications call cx.SetDefault.
func SetDefault(r Recorder) {
	if r == nil {
		defaultRecorder.Store(nil)
		return
	}
	defaultRecorder.Store(&recorderBox{r})
}

// Default returns the recorder that SetDefault set, or nil.
func Default() Recorder {
	if b := defaultRecorder.Load(); b != nil {
		return b.r
	}
	return nil
}

// NewContext returns a context in which r records, instead of the default recorder.
func NewContext(ctx context.Context, r Recorder) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	n := &Node{}
	outer := ScopeOf(ctx)
	n.Init(ctx, outer, r)
	if n.scope.around != nil && !same(r, outer.Recorder()) {
		n.scope.around = nil // what is under way there is another recorder's
	}
	return n
}

// same reports whether both are one recorder. Those that cannot be compared are not.
func same(a, b Recorder) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	return a == b
}

// RecorderFrom returns who records in ctx: the recorder that [NewContext] put there,
// else the default one, else nil.
func RecorderFrom(ctx context.Context) Recorder {
	if ctx == nil {
		return Default()
	}
	return ScopeOf(ctx).Recorder()
}
