package cx_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// keeping returns a client, its context, and what it delivers.
func keeping(t *testing.T, opts ...cx.Option) (*cx.Client, context.Context, *kept) {
	t.Helper()
	k := &kept{}
	c, err := cx.New(append([]cx.Option{silent(), cx.WithProcessors(k)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return c, cx.NewContext(t.Context(), c), k
}

// faultsOf returns how often the client met each fault.
func faultsOf(c *cx.Client) map[fault.Fault]int64 {
	all := map[fault.Fault]int64{}
	for _, f := range c.Faults() {
		all[f.Fault] += f.Count
	}
	return all
}

// TestRecordIsNeverSilent: the client delivers an event in a form that can be read again, or it reports a fault. The exceptions are
// documented: a transition that is no news.
func TestRecordIsNeverSilent(t *testing.T) {
	t.Parallel()
	kinds := append(event.Kinds(), "", "\xff", "feedback.of.a.later.version")
	rapid.Check(t, func(r *rapid.T) {
		k := &kept{}
		c, err := cx.New(silent(), cx.WithProcessors(k))
		if err != nil {
			r.Fatal(err)
		}
		maybe := func(what string) bool { return rapid.Bool().Draw(r, what) }
		e := event.Event{
			Kind:       rapid.SampledFrom(kinds).Draw(r, "kind"),
			Outcome:    event.Outcome(rapid.IntRange(0, 9).Draw(r, "outcome")),
			Stage:      rapid.SampledFrom([]string{"", "cart", "_x"}).Draw(r, "stage"),
			Touchpoint: rapid.SampledFrom([]string{"", "pay"}).Draw(r, "touchpoint"),
		}
		if maybe("run") {
			e.Journey = event.Run{Name: rapid.SampledFrom([]string{"", "order"}).Draw(r, "journey"), ID: rapid.SampledFrom([]string{"", "1", "\n"}).Draw(r, "id")}
		}
		if maybe("feedback") {
			e.Feedback = &event.Feedback{
				Survey: rapid.SampledFrom([]string{"", "nps", "exit"}).Draw(r, "survey"), Scale: event.Scale(rapid.IntRange(0, 7).Draw(r, "scale")),
				Score: rapid.SampledFrom([]int{-1, 0, 3, 99}).Draw(r, "score"), Ended: event.SurveyEnd(rapid.IntRange(0, 9).Draw(r, "ended")),
			}
			if maybe("request") {
				e.Feedback.Request, e.Feedback.Amends = event.ID{1}, event.ID{2}
			}
			if maybe("mention") {
				e.Mention = &event.Mention{Stars: rapid.SampledFrom([]float64{-1, 0, 4.3, 9}).Draw(r, "stars"), Nature: event.Nature(rapid.IntRange(0, 9).Draw(r, "nature"))}
			}
		}
		if maybe("follow-up") {
			e.FollowUp = &event.FollowUp{ID: rapid.SampledFrom([]string{"", "f"}).Draw(r, "follow-up ID")}
		}
		if maybe("action") {
			e.Action = &event.Action{Name: rapid.SampledFrom([]string{"", "a"}).Draw(r, "action name")}
		}
		if maybe("contact") {
			e.Contact = &event.Contact{}
		}
		c.Record(r.Context(), e)
		if len(k.events) == 0 && len(c.Faults()) == 0 {
			r.Errorf("%+v is neither delivered nor a fault", e)
		}
		for i := range k.events {
			d := &k.events[i]
			if _, err := event.ParseJSON(d.AppendJSON(nil)); err != nil {
				r.Errorf("what was delivered cannot be read: %v", err)
			}
			if f := d.Feedback; f != nil {
				if _, ok := f.Scale.Verdict(f.Score); !ok && (f.Score != 0 || d.Kind == event.FeedbackReceived || d.Kind == event.FeedbackAmended && f.Scale != 0) {
					r.Errorf("a %s is delivered with the score %d on the scale %v", d.Kind, f.Score, f.Scale)
				}
			}
		}
		if err := c.Shutdown(context.Background()); err != nil {
			r.Error(err)
		}
	})
}

// TestRemedyFits: the remedy names what the developer has to change: the currency and not a name, and so on.
func TestRemedyFits(t *testing.T) {
	t.Parallel()
	order := journey.Define("order", journey.Stages("cart"))
	for _, c := range []struct {
		name   string
		do     func(context.Context, *cx.Client)
		fault  fault.Fault
		remedy string
	}{
		{"a currency", func(ctx context.Context, _ *cx.Client) {
			order.Start(ctx, "1", event.Customer{}, journey.Worth(5, "euro"))
		}, fault.Currency, "EUR"},
		{"no currency", func(ctx context.Context, _ *cx.Client) {
			order.Start(ctx, "1", event.Customer{}, journey.Worth(5, ""))
		}, fault.Currency, "EUR"},
		{"a channel", func(ctx context.Context, _ *cx.Client) {
			order.Start(ctx, "1", event.Customer{}, journey.Via(200))
		}, fault.InvalidValue, "event.Web"},
		{"an attribute", func(ctx context.Context, _ *cx.Client) {
			order.Start(ctx, "1", event.Customer{}, journey.Attributes(attribute.Int("", 1)))
		}, fault.Attribute, "key"},
		{"an answer that is missing", func(ctx context.Context, c *cx.Client) {
			c.Record(ctx, event.Event{Kind: event.FeedbackReceived})
		}, fault.MissingDetail, "Feedback"},
		{"a run that is missing", func(ctx context.Context, c *cx.Client) {
			c.Record(ctx, event.Event{Kind: event.JourneyStarted})
		}, fault.MissingDetail, "run"},
		{"a run of no name and no ID", func(ctx context.Context, _ *cx.Client) {
			journey.Define("").Start(ctx, "", event.Customer{})
		}, fault.MissingDetail, "run"},
		{"such a run that is resumed", func(ctx context.Context, _ *cx.Client) {
			journey.Define("").Resume(ctx, "")
		}, fault.MissingDetail, "run"},
		{"no kind", func(ctx context.Context, c *cx.Client) {
			c.Record(ctx, event.Event{Feedback: &event.Feedback{Survey: "nps", Scale: event.NPS, Score: 99}})
		}, fault.InvalidKind, "kinds"},
		{"a stall", func(ctx context.Context, c *cx.Client) {
			c.Record(ctx, event.Event{Kind: event.JourneyStalled, Journey: event.Run{Name: "order", ID: "1"}, Stage: "cart"})
		}, fault.InvalidKind, "journey.Expect"},
		{"a promise", func(ctx context.Context, c *cx.Client) {
			c.Record(ctx, event.Event{Kind: event.PromiseKept, Journey: event.Run{Name: "order", ID: "1"}, Promise: &event.Promise{Name: "answered"}})
		}, fault.InvalidKind, "promise.kept"},
		{"a comment", func(ctx context.Context, _ *cx.Client) {
			feedback.NPS.Record(ctx, 9, feedback.Comment("fine"))
			feedback.CSAT.Record(ctx, 5, feedback.Comment("fine"))
		}, fault.TextDropped, "cx.WithRedactor"},
		{"a note", func(ctx context.Context, c *cx.Client) {
			c.Record(ctx, event.Event{Kind: "acme.note", FollowUp: &event.FollowUp{ID: "1", Note: "called back"}})
		}, fault.TextDropped, "cx.WithUnredactedText"},
		{"a customer", func(ctx context.Context, _ *cx.Client) {
			order.Start(ctx, "1", event.Customer{ID: "alice"})
			order.Start(ctx, "2", event.Customer{ID: "bob"})
		}, fault.NoCustomerKey, "cx.WithCustomerKey"},
		{"a customer of an answer", func(ctx context.Context, _ *cx.Client) {
			feedback.NPS.Record(ctx, 9, feedback.From(event.Customer{ID: "alice"}))
		}, fault.NoCustomerKey, "cx.WithoutCustomerIDs"},
		{"a time before 1970", func(ctx context.Context, _ *cx.Client) {
			order.Start(ctx, "1", event.Customer{}, journey.At(time.Unix(-1, 0)))
		}, fault.Time, "clock"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client, ctx, _ := keeping(t)
			c.do(ctx, client)
			all := client.Faults()
			if len(all) != 1 || all[0].Fault != c.fault {
				t.Fatalf("the faults are %v, want one %v", all, c.fault)
			}
			if r := c.fault.Remedy(); !strings.Contains(r, c.remedy) {
				t.Errorf("the remedy is %q, want it to name %q", r, c.remedy)
			}
			if line := all[0].String(); strings.Contains(line, "alice") || strings.Contains(line, "fine") || strings.Contains(line, "called") {
				t.Errorf("the line has a customer's data: %s", line)
			}
		})
	}
}

// TestDeclaredWishes: an application that says that it wants no IDs, or how to handle texts, has no fault.
func TestDeclaredWishes(t *testing.T) {
	t.Parallel()
	key := cx.WithCustomerKey([]byte("a key of at least 16 bytes"))
	for _, c := range []struct {
		name   string
		opts   []cx.Option
		hashed bool
	}{
		{"no IDs", []cx.Option{cx.WithoutCustomerIDs(), cx.WithUnredactedText()}, false},
		{"a key", []cx.Option{key, cx.WithUnredactedText()}, true},
		{"a key, then no IDs", []cx.Option{key, cx.WithoutCustomerIDs(), cx.WithUnredactedText()}, false},
		{"no IDs, then a key", []cx.Option{cx.WithoutCustomerIDs(), key, cx.WithUnredactedText()}, true},
		{"no texts", []cx.Option{key, cx.WithRedactor(func(string) string { return "" })}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client, ctx, k := keeping(t, c.opts...)
			feedback.NPS.Record(ctx, 9, feedback.Comment("fine"), feedback.From(event.Customer{ID: "alice"}))
			if all := client.Faults(); len(all) != 0 {
				t.Errorf("the faults are %v", all)
			}
			if got := k.events[0].Customer; got.ID != "" || (got.Hash != "") != c.hashed {
				t.Errorf("the customer is %+v", got)
			}
		})
	}
}

// TestForgetReachesACustomer: an erasure that cannot reach a customer is an error.
func TestForgetReachesACustomer(t *testing.T) {
	t.Parallel()
	key := cx.WithCustomerKey([]byte("a key of at least 16 bytes"))
	for _, c := range []struct {
		name string
		opts []cx.Option
		id   string
		says string
	}{
		{"no key", nil, "alice", "cx.WithCustomerKey"},
		{"no IDs", []cx.Option{cx.WithoutCustomerIDs()}, "alice", "cx.WithCustomerKey"},
		{"no key, in a store", []cx.Option{cx.WithStore(&ledgertest.Memory{})}, "alice", "cx.WithCustomerKey"},
		{"no ID", []cx.Option{key}, "", "1 to 128 bytes"},
		{"a long ID", []cx.Option{key}, strings.Repeat("alice", 100), "1 to 128 bytes"},
		{"an ID that is not printable", []cx.Option{key}, "alice\n", "control characters"},
		{"a customer", []cx.Option{key}, "alice", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client, _, _ := keeping(t, c.opts...)
			n, err := client.Forget(t.Context(), c.id)
			if n != 0 || (err == nil) != (c.says == "") {
				t.Fatalf("Forget = %d, %v", n, err)
			}
			if err != nil && (!strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "alice")) {
				t.Errorf("Forget = %v, want it to name %q and no customer", err, c.says)
			}
		})
	}
}

// TestStageOfAnUnknownRun: without a store, a process that has not started the run cannot enter a stage of it, and says so. With a
// store it can.
func TestStageOfAnUnknownRun(t *testing.T) {
	t.Parallel()
	order := journey.Define("order", journey.Stages("cart", "payment"))
	pay := touchpoint.Define("pay", touchpoint.In(order, "payment"))
	look := touchpoint.Define("look", touchpoint.In(order, ""))
	for _, c := range []struct {
		name   string
		do     func(context.Context)
		enters bool
	}{
		{"Enter", func(ctx context.Context) { order.Enter(ctx, "payment") }, true},
		// The service that has the state enters the stage of these: no fault.
		{"a touchpoint that begins", func(ctx context.Context) {
			_, tp := pay.Start(ctx, event.Web)
			tp.End()
		}, false},
		{"a touchpoint that is over", func(ctx context.Context) { pay.Record(ctx, event.Web) }, false},
		{"a touchpoint of a probe", func(ctx context.Context) { pay.Record(ctx, event.Web, touchpoint.By(event.ActorSynthetic)) }, false},
		{"a touchpoint without a stage", func(ctx context.Context) { look.Record(ctx, event.Web) }, false},
		{"an answer", func(ctx context.Context) { feedback.NPS.Record(ctx, 9) }, false},
		{"the end", func(ctx context.Context) { order.Complete(ctx) }, false},
	} {
		for _, first := range []bool{false, true} { // the process has started another run
			t.Run(fmt.Sprintf("%s, another run %v", c.name, first), func(t *testing.T) {
				t.Parallel()
				client, ctx, k := keeping(t)
				if first {
					order.Complete(order.Start(ctx, "41", event.Customer{}))
				}
				c.do(order.Resume(ctx, "42"))
				all := client.Faults()
				switch {
				case !c.enters && len(all) != 0:
					t.Errorf("the faults are %v", all)
				case c.enters && (len(all) != 1 || all[0].Fault != fault.UnknownRun || all[0].Count != 1 || all[0].Name != "order"):
					t.Errorf("the faults are %v, want one unknown_run of order", all)
				case c.enters && !strings.Contains(fault.UnknownRun.Remedy(), "cx.WithStore"):
					t.Errorf("the remedy is %q", fault.UnknownRun.Remedy())
				}
				if slices.ContainsFunc(k.events, func(e event.Event) bool { return e.Kind == event.JourneyStageEntered }) {
					t.Error("a stage is entered, so that there is nothing to report")
				}
			})
		}
		t.Run(c.name+", in a store", func(t *testing.T) {
			t.Parallel()
			client, ctx, k := keeping(t, cx.WithStore(&ledgertest.Memory{}))
			c.do(order.Resume(ctx, "42"))
			if err := client.Flush(t.Context()); err != nil {
				t.Error(err)
			}
			if all := faultsOf(client); all[fault.UnknownRun]+all[fault.NoJourney] != 0 {
				t.Errorf("the faults are %v", all)
			}
			entered := slices.ContainsFunc(k.events, func(e event.Event) bool { return e.Kind == event.JourneyStageEntered })
			if c.enters && !entered {
				t.Error("no stage is entered")
			}
		})
	}
}

// TestSurveyHasOneScale: the first definition of a survey's name holds. An answer on another scale is not lost, keeps its scale, is
// reported, and is in no number of the survey.
func TestSurveyHasOneScale(t *testing.T) {
	t.Parallel()
	nps, csat := feedback.Define("exit", feedback.NPS), feedback.Define("exit", feedback.CSAT)
	outside := func(survey string, s event.Scale) func(context.Context, *cx.Client) {
		return func(ctx context.Context, c *cx.Client) {
			c.Record(ctx, event.Event{Kind: event.FeedbackReceived, Feedback: &event.Feedback{Survey: survey, Scale: s, Score: 3}})
		}
	}
	for _, c := range []struct {
		name   string
		opts   []cx.Option
		first  func(context.Context, *cx.Client) // makes the survey known
		second func(context.Context, *cx.Client)
		survey string
		scale  event.Scale
		fault  bool
	}{
		{"given, then another definition", []cx.Option{cx.WithDefinitions(nps)}, nil, func(ctx context.Context, _ *cx.Client) { csat.Record(ctx, 3) }, event.Other, event.CSAT, true},
		{"given, then another definition asks", []cx.Option{cx.WithDefinitions(nps)}, nil, func(ctx context.Context, _ *cx.Client) { csat.Request(ctx) }, event.Other, event.CSAT, true},
		{"met, then another definition", nil, func(ctx context.Context, _ *cx.Client) { nps.Record(ctx, 9) }, func(ctx context.Context, _ *cx.Client) { csat.Record(ctx, 3) }, event.Other, event.CSAT, true},
		{"given, then an event on another scale", []cx.Option{cx.WithDefinitions(nps)}, nil, outside("exit", event.CSAT), event.Other, event.CSAT, true},
		{"given, then an event without a scale", []cx.Option{cx.WithDefinitions(nps)}, nil, outside("exit", 0), "exit", event.NPS, false},
		{"given, then an event on its scale", []cx.Option{cx.WithDefinitions(nps)}, nil, outside("exit", event.NPS), "exit", event.NPS, false},
		{"given, then the same again", []cx.Option{cx.WithDefinitions(nps)}, nil, func(ctx context.Context, _ *cx.Client) { feedback.Define("exit", feedback.NPS).Record(ctx, 3) }, "exit", event.NPS, false},
		{"a published question, then its name on another scale", nil, outside("nps", event.NPS), func(ctx context.Context, _ *cx.Client) { feedback.Define("nps", feedback.CSAT).Record(ctx, 3) }, event.Other, event.CSAT, true},
		{"its name on another scale, then a published question", nil, func(ctx context.Context, _ *cx.Client) { feedback.Define("nps", feedback.CSAT).Record(ctx, 5) }, outside("nps", event.NPS), event.Other, event.NPS, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client, ctx, k := keeping(t, c.opts...)
			if c.first != nil {
				c.first(ctx, client)
			}
			before := len(k.events)
			c.second(ctx, client)
			if len(k.events) != before+1 {
				t.Fatalf("%d events were delivered, want the answer", len(k.events)-before)
			}
			if f := k.events[before].Feedback; f.Survey != c.survey || f.Scale != c.scale {
				t.Errorf("the answer is one to %q on the scale %v, want %q and %v", f.Survey, f.Scale, c.survey, c.scale)
			}
			switch all := client.Faults(); {
			case !c.fault && len(all) != 0:
				t.Errorf("the faults are %v", all)
			case c.fault && (len(all) != 1 || all[0].Fault != fault.Conflict || !strings.Contains(all[0].Detail, "its scale is")):
				t.Errorf("the faults are %v, want a conflict of scales", all)
			}
		})
	}
}

// TestNil: nil as what the client is to call or to write to is an error that names the option, and any other nil is the default.
func TestNil(t *testing.T) {
	t.Parallel()
	const taken = ""
	for _, c := range []struct {
		opt  cx.Option
		says string
	}{
		{cx.WithDefinitions(nil), "WithDefinitions: definition 1 of 1 is nil"},
		{cx.WithDefinitions(journey.Define("order"), nil), "WithDefinitions: definition 2 of 2 is nil"},
		{cx.WithDefinitions((*journey.Definition)(nil)), "the definition is nil"},
		{cx.WithExporters(nil), "WithExporters: exporter 1 of 1 is nil"},
		{cx.WithProcessors(nil), "WithProcessors: processor 1 of 1 is nil"},
		{cx.WithProcessors(&kept{}, nil), "WithProcessors: processor 2 of 2 is nil"},
		{cx.WithRedactor(nil), "WithRedactor(nil)"},
		{cx.WithClock(nil), "WithClock(nil)"},
		{cx.WithOnStall(nil), "WithOnStall(nil)"},
		{cx.WithOnFault(nil), "WithOnFault(nil)"},
		{cx.WithLogger(nil), "WithLogger(nil)"},
		{cx.WithStore(nil), taken},
		{cx.WithBlueprint(nil), taken},
		{cx.WithTracerProvider(nil), taken},
		{cx.WithJourneyTracerProvider(nil), taken},
		{cx.WithMeterProvider(nil), taken},
		{cx.WithLoggerProvider(nil), taken},
		{nil, taken},
		{cx.WithDefinitions(), taken},
		{cx.WithExporters(), taken},
		{cx.WithProcessors(), taken},
	} {
		t.Run(c.says, func(t *testing.T) {
			t.Parallel()
			client, err := cx.New(c.opt, silent())
			if shut := client.Shutdown(context.Background()); shut != nil {
				t.Error(shut)
			}
			switch {
			case c.says == taken && err != nil:
				t.Errorf("New: %v, want a client", err)
			case c.says != taken && (err == nil || strings.Count(err.Error(), c.says) != 1):
				t.Errorf("New: %v, want an error with %q", err, c.says)
			}
		})
	}
}
