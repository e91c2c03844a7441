package blueprint_test

import (
	"errors"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

var exampleShop = &blueprint.Blueprint{
	Version: blueprint.Version,
	Journeys: []blueprint.Journey{{
		Name:         "checkout",
		Stages:       []blueprint.Stage{{Name: "cart"}, {Name: "payment", Expect: blueprint.Duration(2 * time.Minute)}},
		AbandonAfter: blueprint.Duration(30 * time.Minute),
	}},
	Touchpoints: []blueprint.Touchpoint{
		{Name: "submit-payment", Journey: "checkout", Stage: "payment", Satisfied: blueprint.Duration(800 * time.Millisecond)},
	},
	Surveys:  []blueprint.Survey{{Name: "post-purchase", Scale: "csat", Causes: []string{"price", "delivery"}}},
	Channels: map[string]string{"Desk": "in_person"},
}

func ExampleBlueprint() {
	fmt.Println(exampleShop.Validate())

	checkout := exampleShop.Journey("checkout") // the same definition that journey.Define gives
	fmt.Println(checkout.Stages(), checkout.Expect("payment"))
	fmt.Println(exampleShop.Touchpoint("submit-payment").Satisfied())
	fmt.Println(exampleShop.Survey("post-purchase").Scale(), exampleShop.Causes("post-purchase"))
	// Output:
	// <nil>
	// [cart payment] 2m0s
	// 800ms
	// csat [price delivery]
}

func ExampleBlueprint_Validate() {
	b := &blueprint.Blueprint{
		Version:     blueprint.Version,
		Journeys:    []blueprint.Journey{{Name: "checkout", Stages: []blueprint.Stage{{Name: "payment"}}}},
		Touchpoints: []blueprint.Touchpoint{{Name: "pay", Journey: "checkout", Stage: "paymnet", Ends: "canceled"}},
	}
	var invalid *blueprint.Error
	if errors.As(b.Validate(), &invalid) {
		for _, p := range invalid.Problems {
			fmt.Printf("%s: %s\n", p.Path, p)
		}
	}
	// Output:
	// touchpoints[0].stage: the journey "checkout" has no stage "paymnet": it has ["payment"]: did you mean "payment"?
	// touchpoints[0].ends: a journey cannot end as "canceled": use completed, failed or cancelled: did you mean "cancelled"?
}

// A promise of the blueprint is the same as one of journey.Promise, and a touchpoint that keeps it the same as one with
// touchpoint.Keeps.
func ExamplePromise() {
	b := &blueprint.Blueprint{
		Version: blueprint.Version,
		Journeys: []blueprint.Journey{{
			Name:   "claim",
			Stages: []blueprint.Stage{{Name: "received"}, {Name: "waiting-for-customer"}, {Name: "replied"}},
			Promises: []blueprint.Promise{
				{
					Name: "answered", From: "received", Until: "replied", Within: blueprint.Within{Duration: blueprint.Duration(24 * time.Hour)},
					Hours: "office", Pause: []string{"waiting-for-customer"}, Target: 0.9,
				},
				{Name: "decided", Within: blueprint.Within{Days: 15}, Hours: "office"}, // from the start until the end
			},
		}},
		Touchpoints: []blueprint.Touchpoint{{Name: "answer-by-phone", Journey: "claim", Keeps: []string{"answered"}}},
		Hours:       map[string]blueprint.Hours{"office": {Zone: "Europe/London", Open: map[string]blueprint.Openings{"mon-fri": {"09:00-17:30"}}}},
	}
	fmt.Println(b.Validate())
	for p := range b.Journey("claim").Promises() {
		fmt.Printf("%s: %s\n", p.Name, &p)
	}
	fmt.Println(b.Touchpoint("answer-by-phone").Keeps("claim"))
	// Output:
	// <nil>
	// answered: within 24h0m0s from received until replied, in the hours office, not in waiting-for-customer, 90% of them
	// decided: within 15bd from start until end, in the hours office
	// [answered]
}

// Objectives of the blueprint are the same as values of package slo. The target of a promise stands for one, too.
func ExampleBlueprint_AllObjectives() {
	b := &blueprint.Blueprint{
		Version: blueprint.Version,
		Zone:    "Europe/London",
		Journeys: []blueprint.Journey{{
			Name: "order", Owner: "team-orders",
			Promises: []blueprint.Promise{
				{Name: "answered", Within: blueprint.Within{Duration: blueprint.Duration(24 * time.Hour)}, Target: 0.9},
				{Name: "shipped", Within: blueprint.Within{Duration: blueprint.Duration(48 * time.Hour)}},
			},
		}},
		Objectives: []blueprint.Objective{
			{Name: "orders-shipped", Journey: "order", Promise: "shipped", Target: 0.99, Window: slo.Window{Period: slo.CalendarMonth}},
		},
		Maintenance: []blueprint.Maintenance{{Name: "move", From: "2026-12-24 22:00", Until: "2026-12-25 06:00"}},
	}
	fmt.Println(b.Validate())
	for _, o := range b.AllObjectives() {
		fmt.Println(o.Name, o.Subject(), o.Promise, o.Target, o.Window, o.Owner, o.Maintenance[0].From)
	}
	// Output:
	// <nil>
	// orders-shipped promise shipped 0.99 calendar-month team-orders 2026-12-24 22:00:00 +0000 GMT
	// order-answered promise answered 0.9 28d team-orders 2026-12-24 22:00:00 +0000 GMT
}

// The contact policy of a blueprint is the one that DefineContactPolicy gives.
func ExampleBlueprint_ContactPolicy() {
	b := &blueprint.Blueprint{
		Version: blueprint.Version,
		Contact: &blueprint.Contact{Purposes: []blueprint.Purpose{
			{Name: "survey", Channels: []string{"email"}, Caps: []blueprint.Cap{{Most: 1, Within: 30 * 24 * blueprint.Duration(time.Hour)}}},
			{Name: "marketing", NeedsConsent: true, StoppedBy: []string{"complaint"}},
		}},
	}
	policy := b.ContactPolicy()
	fmt.Println(b.Validate(), policy.Name(), policy.Purposes(), b.Holds())
	for _, t := range policy.Terms() {
		fmt.Println(t.Name, t.Channels, t.Consent, t.Stops)
	}
	// Output:
	// <nil> contacts [marketing survey] [complaint]
	// survey [email] false []
	// marketing [] true [complaint]
}

func ExampleVerdicts() {
	fmt.Println(blueprint.Verdicts("nps"))
	fmt.Println(blueprint.Verdicts("thumbs"))
	// Output:
	// [positive neutral negative promoter passive detractor]
	// [positive negative]
}

func ExampleParseShare() {
	s, err := blueprint.ParseShare("99.9%")
	fmt.Println(float64(s), s, err)
	_, err = blueprint.ParseShare("90")
	fmt.Println(err)
	// Output:
	// 0.999 99.9% <nil>
	// blueprint: 90 is more than the whole: write a percentage, such as 90%, or a part of 1, such as 0.9
}

func ExampleBlueprint_Definitions() {
	for _, d := range exampleShop.Definitions() { // for cx.WithDefinitions
		fmt.Println(d.Name(), d.Validate())
	}
	// Output:
	// checkout <nil>
	// submit-payment <nil>
	// post-purchase <nil>
}

func ExampleBlueprint_Channel() {
	for _, spelling := range []string{"Desk", "DESK", "web", "pigeon"} {
		c, ok := exampleShop.Channel(spelling)
		fmt.Printf("%s: %q %v\n", spelling, c, ok)
	}
	// Output:
	// Desk: "in_person" true
	// DESK: "in_person" true
	// web: "web" true
	// pigeon: "" false
}

func ExampleFrom() {
	checkout := journey.Define("checkout", journey.Stages("cart", "payment"))
	b, err := blueprint.From(
		checkout,
		touchpoint.Define("submit-payment", touchpoint.In(checkout, "payment")),
		feedback.Define("post-purchase", feedback.CSAT),
	)
	fmt.Println(len(b.Journeys), b.Touchpoints[0].Stage, b.Surveys[0].Scale, err)
	// Output:
	// 1 payment csat <nil>
}

func ExampleParseDuration() {
	d, err := blueprint.ParseDuration("1w2d")
	fmt.Println(d, time.Duration(d), err)
	_, err = blueprint.ParseDuration("2 days")
	fmt.Println(err)
	// Output:
	// 9d 216h0m0s <nil>
	// blueprint: "2 days" is not a duration: there is no unit " days": the units are w, d, h, m, s, ms, us and ns
}

func ExampleBlueprint_Calendar() {
	b := &blueprint.Blueprint{
		Version: blueprint.Version,
		Hours: map[string]blueprint.Hours{"office": {
			Zone:     "Europe/London",
			Open:     map[string]blueprint.Openings{"mon-fri": {"09:00-17:30"}},
			Holidays: []blueprint.Holiday{{Date: "2026-12-25"}, {Date: "2026-12-28"}},
		}},
	}
	office, ok := b.Calendar("office")
	fmt.Println(ok, office.Validate())
	fmt.Println(office.Add(time.Date(2026, time.December, 24, 17, 0, 0, 0, time.UTC), time.Hour))
	// Output:
	// true <nil>
	// 2026-12-29 09:30:00 +0000 UTC <nil>
}

func ExampleWithin_Due() {
	office := calendar.Define("office", calendar.Zone("Europe/London"), calendar.Open("mon-fri", "09:00-17:30"))
	friday := time.Date(2026, time.January, 9, 12, 0, 0, 0, time.UTC)
	for _, text := range []string{"12h", "3bd"} {
		within, err := blueprint.ParseWithin(text)
		if err != nil {
			fmt.Println(err)
			return
		}
		due, err := within.Due(friday, office)
		fmt.Println(within, due, err)
	}
	// Output:
	// 12h 2026-01-12 15:30:00 +0000 UTC <nil>
	// 3bd 2026-01-14 17:30:00 +0000 UTC <nil>
}

func ExampleParseWithin() {
	w, err := blueprint.ParseWithin("15bd")
	fmt.Println(w.Days, w, err)
	_, err = blueprint.ParseWithin("3000bd")
	fmt.Println(err)
	// Output:
	// 15 15bd <nil>
	// blueprint: "3000bd" is no number of business days: write one from 1bd to 2500bd
}

func ExampleSuggest() {
	fmt.Println(blueprint.Suggest("paymnet", []string{"cart", "payment"}))
	// Output:
	// payment
}
