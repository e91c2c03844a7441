package fleet_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/fleet"
)

// noon is a time at which ranges begin and end with samples.
func noon() time.Time { return time.Date(2026, time.March, 4, 12, 0, 0, 0, time.UTC) }

const (
	minute = int64(60_000)
	hour   = 60 * minute
	day    = 24 * hour
)

// events returns a series of cx.slo.events.
func events(objective, result, instance string, samples ...sample) stored {
	return stored{map[string]string{
		"__name__": "cx_slo_events_total", "cx_objective_name": objective, "cx_objective_result": result, "instance": instance,
	}, samples}
}

// at returns samples of the values, one for each interval, the first one so long before noon.
func at(before, interval int64, values ...int64) (list []sample) {
	for i, v := range values {
		list = append(list, sample{noon().UnixMilli() - before + int64(i)*interval, v})
	}
	return list
}

func journey(name string, w slo.Window) slo.Objective {
	return slo.Objective{Name: name, Journey: "checkout", Target: 0.95, Window: w}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	long := at(30*hour, hour, slices.Repeat([]int64{7}, 31)...) // a series that counts nothing
	for _, test := range []struct {
		name, reason string
		series       []stored
		want         slo.Counts
		since        int64 // before noon; 0 is the whole window
	}{
		{
			"an instance", "differences of samples",
			[]stored{events("o", "good", "a", at(25*hour, hour, 5, 5, 9, 9, 10)...)},
			slo.Counts{Good: 5},
			0,
		},
		{
			"results", "each is counted for itself, and one that a later release may have is not counted",
			[]stored{
				events("o", "good", "a", at(25*hour, hour, 0, 0, 3)...), events("o", "bad", "a", at(25*hour, hour, 0, 0, 2)...),
				events("o", "excluded", "a", at(25*hour, hour, 0, 0, 1)...), events("o", "unknown", "a", at(25*hour, hour, 0, 0, 9)...),
			},
			slo.Counts{Good: 3, Bad: 2, Excluded: 1},
			0,
		},
		{
			"an instance is replaced", "the first value of the new one is not counted, because it may be old",
			[]stored{events("o", "bad", "a", at(25*hour, hour, 1, 2, 4)...), events("o", "bad", "b", at(20*hour, minute, 3, 4, 6)...)},
			slo.Counts{Bad: 5},
			0,
		},
		{
			"a reset between hours", "the lower value is a whole count",
			[]stored{events("o", "bad", "a", at(25*hour, hour, 50, 52, 3, 4)...)},
			slo.Counts{Bad: 4},
			0,
		},
		{
			"resets within an hour", "the samples are asked for",
			[]stored{events("o", "bad", "a", at(22*hour+50*minute, 10*minute, 50, 60, 2, 5, 1)...), events("o", "good", "b", long...)},
			slo.Counts{Bad: 10 + 2 + 3 + 1},
			0,
		},
		{
			"a process is not heard for hours", "its last value is kept",
			[]stored{events("o", "bad", "a", append(at(25*hour, hour, 5, 6), at(10*hour, hour, 16)...)...)},
			slo.Counts{Bad: 10},
			0,
		},
		{
			"the first sample lies within the window", "counting began there, with the earliest series",
			[]stored{events("o", "bad", "a", at(11*hour+3*minute, minute, 0, 4)...), events("o", "good", "b", at(11*hour+7*minute, minute, 0)...)},
			slo.Counts{Bad: 4},
			11*hour + 7*minute,
		},
		{
			"the first sample lies in the part of an hour that the window begins with", "it is found there",
			[]stored{events("o", "bad", "a", at(24*hour-7*minute, minute, 0, 4)...)},
			slo.Counts{Bad: 4},
			24*hour - 7*minute,
		},
		{
			"the edges", "a sample at the beginning is the last one before the window, and one at now is in it",
			[]stored{events("o", "bad", "a", append(at(25*hour, hour, 1, 3), at(0, 1, 9, 100)...)...)},
			slo.Counts{Bad: 6},
			0,
		},
		{
			"another objective", "it does not count",
			[]stored{events("o", "good", "a", long...), events("other", "bad", "a", at(2*hour, minute, 0, 4)...)},
			slo.Counts{},
			0,
		},
	} {
		for _, closed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, closed ranges %v", test.name, closed), func(t *testing.T) {
				t.Parallel()
				all, err := status(t, &fake{series: test.series, closed: closed}, noon(), []slo.Objective{journey("o", slo.Window{Days: 1})})
				if err != nil {
					t.Fatal(err)
				}
				if all[0].Counts != test.want {
					t.Errorf("%+v, want %+v: %s", all[0].Counts, test.want, test.reason)
				}
				var since time.Time
				if test.since != 0 {
					since = noon().Add(-time.Duration(test.since) * time.Millisecond)
				}
				if !all[0].Since.Equal(since) {
					t.Errorf("since %s, want %s: %s", all[0].Since, since, test.reason)
				}
			})
		}
	}
}

// TestWindows: each alert window has its own counts, also where it begins before the window of the calendar.
func TestWindows(t *testing.T) {
	t.Parallel()
	monday := time.Date(2026, time.March, 2, 0, 0, 0, 0, time.UTC)
	f := &fake{series: []stored{events("o", "bad", "a", sample{monday.UnixMilli() - 20*hour, 0}, sample{monday.UnixMilli() - 10*hour, 8},
		sample{monday.UnixMilli(), 10}, sample{monday.UnixMilli() + 30*minute, 11})}}
	for _, test := range []struct {
		name   string
		now    time.Time
		week   int64
		recent []int64 // of 1m, 7m, 14m, 1h24m, 16h48m
	}{
		{"the first instant of the week", monday, 0, []int64{2, 2, 2, 2, 10}},
		{"half an hour later", monday.Add(30 * time.Minute), 1, []int64{1, 1, 1, 3, 11}},
		{"in the first minutes", monday.Add(3 * time.Minute), 0, []int64{0, 2, 2, 2, 10}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			all, err := status(t, f, test.now, []slo.Objective{journey("o", slo.Window{Period: slo.CalendarWeek})})
			if err != nil {
				t.Fatal(err)
			}
			var recent []int64
			for _, b := range all[0].Burn {
				recent = append(recent, b.Bad)
			}
			if all[0].Bad != test.week || !slices.Equal(recent, test.recent) {
				t.Errorf("%d, and %d in the alert windows, want %d and %d", all[0].Bad, recent, test.week, test.recent)
			}
			if !all[0].From.Equal(monday) || !all[0].Until.Equal(monday.AddDate(0, 0, 7)) {
				t.Errorf("the week is %s to %s", all[0].From, all[0].Until)
			}
		})
	}
}

// TestAtStake: the value at stake is by currency, and only runs have one.
func TestAtStake(t *testing.T) {
	t.Parallel()
	value := func(objective, currency string, samples ...sample) stored {
		return stored{map[string]string{"__name__": "cx_slo_value_total", "cx_objective_name": objective, "cx_currency": currency}, samples}
	}
	f := &fake{series: []stored{
		value("o", "USD", at(25*hour, hour, 0, 0, 500)...), value("o", "EUR", at(25*hour, hour, 100, 150, 4999)...),
		value("o", "SEK", at(25*hour, hour, 9, 9)...), value("fast", "EUR", at(25*hour, hour, 0, 0, 7)...),
	}}
	fast := slo.Objective{Name: "fast", Touchpoint: "pay", Target: 0.9, Window: slo.Window{Days: 1}}
	all, err := status(t, f, noon(), []slo.Objective{journey("o", slo.Window{Days: 1}), fast})
	if err != nil {
		t.Fatal(err)
	}
	if want := []event.Money{{Amount: 4849, Currency: "EUR"}, {Amount: 500, Currency: "USD"}}; !slices.Equal(all[0].AtStake, want) {
		t.Errorf("at stake are %v, want %v", all[0].AtStake, want)
	}
	if all[1].AtStake != nil {
		t.Errorf("a touchpoint has the value %v", all[1].AtStake)
	}
	if want := 8 + 2 + 8; len(f.asked) != want { // the value is that of the window only
		t.Errorf("%d requests, want %d:\n%s", len(f.asked), want, strings.Join(f.asked, "\n"))
	}
}

// TestComposite: a composite has the states of its parts in their order, and counts since all of them do.
func TestComposite(t *testing.T) {
	t.Parallel()
	f := &fake{series: []stored{
		events("one", "good", "a", at(25*hour, hour, 0, 0, 10)...), events("two", "good", "a", at(5*hour, hour, 0, 3)...),
		events("two", "bad", "a", at(5*hour, hour, 0, 1)...),
	}}
	w := slo.Window{Days: 1}
	both := slo.Objective{Name: "both", Target: 0.9, Window: w, Of: []slo.Part{{Objective: "two", Weight: 1}, {Objective: "one", Weight: 3}}}
	all, err := status(t, f, noon(), []slo.Objective{both, journey("one", w), journey("two", w)})
	if err != nil {
		t.Fatal(err)
	}
	s := all[0]
	if s.Ratio != (0.75+3)/4 || s.Heard != 1 || len(s.Parts) != 2 || s.Parts[0].Name != "two" || !s.Since.Equal(noon().Add(-5*time.Hour)) {
		t.Errorf("the composite is %+v", s)
	}
}

// TestNotCounted: what no process counts is counted since now, and not since the beginning of the window.
func TestNotCounted(t *testing.T) {
	t.Parallel()
	all, err := status(t, &fake{}, noon(), []slo.Objective{journey("o", slo.Window{Days: 28})})
	if err != nil {
		t.Fatal(err)
	}
	if s := all[0]; !s.Since.Equal(noon()) || s.Enough || s.Total() != 0 {
		t.Errorf("the state is %+v", s)
	}
}

// TestQueries: each query has the matchers, and a POST with the times of its piece.
func TestQueries(t *testing.T) {
	t.Parallel()
	f := &fake{}
	o := slo.Objective{Name: "o", Survey: "s", Good: slo.Criteria{ScoreAtLeast: new(4.0)}, Target: 0.9, Window: slo.Window{Days: 1}}
	all, err := status(t, f, noon().Add(999_999), []slo.Objective{o}, fleet.WithMatcher("namespace", `pro"d`), fleet.WithTimeout(1500*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	if !all[0].Now.Equal(noon()) {
		t.Errorf("the state is that of %s, and the queries are for whole milliseconds", all[0].Now)
	}
	const selector = `cx_slo_events_total{cx_objective_name="o", namespace="pro\"d"}`
	summary := `label_replace(min_over_time(S[3600000ms]), "cx_kind", "least", "", "") or label_replace(last_over_time(S[3600000ms]), "cx_kind", "last", "", "")` +
		` or label_replace(resets(S[3600000ms]) > 0, "cx_kind", "resets", "", "")`
	ago := func(minutes int64) string { return fmt.Sprint(noon().Unix() - 60*minutes) }
	for i, want := range []string{
		"query last_over_time(S[86400000ms]) [" + ago(1440) + "] [] [] []",
		"query S[2160000ms] [" + ago(1440-36) + "] [] [] []",
		"query_range " + summary + " [] [" + ago(23*60+24-60) + "] [" + ago(144) + "] [3600]",
		"query S[720000ms] [" + ago(132) + "] [] [] []",
		"query_range " + summary + " [] [" + ago(72) + "] [" + ago(12) + "] [3600]",
		"query S[600000ms] [" + ago(2) + "] [] [] []",
		"query S[60000ms] [" + ago(1) + "] [] [] []",
		"query S[60000ms] [" + ago(0) + "] [] [] []",
	} {
		want = "POST /api/v1/" + strings.ReplaceAll(want, "S[", selector+"[") + " [1.5]"
		if i >= len(f.asked) || f.asked[i] != want {
			t.Fatalf("query %d of\n%s\nwant\n%s", i, strings.Join(f.asked, "\n"), want)
		}
	}
	if len(f.asked) != 8 {
		t.Errorf("%d queries, want 8:\n%s", len(f.asked), strings.Join(f.asked, "\n"))
	}
}

// TestCountsAreThoseOfAllSamples: whatever the samples, the counts are the sums of their differences, also where answers are too long and
// are divided.
func TestCountsAreThoseOfAllSamples(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		f := &fake{closed: rapid.Bool().Draw(r, "closed")}
		now := noon().UnixMilli()
		for i := range rapid.IntRange(1, 4).Draw(r, "series") {
			interval := rapid.SampledFrom([]int64{minute, 5 * minute, 7*minute + 13, hour}).Draw(r, "interval")
			var samples []sample
			value := rapid.Int64Range(0, 100).Draw(r, "first")
			for at := now - rapid.SampledFrom([]int64{40 * hour, 24 * hour, 13*hour + 7, hour}).Draw(r, "begin"); at <= now+hour; at += interval {
				switch rapid.IntRange(0, 19).Draw(r, "happens") {
				case 0:
					value = rapid.Int64Range(0, 3).Draw(r, "restarted")
				case 1:
					at += rapid.Int64Range(0, 3*hour).Draw(r, "gap") / minute * minute
				case 2, 3, 4:
					value += rapid.Int64Range(1, 20).Draw(r, "more")
				}
				samples = append(samples, sample{at, value})
			}
			f.series = append(f.series, events("o", "bad", fmt.Sprint(i), samples...))
		}
		all, err := status(t, f, noon(), []slo.Objective{journey("o", slo.Window{Days: 1})}, fleet.WithMaxResponse(64<<10))
		if err != nil {
			r.Fatal(err)
		}
		if want := differences(f.series, now-day, now); all[0].Bad != want {
			r.Errorf("%d in the window, want %d", all[0].Bad, want)
		}
		for _, b := range all[0].Burn {
			if want := differences(f.series, now-b.Window.Milliseconds(), now); b.Bad != want {
				r.Errorf("%d in %s, want %d", b.Bad, b.Window, want)
			}
		}
	})
}

// TestLongAnswers: what is longer than the limit is asked for in shorter pieces, and counts the same.
func TestLongAnswers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		instances int
	}{
		{"hours are divided", 60},
		{"an hour is asked for in samples", 330},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := &fake{}
			for i := range test.instances {
				var values []int64
				for n := range int64(155) {
					values = append(values, n*int64(i%7)%(100+int64(i)))
				}
				f.series = append(f.series, events("o", "bad", fmt.Sprint(i), at(25*hour+int64(i%9)*minute, 10*minute, values...)...))
			}
			all, err := status(t, f, noon(), []slo.Objective{journey("o", slo.Window{Days: 1})}, fleet.WithMaxResponse(64<<10))
			if err != nil {
				t.Fatal(err)
			}
			if want := differences(f.series, noon().UnixMilli()-day, noon().UnixMilli()); all[0].Bad != want || want == 0 {
				t.Errorf("%d, want %d", all[0].Bad, want)
			}
			if few := 12; len(f.asked) <= few {
				t.Errorf("%d requests: no answer was too long", len(f.asked))
			}
		})
	}
}

// differences sums the differences of successive samples, the later one of which lies after from and not after until.
func differences(list []stored, from, until int64) (n int64) {
	for _, s := range list {
		for i, x := range s.samples {
			if i == 0 || x.at <= from || x.at > until {
				continue
			}
			if before := s.samples[i-1].value; x.value < before {
				n += x.value
			} else {
				n += x.value - before
			}
		}
	}
	return n
}
