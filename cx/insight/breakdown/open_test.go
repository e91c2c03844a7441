package breakdown_test

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
)

// TestOpenNeverDrifts: a chart that has been rising for weeks is a drift, unless its breakdown is open: it then becomes worse and worse.
func TestOpenNeverDrifts(t *testing.T) {
	t.Parallel()
	const days = 100
	rising := func(d int) (int64, float64) { return 1000, 0.1 + 0.001*float64(max(0, d-20)) }
	d := daily(days, chart(touchpoint("card"), days, rising))
	got := breakdown.Find(d, nil, nil, breakdown.Settings{LookBack: -1})
	if len(got.Found) != 1 || !got.Found[0].Drift {
		t.Fatalf("without an open one: %+v", got.Found)
	}
	open := []breakdown.Open{{Subject: touchpoint("card"), BaselineFrom: monday, BaselineUntil: monday.AddDate(0, 0, 56)}}
	got = breakdown.Find(d, nil, open, breakdown.Settings{LookBack: -1})
	if len(got.Found) != 1 || got.Found[0].Drift || got.Open[0].Shown == nil || got.Open[0].Shown.Drift {
		t.Errorf("it is open: %+v %+v", got.Found, got.Open)
	}
}

// TestShown: the chart of an open breakdown has its own numbers, also where a more specific one has it as what shows the same.
func TestShown(t *testing.T) {
	t.Parallel()
	const days, broke = 90, 84
	d := daily(days, chart(order, days, from(broke, 500, 0.1, 0.16)), chart(touchpoint("card"), days, from(broke, 600, 0.05, 0.11)), chart(stage("cart"), days, always(500, 0.04)))
	var open []breakdown.Open
	for _, s := range []insight.Subject{order, stage("cart")} {
		open = append(open, breakdown.Open{Subject: s, BaselineFrom: monday.AddDate(0, 0, days-70), BaselineUntil: monday.AddDate(0, 0, days-14)})
	}
	got := breakdown.Find(d, shop(), open, breakdown.Settings{})
	if len(got.Found) != 1 || got.Found[0].Subject != touchpoint("card") {
		t.Fatalf("%+v", got.Found)
	}
	if s := got.Open[0].Shown; s == nil || s.Subject != order || s.PerDay < 28 || s.PerDay > 32 {
		t.Errorf("the journey: %+v", s)
	}
	if s := got.Open[1]; s.Shown != nil || !s.Known {
		t.Errorf("what is usual: %+v", s)
	}
}

// TestOpenBeginsAnew: the chart of a promise that is open begins anew with a version of the journey. Neither its baseline nor one of its own is there: nothing is known of it, and
// that is not usual.
func TestOpenBeginsAnew(t *testing.T) {
	t.Parallel()
	const days, anew = 100, 90
	s := insight.Subject{About: breakdown.OfPromise, Journey: "order", Name: "shipped"}
	c := chart(s, days, from(80, 300, 0.1, 0.3))
	c.Anew = anew
	for i := range anew {
		c.Series.Days[i].Out = true // as insight.View.Daily has them
	}
	open := []breakdown.Open{{Subject: s, BaselineFrom: monday, BaselineUntil: monday.AddDate(0, 0, 56)}}
	if got := breakdown.Find(daily(days, c), shop(), open, breakdown.Settings{}); len(got.Found) != 0 || got.Open[0].Known || got.Open[0].Usual {
		t.Errorf("%+v", got)
	}
}

// TestReturnedBegan: a breakdown that was mended and has returned began on the day of the return, and the healthy weeks between do not count. Without the time of the mending it
// began when it was found first.
func TestReturnedBegan(t *testing.T) {
	t.Parallel()
	const days, broke, mended, again = 130, 84, 95, 122
	d := daily(days, chart(touchpoint("card"), days, func(d int) (int64, float64) {
		if d >= broke && d <= mended || d >= again {
			return 600, 0.11
		}
		return 600, 0.05
	}))
	for since, want := range map[time.Time]int{{}: broke, d.Day(mended).Add(9 * time.Hour): again, d.Day(days + 3): broke} {
		open := []breakdown.Open{{Subject: touchpoint("card"), BaselineFrom: d.Day(20), BaselineUntil: d.Day(76), Since: since}}
		got := breakdown.Find(d, nil, open, breakdown.Settings{LookBack: -1})
		if len(got.Found) != 1 || !got.Found[0].Began.Equal(d.Day(want)) || got.Found[0].Days != days-want {
			t.Errorf("mended at %v: %+v, want day %d", since, got.Found, want)
		}
	}
}
