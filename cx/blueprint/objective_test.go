package blueprint_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
)

func ptr(n int) *int { return &n }

// buying returns a blueprint with an objective on each kind of thing, and a composite.
func buying() *blueprint.Blueprint {
	return &blueprint.Blueprint{
		Version: 1,
		Journeys: []blueprint.Journey{
			{Name: "checkout", Owner: "team-checkout", AbandonAfter: 30 * minute},
			{Name: "order", Promises: []blueprint.Promise{
				{Name: "answered", Within: blueprint.Within{Duration: 60 * minute}, Target: 0.9},
				{Name: "shipped", Description: "On its way within a day", Within: blueprint.Within{Duration: 24 * 60 * minute}, Target: 0.8},
				{Name: "whole", Within: blueprint.Within{Duration: minute}, Target: 1},
			}, Owner: "team-orders"},
			{Name: "endless"},
		},
		Touchpoints: []blueprint.Touchpoint{
			{Name: "submit-payment", Journey: "checkout", Owner: "team-payments", Satisfied: 1_000_000},
			{Name: "ask"},
		},
		Surveys: []blueprint.Survey{
			{Name: "post-purchase", Scale: "csat", Journey: "checkout"}, {Name: "recommend", Scale: "nps"}, {Name: "helpful", Scale: "thumbs"},
		},
		Objectives: []blueprint.Objective{
			{
				Name: "checkout-completes", Journey: "checkout", Good: blueprint.Good{Outcome: []string{"completed"}, Within: 3 * minute}, Target: 0.95, Window: slo.Window{Days: 28},
				Owner: "team-sre", Runbook: "https://wiki.example/checkout", By: []string{"channel", "segment"}, MinEvents: 50,
				Except: blueprint.Except{Actor: []string{"delegate"}, Channel: []string{"kiosk"}, Segment: []string{"staff"}, Outcome: []string{"cancelled"}, Cause: []string{"test"}},
			},
			{Name: "payment-feels-fast", Touchpoint: "submit-payment", Good: blueprint.Good{Apdex: []string{"satisfied"}}, Target: 0.9, Window: slo.Window{Days: 28}},
			{Name: "customers-satisfied", Survey: "post-purchase", Good: blueprint.Good{ScoreAtLeast: ptr(4)}, Target: 0.85},
			{Name: "orders-answered", Journey: "order", Promise: "answered", Target: 0.99, Window: slo.Window{Period: slo.CalendarMonth}},
			{Name: "buying", Of: []blueprint.Part{{Objective: "checkout-completes", Weight: 3}, {Objective: "customers-satisfied"}}, Target: 0.92},
		},
		Zone: "Europe/London",
	}
}

// TestAllObjectives: what the blueprint says is the same as what values in Go say.
func TestAllObjectives(t *testing.T) {
	t.Parallel()
	b := buying()
	if err := b.Validate(); err != nil {
		t.Fatal(err)
	}
	four, rolling := 4.0, slo.Window{Days: 28}
	want := []slo.Objective{
		{
			Name: "checkout-completes", Owner: "team-sre", Runbook: "https://wiki.example/checkout", Journey: "checkout", Target: 0.95, Window: rolling, MinEvents: 50,
			Good:   slo.Criteria{Outcomes: []event.Outcome{event.Completed}, Within: 3 * time.Minute},
			Except: slo.Except{Actors: []event.Actor{event.ActorDelegate}, Channels: []event.Channel{event.Kiosk}, Segments: []string{"staff"}, Outcomes: []event.Outcome{event.Cancelled}, Causes: []string{"test"}},
			By:     []slo.Dimension{slo.ByChannel, slo.BySegment},
		},
		{Name: "payment-feels-fast", Owner: "team-payments", Touchpoint: "submit-payment", Good: slo.Criteria{Zones: []event.Zone{event.Satisfied}}, Target: 0.9, Window: rolling},
		{Name: "customers-satisfied", Survey: "post-purchase", Good: slo.Criteria{ScoreAtLeast: &four}, Target: 0.85, Window: rolling},
		{Name: "orders-answered", Owner: "team-orders", Journey: "order", Promise: "answered", Target: 0.99, Window: slo.Window{Period: slo.CalendarMonth, Zone: "Europe/London"}},
		{Name: "buying", Of: []slo.Part{{Objective: "checkout-completes", Weight: 3}, {Objective: "customers-satisfied", Weight: 1}}, Target: 0.92, Window: rolling},
		{Name: "order-shipped", Description: "On its way within a day", Owner: "team-orders", Journey: "order", Promise: "shipped", Target: 0.8, Window: rolling},
	}
	if diff := cmp.Diff(want, b.AllObjectives()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := slo.Validate(b.AllObjectives()); err != nil {
		t.Error(err)
	}
	if all := (*blueprint.Blueprint)(nil).AllObjectives(); all != nil {
		t.Errorf("a nil blueprint has %v", all)
	}
}

func TestObjectiveFaults(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 40)
	for _, c := range []struct {
		name, reason string
		change       func(*blueprint.Blueprint, []blueprint.Objective)
		want         []string // path: a part of the message; paths without a dot are those of objectives[0]
	}{
		{"valid", "each form", func(*blueprint.Blueprint, []blueprint.Objective) {}, nil},
		{"no name", "metrics need one", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[1].Name = "" }, []string{"objectives[1].name: missing"}},
		{"one name twice", "the counts would mix", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[1].Name = o[2].Name }, []string{"objectives[2].name: twice, first at objectives[1].name"}},
		{"a faulty owner", "it is a label", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[0].Owner = "_x" }, []string{"objectives[0].owner: not a valid name"}},
		{"a runbook in words", "an engineer follows it", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[0].Runbook = "see wiki" }, []string{"objectives[0].runbook: no address"}},
		{"about nothing", "no subject", func(_ *blueprint.Blueprint, o []blueprint.Objective) {
			o[1].Touchpoint, o[1].Good = "", blueprint.Good{}
		}, []string{"objectives[1]: is about nothing"}},
		{"about two things", "one subject", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[2].Journey = "checkout" }, []string{"objectives[2]: is about several things"}},
		{"no target", "nothing is promised", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[0].Target = 0 }, []string{"objectives[0].target: the target is missing"}},
		{"everything", "no budget", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[0].Target = 1 }, []string{"objectives[0].target: is 100%: a target is less than 100%"}},
		{"a long window", "memory of counts is bounded", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[1].Window.Days = 365 }, []string{"objectives[1].window: 1 to 90 are possible"}},
		{"a zone in the window", "the blueprint has one", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[3].Window.Zone = "UTC" }, []string{"objectives[3].window: has a zone of its own"}},
		{"a rolling window with a zone", "one mistake, one problem", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[1].Window.Zone = "UTC" }, []string{"objectives[1].window: has a zone of its own"}},
		{"a negative number of events", "a typing mistake", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[0].MinEvents = -5 }, []string{"objectives[0].min_events: is -5"}},

		{"an unknown journey", "a typing mistake", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[0].Journey = "chekout" }, []string{`objectives[0].journey: there is no journey "chekout": the journeys are ["checkout" "order" "endless"]: did you mean "checkout"?`}},
		{"an unknown promise", "a typing mistake", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[3].Promise = "answerd" }, []string{`objectives[3].promise: the journey "order" has no promise "answerd": it has ["answered" "shipped" "whole"]: did you mean "answered"?`}},
		{"a promise of another journey", "its own has none", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[3].Journey = "checkout" }, []string{`objectives[3].promise: the journey "checkout" has no promise "answered": add it under promises of the journey`}},
		{"a promise without a journey", "whose", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[3].Journey = "" }, []string{"objectives[3].promise: needs a journey"}},
		{"an unknown touchpoint", "a typing mistake", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[1].Touchpoint = "submit-paymnet" }, []string{`objectives[1].touchpoint: there is no touchpoint "submit-paymnet": the touchpoints are ["submit-payment" "ask"]: did you mean "submit-payment"?`}},
		{"an unknown survey", "a typing mistake", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[2].Survey = "post-purchse" }, []string{`objectives[2].survey: there is no survey "post-purchse"`}},
		{"a journey that goes on for ever", "a customer who leaves does not count", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[0].Journey = "endless" }, []string{`objectives[0].journey: the journey "endless" has neither abandon_after nor a promise`}},
		{"a journey with a promise", "the promise is broken in time", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[0].Journey = "order" }, nil},
		{"apdex without a target", "no interaction has a zone", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[1].Touchpoint = "ask" }, []string{`objectives[1].good.apdex: the touchpoint "ask" has no Apdex target`}},
		{"a touchpoint without an Apdex target", "its outcome is enough", func(_ *blueprint.Blueprint, o []blueprint.Objective) {
			o[1].Touchpoint, o[1].Good = "ask", blueprint.Good{Within: minute}
		}, nil},

		{"an unknown outcome", "American spelling", func(_ *blueprint.Blueprint, o []blueprint.Objective) {
			o[0].Good.Outcome = []string{"completed", "canceled"}
		}, []string{`objectives[0].good.outcome[1]: there is no outcome of a journey "canceled": use completed, failed, cancelled or abandoned: did you mean "cancelled"?`}},
		{"an outcome of a touchpoint", "a journey has others", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[0].Good.Outcome = []string{"ok"} }, []string{`objectives[0].good.outcome[0]: there is no outcome of a journey "ok"`}},
		{"an outcome of a promise", "it has none", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[3].Good.Outcome = []string{"completed"} }, []string{"objectives[3].good: a promise asks for nothing else"}},
		{"an unknown zone", "a typing mistake", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[1].Good.Apdex = []string{"satisfed"} }, []string{`objectives[1].good.apdex[0]: there is no Apdex zone "satisfed": use satisfied, tolerating or frustrated: did you mean "satisfied"?`}},
		{"an apdex zone of a journey", "only a touchpoint has one", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[0].Good.Apdex = []string{"satisfied"} }, []string{"objectives[0].good.apdex: only a touchpoint"}},
		{"within on a survey", "an answer takes no time", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[2].Good.Within = minute }, []string{"objectives[2].good.within: an answer takes no time"}},
		{"within of nothing", "a negative time", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[0].Good.Within = -1 }, []string{"objectives[0].good.within: is -1ns"}},
		{"a score that is too high", "csat ends at 5", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[2].Good.ScoreAtLeast = ptr(6) }, []string{`objectives[2].good.score_at_least: is 6, and the survey "post-purchase" has the scale csat, from 1 to 5`}},
		{"a score that is too low", "csat begins at 1", func(_ *blueprint.Blueprint, o []blueprint.Objective) {
			o[2].Good = blueprint.Good{ScoreAtMost: ptr(0)}
		}, []string{"objectives[2].good.score_at_most: is 0"}},
		{"every score", "no answer is bad", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[2].Good.ScoreAtLeast = ptr(1) }, []string{"objectives[2].good: every answer on the scale csat is good"}},
		{"the whole scale", "no answer is bad", func(_ *blueprint.Blueprint, o []blueprint.Objective) {
			o[2].Good = blueprint.Good{ScoreAtLeast: ptr(1), ScoreAtMost: ptr(5)}
		}, []string{"objectives[2].good: every answer"}},
		{"low scores", "an objective on how few complain", func(_ *blueprint.Blueprint, o []blueprint.Objective) {
			o[2].Good = blueprint.Good{ScoreAtLeast: ptr(1), ScoreAtMost: ptr(4)}
		}, nil},
		{"a score of 0", "thumbs down is 0", func(_ *blueprint.Blueprint, o []blueprint.Objective) {
			o[2].Survey, o[2].Good = "helpful", blueprint.Good{ScoreAtMost: ptr(0)}
		}, nil},
		{"no criteria for a survey", "no answer is good by itself", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[2].Good = blueprint.Good{} }, []string{"objectives[2].good: the criteria are missing"}},
		{"a promoter", "a word of NPS", func(_ *blueprint.Blueprint, o []blueprint.Objective) {
			o[2].Survey, o[2].Good = "recommend", blueprint.Good{Verdict: []string{"promoter", "passive"}}
		}, nil},
		{"a promoter of csat", "its scale has no such word", func(_ *blueprint.Blueprint, o []blueprint.Objective) {
			o[2].Good = blueprint.Good{Verdict: []string{"promoter"}}
		}, []string{`objectives[2].good.verdict[0]: the survey "post-purchase" has the scale csat, which has no verdict "promoter": use positive, neutral or negative`}},
		{"neutral thumbs", "up or down", func(_ *blueprint.Blueprint, o []blueprint.Objective) {
			o[2].Survey, o[2].Good = "helpful", blueprint.Good{Verdict: []string{"neutral"}}
		}, []string{`objectives[2].good.verdict[0]: the survey "helpful" has the scale thumbs, which has no verdict "neutral": use positive or negative`}},
		{"an unknown verdict of an unknown survey", "both are mistakes", func(_ *blueprint.Blueprint, o []blueprint.Objective) {
			o[2].Survey, o[2].Good = "none", blueprint.Good{Verdict: []string{"promotor", "passive"}}
		}, []string{`objectives[2].survey: no survey "none"`, `objectives[2].good.verdict[0]: no verdict "promotor": use positive, neutral, negative, promoter, passive or detractor: did you mean "promoter"?`}},
		{"only an unknown verdict", "one mistake, one problem", func(_ *blueprint.Blueprint, o []blueprint.Objective) {
			o[2].Good = blueprint.Good{Verdict: []string{"postive"}}
		}, []string{`objectives[2].good.verdict[0]: no verdict "postive"`}},
		{"every outcome and one that is none", "one mistake, one problem", func(_ *blueprint.Blueprint, o []blueprint.Objective) {
			o[0].Good.Outcome, o[0].Good.Within, o[0].Except.Outcome = append(blueprint.Outcomes()[2:], "x"), 0, nil
		}, []string{`objectives[0].good.outcome[4]: there is no outcome of a journey "x"`}},
		{"an unknown word beside another fault", "the paths begin alike", func(_ *blueprint.Blueprint, o []blueprint.Objective) {
			o[2].Good = blueprint.Good{Verdict: []string{"postive"}, Within: minute}
		}, []string{`objectives[2].good.verdict[0]: no verdict "postive"`, "objectives[2].good.within: takes no time"}},
		{"as many as there may be", "a thousand", func(b *blueprint.Blueprint, o []blueprint.Objective) {
			b.Objectives = slices.Repeat(o[1:2], 998)
			for i := range b.Objectives {
				b.Objectives[i].Name = "o" + strconv.Itoa(i)
			}
			b.Objectives = append(b.Objectives, blueprint.Objective{Name: "answered", Journey: "order", Promise: "answered", Target: 0.5}) // in place of its target
		}, nil},
		{"one verdict in two words", "once is enough", func(_ *blueprint.Blueprint, o []blueprint.Objective) {
			o[2].Survey, o[2].Good = "recommend", blueprint.Good{Verdict: []string{"promoter", "positive"}}
		}, []string{`objectives[2].good.verdict[1]: "positive" occurs twice`}},
		{"a survey on a faulty scale", "one mistake, one problem", func(b *blueprint.Blueprint, _ []blueprint.Objective) { b.Surveys[0].Scale = "cast" }, []string{`surveys[0].scale: no scale "cast"`}},

		{"an unknown actor", "a typing mistake", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[0].Except.Actor = []string{"delegat"} }, []string{`objectives[0].except.actor[0]: there is no actor "delegat": use customer, delegate, employee, automation or synthetic: did you mean "delegate"?`}},
		{"an unknown channel", "a typing mistake", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[0].Except.Channel = []string{"in-person"} }, []string{`objectives[0].except.channel[0]: there is no channel "in-person"`}},
		{"an empty segment", "no event has it", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[0].Except.Segment = []string{""} }, []string{"objectives[0].except.segment[0]: not a valid name"}},
		{"what is good is excepted", "no run is good", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[0].Except.Outcome = []string{"completed"} }, []string{`objectives[0].except.outcome[0]: "completed" is good`}},
		{"an unknown property", "it is not bounded", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[0].By = []string{"chanel"} }, []string{`objectives[0].by[0]: there is no property to split by "chanel": use channel, segment, actor, intent, release or arm: did you mean "channel"?`}},
		{"a property twice", "once is enough", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[0].By = []string{"arm", "arm"} }, []string{`objectives[0].by[1]: "arm" occurs twice`}},

		{"an unknown part", "a typing mistake", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[4].Of[1].Objective = "customer-satisfied" }, []string{`objectives[4].of[1].objective: there is no objective "customer-satisfied": the objectives are ["checkout-completes" "customers-satisfied" "order-shipped" "orders-answered" "payment-feels-fast"]: did you mean "customers-satisfied"?`}},
		{"the target of a promise as part", "it is an objective", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[4].Of[1].Objective = "order-shipped" }, nil},
		{"a composite of itself", "no end", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[4].Of[1].Objective = "buying" }, []string{"objectives[4].of[1].objective: is the objective itself"}},
		{"a composite of a composite", "its weight would be hidden", func(b *blueprint.Blueprint, _ []blueprint.Objective) {
			b.Objectives = append(b.Objectives, blueprint.Objective{Name: "all", Of: []blueprint.Part{{Objective: "buying"}}, Target: 0.9})
		}, []string{`objectives[5].of[0].objective: "buying" is a composite itself`}},
		{"another window", "other days", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[4].Of[1].Objective = "orders-answered" }, []string{`objectives[4].of[1].objective: "orders-answered" has the window calendar-month and not 28d`}},
		{"a part without a name", "which", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[4].Of[0].Objective = "" }, []string{"objectives[4].of[0].objective: the name is missing"}},
		{"a negative weight", "a mean has none", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[4].Of[0].Weight = -1 }, []string{"objectives[4].of[0].weight: is -1"}},
		{"a composite that counts", "its parts do", func(_ *blueprint.Blueprint, o []blueprint.Objective) { o[4].By = []string{"channel"} }, []string{"objectives[4].by: a composite counts no events"}},

		{"a target whose name is taken", "two objectives of one name", func(_ *blueprint.Blueprint, o []blueprint.Objective) {
			o[0].Name, o[4].Of[0].Objective = "order-shipped", "order-shipped"
		}, []string{`journeys[1].promises[1].target: stands for an objective of the name "order-shipped", which another one has`}},
		{"a target whose name is too long", "65 bytes", func(b *blueprint.Blueprint, _ []blueprint.Objective) {
			b.Journeys[2].Name = long
			b.Journeys[2].Promises = []blueprint.Promise{{Name: long[:24], Within: blueprint.Within{Duration: minute}, Target: 0.5}}
		}, []string{"journeys[2].promises[0].target: has 65 bytes, more than 64"}},
		{"two targets of one name", "a-b and c, a and b-c", func(b *blueprint.Blueprint, _ []blueprint.Objective) {
			p := func(name string) []blueprint.Promise {
				return []blueprint.Promise{{Name: name, Within: blueprint.Within{Duration: minute}, Target: 0.5}}
			}
			b.Journeys = append(b.Journeys, blueprint.Journey{Name: "a-b", Promises: p("c")}, blueprint.Journey{Name: "a", Promises: p("b-c")})
		}, []string{"journeys[4].promises[0].target: which another one has"}},
		{"an unknown zone", "a typing mistake", func(b *blueprint.Blueprint, _ []blueprint.Objective) { b.Zone = "Europe/Lodnon" }, []string{`zone: "Europe/Lodnon"`}},
		{"the zone of the server", "every server has another month", func(b *blueprint.Blueprint, _ []blueprint.Objective) { b.Zone = "Local" }, []string{"zone: the zone of the server"}},
		{"no zone", "UTC", func(b *blueprint.Blueprint, _ []blueprint.Objective) { b.Zone = "" }, nil},
		{"too many", "a thousand", func(b *blueprint.Blueprint, o []blueprint.Objective) {
			b.Objectives = slices.Repeat(o[1:2], 1000)
			for i := range b.Objectives {
				b.Objectives[i].Name = "o" + strconv.Itoa(i)
			}
		}, []string{"objectives: has 1000 entries and there are 2 targets of promises, and at most 1000"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := buying()
			c.change(b, b.Objectives)
			checkProblems(t, b.Validate(), c.want, c.reason)
		})
	}
}

// checkProblems compares the problems with "path: a part of the message".
func checkProblems(t *testing.T, err error, want []string, reason string) {
	t.Helper()
	if err == nil {
		if len(want) > 0 {
			t.Errorf("no problem, want %q: %s", want, reason)
		}
		return
	}
	var invalid *blueprint.Error
	if !errors.As(err, &invalid) || len(invalid.Problems) != len(want) {
		t.Fatalf("the error is\n%v\nwant %q: %s", err, want, reason)
	}
	for i, w := range want {
		path, part, _ := strings.Cut(w, ": ")
		if p := invalid.Problems[i]; p.Path != path || !strings.Contains(p.String(), part) {
			t.Errorf("problem %d is %s: %s\nwant %s: %s", i, p.Path, p, w, reason)
		}
	}
}

// TestValidObjectives: the objectives of a valid blueprint are a valid set, and a set with a fault makes the blueprint invalid.
func TestValidObjectives(t *testing.T) {
	t.Parallel()
	drawObjective := func(t *rapid.T) blueprint.Objective {
		some := func(name string, list ...string) []string {
			return rapid.SliceOfN(rapid.SampledFrom(append(list, "x")), 0, 2).Draw(t, name)
		}
		maybe := func(name string, list ...string) string {
			return rapid.SampledFrom(append(list, "", "", "x")).Draw(t, name)
		}
		o := blueprint.Objective{
			Name: rapid.SampledFrom([]string{"a", "b", "c", "buying", "order-shipped", "", "_x"}).Draw(t, "name"), Owner: maybe("owner", "_x"),
			Runbook: maybe("runbook", "https://wiki.example/x"),
			Target:  blueprint.Share(rapid.SampledFrom([]float64{0.9, 0.9, 0.9, 0, 1, -1, 2}).Draw(t, "target")),
			Window: rapid.SampledFrom([]slo.Window{
				{},
				{Days: 28},
				{Days: 7},
				{Period: slo.CalendarMonth},
				{Period: slo.CalendarWeek, Zone: "UTC"},
				{Days: 91},
			}).Draw(t, "window"),
			MinEvents: rapid.SampledFrom([]int{0, 0, 10, -1}).Draw(t, "min"), By: some("by", "channel", "arm"),
		}
		switch rapid.IntRange(0, 5).Draw(t, "subject") {
		case 0:
			o.Journey = maybe("journey", "checkout", "order", "endless")
		case 1:
			o.Journey, o.Promise = maybe("journey", "order"), maybe("promise", "answered", "shipped", "whole")
		case 2:
			o.Touchpoint = maybe("touchpoint", "submit-payment", "ask")
		case 3:
			o.Survey = maybe("survey", "post-purchase", "recommend", "helpful")
		case 4:
			for range rapid.IntRange(1, 3).Draw(t, "parts") {
				o.Of = append(o.Of, blueprint.Part{Objective: maybe("part", "a", "b", "checkout-completes", "order-shipped"), Weight: rapid.SampledFrom([]float64{0, 1, 2, -1}).Draw(t, "weight")})
			}
		default: // about nothing
		}
		if rapid.Bool().Draw(t, "good") {
			o.Good = blueprint.Good{
				Outcome: some("outcome", blueprint.Outcomes()...), Apdex: some("apdex", blueprint.Zones()...), Verdict: some("verdict", blueprint.Verdicts("")...),
				Within: blueprint.Duration(rapid.SampledFrom([]int64{0, 0, 1e9, -1}).Draw(t, "within")),
			}
			if rapid.Bool().Draw(t, "score") {
				o.Good.ScoreAtLeast = ptr(rapid.IntRange(-1, 11).Draw(t, "least"))
			}
		}
		if rapid.Bool().Draw(t, "except") {
			o.Except = blueprint.Except{
				Actor: some("actor", blueprint.Actors()...), Channel: some("channel", "web"), Segment: some("segment", "s", ""), Outcome: some("out", blueprint.Outcomes()...), Cause: some("cause", "c"),
			}
		}
		return o
	}
	rapid.Check(t, func(t *rapid.T) {
		b := buying()
		b.Zone = rapid.SampledFrom([]string{"", "UTC", "Europe/London", "X"}).Draw(t, "zone")
		if rapid.Bool().Draw(t, "only new ones") {
			b.Objectives = nil
		}
		for range rapid.IntRange(0, 3).Draw(t, "objectives") {
			b.Objectives = append(b.Objectives, drawObjective(t))
		}
		for range rapid.IntRange(0, 2).Draw(t, "maintenances") {
			moment := rapid.SampledFrom([]string{"", "2026-01-01 10:00", "2026-01-02", "2026-02-30", "x"})
			m := blueprint.Maintenance{
				Name: rapid.SampledFrom([]string{"m", "n", ""}).Draw(t, "m"), Zone: rapid.SampledFrom([]string{"", "UTC", "X"}).Draw(t, "its zone"),
				From: moment.Draw(t, "from"), Until: moment.Draw(t, "until"),
				Journeys:   rapid.SliceOfN(rapid.SampledFrom([]string{"checkout", "order", "x"}), 0, 2).Draw(t, "journeys"),
				Objectives: rapid.SliceOfN(rapid.SampledFrom([]string{"a", "buying", "order-shipped"}), 0, 2).Draw(t, "its objectives"),
			}
			if rapid.Bool().Draw(t, "weekly") {
				m.Open = map[string]blueprint.Openings{rapid.SampledFrom([]string{"sun", "mon-fri", "sat-sun", "daily", "x"}).Draw(t, "days"): {rapid.SampledFrom([]string{"24h", "02:00-04:00", "2-4"}).Draw(t, "opening")}}
			}
			b.Maintenance = append(b.Maintenance, m)
		}
		err, faulty := b.Validate(), slo.Validate(b.AllObjectives())
		if err == nil && faulty != nil {
			t.Fatalf("the blueprint is valid, and its objectives are not: %v", faulty)
		}
		if err == nil {
			return
		}
		var invalid *blueprint.Error
		if !errors.As(err, &invalid) {
			t.Fatalf("the error is a %T", err)
		}
		seen := map[string]bool{}
		for _, p := range invalid.Problems {
			if key := p.Path + p.Message; seen[key] {
				t.Errorf("a problem occurs twice: %s: %s", p.Path, p)
			} else {
				seen[key] = true
			}
		}
	})
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	for scale, want := range map[string]string{
		"nps": "positive neutral negative promoter passive detractor", "csat": "positive neutral negative", "ces": "positive neutral negative",
		"stars": "positive neutral negative", "thumbs": "positive negative", "": "positive neutral negative promoter passive detractor", "none": "",
	} {
		if got := strings.Join(blueprint.Verdicts(scale), " "); got != want {
			t.Errorf("the verdicts of %q are %q, want %q", scale, got, want)
		}
	}
}
