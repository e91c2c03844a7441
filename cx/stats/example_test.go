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
