package control_test

import (
	"fmt"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/cx/stats/control"
)

// Ten weeks of a failure rate of 10%, which is 17% from day 65 on.
func Example() {
	days := slices.Repeat([]control.Day{{N: 200, Bad: 21}, {N: 180, Bad: 17}, {N: 220, Bad: 22}, {N: 200, Bad: 20}, {N: 210, Bad: 19}}, 14)
	for i := 65; i < len(days); i++ {
		days[i].Bad = days[i].N * 17 / 100
	}
	series := control.Series{First: time.Monday, Days: days}

	usual, ok := control.NewBaseline(series, 0, 56)
	if !ok {
		return // too few days
	}
	a := control.Assess(series, usual, 56)
	other := 0.4 // that of another chart of the refresh
	adjusted := stats.BenjaminiHochberg([]float64{a.Worse.P, other})
	fmt.Printf("usual %.1f%%\n", 100*usual.Share)
	fmt.Printf("worse since day %d: %t\n", a.Worse.Began, adjusted[0] <= 0.05)
	// Output:
	// usual 9.8%
	// worse since day 65: true
}

// The p-chart of the NIST handbook.
func ExampleLimits() {
	low, high := control.Limits(0.2313, 50, 3)
	fmt.Printf("%.4f to %.4f\n", low, high)
	// Output: 0.0524 to 0.4102
}

// A CUSUM that looks for a shift of one standard deviation raises a false alarm in 940 steps, and sees the shift in 10.
func ExampleRunLength() {
	fmt.Printf("%.0f, %.1f\n", control.RunLength(0.5, 5, 0), control.RunLength(0.5, 5, 1))
	// Output: 938, 10.3
}

func ExampleEWMA() {
	low, high := control.EWMALimits(50, 2.0539, 0.3, 3)
	fmt.Printf("%.2f in %.2f to %.2f\n", control.EWMA([]float64{52, 47, 53}, 50, 0.3), low, high)
	// Output: [50.60 49.52 50.56] in 47.41 to 52.59
}

func ExampleNewBaseline() {
	_, ok := control.NewBaseline(control.Series{Days: make([]control.Day, 56)}, 0, 56)
	fmt.Println(ok)
	// Output: false
}
