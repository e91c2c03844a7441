package grafana_test

import (
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/slo"
)

// shop returns a blueprint with everything that a dashboard shows.
func shop() *blueprint.Blueprint {
	four := 4
	minute := blueprint.Duration(time.Minute)
	return &blueprint.Blueprint{
		Version: blueprint.Version,
		Journeys: []blueprint.Journey{
			{
				Name: "checkout", Description: "From a filled cart to a confirmed order", Owner: "team-payments", AbandonAfter: 30 * minute,
				Stages:   []blueprint.Stage{{Name: "cart"}, {Name: "payment", Expect: 2 * minute}, {Name: "confirmation"}},
				Promises: []blueprint.Promise{{Name: "confirmed", From: "payment", Within: blueprint.Within{Duration: minute}, Target: 0.99}},
			},
			{Name: "return", AbandonAfter: 60 * minute},
		},
		Touchpoints: []blueprint.Touchpoint{
			{Name: "submit-payment", Journey: "checkout", Stage: "payment", Satisfied: blueprint.Duration(800 * time.Millisecond)},
			{Name: "order-confirmed", Journey: "checkout", Stage: "confirmation", Ends: "completed"},
			{Name: "call-support"},
		},
		Surveys: []blueprint.Survey{{Name: "post-purchase", Description: "How satisfied are you?", Scale: "csat"}, {Name: "nps", Scale: "nps"}},
		Hours:   map[string]blueprint.Hours{"office": {Zone: "UTC", Open: map[string]blueprint.Openings{"mon-fri": {"09:00-17:00"}}}},
		Queues: []blueprint.Queue{
			{Name: "support", Description: "Questions about orders", Hours: "office", ServiceLevel: blueprint.ServiceLevel{Within: blueprint.Duration(20 * time.Second)}},
			{Name: "claims", ServiceLevel: blueprint.ServiceLevel{Within: minute, Variant: "ignored"}},
			{Name: "mail"},
		},
		Objectives: []blueprint.Objective{
			{
				Name: "checkout-completes", Description: "Customers get what they came for", Journey: "checkout", Runbook: "https://wiki.example/checkout", Target: 0.95,
				Window: slo.Window{Days: 28}, By: []string{"channel", "segment", "actor", "intent", "release", "arm"},
			},
			{Name: "complaints-acknowledged", Journey: "complaint", Promise: "acknowledged", Target: 0.9},
			{Name: "satisfied", Survey: "post-purchase", Good: blueprint.Good{ScoreAtLeast: &four}, Target: 0.85, MinEvents: 50},
			{Name: "buying", Of: []blueprint.Part{{Objective: "checkout-completes", Weight: 3}, {Objective: "satisfied"}}, Target: 0.92},
		},
		FollowUps: []blueprint.FollowUp{
			{Name: "complaint", Description: "Customers who complain get an answer", Hours: "office", Acknowledge: blueprint.Within{Duration: 24 * 60 * minute}, Answer: blueprint.Within{Days: 5}, Update: blueprint.Within{Duration: 60 * minute}},
			{Name: "win-back"},
		},
		Contact: &blueprint.Contact{Description: "How we contact customers", Purposes: []blueprint.Purpose{{Name: "survey"}, {Name: "marketing", NeedsConsent: true}}},
	}
}

// hostile returns a blueprint whose names and texts try to be something else.
func hostile() *blueprint.Blueprint {
	const text = "$datasource ${datasource} [[datasource]] {{ cx_outcome }} <script>alert(1)</script> [x](javascript:alert(1)) \"} or vector(1) #\n\ufeff\u202e\\"
	b := &blueprint.Blueprint{Version: blueprint.Version, Contact: &blueprint.Contact{Description: text}}
	for _, name := range []string{"$datasource", "${__range}", "[[x]]", `a"} or vector(1) #`, `b\`, "a|b.*", "{{x}}", "支払い", "`", "(", "'"} {
		b.Journeys = append(b.Journeys, blueprint.Journey{
			Name: name, Description: text, AbandonAfter: blueprint.Duration(time.Hour), Stages: []blueprint.Stage{{Name: name, Expect: blueprint.Duration(time.Minute)}},
			Promises: []blueprint.Promise{{Name: name, From: name, Within: blueprint.Within{Duration: blueprint.Duration(time.Minute)}, Target: 0.5}},
		})
		b.Touchpoints = append(b.Touchpoints, blueprint.Touchpoint{Name: name, Journey: name, Stage: name, Satisfied: blueprint.Duration(time.Second)})
		b.Contact.Purposes = append(b.Contact.Purposes, blueprint.Purpose{Name: name, Description: text})
		b.Surveys = append(b.Surveys, blueprint.Survey{Name: name, Description: text, Scale: "nps"})
		b.FollowUps = append(b.FollowUps, blueprint.FollowUp{Name: name + "?", Description: text, Answer: blueprint.Within{Duration: blueprint.Duration(time.Minute)}})
		b.Objectives = append(b.Objectives, blueprint.Objective{
			Name: name, Description: text, Journey: name, Target: 0.9, Owner: name, By: []string{"channel"}, Runbook: "https://wiki.example/?q=${datasource}",
		})
	}
	return b
}
