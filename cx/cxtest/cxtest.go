// Package cxtest records the events of a service for the service's own tests: the starts and ends of journeys, the outcomes of
// touchpoints and the answers of customers. Each [Recorder] is a separate client in a context, so tests may run in parallel. A
// test fails at its end if the code under test misuses Cairn; see [Recorder.AllowFaults].
package cxtest

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	lognoop "go.opentelemetry.io/otel/log/noop"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
)

// Recorder is a client that keeps every event. Its assertions report to the test of [New]. It is safe for concurrent use.
type Recorder struct {
	tb     testing.TB
	client *cx.Client

	mu      sync.Mutex
	events  []event.Event
	allowed []allowance
}

// customerKey is for tests only, because the customers of tests have no secrets.
var customerKey = []byte("cxtest: a key for tests only")

// New returns a Recorder with the options. By default it emits no telemetry, hashes customer IDs with a fixed key, keeps
// comments unredacted, and keeps customers' records in memory ([Recorder.Contact]); the options override that. It reports faults to the test and not to a log. At the end of the test the
// Recorder shuts down, and the test fails if there were faults that [Recorder.AllowFaults] does not allow.
func New(tb testing.TB, opts ...cx.Option) *Recorder {
	tb.Helper()
	r := &Recorder{tb: tb}
	opts = append([]cx.Option{
		cx.WithTracerProvider(tracenoop.NewTracerProvider()),
		cx.WithMeterProvider(metricnoop.NewMeterProvider()),
		cx.WithLoggerProvider(lognoop.NewLoggerProvider()),
		cx.WithCustomerKey(customerKey),
		cx.WithUnredactedText(),
		cx.WithContactsInMemory(),
		cx.WithLogger(slog.New(slog.DiscardHandler)), // the Recorder reports faults to the test
		cx.WithProcessors(r),
	}, opts...)
	client, err := cx.New(opts...)
	if err != nil {
		tb.Fatalf("cxtest: %v", err)
	}
	r.client = client
	tb.Cleanup(func() {
		tb.Helper()
		if err := client.Shutdown(context.Background()); err != nil {
			tb.Errorf("cxtest: %v", err)
		}
		r.checkFaults()
	})
	return r
}

// Context returns a context in which the Recorder records. Pass it to the code under test.
func (r *Recorder) Context(ctx context.Context) context.Context { return cx.NewContext(ctx, r.client) }

// Handler returns a handler that serves each request in the Recorder's context. Wrap the server under test in it.
func (r *Recorder) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		next.ServeHTTP(w, req.WithContext(r.Context(req.Context())))
	})
}

// Client returns the Recorder's client, for code that takes one.
func (r *Recorder) Client() *cx.Client { return r.client }

// Process implements [event.Processor].
func (r *Recorder) Process(_ context.Context, e *event.Event) {
	c := *e
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, c)
}

// Shutdown implements [event.Processor].
func (r *Recorder) Shutdown(context.Context) error { return nil }

// Events returns the events so far of the given kinds, in order. Without a kind it returns all events.
func (r *Recorder) Events(kinds ...event.Kind) []event.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []event.Event
	for _, e := range r.events {
		if len(kinds) == 0 || slices.Contains(kinds, e.Kind) {
			out = append(out, e)
		}
	}
	return out
}

// Journey returns the assertions about one run.
func (r *Recorder) Journey(name, id string) *Journey { return &Journey{r: r, name: name, id: id} }

// Touchpoint returns the assertions about the interactions with a touchpoint, in any journey or none.
func (r *Recorder) Touchpoint(name string) *Touchpoint {
	return &Touchpoint{r: r, what: "touchpoint " + name, match: func(e *event.Event) bool { return e.Touchpoint == name }}
}

// Feedback returns the answers to a survey, in order.
func (r *Recorder) Feedback(survey string) []event.Feedback {
	var out []event.Feedback
	for _, e := range r.Events(event.FeedbackReceived) {
		if e.Feedback.Survey == survey {
			out = append(out, *e.Feedback)
		}
	}
	return out
}

// Journey asserts facts about one run. If an assertion does not hold, it fails the test without stopping it. Every assertion
// returns the Journey, so that assertions can be chained.
type Journey struct {
	r        *Recorder
	name, id string
}

func (j *Journey) events(kinds ...event.Kind) []event.Event {
	return slices.DeleteFunc(j.r.Events(kinds...), func(e event.Event) bool {
		return e.Journey.Name != j.name || e.Journey.ID != j.id
	})
}

func (j *Journey) errorf(format string, args ...any) {
	j.r.tb.Helper()
	j.r.tb.Errorf("journey %s %q: "+format+"\n%s", append([]any{j.name, j.id}, append(args, j.story())...)...)
}

// story describes the run's events. If there are none, it describes all recorded events.
func (j *Journey) story() string {
	if events := j.events(); len(events) > 0 {
		return story(events)
	}
	all := j.r.Events()
	if len(all) == 0 {
		return story(nil)
	}
	return "nothing was recorded of this run: is the name of the journey right, and the ID of the run? " + story(all)
}

// Started asserts that the run was started.
func (j *Journey) Started() *Journey {
	j.r.tb.Helper()
	if len(j.events(event.JourneyStarted)) == 0 {
		j.errorf("it was not started")
	}
	return j
}

// Completed asserts that the run ended as completed.
func (j *Journey) Completed() *Journey { j.r.tb.Helper(); return j.ended(event.Completed) }

// Failed asserts that the run ended as failed.
func (j *Journey) Failed() *Journey { j.r.tb.Helper(); return j.ended(event.Failed) }

// Cancelled asserts that the run ended as cancelled.
func (j *Journey) Cancelled() *Journey { j.r.tb.Helper(); return j.ended(event.Cancelled) }

// Abandoned asserts that the run ended as abandoned. In a test under testing/synctest, wait for the journey's AbandonAfter and
// then call Flush on the client.
func (j *Journey) Abandoned() *Journey { j.r.tb.Helper(); return j.ended(event.Abandoned) }

func (j *Journey) ended(want event.Outcome) *Journey {
	j.r.tb.Helper()
	switch ends := j.events(event.JourneyEnded); {
	case len(ends) == 0:
		j.errorf("it has not ended, want %s", want)
	case ends[0].Outcome != want:
		j.errorf("it ended as %s, want %s", ends[0].Outcome, want)
	}
	return j
}

// Live asserts that the run was started and has not ended.
func (j *Journey) Live() *Journey {
	j.r.tb.Helper()
	j.Started()
	if ends := j.events(event.JourneyEnded); len(ends) > 0 {
		j.errorf("it ended as %s, want it live", ends[0].Outcome)
	}
	return j
}

// Stages asserts that the run entered these stages, in this order, and no others.
func (j *Journey) Stages(want ...string) *Journey {
	j.r.tb.Helper()
	moves := j.events(event.JourneyStageEntered)
	got := make([]string, 0, len(moves))
	for _, e := range moves {
		got = append(got, e.Stage)
	}
	if !slices.Equal(got, want) {
		j.errorf("it entered the stages %q, want %q", got, want)
	}
	return j
}

// Because asserts that the run ended with this cause.
func (j *Journey) Because(cause string) *Journey {
	j.r.tb.Helper()
	switch ends := j.events(event.JourneyEnded); {
	case len(ends) == 0:
		j.errorf("it has not ended, want it to end because of %q", cause)
	case ends[0].Cause != cause:
		j.errorf("it ended because of %q, want %q", ends[0].Cause, cause)
	}
	return j
}

// Took asserts that the run ended with this duration.
func (j *Journey) Took(want time.Duration) *Journey {
	j.r.tb.Helper()
	switch ends := j.events(event.JourneyEnded); {
	case len(ends) == 0:
		j.errorf("it has not ended, want it to take %v", want)
	case ends[0].Duration != want:
		j.errorf("it took %v, want %v", ends[0].Duration, want)
	}
	return j
}

// Friction asserts what made the run harder for the customer, as counted when it ended. The zero Friction is none.
func (j *Journey) Friction(want event.Friction) *Journey {
	j.r.tb.Helper()
	ends := j.events(event.JourneyEnded)
	switch {
	case len(ends) == 0:
		j.errorf("it has not ended, want the friction %s", rough(&want))
	case ends[0].Transition == nil || ends[0].Transition.Friction == nil:
		j.errorf("its friction is not known: the run was not followed to its end; want %s", rough(&want))
	case *ends[0].Transition.Friction != want:
		j.errorf("its friction is %s, want %s", rough(ends[0].Transition.Friction), rough(&want))
	}
	return j
}

// rough names the kinds of friction that occurred, and how often.
func rough(f *event.Friction) string {
	var kinds []string
	for kind, n := range f.Counts() {
		if n != 0 {
			kinds = append(kinds, fmt.Sprintf("%s %d", kind, n))
		}
	}
	if len(kinds) == 0 {
		return "none"
	}
	return strings.Join(kinds, ", ")
}

// Touchpoint returns the assertions about the run's interactions with a touchpoint.
func (j *Journey) Touchpoint(name string) *Touchpoint {
	return &Touchpoint{
		r: j.r, what: "touchpoint " + name + " of journey " + j.name + " " + j.id,
		match: func(e *event.Event) bool {
			return e.Touchpoint == name && e.Journey.Name == j.name && e.Journey.ID == j.id
		},
	}
}

// story describes events for the message of a failed assertion.
func story(events []event.Event) string {
	if len(events) == 0 {
		return "nothing was recorded: does the code under test get the recorder's Context?"
	}
	var b strings.Builder
	b.WriteString("recorded:")
	for i := range events {
		e := &events[i]
		b.WriteString("\n  ")
		b.Write(e.AppendJSON(nil))
	}
	return b.String()
}
