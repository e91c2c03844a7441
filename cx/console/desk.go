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

// errBusy means that a question waited for too long for its turn.
var errBusy = errors.New("console: too many questions are being answered")

// Bounds of the desk: how many answers it keeps, how many questions wait for their turn, for how long, and how long an answer may take.
const (
	maxAnswers = 512
	maxWaiting = 256
	maxWait    = 10 * time.Second
	maxAnswer  = 60 * time.Second
	maxCalls   = 4
)

// desk asks questions. It asks each one once for a state of the table and a scope, a bounded number at a time, and keeps the answers that were asked for last.
type desk struct {
	turns, waiting chan struct{}
	calls          chan struct{} // turns of questions that ask another server, and take no time of this one

	mu      sync.Mutex
	answers map[string]*list.Element
	order   *list.List // of *answer, the one that was asked for last first
	edition uint64     // of the newest rows that a reader has asked about
}

func newDesk(turns int) *desk {
	return &desk{turns: make(chan struct{}, turns), waiting: make(chan struct{}, maxWaiting), calls: make(chan struct{}, maxCalls), answers: map[string]*list.Element{}, order: list.New()}
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
// its own, and goes on when the reader has left: others may wait for it. A failed answer is not kept.
func ask[T any](ctx context.Context, d *desk, key string, f func(context.Context) (T, error)) (T, error) {
	return askIn(ctx, d, d.turns, key, f)
}

// askIn is ask with turns of another kind.
func askIn[T any](ctx context.Context, d *desk, turns chan struct{}, key string, f func(context.Context) (T, error)) (T, error) {
	a, mine := d.place(key)
	if mine {
		go d.fill(context.WithoutCancel(ctx), turns, a, func(ctx context.Context) (any, error) { return f(ctx) })
	}
	var none T
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

// place returns the answer of the key, and whether it is new.
func (d *desk) place(key string) (a *answer, mine bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if e, ok := d.answers[key]; ok {
		d.order.MoveToFront(e)
		return e.Value.(*answer), false //nolint:forcetypeassert // the list has nothing else
	}
	a = &answer{key: key, done: make(chan struct{})}
	d.answers[key] = d.order.PushFront(a)
	for d.order.Len() > maxAnswers {
		d.drop(d.order.Back())
	}
	return a, true
}

// since drops the answers about rows older than those of the edition: nobody asks for them again, and they may have the words of a customer who was forgotten since.
func (d *desk) since(edition uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if edition <= d.edition {
		return
	}
	d.edition = edition
	now := editionKey(edition)
	for e := d.order.Front(); e != nil; {
		next := e.Next()
		if key := e.Value.(*answer).key; !strings.HasPrefix(key, now) && !strings.HasPrefix(key, objectivesKey) { //nolint:forcetypeassert // the list has nothing else
			d.drop(e)
		}
		e = next
	}
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
	defer close(a.done)
	defer func() {
		if v := recover(); v != nil {
			a.err = fmt.Errorf("console: a question panicked: %v", v)
		}
		if a.err != nil {
			d.forget(a)
		}
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

// forget drops an answer that failed.
func (d *desk) forget(a *answer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if e, ok := d.answers[a.key]; ok && e.Value == a {
		d.drop(e)
	}
}

// workers is the number of goroutines of a question: all that are answered at the same time take half of the processors, so that the service that mounts the console
// has the others.
func (c *Console) workers() int { return max(1, runtime.GOMAXPROCS(0)/2/c.cfg.questions) }
