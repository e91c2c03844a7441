package journey_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/stdout"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 65)
	for _, c := range []struct {
		name, reason string
		d            *journey.Definition
		faults       []string // a part of each fault's text
	}{
		{"plain", "a name is enough", journey.Define("checkout"), nil},
		{"full", "stages and patience", checkout, nil},
		{"longest", "64 bytes", journey.Define(long[:64], journey.Stages(long[:64])), nil},
		{"most patient", "ten years", journey.Define("pension", journey.AbandonAfter(event.MaxDuration)), nil},
		{"nil options", "an option that is not chosen", journey.Define("checkout", nil, journey.Stages("a"), nil), nil},
		{"nil", "no definition", nil, []string{"nil"}},
		{"no name", "what is it?", journey.Define(""), []string{`journey ""`}},
		{"name too long", "65 bytes", journey.Define(long), []string{"64 bytes"}},
		{"name of ours", "a leading _ is kept for names like _other", journey.Define("_other"), []string{"_other"}},
		{"control character", "it would break what shows it", journey.Define("a\nb"), []string{`a\nb`}},
		{"not UTF-8", "a lone byte", journey.Define("a\xff"), []string{`a\xff`}},
		{"empty stage", "what is it?", journey.Define("a", journey.Stages("x", "")), []string{"stage 2"}},
		{"stage twice", "which of them?", journey.Define("a", journey.Stages("x", "y", "x")), []string{"stage 3"}},
		{"stage of ours", "a leading _", journey.Define("a", journey.Stages("_x")), []string{"stage 1"}},
		{"negative patience", "before it began?", journey.Define("a", journey.AbandonAfter(-1)), []string{"AbandonAfter"}},
		{"endless patience", "leave it out instead", journey.Define("a", journey.AbandonAfter(event.MaxDuration+1)), []string{"AbandonAfter"}},
		{"expectation", "a stage that may take two minutes", journey.Define("a", journey.Stages("x"), journey.Expect("x", 2*time.Minute)), nil},
		{"expectation before the stages", "options have no order", journey.Define("a", journey.Expect("x", 1), journey.Stages("x")), nil},
		{"expectation of nothing", "0 is none", journey.Define("a", journey.Stages("x"), journey.Expect("x", 0)), nil},
		{"longest expectation", "ten years", journey.Define("a", journey.Stages("x"), journey.Expect("x", event.MaxDuration)), nil},
		{"endless expectation", "leave it out instead", journey.Define("a", journey.Stages("x"), journey.Expect("x", event.MaxDuration+1)), []string{`Expect of the stage "x"`}},
		{"negative expectation", "before it was entered?", journey.Define("a", journey.Stages("x"), journey.Expect("x", -1)), []string{"-1ns"}},
		{"expectation of no stage", "a slip in the name", journey.Define("a", journey.Stages("payment"), journey.Expect("payments", 1)), []string{`"payments", which it does not have: it has ["payment"]`}},
		{"expectation twice", "which of them?", journey.Define("a", journey.Stages("x"), journey.Expect("x", 1), journey.Expect("x", 1)), []string{"twice"}},
		{
			"expectation wrong twice over", "both are named", journey.Define("a", journey.Expect("x", -1)),
			[]string{"does not have", "-1ns"},
		},
		{"channels", "each of them once", journey.Define("a", journey.Channels(event.Web, event.OtherChannel)), nil},
		{"channel that is none", "0 is what the caller does not say", journey.Define("a", journey.Channels(event.Web, 0)), []string{"channel 2 is the number 0"}},
		{"channel beyond them", "a number that no channel has", journey.Define("a", journey.Channels(200)), []string{"channel 1 is the number 200"}},
		{"channel twice", "a slip", journey.Define("a", journey.Channels(event.Phone, event.Web, event.Phone)), []string{`channel 3, "phone"`}},
		{
			"all at once", "who fixes one must not meet the next", journey.Define("_", journey.Stages("", "x", "x", long), journey.AbandonAfter(-time.Second)),
			[]string{`journey "_"`, "stage 1", "stage 3", "stage 4", "AbandonAfter is -1s"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := c.d.Validate()
			if (err == nil) != (c.faults == nil) {
				t.Fatalf("Validate: %v, want %d faults: %s", err, len(c.faults), c.reason)
			}
			if err == nil {
				return
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(c.faults) {
				t.Errorf("%d faults are named, want %d: %v", len(lines), len(c.faults), err)
			}
			for _, f := range c.faults {
				if !strings.Contains(err.Error(), f) {
					t.Errorf("no fault says %q: %v", f, err)
				}
			}
		})
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	define := func(opts ...journey.Option) *journey.Definition { return journey.Define("checkout", opts...) }
	for _, c := range []struct {
		name, reason string
		a, b         *journey.Definition
		want         bool
	}{
		{"itself", "the same value", checkout, checkout, true},
		{"the same again", "another value that means the same", define(journey.Stages("a", "b")), define(journey.Stages("a", "b")), true},
		{"another name", "another journey", define(), journey.Define("check-out"), false},
		{"another order", "the order is part of the promise", define(journey.Stages("a", "b")), define(journey.Stages("b", "a")), false},
		{"a stage more", "another promise", define(journey.Stages("a")), define(journey.Stages("a", "b")), false},
		{"another patience", "other runs are abandoned", define(journey.AbandonAfter(1)), define(journey.AbandonAfter(2)), false},
		{"another expectation", "other runs are stalled", define(journey.Stages("a"), journey.Expect("a", 1)), define(journey.Stages("a"), journey.Expect("a", 2)), false},
		{"an expectation more", "other runs are stalled", define(journey.Stages("a")), define(journey.Stages("a"), journey.Expect("a", 1)), false},
		{"another stage's expectation", "other runs are stalled", define(journey.Stages("a", "b"), journey.Expect("a", 1)), define(journey.Stages("a", "b"), journey.Expect("b", 1)), false},
		{
			"expectations in another order", "their order means nothing",
			define(journey.Stages("a", "b"), journey.Expect("b", 2), journey.Expect("a", 1)),
			define(journey.Expect("a", 1), journey.Expect("b", 2), journey.Stages("a", "b")), true,
		},
		{"nothing expected", "0 is none", define(journey.Stages("a"), journey.Expect("a", 0)), define(journey.Stages("a")), true},
		{"other channels", "other counters begin at zero", define(journey.Channels(event.Phone)), define(journey.Channels(event.Mobile)), false},
		{"a channel more", "other counters begin at zero", define(journey.Channels(event.Web)), define(journey.Channels(event.Web, event.Mobile)), false},
		{"channels in another order", "their order means nothing", define(journey.Channels(event.Web, event.Mobile)), define(journey.Channels(event.Mobile, event.Web)), true},
		{"no channels", "they are the web", define(journey.Channels()), define(journey.Channels(event.Web)), true},
		{"another promise", "it is due at another time", define(journey.Promise("x", 1)), define(journey.Promise("x", 2)), false},
		{"promises in another order", "their order means nothing", define(journey.Promise("x", 1), journey.Promise("y", 2)), define(journey.Promise("y", 2), journey.Promise("x", 1)), true},
		{"the same pauses in another order", "their order means nothing", define(journey.Promise("x", 1, journey.Pauses("a", "b"))), define(journey.Promise("x", 1, journey.Pauses("b", "a"))), true},
		{"other pauses", "the clock stops elsewhere", define(journey.Promise("x", 1, journey.Pauses("a", "b"))), define(journey.Promise("x", 1, journey.Pauses("a", "c"))), false},
		{"a time beside business days", "only the days count", define(journey.Promise("x", 1, journey.BusinessDays(3))), define(journey.Promise("x", 0, journey.BusinessDays(3))), true},
		{"other business days", "it is due on another day", define(journey.Promise("x", 1, journey.BusinessDays(3))), define(journey.Promise("x", 1, journey.BusinessDays(4))), false},
		{"none and one", "nil is nothing", nil, define(), false},
		{"none and none", "nil is nil", nil, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := c.a.Equal(c.b); got != c.want || c.b.Equal(c.a) != got {
				t.Errorf("Equal is %v, the other way round %v; want %v: %s", got, c.b.Equal(c.a), c.want, c.reason)
			}
		})
	}
}

// TestDefinitionsAreImmutable, whatever the caller does with the slices.
func TestDefinitionsAreImmutable(t *testing.T) {
	t.Parallel()
	stages := []string{"a", "b"}
	option := journey.Stages(stages...)
	stages[0] = "changed"
	d := journey.Define("x", option)
	got := d.Stages()
	got[1] = "changed"
	if !slices.Equal(d.Stages(), []string{"a", "b"}) || !d.HasStage("a") || d.HasStage("changed") {
		t.Errorf("its stages are %q", d.Stages())
	}
	if d.Name() != "x" || d.AbandonAfter() != 0 || checkout.AbandonAfter() != 30*time.Minute {
		t.Errorf("it is %q, abandoned after %v", d.Name(), d.AbandonAfter())
	}
}

// TestNilDefinition: "a nil Definition does nothing", with a client there or not.
func TestNilDefinition(t *testing.T) {
	t.Parallel()
	s := start(t)
	var d *journey.Definition
	ctx := checkout.Start(s.ctx(), "c1", alice)
	before := len(s.of("checkout", "c1"))
	for name, call := range map[string]func() any{
		"Start":        func() any { return d.Start(ctx, "1", alice) == ctx },
		"Resume":       func() any { return d.Resume(ctx, "1") == ctx },
		"Enter":        func() any { return d.Enter(ctx, "x") == ctx },
		"Complete":     func() any { d.Complete(ctx); return true },
		"Fail":         func() any { d.Fail(ctx, journey.Because("x")); return true },
		"Cancel":       func() any { d.Cancel(ctx); return true },
		"Name":         func() any { return d.Name() == "" },
		"Equal":        func() any { return d.Equal(nil) },
		"Validate":     func() any { return d.Validate() != nil },
		"Stages":       func() any { return len(d.Stages()) == 0 },
		"HasStage":     func() any { return !d.HasStage("x") },
		"AbandonAfter": func() any { return d.AbandonAfter() == 0 },
		"Expect":       func() any { return d.Expect("x") == 0 },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if r := recover(); r != nil {
					t.Errorf("a nil definition panics: %v", r)
				}
			}()
			if call() != true {
				t.Error("it does not return what it was given, or something for nothing")
			}
		})
	}
	if n := len(s.events); n != before {
		t.Errorf("%d events were recorded", n-before)
	}
}

// TestWithoutAClient nothing happens, and nothing is allocated.
func TestWithoutAClient(t *testing.T) {
	if flight.Default() != nil {
		t.Fatal("a test has left a default recorder")
	}
	ctx := context.Background()
	if checkout.Start(ctx, "1", alice) != ctx || checkout.Resume(ctx, "1") != ctx || checkout.Enter(ctx, "cart") != ctx {
		t.Error("without a client a context is made")
	}
	if n := testing.AllocsPerRun(100, func() {
		ctx := checkout.Start(ctx, "1", alice)
		ctx = checkout.Enter(ctx, "cart")
		checkout.Complete(ctx)
	}); n != 0 {
		t.Errorf("it allocates %v times, want 0", n)
	}
	if _, ok := journey.FromContext(ctx); ok {
		t.Error("without a client a run is there")
	}
}

// TestNilContext is taken for the background: what is recorded goes to the default client.
func TestNilContext(t *testing.T) { // not parallel: it sets the default recorder
	s := start(t)
	before := flight.Default()
	t.Cleanup(func() { flight.SetDefault(before) })
	cx.SetDefault(s.client)
	var none context.Context
	for name, call := range map[string]func() context.Context{
		"Start":  func() context.Context { return checkout.Start(none, "1", alice) },
		"Resume": func() context.Context { return checkout.Resume(none, "1") },
		"Enter":  func() context.Context { return checkout.Enter(none, "cart") },
		"ends": func() context.Context {
			checkout.Complete(none)
			checkout.Fail(none)
			checkout.Cancel(none)
			return context.Background()
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if r := recover(); r != nil {
					t.Errorf("a nil context panics: %v", r)
				}
			}()
			if call() == nil {
				t.Error("the context that it returns is nil")
			}
		})
	}
	if got := s.story("checkout", "1"); !slices.Equal(got, []string{"started"}) {
		t.Errorf("the default client saw %q", got)
	}
	if _, ok := journey.FromContext(none); ok {
		t.Error("a nil context is in a run")
	}
}

func TestFromContext(t *testing.T) {
	t.Parallel()
	s := start(t)
	var none journey.Run
	if none.Name() != "" || none.ID() != "" || none.Stage() != "" || none.TraceID() != "" || !none.Started().IsZero() {
		t.Errorf("no run is %+v", none)
	}
	if j, ok := journey.FromContext(s.ctx()); ok || j != none {
		t.Error("a context in no run has one")
	}
	ctx := checkout.Start(s.ctx(), "c1", alice)
	in := checkout.Enter(ctx, "cart")
	j, ok := journey.FromContext(in)
	if !ok || j.Name() != "checkout" || j.ID() != "c1" || j.Stage() != "cart" || !j.Started().Equal(noon) {
		t.Errorf("the run is %q %q in %q since %v", j.Name(), j.ID(), j.Stage(), j.Started())
	}
	want := event.Run{Namespace: "test", Name: "checkout", ID: "c1"}
	if j.TraceID() != want.TraceID().String() {
		t.Errorf("its trace is %s, want %s", j.TraceID(), want.TraceID())
	}
	checkout.Enter(in, "payment")
	if j.Stage() != "cart" {
		t.Error("the view changes when the run moves on")
	}
	if out, _ := journey.FromContext(ctx); out.Stage() != "" {
		t.Error("the context from before is in a stage")
	}
}

func ExampleDefine() {
	checkout := journey.Define("checkout",
		journey.Stages("cart", "address", "payment", "confirmation"),
		journey.AbandonAfter(30*time.Minute))

	fmt.Println(checkout.Name(), checkout.Stages())
	fmt.Println(checkout.Validate())

	slip := journey.Define("checkout", journey.Stages("cart", "cart"))
	fmt.Println(slip.Validate())
	// Output:
	// checkout [cart address payment confirmation]
	// <nil>
	// journey "checkout": stage 2, "cart", occurs twice: remove one
}

func ExampleExpect() {
	checkout := journey.Define("checkout",
		journey.Stages("cart", "payment"),
		journey.Expect("payment", 2*time.Minute)) // longer is a stall

	fmt.Println(checkout.Expect("payment"), checkout.Expect("cart"))
	// Output:
	// 2m0s 0s
}

func ExampleDefinition_Start() {
	client, err := cx.New(
		cx.WithNamespace("docs"),
		cx.WithExporters(stdout.New()),
		cx.WithClock(func() time.Time { return time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC) }), // for the same output each time
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := cx.NewContext(context.Background(), client)

	checkout := journey.Define("checkout", journey.Stages("cart", "payment"))
	ctx = checkout.Start(ctx, "cart-42", event.Customer{Segment: "new"}, journey.Via(event.Web))
	ctx = checkout.Enter(ctx, "payment")
	checkout.Fail(ctx, journey.Because("card-declined"))

	if err := client.Shutdown(context.Background()); err != nil { // delivers what is left
		fmt.Println(err)
	}
	// Output:
	// {"v":1,"id":"f897aa3b-ec08-8837-aff1-0108517b0ee1","kind":"journey.started","time":"2026-04-17T12:00:00Z","journey":{"namespace":"docs","name":"checkout","id":"cart-42","started":"2026-04-17T12:00:00Z"},"channel":"web","customer":{"segment":"new"}}
	// {"v":1,"id":"13971683-743d-86a1-82c3-19745a5d2316","kind":"journey.stage.entered","time":"2026-04-17T12:00:00Z","journey":{"namespace":"docs","name":"checkout","id":"cart-42","started":"2026-04-17T12:00:00Z"},"stage":"payment","visit":1,"channel":"web","customer":{"segment":"new"},"transition":{}}
	// {"v":1,"id":"1a2f7ce3-8d3f-8a47-b019-a870e34ed4f7","kind":"journey.ended","time":"2026-04-17T12:00:00Z","journey":{"namespace":"docs","name":"checkout","id":"cart-42","started":"2026-04-17T12:00:00Z"},"stage":"payment","visit":1,"channel":"web","outcome":"failed","customer":{"segment":"new"},"cause":"card-declined","transition":{"from":"payment","visit":1,"entered":"2026-04-17T12:00:00Z","last_cause":"card-declined","friction":{}}}
}
