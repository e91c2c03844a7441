package breakdown_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/cx/stats/control"
)

// TestOneMatter: which charts are one finding.
func TestOneMatter(t *testing.T) {
	t.Parallel()
	const days = 90
	cause := insight.Subject{About: breakdown.OfCause, Journey: "order", Name: "declined"}
	for _, c := range []struct {
		reason string
		charts map[insight.Subject]rate
		want   string
	}{
		{"a touchpoint of another stage is another matter", map[insight.Subject]rate{
			touchpoint("basket"): from(84, 600, 0.05, 0.11), stage("payment"): from(84, 480, 0.06, 0.12),
		}, `the touchpoint "basket" of "order" [] | the stage "payment" of "order" []`},
		{"one that began weeks apart is another matter", map[insight.Subject]rate{
			touchpoint("card"): from(77, 600, 0.05, 0.11), stage("payment"): from(85, 480, 0.06, 0.14),
		}, `the stage "payment" of "order" [] | the touchpoint "card" of "order" []`},
		{"one that explains a small part of it is another matter", map[insight.Subject]rate{
			touchpoint("card"): from(84, 100, 0.1, 0.3), order: from(84, 1000, 0.1, 0.2),
		}, `the journey "order" [] | the touchpoint "card" of "order" []`},
		{"two touchpoints are two matters, and the stage belongs to the larger one", map[insight.Subject]rate{
			touchpoint("card"): from(84, 600, 0.05, 0.11), touchpoint("voucher"): from(84, 600, 0.05, 0.1), stage("payment"): from(84, 480, 0.06, 0.12),
		}, `the touchpoint "card" of "order" [payment] | the touchpoint "voucher" of "order" []`},
		{"a cause, its stage and its journey", map[insight.Subject]rate{
			cause: from(84, 500, 0.02, 0.07), stage("payment"): from(84, 480, 0.06, 0.12), order: from(84, 500, 0.1, 0.16),
		}, `the cause "declined" of "order" [payment order]`},
		{"what became better is no part of what became worse", map[insight.Subject]rate{
			touchpoint("card"): from(84, 600, 0.05, 0.11), stage("payment"): from(84, 480, 0.12, 0.06),
		}, `the touchpoint "card" of "order" [] | the stage "payment" of "order" []`},
		{"a promise is a matter of its own", map[insight.Subject]rate{
			{About: breakdown.OfPromise, Journey: "order", Name: "shipped"}: from(84, 600, 0.05, 0.11), order: from(84, 480, 0.06, 0.12),
		}, `the promise "shipped" of "order" [] | the journey "order" []`},
		{"what began five days before is the same", map[insight.Subject]rate{
			touchpoint("card"): from(78, 600, 0.05, 0.11), stage("payment"): from(83, 480, 0.06, 0.12),
		}, `the touchpoint "card" of "order" [payment]`},
		{"what began five days later is the same", map[insight.Subject]rate{
			touchpoint("card"): from(83, 600, 0.05, 0.11), stage("payment"): from(78, 480, 0.06, 0.12),
		}, `the touchpoint "card" of "order" [payment]`},
		{"what began six days before is another matter", map[insight.Subject]rate{
			touchpoint("card"): from(77, 600, 0.05, 0.11), stage("payment"): from(83, 480, 0.06, 0.13),
		}, `the touchpoint "card" of "order" [] | the stage "payment" of "order" []`},
		{"what began six days later is another matter", map[insight.Subject]rate{
			touchpoint("card"): from(83, 600, 0.05, 0.11), stage("payment"): from(77, 480, 0.06, 0.13),
		}, `the touchpoint "card" of "order" [] | the stage "payment" of "order" []`},
		{"three fifths of it explain it", map[insight.Subject]rate{
			touchpoint("card"): from(84, 600, 0.1, 0.2), order: from(84, 1000, 0.1, 0.2),
		}, `the touchpoint "card" of "order" [order]`},
		{"two fifths of it do not", map[insight.Subject]rate{
			touchpoint("card"): from(84, 400, 0.1, 0.2), order: from(84, 1000, 0.1, 0.2),
		}, `the journey "order" [] | the touchpoint "card" of "order" []`},
		{"another journey has matters of its own", map[insight.Subject]rate{
			touchpoint("card"): from(84, 600, 0.05, 0.11), {About: breakdown.OfJourney, Journey: "return"}: from(84, 480, 0.06, 0.12),
		}, `the touchpoint "card" of "order" [] | the journey "return" []`},
		{"so have charts of no journey", map[insight.Subject]rate{
			{About: breakdown.OfQueue, Name: "hotline"}: from(84, 480, 0.06, 0.12), {About: breakdown.OfSurvey, Name: "after"}: from(84, 600, 0.05, 0.11),
		}, `the survey "after" [] | the queue "hotline" []`},
		{"what drifts is another matter", map[insight.Subject]rate{
			touchpoint("card"): from(79, 2000, 0.1, 0.3), order: func(d int) (int64, float64) { return 2000, 0.1 + 0.003*float64(d) },
		}, `the touchpoint "card" of "order" [] | the journey "order" []`},
		{"a touchpoint of no stage may be in each", map[insight.Subject]rate{
			touchpoint("anywhere"): from(84, 600, 0.05, 0.11), stage("payment"): from(84, 480, 0.06, 0.12),
		}, `the touchpoint "anywhere" of "order" [payment]`},
		{"a touchpoint that the blueprint has in another journey may be in each", map[insight.Subject]rate{
			touchpoint("elsewhere"): from(84, 600, 0.05, 0.11), stage("payment"): from(84, 480, 0.06, 0.12),
		}, `the touchpoint "elsewhere" of "order" [payment]`},
		{"nothing", map[insight.Subject]rate{order: always(500, 0.1)}, ""},
	} {
		var charts []insight.DailyChart
		for s, of := range c.charts {
			charts = append(charts, chart(s, days, of))
		}
		slices.SortFunc(charts, func(x, y insight.DailyChart) int { return x.Compare(y.Subject) })
		got := breakdown.Find(daily(days, charts...), shop(), nil, breakdown.Settings{})
		var list []string
		for i := range got.Found {
			var also []string
			for _, s := range got.Found[i].Also {
				also = append(also, s.Name+strings.Repeat(s.Journey, 1-min(1, len(s.Name))))
			}
			list = append(list, fmt.Sprint(breakdown.Name(got.Found[i].Subject), " ", also))
		}
		if s := strings.Join(list, " | "); s != c.want {
			t.Errorf("%s: %s, want %s", c.reason, s, c.want)
		}
	}
}

// TestOneFamily: the charts of a refresh that are assessed are a family, of each direction its own. A chart with too few days is in none, and what becomes better
// makes nothing of what becomes worse less likely.
func TestOneFamily(t *testing.T) {
	t.Parallel()
	const days = 90
	c := faint(t, days)
	for _, test := range []struct {
		reason string
		beside rate
		change func(*insight.DailyChart)
		found  bool
	}{
		{"ten usual charts are tested, too", always(500, 0.1), func(*insight.DailyChart) {}, false},
		{"ten charts that are young are not tested", always(500, 0.1), func(c *insight.DailyChart) { c.Anew = 60 }, true},
	} {
		all := []insight.DailyChart{c}
		for n := range 10 {
			beside := chart(touchpoint(fmt.Sprint("usual-", n)), days, test.beside)
			test.change(&beside)
			all = append(all, beside)
		}
		got := breakdown.Find(daily(days, all...), nil, nil, breakdown.Settings{})
		if is := slices.ContainsFunc(got.Found, func(f breakdown.Found) bool { return f.Name == "faint" }); is != test.found {
			t.Errorf("%s: found %t", test.reason, is)
		}
	}
	// With nine charts that are much better, the tenth of the least likely ones would pass, were it one family.
	all := []insight.DailyChart{c}
	for n := range 9 {
		all = append(all, chart(touchpoint(fmt.Sprint("better-", n)), days, from(84, 2000, 0.3, 0.1)))
	}
	for _, f := range breakdown.Find(daily(days, all...), nil, nil, breakdown.Settings{}).Found {
		if f.Name == "faint" {
			t.Errorf("what became better makes %+v less likely to be chance", f)
		}
	}
}

// TestFamilies: of a refresh with many charts, no more than one in twenty of what is found is chance; a world in which nothing has changed has no finding in at least
// 95 of 100.
func TestFamilies(t *testing.T) {
	t.Parallel()
	worlds := int64(40)
	if os.Getenv("CAIRN_WHOLE") != "" {
		worlds = 1000
	}
	alarms, right, wrong := int64(0), 0, 0
	for seed := range worlds {
		r := rand.New(rand.NewPCG(uint64(seed), 20)) //nolint:gosec // a simulation
		var quiet, some []insight.DailyChart
		for n := range 60 {
			c := insight.DailyChart{Subject: touchpoint(fmt.Sprint(n)), Series: control.Series{First: time.Monday}}
			for d := range 84 {
				p := 0.1
				if n < 10 && d >= 74 {
					p = 0.2
				}
				day := control.Day{N: 200}
				for range day.N {
					if r.Float64() < p {
						day.Bad++
					}
				}
				c.Series.Days = append(c.Series.Days, day)
			}
			if n >= 10 {
				quiet = append(quiet, c)
			}
			some = append(some, c)
		}
		if len(breakdown.Find(daily(84, quiet...), nil, nil, breakdown.Settings{}).Found) > 0 {
			alarms++
		}
		for _, f := range breakdown.Find(daily(84, some...), nil, nil, breakdown.Settings{}).Found {
			if len(f.Name) == 1 {
				right++
			} else {
				wrong++
			}
		}
	}
	t.Logf("in %d worlds %d have a finding without a change; with ten changes %d are right and %d are chance", worlds, alarms, right, wrong)
	if stats.BinomialAtLeast(alarms, worlds, 0.1) < 0.001 || float64(wrong) > 0.05*float64(right+wrong) || right < int(worlds)*9 {
		t.Errorf("in %d worlds %d have a finding without a change; with ten changes %d are right and %d are chance", worlds, alarms, right, wrong)
	}
}
