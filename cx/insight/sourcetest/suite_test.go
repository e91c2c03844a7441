package sourcetest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/sourcetest"
)

// memory is a source in memory, which can be broken.
type memory struct {
	fault string

	mu     sync.Mutex
	events []event.Event
	has    map[event.ID]bool
	once   bool
	texts  []byte
}

func (m *memory) write(events []event.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range events {
		switch e := &events[i]; {
		case m.has[e.ID] && m.fault != "repeats", m.fault == "drops" && e.Kind == event.ContactSuppressed:
		default:
			m.has[e.ID] = true
			m.events = append(m.events, *e)
		}
	}
}

// copies returns copies of the events from one on, which share nothing.
func (m *memory) copies(from int) (list []event.Event, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := from; i < len(m.events) && err == nil; i++ {
		var e event.Event
		e, err = event.ParseJSON(m.events[i].AppendJSON(nil))
		list = append(list, e)
	}
	return list, err
}

// Scan implements [insight.Source].
func (m *memory) Scan(ctx context.Context, s event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	if m.fault == "holds its lock" {
		if !m.mu.TryLock() {
			return s.Since, errBusy
		}
		m.mu.Unlock()
		defer m.busy()()
	}
	from, _ := strconv.Atoi(s.Since.Position)
	if s.Since.Epoch != "1" && m.fault != "takes any epoch" || m.fault == "begins anew" {
		from = 0
	}
	if m.fault == "reads on by itself" && m.once {
		from = len(m.events)
	}
	list, err := m.copies(from)
	next := event.Cursor{Position: strconv.Itoa(from + len(list)), Epoch: "1"}
	for i := range list {
		if err == nil && m.fault != "does not stop" {
			err = ctx.Err()
		}
		if err == nil {
			err = m.give(&list[i], s.Attributes, each)
		}
		if err != nil && m.fault != "moves on after an error" {
			return s.Since, err
		}
	}
	m.once = true
	return next, err
}

var errBusy = errors.New("busy")

// busy makes every other call fail until it is over.
func (m *memory) busy() (over func()) {
	m.once = true
	return func() { m.once = false }
}

// give gives what a scan gives of an event.
func (m *memory) give(e *event.Event, wanted []string, each func(*event.Event) error) error {
	switch m.fault {
	case "gives whole events":
	case "gives no attributes":
		insight.Reduce(e, nil)
	default:
		insight.Reduce(e, wanted)
	}
	if m.fault == "uses its buffer again" {
		m.texts = append(m.texts[:0], e.Journey.ID+"                        "...)
		e.Journey.ID = unsafe.String(&m.texts[0], len(e.Journey.ID))
	}
	err := each(e)
	if err != nil && m.fault == "wraps errors" {
		return fmt.Errorf("scan: %w", err)
	}
	return err
}

// Events implements [insight.Source].
func (m *memory) Events(ctx context.Context, q event.Query, each func(*event.Event) error) error {
	if m.fault == "holds its lock" && m.once {
		return errBusy
	}
	list, err := m.copies(0)
	if err != nil {
		return err
	}
	slices.SortStableFunc(list, func(a, b event.Event) int { return a.Time.Compare(b.Time) })
	if m.fault == "newest first" {
		slices.Reverse(list)
	}
	given := 0
	for i := range list {
		if m.asks(&q, &list[i]) {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := each(&list[i]); err != nil {
				return err
			}
			if given++; given == q.Limit && m.fault != "has no limit" {
				return nil
			}
		}
	}
	return nil
}

// asks reports whether the query asks for the event.
func (m *memory) asks(q *event.Query, e *event.Event) bool {
	seen := *q
	switch m.fault {
	case "ignores Contacts":
		seen.Contacts = false
	case "ignores Outcomes":
		seen.Outcomes = nil
	case "ignores About":
		seen.About = nil
	case "takes any namespace":
		seen.Runs = nil
		for _, r := range q.Runs {
			seen.Runs = append(seen.Runs, event.RunRef{Namespace: e.Journey.Namespace, Name: r.Name, ID: r.ID})
		}
	case "includes Until":
		if !q.Until.IsZero() {
			seen.Until = q.Until.Add(time.Microsecond)
		}
	}
	return seen.Asks(e)
}

// suite runs the suite on a source with the fault.
func suite(t *testing.T, fault string) {
	t.Helper()
	sourcetest.Run(t, func(*testing.T) sourcetest.Fixture {
		m := &memory{fault: fault, has: map[event.ID]bool{}}
		return sourcetest.Fixture{Source: m, Write: func(_ *testing.T, events []event.Event) { m.write(events) }}
	})
}

// TestGood: a source that does what it should passes.
func TestGood(t *testing.T) {
	t.Parallel()
	suite(t, "")
}

// brokenBy is the variable of the environment that names the fault of TestBroken's source.
const brokenBy = "CAIRN_TEST_BROKEN_BY"

// TestBroken is the suite on a broken source, in a process that TestFaults starts.
func TestBroken(t *testing.T) {
	if fault := os.Getenv(brokenBy); fault != "" {
		suite(t, fault)
	}
}

// TestFaults: the suite finds each fault by the test that is there for it.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, k := range []struct{ fault, test, reason string }{
		{"drops", "each event once", "a number would be too low"},
		{"repeats", "each event once", "a number would be too high"},
		{"begins anew", "each event once", "every load would read everything"},
		{"takes any epoch", "scan again", "what another source has read says nothing of this one"},
		{"reads on by itself", "scan again", "a load that failed would lose what it had read"},
		{"gives whole events", "reduced", "words would be in memory, and sources would differ"},
		{"gives no attributes", "reduced", "the attributes are columns of the table"},
		{"newest first", "order and conditions", "a story would be told backwards"},
		{"has no limit", "order and conditions", "a caller with a limit counts on it"},
		{"takes any namespace", "order and conditions", "a run of the test environment is another one"},
		{"includes Until", "order and conditions", "an event would be in two periods"},
		{"ignores Contacts", "order and conditions", "a question about contacts would count what nobody answered"},
		{"ignores Outcomes", "order and conditions", "a list of failures would hold what went well"},
		{"ignores About", "order and conditions", "a story would tell another customer's complaint"},
		{"uses its buffer again", "texts stay", "the table would have the ID of another run"},
		{"wraps errors", "errors pass", "its caller would not know its own error"},
		{"moves on after an error", "errors pass", "the next load would skip what failed"},
		{"does not stop", "errors pass", "a program that ends would wait for the scan"},
		{"holds its lock", "at the same time", "a question inside of a scan would wait for ever"},
	} {
		t.Run(k.fault, func(t *testing.T) {
			t.Parallel()
			again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBroken$", "-test.count=1") //nolint:gosec // this test itself
			again.Env = append(os.Environ(), brokenBy+"="+k.fault)
			out, err := again.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "--- FAIL: TestBroken/"+strings.ReplaceAll(k.test, " ", "-")) || strings.Contains(string(out), "panic:") {
				t.Errorf("%q does not find it, though %s:\n%.2000s", k.test, k.reason, out)
			}
		})
	}
}

func ExampleRun() {
	// It is the whole test of a source: func TestSource(t *testing.T).
	_ = func(t *testing.T) {
		sourcetest.Run(t, func(*testing.T) sourcetest.Fixture {
			m := &memory{has: map[event.ID]bool{}}
			return sourcetest.Fixture{Source: m, Write: func(_ *testing.T, events []event.Event) { m.write(events) }}
		})
	}
	// Output:
}
