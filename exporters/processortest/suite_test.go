package processortest_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
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
		if q.is("turns them around") {
			slices.Reverse(q.waiting)
		}
		for range q.waiting {
			select {
			case <-q.full:
			default:
			}
		}
		q.delivered = append(q.delivered, q.waiting...)
		q.waiting = nil
		for _, f := range q.late {
			f.Comment = "changed"
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
	if q.is("Flush does nothing") {
		return nil
	}
	return q.wait(ctx, "Flush")
}

func (q *queue) Shutdown(ctx context.Context) error {
	q.mu.Lock()
	if q.downs++; q.downs > 1 && q.is("Shutdown twice fails") {
		q.mu.Unlock()
		return errClosed
	}
	first := !q.closed
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
		q := newQueue(bug)
		return processortest.Subject{
			Processor: q,
			Processed: func(*testing.T) []event.Event {
				q.mu.Lock()
				defer q.mu.Unlock()
				return slices.Clone(q.delivered)
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
	processortest.Run(t, func(t *testing.T) processortest.Subject {
		return processortest.Subject{Processor: subject("")(t).Processor}
	})
}

// TestBroken runs the suite against processors that are broken on purpose, each in a process of its own, because it has to
// fail.
func TestBroken(t *testing.T) {
	if bug := os.Getenv(brokenBy); bug != "" {
		processortest.RunBroken(t, subject(bug))
		return
	}
	tests := []struct {
		bug    string
		test   string // that finds it
		reason string
	}{
		{"changes the event", "the event is not changed", "exporters behind it would get another one"},
		{"changes what it points to", "the event is not changed", "a copy of the struct points to the same details"},
		{"changes what it points to later", "the event is not changed", "the exporters would race"},
		{"keeps the pointer", "the pointer is not kept", "the event is reused"},
		{"keeps a pointer into it", "the pointer is not kept", "the event is reused"},
		{"reads the event later", "what is processed is delivered", "it would be another event"},
		{"loses the last", "what is processed is delivered", "it would be lost"},
		{"turns them around", "what is processed is delivered", "a journey would end before it starts"},
		{"drops what its request has left", "an event of a request that is over", "those who leave are those to know of"},
		{"panics without a context", "an event of a request that is over", "a caller may have none"},
		{"loses what comes at once", "concurrent use", "busy services would count less"},
		{"waits for room", "Process does not wait", "customers would wait for a backend"},
		{"Shutdown ignores its context", "Shutdown with a context that is done", "the service would be killed"},
		{"Shutdown says that it is done", "Shutdown with a context that is done", "the last events would be lost"},
		{"Shutdown forgets", "Shutdown with a context that is done", "a timeout is no end"},
		{"Shutdown twice fails", "Shutdown twice", "a second owner would see an error"},
		{"Flush does nothing", "Flush with a context that is done", "nothing would be there"},
		{"Flush ignores its context", "Flush with a context that is done", "its caller would hang"},
		{"panics after Shutdown", "Process after Shutdown", "a request may outlive the processor"},
		{"waits after Shutdown", "Process after Shutdown", "a request may outlive the processor"},
		{"leaves a goroutine", "no goroutine is left", "a service would grow"},
	}
	outs := make([]string, len(tests))
	free := make(chan struct{}, 4)
	var running sync.WaitGroup
	for i, test := range tests {
		running.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBroken$/^"+pattern(test.test)+"$", "-test.count=1")
			again.Env = append(os.Environ(), brokenBy+"="+test.bug)
			out, _ := again.CombinedOutput()
			outs[i] = string(out)
		})
	}
	running.Wait()
	for i, test := range tests {
		t.Run(test.bug, func(t *testing.T) {
			if !strings.Contains(outs[i], "--- FAIL: TestBroken/"+pattern(test.test)) {
				t.Errorf("the suite lets it pass, though %s:\n%s", test.reason, outs[i])
			}
			if strings.Contains(outs[i], "\npanic:") {
				t.Errorf("the suite panics:\n%s", outs[i])
			}
		})
	}
}

// pattern returns the name as go test writes it.
func pattern(name string) string { return strings.ReplaceAll(name, " ", "_") }

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
