package processortest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/internal/clause"
)

// Subject is one processor that is tested. Only Processor is needed; each other field makes more of the contract testable.
type Subject struct {
	// Processor to test, which has seen no event. Run shuts it down, in some subtests more than once.
	Processor event.Processor

	// Processed returns the events that the processor has delivered, in the order in which it got them, each as
	// [event.Event.AppendJSON] writes it. Run calls it after a Flush or a Shutdown that returned nil. Nil if the events of
	// the processor cannot be read back: then the subtests that look at what arrived test the calls alone and are skipped
	// after that.
	Processed func(t *testing.T) []event.Event

	// Keeps returns what the processor delivers of an event, for one that scrubs or extends the copy that it delivers. Run
	// applies it to what it gave to Process, and to what Processed returns, before it compares the two. Keeps gets an event
	// of its own as [event.ParseJSON] reads it, and must leave Touchpoint alone, by which Run tells events apart. Applied to
	// its own result it changes nothing. Default, and for nil: everything that [event.Event.AppendJSON] writes.
	Keeps func(e event.Event) event.Event

	// Stall keeps what is behind the processor, such as the exporter of a queue, from answering until Run calls release, once.
	// It returns a nil release if the processor has nothing behind it, and so does a nil Stall.
	Stall func(t *testing.T) (release func())
}

// Run tests the contract of [event.Processor] and, if the processor is one, of [event.Flusher]. Each clause is a subtest with
// a reason, which its failures tell. Before each subtest open makes a new processor, in the goroutine of the subtest.
func Run(t *testing.T, open func(t *testing.T) Subject) {
	t.Helper()
	(&runner{open, patience}).run(t)
}

// patience bounds the wait for what has to return at once.
const patience = 45 * time.Second

type runner struct {
	open     func(t *testing.T) Subject
	patience time.Duration
}

// contract is one clause of it.
type contract struct {
	name   string
	reason string
	test   func(s *suite)
}

func (r *runner) run(t *testing.T) {
	t.Helper()
	for _, c := range append(events(), calls()...) {
		t.Run(c.name, func(t *testing.T) { c.test(r.suite(t, c.reason)) })
	}
	r.leaves(t)
}

// suite is one subtest.
type suite struct {
	*testing.T

	reason   string
	subject  Subject
	patience time.Duration
}

var errGaveUp = errors.New("the caller gave up")

// suite opens a processor for the subtest t, which is shut down when the subtest ends.
func (r *runner) suite(t *testing.T, reason string) *suite {
	t.Helper()
	s := &suite{T: t, reason: reason, subject: r.open(t), patience: r.patience}
	if s.subject.Processor == nil {
		t.Fatal("open returned a Subject without a Processor")
	}
	t.Cleanup(func() {
		if !t.Failed() {
			s.shutdown(" when the test is over")
		}
	})
	return s
}

// fail ends the subtest. It is for the subtest's own goroutine.
func (s *suite) fail(format string, args ...any) {
	s.Helper()
	s.Fatalf("%s\nwhy it matters: %s", fmt.Sprintf(format, args...), s.reason)
}

// returns calls f in another goroutine. The subtest fails if f panics or does not return.
func (s *suite) returns(what string, f func()) {
	s.Helper()
	_ = s.promptly(what, func() error { f(); return nil }) // there is none
}

// promptly calls f in another goroutine and returns its error. The subtest fails if f panics or does not return.
func (s *suite) promptly(what string, f func() error) error {
	s.Helper()
	return s.await(what, clause.Start(f))
}

// await returns the error of a call that was started.
func (s *suite) await(what string, call clause.Call) error {
	s.Helper()
	err, fault := call.Await(what, s.patience)
	if fault != "" {
		s.fail("%s", fault)
	}
	return err
}

// process gives the processor an event, which is overwritten when Process has returned, as a client reuses it.
func (s *suite) process(ctx context.Context, i int) {
	e := full(i)
	s.subject.Processor.Process(ctx, &e)
	e = event.Event{Kind: "overwritten", Touchpoint: "overwritten"}
}

// shutdown shuts the processor down, which has to succeed. when follows the name of the call in a failure.
func (s *suite) shutdown(when string) {
	s.Helper()
	if err := s.promptly("Shutdown"+when, func() error { return s.subject.Processor.Shutdown(context.Background()) }); err != nil {
		s.fail("Shutdown%s: %v", when, err)
	}
}

// stall keeps what is behind the processor from answering, or skips the subtest. release may be called more than once.
func (s *suite) stall() (release func()) {
	s.Helper()
	var once func()
	if s.subject.Stall != nil {
		once = s.subject.Stall(s.T)
	}
	if once == nil {
		s.Skip("skipped: nothing is behind this processor that could keep it waiting")
	}
	released := false
	release = func() {
		if !released {
			released = true
			once()
		}
	}
	s.Cleanup(release) // before the processor is shut down
	return release
}

// givenUp returns a context that is done.
func givenUp() context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errGaveUp)
	return ctx
}
