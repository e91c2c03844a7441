package track

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
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/lifecycle"
)

// How a Tracker works with a store. The lease is the longest time that a transition waits for its delivery after the
// instance that committed it was killed; every other time is chosen to fit into it.
const (
	// storeQueue bounds the changes that wait for the store, by default.
	storeQueue = 8192
	// storeBatch is how many changes go to the store at once.
	storeBatch = 512
	// storeTimeout is how long one round trip may take.
	storeTimeout = 5 * time.Second
	// storeLease is how long the store gives an instance to deliver what it has committed, or to give a sign of life,
	// before another instance takes it over.
	storeLease = 30 * time.Second
	// storeGrace is how much later than it is due an abandonment or a stall is decided: facts of other instances from
	// before it may still arrive, and their clocks differ by a few seconds.
	storeGrace = 10 * time.Second
	// endGrace is how long an end by call waits, by default, for facts from before it.
	endGrace = 2 * time.Second
	// unstartedFor is how long a store keeps a run that was never started after something last happened to it: requests of
	// strangers for IDs that do not exist must not fill the store.
	unstartedFor = time.Hour
	// claimBatch is how many due records an instance claims at once.
	claimBatch = 256
	// keepEnded is how long a store knows, by default, that a run has ended.
	keepEnded = rememberEnded * 24 * time.Hour
	// keepMost bounds that: times of databases, and an int64 of nanoseconds, end in the 23rd century.
	keepMost = 100 * 365 * 24 * time.Hour
	// cacheFor is how long a copy of a run is kept in memory after something last happened to it.
	cacheFor = time.Hour
	// lingerFor is how long a Tracker whose Shutdown ran out of time goes on, by default.
	lingerFor = time.Minute
	// pauseToSettle is how long to wait before settling again, so that many runs are settled at once.
	pauseToSettle = 100 * time.Millisecond
	// foldAfter is how many entries a log may have before it is replaced by a state although nothing waits to be settled.
	foldAfter = 64
)

// remote keeps runs in a store that other instances share. It owns three goroutines:
//
//	work        takes changes from the queue, appends them to the logs, and delivers their effects
//	settleLoop  waits until what was delivered is safe, and replaces logs by states
//	decideLoop  appends the opPass that decides ends by call and abandonments which this instance has seen first
//
// The owner of the Tracker calls sweep, which claims records that are due.
type remote struct {
	t     *tracker
	store ledger.Store
	cfg   *Config

	queue   chan *item
	ctx     context.Context //nolint:containedctx // of its goroutines: done means that they retry no more
	stop    context.CancelFunc
	running sync.WaitGroup
	gone    chan struct{} // closed when no goroutine runs any more

	mu       sync.Mutex    // guards closed, pending, taken, applied and progress
	closed   bool          // Shutdown was called
	pending  []*item       // queued or being written, in order
	taken    uint64        // items that were ever queued
	applied  uint64        // items that were written, or given up
	progress chan struct{} // closed and made anew when applied goes on

	turn     lifecycle.Turn // to append to logs and deliver what that did: effects of one run leave in its order
	deciding lifecycle.Turn // to run decide
	settling lifecycle.Turn // to run settleAll
	forgets  lifecycle.Turn // to let the store forget a customer

	held lifecycle.Signal // decideLoop has something new to wait for
	wake lifecycle.Signal // settleLoop has something to settle

	openMu       sync.Mutex                    // guards the four below
	toSettle     map[ledger.Key]*pendingSettle // delivered, and not settled
	beingSettled map[ledger.Key]*pendingSettle // the part of it that settleAll has in hand
	undecided    map[ledger.Key]*undecided     // committed, and not decided
	beingDecided int                           // runs that decide has in hand

	ends  ends // that were made here
	clock storeClock

	counted time.Time    // when the live runs were last counted
	lost    atomic.Int64 // changes that the store had not taken when the tracker stopped
	linger  sync.Once
	live    atomic.Pointer[map[ledger.Place]int64] // nil while another instance has the count lease
	holder  string                                 // this instance's name for the count lease
}

// item is one thing that happened, on its way to the store.
type item struct {
	id ledger.Key
	op op
	e  *flight.Event // a copy; nil for a sign of life

	manner Manner
	local  local       // what it has done to the run as far as that is known here
	taken  atomic.Bool // it is being delivered or set aside, by the goroutine that has set this
	lost   bool        // it was set aside, and is counted
}

// pendingSettle is what this instance has delivered of a run and has not settled.
type pendingSettle struct {
	log    []byte          // as it was last seen in the store
	ops    map[uint64]bool // keys of the ops whose effects were delivered
	signed time.Time       // when this instance last gave a sign of life, by the monotonic clock
}

// Errors of the tracker carry no prefix, because package cx adds its own.
var (
	errStopped = errors.New("the tracker is shut down")
	errLost    = errors.New("the store did not take everything in time")
	errUnsafe  = errors.New("delivered events are not safe yet")
	errBusy    = errors.New("other instances keep changing the runs that are to be settled")
	errNoTime  = errors.New("the store's Claim did not return the store's time, which it has to with any limit")
)

func newRemote(t *tracker) *remote {
	r := &remote{
		t: t, store: t.cfg.Store, cfg: &t.cfg,
		queue: make(chan *item, t.cfg.QueueSize), gone: make(chan struct{}), progress: make(chan struct{}),
		held: lifecycle.NewSignal(), wake: lifecycle.NewSignal(),
		toSettle: map[ledger.Key]*pendingSettle{}, undecided: map[ledger.Key]*undecided{},
		holder: event.NewID(time.Now()).String(),
	}
	r.ctx, r.stop = context.WithCancel(context.Background())
	r.running.Go(r.work)
	r.running.Go(r.settleLoop)
	r.running.Go(r.decideLoop)
	return r
}

// opKey returns a key for an op.
func opKey() uint64 { return rand.Uint64() | 1 }

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

// report counts and reports a fault of the store.
func (r *remote) report(err error) { r.cfg.report(fault.Store, err) }

// reportTo reports an error of the store, unless ctx is done and the caller does not wait any more.
func (r *remote) reportTo(ctx context.Context, err error) {
	if ctx.Err() == nil {
		r.report(err)
	}
}

// reportUnsafe counts and reports that delivered events cannot be made safe: if this process ends now, another instance
// delivers them again.
func (r *remote) reportUnsafe(err error) { r.cfg.report(fault.Unsettled, err) }
