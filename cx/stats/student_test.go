package stats_test

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/stats"
)

// TestStudentTail: the values are those of mpmath's betainc in 50 digits. 2.228 and 12.706 are the critical values of the NIST
// handbook, 1.3.6.7.2.
func TestStudentTail(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		t       float64
		degrees int
		want    float64
	}{
		{2.228138851964939, 10, 0.050000000001808631},
		{1.0, 1, 0.5},
		{0.001, 1, 0.99936338043983888},
		{1000000.0, 1, 6.3661977236736914e-7},
		{12.706204736432095, 1, 0.049999999998991306},
		{0.5, 4, 0.64332996318186327},
		{30.0, 4, 7.3528560976613221e-6},
		{2.0, 30, 0.054625044962983104},
		{8.0, 99, 2.4003038210568683e-12},
		{8.0, 100, 2.2728648077280806e-12},
		{8.0, 101, 2.1538980964752578e-12},
		{1.5, 1000, 0.13393003882208617},
		{5.0, 1000, 6.7672563646486304e-7},
		{1.959963984540054, 1000000, 0.05000027729522166},
		{0.01, 1000000, 0.99202128936554767},
		{40.0, 50, 1.2412423784372706e-39},
	} {
		what := fmt.Sprintf("t %v, %d degrees", c.t, c.degrees)
		nearly(t, what, stats.StudentTail(c.t, c.degrees), c.want, 1e-10)
		nearly(t, what+", other sign", stats.StudentTail(-c.t, c.degrees), c.want, 1e-10)
	}
	inf := math.Inf(1)
	for _, c := range []struct {
		reason  string
		t       float64
		degrees int
		want    float64
	}{
		{"zero", 0, 5, 1},
		{"infinity", inf, 5, 0},
		{"negative infinity", -inf, 5, 0},
		{"a square that overflows", 1e200, 1, 0},
		{"no number", math.NaN(), 5, 1},
		{"no degrees", 3, 0, 1},
		{"negative degrees", 3, math.MinInt, 1},
	} {
		if got := stats.StudentTail(c.t, c.degrees); got != c.want {
			t.Errorf("%s: %v, want %v", c.reason, got, c.want)
		}
	}
}

// TestStudentTailProperties: with one degree it is Cauchy's distribution, with two 1 - t/√(2+t²), and with very many the normal one. It falls with t and
// with the degrees.
func TestStudentTailProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64Range(0.001, 30).Draw(t, "t")
		degrees := rapid.IntRange(1, 100_000).Draw(t, "degrees")
		p := stats.StudentTail(x, degrees)
		for _, c := range []struct {
			what      string
			got, want float64
			tolerance float64
		}{
			{"one degree", stats.StudentTail(x, 1), 2 / math.Pi * math.Atan(1/x), 1e-11},
			{"two degrees", stats.StudentTail(x, 2), 2 / (math.Sqrt(2+x*x) * (x + math.Sqrt(2+x*x))), 1e-11},
			{"very many degrees", stats.StudentTail(min(x, 5), 1_000_000_000), math.Erfc(min(x, 5) / math.Sqrt2), 1e-6},
		} {
			if math.Abs(c.got-c.want) > c.tolerance*c.want {
				t.Errorf("%s, t %v: %.15g, want %.15g", c.what, x, c.got, c.want)
			}
		}
		if further := stats.StudentTail(x*1.01, degrees); further > p*(1+1e-10) {
			t.Errorf("%v rises to %v", p, further)
		}
		if more := stats.StudentTail(x, degrees+1); more > p*(1+1e-10) {
			t.Errorf("%v rises to %v with a degree more", p, more)
		}
	})
}
