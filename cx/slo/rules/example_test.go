package rules_test

import (
	"fmt"
	"strings"

	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/rules"
)

// checkoutCompletes is what the examples are about.
func checkoutCompletes() []slo.Objective {
	return []slo.Objective{{Name: "checkout-completes", Journey: "checkout", Target: 0.95, Window: slo.Window{Days: 28}, Owner: "team-payments"}}
}

func ExamplePrometheus() {
	files, err := rules.Prometheus(checkoutCompletes(), rules.WithSource("blueprint.yaml"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range files {
		head, _, _ := strings.Cut(string(f.Data), "\n")
		fmt.Println(f.Name, head)
	}
	// Output:
	// checkout-completes.rules.yaml # Made by cairn generate from blueprint.yaml. Do not edit: change the blueprint and generate again.
	// checkout-completes.alerts.test.yaml # Made by cairn generate from blueprint.yaml. Do not edit: change the blueprint and generate again.
	// checkout-completes.budget.test.yaml # Made by cairn generate from blueprint.yaml. Do not edit: change the blueprint and generate again.
	// checkout-completes.burn-56m.test.yaml # Made by cairn generate from blueprint.yaml. Do not edit: change the blueprint and generate again.
	// checkout-completes.burn-5h36m.test.yaml # Made by cairn generate from blueprint.yaml. Do not edit: change the blueprint and generate again.
	// checkout-completes.burn-2d19h12m.test.yaml # Made by cairn generate from blueprint.yaml. Do not edit: change the blueprint and generate again.
	// checkout-completes.window.test.yaml # Made by cairn generate from blueprint.yaml. Do not edit: change the blueprint and generate again.
	// _sdk.rules.yaml # Made by cairn generate from blueprint.yaml. Do not edit: change the blueprint and generate again.
	// _sdk.alerts.test.yaml # Made by cairn generate from blueprint.yaml. Do not edit: change the blueprint and generate again.
}

func ExampleBurns() {
	burns, err := rules.Burns(checkoutCompletes()[0])
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, b := range burns {
		fmt.Printf("%s: more than %v bad within %v and %v, %v times the pace\n", b.Severity, b.Threshold(), b.Long, b.Short, b.Factor)
	}
	// Output:
	// page: more than 0.72 bad within 56m0s and 5m0s, 14.4 times the pace
	// page: more than 0.3 bad within 5h36m0s and 28m0s, 6 times the pace
	// ticket: more than 0.05 bad within 67h12m0s and 5h36m0s, 1 times the pace
}

func ExampleAlertmanager() {
	file, err := rules.Alertmanager(checkoutCompletes())
	if err != nil {
		fmt.Println(err)
		return
	}
	_, receivers, _ := strings.Cut(string(file.Data), "receivers:\n")
	fmt.Print(receivers)
	// Output:
	//   - name: "cairn"
	//   - name: "cairn-page"
	//   - name: "cairn-ticket"
	//   - name: "team-payments-page"
	//   - name: "team-payments-ticket"
}

func ExampleEvidence() {
	p := 14.4 * (1 - 0.999) // a page at a target of 99.9%
	for _, n := range []float64{10, 100, 1000} {
		fmt.Printf("of %v events more than %.1f\n", n, rules.Evidence(n, p))
	}
	// Output:
	// of 10 events more than 1.5
	// of 100 events more than 4.2
	// of 1000 events more than 21.4
}
