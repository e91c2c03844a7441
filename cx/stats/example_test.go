package stats_test

import (
	"fmt"

	"cairncx.dev/cairn/cx/stats"
)

func ExampleWilson() {
	i := stats.Wilson(190, 200, 0.95)
	fmt.Printf("190 of 200 checkouts completed: %.1f%% to %.1f%%\n", 100*i.Low, 100*i.High)
	fmt.Println("without a checkout:", stats.Wilson(0, 0, 0.95))
	// Output:
	// 190 of 200 checkouts completed: 91.0% to 97.3%
	// without a checkout: {0 1}
}

// A higher target is suggested only where the counts leave little doubt that it is kept.
func ExampleWilsonLower() {
	const target = 0.95
	for _, good := range []int64{9512, 9590} {
		lower := stats.WilsonLower(good, 10000, 0.95)
		fmt.Printf("%d of 10000: at least %.4f, above the target: %v\n", good, lower, lower > target)
	}
	// Output:
	// 9512 of 10000: at least 0.9475, above the target: false
	// 9590 of 10000: at least 0.9556, above the target: true
}

func ExampleWilsonUpper() {
	fmt.Printf("no complaint in 30 orders: at most %.1f%% complain\n", 100*stats.WilsonUpper(0, 30, 0.975))
	// Output:
	// no complaint in 30 orders: at most 11.4% complain
}

func ExampleNewcombe() {
	i := stats.Newcombe(56, 70, 48, 80, 0.95)
	fmt.Printf("56 of 70 against 48 of 80: %.4f to %.4f\n", i.Low, i.High)
	fmt.Println("they differ:", i.Low > 0 || i.High < 0)
	// Output:
	// 56 of 70 against 48 of 80: 0.0524 to 0.3339
	// they differ: true
}

func ExampleNPSInterval() {
	i := stats.NPSInterval(60, 15, 100, 0.95)
	fmt.Printf("60 promoters and 15 detractors of 100: 45 points, %.1f to %.1f\n", i.Low, i.High)
	// Output:
	// 60 promoters and 15 detractors of 100: 45 points, 29.3 to 58.0
}

func ExampleSampleSize() {
	fmt.Println(stats.SampleSize(0.5, 0.05, 0.95), "answers for ±5 percentage points")
	// Output:
	// 385 answers for ±5 percentage points
}

func ExampleNPSSampleSize() {
	fmt.Println(stats.NPSSampleSize(10, 0.95), "answers for ±10 points,", stats.NPSSampleSize(5, 0.95), "for ±5")
	// Output:
	// 385 answers for ±10 points, 1537 for ±5
}

func ExampleBinomialAtLeast() {
	fmt.Printf("one failure of ten or more: %.3f\n", stats.BinomialAtLeast(1, 10, 0.0144))
	fmt.Printf("two failures of ten or more: %.3f\n", stats.BinomialAtLeast(2, 10, 0.0144))
	// Output:
	// one failure of ten or more: 0.135
	// two failures of ten or more: 0.009
}

func ExampleBinomialAtMost() {
	fmt.Printf("at most 3 of 10 heads: %.4f\n", stats.BinomialAtMost(3, 10, 0.5))
	// Output:
	// at most 3 of 10 heads: 0.1719
}

// A target of 99.9% that burns 14.4 times too fast fails 1.44% of all events.
func ExampleBinomialCritical() {
	for _, events := range []int64{10, 100, 1000} {
		fmt.Println(stats.BinomialCritical(events, 0.0144, 0.05), "failures of", events, "are evidence")
	}
	// Output:
	// 2 failures of 10 are evidence
	// 5 failures of 100 are evidence
	// 22 failures of 1000 are evidence
}

func ExampleNormalQuantile() {
	fmt.Printf("%.6f\n", stats.NormalQuantile(0.975))
	// Output:
	// 1.959964
}

func ExampleScaleMean() {
	mean, i := stats.ScaleMean(1, []int64{80, 210, 140, 110, 160, 180, 120}, 0.95)
	fmt.Printf("the effort of 1,000 customers: %.2f, %.2f to %.2f\n", mean, i.Low, i.High)
	// Output:
	// the effort of 1,000 customers: 4.08, 3.96 to 4.20
}

func ExampleChiSquare() {
	test := stats.ChiSquare([][]int64{{10, 10, 20}, {20, 20, 20}})
	fmt.Printf("%.4f with %d degrees of freedom: p %.4f\n", test.Statistic, test.Degrees, test.P)
	// Output:
	// 2.7778 with 2 degrees of freedom: p 0.2494
}

func ExampleChiSquareTail() {
	fmt.Printf("%.3f\n", stats.ChiSquareTail(3.841459, 1))
	// Output:
	// 0.050
}

func ExampleFisherExact() {
	fmt.Printf("8 of 10 against 1 of 6: p %.4f\n", stats.FisherExact(stats.Fourfold{A: 8, B: 2, C: 1, D: 5}))
	// Output:
	// 8 of 10 against 1 of 6: p 0.0350
}

func ExampleSharesTest() {
	p, exact := stats.SharesTest(56, 70, 48, 80)
	fmt.Printf("56 of 70 against 48 of 80: p %.4f, by Fisher's exact test: %v\n", p, exact)
	p, exact = stats.SharesTest(8, 10, 1, 6)
	fmt.Printf("8 of 10 against 1 of 6: p %.4f, by Fisher's exact test: %v\n", p, exact)
	// Output:
	// 56 of 70 against 48 of 80: p 0.0080, by Fisher's exact test: false
	// 8 of 10 against 1 of 6: p 0.0350, by Fisher's exact test: true
}

// Three of five tests are below 0.05. After the adjustment for their number one is.
func ExampleBenjaminiHochberg() {
	for _, p := range stats.BenjaminiHochberg([]float64{0.001, 0.032, 0.041, 0.3, 0.8}) {
		fmt.Printf("%.4f ", p)
	}
	fmt.Println()
	// Output:
	// 0.0050 0.0683 0.0683 0.3750 0.8000
}

// At Berkeley in 1973 more of the men than of the women were admitted. Within the departments it was the other way round.
func ExampleMantelHaenszel() {
	all := stats.MantelHaenszel([]stats.Fourfold{{A: 1198, B: 1493, C: 557, D: 1278}}, 0.95)
	fmt.Printf("all: %.2f (%.2f to %.2f)\n", all.Ratio, all.Interval.Low, all.Interval.High)
	within := stats.MantelHaenszel([]stats.Fourfold{
		{A: 512, B: 313, C: 89, D: 19},
		{A: 353, B: 207, C: 17, D: 8},
		{A: 120, B: 205, C: 202, D: 391},
		{A: 138, B: 279, C: 131, D: 244},
		{A: 53, B: 138, C: 94, D: 299},
		{A: 22, B: 351, C: 24, D: 317},
	}, 0.95)
	fmt.Printf("within departments: %.4f (%.2f to %.2f)\n", within.Ratio, within.Interval.Low, within.Interval.High)
	// Output:
	// all: 1.84 (1.62 to 2.09)
	// within departments: 0.9047 (0.77 to 1.06)
}

func ExampleStudentTail() {
	fmt.Printf("%.3f\n", stats.StudentTail(2.228139, 10))
	// Output:
	// 0.050
}
