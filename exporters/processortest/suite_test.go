package processortest_test

import (
	"context"
	"errors"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/internal/suitetest"
	"cairncx.dev/cairn/exporters/processortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// brokenBy names the bug that the processor has when the test binary is started again.
const brokenBy = "CAIRN_PROCESSORTEST_BROKEN_BY"

// queue is the contract as plainly as it can be said, and the bugs that a processor may have.
type queue struct {
	bug   string
	wake  chan struct{}
	gate  chan struct{} // full while what is behind the queue answers
	ended chan struct{}
	full  chan struct{} // for the bug that waits for room

	mu        sync.Mutex
	waiting   []event.Event
	delivered []event.Event
	closed    bool
	idle      chan struct{} // closed when nothing waits; nil while nobody asks
	last      *event.Event
	run       *event.Run
	late      []*event.Feedback
	busy      atomic.Bool
	downs     int
	flushes   int
}

func newQueue(bug string) *queue {
	q := &queue{bug: bug, wake: make(chan struct{}, 1), gate: make(chan struct{}, 1), ended: make(chan struct{}), full: make(chan struct{}, 64)}
	q.gate <- struct{}{}
	go q.deliver()
	if q.is("leaves a goroutine") {
		go func() { select {} }()
	}
	return q
}

func (q *queue) is(bug string) bool { return q.bug == bug }

func (q *queue) Process(ctx context.Context, e *event.Event) {
	switch q.bug {
	case "changes the event":
		e.Touchpoint = "changed"
	case "changes what it points to":
		if e.Feedback != nil {
			e.Feedback.Comment = "changed"
		}
	case "keeps the pointer":
		q.last = e
	case "keeps a pointer into it":
		q.run = &e.Journey
	case "panics without a context":
		_ = ctx.Err()
	case "waits for room":
		q.full <- struct{}{}
	case "loses what comes at once":
		if !q.busy.CompareAndSwap(false, true) {
			return
		}
		runtime.Gosched()
		defer q.busy.Store(false)
	case "leaves a goroutine for each event":
		go func() { select {} }()
	case "drops what its request has left":
		if ctx != nil && ctx.Err() != nil {
			return
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		if q.is("panics after Shutdown") {
			panic("it is shut down")
		}
		if q.is("waits after Shutdown") {
			select {}
		}
		return
	}
	if q.is("changes what it points to later") && e.Feedback != nil {
		q.late = append(q.late, e.Feedback)
	}
	if q.is("reads the event later") {
		q.last = e
	}
	q.waiting = append(q.waiting, *e)
	if q.is("scrubs a copy") {
		q.waiting[len(q.waiting)-1].Cause = ""
	}
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// deliver is the goroutine behind the queue.
func (q *queue) deliver() {
	defer close(q.ended)
	for range q.wake {
		q.gate <- <-q.gate // waits while the gate is shut
		q.mu.Lock()
		if q.is("reads the event later") && q.last != nil && len(q.waiting) > 0 {
			q.waiting[len(q.waiting)-1] = *q.last
		}
		if q.is("loses the last") && len(q.waiting) > 0 {
			q.waiting = q.waiting[:len(q.waiting)-1]
		}
		for range q.waiting {
			select {
			case <-q.full:
			default:
			}
		}
		q.delivered = append(q.delivered, q.waiting...)
		q.waiting = nil
		if q.closed {
			for _, f := range q.late {
				f.Comment = "changed"
			}
		}
		if q.idle != nil {
			close(q.idle)
			q.idle = nil
		}
		closed := q.closed
		q.mu.Unlock()
		if closed {
			return
		}
	}
}

var errClosed = errors.New("it is shut down")

// wait waits until nothing is left, or ctx is done.
func (q *queue) wait(ctx context.Context, what string) error {
	q.mu.Lock()
	if len(q.waiting) == 0 {
		q.mu.Unlock()
		return nil
	}
	if q.idle == nil {
		q.idle = make(chan struct{})
	}
	idle := q.idle
	q.mu.Unlock()
	done := ctx.Done()
	if q.is(what + " ignores its context") {
		done = nil
	}
	select {
	case <-idle:
		return nil
	case <-done:
		return context.Cause(ctx)
	}
}

func (q *queue) Flush(ctx context.Context) error {
	switch {
	case q.is("Flush does nothing"):
		return nil
	case q.is("Flush fails"):
		return errClosed
	}
	err := q.wait(ctx, "Flush")
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.is("Flush loses the last") && len(q.delivered) > 0:
		q.delivered = q.delivered[:len(q.delivered)-1]
	case q.is("Flush forgets") && err != nil:
		q.waiting = nil
	case q.is("Flush twice fails"):
		if q.flushes++; q.flushes > 1 {
			return errClosed
		}
	}
	return err
}

func (q *queue) Shutdown(ctx context.Context) error {
	q.mu.Lock()
	if q.downs++; q.downs == 1 && q.is("Shutdown fails once") || q.downs > 1 && q.is("Shutdown twice fails") {
		q.mu.Unlock()
		return errClosed
	}
	first := !q.closed
	switch {
	case q.is("Shutdown twice delivers twice") && !first:
		q.delivered = append(q.delivered, q.delivered...)
	case q.is("invents events") && first:
		q.delivered = append(q.delivered, event.Event{Touchpoint: "touchpoint-800"})
	case q.is("renames events") && len(q.delivered) > 0:
		q.delivered[0].Touchpoint = "renamed"
	}
	q.closed = true
	q.mu.Unlock()
	err := q.wait(ctx, "Shutdown")
	if err != nil && q.is("Shutdown forgets") {
		q.mu.Lock()
		q.waiting = nil
		q.mu.Unlock()
	}
	if q.is("Shutdown says that it is done") {
		return nil
	}
	if err == nil && (first || !over(q.ended)) {
		select {
		case q.wake <- struct{}{}:
		default:
		}
		<-q.ended
	}
	return err
}

func over(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

func subject(bug string) func(*testing.T) processortest.Subject {
	return func(*testing.T) processortest.Subject {
		if bug == "is none" {
			return processortest.Subject{}
		}
		q := newQueue(bug)
		return processortest.Subject{
			Processor: q,
			Processed: func(*testing.T) []event.Event {
				q.mu.Lock()
				defer q.mu.Unlock()
				got := slices.Clone(q.delivered)
				if bug == "turns all around" {
					slices.Reverse(got)
				}
				return got
			},
			Stall: func(*testing.T) func() {
				<-q.gate
				return func() { q.gate <- struct{}{} }
			},
		}
	}
}

func TestQueue(t *testing.T) { processortest.Run(t, subject("")) }

// TestUnreadable: what cannot be looked at is skipped.
func TestUnreadable(t *testing.T) {
	for name, stall := range map[string]func(*testing.T) func(){
		"without Stall": nil, "with nothing to stall": func(*testing.T) func() { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			processortest.Run(t, func(t *testing.T) processortest.Subject {
				return processortest.Subject{Processor: subject("")(t).Processor, Stall: stall}
			})
		})
	}
}

// TestKeeps: a processor may deliver a scrubbed copy, and says so.
func TestKeeps(t *testing.T) {
	processortest.Run(t, func(t *testing.T) processortest.Subject {
		s := subject("scrubs a copy")(t)
		s.Keeps = func(e event.Event) event.Event {
			e.Cause = ""
			return e
		}
		return s
	})
}

// TestSkips: a subtest that cannot look at what arrived is skipped, and does not pass.
func TestSkips(t *testing.T) {
	const name = "what is processed is delivered"
	if os.Getenv(brokenBy) == "is unreadable" {
		processortest.Run(t, func(t *testing.T) processortest.Subject {
			return processortest.Subject{Processor: subject("")(t).Processor}
		})
		return
	}
	out, err := suitetest.Again(t, "TestSkips", name, brokenBy+"=is unreadable")
	if err != nil || !strings.Contains(out, "--- SKIP: TestSkips/"+suitetest.Pattern(name)) || !strings.Contains(out, "has no Processed") {
		t.Errorf("%v: want that the subtest is skipped, with the reason:\n%s", err, out)
	}
}

// TestNoFlusher: a processor need not be a Flusher.
func TestNoFlusher(t *testing.T) {
	processortest.Run(t, func(t *testing.T) processortest.Subject {
		s := subject("")(t)
		s.Processor = struct{ event.Processor }{s.Processor}
		return s
	})
}

// TestShared: a goroutine that the first processor starts for all of them is none that is left.
func TestShared(t *testing.T) {
	var once sync.Once
	ctx := t.Context()
	processortest.Run(t, func(t *testing.T) processortest.Subject {
		if strings.Contains(t.Name(), "no_goroutine_is_left") {
			once.Do(func() { go func() { <-ctx.Done() }() })
		}
		return subject("")(t)
	})
}

// TestFull: the events have everything that an event can have, and each is another one, so that a processor cannot lose or
// mix up anything unseen.
func TestFull(t *testing.T) {
	var set func(v reflect.Value) bool
	set = func(v reflect.Value) bool {
		switch v.Kind() {
		case reflect.Struct:
			if v.Type().PkgPath() != reflect.TypeFor[event.Event]().PkgPath() {
				return !v.IsZero() // a time or an attribute
			}
			for i := range v.NumField() {
				if f := v.Type().Field(i); f.IsExported() && !set(v.Field(i)) {
					t.Errorf("%s.%s is not set", v.Type(), f.Name)
				}
			}
			return true
		case reflect.Pointer:
			return !v.IsNil() && set(v.Elem())
		case reflect.Slice:
			return v.Len() > 0 && set(v.Index(0))
		default:
			return !v.IsZero()
		}
	}
	ids, names, times, kinds := map[event.ID]int{}, map[string]int{}, map[time.Time]int{}, map[event.Kind]int{}
	for i := range processortest.NumEvents {
		e := processortest.Full(i)
		set(reflect.ValueOf(e))
		ids[e.ID]++
		names[e.Touchpoint]++
		times[e.Time]++
		kinds[e.Kind]++
		if again := processortest.Full(i); !reflect.DeepEqual(e, again) {
			t.Errorf("event %d is another one each time", i)
		}
	}
	const n = processortest.NumEvents
	if len(ids) != n || len(names) != n || len(times) != n || len(kinds) != len(event.Kinds()) {
		t.Errorf("%d events have %d IDs, %d touchpoints, %d times and %d kinds", n, len(ids), len(names), len(times), len(kinds))
	}
}

// TestBroken runs the suite against processors that are broken on purpose, each in a process of its own, because it has to
// fail.
func TestBroken(t *testing.T) {
	if bug := os.Getenv(brokenBy); bug != "" {
		processortest.RunBroken(t, subject(bug))
		return
	}
	suitetest.Broken(t, brokenBy, []struct{ Bug, Test, Says, Reason string }{
		{"is none", "the event is not changed", "open returned a Subject without a Processor", "there is nothing to test"},
		{"changes the event", "the event is not changed", "after Process of an event of kind ", "exporters behind it would get another one"},
		{"changes what it points to", "the event is not changed", " its Feedback is another one", "a copy of the struct points to the same details"},
		{"changes what it points to later", "the event is not changed", "after Process and Shutdown of an event of kind ", "the exporters would race"},
		{"keeps the pointer", "the pointer is not kept", "the processor keeps pointers to, or into, 1 of 40 events", "the event is reused"},
		{"keeps a pointer into it", "the pointer is not kept", "the processor keeps pointers to, or into, 1 of 40 events", "the event is reused"},
		{"scrubs a copy", "what is processed is delivered", "cause is missing, want \"text-0\"", "an exporter behind it would miss it"},
		{"reads the event later", "what is processed is delivered", " has not arrived as it was processed:\n", "it would be another event"},
		{"loses the last", "what is processed is delivered", "events have arrived, want 40", "it would be lost"},
		{"turns all around", "what is processed is delivered", "event 0 has not arrived as it was processed:\n", "a journey would end before it starts"},
		{"turns all around", "concurrent use", "the events of one goroutine have arrived in another order", "as above"},
		{"drops what its request has left", "an event of a request that is over", "1 events have arrived, want 2", "those who leave are those to know of"},
		{"panics without a context", "an event of a request that is over", "Process without a context panics: ", "a caller may have none"},
		{"loses what comes at once", "concurrent use", "of 800 events have arrived, or others", "busy services would count less"},
		{"Flush loses the last", "concurrent use", "of 800 events have arrived, or others", "busy services would count less"},
		{"invents events", "concurrent use", "an event of the touchpoint \"touchpoint-800\" has arrived", "it has not happened"},
		{"renames events", "concurrent use", "an event of the touchpoint \"renamed\" has arrived", "it has not happened"},
		{"waits for room", "Process does not wait", "Process of many events has not returned after 5s", "customers would wait for a backend"},
		{"Shutdown ignores its context", "Shutdown with a context that is done", "Shutdown whose context is done has not returned after 5s", "the service would be killed"},
		{"Shutdown says that it is done", "Shutdown with a context that is done", "Shutdown whose context is done returns nil", "the last events would be lost"},
		{"Shutdown forgets", "Shutdown with a context that is done", "0 events have arrived, want 40", "a timeout is no end"},
		{"Shutdown fails once", "Shutdown twice", "Shutdown: it is shut down", "an owner would see an error"},
		{"Shutdown twice fails", "Shutdown twice", "Shutdown again: it is shut down", "a second owner would see an error"},
		{"Shutdown twice delivers twice", "Shutdown twice", "2 events have arrived, want 1", "a second owner would make another event"},
		{"Flush fails", "Flush delivers", "Flush: it is shut down", "its caller would think that events are lost"},
		{"Flush twice fails", "Flush delivers", "Flush: it is shut down", "there is nothing to deliver"},
		{"Flush loses the last", "Flush delivers", "events have arrived, want 40", "it would be lost"},
		{"Flush does nothing", "Flush with a context that is done", "Flush whose context is done returns nil", "nothing would be there"},
		{"Flush ignores its context", "Flush with a context that is done", "Flush whose context is done has not returned after 5s", "its caller would hang"},
		{"Flush forgets", "Flush with a context that is done", "0 events have arrived, want 40", "a timeout is no end"},
		{"panics after Shutdown", "Process after Shutdown", "Process after Shutdown panics: it is shut down", "a request may outlive the processor"},
		{"waits after Shutdown", "Process after Shutdown", "Process after Shutdown has not returned after 5s", "a request may outlive the processor"},
		{"leaves a goroutine", "no goroutine is left", "goroutines are left after Shutdown:", "a service would grow"},
		{"leaves a goroutine for each event", "no goroutine is left", "goroutines are left after Shutdown:", "a service would grow"},
	}, "is none")
}

func ExampleRun() {
	// It is the whole test of a processor: func TestContract(t *testing.T).
	_ = func(t *testing.T) {
		processortest.Run(t, func(*testing.T) processortest.Subject {
			var sink processortest.Subject
			sink.Processor = exporters.NewBatch(nil)
			return sink
		})
	}
	// Output:
}
