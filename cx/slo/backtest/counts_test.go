package backtest_test

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/backtest"
)

// TestBetween: a range leaves out its first instant and has its last one. A time within a millisecond counts at its end.
func TestBetween(t *testing.T) {
	t.Parallel()
	c := backtest.NewCounts([]slo.Objective{paying("a", 0.9, 28)})
	counts(t, c, "a", []happened{
		{begin.Add(3 * time.Second), true}, {begin, false}, {begin.Add(time.Second), false}, {begin.Add(2*time.Second + 100*time.Microsecond), false},
	})
	for _, tt := range []struct {
		name        string
		from, until time.Duration
		want        slo.Counts
	}{
		{"all", -1 * time.Second, time.Hour, slo.Counts{Good: 3, Bad: 1}},
		{"without the first instant", 0, time.Second, slo.Counts{Good: 1}},
		{"the rest of a millisecond", time.Second, 2 * time.Second, slo.Counts{}},
		{"its end", time.Second, 2*time.Second + time.Millisecond, slo.Counts{Good: 1}},
		{"the last instant", 2*time.Second + time.Millisecond, 3 * time.Second, slo.Counts{Bad: 1}},
	} {
		if got := c.Between("a", begin.Add(tt.from), begin.Add(tt.until)); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
	if got := c.Between("b", begin.Add(-time.Hour), begin.Add(time.Hour)); got != (slo.Counts{}) {
		t.Errorf("an unknown objective has %+v", got)
	}
	if err := c.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestPeriod: the period is the last 90 days of what the log covers, or less, and its ends are whole steps.
func TestPeriod(t *testing.T) {
	if testing.Short() {
		t.Skip("TestReport runs the same code on less")
	}
	t.Parallel()
	at := begin.Add(2*time.Minute + time.Second)
	run := func(cover time.Time, days int, opts ...backtest.Option) *backtest.Report {
		t.Helper()
		c := backtest.NewCounts([]slo.Objective{paying("a", 0.9, days)})
		counts(t, c, "a", []happened{{at, false}})
		c.Process(t.Context(), &event.Event{Kind: event.JourneyStarted, Time: at.Add(time.Hour)}) // no objective is about it
		c.Cover(cover, at)
		rep, err := backtest.Run(t.Context(), c, opts...)
		if err != nil {
			t.Fatal(err)
		}
		return rep
	}
	rep := run(at, 28)
	if !rep.From.Equal(begin) || !rep.Until.Equal(begin.Add(65*time.Minute)) || !rep.LogFirst.Equal(at) || !rep.LogLast.Equal(at.Add(time.Hour)) {
		t.Errorf("a short log: %v to %v, of %v to %v", rep.From, rep.Until, rep.LogFirst, rep.LogLast)
	}
	if rep.Step != 300 || rep.Objectives[0].Hidden != 0 || rep.Objectives[0].Good != 1 {
		t.Errorf("a step of %v s hides %v s of %d events", rep.Step, rep.Objectives[0].Hidden, rep.Objectives[0].Good)
	}
	rep = run(at.AddDate(0, 0, -91), 28, backtest.WithStep(time.Hour/2))
	if want := begin.Add(90 * time.Minute); !rep.Until.Equal(want) || !rep.From.Equal(want.AddDate(0, 0, -90)) {
		t.Errorf("a long log: %v to %v", rep.From, rep.Until)
	}
	if full := rep.Objectives[0].FullFrom; rep.Step != 1800 || rep.Objectives[0].Hidden != 300 || full == nil || !full.Equal(at.AddDate(0, 0, 28-91)) {
		t.Errorf("a step of %v s hides %v s; full from %v", rep.Step, rep.Objectives[0].Hidden, rep.Objectives[0].FullFrom)
	}
	if rep = run(at, 1); rep.Step != 120 || rep.Objectives[0].Hidden != 60 {
		t.Errorf("an alert over 2 minutes has a step of %v s, which hides %v s", rep.Step, rep.Objectives[0].Hidden)
	}
}
