package flight

import (
	"context"
	"sync/atomic"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
)

// Recorder takes events from the vocabulary. The client of cx.New implements it.
//
// The methods return at once, never fail and never panic, whatever the state of the caller's context, of a store or of
// a backend. They are safe for concurrent use with different events.
type Recorder interface {
	// Start begins the event: it completes what can be known now (time, customer, place in the journey) and opens a
	// live span for a touchpoint. It returns ctx with that span. Nothing is delivered yet.
	Start(ctx context.Context, e *Event) context.Context
	// Record completes an event that has happened, ends the span that Start opened, and delivers the event. Record keeps
	// no pointer to e. The caller must not change what e points to afterwards.
	Record(ctx context.Context, e *Event)
	// Join shows the tracker e, a copy of an open touchpoint, after code has met the run of e. It sets in e the stage of
	// the run and whether the run had ended. It does not record e.
	Join(ctx context.Context, e *Event)
	// Request links the request's span in ctx to the run at p. It is for requests that are no touchpoints.
	Request(ctx context.Context, p *Position)
	// Sent reports that p was sent to another process, which may move the run on.
	Sent(p *Position)
	// Fault counts and reports a fault that happened before there was an event.
	Fault(ctx context.Context, r fault.Report)
	// Keys returns the keys that sign and verify positions, or nil.
	Keys() Keys
	// Now returns the time by the recorder's clock, which may jump backwards.
	Now() time.Time
	// Since returns how much time has passed since t, by the same clock. It is cheaper than Now.
	Since(t time.Time) time.Duration
}

// Keys signs positions and verifies signed ones. Safe for concurrent use.
type Keys interface {
	// Sign returns the position's header form with a signature that expires after life; 0 is the default of the keys. It
	// returns false for a position that is in no journey or too long.
	Sign(p *event.Position, life time.Duration) (string, bool)
	// Verify returns a position that was signed no longer than life ago; 0 is the default of the keys.
	Verify(text string, life time.Duration) (*event.Position, error)
}

type recorderBox struct{ r Recorder }

// The default recorder is the module's only global.
var defaultRecorder atomic.Pointer[recorderBox]

// SetDefault makes r the recorder of contexts that have none of their own. A nil r is none.
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

// NewContext returns a context in which r records instead of the default recorder.
func NewContext(ctx context.Context, r Recorder) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	n := &Node{}
	outer := ScopeOf(ctx)
	n.Init(ctx, outer, r)
	if n.scope.around != nil && r != outer.Recorder() {
		n.scope.around = nil // the open interaction belongs to another recorder
	}
	return n
}

// RecorderFrom returns the recorder of [NewContext], or the default one, or nil.
func RecorderFrom(ctx context.Context) Recorder {
	if ctx == nil {
		return Default()
	}
	return ScopeOf(ctx).Recorder()
}

// Fault passes r to the recorder of ctx, if there is one.
func Fault(ctx context.Context, r fault.Report) {
	if rec := RecorderFrom(ctx); rec != nil {
		rec.Fault(ctx, r)
	}
}

// Discard is a recorder that records nothing.
type Discard struct{}

var _ Recorder = Discard{}

// Start implements [Recorder].
func (Discard) Start(ctx context.Context, _ *Event) context.Context { return ctx }

// Record implements [Recorder].
func (Discard) Record(context.Context, *Event) {}

// Join implements [Recorder].
func (Discard) Join(context.Context, *Event) {}

// Request implements [Recorder].
func (Discard) Request(context.Context, *Position) {}

// Sent implements [Recorder].
func (Discard) Sent(*Position) {}

// Fault implements [Recorder].
func (Discard) Fault(context.Context, fault.Report) {}

// Keys implements [Recorder].
func (Discard) Keys() Keys { return nil }

// Now implements [Recorder].
func (Discard) Now() time.Time { return time.Now() }

// Since implements [Recorder].
func (Discard) Since(t time.Time) time.Duration { return time.Since(t) }
