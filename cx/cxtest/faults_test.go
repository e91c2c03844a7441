package cxtest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/touchpoint"
)

// TestFaultsFailTheTest when it ends, each named with what to do, unless the test allows it.
func TestFaultsFailTheTest(t *testing.T) {
	t.Parallel()
	misuse := func(ctx context.Context) {
		checkout.Complete(ctx) // in no run
		checkout.Complete(ctx)
		checkout.Enter(checkout.Start(ctx, "c1", alice), "atic")
	}
	for _, c := range []struct {
		name, reason string
		allow        func(*cxtest.Recorder)
		says         []string // of the failure; none is that the test passes
		never        []string
	}{
		{
			"none allowed", "each is named", func(*cxtest.Recorder) {},
			[]string{`2 times no_journey "checkout": the context is in no run`, fault.NoJourney.Remedy(), `1 times unknown_name "atic"`, fault.UnknownName.Remedy()},
			[]string{"c1", "alice"},
		},
		{
			"one allowed", "the other is not", func(r *cxtest.Recorder) { r.AllowFaults(fault.NoJourney) },
			[]string{"unknown_name"},
			[]string{"no_journey"},
		},
		{"both allowed", "by their kind", func(r *cxtest.Recorder) { r.AllowFaults(fault.NoJourney).AllowFaults(fault.UnknownName) }, nil, nil},
		{"both allowed by name", "by their name", func(r *cxtest.Recorder) {
			r.AllowFaults(fault.NoJourney, "checkout").AllowFaults(fault.UnknownName, "cart", "atic")
		}, nil, nil},
		{
			"another name allowed", "it is not the one", func(r *cxtest.Recorder) {
				r.AllowFaults(fault.NoJourney).AllowFaults(fault.UnknownName, "cellar")
			},
			[]string{`unknown_name "atic"`},
			nil,
		},
		{"asserted", "what is asserted is expected", func(r *cxtest.Recorder) {
			r.Fault(fault.NoJourney, "checkout").Times(2)
			r.Fault(fault.UnknownName, "atic").Times(1)
		}, nil, nil},
		{
			"asserted wrongly", "the assertion fails, once", func(r *cxtest.Recorder) {
				r.AllowFaults(fault.UnknownName)
				r.Fault(fault.NoJourney, "checkout").Times(3)
			},
			[]string{`fault no_journey of "checkout": there were 2, want 3`},
			nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tb := &fakeTB{}
			rec := cxtest.New(tb)
			misuse(rec.Context(context.Background()))
			tb.helpers = 0
			c.allow(rec)
			tb.end()
			if len(c.says) == 0 {
				if len(tb.errors) != 0 {
					t.Errorf("it fails, and should not: %s: %q", c.reason, tb.errors)
				}
				return
			}
			if len(tb.errors) != 1 {
				t.Fatalf("the failures are %q, want one: %s", tb.errors, c.reason)
			}
			if len(tb.blamed) > 0 {
				t.Errorf("the failure is shown in %q, not in the test", tb.blamed)
			}
			if tb.helpers == 0 {
				t.Error("the failure is reported at a line of cxtest, not of the test")
			}
			for _, s := range c.says {
				if !strings.Contains(tb.errors[0], s) {
					t.Errorf("the failure is %q, want %q: %s", tb.errors[0], s, c.reason)
				}
			}
			for _, s := range c.never {
				if strings.Contains(tb.errors[0], s) {
					t.Errorf("the failure is %q, which has %q: %s", tb.errors[0], s, c.reason)
				}
			}
		})
	}
}

// closing makes a fault when it is shut down.
type closing struct{ ctx context.Context } //nolint:containedctx // it is what is tried

func (*closing) Process(context.Context, *event.Event) {}

func (c *closing) Shutdown(context.Context) error {
	flight.Fault(c.ctx, fault.Report{Fault: fault.NoRoute, Name: "the last one"})
	return nil
}

// TestFaultsOfShutdown count, and those that a test cannot help do not.
func TestFaultsOfShutdown(t *testing.T) {
	t.Parallel()
	tb := &fakeTB{}
	c := &closing{}
	rec := cxtest.New(tb, cx.WithProcessors(c))
	c.ctx = rec.Context(context.Background())
	checkout.Start(c.ctx, "c1", alice) // which is live when the test ends
	flight.Fault(c.ctx, fault.Report{Fault: fault.LiveRuns, Name: "checkout"})
	rec.NoFaults()
	if len(tb.errors) != 0 {
		t.Errorf("before it ends the failures are %q", tb.errors)
	}
	tb.end()
	if len(tb.errors) != 1 || !strings.Contains(tb.errors[0], "the last one") || strings.Contains(tb.errors[0], "live_runs") {
		t.Errorf("the failures are %q, want one of what Shutdown has made", tb.errors)
	}
}

// TestFaultsByKind are those that are asked for.
func TestFaultsByKind(t *testing.T) {
	t.Parallel()
	rec := cxtest.New(t).AllowFaults(fault.NoJourney).AllowFaults(fault.NoRoute)
	ctx := rec.Context(context.Background())
	checkout.Complete(ctx)
	flight.Fault(ctx, fault.Report{Fault: fault.NoRoute, Name: "b"})
	flight.Fault(ctx, fault.Report{Fault: fault.NoRoute, Name: "a"})
	if got := rec.Faults(fault.NoRoute); len(got) != 2 || got[0].Name != "a" || got[1].Name != "b" || got[0].Count != 1 {
		t.Errorf("the faults are %v, want two, by name", got)
	}
	if got := rec.Faults(); len(got) != 3 {
		t.Errorf("there are %d faults, want 3", len(got))
	}
	if got := rec.Faults(fault.Store); len(got) != 0 {
		t.Errorf("there are %d faults of another kind", len(got))
	}
}

// TestWhichFailed: of several interactions the failure says which ones, when, and why, in lines of their own.
func TestWhichFailed(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)
	rec3 := func(marks ...func(*touchpoint.Touchpoint)) (*fakeTB, *cxtest.Recorder) {
		tb := &fakeTB{}
		now := start
		rec := cxtest.New(tb, cx.WithClock(func() time.Time { return now }))
		ctx := checkout.Start(rec.Context(context.Background()), "c1", alice)
		for _, m := range marks {
			_, tp := pay.Start(ctx, event.Web)
			now = now.Add(1500 * time.Millisecond)
			m(tp)
			tp.End()
		}
		return tb, rec
	}
	ok := func(*touchpoint.Touchpoint) {}
	fail := func(tp *touchpoint.Touchpoint) { tp.Fail(context.DeadlineExceeded); tp.Because("psp-down") }
	for _, c := range []struct {
		name  string
		marks []func(*touchpoint.Touchpoint)
		first string   // line
		lines []string // of their own
		never []string
	}{
		{
			"one of one",
			[]func(*touchpoint.Touchpoint){fail},
			`touchpoint pay: it was failed because of "psp-down" with the error type "timeout", want ok`,
			[]string{`  number 1: failed because of "psp-down" with the error type "timeout" at 12:00:00.000, took 1.5s, in checkout "c1"`},
			nil,
		},
		{
			"the second of three",
			[]func(*touchpoint.Touchpoint){ok, fail, ok},
			`touchpoint pay: number 2 of 3 was failed because of "psp-down" with the error type "timeout", want ok`,
			[]string{`  number 2: failed because of "psp-down" with the error type "timeout" at 12:00:01.500, took 1.5s, in checkout "c1"`},
			[]string{"number 1:", "number 3:"},
		},
		{
			"two of three",
			[]func(*touchpoint.Touchpoint){fail, ok, func(tp *touchpoint.Touchpoint) { tp.Degrade("slow") }},
			`touchpoint pay: 2 of 3 were not ok: the first of them is number 1, which was failed because of "psp-down" with the error type "timeout"`,
			[]string{"  number 1: failed", `  number 3: degraded because of "slow" at 12:00:03.000`},
			[]string{"number 2:"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tb, rec := rec3(c.marks...)
			defer tb.end()
			rec.Touchpoint("pay").Times(len(c.marks)).OK()
			if len(tb.errors) != 1 {
				t.Fatalf("the failures are %q, want one", tb.errors)
			}
			text, story, _ := strings.Cut(tb.errors[0], "\nrecorded:")
			first, rest, _ := strings.Cut(text, "\n")
			if first != c.first {
				t.Errorf("it begins with %q, want %q", first, c.first)
			}
			if story == "" {
				t.Error("the story is not told")
			}
			for _, l := range c.lines {
				if !strings.Contains(rest+"\n", l) {
					t.Errorf("the lines are %q, want %q", rest, l)
				}
			}
			for _, l := range c.never {
				if strings.Contains(text, l) {
					t.Errorf("the lines are %q, and %q went well", rest, l)
				}
			}
		})
	}
}

// TestFaultThatWasNot: an assertion about a fault shows those that there were, each in a line, or says that there were none.
func TestFaultThatWasNot(t *testing.T) {
	t.Parallel()
	tb := &fakeTB{}
	rec := cxtest.New(tb)
	rec.Fault(fault.NoJourney, "checkout").Times(0)
	rec.Fault(fault.NoJourney, "checkout").Times(1)
	want := `fault no_journey of "checkout": there were 0, want 1` + "\nthere were no faults"
	if len(tb.errors) != 1 || tb.errors[0] != want {
		t.Errorf("the failures are %q, want %q", tb.errors, want)
	}
	tb.errors = nil
	ctx := rec.Context(context.Background())
	flight.Fault(ctx, fault.Report{Fault: fault.NoRoute, Name: "b"})
	flight.Fault(ctx, fault.Report{Fault: fault.NoRoute, Name: "a", Detail: "one line\nanother"})
	flight.Fault(ctx, fault.Report{Fault: fault.NoRoute, Name: "b"})
	rec.AllowFaults(fault.NoRoute).Fault(fault.NoJourney, "b").Times(1)
	head := `fault no_journey of "b": there were 0, want 1` + "\nfaults:\n  1 times no_route \"a\""
	if len(tb.errors) != 1 || !strings.HasPrefix(tb.errors[0], head) || !strings.Contains(tb.errors[0], "\n  2 times no_route \"b\"") {
		t.Errorf("the failures are %q, want %q and the others", tb.errors, head)
	}
	for _, line := range strings.Split(strings.Join(tb.errors, ""), "\n")[2:] {
		if !strings.HasPrefix(line, "  ") || strings.HasPrefix(line, "   ") != !strings.Contains(line, " times ") {
			t.Errorf("the line %q is not indented as what it belongs to", line)
		}
	}
	tb.errors = nil
	tb.end()
	if len(tb.errors) != 0 {
		t.Errorf("at the end of the test: %q", tb.errors)
	}
}

// TestLineOfAnInteraction has what is known of it: how long it took, if it took any time, and its run, if it was in one.
func TestLineOfAnInteraction(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)
	tb := &fakeTB{}
	rec := cxtest.New(tb, cx.WithClock(func() time.Time { return now }))
	look := touchpoint.Define("look")
	ctx := rec.Context(context.Background())
	_, tp := look.Start(ctx, event.Web)
	tp.Cancel()
	tp.End()
	_, tp = look.Start(checkout.Start(ctx, "c1", alice), event.Web)
	now = now.Add(1234567 * time.Nanosecond)
	tp.End()
	rec.Touchpoint("look").Times(3)
	want := "touchpoint look: it happened 2 times, want 3\n  number 1: cancelled at 12:00:00.000\n  number 2: ok at 12:00:00.000, took 1.235ms, in checkout \"c1\"\nrecorded:\n"
	if len(tb.errors) != 1 || !strings.HasPrefix(tb.errors[0], want) {
		t.Errorf("the failures are %q, want %q", tb.errors, want)
	}
	tb.end()
}
