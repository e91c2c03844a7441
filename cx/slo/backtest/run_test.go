package backtest_test

import (
	"context"
	"errors"
	"maps"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/backtest"
	"cairncx.dev/cairn/cx/slo/rules"
)

var begin = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// paying is an objective on a touchpoint.
func paying(name string, target float64, days int) slo.Objective {
	return slo.Objective{Name: name, Touchpoint: name, Target: target, Window: slo.Window{Days: days}}
}

// counts counts interactions at the touchpoint of an objective.
func counts(t testing.TB, c *backtest.Counts, touchpoint string, events []happened) {
	t.Helper()
	for _, h := range events {
		e := event.Event{Kind: event.TouchpointEnded, Touchpoint: touchpoint, Time: h.at, Outcome: event.OK}
		if h.bad {
			e.Outcome = event.Failed
		}
		c.Process(t.Context(), &e)
	}
}

// troubles are a fast burn, a slow one after idle hours, single failures at low traffic, and two at the instants of scrapes and steps.
func troubles() (events []happened, until time.Time) {
	r := rand.New(rand.NewPCG(7, 11))
	add := func(from, length, every time.Duration, share float64) {
		for at := from; at < from+length; at += every {
			events = append(events, happened{begin.Add(at).Add(time.Duration(r.Int64N(int64(every)))), r.Float64() < share})
		}
	}
	const hour = time.Hour
	add(0, 30*hour, 2*time.Minute, 0.01)
	add(30*hour, 2*hour, time.Minute, 0.9)
	add(32*hour, 16*hour, 2*time.Minute, 0.01)
	add(60*hour, 24*hour, 10*time.Minute, 0.15)
	add(90*hour, hour, 7*time.Minute, 0.5)
	events = append(events, happened{begin.Add(100 * hour), true}, happened{begin.Add(100*hour + 15*time.Second), true})
	slices.SortFunc(events, func(a, b happened) int { return a.at.Compare(b.at) })
	return events, begin.Add(110 * hour)
}

// TestFiresAsCounted compares the firings with a model that counts the events of each window.
func TestFiresAsCounted(t *testing.T) {
	t.Parallel()
	events, until := troubles()
	for _, tt := range []struct {
		reason    string
		objective slo.Objective
		firings   int // at least
	}{
		{"all alerts fire", paying("paying", 0.95, 14), 10},
		{"a least number of events", func() slo.Objective { o := paying("evidence", 0.9, 28); o.MinEvents = 40; return o }(), 4},
		{"the budget is that of a week, whose second one begins on the eighth day", func() slo.Objective {
			o := paying("weekly", 0.93, 0)
			o.Window = slo.Window{Period: slo.CalendarWeek, Zone: "Asia/Tokyo"}
			return o
		}(), 10},
		{"a window that is shorter than the log: what leaves it ends the alert", paying("two-days", 0.9, 2), 10},
	} {
		t.Run(tt.objective.Name, func(t *testing.T) {
			t.Parallel()
			c := backtest.NewCounts([]slo.Objective{tt.objective})
			counts(t, c, tt.objective.Touchpoint, events)
			rep, err := backtest.Run(t.Context(), c, backtest.WithPeriod(begin, until))
			if err != nil {
				t.Fatal(err)
			}
			n := newNaive(tt.objective, events)
			n.step = time.Duration(rep.Step) * time.Second
			want := n.fired(t, begin, until)
			some := 0
			for _, list := range want {
				some += len(list)
			}
			if some < tt.firings {
				t.Errorf("the model has %d firings only: %s", some, tt.reason)
			}
			same(t, &rep.Objectives[0], want)
		})
	}
}

// TestFiresInThePeriod: a period in the middle of a log has the alerts that a report on the whole log has there, because what comes before
// it fills the windows.
func TestFiresInThePeriod(t *testing.T) {
	t.Parallel()
	events, until := troubles()
	o := paying("paying", 0.95, 14)
	c := backtest.NewCounts([]slo.Objective{o})
	counts(t, c, o.Touchpoint, events)
	from := begin.Add(62 * time.Hour)
	rep, err := backtest.Run(t.Context(), c, backtest.WithPeriod(from, until))
	if err != nil {
		t.Fatal(err)
	}
	want := newNaive(o, events).fired(t, begin, until)
	for i := range want {
		want[i] = slices.DeleteFunc(want[i], func(s [2]time.Time) bool { return !s[1].IsZero() && !s[1].After(from) })
	}
	same(t, &rep.Objectives[0], want)
	if f := rep.Objectives[0].Alerts[3].Fired[0]; !f.Earlier || f.From.After(from) {
		t.Errorf("the budget was spent before the period, and the report says from %v, earlier: %v", f.From, f.Earlier)
	}
}

// TestComposite compares the alert of a composite, which waits for a day, with a model. The second part has no events for days, and drops
// out.
func TestComposite(t *testing.T) {
	if testing.Short() {
		t.Skip("TestReport runs the same code on less")
	}
	t.Parallel()
	first, until := troubles()
	var second []happened
	for at := 50 * time.Hour; at < 70*time.Hour; at += 20 * time.Minute {
		second = append(second, happened{begin.Add(at), at < 55*time.Hour})
	}
	parts := []slo.Objective{paying("one", 0.9, 2), paying("two", 0.9, 2)}
	parts[0].By = []slo.Dimension{slo.ByChannel} // the rules have a group of their own for it, and no alert reads that
	both := slo.Objective{Name: "both", Of: []slo.Part{{Objective: "one", Weight: 3}, {Objective: "two", Weight: 1}}, Target: 0.92, Window: slo.Window{Days: 2}}
	c := backtest.NewCounts([]slo.Objective{parts[0], both, parts[1]}) // the first part has the index 0
	counts(t, c, "one", first)
	counts(t, c, "two", second)
	rep, err := backtest.Run(t.Context(), c, backtest.WithPeriod(begin, until))
	if err != nil {
		t.Fatal(err)
	}
	one, two := newNaive(parts[0], first), newNaive(parts[1], second)
	step := time.Duration(rep.Step) * time.Second
	var want [][2]time.Time
	var since time.Time
	fires := false
	for at := begin; !at.After(until); at = at.Add(step) {
		var sum, heard float64
		for n, weight := range map[*naive]float64{one: 3, two: 1} {
			if bad, events := n.window(at); events > 0 {
				sum, heard = sum+weight*bad/events, heard+weight
			}
		}
		below := heard > 0 && sum/heard > 0.08
		switch {
		case !below:
			since = time.Time{}
		case since.IsZero():
			since = at
		}
		now := below && at.Sub(since) >= 24*time.Hour
		switch {
		case now && !fires:
			want = append(want, [2]time.Time{at})
		case !now && fires:
			want[len(want)-1][1] = at
		}
		fires = now
	}
	if len(want) == 0 {
		t.Fatal("the model never fires")
	}
	same(t, &rep.Objectives[1], [][][2]time.Time{want})
	same(t, &rep.Objectives[0], func() [][][2]time.Time { one.step = step; return one.fired(t, begin, until) }())
	if rep.Objectives[1].Ratio != nil || !slices.Equal(rep.Objectives[1].Parts, []string{"one", "two"}) {
		t.Errorf("the composite has the ratio %v and the parts %q", rep.Objectives[1].Ratio, rep.Objectives[1].Parts)
	}
}

// TestReport: the counts, the budget, the worst day and the calls are those of the events.
func TestReport(t *testing.T) {
	t.Parallel()
	events, until := troubles()
	o := paying("paying", 0.95, 14)
	o.Description, o.Owner = "A customer pays", "team-payments"
	c := backtest.NewCounts([]slo.Objective{o})
	counts(t, c, o.Touchpoint, events)
	zone := time.FixedZone("", 5*3600)
	rep, err := backtest.Run(t.Context(), c, backtest.WithPeriod(begin, until), backtest.WithLocation(zone))
	if err != nil {
		t.Fatal(err)
	}
	bad, days := int64(0), map[string]int64{}
	for _, e := range events {
		if e.bad {
			bad++
			days[e.at.In(zone).Format(time.DateOnly)]++
		}
	}
	got := rep.Objectives[0]
	if got.Total() != int64(len(events)) || got.Bad != bad || got.Description != o.Description || got.Owner != o.Owner || got.Window != "14d" {
		t.Errorf("%+v, want %d bad of %d", got, bad, len(events))
	}
	if want := float64(bad) / (float64(len(events)) * 0.05); math.Abs(got.Gone-want) > 1e-9 {
		t.Errorf("%v of the budget was gone, want %v", got.Gone, want)
	}
	if got.Worst == nil || days[got.Worst.Date] != got.Worst.Bad || slices.Max(slices.Collect(maps.Values(days))) != got.Worst.Bad {
		t.Errorf("the worst day is %+v, want one of %v", got.Worst, days)
	}
	if got.FullFrom == nil || !got.FullFrom.Equal(rep.LogFirst.Truncate(time.Second).AddDate(0, 0, 14)) {
		t.Errorf("the window is full from %v", got.FullFrom)
	}
	for _, a := range got.Alerts {
		for _, f := range a.Fired {
			looked := time.Duration(a.Long) * time.Second
			if looked == 0 {
				looked = 14 * 24 * time.Hour
			}
			end := until
			if f.Until != nil {
				end = *f.Until
			}
			seen, badSeen := int64(0), int64(0)
			for _, e := range events {
				if e.at.After(f.From.Add(-looked)) && !e.at.After(end) {
					seen++
					if e.bad {
						badSeen++
					}
				}
			}
			if f.Events != seen || f.Bad != badSeen || f.Seconds != end.Sub(f.From).Seconds() {
				t.Errorf("%s at %v: %d of %d in %v s, want %d of %d", a.Name, f.From, f.Bad, f.Events, f.Seconds, badSeen, seen)
			}
		}
	}
	if rep.Pages.Count == 0 || rep.Pages.Count >= len(got.Alerts[0].Fired)+len(got.Alerts[1].Fired) {
		t.Errorf("%d pages: the alerts that overlap are one", rep.Pages.Count)
	}
}

// TestRefused: what cannot be reported says why, and what to do.
func TestRefused(t *testing.T) {
	t.Parallel()
	one := []happened{{begin, true}}
	for _, tt := range []struct {
		name, want string
		objective  slo.Objective
		events     []happened
		opts       []backtest.Option
		is         error
	}{
		{"no events", "the log is empty", paying("a", 0.9, 28), nil, nil, backtest.ErrEmpty},
		{"another period", "choose another period", paying("a", 0.9, 28), one, []backtest.Option{backtest.WithPeriod(begin.AddDate(1, 0, 0), begin.AddDate(1, 0, 1))}, backtest.ErrEmpty},
		{"a period that ends before it begins", "has to begin before it ends", paying("a", 0.9, 28), one, []backtest.Option{backtest.WithPeriod(begin, begin.Add(-1))}, nil},
		{"a step that does not divide an hour", "a step of 7m is not possible", paying("a", 0.9, 28), one, []backtest.Option{backtest.WithStep(7 * time.Minute)}, nil},
		{"a step below a minute", "a step of 30s is not possible: use 1m to 1h", paying("a", 0.9, 28), one, []backtest.Option{backtest.WithStep(30 * time.Second)}, nil},
		{"a step that an alert fits into", "use a shorter step, such as 2m", paying("a", 0.9, 1), one, []backtest.Option{backtest.WithStep(time.Hour)}, nil},
		{"rules that cannot be", "a target is less than 100%", paying("a", 1, 28), one, nil, nil},
		{"a scrape that cannot be", "the scrape interval is", paying("a", 0.9, 28), one, []backtest.Option{backtest.WithScrape(time.Hour)}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := backtest.NewCounts([]slo.Objective{tt.objective})
			counts(t, c, "a", tt.events)
			_, err := backtest.Run(t.Context(), c, tt.opts...)
			if err == nil || !strings.Contains(err.Error(), tt.want) || tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// TestStops: Run ends with its context, and says when it stopped.
func TestStops(t *testing.T) {
	t.Parallel()
	c := backtest.NewCounts([]slo.Objective{paying("a", 0.9, 28), paying("b", 0.9, 28), paying("c", 0.9, 28)})
	counts(t, c, "a", []happened{{begin, true}, {begin.AddDate(0, 0, 80), true}})
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("the user has seen enough")
	_, err := backtest.Run(ctx, c, backtest.WithProgress(func(done, total int) {
		if done <= 0 || done > total {
			t.Errorf("%d of %d", done, total)
		}
		cancel(enough)
	}))
	if !errors.Is(err, enough) && !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestProgress: the period begins at a whole step, and who waits is told every hundred steps of how many of all.
func TestProgress(t *testing.T) {
	t.Parallel()
	c := backtest.NewCounts([]slo.Objective{paying("a", 0.9, 28)})
	counts(t, c, "a", []happened{{begin, true}, {begin.Add(23 * time.Hour), false}})
	var told [][2]int
	rep, err := backtest.Run(t.Context(), c, backtest.WithPeriod(begin.Add(90*time.Second), begin.Add(24*time.Hour)),
		backtest.WithProgress(func(done, total int) { told = append(told, [2]int{done, total}) }))
	if err != nil {
		t.Fatal(err)
	}
	if !rep.From.Equal(begin) {
		t.Errorf("the period begins at %v, want %v", rep.From, begin)
	}
	if want := [][2]int{{100, 289}, {200, 289}}; !slices.Equal(told, want) { // a day has 289 steps of five minutes with both of its ends
		t.Errorf("told of %v, want %v", told, want)
	}
}

// TestLeftOut: every alert that is made is in the report, evaluated or left out.
func TestLeftOut(t *testing.T) {
	t.Parallel()
	objectives := []slo.Objective{paying("a", 0.9, 28), {Name: "b", Of: []slo.Part{{Objective: "a", Weight: 1}}, Target: 0.9, Window: slo.Window{Days: 28}}}
	c := backtest.NewCounts(objectives)
	counts(t, c, "a", []happened{{begin, true}})
	rep, err := backtest.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	for _, name := range rep.LeftOut {
		said[name] = true
	}
	for _, o := range rep.Objectives {
		for _, a := range o.Alerts {
			said[a.Name] = true
		}
	}
	files, err := rules.Prometheus(objectives)
	if err != nil {
		t.Fatal(err)
	}
	made := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name, ".rules.yaml") {
			continue
		}
		for _, m := range regexp.MustCompile(`(?m)^ *(?:- )?alert: "?(\w+)`).FindAllStringSubmatch(string(f.Data), -1) {
			made++
			if !said[m[1]] {
				t.Errorf("the report does not say what became of %s in %s", m[1], f.Name)
			}
		}
	}
	if made < 10 {
		t.Errorf("only %d alerts were found", made)
	}
}
