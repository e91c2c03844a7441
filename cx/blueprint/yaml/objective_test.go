package yaml_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/slo"
)

func ptr(n int) *int { return &n }

// shopObjectives and shopMaintenance are those of testdata/shop.yaml, which use every field.
func shopObjectives() []blueprint.Objective {
	return []blueprint.Objective{
		{
			Name: "checkout-completes", Description: "Most checkouts end with an order", Owner: "team-sre", Runbook: "https://wiki.example/checkout", Journey: "checkout",
			Good: blueprint.Good{Outcome: []string{"completed", "cancelled"}, Within: blueprint.Duration(3 * time.Minute)},
			Except: blueprint.Except{
				Actor: []string{"delegate", "automation"}, Channel: []string{"kiosk"}, Segment: []string{"staff"}, Outcome: []string{"failed"}, Cause: []string{"load-test"},
			},
			Target: 0.95, Window: slo.Window{Days: 28}, MinEvents: 50, By: []string{"channel", "segment"},
		},
		{Name: "payment-feels-fast", Touchpoint: "submit-payment", Good: blueprint.Good{Apdex: []string{"satisfied"}}, Target: 0.9, Window: slo.Window{Days: 28}},
		{Name: "customers-satisfied", Survey: "post-purchase", Good: blueprint.Good{ScoreAtLeast: ptr(4), ScoreAtMost: ptr(5)}, Target: 0.85},
		{Name: "few-complain", Survey: "post-purchase", Good: blueprint.Good{Verdict: []string{"positive", "neutral"}}, Target: 0.975},
		{Name: "orders-confirmed", Journey: "checkout", Promise: "confirmed", Target: 0.99, Window: slo.Window{Period: slo.CalendarMonth}},
		{Name: "support-answers", Queue: "support", Good: blueprint.Good{ServiceLevel: true}, Target: 0.8},
		{Name: "support-waits", Queue: "support", Good: blueprint.Good{WaitWithin: blueprint.Duration(90 * time.Second)}, Target: 0.95},
		{Name: "mail-replies", Queue: "mail", Good: blueprint.Good{FirstReplyWithin: blueprint.Duration(4 * time.Hour)}, Target: 0.9},
		{Name: "solved-at-once", Effort: "refund", Target: 0.7},
		{Name: "buying", Of: []blueprint.Part{{Objective: "checkout-completes", Weight: 2.5}, {Objective: "customers-satisfied"}}, Target: 0.92, Window: slo.Window{Days: 28}},
	}
}

func shopMaintenance() []blueprint.Maintenance {
	return []blueprint.Maintenance{
		{Name: "move", From: "2026-12-24 22:00", Until: "2026-12-25 06:00", Journeys: []string{"checkout"}},
		{
			Name: "patch-day", Description: "The database is patched", Zone: "UTC", From: "2026-01-01", Until: "2027-01-01",
			Open: map[string]blueprint.Openings{"sun": {"02:00-04:00"}}, Objectives: []string{"payment-feels-fast", "checkout-done"},
		},
	}
}

// objectiveFile returns a file with a journey, a touchpoint, a survey and the objective on its eighth line, which begins at column 3.
func objectiveFile(objective string) string {
	return "version: 1\njourneys:\n- {name: j, abandon_after: 1h, promises: [{name: p, within: 1h}]}\n" +
		"touchpoints: [{name: t, satisfied: 1s}]\nsurveys: [{name: s, scale: csat}]\nzone: UTC\nobjectives:\n- {" + objective + "}\n"
}

func maintenanceFile(maintenance string) string {
	return "version: 1\nmaintenance:\n- {" + maintenance + "}\n"
}

func objectiveMistakes() []mistake {
	return []mistake{
		{"objectives as a mapping", "a list", "version: 1\nobjectives: {name: a}\n", []string{"2:13: objectives: is a mapping|begins with -"}, true},
		{"an objective as text", "a mapping", "version: 1\nobjectives: [a]\n", []string{`2:14: objectives[0]: is text|{name: "a"}`}, true},
		{"no name", "metrics need one", objectiveFile("journey: j, target: 90%"), []string{"8:3: objectives[0].name: the name is missing"}, true},
		{"about nothing", "no subject", objectiveFile("name: o, target: 90%"), []string{"8:3: objectives[0]: is about nothing"}, true},
		{"about two things", "one subject", objectiveFile("name: o, journey: j, touchpoint: t, target: 90%"), []string{"8:3: objectives[0]: is about several things"}, true},
		{"a promise of no journey", "whose", objectiveFile("name: o, promise: p, target: 90%"), []string{"8:22: objectives[0].promise: needs a journey"}, true},
		{"no target", "nothing is promised", objectiveFile("name: o, journey: j"), []string{"8:3: objectives[0].target: the target is missing"}, true},
		{"all as target", "no budget", objectiveFile("name: o, journey: j, target: 100%"), []string{"8:33: objectives[0].target: is 100%"}, false},
		{"a percentage without its sign", "90 is no share", objectiveFile("name: o, journey: j, target: 90"), []string{"8:33: objectives[0].target: 90 is more than the whole"}, true},
		{"nothing as target", "nothing is promised", objectiveFile("name: o, journey: j, target: 0%"), []string{"8:33: objectives[0].target: 0% is no share"}, false},
		{"a number of days", "a unit is missing", objectiveFile("name: o, journey: j, target: 90%, window: 28"), []string{"8:46: objectives[0].window: is a number without a unit: write 28d for days"}, true},
		{"a window in words", "the word calendar is missing", objectiveFile("name: o, journey: j, target: 90%, window: month"), []string{`8:46: objectives[0].window: "month" is no window|did you mean "calendar-month"?`}, true},
		{"a window of hours", "days", objectiveFile("name: o, journey: j, target: 90%, window: 36h"), []string{`8:46: objectives[0].window: "36h" is no window`}, true},
		{"a long window", "99 days", objectiveFile("name: o, journey: j, target: 90%, window: 99d"), []string{`8:46: objectives[0].window: "99d" is too long`}, false},
		{"a window as list", "one text", objectiveFile("name: o, journey: j, target: 90%, window: [7d]"), []string{"8:46: objectives[0].window: is a list: write days, such as 28d"}, true},
		{"an unknown key", "a typing mistake", objectiveFile("name: o, journey: j, taget: 90%"), []string{`8:25: objectives[0]: there is no key "taget"|did you mean "target"?`}, true},
		{"an unknown key of good", "a typing mistake", objectiveFile("name: o, journey: j, target: 90%, good: {outcomes: [completed]}"), []string{`8:45: objectives[0].good: there is no key "outcomes"|did you mean "outcome"?`}, true},
		{"good as text", "the key is missing", objectiveFile("name: o, journey: j, target: 90%, good: completed"), []string{"8:44: objectives[0].good: is text: write keys and values"}, true},
		{"an outcome as text", "a list", objectiveFile("name: o, journey: j, target: 90%, good: {outcome: completed}"), []string{"8:54: objectives[0].good.outcome: is text: write a list"}, true},
		{"an unknown outcome", "American spelling", objectiveFile("name: o, journey: j, target: 90%, good: {outcome: [canceled]}"), []string{`8:55: objectives[0].good.outcome[0]: there is no outcome of a journey "canceled"|"cancelled"?`}, true},
		{"an outcome of the other kind", "a journey is not ok", objectiveFile("name: o, journey: j, target: 90%, good: {outcome: [ok]}"), []string{`8:55: objectives[0].good.outcome[0]: there is no outcome of a journey "ok"`}, false},
		{"every outcome", "none is bad: the list has a place", objectiveFile("name: o, journey: j, target: 90%, good: {outcome: [completed, failed, cancelled, abandoned]}"), []string{"8:54: objectives[0].good.outcome: every outcome that counts is good"}, false},
		{"a number for within", "a unit is missing", objectiveFile("name: o, journey: j, target: 90%, good: {within: 3}"), []string{"8:53: objectives[0].good.within: is a number without a unit: write 3ms"}, true},
		{"a zone that is none", "a typing mistake", objectiveFile("name: o, touchpoint: t, target: 90%, good: {apdex: [satisfed]}"), []string{`8:56: objectives[0].good.apdex[0]: there is no Apdex zone|"satisfied"?`}, true},
		{"a score in quotes", "a number", objectiveFile("name: o, survey: s, target: 90%, good: {score_at_least: '4'}"), []string{"8:60: objectives[0].good.score_at_least: is text in quotes: write a whole number"}, true},
		{"half a score", "scores are whole", objectiveFile("name: o, survey: s, target: 90%, good: {score_at_least: 3.5}"), []string{"8:60: objectives[0].good.score_at_least: is a number: write a whole number"}, true},
		{"a score that the scale does not have", "csat", objectiveFile("name: o, survey: s, target: 90%, good: {score_at_least: 9}"), []string{"8:60: objectives[0].good.score_at_least: is 9, and the survey"}, false},
		{"a verdict that the scale does not have", "csat", objectiveFile("name: o, survey: s, target: 90%, good: {verdict: [promoter]}"), []string{`8:54: objectives[0].good.verdict[0]: the survey "s" has the scale csat, which has no verdict "promoter"`}, false},
		{"an actor that is none", "a typing mistake", objectiveFile("name: o, journey: j, target: 90%, except: {actor: [bot]}"), []string{`8:55: objectives[0].except.actor[0]: there is no actor "bot"`}, true},
		{"a property that is none", "it is not bounded", objectiveFile("name: o, journey: j, target: 90%, by: [customer]"), []string{`8:43: objectives[0].by[0]: there is no property to split by "customer"`}, true},
		{"a part as text", "a mapping", objectiveFile("name: o, of: [x], target: 90%"), []string{`8:18: objectives[0].of[0]: is text|{objective: "x"}`}, true},
		{"an unknown part", "a typing mistake", objectiveFile("name: o, of: [{objective: x}], target: 90%"), []string{`8:30: objectives[0].of[0].objective: there is no objective "x"`}, false},
		{"a weight in words", "a number", objectiveFile("name: o, of: [{objective: x, weight: heavy}], target: 90%"), []string{`8:30: objectives[0].of[0].objective: there is no objective "x"`, "8:41: objectives[0].of[0].weight: is text: write a number"}, true},
		{"no weight", "it would not count", objectiveFile("name: o, of: [{objective: x, weight: 0}], target: 90%"), []string{`8:30: objectives[0].of[0].objective:`, "8:41: objectives[0].of[0].weight: is 0: write a number of more than 0"}, true},
		{"a negative weight", "no mean", objectiveFile("name: o, of: [{objective: x, weight: -1}], target: 90%"), []string{`8:30: objectives[0].of[0].objective:`, "8:41: objectives[0].of[0].weight: is -1"}, true},
		{"an endless weight", "no mean", objectiveFile("name: o, of: [{objective: x, weight: .inf}], target: 90%"), []string{`8:30: objectives[0].of[0].objective:`, "8:41: objectives[0].of[0].weight: is a number|such as 3 or 0.5"}, false},
		{"a huge weight", "it overflows", objectiveFile("name: o, of: [{objective: x, weight: 1e999}], target: 90%"), []string{`8:30: objectives[0].of[0].objective:`, "8:41: objectives[0].of[0].weight: is"}, false},
		{"a runbook without a scheme", "a browser cannot open it", objectiveFile("name: o, journey: j, target: 90%, runbook: wiki/checkout"), []string{`8:47: objectives[0].runbook: "wiki/checkout" is no address`}, true},

		{"a maintenance as text", "a mapping", "version: 1\nmaintenance: [move]\n", []string{`2:15: maintenance[0]: is text|{name: "move"}`}, true},
		{"a maintenance without times", "when", maintenanceFile("name: m, zone: UTC"), []string{"3:3: maintenance[0].from: is missing", "3:3: maintenance[0].until: is missing"}, false},
		{"a maintenance without a zone", "22:00 where", maintenanceFile("name: m, from: 2026-12-24 22:00, until: 2026-12-25"), []string{"3:3: maintenance[0].zone: the zone is missing"}, false},
		{"a time in words", "a date", maintenanceFile("name: m, zone: UTC, from: tonight, until: 2026-12-25"), []string{`3:30: maintenance[0].from: "tonight" is no date and time`}, true},
		{"a time of another form", "a blank, not a T", maintenanceFile("name: m, zone: UTC, from: 2026-12-24T22:00, until: 2026-12-25"), []string{`3:30: maintenance[0].from: "2026-12-24T22:00" is no date and time`}, true},
		{"an end before the beginning", "no time", maintenanceFile("name: m, zone: UTC, from: 2026-12-25, until: 2026-12-24 22:00"), []string{"3:49: maintenance[0].until: 2026-12-24T22:00:00Z is not after"}, false},
		{"a faulty opening", "two digits", maintenanceFile("name: m, zone: UTC, open: {sun: 2-4}"), []string{`3:36: maintenance[0].open["sun"][0]: "2-4" is no opening`}, true},
		{"an opening that never closes", "nothing would count", maintenanceFile("name: m, zone: UTC, open: {daily: 24h}"), []string{"3:30: maintenance[0].open: never end"}, false},
	}
}

// TestWriteObjective: what Write writes of an objective, and Parse reads it as the same.
func TestWriteObjective(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		objective    blueprint.Objective
		want         string
	}{
		{"the least", "what has a default is left out", blueprint.Objective{Journey: "j", Target: 0.95}, "journey: j\n    target: 95%\n"},
		{"good of empty lists", "it says nothing", blueprint.Objective{Journey: "j", Good: blueprint.Good{Outcome: []string{}}, Except: blueprint.Except{Actor: []string{}}, Target: 0.95}, "journey: j\n    target: 95%\n"},
		{"weeks", "days", blueprint.Objective{Journey: "j", Target: 0.95, Window: slo.Window{Days: 14}}, "journey: j\n    target: 95%\n    window: 14d\n"},
		{"a quarter", "a word", blueprint.Objective{Journey: "j", Promise: "p", Target: 0.95, Window: slo.Window{Period: slo.CalendarQuarter}}, "journey: j\n    promise: p\n    target: 95%\n    window: calendar-quarter\n"},
		{"nested", "indented", blueprint.Objective{Journey: "j", Good: blueprint.Good{Outcome: []string{"completed"}, Within: blueprint.Duration(time.Hour)}, Target: 0.95, MinEvents: 9}, "journey: j\n    good:\n      outcome:\n        - completed\n      within: 1h\n    target: 95%\n    min_events: 9\n"},
		{"a score of 0", "it is a bound", blueprint.Objective{Survey: "s", Good: blueprint.Good{ScoreAtMost: ptr(0)}, Target: 0.95}, "survey: s\n    good:\n      score_at_most: 0\n    target: 95%\n"},
		{"parts", "with a fraction", blueprint.Objective{Of: []blueprint.Part{{Objective: "a", Weight: 0.25}, {Objective: "b"}}, Target: 0.95}, "of:\n      - objective: a\n        weight: 0.25\n      - objective: b\n    target: 95%\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.objective.Name = "o"
			b := &blueprint.Blueprint{
				Version:  1,
				Journeys: []blueprint.Journey{{Name: "j", Promises: []blueprint.Promise{{Name: "p", Within: blueprint.Within{Days: 1}, Hours: "h"}}}},
				Surveys:  []blueprint.Survey{{Name: "s", Scale: "thumbs"}},
				Hours:    map[string]blueprint.Hours{"h": {Zone: "UTC", Open: map[string]blueprint.Openings{"mon-fri": {"09:00-17:00"}}}},
				Objectives: []blueprint.Objective{
					c.objective, {Name: "a", Journey: "j", Target: 0.9}, {Name: "b", Journey: "j", Target: 0.9},
				},
			}
			if c.objective.Good.Outcome == nil || len(c.objective.Good.Outcome) > 0 { // Parse reads an empty list as none
				roundTrip(t, b)
			}
			var out bytes.Buffer
			if err := yaml.Write(&out, b); err != nil {
				t.Fatal(err)
			}
			if want := "objectives:\n  - name: o\n    " + c.want + "  - name: a\n"; !strings.Contains(out.String(), want) {
				t.Errorf("the file has no\n%s\n%s: %s", want, c.reason, out.String())
			}
		})
	}
}

// TestObjectivesRoundTrip: Parse reads what Write wrote of valid objectives and maintenances as the same.
func TestObjectivesRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		some := func(name string, list ...string) []string {
			picked := rapid.SliceOfNDistinct(rapid.SampledFrom(list), 0, len(list)-1, rapid.ID).Draw(rt, name)
			if len(picked) == 0 {
				return nil // Parse reads an empty list as none
			}
			return picked
		}
		b := &blueprint.Blueprint{
			Version: 1, Zone: rapid.SampledFrom([]string{"UTC", "Europe/London"}).Draw(rt, "zone"),
			Journeys:    []blueprint.Journey{{Name: "j", AbandonAfter: blueprint.Duration(time.Hour), Promises: []blueprint.Promise{{Name: "p", Within: blueprint.Within{Duration: 1}, Target: 0.5}}}},
			Touchpoints: []blueprint.Touchpoint{{Name: "t", Satisfied: 1}},
			Surveys:     []blueprint.Survey{{Name: "s", Scale: "nps"}},
		}
		window := rapid.SampledFrom([]slo.Window{{}, {Days: 1}, {Days: 90}, {Period: slo.CalendarWeek}, {Period: slo.CalendarQuarter}}).Draw(rt, "window")
		for i := range rapid.IntRange(1, 5).Draw(rt, "objectives") {
			o := blueprint.Objective{
				Name: fmt.Sprint("o", i), Window: window, Target: blueprint.Share(rapid.Float64Range(1e-9, 0.999999999).Draw(rt, "target")),
				MinEvents: rapid.IntRange(0, 1<<31-1).Draw(rt, "min"), By: some("by", blueprint.Dimensions()...),
				Except: blueprint.Except{Actor: some("actor", blueprint.Actors()...), Channel: some("channel", blueprint.Channels()...), Segment: some("segment", "a", "true", "1", "x y")},
			}
			switch rapid.IntRange(0, 3).Draw(rt, "subject") {
			case 0:
				o.Journey, o.Good = "j", blueprint.Good{Outcome: some("outcome", "completed", "cancelled"), Within: blueprint.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(rt, "within"))}
				o.Except.Cause = some("cause", "a", "b")
			case 1:
				o.Journey, o.Promise = "j", "p"
			case 2:
				o.Touchpoint, o.Good.Apdex = "t", some("apdex", blueprint.Zones()...)
			default:
				o.Survey, o.Good = "s", blueprint.Good{ScoreAtLeast: ptr(rapid.IntRange(1, 9).Draw(rt, "score")), Verdict: some("verdict", "positive", "passive", "detractor")}
			}
			b.Objectives = append(b.Objectives, o)
		}
		part := blueprint.Part{Objective: "o0", Weight: rapid.Float64Range(slo.MinWeight, slo.MaxWeight).Draw(rt, "weight")}
		b.Objectives = append(b.Objectives, blueprint.Objective{Name: "all", Of: []blueprint.Part{part}, Target: 0.5, Window: window})
		for i := range rapid.IntRange(0, 3).Draw(rt, "maintenances") {
			lists := rapid.SampledFrom([][]string{nil, {"j"}})
			m := blueprint.Maintenance{Name: fmt.Sprint("m", i), Journeys: lists.Draw(rt, "journeys")}
			if rapid.Bool().Draw(rt, "named") {
				m.Objectives = []string{"o0"}
			}
			if rapid.Bool().Draw(rt, "weekly") {
				m.Open = map[string]blueprint.Openings{"sun": {"02:00-04:00"}}
			} else {
				m.From, m.Until = "2026-12-24 22:00", "2026-12-25"
			}
			b.Maintenance = append(b.Maintenance, m)
		}
		var out bytes.Buffer
		if err := yaml.Write(&out, b); err != nil {
			rt.Fatal(err)
		}
		got, err := yaml.Parse("written", out.Bytes())
		if err != nil {
			rt.Fatalf("%v\n%s", err, out.String())
		}
		if diff := cmp.Diff(b, got); diff != "" {
			rt.Fatalf("(-written +read):\n%s\n%s", diff, out.String())
		}
	})
}
