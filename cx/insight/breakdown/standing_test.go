package breakdown_test

import (
	"math"
	"slices"
	"testing"

	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/stats/control"
)

// TestOpen: the baseline of an open breakdown stays, so that it is found for months, until its chart has been usual for two weeks.
func TestOpen(t *testing.T) {
	t.Parallel()
	const broke, mended = 84, 150
	of := func(d int) (int64, float64) {
		if d >= broke && d < mended {
			return 600, 0.11
		}
		return 600, 0.05
	}
	var open []breakdown.Open
	first, usual := 0, 0
	for days := 80; days < 180; days++ {
		d := daily(days, chart(touchpoint("card"), days, of), chart(touchpoint("basket"), days, always(600, 0.05)))
		got := breakdown.Find(d, shop(), open, breakdown.Settings{})
		found := slices.IndexFunc(got.Found, func(f breakdown.Found) bool { return !f.Better && f.Subject == touchpoint("card") })
		switch {
		case first == 0 && found >= 0:
			f := &got.Found[found]
			first, open = days, []breakdown.Open{{Subject: f.Subject, BaselineFrom: f.BaselineFrom, BaselineUntil: f.BaselineUntil}}
		case first > 0 && usual == 0:
			s := got.Open[0]
			if !s.Known || math.Abs(s.Before.Value-0.05) > 0.005 {
				t.Fatalf("with %d days it stands %+v", days, s)
			}
			if s.Usual {
				usual = days
			}
			if s.Usual != (found < 0) {
				t.Errorf("with %d days it is found %t, and usual %t", days, found >= 0, s.Usual)
			}
			if found >= 0 && (!got.Found[found].Began.Equal(monday.AddDate(0, 0, broke)) || !got.Found[found].BaselineUntil.Equal(open[0].BaselineUntil)) {
				t.Errorf("with %d days it is %+v", days, got.Found[found])
			}
		}
	}
	if first < broke+2 || first > broke+4 || usual < mended+7 || usual > mended+14 {
		t.Errorf("found with %d days, and usual with %d", first, usual)
	}
	// Without it, the baseline learns what is bad, and it is lost.
	d := daily(mended, chart(touchpoint("card"), mended, of))
	if got := breakdown.Find(d, shop(), nil, breakdown.Settings{}); len(got.Found) != 0 {
		t.Errorf("a breakdown of two months ago is found without its baseline: %+v", got.Found)
	}
	unknown := []breakdown.Open{{Subject: touchpoint("none")}, {Subject: touchpoint("card"), BaselineFrom: monday.AddDate(-1, 0, 0), BaselineUntil: monday.AddDate(-1, 2, 0)}}
	got := breakdown.Find(d, shop(), unknown, breakdown.Settings{})
	if got.Open[0].Known || !got.Open[1].Known || len(got.Found) != 0 {
		t.Errorf("breakdowns that the series do not know: %+v", got.Open)
	}
}

// TestOpenOfOneSide: an open improvement keeps the baseline of its own side alone, and stands by that one.
func TestOpenOfOneSide(t *testing.T) {
	t.Parallel()
	const days = 140
	// It became better on day 70, and worse than that on day 134: not worse than it was before.
	c := chart(touchpoint("card"), days, func(d int) (int64, float64) {
		switch {
		case d < 70:
			return 1000, 0.3
		case d < 134:
			return 1000, 0.1
		default:
			return 1000, 0.2
		}
	})
	open := []breakdown.Open{{Subject: touchpoint("card"), Better: true, BaselineFrom: monday, BaselineUntil: monday.AddDate(0, 0, 56)}}
	got := breakdown.Find(daily(days, c), nil, open, breakdown.Settings{})
	if len(got.Found) != 2 || got.Found[0].Better || !got.Found[0].BaselineUntil.Equal(monday.AddDate(0, 0, days-14)) || !got.Found[1].Better || !got.Found[1].BaselineUntil.Equal(open[0].BaselineUntil) {
		t.Errorf("%+v", got.Found)
	}
	if s := got.Open[0]; !s.Known || s.Usual || !s.Better || math.Abs(s.Before.Value-0.3) > 0.01 {
		t.Errorf("it stands %+v", s)
	}
	// The improvement is over, and its chart is worse than ever: the other side is found, though this one is usual.
	worse := chart(touchpoint("card"), days, from(126, 1000, 0.3, 0.5))
	got = breakdown.Find(daily(days, worse), nil, open, breakdown.Settings{})
	if len(got.Found) != 1 || got.Found[0].Better || !got.Open[0].Usual {
		t.Errorf("%+v, %+v", got.Found, got.Open)
	}
}

// TestOpenYoung: the days after the baseline of an open breakdown are fewer than 14: it stands by those.
func TestOpenYoung(t *testing.T) {
	t.Parallel()
	const days = 90
	c := chart(touchpoint("card"), days, from(80, 600, 0.3, 0.05))
	open := []breakdown.Open{{Subject: touchpoint("card"), BaselineFrom: monday.AddDate(0, 0, 26), BaselineUntil: monday.AddDate(0, 0, 82)}}
	if got := breakdown.Find(daily(days, c), nil, open, breakdown.Settings{}); !got.Open[0].Known || got.Open[0].Now.N != 8*600 {
		t.Errorf("%+v", got.Open)
	}
}

// TestStandsUsual: an open breakdown is usual where the sum of the last 14 days is one that chance makes in more than one of twenty.
func TestStandsUsual(t *testing.T) {
	t.Parallel()
	const days = 100
	open := []breakdown.Open{{Subject: touchpoint("card"), BaselineFrom: monday, BaselineUntil: monday.AddDate(0, 0, 56)}}
	near := [2]int{}
	for now := 0.1; now < 0.16; now += 0.0002 {
		c := chart(touchpoint("card"), days, func(d int) (int64, float64) {
			switch {
			case d >= 92:
				return 500, now
			case d >= 60:
				return 500, 0.3
			default:
				return 500, 0.1
			}
		})
		for i := 86; i < 92; i++ { // the last 14 days begin usual
			c.Series.Days[i].Bad = 50
		}
		b, _ := control.NewBaseline(c.Series, 0, 56)
		p := control.Assess(c.Series, b, days-14).Worse.P
		got := breakdown.Find(daily(days, c), nil, open, breakdown.Settings{})
		if s := got.Open[0]; !s.Known || s.Usual != (p > 0.05) {
			t.Errorf("with a share of %v and a probability of %v it stands %+v", now, p, s)
		}
		switch {
		case p > 0.05 && p < 0.2:
			near[0]++
		case p <= 0.05 && p > 0.01:
			near[1]++
		}
	}
	if near[0] == 0 || near[1] == 0 {
		t.Errorf("it shows too little: %v near the level", near)
	}
}

// TestStandsWithFew: a breakdown of 12 days is over once 14 days are usual, also where the chart expects too few bad events for a control chart. Days without
// events say nothing, and show nothing.
func TestStandsWithFew(t *testing.T) {
	t.Parallel()
	const broke, lasted = 80, 12
	const never = -0.05 // the chart adds at most one event
	for _, c := range []struct {
		name        string
		usual, then float64 // the share that fails, and in the breakdown
		n           int64   // events a day after it
		after       float64 // the share that fails after it
		known, ends bool
	}{
		{"as before", 0.1, 0.4, 50, 0.1, true, true},
		{"it had never failed, and does not fail again", never, 0.1, 50, never, true, true},
		{"a tenth of the events", 0.1, 0.4, 5, never, true, true},
		{"a tenth of the events, which fail as they did", 0.1, 0.4, 5, 0.4, true, false},
		{"it had never failed, and goes on", never, 0.1, 50, 0.1, true, false},
		{"no events", 0.1, 0.4, 0, 0.1, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			then := func(day int) (int64, float64) {
				switch {
				case day < broke:
					return 50, c.usual
				case day < broke+lasted:
					return 50, c.then
				default:
					return c.n, c.after
				}
			}
			first := breakdown.Find(daily(broke+lasted, chart(touchpoint("card"), broke+lasted, then)), nil, nil, breakdown.Settings{}).Found
			if len(first) != 1 {
				t.Fatalf("%+v is found at first", first)
			}
			open := []breakdown.Open{{Subject: first[0].Subject, BaselineFrom: first[0].BaselineFrom, BaselineUntil: first[0].BaselineUntil}}
			days := broke + lasted + breakdown.SinceDays
			got := breakdown.Find(daily(days, chart(touchpoint("card"), days, then)), nil, open, breakdown.Settings{})
			stands := got.Open[0]
			if stands.Known != c.known || stands.Usual != c.ends {
				t.Errorf("known: %t, usual: %t", stands.Known, stands.Usual)
			}
			if shown := stands.Shown != nil && len(got.Found) == 1; shown != (c.known && !c.ends) {
				t.Errorf("it shows %+v, and %+v is found", stands.Shown, got.Found)
			}
		})
	}
}
