package control_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/stats/control"
)

// The numbers of a baseline and of an assessment, worked out again from the documents, in two passes over the days.

// anscombe is the variance-stabilized difference of a share (Anscombe 1948).
func anscombe(n, bad, share float64) float64 {
	return 2 * math.Sqrt(n+0.5) * (math.Asin(math.Sqrt((bad+0.375)/(n+0.75))) - math.Asin(math.Sqrt(share)))
}

// spread is the larger one of the mean difference of neighbours, divided by 1.128, and the standard deviation.
func spread(values []float64) float64 {
	n, sum, ranges, squares := float64(len(values)), 0.0, 0.0, 0.0
	for i, v := range values {
		if sum += v; i > 0 {
			ranges += math.Abs(v - values[i-1])
		}
	}
	for _, v := range values {
		squares += (v - sum/n) * (v - sum/n)
	}
	return max(ranges/(n-1)/1.128, math.Sqrt(squares/(n-1)))
}

// TestBaselineByFormula: the shares of the weekdays are those of James and Stein, and sigma is that of the document, where each day is a unit.
func TestBaselineByFormula(t *testing.T) {
	t.Parallel()
	kept, raised, byRange, bySpread := 0, 0, 0, 0
	for seed := range uint64(60) {
		s := drawn(seed, 400, 0.2)
		r := rand.New(rand.NewPCG(seed, 13)) //nolint:gosec // test data
		for i := range s.Days {
			switch seed % 4 {
			case 1: // more noise than binomial, from day to day
				s.Days[i].Bad += 30 * int64(i%2)
			case 2: // more noise, in weeks
				s.Days[i].Bad += 15 * int64(i/14%2)
			case 3:
				s.Days[i].Bad += r.Int64N(20)
			}
		}
		b := baseline(t, s)
		var n, bad [7]float64
		var all, allBad float64
		for i := range first {
			w := (int(s.First) + i) % 7
			n[w], bad[w] = n[w]+float64(s.Days[i].N), bad[w]+float64(s.Days[i].Bad)
			all, allBad = all+float64(s.Days[i].N), allBad+float64(s.Days[i].Bad)
		}
		share := (allBad + 0.5) / (all + 1)
		near(t, "the share", b.Share, share, 1e-12)
		values := func(of func(w int) float64) (list []float64) {
			for i := range first {
				list = append(list, anscombe(float64(s.Days[i].N), float64(s.Days[i].Bad), of((int(s.First)+i)%7)))
			}
			return list
		}
		flat, chi := max(1, spread(values(func(int) float64 { return share }))), 0.0
		for w := range 7 {
			off := (bad[w] - n[w]*share) / flat
			chi += off * off / (n[w] * share * (1 - share))
		}
		keep := max(0, 1-4/chi)
		for w := range 7 {
			near(t, time.Weekday(w).String(), b.Weekdays[w], share+keep*(bad[w]/n[w]-share), 1e-9)
		}
		fitted := keep * keep * 7 / first
		own := values(func(w int) float64 { return b.Weekdays[w] })
		sigma := max(1, spread(own)/math.Sqrt(1-fitted))
		sigma = (sigma + (sigma-1)*3.5/math.Sqrt(first)) * math.Sqrt(1+fitted)
		near(t, "sigma", b.Sigma, sigma, 1e-9)
		if len(b.Units) != first || b.Days != first {
			t.Fatalf("seed %d: %d units of %d days", seed, len(b.Units), b.Days)
		}
		for i := range b.Units {
			near(t, "a unit", b.Units[i].Z, max(-3, min(3, own[i]/sigma)), 1e-9)
		}
		if keep > 0 && keep < 1 {
			kept++
		}
		if sigma > 1.3 {
			raised++
		}
		mean := 0.0
		for i, v := range own[1:] {
			mean += math.Abs(v-own[i]) / float64(len(own)-1)
		}
		if mean/1.128 == spread(own) {
			byRange++
		} else {
			bySpread++
		}
	}
	if kept < 20 || raised < 10 || byRange < 5 || bySpread < 5 {
		t.Errorf("it shows too little: the weekdays are told apart in part in %d worlds, sigma is raised in %d; neighbours decide in %d, and all in %d", kept, raised, byRange, bySpread)
	}
}

// TestFewestDays: 28 days with data are enough, and 8 units.
func TestFewestDays(t *testing.T) {
	t.Parallel()
	s := drawn(1, 300, 0.2)
	if b, ok := control.NewBaseline(s, 0, 28); !ok || b.Days != 28 {
		t.Errorf("28 days: %t, %d days", ok, b.Days)
	}
	for _, c := range []struct {
		reason string
		bad    int // in all 56 days
		units  int
		want   bool
	}{
		{"1.5 bad events a day make ten in seven days", 84, 8, true},
		{"1.3 a day make ten in eight days", 73, 0, false},
	} {
		few := control.Series{Days: make([]control.Day, 56)}
		for i := range few.Days {
			few.Days[i] = control.Day{N: 1000, Bad: int64((i+1)*c.bad/56 - i*c.bad/56)}
		}
		if b, ok := control.NewBaseline(few, 0, 56); ok != c.want || len(b.Units) != c.units {
			t.Errorf("%s: %t, with %d units", c.reason, ok, len(b.Units))
		}
	}
}

// line is the sum of the squared differences from the line that fits best, and mean that from the mean.
func line(x, y []float64) float64 {
	mx, my := 0.0, 0.0
	for i := range x {
		mx, my = mx+x[i]/float64(len(x)), my+y[i]/float64(len(x))
	}
	over, under := 0.0, 0.0
	for i := range x {
		over, under = over+(x[i]-mx)*(y[i]-my), under+(x[i]-mx)*(x[i]-mx)
	}
	sum := 0.0
	for i := range x {
		d := y[i] - my - over/under*(x[i]-mx)
		sum += d * d
	}
	return sum
}

func mean(y []float64) (sum float64) {
	m := 0.0
	for _, v := range y {
		m += v / float64(len(y))
	}
	for _, v := range y {
		sum += (v - m) * (v - m)
	}
	return sum
}

// changing returns a series that rises or falls slowly, or by a step on the day 62, and in which some weeks have few events.
func changing(seed uint64) control.Series {
	s := drawn(seed, []int64{300, 45}[seed%2], 0.2)
	r := rand.New(rand.NewPCG(seed, 14)) //nolint:gosec // test data
	for i := range s.Days {
		d := &s.Days[i]
		change := int64(0)
		switch {
		case seed/2%2 == 0:
			change = d.N * int64(i) * int64(r.IntN(3)) / 1000
		case i >= 62:
			change = d.N / int64(5+seed%9)
		}
		if seed/4%2 == 0 {
			change = -change
		}
		d.Bad = max(0, min(d.N, d.Bad+change))
		if seed%2 == 1 && seed%3 > 0 && i%28 < 14 { // units have more days
			d.N, d.Bad = d.N/8, d.Bad/8
		}
	}
	return s
}

// checkUnits checks what units expect, and that each has as many days as are needed for ten bad events.
func checkUnits(t *testing.T, s control.Series, b *control.Baseline, units []control.Unit) {
	t.Helper()
	for _, u := range units {
		expected, short := 0.0, 0.0 // and without the last day that counts
		for day := u.From; day < u.Until; day++ {
			short = expected
			expected += b.Expected(s, day)
		}
		near(t, "what a unit expects", u.Expected, expected, 1e-9)
		if math.Abs(u.Z) < 3 && expected < 10 || short >= 10 {
			t.Errorf("a unit of the days %d to %d expects %v bad events, and %v without its last day", u.From, u.Until, expected, short)
		}
	}
}

// cusum returns the sum of the units, and the first day of the unit after the last one at which it was zero, or -1.
func cusum(units []control.Unit, k, sign float64) (sum float64, began int) {
	began = -1
	for _, u := range units {
		if began < 0 {
			began = u.From
		}
		if sum += sign*u.Z - k; sum <= 0 {
			sum, began = 0, -1
		}
	}
	return sum, began
}

// firstDay returns the day of the unit that begins on the day from on which a change began: the first one that is nearer to the days since than to the usual ones.
func firstDay(s control.Series, b *control.Baseline, units []control.Unit, from int) int {
	bad, expected := 0.0, 0.0
	for _, u := range units {
		if u.From >= from {
			bad, expected = bad+float64(u.Bad), expected+u.Expected
		}
	}
	began := from
	for _, u := range units {
		if u.From != from {
			continue
		}
		for ; began < u.Until-1; began++ {
			is, usual := float64(s.Days[began].Bad), b.Expected(s, began)
			if since := usual * bad / expected; usual > 0 && math.Abs(is-since) < math.Abs(is-usual) {
				break
			}
		}
	}
	return began
}

// lineIsWorse returns by how much the squared errors of a line are larger than those of a step at the day from.
func lineIsWorse(units []control.Unit, from int) float64 {
	var x, y, before, after []float64
	for _, u := range units {
		x, y = append(x, float64(u.From+u.Until-1)/2), append(y, u.Z)
		if u.From < from {
			before = append(before, u.Z)
		} else {
			after = append(after, u.Z)
		}
	}
	return line(x, y) - mean(before) - mean(after)
}

// TestAssessByFormula: the sums are CUSUMs of the units, the probabilities 90 days over Siegmund's run length in units, and a change is a drift where a line
// fits nearly as well as a step: by less than eleven squared standard deviations.
func TestAssessByFormula(t *testing.T) {
	t.Parallel()
	closest := [2]float64{math.Inf(-1), math.Inf(1)} // to eleven, from below and from above
	drifts, steps, merged, possible := [2]int{}, [2]int{}, 0, 0
	for seed := range uint64(2400) {
		s := changing(seed)
		b, ok := control.NewBaseline(s, 0, first)
		if !ok {
			continue
		}
		a := control.Assess(s, b, first)
		k := 0.5 + 2/math.Sqrt(float64(len(b.Units)))
		near(t, "the reference value", b.Reference(), k, 1e-12)
		units := slices.Concat(b.Units, a.Units)
		checkUnits(t, s, &b, units)
		for better, got := range []control.Sum{a.Worse, a.Better} {
			sum, from := cusum(a.Units, k, []float64{1, -1}[better])
			near(t, "the sum", got.S, sum, 1e-9)
			if began := firstDay(s, &b, a.Units, from); got.Began != began {
				t.Fatalf("seed %d: it began on day %d, want %d", seed, got.Began, began)
			}
			if sum == 0 {
				continue
			}
			length := float64(a.Units[len(a.Units)-1].Until-first) / float64(len(a.Units))
			near(t, "the probability", got.P, min(1, 90/length/control.RunLength(k, sum, 0)), 1e-12)
			by := lineIsWorse(units, from)
			if got.Drift != (by < 11) {
				t.Errorf("seed %d: a line is worse by %v, and it is a drift: %t", seed, by, got.Drift)
			}
			if got.Drift {
				closest[0] = max(closest[0], by)
				drifts[better]++
			} else {
				closest[1] = min(closest[1], by)
				steps[better]++
			}
			if length > 1.2 {
				merged++
			}
			if got.P < 1 && got.P > 1e-6 {
				possible++
			}
		}
	}
	if closest[0] < 10 || closest[1] > 12 || min(drifts[0], drifts[1], steps[0], steps[1]) < 10 || merged < 50 || possible < 50 {
		t.Errorf("it shows too little: from %v to %v, %v drifts, %v steps, %d of merged days, %d probabilities", closest[0], closest[1], drifts, steps, merged, possible)
	}
}

// TestRunLengthNoShift: near no shift, where the formula cancels, the run length is that of its series: b²(1 − 2x/3 + x²/3 − …) with x = Δb.
func TestRunLengthNoShift(t *testing.T) {
	t.Parallel()
	const k, h = 0.75, 4.0
	b := h + 1.166
	for _, x := range []float64{0, 1e-10, -1e-8, 3e-7, -1e-5, 5e-5, -9e-5, 1.1e-4, 1e-3} {
		want := b * b * (1 - 2*x/3 + x*x/3 - 2*x*x*x/15)
		if got := control.RunLength(k, h, k+x/b); math.Abs(got/want-1) > 5e-9 {
			t.Errorf("%v from no shift: %v, want %v", x, got, want)
		}
	}
}
