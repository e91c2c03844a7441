package feedback_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	lognoop "go.opentelemetry.io/otel/log/noop"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

var (
	noon     = time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)
	checkout = journey.Define("checkout", journey.Stages("cart", "payment"))
	alice    = event.Customer{ID: "alice", Segment: "new"}
)

// service is a client with what it says: events and counted faults.
type service struct {
	client *cx.Client

	mu     sync.Mutex
	events []event.Event
	counts map[string]int64
}

func start(t *testing.T, opts ...cx.Option) *service {
	t.Helper()
	s := &service{counts: map[string]int64{}}
	client, err := cx.New(append([]cx.Option{
		cx.WithTracerProvider(tracenoop.NewTracerProvider()),
		cx.WithLoggerProvider(lognoop.NewLoggerProvider()),
		cx.WithMeterProvider(meterProvider{s: s}),
		cx.WithNamespace("test"),
		cx.WithCustomerKey([]byte("a key of at least 16 bytes")),
		cx.WithClock(func() time.Time { return noon }),
		cx.WithProcessors(s),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	s.client = client
	return s
}

func (s *service) ctx() context.Context { return cx.NewContext(context.Background(), s.client) }

// Process implements [event.Processor].
func (s *service) Process(_ context.Context, e *event.Event) {
	c := *e
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, c)
}

// Shutdown implements [event.Processor].
func (s *service) Shutdown(context.Context) error { return nil }

// one returns the one event of the kind.
func (s *service) one(t *testing.T, kind event.Kind) event.Event {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []event.Event
	for _, e := range s.events {
		if e.Kind == kind {
			found = append(found, e)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d events are %s, want one", len(found), kind)
	}
	return found[0]
}

func (s *service) faults() map[string]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.counts)
}

// The least of a meter provider: it counts faults.

type meterProvider struct {
	metricnoop.MeterProvider
	s *service
}

func (p meterProvider) Meter(string, ...metric.MeterOption) metric.Meter { return meter{s: p.s} }

type meter struct {
	metricnoop.Meter
	s *service
}

func (m meter) Int64Counter(name string, _ ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	return counter{s: m.s, faults: name == semconv.SDKFaultsName}, nil
}

type counter struct {
	metricnoop.Int64Counter
	s      *service
	faults bool
}

func (c counter) Add(_ context.Context, n int64, opts ...metric.AddOption) {
	if !c.faults {
		return
	}
	set := metric.NewAddConfig(opts).Attributes()
	class, _ := set.Value(semconv.ErrorTypeKey)
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.counts[class.AsString()] += n
}

// TestScores: each answer is recorded with its verdict; the readings are in package event.
func TestScores(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		scale        feedback.Question
		survey       string
		score        int
		want         event.Verdict // 0 is not recorded
	}{
		{"promoter", "9 and 10", feedback.NPS, "nps", 9, event.Positive},
		{"passive", "7 and 8", feedback.NPS, "nps", 8, event.Neutral},
		{"detractor", "0 to 6", feedback.NPS, "nps", 6, event.Negative},
		{"worst detractor", "zero is an answer", feedback.NPS, "nps", 0, event.Negative},
		{"NPS of 11", "not on the scale", feedback.NPS, "nps", 11, 0},
		{"NPS of -1", "not on the scale", feedback.NPS, "nps", -1, 0},
		{"satisfied", "top two box", feedback.CSAT, "csat", 4, event.Positive},
		{"in between", "3 of 5", feedback.CSAT, "csat", 3, event.Neutral},
		{"not satisfied", "1 and 2", feedback.CSAT, "csat", 2, event.Negative},
		{"CSAT of 0", "it begins at 1", feedback.CSAT, "csat", 0, 0},
		{"CSAT of 6", "not on the scale", feedback.CSAT, "csat", 6, 0},
		{"easy", "5 to 7 agree", feedback.CES, "ces", 5, event.Positive},
		{"hard", "1 to 3 disagree", feedback.CES, "ces", 3, event.Negative},
		{"CES of 8", "not on the scale", feedback.CES, "ces", 8, 0},
		{"five stars", "4 and 5", feedback.Stars, "stars", 5, event.Positive},
		{"no star", "it begins at 1", feedback.Stars, "stars", 0, 0},
		{"thumb up", "1", feedback.Thumbs, "thumbs", 1, event.Positive},
		{"thumb down", "0", feedback.Thumbs, "thumbs", 0, event.Negative},
		{"two thumbs", "not on the scale", feedback.Thumbs, "thumbs", 2, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			survey := feedback.Define("after-checkout", c.scale)
			c.scale.Record(s.ctx(), c.score)
			survey.Record(s.ctx(), c.score)
			if v, ok := c.scale.Verdict(c.score); v != c.want || ok != (c.want != 0) {
				t.Errorf("the scale says %v, %v; want %v: %s", v, ok, c.want, c.reason)
			}
			if c.want == 0 {
				if len(s.events) != 0 || !cmp.Equal(s.faults(), map[string]int64{"invalid_score": 2}) {
					t.Errorf("%d were recorded, the faults are %v; want none and invalid_score twice: %s", len(s.events), s.faults(), c.reason)
				}
				return
			}
			if len(s.events) != 2 || len(s.faults()) != 0 {
				t.Fatalf("%d were recorded, the faults are %v", len(s.events), s.faults())
			}
			for i, name := range []string{c.survey, "after-checkout"} {
				e := s.events[i]
				want := event.Feedback{Survey: name, Scale: event.Scale(c.scale), Score: c.score, Verdict: c.want}
				if e.Kind != event.FeedbackReceived || !cmp.Equal(*e.Feedback, want) || !e.Time.Equal(noon) {
					t.Errorf("it was recorded as %s at %v: %+v, want %+v: %s", e.Kind, e.Time, *e.Feedback, want, c.reason)
				}
				if e.ID.IsZero() {
					t.Error("it has no ID")
				}
			}
			if s.events[0].ID == s.events[1].ID {
				t.Error("two answers have one ID")
			}
		})
	}
}

func TestRequest(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := checkout.Enter(checkout.Start(s.ctx(), "c1", alice), "cart")
	feedback.CSAT.Request(ctx, feedback.Via(event.Email))
	e := s.one(t, event.SurveyRequested)
	if e.Feedback.Survey != "csat" || e.Feedback.Scale != event.CSAT || e.Feedback.Verdict != 0 || e.Channel != event.Email || e.Stage != "cart" {
		t.Errorf("it was recorded as %+v on %v in %q", e.Feedback, e.Channel, e.Stage)
	}
	feedback.Define("onboarding", feedback.Thumbs).Request(s.ctx())
	if f := s.faults(); len(f) != 0 {
		t.Errorf("the faults are %v: a question has no score that could be off its scale", f)
	}
}

// TestInAJourney: where and whose it is comes from the context.
func TestInAJourney(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := checkout.Enter(checkout.Start(s.ctx(), "c1", alice, journey.Via(event.Mobile)), "payment")
	feedback.CSAT.Record(ctx, 4)
	e, p := s.one(t, event.FeedbackReceived), flight.PositionFromContext(ctx)
	if !flight.SameRun(&e.Journey, &p.Journey) || e.Stage != "payment" || e.Visit != 1 || e.Customer != p.Customer || e.Customer.Hash == "" || e.Channel != event.Mobile {
		t.Errorf("it is of %+v, in %s %s, %s/%d, on %v", e.Customer, e.Journey.Name, e.Journey.ID, e.Stage, e.Visit, e.Channel)
	}
}

// TestAbout: feedback days later, in another process, is in the trace of the run it is
// about, whatever the context is in.
func TestAbout(t *testing.T) {
	t.Parallel()
	shop := start(t)
	run := flight.PositionFromContext(checkout.Start(shop.ctx(), "c1", alice))
	other := journey.Define("support")
	for _, c := range []struct {
		name, reason string
		ctx          func(context.Context) context.Context
		stage        string
	}{
		{"from nowhere", "an e-mail's link", func(ctx context.Context) context.Context { return ctx }, ""},
		{"from another journey in a stage", "the customer is elsewhere by now", func(ctx context.Context) context.Context {
			return checkout.Enter(checkout.Start(ctx, "c2", alice), "cart")
		}, ""},
		{"from another journey in no stage", "the customer is elsewhere by now", func(ctx context.Context) context.Context {
			return other.Start(ctx, "s1", alice)
		}, ""},
		{"from the same run", "it is where the customer is", func(ctx context.Context) context.Context {
			return checkout.Enter(checkout.Start(ctx, "c1", alice), "cart")
		}, "cart"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			feedback.NPS.Record(c.ctx(s.ctx()), 10, feedback.About("checkout", "c1"))
			e := s.one(t, event.FeedbackReceived)
			if e.Journey.TraceID() != run.Journey.TraceID() || !e.Journey.RootSpan().Equal(run.Journey.RootSpan()) {
				t.Errorf("it is in the trace %v of %+v, want %v: %s", e.Journey.TraceID(), e.Journey, run.Journey.TraceID(), c.reason)
			}
			if e.Stage != c.stage {
				t.Errorf("it is in the stage %q, want %q: %s", e.Stage, c.stage, c.reason)
			}
			if len(s.faults()) != 0 {
				t.Errorf("the faults are %v", s.faults())
			}
		})
	}
	t.Run("a faulty ID", func(t *testing.T) {
		t.Parallel()
		s := start(t)
		feedback.NPS.Record(other.Start(s.ctx(), "s1", alice), 10, feedback.About("checkout", strings.Repeat("x", 129)))
		e := s.one(t, event.FeedbackReceived)
		if !e.Journey.IsZero() || e.TraceID().IsValid() {
			t.Errorf("it is in %+v: half an ID is another customer's", e.Journey)
		}
		if s.faults()["invalid_id"] != 1 {
			t.Errorf("the faults are %v", s.faults())
		}
	})
}

func TestOptions(t *testing.T) {
	t.Parallel()
	s := start(t, cx.WithUnredactedText())
	ctx := checkout.Start(s.ctx(), "c1", alice)
	bob := event.Customer{ID: "bob"}
	opts := []feedback.Option{
		feedback.Comment("quick"), feedback.Language("en-GB"), feedback.Causes("slow", "unclear"), nil, feedback.Causes("rude"),
		feedback.From(bob), feedback.Via(event.Post), feedback.At(noon.Add(-time.Hour)),
	}
	for range 2 { // options may be used again
		s.events = nil
		feedback.CSAT.Record(ctx, 2, opts...)
		e := s.one(t, event.FeedbackReceived)
		want := event.Feedback{
			Survey: "csat", Scale: event.CSAT, Score: 2, Verdict: event.Negative,
			Comment: "quick", Language: "en-GB", Causes: []string{"slow", "unclear", "rude"},
		}
		if diff := cmp.Diff(want, *e.Feedback); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if e.Channel != event.Post || !e.Time.Equal(noon.Add(-time.Hour)) {
			t.Errorf("on %v at %v", e.Channel, e.Time)
		}
		if p := flight.PositionFromContext(ctx); e.Customer.Hash == "" || e.Customer.Hash == p.Customer.Hash || e.Customer.ID != "" || e.Journey.ID != "c1" {
			t.Errorf("it is of %+v, in %q", e.Customer, e.Journey.ID)
		}
	}
}

// TestComments: "free text … in events is redacted, and without a redactor it is not exported
// unless the application says so" (DESIGN, privacy).
func TestComments(t *testing.T) {
	t.Parallel()
	const said = "my card 4111 1111 1111 1111 was declined"
	hide := cx.WithRedactor(func(s string) string { return strings.ReplaceAll(s, "4111 1111 1111 1111", "[card]") })
	long := strings.Repeat("x", event.MaxText-1) + "€"
	for _, c := range []struct {
		name, reason string
		opts         []cx.Option
		said, want   string
		faults       map[string]int64
	}{
		{"by default", "it is dropped, and the application learns of it", nil, said, "", map[string]int64{"text_dropped": 1}},
		{"redacted", "as the redactor leaves it", []cx.Option{hide}, said, "my card [card] was declined", nil},
		{"kept", "the application answers for it", []cx.Option{cx.WithUnredactedText()}, said, said, nil},
		{"redacted, though it might be kept", "a redactor is there to be used", []cx.Option{hide, cx.WithUnredactedText()}, said, "my card [card] was declined", nil},
		{"a redactor that panics", "what cannot be redacted is dropped", []cx.Option{cx.WithRedactor(func(string) string { panic("no") }), cx.WithUnredactedText()}, said, "", map[string]int64{"panic": 1}},
		{"a redactor that makes more", "the bound holds after it too", []cx.Option{cx.WithRedactor(func(s string) string { return s + s })}, long[:event.MaxText-1], long[:event.MaxText-1] + "x", map[string]int64{"too_long": 1}},
		{"too long", "8 KiB, a rune is kept whole or not at all", []cx.Option{cx.WithUnredactedText()}, long, long[:event.MaxText-1], map[string]int64{"too_long": 1}},
		{"not UTF-8", "what is not text is taken out", []cx.Option{cx.WithUnredactedText()}, "a\xffb", "ab", map[string]int64{"too_long": 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, c.opts...)
			feedback.CSAT.Record(s.ctx(), 1, feedback.Comment(c.said))
			e := s.one(t, event.FeedbackReceived)
			if got := e.Feedback.Comment; got != c.want {
				t.Errorf("the comment is %.60q (%d bytes), want %.60q (%d bytes): %s", got, len(got), c.want, len(c.want), c.reason)
			}
			if got := s.faults(); len(got)+len(c.faults) > 0 && !cmp.Equal(got, c.faults) {
				t.Errorf("the faults are %v, want %v: %s", got, c.faults, c.reason)
			}
		})
	}
}

// TestRedactorSeesOnlyWhatIsKept: its work is bounded, and it is handed text.
func TestRedactorSeesOnlyWhatIsKept(t *testing.T) {
	t.Parallel()
	var seen []string
	s := start(t, cx.WithRedactor(func(text string) string { seen = append(seen, text); return text }))
	feedback.CSAT.Record(s.ctx(), 1)
	feedback.CSAT.Record(s.ctx(), 1, feedback.Comment(strings.Repeat("\xff", 1<<20)+"x"))
	feedback.CSAT.Record(s.ctx(), 9, feedback.Comment("off the scale")) // dropped before
	for _, text := range seen {
		if len(text) > event.MaxText || text != strings.ToValidUTF8(text, "") {
			t.Errorf("the redactor was handed %d bytes", len(text))
		}
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		s            *feedback.Survey
		faults       int
	}{
		{"plain", "a name and a scale", feedback.Define("after-checkout", feedback.NPS), 0},
		{"no name", "which question?", feedback.Define("", feedback.NPS), 1},
		{"name of ours", "a leading _", feedback.Define("_x", feedback.NPS), 1},
		{"no scale", "an answer without one says nothing", feedback.Define("x", 0), 1},
		{"unknown scale", "of a later version", feedback.Define("x", 77), 1},
		{"all at once", "who fixes one must not meet the next", feedback.Define("", 0), 2},
		{"nil", "no survey", nil, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := c.s.Validate()
			n := 0
			if err != nil {
				n = len(strings.Split(err.Error(), "\n"))
			}
			if n != c.faults {
				t.Errorf("%d faults, want %d: %v: %s", n, c.faults, err, c.reason)
			}
		})
	}
	a := feedback.Define("a", feedback.NPS)
	if !a.Equal(feedback.Define("a", feedback.NPS)) || a.Equal(feedback.Define("a", feedback.CES)) || a.Equal(feedback.Define("b", feedback.NPS)) || a.Equal(nil) {
		t.Error("surveys are not equal when name and scale are")
	}
	var none *feedback.Survey
	if none.Equal(a) || !none.Equal(nil) || none.Name() != "" || none.Scale() != 0 || none.Validate() == nil {
		t.Error("a nil survey is one")
	}
	if a.Name() != "a" || a.Scale() != event.NPS || feedback.CES.String() != "ces" {
		t.Errorf("it is %q on %v", a.Name(), a.Scale())
	}
}

// TestFaultySurvey: counted under _other, with the answer.
func TestFaultySurvey(t *testing.T) {
	t.Parallel()
	s := start(t)
	feedback.Define("_mine", feedback.CSAT).Record(s.ctx(), 5)
	e := s.one(t, event.FeedbackReceived)
	if e.Feedback.Survey != event.Other || e.Feedback.Verdict != event.Positive || s.faults()["invalid_name"] != 1 {
		t.Errorf("it was recorded as %+v, with the faults %v", e.Feedback, s.faults())
	}
}

// TestNil: "a nil Survey does nothing", and neither does anything without a client.
func TestNil(t *testing.T) {
	t.Parallel()
	s := start(t)
	var none *feedback.Survey
	var nowhere context.Context
	for name, call := range map[string]func(){
		"Record":              func() { none.Record(s.ctx(), 1) },
		"Request":             func() { none.Request(s.ctx()) },
		"Name":                func() { _ = none.Name() },
		"Equal":               func() { _ = none.Equal(none) },
		"Equal to one":        func() { _ = none.Equal(feedback.Define("a", feedback.NPS)) },
		"Scale":               func() { _ = none.Scale() },
		"nil context":         func() { feedback.CSAT.Record(nowhere, 1, feedback.Comment("x")) },
		"nil context, asked":  func() { feedback.CSAT.Request(nowhere) },
		"without a client":    func() { feedback.CSAT.Record(context.Background(), 99) },
		"zero scale, no name": func() { feedback.Question(0).Record(context.Background(), 1) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if r := recover(); r != nil {
					t.Errorf("it panics: %v", r)
				}
			}()
			call()
		})
	}
	if len(s.events) != 0 {
		t.Errorf("%d events were recorded", len(s.events))
	}
}

func TestConcurrently(t *testing.T) {
	t.Parallel()
	s := start(t)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for range 100 {
				feedback.Define(fmt.Sprintf("s%d", i%4), feedback.NPS).Record(s.ctx(), i%11)
			}
		})
	}
	wg.Wait()
	ids := map[event.ID]bool{}
	for _, e := range s.events {
		ids[e.ID] = true
	}
	if len(s.events) != 1600 || len(ids) != 1600 {
		t.Errorf("%d events with %d IDs, want 1600 of each", len(s.events), len(ids))
	}
	if !slices.ContainsFunc(s.events, func(e event.Event) bool { return e.Feedback.Survey == "s3" }) {
		t.Error("a survey is missing")
	}
}
