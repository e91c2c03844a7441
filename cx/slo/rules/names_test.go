package rules_test

import (
	"fmt"

	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/rules"
)

func ExampleBadRatioWithin() {
	burns, err := rules.Burns(slo.Objective{Name: "checkout-completes", Journey: "checkout", Target: 0.95, Window: slo.Window{Days: 28}})
	if err != nil {
		fmt.Println(err)
	}
	for _, b := range burns {
		fmt.Println(b.Severity, rules.BadRatioWithin(b.Long))
	}
	// Output:
	// page objective:cx_slo_bad_per_events:ratio_increase56m
	// page objective:cx_slo_bad_per_events:ratio_increase5h36m
	// ticket objective:cx_slo_bad_per_events:ratio_increase2d19h12m
}
