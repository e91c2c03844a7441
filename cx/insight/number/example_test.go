package number_test

import (
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/insight/number"
)

func Example() {
	fmt.Println(number.Of(1434, "permit", "permits"))
	fmt.Println(number.Share(0.1234), "of them, which is", number.Range(number.Share(0.107), number.Share(0.141)))
	fmt.Println(number.Points(-0.0472))
	fmt.Println(number.Duration(200 * time.Minute))
	// Output:
	// 1,434 permits
	// 12.3% of them, which is 10.7% to 14.1%
	// −4.7 points
	// 3 h 20 min
}

func ExampleLocale_Rewrite() {
	swiss, ok := number.AcceptedLocale("de-CH, de;q=0.9, en;q=0.8")
	fmt.Println(swiss, ok)
	fmt.Println(swiss.Rewrite("12.3% of 1,234,567 runs of release 1.234", func(n string) bool { return n == "1.234" }))
	// Output:
	// de-CH true
	// 12.3% of 1'234'567 runs of release 1.234
}
