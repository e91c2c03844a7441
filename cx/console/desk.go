package console

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The errors of the desk.
var (
	// errBusy means that a question waited for too long for its turn.
	errBusy = errors.New("console: too many questions are being answered")
	// errClosed means that the console was closed before a question was answered.
	errClosed = errors.New("console: it was closed")
)

// Bounds of the desk: how many answers it keeps, how many questions wait for their turn, for how long, and how long an answer may take; and how long closing it
// waits for questions that do not end with their context.
const (
	maxAnswers = 512
	maxWaiting = 256
	maxWait    = 10 * time.Second
	maxAnswer  = 60 * time.Second
	maxCalls   = 4
	maxClose   = 10 * time.Second
)

// desk asks questions. It asks each one once for a state of the table and a scope, a bounded number at a time, and keeps the answers that were asked for last. It owns the
// questions: close ends those that run, and waits for them.
type desk struct {
	turns, waiting chan struct{}
	calls          chan struct{} // turns of questions that ask another server, and take no time of this one

	mu      sync.Mutex
	answers map[string]*list.Element
	order   *list.List // of *answer, the one that was asked for last first
	edition uint64     // of the newest rows

	rows     func() (edition uint64, next <-chan struct{}) // of the table; nil is none
	watching bool                                          // a goroutine waits for newer rows

	running sync.WaitGroup  // questions, and the goroutine that watches the rows; a question is added under mu
	closing context.Context //nolint:containedctx // the life of the desk, of which each question has a part
	end     context.CancelCauseFunc
}

func newDesk(turns int) *desk {
	d := &desk{turns: make(chan struct{}, turns), waiting: make(chan struct{}, maxWaiting), calls: make(chan struct{}, maxCalls), answers: map[string]*list.Element{}, order: list.New()}
	d.closing, d.end = context.WithCancelCause(context.Background())
	return d
}

// close ends the questions that run, and forgets all answers. It reports whether all questions have ended within maxClose. A later question is answered with errClosed.
func (d *desk) close() bool {
	d.mu.Lock()
	d.end(errClosed)
	clear(d.answers)
	d.order.Init()
	d.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		d.running.Wait()
		close(ended)
	}()
	late := time.NewTimer(maxClose)
	defer late.Stop()
	select {
	case <-ended:
		return true
	case <-late.C:
		return false
	}
}

// closed returns errClosed when the desk is closed.
func (d *desk) closed() error {
	if d.closing.Err() != nil {
		return errClosed
	}
	return nil
}

// started notes that a question runs, until it calls running.Done. It returns errClosed when the desk is closed.
func (d *desk) started() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.closed(); err != nil {
		return err
	}
	d.running.Add(1)
	return nil
}

// until returns the context of a question, which ends with the desk. The caller calls done when the question is answered.
func (d *desk) until(ctx context.Context) (of context.Context, done func()) {
	of, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(d.closing, func() { cancel(errClosed) })
	return of, func() { stop(); cancel(nil) }
}

// watch waits for newer rows, and drops the answers about older ones, while there are any: also when no reader comes any more.
func (d *desk) watch() {
	defer d.running.Done()
	for {
		edition, next := d.rows()
		d.since(edition)
		d.mu.Lock()
		if d.watching = d.order.Len() > 0; !d.watching {
			d.mu.Unlock()
			return
		}
		d.mu.Unlock()
		select {
		case <-next:
		case <-d.closing.Done():
			return
		}
	}
}

// answer is what a question was answered with. Done is closed when it is there.
type answer struct {
	key   string
	done  chan struct{}
	value any
	err   error

	once  sync.Once
	names *names // those of value, when they were first asked for
}

// ask returns the answer of f, or that which another reader has had under the same key. The key says all that the answer depends on. F runs in a goroutine of
// its own, and goes on when the reader has left, until the desk is closed: others may wait for it. A failed answer is not kept.
func ask[T any](ctx context.Context, d *desk, key string, f func(context.Context) (T, error)) (T, error) {
	return askIn(ctx, d, d.turns, key, f)
}

// askIn is ask with turns of another kind.
func askIn[T any](ctx context.Context, d *desk, turns chan struct{}, key string, f func(context.Context) (T, error)) (T, error) {
	var none T
	a, mine, err := d.place(key)
	if err != nil {
		return none, err
	}
	if mine {
		go d.fill(context.WithoutCancel(ctx), turns, a, func(ctx context.Context) (any, error) { return f(ctx) })
	}
	select {
	case <-a.done:
	case <-ctx.Done():
		return none, fmt.Errorf("console: %w", context.Cause(ctx))
	}
	if a.err != nil {
		return none, a.err
	}
	return a.value.(T), nil //nolint:forcetypeassert // the key names the question
}

// namesOf returns the numbers in the names of the answer of the key, which has this value. They are looked for once, as long as the answer is kept.
func (d *desk) namesOf(key string, value any) *names {
	d.mu.Lock()
	e, ok := d.answers[key]
	d.mu.Unlock()
	if !ok {
		return newNames(value)
	}
	a := e.Value.(*answer) //nolint:forcetypeassert // the list has nothing else
	a.once.Do(func() { a.names = newNames(value) })
	return a.names
}

// place returns the answer of the key, and whether it is new: the caller fills it then.
func (d *desk) place(key string) (a *answer, mine bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.closed(); err != nil {
		return nil, false, err
	}
	if e, ok := d.answers[key]; ok {
		d.order.MoveToFront(e)
		return e.Value.(*answer), false, nil //nolint:forcetypeassert // the list has nothing else
	}
	d.running.Add(1)
	a = &answer{key: key, done: make(chan struct{})}
	d.answers[key] = d.order.PushFront(a)
	for d.order.Len() > maxAnswers {
		d.drop(d.order.Back())
	}
	if d.rows != nil && !d.watching {
		d.watching = true
		d.running.Add(1)
		go d.watch()
	}
	return a, true, nil
}

// since drops the answers about rows older than those of the edition: no reader asks for them again, and they may have the words of a customer who was forgotten since.
func (d *desk) since(edition uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if edition <= d.edition {
		return
	}
	d.edition = edition
	for e := d.order.Front(); e != nil; {
		next := e.Next()
		if d.old(e.Value.(*answer).key) { //nolint:forcetypeassert // the list has nothing else
			d.drop(e)
		}
		e = next
	}
}

// old reports whether an answer is about rows older than the newest ones. The caller holds the lock.
func (d *desk) old(key string) bool {
	return d.edition != 0 && !strings.HasPrefix(key, editionKey(d.edition)) && !strings.HasPrefix(key, objectivesKey)
}

// editionKey begins the keys of answers about the rows of an edition, and objectivesKey those of objectives.
func editionKey(edition uint64) string { return strconv.FormatUint(edition, 10) + "|" }

const objectivesKey = "objectives|"

// drop forgets an answer. The caller holds the lock.
func (d *desk) drop(e *list.Element) {
	delete(d.answers, e.Value.(*answer).key) //nolint:forcetypeassert // the list has nothing else
	d.order.Remove(e)
}

// fill asks for the answer when it is its turn.
func (d *desk) fill(ctx context.Context, turns chan struct{}, a *answer, f func(context.Context) (any, error)) {
	defer d.running.Done()
	defer close(a.done)
	ctx, done := d.until(ctx)
	defer done()
	defer func() {
		if v := recover(); v != nil {
			a.err = fmt.Errorf("console: a question panicked: %v", v)
		}
		if a.err != nil && d.closed() != nil {
			a.err = errClosed
		}
		d.forget(a)
	}()
	if a.err = d.turn(ctx, turns); a.err != nil {
		return
	}
	defer func() { <-turns }()
	ctx, cancel := context.WithTimeout(ctx, maxAnswer)
	defer cancel()
	a.value, a.err = f(ctx)
}

// turn waits for the turn of a question. It returns errBusy if too many are waiting, or if it takes too long, and the cause of a context that ends.
func (d *desk) turn(ctx context.Context, turns chan struct{}) error {
	select {
	case turns <- struct{}{}:
		return nil
	default:
	}
	select {
	case d.waiting <- struct{}{}:
		defer func() { <-d.waiting }()
	default:
		return errBusy
	}
	wait := time.NewTimer(maxWait)
	defer wait.Stop()
	select {
	case turns <- struct{}{}:
		return nil
	case <-wait.C:
		return errBusy
	case <-ctx.Done():
		return fmt.Errorf("console: %w", context.Cause(ctx))
	}
}

// busy reports whether a question waits for its turn.
func (d *desk) busy() bool { return len(d.waiting) > 0 }

// forget drops an answer that failed, or that is about rows which were replaced meanwhile.
func (d *desk) forget(a *answer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if a.err == nil && !d.old(a.key) {
		return
	}
	if e, ok := d.answers[a.key]; ok && e.Value == a {
		d.drop(e)
	}
}

// workers is the number of goroutines of a question: all that are answered at the same time take half of the processors, so that the service that mounts the console
// has the others.
func (c *Console) workers() int { return max(1, runtime.GOMAXPROCS(0)/2/c.cfg.questions) }
