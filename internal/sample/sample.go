// Package sample has blueprints for the tests of the generators: one that a person reads, and one that is hostile.
package sample

import (
	"strconv"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/slo"
)

const (
	minute = blueprint.Duration(time.Minute)
	day    = blueprint.Duration(24 * time.Hour)
)

// Shop returns a blueprint that has everything once. Each call makes a new one.
func Shop() *blueprint.Blueprint {
	four := 4
	return &blueprint.Blueprint{
		Version: blueprint.Version,
		Zone:    "Europe/London",
		Journeys: []blueprint.Journey{
			{
				Name: "checkout", Description: "From a filled cart to a confirmed order", Owner: "team-payments",
				Stages: []blueprint.Stage{
					{Name: "cart", Description: "The customer chooses"},
					{Name: "payment", Expect: 2 * minute},
					{Name: "waiting", Description: "We wait for the bank of the customer"},
					{Name: "confirmation"},
				},
				AbandonAfter: 7 * day, Channels: []string{"web", "mobile", "in_person", "api", "ivr", "other"},
				Promises: []blueprint.Promise{
					{Name: "confirmed", From: "payment", Within: blueprint.Within{Duration: minute}, Target: 0.99, Description: "The order stands soon after the payment"},
					{
						Name: "called-back", From: "ask-for-call", Until: "call-back", Within: blueprint.Within{Duration: 4 * 60 * minute},
						Hours: "office", Pause: []string{"waiting"},
					},
					{Name: "refunded", Until: "confirmation", Within: blueprint.Within{Days: 15}, Hours: "office", Target: 0.9},
				},
			},
			{Name: "return", AbandonAfter: 60 * day},
		},
		Touchpoints: []blueprint.Touchpoint{
			{Name: "submit-payment", Description: "The customer pays!", Owner: "team-payments", Journey: "checkout", Stage: "payment", Satisfied: blueprint.Duration(800 * time.Millisecond), Match: matches()},
			{Name: "order-confirmed", Journey: "checkout", Stage: "confirmation", Ends: "completed"},
			{Name: "ask-for-call", Journey: "checkout"},
			{Name: "call-back", Journey: "checkout", Keeps: []string{"refunded"}},
			{Name: "newsletter", Purpose: "marketing"},
		},
		Surveys: surveys(),
		Hours:   hours(),
		Queues: []blueprint.Queue{
			{
				Name: "support", Description: "Questions about orders", Owner: "team-support", Hours: "office", Channels: []string{"phone", "chat"},
				ServiceLevel: blueprint.ServiceLevel{
					Within: blueprint.Duration(20 * time.Second), Variant: "ignored", ShortAbandon: blueprint.Duration(5 * time.Second), FlowOuts: true,
				},
			},
			{Name: "billing", ServiceLevel: blueprint.ServiceLevel{Within: minute}},
			{Name: "mail"},
		},
		Intents:     []string{"order-late", "refund"},
		RootCauses:  []string{"no-authority", "time.fraud"},
		Channels:    map[string]string{"Internet": "web"},
		Objectives:  objectives(&four),
		Maintenance: maintenance(),
		Contact:     contact(),
		FollowUps:   followUps(),
		Actions: []blueprint.Action{
			{Name: "improvement", Description: "We change what customers complain about", Owner: "team-product", Hours: "office", Make: blueprint.Within{Days: 20}, Verify: blueprint.Within{Duration: 16 * 60 * minute}},
			{Name: "idea"},
		},
		Breakdowns: breakdowns(),
	}
}

func breakdowns() *blueprint.Breakdowns {
	return &blueprint.Breakdowns{
		Description: "What goes wrong for customers more often than before", Owner: "team-product", Hours: "office",
		Confirm: blueprint.Within{Duration: 8 * 60 * minute}, Plan: blueprint.Within{Days: 5}, Mend: blueprint.Within{Days: 20},
		Severities: []blueprint.BreakdownSeverity{
			{Name: "high", CustomersADay: 20, Confirm: blueprint.Within{Duration: 2 * 60 * minute}, Mend: blueprint.Within{Days: 5}}, {Name: "low", CustomersADay: 2.5},
		},
	}
}

func matches() blueprint.Matches {
	return blueprint.Matches{
		{
			Span: "POST /cart/*/pay", Kind: "server", Attributes: map[string]blueprint.Pattern{"http.response.status_code": "402"}, Outcome: "failed",
			Case: blueprint.MatchSource{Attribute: "cart.id"},
		},
		{
			Span: "POST /cart/*/pay", Kind: "server",
			Case:     blueprint.MatchSource{Baggage: "cart.id", Trusted: true},
			Customer: blueprint.MatchSource{Attribute: "enduser.id"}, Segment: blueprint.MatchSource{Attribute: "enduser.tier"}, Actor: blueprint.MatchSource{Attribute: "enduser.kind"},
			Value: blueprint.MatchValue{Attribute: "cart.total", Currency: "EUR"}, Channel: "Internet", Starts: true,
		},
	}
}

func followUps() []blueprint.FollowUp {
	return []blueprint.FollowUp{
		{
			Name: "complaint", Description: "Customers who complain get an answer", Owner: "team-care", Hours: "office", Hold: "open-dispute",
			Acknowledge: blueprint.Within{Duration: 24 * 60 * minute}, Answer: blueprint.Within{Days: 5}, Update: blueprint.Within{Duration: 16 * 60 * minute},
			Confirm:    14 * day,
			Severities: []blueprint.Severity{{Name: "high", Acknowledge: blueprint.Within{Duration: 4 * 60 * minute}, Answer: blueprint.Within{Days: 1}}, {Name: "low"}},
			Open: []blueprint.OpenRule{
				{On: "complaint", Severity: "high"},
				{On: "dissatisfied", Survey: "post-purchase", Segments: []string{"gold", "new"}, Causes: []string{"delivery"}, Owner: "team-shop"},
				{On: "broken_promise", Name: "no-confirmation", Journey: "checkout", Promise: "confirmed"},
				{On: "contact_violation", Purpose: "marketing", Severity: "low"},
			},
		},
		{Name: "win-back", Hold: blueprint.NoHold, Open: []blueprint.OpenRule{{On: "detractor"}, {On: "low_ease"}, {On: "failed_journey", Journey: "checkout", Causes: []string{"time.fraud"}}}},
	}
}

func hours() map[string]blueprint.Hours {
	return map[string]blueprint.Hours{
		"office": {
			Zone: "Europe/London", Open: map[string]blueprint.Openings{"mon-fri": {"09:00-17:30"}, "sat": {"10:00-12:00", "13:00-16:00"}},
			Holidays: []blueprint.Holiday{{Date: "2026-12-25"}, {Date: "2026-12-24", Open: blueprint.Openings{"09:00-12:00"}}},
		},
		"night-desk": {
			Zone: "America/New_York", Open: map[string]blueprint.Openings{"daily": {"22:00-06:00"}}, Holidays: []blueprint.Holiday{{Date: "2026-12-25", Open: blueprint.Openings{"06:00-24:00"}}},
		},
	}
}

func contact() *blueprint.Contact {
	return &blueprint.Contact{
		Description: "How we contact our customers", Owner: "team-care", Wait: blueprint.Duration(100 * time.Millisecond),
		Purposes: []blueprint.Purpose{
			{
				Name: "survey", Description: "How satisfied are you?", Owner: "team-insight", Channels: []string{"email", "phone"},
				Caps: []blueprint.Cap{{Most: 1, Within: 30 * day}, {Most: 2, Within: 365 * day, Channels: []string{"phone"}}}, GrantLife: 2 * day,
			},
			{Name: "marketing", NeedsConsent: true, StoppedBy: []string{"complaint", "open-dispute"}, QuietHours: "night-desk"},
			{Name: "fraud-warning", Description: "Somebody else may use the account", GrantedIfUnknown: true},
		},
		Caps: []blueprint.SharedCap{{Most: 3, Within: 30 * day, Purposes: []string{"survey", "marketing"}}},
	}
}

func objectives(four *int) []blueprint.Objective {
	return []blueprint.Objective{
		{
			Name: "checkout-completes", Description: "Customers get what they came for", Journey: "checkout", Runbook: "https://wiki.example/checkout",
			Good: blueprint.Good{Outcome: []string{"completed"}, Within: 3 * minute}, Target: 0.95, Window: slo.Window{Days: 28},
			By: []string{"channel", "segment"},
			Except: blueprint.Except{
				Actor: []string{"delegate"}, Channel: []string{"api"}, Segment: []string{"event.test"}, Outcome: []string{"cancelled"}, Cause: []string{"time.fraud"},
			},
		},
		{Name: "payment-feels-fast", Touchpoint: "submit-payment", Good: blueprint.Good{Apdex: []string{"satisfied"}}, Target: 0.9, Window: slo.Window{Days: 7}},
		{Name: "customers-satisfied", Survey: "post-purchase", Good: blueprint.Good{ScoreAtLeast: four}, Target: 0.85, MinEvents: 50, Owner: "team-insight"},
		{Name: "promoters", Survey: "yearly", Good: blueprint.Good{Verdict: []string{"promoter", "passive"}}, Target: 0.7, Window: slo.Window{Period: slo.CalendarQuarter}},
		{Name: "orders-confirmed", Journey: "checkout", Promise: "confirmed", Target: 0.99, Window: slo.Window{Period: slo.CalendarMonth}},
		{Name: "support-answers", Queue: "support", Good: blueprint.Good{ServiceLevel: true}, Target: 0.8},
		{Name: "billing-waits", Queue: "billing", Good: blueprint.Good{WaitWithin: 2 * minute}, Target: 0.9, By: []string{"intent"}},
		{Name: "support-replies", Queue: "support", Good: blueprint.Good{FirstReplyWithin: 4 * 60 * minute}, Target: 0.9},
		{Name: "solved-at-once", Effort: "all", Target: 0.7, MinEvents: 30},
		{Name: "refunds-at-once", Effort: "refund", Target: 0.6},
		{Name: "buying", Of: []blueprint.Part{{Objective: "checkout-completes", Weight: 3}, {Objective: "customers-satisfied"}}, Target: 0.92},
	}
}

func maintenance() []blueprint.Maintenance {
	return []blueprint.Maintenance{
		{Name: "stocktaking", Description: "The shop counts its stock", From: "2026-12-31 20:00", Until: "2027-01-01 06:00"},
		{Name: "sunday-work", Zone: "Europe/Paris", Open: map[string]blueprint.Openings{"sun": {"02:00-04:00"}}, Journeys: []string{"checkout"}},
	}
}

func surveys() []blueprint.Survey {
	return []blueprint.Survey{
		{Name: "post-purchase", Description: "How satisfied are you with your order?", Owner: "team-insight", Scale: "csat", Journey: "checkout", Causes: []string{"price", "delivery"}},
		{Name: "yearly", Scale: "nps"},
		{
			Name: "payment-effort", Scale: "ces", Journey: "checkout", Stage: "payment", Version: "2026", Channels: []string{"email", "in_person"},
			Question: map[string]string{"en": "The shop made it easy for me to pay.", "pt-BR": "A loja facilitou meu pagamento."},
			Causes:   []string{"slow", "declined"}, Sample: 0.125, Every: 90 * day, Expires: 14 * day, Purpose: "marketing",
			Testimonial: blueprint.Testimonial{Version: "1", Text: map[string]string{"en": "You may show my words on your web site."}},
		},
	}
}

// Hostile returns a valid blueprint whose names and texts try to be something else: Go, Markdown, HTML, YAML, PromQL, JSON.
func Hostile() *blueprint.Blueprint {
	const text = "*/ }; func init() { panic(1) }\n//go:embed /etc/passwd\n\r\n# Heading\n- item | cell\n<script>alert(1)</script> [x](javascript:alert(1)) `code` ![i](http://x/y.png)\n" +
		"{{ $labels.x }} ${env} --- %s %d \ufeff\u202eevil\u202c \"quoted\" 'q' \\ \\n & &amp; https://evil.example\n\nDeprecated: no.\n\n[x]: http://evil.example"
	names := []string{
		"a\"b`c\\d", "*/", "<b>x</b>", "[l](u)", "| cell |", "{{x}}", "- y: z #", "支払い", "7 days", "ünï cödé", strings.Repeat("x", 64), "$y", "p*q_r~s", "true", "null", "--- ", "'",
	}
	b := &blueprint.Blueprint{Version: blueprint.Version, Hours: map[string]blueprint.Hours{}, Contact: &blueprint.Contact{Name: names[0], Description: text, Owner: names[0]}}
	for _, name := range names {
		if name != strings.TrimSpace(name) {
			continue
		}
		b.Hours[name] = blueprint.Hours{Zone: "UTC", Open: map[string]blueprint.Openings{"daily": {"24h"}}}
		b.Journeys = append(b.Journeys, blueprint.Journey{
			Name: name, Description: text, Owner: name, AbandonAfter: day, Stages: []blueprint.Stage{{Name: name, Description: text, Expect: minute}},
			Promises: []blueprint.Promise{{Name: name, Description: text, From: name, Within: blueprint.Within{Duration: minute}, Hours: name}},
		})
		b.Touchpoints = append(b.Touchpoints, blueprint.Touchpoint{Name: name, Description: text, Owner: name, Journey: name, Stage: name, Keeps: []string{name}, Purpose: name})
		b.Contact.Purposes = append(b.Contact.Purposes, blueprint.Purpose{Name: name, Description: text, Owner: name, StoppedBy: []string{name}, QuietHours: name})
		b.Surveys = append(b.Surveys, blueprint.Survey{Name: name, Description: text, Owner: name, Scale: "stars", Journey: name, Stage: name, Causes: []string{name}, Purpose: name, Version: name, Question: map[string]string{"en": text, "no": "\"" + text}, Testimonial: blueprint.Testimonial{Version: name, Text: map[string]string{"zh-x": text}}})
		b.FollowUps = append(b.FollowUps, blueprint.FollowUp{
			Name: "follow-up" + strconv.Itoa(len(b.FollowUps)), Description: text, Owner: name, Hours: name, Hold: name, Answer: blueprint.Within{Duration: minute},
			Severities: []blueprint.Severity{{Name: name, Answer: blueprint.Within{Days: 1}}},
			Open: []blueprint.OpenRule{
				{On: "complaint", Name: name, Survey: name, Journey: name, Segments: []string{name}, Causes: []string{name}, Severity: name, Owner: name},
				{On: "broken_promise", Journey: name, Promise: name},
				{On: "contact_violation", Purpose: name},
			},
		})
		b.Actions = append(b.Actions, blueprint.Action{Name: "action" + strconv.Itoa(len(b.Actions)), Description: text, Owner: name, Hours: name, Make: blueprint.Within{Days: 1}, Verify: blueprint.Within{Duration: minute}})
		b.Queues = append(b.Queues, blueprint.Queue{Name: name, Description: text, Owner: name, Hours: name, ServiceLevel: blueprint.ServiceLevel{Within: minute}})
		b.Intents, b.RootCauses = append(b.Intents, name), append(b.RootCauses, name)
		b.Objectives = append(b.Objectives, blueprint.Objective{
			Name: "queue" + strconv.Itoa(len(b.Queues)), Description: text, Queue: name, Good: blueprint.Good{ServiceLevel: true}, Target: 0.9,
		}, blueprint.Objective{
			Name: name, Description: text, Journey: name, Target: 0.9, Runbook: "https://wiki.example/?a=b&c=%22)<x>|`", Owner: name,
			Except: blueprint.Except{Segment: []string{name}, Cause: []string{name}},
		})
	}
	b.Breakdowns = &blueprint.Breakdowns{Name: "breakdown of " + names[0], Description: text, Owner: names[0], Hours: names[0], Mend: blueprint.Within{Days: 1}}
	for i, name := range names[:blueprint.MaxSeverities] {
		b.Breakdowns.Severities = append(b.Breakdowns.Severities, blueprint.BreakdownSeverity{Name: name, CustomersADay: float64(i + 1), Mend: blueprint.Within{Duration: minute}})
	}
	b.Contact.Caps = []blueprint.SharedCap{{Most: 1, Within: day, Purposes: b.PurposeNames()}}
	return b
}
