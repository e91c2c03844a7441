package backtest

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/rules"
)

// monday is the beginning of the tests' logs.
var monday = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// logged are the counts of one objective over two days, in which these events happened.
func logged(t *testing.T, from, until time.Time, good, bad []time.Time) *run {
	t.Helper()
	c := NewCounts([]slo.Objective{{Name: "a", Touchpoint: "a", Target: 0.5, Window: slo.Window{Days: 2}}})
	for r, times := range map[slo.Result][]time.Time{slo.Good: good, slo.Bad: bad} {
		for _, at := range times {
			c.lists[0][r] = append(c.lists[0][r], at.UnixMilli())
		}
	}
	c.sort()
	cfg, err := configure([]Option{WithPeriod(from, until), nil})
	if err != nil {
		t.Fatal(err)
	}
	return &run{config: cfg, counts: c}
}

// TestWorst: the worst day has the most bad events, then the fewest events, then the earliest date. Events outside of the period are on
// no day.
func TestWorst(t *testing.T) {
	t.Parallel()
	day := func(n int, times int) (list []time.Time) {
		for i := range times {
			list = append(list, monday.AddDate(0, 0, n).Add(time.Duration(1+i)*time.Hour))
		}
		return list
	}
	for _, tt := range []struct {
		name      string
		good, bad []time.Time
		want      *Day
	}{
		{"nothing happened", nil, nil, nil},
		{"nothing bad happened", day(1, 3), nil, nil},
		{"the most bad events", slices.Concat(day(1, 9)), slices.Concat(day(1, 1), day(2, 2)), &Day{"2026-03-04", 2, 2}},
		{"the most bad events, whatever was good", day(2, 5), slices.Concat(day(1, 1), day(2, 2)), &Day{"2026-03-04", 2, 7}},
		{"as many bad events: the fewer good ones", slices.Concat(day(1, 2), day(2, 1)), slices.Concat(day(1, 2), day(2, 2)), &Day{"2026-03-04", 2, 3}},
		{"as many of both: the first day", slices.Concat(day(1, 1), day(2, 1)), slices.Concat(day(1, 2), day(2, 2)), &Day{"2026-03-03", 2, 3}},
		{"before the period", nil, slices.Concat(day(-2, 9), day(1, 1)), &Day{"2026-03-03", 1, 1}},
		{"after the period", nil, slices.Concat(day(9, 9), day(1, 1)), &Day{"2026-03-03", 1, 1}},
		{"good events outside of the period", slices.Concat(day(-2, 9), day(9, 9)), day(1, 1), &Day{"2026-03-03", 1, 1}},
	} {
		r := logged(t, monday, monday.AddDate(0, 0, 7), tt.good, tt.bad)
		for range 5 { // the days are in a map
			if got := r.worst(0); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
			}
		}
	}
}

// TestFiring: what ended before the period or at its beginning is not of it; what did not end lasts to its end. The events are those of the
// time and of the window before. The budget is half of the events of two days.
func TestFiring(t *testing.T) {
	t.Parallel()
	at := func(hours float64) time.Time { return monday.Add(time.Duration(hours * float64(time.Hour))) }
	r := logged(t, at(10), at(20), []time.Time{at(1), at(8), at(12)}, []time.Time{at(9), at(10), at(13), at(15)})
	for _, tt := range []struct {
		name        string
		from, until float64 // 0 is no end
		looked      time.Duration
		want        *Firing
	}{
		{"it ended before the period", 5, 9, time.Hour, nil},
		{"it ended as the period began", 5, 10, time.Hour, nil},
		{"it ended in the period", 9, 11, time.Hour, &Firing{Earlier: true, Seconds: 7200, Events: 2, Bad: 2, GoneFrom: 2.0 / 3, GoneUntil: 1}},
		{"it began with the period", 10, 12, time.Hour, &Firing{Seconds: 7200, Events: 2, Bad: 1, GoneFrom: 1, GoneUntil: 0.8}},
		{"it did not end", 14, 0, 2 * time.Hour, &Firing{Seconds: 6 * 3600, Events: 2, Bad: 2, GoneFrom: 1, GoneUntil: 8.0 / 7}},
	} {
		s := stretch{from: at(tt.from)}
		if tt.until != 0 {
			s.until = at(tt.until)
		}
		got, there := r.firing(0, s, tt.looked)
		if there != (tt.want != nil) {
			t.Errorf("%s: it is in the report: %v", tt.name, there)
		}
		if tt.want == nil {
			continue
		}
		if !got.From.Equal(s.from) || (got.Until == nil) != s.until.IsZero() || got.Until != nil && !got.Until.Equal(s.until) {
			t.Errorf("%s: it fires from %v until %v", tt.name, got.From, got.Until)
		}
		if math.Abs(got.GoneFrom-tt.want.GoneFrom) > 1e-9 || math.Abs(got.GoneUntil-tt.want.GoneUntil) > 1e-9 {
			t.Errorf("%s: %v and %v of the budget were gone, want %v and %v", tt.name, got.GoneFrom, got.GoneUntil, tt.want.GoneFrom, tt.want.GoneUntil)
		}
		got.From, got.Until, got.GoneFrom, got.GoneUntil = time.Time{}, nil, tt.want.GoneFrom, tt.want.GoneUntil
		if !reflect.DeepEqual(got, *tt.want) {
			t.Errorf("%s: %+v, want %+v", tt.name, got, *tt.want)
		}
	}
}

// TestCalls: alerts of one severity that overlap or touch are one call.
func TestCalls(t *testing.T) {
	t.Parallel()
	at := func(minutes int) time.Time { return monday.Add(time.Duration(minutes) * time.Minute) }
	fired := func(from, until int) Firing {
		f := Firing{From: at(from)}
		if end := at(until); until != 0 {
			f.Until = &end
		}
		return f
	}
	alert := func(s rules.Severity, fired ...Firing) Alert { return Alert{Severity: s, Fired: fired} }
	for _, tt := range []struct {
		name   string
		alerts []Alert
		want   []Call
	}{
		{"none", []Alert{alert(rules.Page)}, nil},
		{"another severity", []Alert{alert(rules.Ticket, fired(1, 2))}, nil},
		{"apart, and out of order", []Alert{alert(rules.Page, fired(10, 20)), alert(rules.Page, fired(1, 9))}, []Call{{at(1), at(9)}, {at(10), at(20)}}},
		{"they overlap", []Alert{alert(rules.Page, fired(1, 12)), alert(rules.Page, fired(10, 20))}, []Call{{at(1), at(20)}}},
		{"they touch", []Alert{alert(rules.Page, fired(1, 10)), alert(rules.Page, fired(10, 20))}, []Call{{at(1), at(20)}}},
		{"one lies in the other", []Alert{alert(rules.Page, fired(1, 20)), alert(rules.Page, fired(5, 10), fired(15, 16))}, []Call{{at(1), at(20)}}},
		{"one goes on", []Alert{alert(rules.Page, fired(5, 0)), alert(rules.Page, fired(1, 2))}, []Call{{at(1), at(2)}, {at(5), at(100)}}},
	} {
		o := Objective{Alerts: tt.alerts}
		if got := o.Calls(rules.Page, at(100)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	r := Report{Until: at(100), Objectives: []Objective{
		{Alerts: []Alert{alert(rules.Page, fired(1, 4), fired(10, 12)), alert(rules.Ticket, fired(1, 50))}}, {Alerts: []Alert{alert(rules.Page, fired(1, 2))}},
	}}
	if got, want := r.calls(rules.Page), (Calls{Count: 3, Longest: 180, Total: 360}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestTeams: a composite is in one team with its parts, and so are composites that have a part in common. Parts come first.
func TestTeams(t *testing.T) {
	t.Parallel()
	plain := func(name string) slo.Objective { return slo.Objective{Name: name, Touchpoint: name} }
	both := func(name string, parts ...string) slo.Objective {
		o := slo.Objective{Name: name}
		for _, p := range parts {
			o.Of = append(o.Of, slo.Part{Objective: p, Weight: 1})
		}
		return o
	}
	for _, tt := range []struct {
		name       string
		objectives []slo.Objective
		want       []team
	}{
		{"each for itself", []slo.Objective{plain("a"), plain("b")}, []team{{0}, {1}}},
		{"a composite before its parts", []slo.Objective{both("x", "a", "b"), plain("a"), plain("c"), plain("b")}, []team{{1, 3, 0}, {2}}},
		{"a part in common", []slo.Objective{plain("a"), plain("b"), plain("c"), both("x", "a", "b"), both("y", "b", "c"), plain("d")}, []team{{0, 1, 2, 3, 4}, {5}}},
		{"two that have nothing in common", []slo.Objective{plain("a"), plain("b"), both("x", "a"), both("y", "b")}, []team{{0, 2}, {1, 3}}},
	} {
		if got := teams(tt.objectives); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestLongest: a Prometheus has to begin a whole window before the period, and a quarter for a window of the calendar.
func TestLongest(t *testing.T) {
	t.Parallel()
	c := NewCounts([]slo.Objective{
		{Name: "a", Window: slo.Window{Days: 3}}, {Name: "b", Window: slo.Window{Days: 7}}, {Name: "c", Window: slo.Window{Period: slo.CalendarWeek}},
	})
	r := &run{counts: c}
	for _, tt := range []struct {
		team team
		days int
	}{{team{0}, 3}, {team{1}, 7}, {team{0, 1}, 7}, {team{1, 0}, 7}, {team{0, 2}, 92}} {
		if got, want := r.longest(tt.team), time.Duration(tt.days)*24*time.Hour; got != want {
			t.Errorf("%v: %v, want %v", tt.team, got, want)
		}
	}
}

// TestSettings: the bounds of the options, and what stands for nil.
func TestSettings(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		step time.Duration
		ok   bool
	}{
		{0, true},
		{time.Minute, true},
		{12 * time.Minute, true},
		{time.Hour, true},
		{-time.Minute, false},
		{30 * time.Second, false},
		{90 * time.Second, false},
		{7 * time.Minute, false},
		{2 * time.Hour, false},
	} {
		if _, err := configure([]Option{WithStep(tt.step)}); (err == nil) != tt.ok {
			t.Errorf("a step of %v: %v", tt.step, err)
		}
	}
	_, err := configure([]Option{WithStep(7 * time.Minute), WithPeriod(monday, monday)})
	if err == nil || !strings.Contains(err.Error(), "a step of 7m") || !strings.Contains(err.Error(), "has to begin before it ends") {
		t.Errorf("two faults: %v", err)
	}
	for _, period := range [][2]time.Time{{{}, monday}, {monday, {}}, {monday, monday.Add(1)}} {
		if _, err := configure([]Option{WithPeriod(period[0], period[1])}); err != nil {
			t.Errorf("%v: %v", period, err)
		}
	}
	c, err := configure([]Option{nil, WithLocation(nil), WithProgress(nil)})
	if err != nil || c.location != time.UTC || c.scrape != rules.DefaultScrape {
		t.Errorf("%+v, %v", c, err)
	}
	c.progress(1, 2)
	for d, want := range map[time.Duration]time.Duration{
		time.Hour: 5 * time.Minute, 5 * time.Minute: 5 * time.Minute, 5*time.Minute - 1: 4 * time.Minute, 4*time.Minute - 1: 3 * time.Minute,
		3 * time.Minute: 3 * time.Minute, 2 * time.Minute: 2 * time.Minute, 2*time.Minute - 1: time.Minute, time.Minute: time.Minute,
	} {
		if got := within(d); got != want {
			t.Errorf("the longest step within %v is %v, want %v", d, got, want)
		}
	}
	for d, want := range map[time.Duration]string{time.Hour: "1h", 5*time.Hour + 36*time.Minute: "5h36m", 5 * time.Minute: "5m", 90 * time.Second: "1m30s", 30 * time.Second: "30s", 0: "0s"} {
		if got := brief(d); got != want {
			t.Errorf("%v is written as %s, want %s", d, got, want)
		}
	}
}

// TestTell: progress is never beyond the total.
func TestTell(t *testing.T) {
	t.Parallel()
	var told [][2]int
	c, err := configure([]Option{WithProgress(func(done, total int) { told = append(told, [2]int{done, total}) })})
	if err != nil {
		t.Fatal(err)
	}
	r := &run{config: c, total: 250}
	for range 3 {
		r.tell(100)
	}
	if want := [][2]int{{100, 250}, {200, 250}, {250, 250}}; !slices.Equal(told, want) {
		t.Errorf("%v, want %v", told, want)
	}
}
