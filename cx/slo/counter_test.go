package slo_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/metric/noop"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
)

// counter returns a Counter without metrics, whose clock shows *now.
func counter(tb interface{ Fatal(args ...any) }, now *time.Time, objectives ...slo.Objective) *slo.Counter {
	c, err := slo.NewCounter(objectives, slo.CounterConfig{MeterProvider: noop.NewMeterProvider(), Now: func() time.Time { return *now }})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// heard is an event of the naive list.
type heard struct {
	at       time.Time
	result   slo.Result
	currency string
	amount   int64
}

// countOf returns what the list has from first to last, whole steps of the width: the buckets in which first and last lie belong to it.
func countOf(list []heard, first, last time.Time, width time.Duration) (c slo.Counts, stake map[string]int64) {
	first, last = first.Truncate(width), last.Truncate(width)
	stake = map[string]int64{}
	for _, h := range list {
		if at := h.at.Truncate(width); at.Before(first) || at.After(last) {
			continue
		}
		switch h.result {
		case slo.Good:
			c.Good++
		case slo.Bad:
			c.Bad++
			if h.amount > 0 {
				stake[h.currency] += h.amount
			}
		case slo.Excluded:
			c.Excluded++
		}
	}
	return c, stake
}

// exactly returns what the list has in a window that ends now: later than its beginning, up to now.
func exactly(list []heard, from, now time.Time) (c slo.Counts) {
	for _, h := range list {
		if h.at.Before(from) || h.at.After(now) {
			continue
		}
		switch h.result {
		case slo.Good:
			c.Good++
		case slo.Bad:
			c.Bad++
		case slo.Excluded:
			c.Excluded++
		}
	}
	return c
}

// TestStatusIsTheList: the state of an objective is that of a plain list of its events, whatever order they come in and however the clock
// moves within an hour. Its counts are never below the exact ones of the window, and never above those of a window that is longer by
// a bucket.
func TestStatusIsTheList(t *testing.T) {
	t.Parallel()
	windows := []slo.Window{
		{Days: 1},
		{Days: 7},
		{Days: 28},
		{Days: 90},
		{Period: slo.CalendarWeek, Zone: "Asia/Kathmandu"},
		{Period: slo.CalendarMonth, Zone: "Europe/London"},
		{Period: slo.CalendarMonth, Zone: "Australia/Lord_Howe"},
		{Period: slo.CalendarQuarter},
		{Period: slo.CalendarQuarter, Zone: "America/New_York"},
	}
	rapid.Check(t, func(t *rapid.T) {
		w := rapid.SampledFrom(windows).Draw(t, "window")
		start := time.Date(2026, time.Month(rapid.IntRange(1, 12).Draw(t, "month")), rapid.IntRange(1, 28).Draw(t, "day"), 0, 0, rapid.IntRange(0, 86_399).Draw(t, "second"), 0, time.UTC)
		now, latest := start, start
		o := slo.Objective{
			Name: "o", Journey: "checkout", Good: slo.Criteria{Within: time.Hour}, Target: 0.9, Window: w,
		}
		c := counter(t, &now, o)
		var list []heard
		for range rapid.IntRange(0, 80).Draw(t, "events") {
			switch rapid.IntRange(0, 9).Draw(t, "clock") {
			case 0: // back, at most an hour behind the latest time that was shown
				now = now.Add(-time.Duration(rapid.IntRange(0, int(time.Hour-latest.Sub(now))).Draw(t, "back")))
			case 1:
				now = now.Add(time.Duration(rapid.IntRange(0, 40*24).Draw(t, "days")) * time.Hour)
			default:
				now = now.Add(time.Duration(rapid.IntRange(0, int(2*time.Hour)).Draw(t, "on")))
			}
			if now.After(latest) {
				latest = now
			}
			ago := time.Duration(0)
			switch rapid.IntRange(0, 3).Draw(t, "order") {
			case 0: // out of order, by up to a hundred days
				ago = time.Duration(rapid.Int64Range(0, int64(100*24*time.Hour)).Draw(t, "ago"))
			case 1: // by up to six hours
				ago = time.Duration(rapid.Int64Range(0, int64(6*time.Hour)).Draw(t, "ago"))
			case 2: // ahead, as the client allows
				ago = -time.Duration(rapid.Int64Range(0, int64(event.MaxAhead)).Draw(t, "ahead"))
			}
			h := heard{at: now.Add(-ago), result: rapid.SampledFrom([]slo.Result{slo.Good, slo.Bad, slo.Excluded}).Draw(t, "result")}
			e := ended(func(e *event.Event) {
				e.Time = h.at
				switch h.result {
				case slo.Bad:
					e.Outcome = event.Failed
				case slo.Excluded:
					e.Transition.Partial = true
				}
				if rapid.Bool().Draw(t, "valued") {
					h.currency, h.amount = rapid.SampledFrom([]string{"EUR", "USD"}).Draw(t, "currency"), int64(rapid.IntRange(0, 1000).Draw(t, "amount"))
					e.Journey.Value = &event.Money{Amount: h.amount, Currency: h.currency}
				}
			})
			list = append(list, h)
			c.Record(context.Background(), &e)
		}
		checkStatus(t, c.Status(now)[0], list, w, now)
	})
}

// failer is a test, or a check of rapid.
type failer interface {
	Fatalf(format string, args ...any)
}

func checkStatus(t failer, s slo.Status, list []heard, w slo.Window, now time.Time) {
	const quarter = 15 * time.Minute
	from, until := w.Bounds(now)
	counts, stake := countOf(list, from, now, quarter)
	if s.Counts != counts || !s.From.Equal(from) || !s.Until.Equal(until) {
		t.Fatalf("the window from %v has %+v, want %+v", s.From, s.Counts, counts)
	}
	if w.Period != 0 && s.Counts != exactly(list, from, now.Truncate(quarter).Add(quarter-1)) {
		t.Fatalf("the calendar's window has %+v, want exactly %+v", s.Counts, exactly(list, from, now))
	}
	got := map[string]int64{}
	for _, m := range s.AtStake {
		got[m.Currency] = m.Amount
	}
	if d := gocmp.Diff(stake, got); d != "" || !slices.IsSortedFunc(s.AtStake, func(a, b event.Money) int { return cmp.Compare(a.Currency, b.Currency) }) {
		t.Fatalf("at stake is %v (-want +got):\n%s", s.AtStake, d)
	}
	for i, window := range slo.AlertWindows(w) {
		width := time.Minute
		if window > 6*time.Hour {
			width = quarter
		}
		want, _ := countOf(list, now.Add(-window), now, width)
		b := s.Burn[i]
		if b.Window != window || b.Counts != want {
			t.Fatalf("the last %v have %+v, want %+v", window, b, want)
		}
		less, more := exactly(list, now.Add(-window), now), exactly(list, now.Add(-window-width), now.Add(width))
		if b.Good < less.Good || b.Bad < less.Bad || b.Good > more.Good || b.Bad > more.Bad {
			t.Fatalf("the last %v have %+v, want %+v to %+v", window, b.Counts, less, more)
		}
	}
}

// TestReach: with an event in every minute, and the next ones of a clock that is five minutes ahead, the state is exact for as long as the
// windows are, also for a clock that is set back by an hour. Windows of days are exact for one that is set back by a day.
func TestReach(t *testing.T) {
	t.Parallel()
	for _, w := range []slo.Window{{Days: 1}, {Days: 7}, {Days: 30}, {Period: slo.CalendarWeek, Zone: "Pacific/Kiritimati"}} {
		now := time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC)
		c := counter(t, &now, slo.Objective{Name: "o", Touchpoint: "pay", Target: 0.9, Window: w})
		var list []heard
		end := now.AddDate(0, 0, 33).Add(-4 * time.Minute) // the clock ahead shows the next hour, and the next day
		for ; !now.After(end); now = now.Add(time.Minute) {
			for _, ahead := range []time.Duration{0, event.MaxAhead} {
				e := touched(func(e *event.Event) { e.Time, e.Duration = now.Add(ahead), 0 })
				c.Record(context.Background(), &e)
				list = append(list, heard{at: e.Time, result: slo.Good})
			}
		}
		now = end
		for _, back := range []time.Duration{0, time.Minute, time.Hour} {
			checkStatus(t, c.Status(now.Add(-back))[0], list, w, now.Add(-back))
		}
		yesterday := now.AddDate(0, 0, -1)
		from, _ := w.Bounds(yesterday)
		if want, _ := countOf(list, from, yesterday, 15*time.Minute); c.Status(yesterday)[0].Counts != want {
			t.Errorf("for a clock that is set back by a day the window %v has %+v, want %+v", w, c.Status(yesterday)[0].Counts, want)
		}
	}
}

// TestClockFarAhead: what a clock that ran years ahead has left gives way to what is near now, and so does what is years old.
func TestClockFarAhead(t *testing.T) {
	t.Parallel()
	now := noon
	c := counter(t, &now, slo.Objective{Name: "o", Touchpoint: "pay", Target: 0.9, Window: slo.Window{Days: 7}})
	at := func(at time.Time) {
		e := touched(func(e *event.Event) { e.Time, e.Duration = at, 0 })
		c.Record(context.Background(), &e)
	}
	at(noon)
	for day := range 40 { // a clock in 2036, which shows its time to the counter as well
		now = noon.AddDate(10, 0, day)
		at(now)
	}
	now = noon.Add(time.Minute)
	for day := range 40 {
		at(noon.AddDate(-10, 0, -day))
	}
	for day := range 7 {
		at(noon.AddDate(0, 0, -day))
	}
	if got := c.Status(now)[0]; got.Good != 7 {
		t.Errorf("the last 7 days have %+v, want 7 good: the first event gave way to the clock's jump, and nothing else", got.Counts)
	}
	if got := c.Status(noon.AddDate(10, 0, 39))[0]; got.Good != 0 {
		t.Errorf("the days of the wrong clock have %+v, want none, because they gave way", got.Counts)
	}
}

// TestCounterConcurrently: counts of many goroutines, of several days at once, are exact.
func TestCounterConcurrently(t *testing.T) {
	t.Parallel()
	now := noon
	c := counter(t, &now, slo.Objective{Name: "o", Journey: "checkout", Target: 0.9, Window: slo.Window{Days: 28}, By: []slo.Dimension{slo.ByChannel, slo.ByRelease}})
	const goroutines, each = 8, 500
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := range each {
				e := ended(func(e *event.Event) {
					e.Time = noon.Add(-time.Duration(i%20) * 24 * time.Hour)
					e.Journey.Value = &event.Money{Amount: 1, Currency: fmt.Sprint("C", i%3)}
					e.Variant = &event.Variant{Release: fmt.Sprint(i % 90)}
					if g%2 == 0 {
						e.Outcome = event.Failed
					}
				})
				c.Record(context.Background(), &e)
				if i%100 == 0 {
					c.Zero(context.Background())
					c.Status(noon)
				}
			}
		})
	}
	wg.Wait()
	s := c.Status(noon)[0]
	if s.Counts != (slo.Counts{Good: goroutines * each / 2, Bad: goroutines * each / 2}) || len(s.AtStake) != 3 {
		t.Errorf("the state is %+v with %v at stake", s.Counts, s.AtStake)
	}
}

// TestCompositeOfCounter: the parts of a composite are found by name, in any order.
func TestCompositeOfCounter(t *testing.T) {
	t.Parallel()
	now := noon
	w := slo.Window{Days: 28}
	c := counter(t, &now,
		slo.Objective{Name: "both", Of: []slo.Part{{Objective: "pays", Weight: 1}, {Objective: "completes", Weight: 3}, {Objective: "gone", Weight: 4}}, Target: 0.5, Window: w},
		slo.Objective{Name: "completes", Journey: "checkout", Target: 0.9, Window: w},
		slo.Objective{Name: "pays", Touchpoint: "pay", Target: 0.9, Window: w})
	failed, fine := ended(outcome(event.Failed)), touched(nil)
	c.Record(context.Background(), &failed)
	c.Record(context.Background(), &fine)
	s := c.Status(now)
	if s[0].Name != "both" || !near(s[0].Ratio, 0.25) || !near(s[0].Heard, 0.5) || len(s[0].Parts) != 3 || s[0].Parts[1].Name != "completes" || s[0].From != s[1].From {
		t.Errorf("the state is %+v", s[0])
	}
}

// TestExceptIsNotCounted: what an objective leaves out is in no count of it, and the next objective counts it.
func TestExceptIsNotCounted(t *testing.T) {
	t.Parallel()
	now := noon
	c := counter(t, &now,
		slo.Objective{Name: "customers", Touchpoint: "pay", Target: 0.9, Window: slo.Window{Days: 7}, Except: slo.Except{Actors: []event.Actor{event.ActorEmployee}}},
		slo.Objective{Name: "all", Touchpoint: "pay", Target: 0.9, Window: slo.Window{Days: 7}})
	e := touched(func(e *event.Event) { e.Time, e.Actor = noon, event.ActorEmployee })
	c.Record(context.Background(), &e)
	if s := c.Status(now.Add(time.Hour)); s[0].Counts != (slo.Counts{}) || s[1].Counts != (slo.Counts{Good: 1}) {
		t.Errorf("without employees there are %+v, and with them %+v", s[0].Counts, s[1].Counts)
	}
}

// TestSince: a process says since when it counts, until the whole window is later.
func TestSince(t *testing.T) {
	t.Parallel()
	now := noon
	c := counter(t, &now, slo.Objective{Name: "o", Touchpoint: "pay", Target: 0.9, Window: slo.Window{Days: 7}})
	if s := c.Status(noon.Add(7 * 24 * time.Hour))[0]; !s.Since.IsZero() {
		t.Errorf("after a week it counts since %v, want the whole window", s.Since)
	}
	if s := c.Status(noon.Add(7*24*time.Hour - 1))[0]; !s.Since.Equal(noon) {
		t.Errorf("before a week it counts since %v, want %v", s.Since, noon)
	}
}

// TestRecordAllocatesNothing: with fifty objectives of which two apply, with values and splits.
func TestRecordAllocatesNothing(t *testing.T) {
	now := noon
	var many []slo.Objective
	for i := range 50 {
		o := slo.Objective{Name: fmt.Sprint(i), Journey: fmt.Sprint(i / 2), Target: 0.9, Window: slo.Window{Days: 28}}
		if i%2 == 0 {
			o.By = []slo.Dimension{slo.ByChannel, slo.BySegment, slo.ByActor, slo.ByIntent, slo.ByRelease, slo.ByArm}
		}
		many = append(many, o)
	}
	c := counter(t, &now, many...)
	e := ended(func(e *event.Event) {
		e.Journey.Name, e.Journey.Value, e.Outcome = "7", &event.Money{Amount: 5, Currency: "EUR"}, event.Failed
		e.Variant, e.Intent, e.Customer.Segment = &event.Variant{Release: "1", Arm: "b"}, "move", "business"
	})
	for _, zero := range []bool{false, true} { // before and after the zeros of the split are collected
		if zero {
			c.Zero(context.Background())
			c.Zero(context.Background())
		}
		if n := testing.AllocsPerRun(100, func() { c.Record(context.Background(), &e) }); n != 0 {
			t.Errorf("an event allocates %v times, want none", n)
		}
	}
}

// TestNilCounter: it counts nothing.
func TestNilCounter(t *testing.T) {
	t.Parallel()
	var c *slo.Counter
	e := ended(nil)
	c.Record(context.Background(), &e)
	c.Zero(context.Background())
	if c.Status(noon) != nil {
		t.Error("a nil Counter has a state")
	}
}

// TestEmptyCounter: a Counter without a configuration takes OpenTelemetry's global provider and the real clock.
func TestEmptyCounter(t *testing.T) {
	t.Parallel()
	c, err := slo.NewCounter([]slo.Objective{{Name: "o", Touchpoint: "pay", Target: 0.9, Window: slo.Window{Days: 1}, By: []slo.Dimension{slo.ByRelease}}}, slo.CounterConfig{})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for i := range 100 { // more than have a series, and nobody is told
		e := touched(func(e *event.Event) {
			e.Time, e.Variant = now.Add(-time.Minute), &event.Variant{Release: fmt.Sprint(i)}
		})
		c.Record(context.Background(), &e)
	}
	if s := c.Status(now)[0]; s.Good != 100 || s.Since.Before(now.Add(-time.Minute)) {
		t.Errorf("the state is %+v since %v", s.Counts, s.Since)
	}
}
