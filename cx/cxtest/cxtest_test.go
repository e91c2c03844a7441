package cxtest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	checkout = journey.Define("checkout", journey.Stages("cart", "payment"), journey.AbandonAfter(30*time.Minute))
	pay      = touchpoint.Define("pay", touchpoint.In(checkout, "payment"))
	alice    = event.Customer{ID: "alice"}
)

// fakeTB is a test that notes how it failed.
type fakeTB struct {
	testing.TB // nil: what is not below is not to be called

	mu       sync.Mutex
	errors   []string
	fatal    string
	helpers  int
	marked   map[string]bool // functions that have called Helper
	blamed   []string        // functions of cxtest that a failure would be shown in
	cleanups []func()
}

func (f *fakeTB) Helper() {
	f.helpers++
	if f.marked == nil {
		f.marked = map[string]bool{}
	}
	pcs := make([]uintptr, 1)
	frame, _ := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)]).Next()
	f.marked[frame.Function] = true
}

// blame notes which functions of the package are on the stack and no helpers: the failure is shown in the first of
// them, and not in the test.
func (f *fakeTB) blame() {
	pcs := make([]uintptr, 50)
	for frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)]); ; {
		frame, more := frames.Next()
		if strings.HasPrefix(frame.Function, "cairncx.dev/cairn/cx/cxtest.") && !f.marked[frame.Function] {
			f.blamed = append(f.blamed, frame.Function)
		}
		if !more {
			return
		}
	}
}

func (f *fakeTB) Errorf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.errors = append(f.errors, fmt.Sprintf(format, args...))
	f.blame()
}

func (f *fakeTB) Fatalf(format string, args ...any) {
	f.fatal = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (f *fakeTB) Cleanup(c func()) { f.cleanups = append(f.cleanups, c) }

// end does what a test does when it ends.
func (f *fakeTB) end() {
	for len(f.cleanups) > 0 {
		last := f.cleanups[len(f.cleanups)-1]
		f.cleanups = f.cleanups[:len(f.cleanups)-1]
		last()
	}
}

// service is the code under test: a checkout that is abandoned, failed, cancelled or
// completed, with one interaction.
func service(ctx context.Context, end func(context.Context)) {
	ctx = checkout.Start(ctx, "c1", alice)
	ctx = checkout.Enter(ctx, "cart")
	ctx, tp := pay.Start(ctx, event.Web)
	tp.End()
	end(ctx)
}

func completes(ctx context.Context) { checkout.Complete(ctx) }
func fails(ctx context.Context)     { checkout.Fail(ctx, journey.Because("psp-down")) }
func cancels(ctx context.Context)   { checkout.Cancel(ctx) }
func waits(context.Context)         {}
func leaves(context.Context)        { time.Sleep(31 * time.Minute) }

// TestAnotherRun: an assertion about a run that is not there shows what was recorded instead, and does not send
// the reader to look for a context that is lost.
func TestAnotherRun(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, journey, id string }{
		{"a name that is misspelt", "chekout", "c1"},
		{"another ID", "checkout", "c2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tb := &fakeTB{}
			defer tb.end()
			rec := cxtest.New(tb)
			service(rec.Context(context.Background()), completes)
			rec.Journey(c.journey, c.id).Started()
			if len(tb.errors) != 1 || !strings.Contains(tb.errors[0], "nothing was recorded of this run") ||
				!strings.Contains(tb.errors[0], `"name":"checkout","id":"c1"`) || strings.Contains(tb.errors[0], "Context") {
				t.Errorf("the failures are %q, want one with the run that was recorded", tb.errors)
			}
		})
	}
	tb := &fakeTB{}
	defer tb.end()
	rec := cxtest.New(tb)
	rec.Journey("checkout", "c1").Started()
	const hint = "nothing was recorded: does the code under test get the recorder's Context?"
	if want := `journey checkout "c1": it was not started` + "\n" + hint; len(tb.errors) != 1 || tb.errors[0] != want {
		t.Errorf("without a single event the failures are %q, want %q", tb.errors, want)
	}
	tb.errors = nil
	checkout.Start(rec.Context(context.Background()), "c2", alice) // which is one event
	rec.Journey("checkout", "c1").Started()
	if len(tb.errors) != 1 || !strings.Contains(tb.errors[0], "nothing was recorded of this run") || !strings.Contains(tb.errors[0], `"id":"c2"`) || strings.Contains(tb.errors[0], hint) {
		t.Errorf("with one event of another run the failures are %q, want the event", tb.errors)
	}
}

// TestUnknownFriction: friction that is not known is not the same as none.
func TestUnknownFriction(t *testing.T) {
	t.Parallel()
	tb := &fakeTB{}
	defer tb.end()
	rec := cxtest.New(tb, cx.WithDefinitions(checkout))
	rec.Client().Record(context.Background(), event.Event{Kind: event.JourneyEnded, Journey: event.Run{Name: "checkout", ID: "c9"}, Outcome: event.Completed})
	rec.Journey("checkout", "c9").Completed().Friction(event.Friction{})
	if len(tb.errors) != 1 || !strings.Contains(tb.errors[0], `journey checkout "c9": its friction is not known: the run was not followed to its end; want none`) || len(tb.blamed) > 0 {
		t.Errorf("the failures are %q, shown in %q", tb.errors, tb.blamed)
	}
}

// TestAssertions: each one holds when it should, and fails when it should, with what was
// recorded in its message.
func TestAssertions(t *testing.T) {
	t.Parallel()
	type assertion = func(*cxtest.Recorder)
	on := func(f func(*cxtest.Journey)) assertion {
		return func(r *cxtest.Recorder) { f(r.Journey("checkout", "c1")) }
	}
	of := func(f func(*cxtest.Touchpoint)) assertion {
		return func(r *cxtest.Recorder) { f(r.Touchpoint("pay")) }
	}
	for _, c := range []struct {
		name, reason string
		end          func(context.Context)
		assert       assertion
		says         string // of the failure; "" holds
	}{
		{"started", "it was", waits, on(func(j *cxtest.Journey) { j.Started() }), ""},
		{"another run started", "no such run", waits, func(r *cxtest.Recorder) { r.Journey("checkout", "c2").Started() }, `journey checkout "c2": it was not started`},
		{"another journey started", "no such journey", waits, func(r *cxtest.Recorder) { r.Journey("check-out", "c1").Started() }, `journey check-out "c1": it was not started`},
		{"live", "it is", waits, on(func(j *cxtest.Journey) { j.Live() }), ""},
		{"not live", "it has ended", completes, on(func(j *cxtest.Journey) { j.Live() }), "it ended as completed, want it live"},
		{"never live", "it was not even started", waits, func(r *cxtest.Recorder) { r.Journey("checkout", "c2").Live() }, "it was not started"},
		{"completed", "it is", completes, on(func(j *cxtest.Journey) { j.Completed() }), ""},
		{"not completed", "it failed", fails, on(func(j *cxtest.Journey) { j.Completed() }), "it ended as failed, want completed"},
		{"not yet completed", "it has not ended", waits, on(func(j *cxtest.Journey) { j.Completed() }), "it has not ended, want completed"},
		{"failed", "it has", fails, on(func(j *cxtest.Journey) { j.Failed() }), ""},
		{"not failed", "it was completed", completes, on(func(j *cxtest.Journey) { j.Failed() }), "it ended as completed, want failed"},
		{"cancelled", "it was", cancels, on(func(j *cxtest.Journey) { j.Cancelled() }), ""},
		{"not cancelled", "it failed", fails, on(func(j *cxtest.Journey) { j.Cancelled() }), "it ended as failed, want cancelled"},
		{"abandoned", "it was", leaves, on(func(j *cxtest.Journey) { j.Abandoned() }), ""},
		{"not abandoned", "it was completed", completes, on(func(j *cxtest.Journey) { j.Abandoned() }), "it ended as completed, want abandoned"},
		{"stages", "these, in this order", completes, on(func(j *cxtest.Journey) { j.Stages("cart", "payment") }), ""},
		{"stages in another order", "order counts", completes, on(func(j *cxtest.Journey) { j.Stages("payment", "cart") }), `it entered the stages ["cart" "payment"], want ["payment" "cart"]`},
		{"fewer stages", "no others", completes, on(func(j *cxtest.Journey) { j.Stages("cart") }), `want ["cart"]`},
		{"no stages", "none at all", completes, on(func(j *cxtest.Journey) { j.Stages() }), `want []`},
		{"because", "for that cause", fails, on(func(j *cxtest.Journey) { j.Because("psp-down") }), ""},
		{"because of another", "the cause is another", fails, on(func(j *cxtest.Journey) { j.Because("slow") }), `it ended because of "psp-down", want "slow"`},
		{"because, and not ended", "what has not ended has ended for no cause", waits, on(func(j *cxtest.Journey) { j.Because("psp-down") }), "it has not ended"},
		{"took", "by the clock of the bubble", leaves, on(func(j *cxtest.Journey) { j.Took(30 * time.Minute) }), ""},
		{"took longer", "it did not", completes, on(func(j *cxtest.Journey) { j.Took(time.Hour) }), "it took 0s, want 1h0m0s"},
		{"took, and not ended", "what has not ended has not taken anything", waits, on(func(j *cxtest.Journey) { j.Took(time.Hour) }), "it has not ended"},
		{"friction", "it was easy", completes, on(func(j *cxtest.Journey) { j.Friction(event.Friction{}) }), ""},
		{"other friction", "it had none", completes, on(func(j *cxtest.Journey) { j.Friction(event.Friction{Repeats: 1, Overdue: 2}) }), "its friction is none, want repeat 1, overdue 2"},
		{"friction, and not ended", "it is told at the end", waits, on(func(j *cxtest.Journey) { j.Friction(event.Friction{Loops: 1}) }), "it has not ended, want the friction loop 1"},
		{"a chain", "each assertion returns the journey", fails, on(func(j *cxtest.Journey) {
			j.Started().Stages("cart", "payment").Failed().Because("psp-down").Took(0).Touchpoint("pay").Times(1).OK()
		}), ""},
		{"times", "so often", completes, of(func(tp *cxtest.Touchpoint) { tp.Times(1) }), ""},
		{"more times", "it was not", completes, of(func(tp *cxtest.Touchpoint) { tp.Times(2) }), "touchpoint pay: it happened 1 times, want 2"},
		{"never", "it did", completes, of(func(tp *cxtest.Touchpoint) { tp.Times(0) }), "it happened 1 times, want 0"},
		{"ok", "it was", completes, of(func(tp *cxtest.Touchpoint) { tp.OK() }), ""},
		{"not failed, but ok", "it went well", completes, of(func(tp *cxtest.Touchpoint) { tp.Failed() }), "touchpoint pay: it was ok, want failed"},
		{"not degraded, but ok", "it went well", completes, of(func(tp *cxtest.Touchpoint) { tp.Degraded() }), "it was ok, want degraded"},
		{"not cancelled, but ok", "it went well", completes, of(func(tp *cxtest.Touchpoint) { tp.Cancelled() }), "it was ok, want cancelled"},
		{"another touchpoint", "it did not happen", completes, func(r *cxtest.Recorder) { r.Touchpoint("search").OK() }, "touchpoint search: it did not happen, want ok"},
		{"the run's touchpoint", "in that run", completes, on(func(j *cxtest.Journey) { j.Touchpoint("pay").Times(1).OK() }), ""},
		{"another run's touchpoint", "not in that run", completes, func(r *cxtest.Recorder) { r.Journey("checkout", "c2").Touchpoint("pay").Times(1) }, "touchpoint pay of journey checkout c2: it happened 0 times, want 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tb := &fakeTB{}
				rec := cxtest.New(tb)
				service(rec.Context(context.Background()), c.end)
				if err := rec.Client().Flush(context.Background()); err != nil {
					t.Error(err)
				}
				synctest.Wait()
				tb.helpers = 0
				c.assert(rec)
				if len(tb.blamed) > 0 {
					t.Errorf("the failure is shown in %q, not in the test", tb.blamed)
				}
				if tb.helpers == 0 {
					t.Error("the failure is reported at a line of cxtest, not of the test")
				}
				if c.says == "" {
					if len(tb.errors) != 0 {
						t.Errorf("it fails, and should not: %s: %q", c.reason, tb.errors)
					}
				} else {
					if len(tb.errors) == 0 || !strings.Contains(tb.errors[0], c.says) {
						t.Errorf("the failures are %q, want %q: %s", tb.errors, c.says, c.reason)
					}
					if len(tb.errors) > 1 {
						t.Errorf("one assertion fails %d times: %q", len(tb.errors), tb.errors)
					}
					if len(tb.errors) > 0 && !strings.Contains(tb.errors[0], `"kind":"journey.started"`) && !strings.Contains(tb.errors[0], "nothing was recorded") {
						t.Errorf("the failure does not say what was recorded: %s", tb.errors[0])
					}
				}
				tb.errors = nil
				tb.end()
				if len(tb.errors) != 0 {
					t.Errorf("at the end of the test: %q", tb.errors)
				}
			})
		})
	}
}

// TestOutcomes of touchpoints, each with its assertion.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mark   func(*touchpoint.Touchpoint)
		assert func(*cxtest.Touchpoint) *cxtest.Touchpoint
	}{
		"ok":        {func(*touchpoint.Touchpoint) {}, (*cxtest.Touchpoint).OK},
		"failed":    {func(tp *touchpoint.Touchpoint) { tp.Fail(context.DeadlineExceeded) }, (*cxtest.Touchpoint).Failed},
		"degraded":  {func(tp *touchpoint.Touchpoint) { tp.Degrade("slow-psp") }, (*cxtest.Touchpoint).Degraded},
		"cancelled": {func(tp *touchpoint.Touchpoint) { tp.Cancel() }, (*cxtest.Touchpoint).Cancelled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := cxtest.New(t)
			_, tp := pay.Start(checkout.Start(rec.Context(context.Background()), "c1", event.Customer{}), event.Web)
			c.mark(tp)
			tp.End()
			if es := c.assert(rec.Touchpoint("pay")).Times(1).Events(); len(es) != 1 || es[0].Outcome.String() != name {
				t.Errorf("the events are %+v", es)
			}
		})
	}
}

// TestNothingRecorded: the most frequent mistake gets a hint.
func TestNothingRecorded(t *testing.T) {
	t.Parallel()
	tb := &fakeTB{}
	rec := cxtest.New(tb)
	service(context.Background(), completes) // not the recorder's context
	rec.Journey("checkout", "c1").Completed()
	if len(tb.errors) != 1 || !strings.Contains(tb.errors[0], "does the code under test get the recorder's Context?") {
		t.Errorf("the failures are %q", tb.errors)
	}
	tb.end()
}

// TestFaultyOptions: New stops the test, and names the fault.
func TestFaultyOptions(t *testing.T) {
	t.Parallel()
	tb := &fakeTB{}
	done := make(chan bool)
	go func() {
		returned := false
		defer func() { done <- returned }()
		cxtest.New(tb, cx.WithNamespace("_"), cx.WithSweepInterval(-1))
		returned = true
	}()
	if <-done {
		t.Error("New returns a recorder that cannot record")
	}
	if !strings.Contains(tb.fatal, "WithNamespace") || !strings.Contains(tb.fatal, "WithSweepInterval") {
		t.Errorf("the test is stopped with %q", tb.fatal)
	}
	tb.end()
}

// TestRecorder: what it keeps, and of whom.
func TestRecorder(t *testing.T) {
	t.Parallel()
	rec, other := cxtest.New(t), cxtest.New(t)
	ctx := checkout.Start(rec.Context(context.Background()), "c1", alice)
	feedback.CSAT.Record(ctx, 2, feedback.Comment("slow"))
	feedback.CSAT.Record(ctx, 5)
	feedback.NPS.Record(ctx, 9)
	feedback.CSAT.Request(ctx)
	checkout.Complete(ctx)

	if n := len(other.Events()); n != 0 {
		t.Errorf("another recorder saw %d events", n)
	}
	if n := len(rec.Events()); n != 6 {
		t.Errorf("%d events, want 6", n)
	}
	es := rec.Events(event.JourneyStarted, event.JourneyEnded)
	if len(es) != 2 || es[0].Kind != event.JourneyStarted || es[1].Kind != event.JourneyEnded {
		t.Errorf("of two kinds there are %d events", len(es))
	}
	answers := rec.Feedback("csat")
	if len(answers) != 2 || answers[0].Score != 2 || answers[0].Comment != "slow" || answers[1].Verdict != event.Positive {
		t.Errorf("the answers are %+v: comments are kept as they are", answers)
	}
	if len(rec.Feedback("gossip")) != 0 {
		t.Error("there are answers that nobody gave")
	}
	if c := es[0].Customer; c.ID != "" || len(c.Hash) != 32 {
		t.Errorf("the customer is %+v: known by a hash", c)
	}
	if es[0].ID.IsZero() {
		t.Error("an event has no ID")
	}
	// What is returned is the caller's.
	all := rec.Events()
	all[0].Kind = "changed"
	if rec.Events()[0].Kind == "changed" {
		t.Error("the caller can change what was recorded")
	}
	if again := cxtest.New(t); true {
		ctx := checkout.Start(again.Context(context.Background()), "c1", alice)
		if h := flight.PositionFromContext(ctx).Customer.Hash; h != es[0].Customer.Hash {
			t.Errorf("with another recorder the customer is %s, was %s: the key is fixed", h, es[0].Customer.Hash)
		}
	}
}

// TestOptionsWin: the caller's options come after the recorder's own.
func TestOptionsWin(t *testing.T) {
	t.Parallel()
	rec := cxtest.New(t, cx.WithRedactor(func(string) string { return "[redacted]" }), cx.WithNamespace("mine"), cx.WithDefinitions(checkout))
	ctx := checkout.Start(rec.Context(context.Background()), "c1", alice)
	feedback.CSAT.Record(ctx, 2, feedback.Comment("private"))
	if got := rec.Feedback("csat")[0].Comment; got != "[redacted]" {
		t.Errorf("the comment is %q", got)
	}
	if got := rec.Events()[0].Journey.Namespace; got != "mine" {
		t.Errorf("the namespace is %q", got)
	}
}

// TestShutDown: the client ends with the test.
func TestShutDown(t *testing.T) {
	t.Parallel()
	tb := &fakeTB{}
	rec := cxtest.New(tb)
	ctx := rec.Context(context.Background())
	service(ctx, completes)
	before := len(rec.Events())
	tb.end()
	service(ctx, completes)
	if got := len(rec.Events()); got != before || len(tb.errors) != 0 {
		t.Errorf("after the test %d events came, and the failures %q", got-before, tb.errors)
	}
}

func TestHandler(t *testing.T) {
	t.Parallel()
	rec := cxtest.New(t)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cart", func(_ http.ResponseWriter, r *http.Request) { service(r.Context(), completes) })
	srv := httptest.NewServer(rec.Handler(mux))
	defer srv.Close()
	resp, err := srv.Client().Get(srv.URL + "/cart")
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	rec.Journey("checkout", "c1").Completed().Stages("cart", "payment")
}

func TestConcurrently(t *testing.T) {
	t.Parallel()
	rec := cxtest.New(t)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			id := fmt.Sprint(i)
			ctx := checkout.Start(rec.Context(context.Background()), id, alice)
			checkout.Complete(ctx)
			rec.Journey("checkout", id).Started().Completed()
		})
	}
	wg.Wait()
	if n := len(rec.Events()); n != 32 {
		t.Errorf("%d events, want 32", n)
	}
}

// stuck is a processor that cannot be shut down.
type stuck struct{}

func (stuck) Process(context.Context, *event.Event) {}
func (stuck) Shutdown(context.Context) error        { return errors.New("the file is full") }

// TestAClientThatDoesNotStop: what Shutdown says fails the test.
func TestAClientThatDoesNotStop(t *testing.T) {
	t.Parallel()
	tb := &fakeTB{}
	cxtest.New(tb, cx.WithProcessors(stuck{}))
	tb.end()
	if len(tb.errors) != 1 || !strings.Contains(tb.errors[0], "cxtest: ") || !strings.Contains(tb.errors[0], "the file is full") {
		t.Errorf("the failures are %q, want what Shutdown says", tb.errors)
	}
	if len(tb.blamed) > 0 {
		t.Errorf("the failure is shown in %q, not in the test", tb.blamed)
	}
}
