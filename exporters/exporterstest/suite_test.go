package exporterstest_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/exporterstest"
	"cairncx.dev/cairn/exporters/internal/suitetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// brokenBy names the bug that the test binary's exporter has when it is started again.
const brokenBy = "CAIRN_EXPORTERSTEST_BROKEN_BY"

// nilPanics says that a nil exporter is one that panics, nilShutdownPanics that it does so in Shutdown.
var nilPanics, nilShutdownPanics atomic.Bool

func opener(bug string) func(*testing.T) exporterstest.Sink {
	return func(*testing.T) exporterstest.Sink {
		if bug == "is none" {
			return exporterstest.Sink{}
		}
		return (&memory{bug: bug, seen: map[event.ID]bool{}}).sink()
	}
}

func TestMemory(t *testing.T) { exporterstest.Run(t, opener("")) }

// TestFilter: a filter that keeps everything is as good an exporter as the one behind it.
func TestFilter(t *testing.T) {
	exporterstest.Run(t, func(t *testing.T) exporterstest.Sink {
		s := opener("")(t)
		s.Exporter = exporters.Filter(s.Exporter, func(e event.Event) (event.Event, bool) { return e, true })
		return s
	})
}

// TestUnreadable: what nobody can look at is skipped, not failed.
func TestUnreadable(t *testing.T) {
	exporterstest.Run(t, func(t *testing.T) exporterstest.Sink {
		return exporterstest.Sink{Exporter: opener("")(t).Exporter}
	})
}

// TestKeepsLess: a sink may keep less, and says so.
func TestKeepsLess(t *testing.T) {
	exporterstest.Run(t, func(t *testing.T) exporterstest.Sink {
		s := opener("drops attributes")(t)
		s.Keeps = func(e event.Event) event.Event {
			e.Attributes = nil
			return e
		}
		return s
	})
}

// TestNamesEach: an exporter may name each event instead of one error for all.
func TestNamesEach(t *testing.T) { exporterstest.Run(t, opener("names each event")) }

// TestNoFlusher: an exporter need not be a Flusher.
func TestNoFlusher(t *testing.T) {
	exporterstest.Run(t, func(t *testing.T) exporterstest.Sink {
		s := opener("")(t)
		m, received := s.Exporter.(*memory), s.Received
		s.Exporter = struct{ event.Exporter }{m}
		s.Received = func(t *testing.T) []event.Event {
			if err := m.Flush(t.Context()); err != nil {
				t.Error(err)
			}
			return received(t)
		}
		return s
	})
}

// TestShared: a goroutine that the first exporter starts for all of them is none that is left.
func TestShared(t *testing.T) {
	var once sync.Once
	ctx := t.Context()
	exporterstest.Run(t, func(t *testing.T) exporterstest.Sink {
		if strings.Contains(t.Name(), "no_goroutine_is_left") {
			once.Do(func() { go func() { <-ctx.Done() }() })
		}
		return opener("")(t)
	})
}

// TestBroken runs one test of the suite against each of the exporters that are broken on purpose, in a
// process of its own, for it has to fail.
func TestBroken(t *testing.T) {
	if bug := os.Getenv(brokenBy); bug != "" {
		nilPanics.Store(bug == "nil panics")
		nilShutdownPanics.Store(bug == "a nil exporter panics in Shutdown")
		exporterstest.RunBroken(t, opener(bug))
		return
	}
	suitetest.Broken(t, brokenBy, []struct{ Bug, Test, Says, Reason string }{
		{"is none", "one event", "open returned a Sink without an Exporter", "there is nothing to test"},
		{"cannot be mended", "a sink that is away", "a sink was broken without a Broken that has Mend", "the next clause would have it"},
		{"gives new IDs", "one event", "event 0 of 1, \"touchpoint 0\"", "duplicates could not be told"},
		{"shows the account", "one event", "has the application's own ID of the account", "the application's own ID never leaves the process"},
		{"shows the customer", "one event", "has the application's own ID of the customer", "the application's own ID never leaves the process"},
		{"Flush does nothing", "one event", "event 0 of 1, \"touchpoint 0\"", "nothing would be there"},
		{"writes twice", "one event", "event 0 of 1, \"touchpoint 0\"", "every count would be twice as high"},
		{"milliseconds", "one event", "is not what was sent: from byte 108 it is", "two events would be at one time"},
		{"drops attributes", "everything set", "is not what was sent: from byte ", "the plainest loss"},
		{"drops rare parts", "everything set", "is not what was sent: from byte ", "the loss that nobody notices"},
		{"loses what is late", "everything set", "event 0 of 1, \"pay 0\"", "an unusual flag is no reason"},
		{"loses unknown kinds", "every kind", fmt.Sprintf("event %d of %d, %q", len(event.Kinds()), len(event.Kinds())+1, exporterstest.UnknownKind), "the set is open"},
		{"ends at NUL", "hostile texts", "is not what was sent: from byte ", "as a string of C does"},
		{"trims", "hostile texts", "is not what was sent: from byte ", "a name is what it is"},
		{"cuts comments", "hostile texts", "is not what was sent: from byte ", "as a column of a bounded size does"},
		{"floats", "extreme times and numbers", "is not what was sent: from byte ", "as a parser of JavaScript does"},
		{"loses what has no ID", "without ID or journey", "event 0 of 12, \"touchpoint 0\"", "not everything has an ID"},
		{"loses what has no journey", "without ID or journey", "event 6 of 12, \"touchpoint 6\"", "not everything is in a journey"},
		{"bounds a batch", "a large batch", "event 301 of 512, \"touchpoint 301\"", "the rest would be lost without an error"},
		{"backwards", "one journey in order", "and was sent before: a journey has lost its order", "order is not only completeness"},
		{"sorts by time", "time is not the order", "and was sent before: a journey has lost its order", "it is told in the order that it is told in"},
		{"sorts by ID", "time is not the order", "and was sent before: a journey has lost its order", "an ID is no number"},
		{"takes what is behind it", "what failed for now is not overtaken", "the error of Export of journeys that are mixed, to a sink that fails for now says that event 0 failed for now, and not that event 3 of the same journey, behind it, did", "a journey would end before it starts"},
		{"takes what is behind it unseen", "what failed for now is not overtaken", "and was sent before: a journey has lost its order", "an error without names is no excuse"},
		{"twice is an error", "the same batch twice", "Export of 10 events: the memory fails", "a retry would never succeed"},
		{"keeps what it says to remove", "the same batch twice", "is there 2 times", "its reader would trust it"},
		{"removes duplicates by touchpoint", "alike but for the ID", "event 1 of 3, \"pay 0\"", "a customer pays twice"},
		{"empty is an error", "nothing to export", "Export of 0 events: the memory fails", "an empty queue would look like an outage"},
		{"empty is an event", "nothing to export", "was not sent by the test", "a sink would fill with nothing"},
		{"keeps the slice", "the batch is not kept", "was not sent by the test", "the caller writes into it"},
		{"makes IDs in place", "the batch is not changed", "event 0 of the batch has changed: ID", "a retry would see another event"},
		{"moves in place", "the batch is not changed", "event 0 of the batch has changed: Journey", "two exporters would race"},
		{"mends in place", "the batch is not changed", "event 0 of the batch has changed: Feedback", "another exporter would get it redacted"},
		{"writes behind the batch", "the batch is not changed", "event 23 of the batch has changed: ID", "it is the next batch"},
		{"nil panics", "a nil exporter", "Export of a nil exporter panics:", "nil receivers are safe"},
		{"ignores contexts", "a context that is done", "Export with a context that is cancelled returned nil", "a caller would wait"},
		{"a done context is permanent", "a context that is done", "the error of Export with a context that is cancelled is permanent, so it is not tried again: memory: the caller gave up", "a timeout would throw events away"},
		{"forgets the cause", "a context that is done", "the error of Export with a context that is cancelled wraps neither context canceled nor the context's cause: the memory fails", "nobody would know why"},
		{"waits for ever", "a context that is done during Export", "Export whose context is done while the sink does not answer has not returned after 5s", "its caller would hang"},
		{"waits for its turn for ever", "a context that is done beside a call that stalls", "Export whose context ends beside a call that the sink does not answer has not returned after 5s", "one stalled call would hang every request"},
		{"Flush waits for its turn for ever", "a context that is done beside a call that stalls", "Flush whose context ends beside a call that the sink does not answer has not returned after 5s", "a deployment would hang"},
		{"Shutdown waits for its turn for ever", "Shutdown while the sink does not answer", "Shutdown with a context that ends while the sink does not answer has not returned after 5s", "the service would be killed"},
		{"Flush writes again", "Flush makes it readable", "event 0 of 30, \"touchpoint 0\"", "every Flush would add events"},
		{"leaves a goroutine", "no goroutine is left", "goroutines are left after Shutdown:", "a service would grow"},
		{"leaves a goroutine when the caller gives up", "no goroutine is left", "goroutines are left after Shutdown:", "an outage would make a service grow"},
		{"says its name twice", "a sink that is away", "the error of Export to a sink that is away has the prefix \"memory\" more than once: memory: away: memory: the memory fails", "a log would stutter"},
		{"Shutdown forgets", "Shutdown delivers what is left", "event 0 of 30, \"touchpoint 0\"", "the last events would be lost"},
		{"Shutdown twice fails", "Shutdown twice", "Shutdown: the memory fails", "the second owner would see an error"},
		{"Shutdown twice panics", "Shutdown twice", "Shutdown panics: close of closed channel", "the service would not end well"},
		{"takes after Shutdown", "Export after Shutdown", "Export after Shutdown returned nil", "it would be lost"},
		{"closed is another error", "Export after Shutdown", "the error of Export after Shutdown does not wrap sink.ErrClosed: the memory fails", "callers ask for it by errors.Is"},
		{"Shutdown ignores a failure", "Shutdown with a context that is done", "event 0 of 10, \"touchpoint 0\"", "it says that it is done, and is not"},
		{"Shutdown cannot be tried again", "Shutdown with a context that is done", "Shutdown: the memory fails", "a timeout is no end"},
		{"Shutdown waits for ever", "Shutdown while the sink does not answer", "Shutdown with a context that is done has not returned after 5s", "the service would be killed"},
		{"an outage is permanent", "a sink that is away", "the error of Export to a sink that is away is permanent, so it is not tried again: the memory fails", "events would be thrown away"},
		{"an outage is success", "a sink that is away", "Export to a sink that is away returned nil", "events would be lost"},
		{"errors repeat events", "a sink that is away", "the error of Export to a sink that is away repeats what is in an event", "logs are read by many"},
		{"endless errors", "a sink that is away", "the error of Export to a sink that is away is 6018 bytes long", "logs are paid for"},
		{"does not say when", "a sink that asks to wait", "the error of Export to a sink that asks to wait is none of sink.RetryAfter: the memory fails", "the pause would be a guess"},
		{"says to wait for no time", "a sink that asks to wait", "the error of Export to a sink that asks to wait says to wait for 0s", "there would be no pause"},
		{"a refusal is transient", "a sink that refuses", "the error of Export to a sink that refuses is not permanent, so it is tried for ever: the memory fails", "it would be tried for ever"},
		{"poison spoils the batch", "an event that is poison", "the error of Export of a batch with poison in it is no *sink.PartialError: the memory fails", "the rest would be lost"},
		{"poison stops the rest", "an event that is poison", "event 1 of 7, \"pay 2\"", "what comes behind would be lost"},
		{"poison is kept", "an event that is poison", "event 0 of 11, \"exporterstest.poison\"", "it was refused"},
		{"poison has another place", "an event that is poison", "the error of Export of a batch with poison in it names event 2 as", "another event would be thrown away"},
		{"poison has no ID", "an event that is poison", "the error of Export of a batch with poison in it names event 0 as", "the dead letter could not be found"},
		{"poison is transient", "an event that is poison", "the error of Export of a batch with poison in it says that event 0 failed for now, and not that event 1 of the same journey, behind it, did", "it would be tried for ever"},
		{"poison backwards", "an event that is poison", "the error of Export of a batch with poison in it names event 4 after event 8, want the order of the batch", "Failed is in the order of the batch"},
		{"goes on behind a busy event", "some events that fail for now", "says that event 4 failed for now, and not that event 7 of the same journey, behind it, did", "a journey would end before it starts"},
		{"takes what it names behind a busy event", "some events that fail for now", "and was sent before: a journey has lost its order", "the names do not undo it"},
		{"goes on behind a busy event without names", "some events that fail for now", "and was sent before: a journey has lost its order", "an error without names is no excuse"},
		{"loses a busy event", "some events that fail for now", "event 6 of 16, \"exporterstest.busy\"", "the sink did not take it"},
		{"loses all busy events", "some events that fail for now", "Export of a batch in which some events fail for now returned nil", "the sink did not take them"},
		{"a busy event is permanent", "some events that fail for now", "the error of Export of a batch in which some events fail for now is permanent, so it is not tried again", "they would be thrown away"},
		{"a busy event is permanent the second time", "some events that fail for now", "the error of Export of a batch in which some events fail for now, again, says that 3 events are refused for ever", "they would be thrown away"},
		{"takes a busy event the second time", "some events that fail for now", "has taken them, though the sink does not take them yet", "it is not there"},
		{"a cut is permanent", "a connection that is cut", "the error of Export to a sink whose answer does not arrive is permanent, so it is not tried again: the memory fails", "half a batch would be lost"},
		{"an outage is for good", "one failure after another", "Export after a sink that was away has not taken 4 events in 5 calls", "the service would have to be restarted"},
		{"an outage at the start is for good", "failures before the first call", "Export after a sink that was away has not taken 4 events in 5 calls", "the service would have to be restarted"},
		{"a lost login is for good", "recovers from", "Export after a login that is refused has not taken 6 events in 5 calls", "the service would have to be restarted"},
		{"a lost login loses a batch", "recovers from", "event 0 of 9, \"pay 10\"", "what was given again would not be there"},
		{"forgets the kind", "one event", "cannot be read: event: not the JSON form of an event: kind and time are required", "nobody could read it"},
		{"empty later is an event", "nothing to export", "was not sent by the test", "a sink would fill with nothing"},
		{"an outage is permanent", "what failed for now is not overtaken", "the error of Export of journeys that are mixed, to a sink that fails for now is permanent, so it is not tried again: the memory fails", "events would be thrown away"},
		{"names fewer than it refuses", "a sink that refuses", "the error of Export to a sink that refuses names 2 events, want 3", "the others would be lost"},
		{"names what it refuses as transient", "a sink that refuses", "the error of event 2 of Export to a sink that refuses is not permanent: the memory fails", "they would be tried for ever"},
		{"names another event", "a sink that is away", "the error of Export to a sink that is away names event 3 as", "another one would be tried again"},
		{"names no event of the batch", "a sink that is away", "the error of Export to a sink that is away names event 4 of 4", "its caller would panic"},
		{"names without a reason", "a sink that is away", "the error of Export to a sink that is away does not say what is wrong with event 3", "the log would be empty"},
		{"takes after Shutdown", "Shutdown with a context that is done", "Export after Shutdown returned nil", "it would be lost"},
		{"takes after Shutdown", "Shutdown while the sink does not answer", "Export after Shutdown returned nil", "it would be lost"},
		{"takes after Shutdown", "Shutdown during Export", "Export after Shutdown returned nil", "it would be lost"},
		{"Flush panics after Shutdown", "Shutdown twice", "Flush after Shutdown panics: it is shut down", "the service would not end well"},
		{"an outage is a shutdown", "a sink that is away", "the error of Export to a sink that is away says that it is shut down: memory: it is shut down", "its caller would stop"},
		{"an outage is a shutdown", "one failure after another", "the error of Export after a sink that was away says that it is shut down: memory: it is shut down", "its caller would stop"},
		{"an outage is permanent", "recovers from", "event 0 of 9, \"pay 10\"", "events would be thrown away"},
		{"Export panics on a nil context", "a nil context", "Export with a nil context panics: ", "the process would end"},
		{"Flush panics on a nil context", "a nil context", "Flush with a nil context panics: ", "the process would end"},
		{"Shutdown panics on a nil context", "a nil context", "Shutdown with a nil context panics: ", "the process would end"},
		{"Shutdown refuses a nil context", "a nil context", "Shutdown with a nil context: the memory fails", "a nil context is the background"},
		{"Flush fails", "Flush makes it readable", "Flush of nothing: the memory fails", "its caller would think that events are lost"},
		{"Shutdown fails", "Shutdown of a sink that was not used", "Shutdown: the memory fails", "the service would end with an error"},
		{"a nil exporter panics in Shutdown", "a nil exporter", "Shutdown of a nil exporter panics:", "nil receivers are safe"},
	}, "is none", "cannot be mended")
}

func TestFaultString(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for f := exporterstest.Fault(-1); f < exporterstest.Partial+2; f++ {
		if f.String() == "" || f > 0 && f <= exporterstest.Partial && seen[f.String()] {
			t.Errorf("fault %d is %q", f, f.String())
		}
		seen[f.String()] = true
	}
}

func ExampleRun() {
	// It is the whole test of a sink: func TestContract(t *testing.T).
	_ = func(t *testing.T) {
		exporterstest.Run(t, func(*testing.T) exporterstest.Sink {
			m := &memory{}
			return exporterstest.Sink{
				Exporter: m,
				Received: func(t *testing.T) []event.Event {
					if err := m.Flush(context.Background()); err != nil {
						t.Fatal(err)
					}
					return m.events
				},
			}
		})
	}
	// Output:
}
