package chart

import (
	"math"
	"time"

	"cairncx.dev/cairn/cx/insight/number"
)

// axis maps values to coordinates from a to b.
type axis struct {
	low, high float64
	a, b      float64
	ticks     []float64
}

// at returns the coordinate of a value. A value beyond the axis is at its end.
func (x axis) at(v float64) float64 {
	if !(x.high > x.low) {
		return x.a
	}
	v = min(max(v, x.low), x.high)
	return x.a + float64((v-x.low)/(x.high-x.low))*(x.b-x.a)
}

// newAxis returns an axis that holds the values from low to high with about n ticks. It begins at zero, except that of a Number below zero or
// far from it.
func newAxis(u Unit, low, high float64, n int, a, b float64) axis {
	if u != Number {
		low = min(low, 0)
		high = max(high, 0)
	}
	if low >= 0 && low < high/2 || low == high && low > 0 {
		low = 0
	}
	if size := max(-low, high); high-low <= size*1e-9 || high-low < 1e-9 {
		high = low + max(1, size*1e-6)
	}
	x := axis{low: low, high: high, a: a, b: b}
	step := stepOf(u, high-low, n)
	x.low = math.Floor(low/step+1e-9) * step
	x.high = math.Ceil(high/step-1e-9) * step
	if u == Share && high <= 1 {
		x.high = min(x.high, 1)
	}
	for i, first := 0, math.Round(x.low/step); i < 64; i++ {
		v := float64(first+float64(i)) * step
		if v > x.high+step/1e6 {
			break
		}
		x.ticks = append(x.ticks, v)
	}
	return x
}

// stepOf returns the distance of ticks. After P. S. Heckbert, "Nice numbers for graph labels", in: Graphics Gems (1990), it is 1, 2 or 5 times
// a power of ten, or a quarter of a whole. For durations it is what people count time in.
func stepOf(u Unit, span float64, n int) float64 {
	if u == Duration {
		for _, s := range timeSteps {
			if span/s.Seconds() <= float64(n) {
				return s.Seconds()
			}
		}
		const day = 86400
		return day * max(1, nice(span/day/float64(n)))
	}
	step := nice(span / float64(n))
	if quarter := 0.25; u == Share && step == 0.5 && span <= quarter*float64(n) {
		step = quarter
	}
	if u == Count {
		step = max(step, 1)
	}
	return step
}

// nice rounds up to 1, 2 or 5 times a power of ten.
func nice(raw float64) float64 {
	if !(raw > 1e-12) {
		return 1e-12
	}
	power := math.Pow10(int(math.Floor(math.Log10(raw))))
	for _, m := range []float64{1, 2, 5} {
		if raw <= m*power*(1+1e-9) {
			return m * power
		}
	}
	return 10 * power
}

var timeSteps = []time.Duration{
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second,
	15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 48 * time.Hour,
}

// tick writes the label of a tick. A whole percentage has no decimals.
func tick(u Unit, v, step float64) string {
	switch {
	case u == Share && math.Abs(step*100-math.Round(step*100)) < 1e-9:
		return number.Decimal(v*100, 0) + "%"
	case u == Share:
		return number.Decimal(v*100, decimals(step*100)) + "%"
	case u == Number:
		return number.Decimal(v, decimals(step))
	default:
		return u.Write(v)
	}
}

// decimals is how many decimals tell ticks apart.
func decimals(step float64) int {
	if step <= 0 {
		return 0
	}
	return min(max(int(math.Ceil(-math.Log10(step)-1e-9)), 0), 6)
}

// labels returns the labels of the ticks, and the width of the widest.
func (x axis) labels(u Unit) (texts []string, widest float64) {
	step := x.high - x.low
	if len(x.ticks) > 1 {
		step = x.ticks[1] - x.ticks[0]
	}
	for _, v := range x.ticks {
		s := tick(u, v, step)
		texts = append(texts, s)
		widest = max(widest, measure(s, smallSize))
	}
	return texts, widest
}

// extent returns the smallest and the largest of what is shown: values, the ends of intervals, and lines.
type extent struct {
	low, high float64
	some      bool
}

func (e *extent) add(v float64) {
	if !e.some {
		e.low, e.high, e.some = v, v, true
		return
	}
	e.low, e.high = min(e.low, v), max(e.high, v)
}

func (e *extent) value(v Value) {
	e.add(v.Value)
	if v.Interval.known() {
		e.add(v.Interval.Low)
		e.add(v.Interval.High)
	}
}

func (e *extent) line(l *Line) {
	if l, ok := l.known(); ok {
		e.add(l.Value)
	}
}
