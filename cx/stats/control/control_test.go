package control_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/stats/control"
)

const first, since = 56, 70 // the first day after the baseline, and the number of days

// drawn returns a series of 70 days with about so many events a day, of which about that share is bad, and a weekday of its own.
func drawn(seed uint64, n int64, share float64) control.Series {
	r := rand.New(rand.NewPCG(seed, 11)) //nolint:gosec // test data
	s := control.Series{First: time.Weekday(r.IntN(7))}
	for i := range since {
		d := control.Day{N: n + r.Int64N(n/4+1)}
		p := share
		if i%7 == 3 {
			p *= 1.3
		}
		for range d.N {
			if r.Float64() < p {
				d.Bad++
			}
		}
		s.Days = append(s.Days, d)
	}
	return s
}

// baseline returns that of the first eight weeks.
func baseline(t *testing.T, s control.Series) control.Baseline {
	t.Helper()
	b, ok := control.NewBaseline(s, 0, first)
	if !ok {
		t.Fatal("no baseline")
	}
	return b
}

// TestMoreBad: one more bad event on a day of the assessment never makes the sum of the worse smaller, nor that of the better larger. Days are whole units here:
// where several days make one, a bad event may end it sooner.
func TestMoreBad(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		s := drawn(seed, 300, 0.2)
		b := baseline(t, s)
		r := rand.New(rand.NewPCG(seed, 12)) //nolint:gosec // test data
		was := control.Assess(s, b, first)
		for range 400 {
			day := first + r.IntN(since-first)
			if d := &s.Days[day]; d.Bad < d.N {
				d.Bad++
			}
			now := control.Assess(s, b, first)
			if now.Worse.S < was.Worse.S || now.Better.S > was.Better.S || now.Worse.P > was.Worse.P {
				t.Fatalf("seed %d: a bad event on day %d makes of %+v and %+v\n%+v and %+v", seed, day, was.Worse, was.Better, now.Worse, now.Better)
			}
			was = now
		}
		if was.Worse.S == 0 {
			t.Errorf("seed %d: 400 bad events more change nothing", seed)
		}
	}
}

// TestMirrored: the series whose good events are the bad ones has the worse and the better swapped.
func TestMirrored(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		s := drawn(seed, []int64{60, 100, 500}[seed%3], []float64{0.1, 0.2, 0.5}[seed/3%3])
		o := control.Series{First: s.First, Days: slices.Clone(s.Days)}
		for i := range o.Days {
			o.Days[i].Bad = o.Days[i].N - o.Days[i].Bad
		}
		x, y := baseline(t, s), baseline(t, o)
		near(t, "the share", x.Share, 1-y.Share, 1e-12)
		near(t, "sigma", x.Sigma, y.Sigma, 1e-9)
		a, b := control.Assess(s, x, first), control.Assess(o, y, first)
		near(t, "the sum of the worse", a.Worse.S, b.Better.S, 1e-9)
		near(t, "the sum of the better", a.Better.S, b.Worse.S, 1e-9)
		if a.Worse.Began != b.Better.Began || a.Better.Began != b.Worse.Began {
			t.Errorf("seed %d: the beginnings are %d, %d and mirrored %d, %d", seed, a.Worse.Began, a.Better.Began, b.Better.Began, b.Worse.Began)
		}
	}
}

// TestDaysThatSayNothing: a day that is out, a day without events, one whose counts make no sense, and days that are no whole unit yet, change nothing.
func TestDaysThatSayNothing(t *testing.T) {
	t.Parallel()
	s := drawn(3, 300, 0.2)
	for _, day := range []int{10, 24, 60, 66} {
		s.Days[day] = control.Day{}
	}
	b := baseline(t, s)
	want := control.Assess(s, b, first)
	for name, nothing := range map[string]control.Day{
		"out":                         {N: 300, Bad: 290, Out: true},
		"more bad events than events": {N: 10, Bad: 11},
		"a negative count":            {N: 10, Bad: -1},
		"negative events":             {N: -5, Bad: -5},
		"more events than there are":  {N: math.MaxInt64, Bad: 1},
	} {
		o := control.Series{First: s.First, Days: slices.Clone(s.Days)}
		for _, day := range []int{10, 24, 60, 66} {
			o.Days[day] = nothing
		}
		o.Days = append(o.Days, nothing, nothing)
		c := baseline(t, o)
		if c.Share != b.Share || c.Sigma != b.Sigma || c.Days != b.Days || c.Days != first-2 {
			t.Errorf("%s: the baseline is %v, %v of %d days, want %v, %v of %d", name, c.Share, c.Sigma, c.Days, b.Share, b.Sigma, b.Days)
		}
		if got := control.Assess(o, c, first); got.Worse != want.Worse || got.Better != want.Better {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

// TestNoBaseline: what is not known is not assessed.
func TestNoBaseline(t *testing.T) {
	t.Parallel()
	usual := drawn(1, 300, 0.2)
	for _, c := range []struct {
		reason      string
		s           control.Series
		from, until int
	}{
		{"fewer than 28 days", usual, 0, 27},
		{"an empty period", usual, 30, 30},
		{"a period that ends before it begins", usual, 40, 10},
		{"days before the first one", usual, -1, 56},
		{"days after the last one", usual, 20, 71},
		{"no series", control.Series{}, 0, 56},
		{"so few events that there are no eight units", drawn(1, 4, 0.05), 0, 56},
	} {
		b, ok := control.NewBaseline(c.s, c.from, c.until)
		if ok {
			t.Errorf("%s: there is a baseline", c.reason)
		}
		if a := control.Assess(usual, b, first); a.Worse.P != 1 || a.Worse.Began != -1 || a.Better.P != 1 || len(a.Units) != 0 {
			t.Errorf("%s: %+v", c.reason, a)
		}
	}
	b := baseline(t, usual)
	for _, from := range []int{-1, since, since + 5} {
		if a := control.Assess(usual, b, from); a.Worse.P != 1 || a.Worse.Began != -1 {
			t.Errorf("from day %d: %+v", from, a)
		}
	}
	if got := (&control.Baseline{}).Reference(); !(got > 0.5 && got < 1.5) {
		t.Errorf("the reference value of no baseline is %v", got)
	}
}

// TestOneDayIsNone: one day, however bad, is no finding over twenty charts; three days like it are one. The beginning is the first of them.
func TestOneDayIsNone(t *testing.T) {
	t.Parallel()
	s := control.Series{Days: slices.Repeat([]control.Day{{N: 300, Bad: 29}, {N: 300, Bad: 31}}, since/2)}
	b := baseline(t, s)
	for days := range 4 {
		o := control.Series{First: s.First, Days: slices.Clone(s.Days[:since-4+days+1])}
		for i := range days {
			o.Days[since-3+i].Bad = o.Days[since-3+i].N
		}
		a := control.Assess(o, b, first)
		if found := a.Worse.P <= 0.05/20; days != 2 && found != (days > 2) {
			t.Errorf("%d bad days: %+v", days, a.Worse)
		}
		if days > 0 && (a.Worse.Began != since-3 || days > 1 && a.Worse.Drift || a.Better.S != 0) {
			t.Errorf("%d bad days: %+v, %+v", days, a.Worse, a.Better)
		}
	}
}

// TestDrift: a share that rises by the same each day has been rising, and did not begin on a day.
func TestDrift(t *testing.T) {
	t.Parallel()
	var s, step control.Series
	for i := range since {
		s.Days = append(s.Days, control.Day{N: 2000, Bad: 200 + int64(i)*3})
		bad := int64(200 + i%3)
		if i >= 60 {
			bad = 330
		}
		step.Days = append(step.Days, control.Day{N: 2000, Bad: bad})
	}
	if a := control.Assess(s, baseline(t, s), first); a.Worse.P > 0.01 || !a.Worse.Drift {
		t.Errorf("a slow rise: %+v", a.Worse)
	}
	if a := control.Assess(step, baseline(t, step), first); a.Worse.P > 0.01 || a.Worse.Drift || a.Worse.Began != 60 {
		t.Errorf("a step: %+v", a.Worse)
	}
}

// FuzzAssess: whatever the days, the numbers have a meaning.
func FuzzAssess(f *testing.F) {
	f.Add([]byte{200, 20, 0}, uint8(40), 28, 1)
	f.Add([]byte{1, 0, 255, 255, 3, 2, 0, 0}, uint8(70), 56, 3)
	f.Add([]byte{255, 255, 255}, uint8(255), -1, -9)
	f.Add([]byte{100, 10, 100, 12, 90, 9, 100, 11}, uint8(90), 60, 1<<40)
	f.Fuzz(func(t *testing.T, counts []byte, days uint8, from, times int) {
		s := control.Series{First: time.Weekday(times)}
		if len(counts) < 2 {
			return
		}
		for i := range int(days) {
			n, bad := counts[2*i%len(counts)], counts[(2*i+1)%len(counts)]
			s.Days = append(s.Days, control.Day{N: int64(n) * int64(times), Bad: int64(bad) * int64(times), Out: n == 7})
		}
		b, ok := control.NewBaseline(s, 0, from)
		if ok && !(b.Share > 0 && b.Share < 1 && b.Sigma >= 1 && !math.IsInf(b.Sigma, 0) && b.Days >= 28) {
			t.Fatalf("the baseline is %+v", b)
		}
		for _, share := range b.Weekdays {
			if !(share >= 0 && share <= 1) {
				t.Fatalf("the weekdays are %v", b.Weekdays)
			}
		}
		a := control.Assess(s, b, from)
		for _, sum := range []control.Sum{a.Worse, a.Better} {
			if !(sum.S >= 0 && sum.P >= 0 && sum.P <= 1) || math.IsInf(sum.S, 0) || sum.Began >= len(s.Days) || sum.Began >= 0 && sum.Began < from || sum.Began < 0 != (sum.S == 0) {
				t.Fatalf("from %d the sum is %+v", from, sum)
			}
		}
		for i := range a.Units {
			u := &a.Units[i]
			if !(u.Z >= -3 && u.Z <= 3) || u.From >= u.Until || u.From < from || u.Bad > u.N {
				t.Fatalf("a unit is %+v", u)
			}
		}
	})
}
