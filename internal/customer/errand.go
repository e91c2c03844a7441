package customer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/lifecycle"
)

const (
	// maxErrands bounds the errands that wait. One that does not fit is not run: a release lapses by itself, a grant that is
	// not kept lapses early.
	maxErrands = 1024
	// errandTime is how long one call of the store may take.
	errandTime = 5 * time.Second
	// tidyEvery is how often an instance looks for records that are due, where [Config.Every] says nothing.
	tidyEvery = time.Minute
	// tidyBatch is how many it claims at once.
	tidyBatch = 256
)

// errand is something to do with a record, for which no caller waits: append a release or a keep, or compare the customer key.
type errand struct {
	key   ledger.Key
	kind  kind
	id    event.ID
	life  int64
	until time.Time // there is no point in it later
}

// send lets the goroutine run the errand.
func (b *Book) send(e errand) {
	select {
	case b.errands <- e:
	default:
		b.failed(errFullErrands)
	}
}

var errFullErrands = errors.New("too many changes of customers' records wait for the store: grants lapse that could be released, or kept, earlier")

func (b *Book) failed(err error) {
	if b.cfg.Failed != nil {
		b.cfg.Failed(err)
	}
}

// Start lets the Book tell efforts that are over. [Book.Join] does so too. Without either, as in a tool that changes records, other
// instances tell them.
func (b *Book) Start() {
	b.tells.Store(true)
	b.start()
}

// start starts the goroutine, once.
func (b *Book) start() {
	b.begin.Do(func() { b.worker = lifecycle.Go(b.work) })
}

// work runs the errands in their order, and tidies in between.
func (b *Book) work(ctx context.Context, stopping <-chan struct{}) {
	tick := time.NewTicker(b.every())
	defer tick.Stop()
	for {
		select {
		case e := <-b.errands:
			b.run(ctx, stopping, e)
		case l := <-b.folds:
			if err := bounded(ctx, func(ctx context.Context) error { return b.fold(ctx, l) }); err != nil {
				b.failed(err)
			}
		case <-tick.C:
			b.tidyAll(ctx)
		case <-stopping:
			for {
				select {
				case e := <-b.errands:
					b.run(ctx, stopping, e)
				default:
					return
				}
			}
		}
	}
}

// run tries until the store has taken the errand, or there is no point in it any more. When the Book stops, it does not try again to
// compare the customer key: the next process does.
func (b *Book) run(ctx context.Context, stopping <-chan struct{}, e errand) {
	if e.kind != opRepresented {
		stopping = nil
	}
	for wait := 50 * time.Millisecond; time.Now().Before(e.until) && ctx.Err() == nil; wait = min(2*wait, 5*time.Second) {
		err := bounded(ctx, func(ctx context.Context) error { return b.try(ctx, e) })
		if err == nil {
			return
		}
		b.failed(err)
		if errors.Is(err, errUnreadable) {
			return
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-stopping:
			timer.Stop()
			return
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// bounded makes a call that may take errandTime.
func bounded(ctx context.Context, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, errandTime)
	defer cancel()
	return call(ctx)
}

func (b *Book) try(ctx context.Context, e errand) error {
	if e.kind == opRepresented {
		return b.tryKey(ctx)
	}
	at, err := b.now(ctx)
	if err != nil {
		return err
	}
	_, err = b.write(ctx, []ledger.Change{b.appending(e.key, &entry{kind: e.kind, at: at.UnixNano(), id: e.id, life: e.life})})
	return err
}

// folded returns the change that replaces the record's log by this state. A record with nothing in it is closed, and one with efforts
// that are being told is due again after the lease.
func (r *record) folded(rec *ledger.Record, lease time.Duration) ledger.Change {
	c := ledger.Change{Key: rec.Key, If: rec.Log, Replace: r.whole(), Close: r.empty()}
	if rests := r.rests(); rests != 0 {
		c.Due = time.Unix(0, rests).Add(time.Second)
	}
	if slices.ContainsFunc(r.efforts, func(f effort) bool { return f.told }) {
		c.Lease = lease
	}
	return c
}

// every returns how often the goroutine tidies.
func (b *Book) every() time.Duration {
	if b.cfg.Every > 0 {
		return b.cfg.Every
	}
	return tidyEvery
}

// lease returns for how long no other instance tidies a record that this one has claimed.
func (b *Book) lease() time.Duration { return 5 * b.every() }

// tidyAll tidies until nothing is due, a call fails or ctx is done.
func (b *Book) tidyAll(ctx context.Context) {
	for n := tidyBatch; n == tidyBatch && ctx.Err() == nil; {
		err := bounded(ctx, func(ctx context.Context) (err error) {
			n, err = b.tidy(ctx)
			return err
		})
		if err != nil {
			b.failed(err)
			return
		}
	}
}

// tidy claims records that are due and replaces their logs by their states. It returns how many were due. A record that it cannot
// read is left alone, and due again after the lease.
func (b *Book) tidy(ctx context.Context) (n int, err error) {
	now, due, err := b.claim(ctx, tidyBatch, b.lease())
	if err != nil || len(due) == 0 {
		return 0, err
	}
	if err := b.turn.Take(ctx); err != nil {
		return 0, fmt.Errorf("a customer is being forgotten: %w", err)
	}
	defer b.turn.Give()
	return len(due), b.foldAll(ctx, due, now)
}

// Close stops the goroutine when it has run the errands that wait, or when ctx is done. It may be called again, and returns nil
// once the goroutine has ended. No goroutine runs the errands of later questions.
func (b *Book) Close(ctx context.Context) error {
	joinErr := b.closeJoins(ctx)
	b.begin.Do(func() {})
	defer b.callers.end()
	if b.worker == nil {
		return joinErr
	}
	b.worker.Stop()
	if !lifecycle.AwaitCall(ctx, b.worker.Ended()) {
		b.worker.Abort(errClosed)
		return errors.Join(joinErr, fmt.Errorf("the store of customers' records has not taken every release: %w", context.Cause(ctx)))
	}
	b.worker.Abort(errClosed)
	return joinErr
}

var errClosed = errors.New("the client is shut down")
