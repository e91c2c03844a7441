package breakdown_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/stats/control"
)

// monday is the first day of the series of the tests.
var monday = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)

// rate says how many events a chart has on a day, and which share of them is bad.
type rate func(day int) (n int64, share float64)

// always has so many events a day with that share.
func always(n int64, share float64) rate { return func(int) (int64, float64) { return n, share } }

// from has another share from a day on.
func from(day int, n int64, share, then float64) rate {
	return func(d int) (int64, float64) {
		if d >= day {
			return n, then
		}
		return n, share
	}
}

// chart has the days of the rate, without noise but the rounding and two events up and down.
func chart(s insight.Subject, days int, of rate) insight.DailyChart {
	c := insight.DailyChart{Subject: s, Series: control.Series{First: time.Monday}}
	for d := range days {
		n, share := of(d)
		bad := int64(float64(n)*share+0.5) + int64(d%3) - 1
		c.Series.Days = append(c.Series.Days, control.Day{N: n, Bad: max(0, min(n, bad))})
	}
	return c
}

func daily(days int, charts ...insight.DailyChart) *insight.Daily {
	return &insight.Daily{First: monday, Days: days, Charts: charts}
}

func touchpoint(name string) insight.Subject {
	return insight.Subject{About: breakdown.OfTouchpoint, Journey: "order", Name: name}
}

func stage(name string) insight.Subject {
	return insight.Subject{About: breakdown.OfStage, Journey: "order", Name: name}
}

var order = insight.Subject{About: breakdown.OfJourney, Journey: "order"}

// shop is the blueprint of the tests.
func shop() *blueprint.Blueprint {
	return &blueprint.Blueprint{Version: 1, Journeys: []blueprint.Journey{{Name: "order", Stages: []blueprint.Stage{{Name: "cart"}, {Name: "payment"}}}}, Touchpoints: []blueprint.Touchpoint{
		{Name: "card", Journey: "order", Stage: "payment"},
		{Name: "basket", Journey: "order", Stage: "cart"},
		{Name: "anywhere", Journey: "order"},
		{Name: "elsewhere", Journey: "return", Stage: "parcel"},
	}}
}

// TestFind: a touchpoint that fails more often is found, with the day, the shares and the excess; the stage and the journey show the same.
func TestFind(t *testing.T) {
	t.Parallel()
	const days, broke = 90, 84
	d := daily(days,
		chart(order, days, from(broke, 500, 0.1, 0.16)),
		chart(stage("cart"), days, always(500, 0.04)),
		chart(stage("payment"), days, from(broke, 480, 0.06, 0.12)),
		chart(touchpoint("basket"), days, always(700, 0.05)),
		chart(touchpoint("card"), days, from(broke, 600, 0.05, 0.11)),
		chart(insight.Subject{About: breakdown.OfPromise, Journey: "order", Name: "shipped"}, days, always(300, 0.1)),
		chart(insight.Subject{About: breakdown.OfQueue, Name: "hotline"}, days, from(broke+1, 400, 0.2, 0.1)),
	)
	d.Changes = []insight.DailyChange{
		{Kind: insight.ReleaseChange, Journey: "order", Name: "4.1", Day: monday.AddDate(0, 0, broke-10)},
		{Kind: insight.ReleaseChange, Journey: "order", Name: "4.2", Day: monday.AddDate(0, 0, broke)},
		{Kind: insight.ReleaseChange, Journey: "ticket", Name: "9", Day: monday.AddDate(0, 0, broke)},
		{Kind: insight.MaintenanceChange, Name: "move", Day: monday.AddDate(0, 0, broke+1)},
		{Kind: insight.ReleaseChange, Journey: "order", Name: "two days before", Day: monday.AddDate(0, 0, broke-2)},
		{Kind: insight.ReleaseChange, Journey: "order", Name: "two days after", Day: monday.AddDate(0, 0, broke+2)},
	}
	got := breakdown.Find(d, shop(), nil, breakdown.Settings{})
	if got.Charts != 7 || got.Young != 0 || len(got.Found) != 2 {
		t.Fatalf("%+v", got)
	}
	f := got.Found[0]
	if f.Subject != touchpoint("card") || f.Better || f.Drift || !f.Began.Equal(monday.AddDate(0, 0, broke)) || !f.Last.Equal(monday.AddDate(0, 0, days-1)) ||
		!f.BaselineFrom.Equal(monday.AddDate(0, 0, days-70)) || !f.BaselineUntil.Equal(monday.AddDate(0, 0, days-14)) || f.P > 0.01 {
		t.Errorf("%+v", f)
	}
	if !slices.Equal(f.Also, []insight.Subject{stage("payment"), order}) {
		t.Errorf("also %v", f.Also)
	}
	if math.Abs(f.PerDay-36) > 1.5 || math.Abs(f.Excess-6*f.PerDay) > 1e-9 || math.Abs(f.Since.Value-0.11) > 0.005 || math.Abs(f.Before.Value-0.05) > 0.005 || f.Since.N != 6*600 || f.Before.N != 56*600 {
		t.Errorf("%v a day, %v in all, from %+v to %+v", f.PerDay, f.Excess, f.Before, f.Since)
	}
	var names []string
	for _, c := range f.Coincides {
		names = append(names, c.Name)
	}
	if fmt.Sprint(names) != "[4.2 move]" {
		t.Errorf("it coincides with %v", names)
	}
	if s := f.Sentence(); !strings.Contains(s, `interactions at the touchpoint "card" of "order" that failed rose from 5.0% to 11.0% since 30 March 2026`) || !strings.Contains(s, `The release "4.2" began on 30 March 2026.`) ||
		!strings.Contains(s, `the stage "payment" of "order", the journey "order"`) || strings.Contains(s, "because") {
		t.Errorf("it says %q", s)
	}
	if g := got.Found[1]; g.Subject.Name != "hotline" || !g.Better || g.PerDay > -39 || g.PerDay < -41 || len(g.Also) != 0 || !strings.Contains(g.Sentence(), "fell from 20.0% to 10.1% since 31 March 2026: 39.8 fewer a day") {
		t.Errorf("the improvement is %+v: %s", g, g.Sentence())
	}
}

// TestNotAssessed: a chart with too few days is not assessed, a day that is out says nothing, and one day alone is no finding.
func TestNotAssessed(t *testing.T) {
	t.Parallel()
	const days = 90
	young := chart(touchpoint("young"), days, from(84, 500, 0.1, 0.3))
	young.Anew = 50
	holiday := chart(touchpoint("holiday"), days, from(87, 500, 0.1, 0.5))
	for i := 87; i < days; i++ {
		holiday.Series.Days[i].Out = true
	}
	spike := chart(touchpoint("spike"), days, func(d int) (int64, float64) {
		if d == 86 {
			return 500, 0.9
		}
		return 500, 0.1
	})
	rising := chart(touchpoint("rising"), days, func(d int) (int64, float64) { return 2000, 0.1 + 0.001*float64(d) })
	got := breakdown.Find(daily(days, young, holiday, spike, rising), nil, nil, breakdown.Settings{Level: 7})
	if got.Charts != 3 || got.Young != 1 || len(got.Found) != 1 || !got.Found[0].Drift || got.Found[0].Name != "rising" || !strings.Contains(got.Found[0].Sentence(), "changing for weeks") {
		t.Errorf("%+v", got)
	}
	if short := breakdown.Find(daily(20, chart(order, 20, always(9, 0.5))), nil, nil, breakdown.Settings{}); short.Charts != 0 || short.Young != 1 || len(short.Found) != 0 {
		t.Errorf("a first week: %+v", short)
	}
	if none := breakdown.Find(&insight.Daily{}, nil, nil, breakdown.Settings{}); none.Charts != 0 || none.Found == nil {
		t.Errorf("nothing: %+v", none)
	}
}

// TestToldApart: what is no breakdown is told apart from one: each chart is assessed without a change, and again with one that begins on a day.
func TestToldApart(t *testing.T) {
	t.Parallel()
	const days, broke = 90, 84
	worse := func(of rate) rate {
		return func(d int) (int64, float64) {
			n, share := of(d)
			if d >= broke {
				share *= 1.6
			}
			return n, share
		}
	}
	for _, c := range []struct {
		reason string
		of     rate
		change func(*insight.DailyChart)
		usual  string // what is found without a change
		then   string // and with one, where it is no step
	}{
		{"the same each day", always(500, 0.1), nil, "", ""},
		{"a weekday pattern: weekends have four times the share, and half of the events", func(d int) (int64, float64) {
			if d%7 >= 5 {
				return 500, 0.4
			}
			return 1000, 0.1
		}, nil, "", ""},
		{"one day", func(d int) (int64, float64) {
			if d == 80 {
				return 500, 0.5
			}
			return 500, 0.1
		}, nil, "", ""},
		{"a holiday of three days", func(d int) (int64, float64) {
			if d >= 79 && d < 82 {
				return 500, 0.5
			}
			return 500, 0.1
		}, func(c *insight.DailyChart) {
			for i := 79; i < 82; i++ {
				c.Series.Days[i].Out = true
			}
		}, "", ""},
		{"days without data", func(d int) (int64, float64) {
			if d%5 == 0 || d == 85 {
				return 0, 0
			}
			return 500, 0.1
		}, nil, "", ""},
		{"days with few, of which four expect ten bad events", always(28, 0.1), nil, "", ""},
		{"a blueprint that changed, after which the share is another one", from(40, 500, 0.02, 0.1), func(c *insight.DailyChart) { c.Anew = 40 }, "", ""},
		{"a slow trend, which hides a step", func(d int) (int64, float64) { return 2000, 0.1 + 0.001*float64(d) }, nil, "drift", "drift"},
	} {
		for of, want := range map[*rate]string{new(c.of): c.usual, new(worse(c.of)): cmp.Or(c.then, "step")} {
			one := chart(touchpoint("card"), days, *of)
			if c.change != nil {
				c.change(&one)
			}
			if strings.Contains(c.reason, "few") { // two of 28 up and down are much
				for i := range one.Series.Days {
					one.Series.Days[i].Bad -= int64(i%3) - 1
				}
				if want == "step" {
					for i := broke - 8; i < days; i++ {
						one.Series.Days[i].Bad *= 4
					}
				}
			}
			got := breakdown.Find(daily(days, one), nil, nil, breakdown.Settings{})
			is := ""
			for _, f := range got.Found {
				is += map[bool]string{true: "drift", false: "step"}[f.Drift]
			}
			if is != want || got.Charts != 1 {
				t.Errorf("%s: found %q, want %q: %+v", c.reason, is, want, got)
			}
		}
	}
	// Without its rule, the blueprint that changed is a breakdown of the baseline's noise, and a holiday is one of the chart.
	holiday := chart(touchpoint("card"), days, func(d int) (int64, float64) {
		if d >= 84 && d < 87 {
			return 500, 0.5
		}
		return 500, 0.1
	})
	if got := breakdown.Find(daily(days, holiday), nil, nil, breakdown.Settings{}); len(got.Found) != 1 {
		t.Errorf("three bad days that are not out: %+v", got)
	}
}

// TestOrder: what became worse is before what became better, and what drifts is last, however many events it is about. Each has the most events first.
func TestOrder(t *testing.T) {
	t.Parallel()
	const days = 90
	drift := func(d int) (int64, float64) { return 20_000, 0.1 + 0.001*float64(d) }
	got := breakdown.Find(daily(days,
		chart(touchpoint("drifts"), days, drift), chart(touchpoint("large-better"), days, from(84, 4000, 0.2, 0.1)), chart(touchpoint("large-worse"), days, from(84, 2000, 0.1, 0.2)),
		chart(touchpoint("small-better"), days, from(84, 1000, 0.2, 0.1)), chart(touchpoint("small-worse"), days, from(84, 1000, 0.1, 0.2)),
	), nil, nil, breakdown.Settings{})
	var names []string
	for i := range got.Found {
		names = append(names, got.Found[i].Name)
	}
	if s := strings.Join(names, " "); s != "large-worse small-worse large-better small-better drifts" {
		t.Errorf("the order is %s", s)
	}
	if f := got.Found[len(got.Found)-1]; !f.Drift || len(f.Coincides) != 0 {
		t.Errorf("the last one is %+v", f)
	}
}

// TestDriftCoincides: what has been changing for weeks did not begin on a day, and coincides with nothing.
func TestDriftCoincides(t *testing.T) {
	t.Parallel()
	const days = 90
	d := daily(days, chart(touchpoint("rising"), days, func(d int) (int64, float64) { return 2000, 0.1 + 0.001*float64(d) }))
	for n := range days {
		d.Changes = append(d.Changes, insight.DailyChange{Kind: insight.ReleaseChange, Journey: "order", Name: fmt.Sprint(n), Day: monday.AddDate(0, 0, n)})
	}
	if got := breakdown.Find(d, nil, nil, breakdown.Settings{}); len(got.Found) != 1 || !got.Found[0].Drift || len(got.Found[0].Coincides) != 0 {
		t.Errorf("%+v", got.Found)
	}
}

// faint returns a chart whose worse side alone has a probability between 1% and 5%.
func faint(t *testing.T, days int) insight.DailyChart {
	t.Helper()
	for bad := 0.1; bad < 0.2; bad += 0.0005 {
		c := chart(touchpoint("faint"), days, from(84, 500, 0.1, bad))
		if got := breakdown.Find(daily(days, c), nil, nil, breakdown.Settings{}); len(got.Found) == 1 && got.Found[0].P > 0.01 {
			return c
		}
	}
	t.Fatal("there is none")
	return insight.DailyChart{}
}

// TestOutDays: a day that is out is in no share, and in no excess.
func TestOutDays(t *testing.T) {
	t.Parallel()
	const days = 90
	c := chart(touchpoint("card"), days, from(84, 600, 0.05, 0.15))
	for _, out := range []int{40, 86} {
		c.Series.Days[out] = control.Day{N: 600, Bad: 600, Out: true}
	}
	got := breakdown.Find(daily(days, c), nil, nil, breakdown.Settings{})
	if len(got.Found) != 1 || got.Found[0].Since.N != 5*600 || got.Found[0].Before.N != 55*600 || math.Abs(got.Found[0].PerDay-60) > 2 || math.Abs(got.Found[0].Excess-5*got.Found[0].PerDay) > 1e-9 {
		t.Errorf("%+v", got.Found)
	}
}

// TestChangesOfAll: a chart of no journey, such as that of a queue, coincides with the changes of every journey.
func TestChangesOfAll(t *testing.T) {
	t.Parallel()
	const days, broke = 90, 84
	d := daily(days, chart(insight.Subject{About: breakdown.OfQueue, Name: "hotline"}, days, from(broke, 400, 0.1, 0.2)))
	d.Changes = []insight.DailyChange{{Kind: insight.ReleaseChange, Journey: "order", Name: "4.2", Day: monday.AddDate(0, 0, broke)}}
	if got := breakdown.Find(d, nil, nil, breakdown.Settings{}); len(got.Found) != 1 || len(got.Found[0].Coincides) != 1 {
		t.Errorf("%+v", got.Found)
	}
}
