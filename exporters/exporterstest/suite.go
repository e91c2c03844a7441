package exporterstest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/internal/clause"
	"cairncx.dev/cairn/exporters/sink"
)

// Run tests the whole contract of [event.Exporter], of [event.Flusher] where the exporter is one, and
// how errors are classified. Each clause is a subtest with a reason that its failures tell.
//
// Before each subtest open makes a sink that is empty, which goes with its t. It is called from the
// subtest's own goroutine only. Run it under the race detector: that is how an exporter is found which
// looks at a batch after it has returned.
func Run(t *testing.T, open func(t *testing.T) Sink) {
	t.Helper()
	(&runner{open, patience}).run(t)
}

// runner runs the contract on the sinks that open returns.
type runner struct {
	open     func(t *testing.T) Sink
	patience time.Duration
}

func (r *runner) run(t *testing.T) {
	t.Helper()
	for _, group := range [][]contract{contents, ordering, batches, contexts, shutdowns, faults, recoveries} {
		for _, c := range group {
			t.Run(c.name, func(t *testing.T) {
				c.test(r.suite(t, c.reason))
			})
		}
	}
	r.leaves(t)
	r.recovers(t)
}

// suite opens a sink for the subtest t, which is shut down when the subtest ends.
func (r *runner) suite(t *testing.T, reason string) *suite {
	t.Helper()
	s := &suite{T: t, reason: reason, sink: r.open(t), patience: r.patience}
	if s.sink.Exporter == nil {
		t.Fatal("open returned a Sink without an Exporter")
	}
	// Registered after the cleanups of open, so that it runs before them, while the sink is still there.
	t.Cleanup(func() { s.down() })
	return s
}

// A contract is one clause of it.
type contract struct {
	name   string
	reason string
	test   func(s *suite)
}

const (
	// patience bounds the wait for what has to return at once: no machine needs so long.
	patience = 45 * time.Second
	// pace is how often a sink that shows things late is asked.
	pace = 5 * time.Millisecond
	// longestError is how long an error may be, in bytes.
	longestError = 4 << 10
	// secret is in everything that an event holds and an error must not repeat.
	secret = "s3cr3t-of-a-customer" //nolint:gosec // it opens nothing
)

var errGaveUp = errors.New("the caller gave up")

// A suite is one subtest: a sink that was empty, and why it is tested.
type suite struct {
	*testing.T

	reason   string
	sink     Sink
	patience time.Duration
}

// fail ends the test. It is for the test's own goroutine.
func (s *suite) fail(format string, args ...any) {
	s.Helper()
	s.Fatalf("%s\nwhy it matters: %s", fmt.Sprintf(format, args...), s.reason)
}

// down shuts the exporter down when the test is over.
func (s *suite) down() {
	ctx, cancel := context.WithTimeout(context.Background(), s.patience)
	defer cancel()
	const what = "Shutdown when the test is over"
	err, fault := clause.Start(func() error { return s.sink.Exporter.Shutdown(ctx) }).Await(what, 2*s.patience)
	switch {
	case s.Failed():
	case fault != "":
		s.Error(fault)
	case err != nil:
		s.Errorf("%s: %v", what, err)
	}
}

// export exports, which has to succeed.
func (s *suite) export(events ...event.Event) {
	s.Helper()
	if err := s.sink.Exporter.Export(s.Context(), events); err != nil {
		s.fail("Export of %d events: %v", len(events), err)
	}
}

// refused exports what has to fail, and returns the error, which tells no secrets.
func (s *suite) refused(ctx context.Context, what string, events []event.Event) error {
	s.Helper()
	err := s.promptly("Export "+what, func() error { return s.sink.Exporter.Export(ctx, events) })
	if err == nil {
		s.fail("Export %s returned nil", what)
	}
	s.discreet(what, err)
	if partial, ok := partialOf(err); ok {
		s.names(what, events, partial)
	}
	return err
}

// refusedSoon is refused for a sink that may keep the caller waiting: how long an exporter waits by itself is its own
// affair, so the call has an end.
func (s *suite) refusedSoon(what string, events []event.Event) error {
	s.Helper()
	ctx, cancel := context.WithTimeoutCause(s.Context(), impatience, errGaveUp)
	defer cancel()
	return s.refused(ctx, what, events)
}

// names checks that the error names events of the batch, in its order, and with one that failed for now
// everything behind it of its journey.
func (s *suite) names(what string, events []event.Event, partial *sink.PartialError) {
	s.Helper()
	named, before := map[int]bool{}, -1
	for _, f := range partial.Failed {
		switch {
		case f.Index < 0 || f.Index >= len(events):
			s.fail("the error of Export %s names event %d of %d", what, f.Index, len(events))
		case f.Index <= before:
			s.fail("the error of Export %s names event %d after event %d, want the order of the batch", what, f.Index, before)
		case f.ID != events[f.Index].ID:
			s.fail("the error of Export %s names event %d as %s, it is %s", what, f.Index, f.ID, events[f.Index].ID)
		case f.Err == nil:
			s.fail("the error of Export %s does not say what is wrong with event %d", what, f.Index)
		}
		s.discreet(what, f.Err)
		named[f.Index], before = true, f.Index
	}
	for _, f := range partial.Failed {
		journey := run(&events[f.Index])
		if sink.IsPermanent(f.Err) || journey.Name == "" {
			continue
		}
		for i := f.Index + 1; i < len(events); i++ {
			if run(&events[i]) == journey && !named[i] {
				s.fail("the error of Export %s says that event %d failed for now, and not that event %d of the same journey, behind it, did", what, f.Index, i)
			}
		}
	}
}

// discreet checks that the error is short and says nothing of a customer.
func (s *suite) discreet(what string, err error) {
	s.Helper()
	if err == nil {
		return
	}
	text := err.Error()
	if strings.Contains(text, secret) {
		s.fail("the error of Export %s repeats what is in an event", what)
	}
	if name := twicePrefixed(text); name != "" {
		s.fail("the error of Export %s has the prefix %q more than once: %v", what, name, err)
	}
	if len(text) > longestError {
		s.fail("the error of Export %s is %d bytes long, it begins %.200q", what, len(text), text)
	}
}

// twicePrefixed returns the name that the text of an error begins with if the text has it as a prefix again, or "".
func twicePrefixed(text string) string {
	name, _, ok := strings.Cut(text, ": ")
	if !ok || strings.ContainsFunc(name, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
		return "" // it begins with a sentence
	}
	if strings.HasPrefix(text[len(name)+2:], name+": ") || strings.Contains(text, " "+name+": ") || strings.Contains(text, "\n"+name+": ") {
		return name
	}
	return ""
}

// transient checks that the error says that trying again may help.
func (s *suite) transient(what string, err error) {
	s.Helper()
	if sink.IsPermanent(err) {
		s.fail("the error of Export %s is permanent, so it is not tried again: %v", what, err)
	}
	if errors.Is(err, sink.ErrClosed) {
		s.fail("the error of Export %s says that it is shut down: %v", what, err)
	}
}

// promptly fails the test when f has not returned after a time that no machine needs. A panic in it
// fails the test too.
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

// breaks makes the sink fail, or skips the test.
func (s *suite) breaks(f Fault) *Broken {
	s.Helper()
	b := s.broken(f)
	if b == nil {
		s.Skipf("skipped: this sink cannot be made to be %v", f)
	}
	return b
}

// broken makes the sink fail, where it can: else it returns nil.
func (s *suite) broken(f Fault) *Broken {
	s.Helper()
	if s.sink.Break == nil {
		return nil
	}
	b := s.sink.Break(s.T, f)
	if b == nil {
		return nil
	}
	return s.mending(b)
}

// mending returns b, which is mended once: by the test, or when that is over.
func (s *suite) mending(b *Broken) *Broken {
	s.Helper()
	if b == nil || b.Mend == nil {
		s.Fatal("a sink was broken without a Broken that has Mend")
	}
	mend, mended := b.Mend, false
	b.Mend = func() {
		if !mended {
			mended = true
			mend()
		}
	}
	s.Cleanup(b.Mend) // before the exporter is shut down
	return b
}

// reached waits until a call has reached the sink, where that can be known.
func (s *suite) reached(b *Broken) {
	s.Helper()
	if b.Reached == nil {
		return
	}
	select {
	case <-b.Reached:
	case <-time.After(s.patience):
		s.fail("no call has reached the sink after %v", s.patience)
	}
}

// givenUp returns a context whose caller has given up.
func (s *suite) givenUp() context.Context {
	ctx, cancel := context.WithCancelCause(s.Context())
	cancel(errGaveUp)
	return ctx
}

// partialOf returns the error as one that says which events failed.
func partialOf(err error) (*sink.PartialError, bool) {
	var partial *sink.PartialError
	ok := errors.As(err, &partial)
	return partial, ok && len(partial.Failed) > 0
}
