package yaml_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/yaml"
)

func ExampleLoad() {
	b, err := yaml.Load("testdata/shop.yaml")
	if err != nil {
		fmt.Println(err) // reports all problems, line by line
		return
	}
	checkout := b.Journey("checkout")
	fmt.Println(checkout.Stages(), checkout.Expect("payment"), checkout.AbandonAfter())
	// Output:
	// [cart payment confirmation] 2m0s 30m0s
}

func ExampleRead() {
	b, err := yaml.Read("shop.yaml", strings.NewReader("version: 1\nsurveys: [{name: post-purchase, scale: csat}]"))
	fmt.Println(b.Survey("post-purchase").Scale(), err)
	// Output:
	// csat <nil>
}

func ExampleParse() {
	_, err := yaml.Parse("shop.yaml", []byte(`version: 1
journeys:
  - name: checkout
    stages: [{name: cart}, {name: payment, expect: 2}]
touchpoints:
  - name: submit-payment
    journey: checkout
    stage: paymnet
`))
	fmt.Println(err)

	var invalid *yaml.Error
	if errors.As(err, &invalid) {
		fmt.Println(len(invalid.Problems), "problems")
	}
	// Output:
	// shop.yaml:4:52: journeys[0].stages[1].expect: is a number without a unit: write 2ms, 2s, 2m or 2h
	//     stages: [{name: cart}, {name: payment, expect: 2}]
	//                                                    ^
	// shop.yaml:8:12: touchpoints[0].stage: the journey "checkout" has no stage "paymnet": it has ["cart" "payment"]: did you mean "payment"?
	//     stage: paymnet
	//            ^
	// 2 problems
}

func ExampleWrite() {
	err := yaml.Write(os.Stdout, &blueprint.Blueprint{
		Version: blueprint.Version,
		Journeys: []blueprint.Journey{{
			Name:   "checkout",
			Stages: []blueprint.Stage{{Name: "cart"}, {Name: "payment"}},
			Promises: []blueprint.Promise{
				{Name: "confirmed", From: "payment", Within: blueprint.Within{Duration: blueprint.Duration(time.Minute)}, Target: 0.99},
			},
		}},
		Hours: map[string]blueprint.Hours{"office": {
			Zone:     "Europe/London",
			Open:     map[string]blueprint.Openings{"mon-fri": {"09:00-17:30"}, "sat": {"10:00-12:00", "13:00-16:00"}},
			Holidays: []blueprint.Holiday{{Date: "2026-12-25"}, {Date: "2026-12-24", Open: blueprint.Openings{"09:00-12:00"}}},
		}},
		Channels: map[string]string{"Desk": "in_person"},
	})
	fmt.Println(err)
	// Output:
	// version: 1
	// journeys:
	//   - name: checkout
	//     stages:
	//       - name: cart
	//       - name: payment
	//     promises:
	//       - name: confirmed
	//         from: payment
	//         within: 1m
	//         target: 99%
	// hours:
	//   office:
	//     zone: Europe/London
	//     open:
	//       mon-fri: "09:00-17:30"
	//       sat:
	//         - "10:00-12:00"
	//         - "13:00-16:00"
	//     holidays:
	//       - "2026-12-25"
	//       - date: "2026-12-24"
	//         open: "09:00-12:00"
	// channels:
	//   Desk: in_person
	// <nil>
}

func ExampleSave() {
	dir, err := os.MkdirTemp("", "blueprint")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "shop.yaml")
	fmt.Println(yaml.Save(path, &blueprint.Blueprint{Version: blueprint.Version}))
	b, err := yaml.Load(path)
	fmt.Println(b.Version, err)
	// Output:
	// <nil>
	// 1 <nil>
}

func ExampleSchema() {
	fmt.Println(strings.Contains(string(yaml.Schema()), `"$schema": "https://json-schema.org/draft/2020-12/schema"`))
	// Output:
	// true
}
