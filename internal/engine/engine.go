package engine

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/lifecycle"
	"cairncx.dev/cairn/internal/storeclock"
)

// Times of the protocol. The lease is the longest time that an effect waits for its delivery after the instance that
// committed it was killed; every other time is chosen to fit into it.
const (
	// Lease is how long the store gives an instance to deliver what it has committed, or to give a sign of life, before
	// another instance takes it over.
	Lease = 30 * time.Second
	// Grace is how much later than it is due an effect of time is decided: facts of other instances from before it may still
	// arrive, and their clocks differ by a few seconds.
	Grace = 10 * time.Second

	// defaultQueue bounds the changes that wait for the store, by default.
	defaultQueue = 8192
	// storeBatch is how many changes go to the store at once.
	storeBatch = 512
	// storeTimeout is how long one round trip may take.
	storeTimeout = 5 * time.Second
	// claimBatch is how many due records an instance claims at once.
	claimBatch = 256
	// defaultLinger is how long an Engine whose Shutdown ran out of time goes on, by default.
	defaultLinger = time.Minute
	// pauseToSettle is how long to wait before settling again, so that many records are settled at once.
	pauseToSettle = 100 * time.Millisecond
	// foldAfter is how many entries a log may have before it is replaced by a state although nothing waits to be settled.
	foldAfter = 64
)

// ErrLog is wrapped by the error of a log that cannot be read.
var ErrLog = errors.New("the log of a run cannot be read")

// Config is what an Engine needs besides its Machine and its Host.
type Config struct {
	// Store has the records. Required.
	Store ledger.Store
	// Now returns the time of this process. It counts only until the store has told its own. Required.
	Now func() time.Time
	// Safe returns nil when everything that was delivered before the call would survive the end of this process, or the cause
	// of ctx when that is done first. Default: what is delivered is safe.
	Safe func(ctx context.Context) error
	// Fault counts and reports a fault of the store or of Safe: each time that it happens, which may be many times a second.
	// Default: faults are not counted.
	Fault func(fault.Report)
	// QueueSize bounds the ops that wait for the store. Default, and for values below 1: 8,192.
	QueueSize int
	// Linger is how long an Engine goes on by itself, so that the store can come back, when Shutdown has run out of time.
	// Default, and for values that are not positive: one minute.
	Linger time.Duration
	// Keep is for how long at least the store knows that a record is closed. Required.
	Keep time.Duration
	// HandOver leaves the effects of what this instance commits to the instances that share the store: see handover.go.
	HandOver bool
}

// Engine keeps records in a store that other instances share. The type parameters are those of [Machine] and [Host]. Safe for
// concurrent use. It owns three goroutines:
//
//	work        takes items from the queue, appends them to the logs, and delivers their effects
//	settleLoop  waits until what was delivered is safe, and replaces logs by states
//	decideLoop  appends the op that time has passed for what waits and this instance has committed
//
// The owner of the Engine calls Sweep, which claims records that are due.
type Engine[S any, O Op, D Done, P any] struct {
	machine Machine[S, O, D]
	host    Host[S, O, D, P]
	cfg     Config
	store   ledger.Store

	queue   chan *Item[O, P]
	ctx     context.Context //nolint:containedctx // of its goroutines: done means that they retry no more
	stop    context.CancelFunc
	running sync.WaitGroup
	gone    chan struct{} // closed when no goroutine runs any more

	mu       sync.Mutex    // guards closed, pending, taken, applied and progress
	closed   bool          // Shutdown was called
	pending  []*Item[O, P] // queued or being written, in order
	taken    uint64        // items that were ever queued
	applied  uint64        // items that were written, or given up
	progress chan struct{} // closed and made anew when applied goes on

	turn     lifecycle.Turn // to append to logs and deliver what that did: effects of one record leave in its order
	deciding lifecycle.Turn // to run decide
	settling lifecycle.Turn // to run settleAll
	forgets  lifecycle.Turn // to let the store forget a customer

	held lifecycle.Signal // decideLoop has something new to wait for
	wake lifecycle.Signal // settleLoop has something to settle

	openMu       sync.Mutex                      // guards the four below
	toSettle     map[ledger.Key]*pendingSettle   // delivered, and not settled
	beingSettled map[ledger.Key]*pendingSettle   // the part of it that settleAll has in hand
	undecided    map[ledger.Key]*undecided[O, P] // committed, and not decided
	beingDecided int                             // records that decide has in hand

	clock      storeclock.Clock
	unreadable reportedKeys

	counted time.Time    // when the live records were last counted
	lost    atomic.Int64 // items that the store had not taken when the engine stopped
	linger  sync.Once
	live    atomic.Pointer[map[ledger.Place]int64] // nil while another instance has the count lease
	holder  string                                 // this instance's name for the count lease
}

// claim says what became of an item that was queued.
type claim struct {
	taken atomic.Bool // it is being delivered or set aside, by the goroutine that has set this
	lost  bool        // it was set aside, and is counted
}

// pendingSettle is what this instance has delivered of a record and has not settled.
type pendingSettle struct {
	log    []byte          // as it was last seen in the store
	ops    map[uint64]bool // keys of the ops whose effects were delivered
	signed time.Time       // when this instance last gave a sign of life, by the monotonic clock
}

// Errors of an engine carry no prefix, because package cx adds its own. Their readers know records as runs, and the engine as the
// tracker.
var (
	errStopped = errors.New("the tracker is shut down")
	errLost    = errors.New("the store did not take everything in time")
	errUnsafe  = errors.New("delivered events are not safe yet")
	errBusy    = errors.New("other instances keep changing the runs that are to be settled")
	errNoTime  = errors.New("the store's Claim did not return the store's time, which it has to with any limit")
)

// New returns an Engine that runs. Shutdown stops it.
func New[S any, O Op, D Done, P any](cfg Config, m Machine[S, O, D], h Host[S, O, D, P]) *Engine[S, O, D, P] {
	if cfg.QueueSize <= 0 {
		cfg.QueueSize = defaultQueue
	}
	if cfg.Linger <= 0 {
		cfg.Linger = defaultLinger
	}
	x := &Engine[S, O, D, P]{
		machine: m, host: h, cfg: cfg, store: cfg.Store,
		queue: make(chan *Item[O, P], cfg.QueueSize), gone: make(chan struct{}), progress: make(chan struct{}),
		held: lifecycle.NewSignal(), wake: lifecycle.NewSignal(),
		toSettle: map[ledger.Key]*pendingSettle{}, undecided: map[ledger.Key]*undecided[O, P]{},
		holder: event.NewID(time.Now()).String(),
	}
	x.ctx, x.stop = context.WithCancel(context.Background())
	x.running.Go(x.work)
	x.running.Go(x.settleLoop)
	x.running.Go(x.decideLoop)
	return x
}

// newKey returns a key for an op that is not handed over.
func newKey() uint64 { return rand.Uint64() | 1 }

// NewKey returns a key for an op of this instance.
func (x *Engine[S, O, D, P]) NewKey() uint64 {
	if x.cfg.HandOver {
		return (newKey() | (handed + 1)) &^ handed
	}
	return newKey()
}

// pause waits for d, or for ctx. It reports whether it has waited for d.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
