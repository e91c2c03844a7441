package exporterstest_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/exporterstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// brokenBy names the bug that the test binary's exporter has when it is started again.
const brokenBy = "CAIRN_EXPORTERSTEST_BROKEN_BY"

// nilPanics says that a nil exporter is one that panics.
var nilPanics atomic.Bool

func opener(bug string) func(*testing.T) exporterstest.Sink {
	return func(*testing.T) exporterstest.Sink {
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

// TestBroken runs one test of the suite against each of the exporters that are broken on purpose, in a
// process of its own, for it has to fail.
func TestBroken(t *testing.T) {
	if bug := os.Getenv(brokenBy); bug != "" {
		nilPanics.Store(bug == "nil panics")
		exporterstest.RunBroken(t, opener(bug))
		return
	}
	tests := []struct {
		bug    string
		test   string // that finds it
		reason string
	}{
		{"gives new IDs", "one event", "duplicates could not be told"},
		{"shows the customer", "one event", "the application's own ID never leaves the process"},
		{"Flush does nothing", "one event", "nothing would be there"},
		{"writes twice", "one event", "every count would be twice as high"},
		{"milliseconds", "one event", "two events would be at one time"},
		{"drops attributes", "everything set", "the plainest loss"},
		{"drops rare parts", "everything set", "the loss that nobody notices"},
		{"loses what is late", "everything set", "an unusual flag is no reason"},
		{"loses unknown kinds", "every kind", "the set is open"},
		{"ends at NUL", "hostile texts", "as a string of C does"},
		{"trims", "hostile texts", "a name is what it is"},
		{"cuts comments", "hostile texts", "as a column of a bounded size does"},
		{"floats", "extreme times and numbers", "as a parser of JavaScript does"},
		{"loses what has no ID", "without ID or journey", "not everything has an ID"},
		{"loses what has no journey", "without ID or journey", "not everything is in a journey"},
		{"bounds a batch", "a large batch", "the rest would be lost without an error"},
		{"backwards", "one journey in order", "order is not only completeness"},
		{"sorts by time", "time is not the order", "it is told in the order that it is told in"},
		{"sorts by ID", "time is not the order", "an ID is no number"},
		{"takes what is behind it", "what failed for now is not overtaken", "a journey would end before it starts"},
		{"takes what is behind it unseen", "what failed for now is not overtaken", "an error without names is no excuse"},
		{"twice is an error", "the same batch twice", "a retry would never succeed"},
		{"removes duplicates by touchpoint", "alike but for the ID", "a customer pays twice"},
		{"empty is an error", "nothing to export", "an empty queue would look like an outage"},
		{"empty is an event", "nothing to export", "a sink would fill with nothing"},
		{"keeps the slice", "the batch is not kept", "the caller writes into it"},
		{"makes IDs in place", "the batch is not changed", "a retry would see another event"},
		{"moves in place", "the batch is not changed", "two exporters would race"},
		{"mends in place", "the batch is not changed", "another exporter would get it redacted"},
		{"writes behind the batch", "the batch is not changed", "it is the next batch"},
		{"nil panics", "a nil exporter", "nil receivers are safe"},
		{"ignores contexts", "a context that is done", "a caller would wait"},
		{"a done context is permanent", "a context that is done", "a timeout would throw events away"},
		{"forgets the cause", "a context that is done", "nobody would know why"},
		{"waits for ever", "a context that is done during Export", "its caller would hang"},
		{"Flush writes again", "Flush makes it readable", "every Flush would add events"},
		{"leaves a goroutine", "no goroutine is left", "a service would grow"},
		{"leaves a goroutine when the caller gives up", "no goroutine is left", "an outage would make a service grow"},
		{"says its name twice", "a sink that is away", "a log would stutter"},
		{"Shutdown forgets", "Shutdown delivers what is left", "the last events would be lost"},
		{"Shutdown twice fails", "Shutdown twice", "the second owner would see an error"},
		{"Shutdown twice panics", "Shutdown twice", "the service would not end well"},
		{"takes after Shutdown", "Export after Shutdown", "it would be lost"},
		{"closed is another error", "Export after Shutdown", "callers ask for it by errors.Is"},
		{"Shutdown ignores a failure", "Shutdown with a context that is done", "it says that it is done, and is not"},
		{"Shutdown cannot be tried again", "Shutdown with a context that is done", "a timeout is no end"},
		{"Shutdown waits for ever", "Shutdown while the sink does not answer", "the service would be killed"},
		{"an outage is permanent", "a sink that is away", "events would be thrown away"},
		{"an outage is success", "a sink that is away", "events would be lost"},
		{"errors repeat events", "a sink that is away", "logs are read by many"},
		{"endless errors", "a sink that is away", "logs are paid for"},
		{"does not say when", "a sink that asks to wait", "the pause would be a guess"},
		{"says to wait for no time", "a sink that asks to wait", "there would be no pause"},
		{"a refusal is transient", "a sink that refuses", "it would be tried for ever"},
		{"poison spoils the batch", "an event that is poison", "the rest would be lost"},
		{"poison stops the rest", "an event that is poison", "what comes behind would be lost"},
		{"poison is kept", "an event that is poison", "it was refused"},
		{"poison has another place", "an event that is poison", "another event would be thrown away"},
		{"poison has no ID", "an event that is poison", "the dead letter could not be found"},
		{"poison is transient", "an event that is poison", "it would be tried for ever"},
		{"poison backwards", "an event that is poison", "Failed is in the order of the batch"},
		{"a cut is permanent", "a connection that is cut", "half a batch would be lost"},
		{"an outage is for good", "one failure after another", "the service would have to be restarted"},
		{"an outage at the start is for good", "failures before the first call", "the service would have to be restarted"},
		{"a lost login is for good", "recovers from", "the service would have to be restarted"},
		{"a lost login loses a batch", "recovers from", "what was given again would not be there"},
	}
	bugs, outs := map[string]bool{}, make([]string, len(tests))
	free := make(chan struct{}, 4)
	var running sync.WaitGroup
	for i, test := range tests {
		if bugs[test.bug] {
			t.Fatalf("two exporters are broken by %q", test.bug)
		}
		bugs[test.bug] = true
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

func TestFaultString(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for f := exporterstest.Fault(-1); f < exporterstest.Garbled+2; f++ {
		if f.String() == "" || f > 0 && f <= exporterstest.Garbled && seen[f.String()] {
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
