package ledgertest

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

var bounding = []contract{
	{"a context that has ended", "a caller that has given up needs its goroutine back, and the store has to keep working", contextOver},
	{"a context that ends during a Write", "the caller makes all changes again, so that each has to be made as a whole or not at all", contextEnds},
	{"a wait ends with its context", "a caller that has given up needs its goroutine back, whatever holds the store", waitEnds},
	{"no change after its deadline", "the caller has made the change again by then, and newer ones after it", lateChange},
}

// calls returns a call of each method of the store, by its name. Write appends "a" to the record.
func (s *suite) calls(id ledger.Key) map[string]func(ctx context.Context) error {
	calls := map[string]func(ctx context.Context) error{
		"Write": func(ctx context.Context) error {
			_, err := s.store.Write(ctx, []ledger.Change{adding(id, "a")})
			return err
		},
		"Claim": func(ctx context.Context) error { _, _, err := s.store.Claim(ctx, all, long); return err },
	}
	if c, ok := s.store.(ledger.Counter); ok {
		calls["Count"] = func(ctx context.Context) error { _, _, err := c.Count(ctx, "a", long); return err }
	}
	if f, ok := s.store.(ledger.Forgetter); ok {
		calls["Forget"] = func(ctx context.Context) error { _, err := f.Forget(ctx, "unknown", long); return err }
	}
	return calls
}

func contextOver(s *suite) {
	cancelled, cancel := context.WithCancel(s.Context())
	cancel()
	late, stop := context.WithDeadline(s.Context(), time.Unix(0, 0))
	defer stop()
	for name, ctx := range map[string]context.Context{"cancelled": cancelled, "past its deadline": late} {
		for call, f := range s.calls(run(1)) {
			if s.promptly(call, func() error { return f(ctx) }) == nil {
				s.fail("%s with a context that is %s returned no error", call, name)
			}
		}
		s.wantNone("after a Write with a context that is "+name, s.peek(run(1)), run(1))
	}
	s.want("afterwards, with a live context", s.one(adding(run(2), "a")), run(2), "a")
	s.claim(all, long)
}

// contextEnds lets the context of a Write end when the store looks at it for the first time, the second time, and so on.
func contextEnds(s *suite) {
	const most = 64
	for n := 1; n <= most; n++ {
		ids := []ledger.Key{run(2 * n), run(2*n + 1)}
		s.write(adding(ids[0], "a"), adding(ids[1], "a"))
		ctx := endingAt(n)
		records, err := s.store.Write(ctx, []ledger.Change{
			{Key: ids[0], Append: []byte("b"), Due: past()}, {Key: ids[1], If: []byte("a"), Replace: []byte("ab"), Due: past()},
		})
		over := ctx.over()
		switch {
		case err != nil && !over:
			s.fail("Write: %v", err)
		case err != nil && len(records) > 0:
			s.fail("Write returned %d records and an error, want an error alone", len(records))
		}
		s.wantWhole(ids, err == nil)
		if err == nil && !over {
			return
		}
	}
}

// wantWhole checks that a change that makes the log "ab" of "a", and the record due, was made as a whole or not at all. It reads
// the records twice, because a change may still be made meanwhile.
func (s *suite) wantWhole(ids []ledger.Key, acknowledged bool) {
	s.Helper()
	before := s.write(peeking(ids[0]), peeking(ids[1]))
	_, due := s.claim(all, long)
	after := s.write(peeking(ids[0]), peeking(ids[1]))
	for i, id := range ids {
		_, given := in(due, id)
		made := string(before[i].Log) == "ab"
		switch {
		case !made && string(before[i].Log) != "a":
			s.fail("after a Write whose context ended the record is %s, want the log as it was, or as the change makes it", show(before[i]))
		case acknowledged && !made:
			s.fail("Write returned no error, and the record is %s", show(before[i]))
		case made && !given, given && string(after[i].Log) != "ab":
			s.fail("a change of a Write whose context ended was made in part: the record is %s, and Claim returned it: %v", show(after[i]), given)
		}
	}
}

func waitEnds(s *suite) {
	release := s.occupy()
	calls := s.calls(run(1))
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		ctx, returned, back := newWatched(), make(chan error, 1), false
		go func() { returned <- calls[name](ctx) }()
		var err error
		s.eventually(name+" of a busy store returns, or waits for the end of its context beside what it waits for", func() bool {
			select {
			case err = <-returned:
				back = true
			default:
			}
			return back || ctx.endIfAwaited()
		})
		if back && name == "Write" {
			s.fail("Write returned %v at once: the function of WithBusy does not make it wait", err)
		}
		if back {
			continue // this call does not need what is held
		}
		if s.promptly(name, func() error { return <-returned }) == nil {
			s.fail("%s of a busy store returned no error, although its context had ended", name)
		}
	}
	release()
	s.want("afterwards, with a live context", s.one(adding(run(2), "a")), run(2), "a")
	s.claim(all, long)
}

func lateChange(s *suite) {
	// A store that translates deadlines into its server's time learns it here.
	bounded, stop := context.WithTimeout(s.Context(), long)
	defer stop()
	if _, err := write(bounded, s.store, []ledger.Change{adding(run(1), "a")}); err != nil {
		s.fail("%v", err)
	}
	release := s.occupy()
	ctx, cancel := context.WithTimeout(s.Context(), 50*time.Millisecond)
	defer cancel()
	if s.promptly("Write", func() error { return s.calls(run(1))["Write"](ctx) }) == nil {
		s.fail("Write returned no error: the function of WithBusy does not make it wait")
	}
	<-ctx.Done() // or the store has refused to wait
	release()
	for range 50 { // a late change may be behind some of them
		s.want("after the deadline of a Write that returned an error", s.peek(run(1)), run(1), "a")
	}
}

// occupy makes the store busy until the test calls release, or ends.
func (s *suite) occupy() (release func()) {
	s.Helper()
	if s.busy == nil {
		s.Skip("ledgertest.WithBusy is not given: if calls of the store can wait for a lock, a connection or a process, give it")
	}
	s.claim(0, long) // a shelf that was not used before may have to be made, and cannot be locked
	release = sync.OnceFunc(s.busy(s.T, s.handle))
	s.Cleanup(release)
	return release
}

// promptly fails the test if f does not return within the patience, which is longer than any machine needs.
func (s *suite) promptly(what string, f func() error) error {
	s.Helper()
	returned := make(chan error, 1)
	go func() { returned <- f() }()
	select {
	case err := <-returned:
		return err
	case <-time.After(s.patience):
		s.fail("%s has not returned after %v, although its context has ended", what, s.patience)
		return nil
	}
}

// watched is a context without a deadline that shows how it is used. It ends at its look, or by endIfAwaited.
type watched struct {
	context.Context //nolint:containedctx // it is a context; it has no values, because context.Cause would ask another one

	done chan struct{} // has no buffer

	mu    sync.Mutex
	err   error
	looks int // calls of Done and Err
	last  int // the look at which the context ends; 0 is none
}

func newWatched() *watched {
	return &watched{Context: context.Background(), done: make(chan struct{})}
}

// endingAt returns a context that ends when the store calls Done or Err for the nth time.
func endingAt(n int) *watched {
	w := newWatched()
	w.last = n
	return w
}

// Done implements [context.Context].
func (w *watched) Done() <-chan struct{} {
	_ = w.look()
	return w.done
}

// Err implements [context.Context].
func (w *watched) Err() error { return w.look() }

func (w *watched) look() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.looks++; w.looks == w.last {
		w.end()
	}
	return w.err
}

// end ends the context. The caller has the lock.
func (w *watched) end() {
	w.err = context.Canceled
	close(w.done)
}

// over reports whether the context has ended. It is no look.
func (w *watched) over() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err != nil
}

// endIfAwaited ends the context if a goroutine waits for that in Done's channel at this moment, and reports whether it has ended.
// A send that does not wait meets only a receiver that waits, and no test of Done's channel with a default. The context also
// ends after many looks, because a store may ask Err again and again instead.
func (w *watched) endIfAwaited() bool {
	const many = 100
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return true
	}
	select {
	case w.done <- struct{}{}:
	default:
		if w.looks < many {
			return false
		}
	}
	w.end()
	return true
}
