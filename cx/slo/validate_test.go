package slo_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
)

// valid returns an objective of the subject without a fault.
func valid(s slo.Subject) slo.Objective {
	o := slo.Objective{Name: "o", Target: 0.95, Window: slo.Window{Days: 28}}
	four := 4.0
	switch s {
	case slo.OfJourney:
		o.Journey = "checkout"
	case slo.OfPromise:
		o.Journey, o.Promise = "order", "answered"
	case slo.OfTouchpoint:
		o.Touchpoint = "submit-payment"
	case slo.OfSurvey:
		o.Survey, o.Good.ScoreAtLeast = "post-purchase", &four
	case slo.OfObjectives:
		o.Of = []slo.Part{{Objective: "a", Weight: 3}, {Objective: "b", Weight: 1}}
	}
	return o
}

// checkFaults compares the error with the paths and parts of the messages.
func checkFaults(t *testing.T, err error, want []string, reason string) {
	t.Helper()
	if len(want) == 0 {
		if err != nil {
			t.Errorf("the error is %v: %s", err, reason)
		}
		return
	}
	var invalid *slo.Error
	if !errors.As(err, &invalid) {
		t.Fatalf("the error is %v, want %q: %s", err, want, reason)
	}
	if len(invalid.Faults) != len(want) {
		t.Fatalf("the faults are\n%v\nwant %q: %s", err, want, reason)
	}
	for i, w := range want {
		path, part, _ := strings.Cut(w, ": ")
		if f := invalid.Faults[i]; f.Path != path || !strings.Contains(f.Message, part) {
			t.Errorf("fault %d is %q, want %q: %s", i, f, w, reason)
		}
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	night := slo.Maintenance{Name: "night", Hours: calendar.Define("night", calendar.Zone("UTC"), calendar.Open("daily", "02:00-04:00"))}
	open := func(name, days string) slo.Maintenance {
		return slo.Maintenance{Name: name, Hours: calendar.Define(name, calendar.Zone("UTC"), calendar.Open(days, "24h"))}
	}
	five, two := 5.0, 2.0
	for _, c := range []struct {
		name, reason string
		subject      slo.Subject
		change       func(*slo.Objective)
		want         []string
	}{
		{"a journey", "the default criteria", slo.OfJourney, func(*slo.Objective) {}, nil},
		{"a promise", "the default criteria", slo.OfPromise, func(*slo.Objective) {}, nil},
		{"a touchpoint", "the default criteria", slo.OfTouchpoint, func(*slo.Objective) {}, nil},
		{"a survey", "a score", slo.OfSurvey, func(*slo.Objective) {}, nil},
		{"a composite", "two parts", slo.OfObjectives, func(*slo.Objective) {}, nil},
		{"everything of a journey", "all that fits", slo.OfJourney, func(o *slo.Objective) {
			o.Description, o.Owner, o.Runbook = "x", "team-payments", "https://wiki.example/checkout"
			o.Good = slo.Criteria{Outcomes: []event.Outcome{event.Completed, event.Cancelled}, Within: time.Minute}
			o.Except = slo.Except{
				Actors: []event.Actor{event.ActorDelegate}, Channels: []event.Channel{event.Kiosk}, Segments: []string{"staff"},
				Outcomes: []event.Outcome{event.Abandoned}, Causes: []string{"test"},
			}
			o.MinEvents, o.By, o.Maintenance = 50, slo.Dimensions(), []slo.Maintenance{night}
		}, nil},
		{"a zone and an outcome", "a touchpoint meets both", slo.OfTouchpoint, func(o *slo.Objective) {
			o.Good = slo.Criteria{Zones: []event.Zone{event.Satisfied, event.Tolerating}, Outcomes: []event.Outcome{event.OK, event.Degraded}, Within: time.Second}
		}, nil},
		{"a verdict", "one of three", slo.OfSurvey, func(o *slo.Objective) { o.Good = slo.Criteria{Verdicts: []event.Verdict{event.Positive}} }, nil},
		{"two verdicts", "two of three", slo.OfSurvey, func(o *slo.Objective) {
			o.Good = slo.Criteria{Verdicts: []event.Verdict{event.Positive, event.Neutral}}
		}, nil},
		{"one score", "the lowest and the highest", slo.OfSurvey, func(o *slo.Objective) { o.Good.ScoreAtLeast, o.Good.ScoreAtMost = &five, &five }, nil},
		{"ten years", "the longest", slo.OfTouchpoint, func(o *slo.Objective) { o.Good.Within = event.MaxDuration }, nil},
		{"as many as there may be", "no two the same", slo.OfJourney, func(o *slo.Objective) {
			for i := range slo.MaxExcepted {
				o.Except.Segments = append(o.Except.Segments, fmt.Sprint("s", i))
			}
		}, nil},
		{"weekdays now, the weekend from 2030 on", "what counts until then does not matter", slo.OfJourney, func(o *slo.Objective) {
			later := open("b", "sat-sun")
			later.From = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
			o.Maintenance = []slo.Maintenance{open("a", "mon-fri"), later}
		}, []string{"maintenance: leaves no time"}},
		{"weekdays until 2030, the weekend", "the weekdays count again", slo.OfJourney, func(o *slo.Objective) {
			until := open("b", "mon-fri")
			until.Until = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
			o.Maintenance = []slo.Maintenance{open("a", "sat-sun"), until}
		}, nil},

		{"no name", "metrics need one", slo.OfJourney, func(o *slo.Objective) { o.Name = "" }, []string{"name: not a valid name"}},
		{"a reserved name", "_other is for what is folded", slo.OfJourney, func(o *slo.Objective) { o.Name = "_other" }, []string{"name: not a valid name"}},
		{"a long description", "8 KiB and a byte", slo.OfJourney, func(o *slo.Objective) { o.Description = strings.Repeat("x", event.MaxText+1) }, []string{"description: has 8193 bytes"}},
		{"an owner that is no name", "it becomes a label", slo.OfJourney, func(o *slo.Objective) { o.Owner = "a\nb" }, []string{"owner: not a valid name"}},
		{"a runbook that is no address", "an engineer follows it", slo.OfJourney, func(o *slo.Objective) { o.Runbook = "see the wiki" }, []string{`runbook: "see the wiki" is no address`}},
		{"a runbook of another scheme", "a browser runs it", slo.OfJourney, func(o *slo.Objective) { o.Runbook = "javascript://x/%0aalert(1)" }, []string{"runbook: is no address"}},
		{"a runbook without a host", "a browser finds nothing", slo.OfJourney, func(o *slo.Objective) { o.Runbook = "https:///checkout" }, []string{"runbook: is no address"}},
		{"a runbook that cannot be parsed", "an escape is cut", slo.OfJourney, func(o *slo.Objective) { o.Runbook = "https://x/%2" }, []string{"runbook: is no address"}},
		{"a long runbook", "2 KiB and a byte", slo.OfJourney, func(o *slo.Objective) { o.Runbook = "http://x/" + strings.Repeat("y", 2048-8) }, []string{"runbook: is no address"}},
		{"the longest runbook", "2 KiB", slo.OfJourney, func(o *slo.Objective) { o.Runbook = "http://x/" + strings.Repeat("y", 2048-9) }, nil},
		{"about a journey and a touchpoint", "one subject", slo.OfJourney, func(o *slo.Objective) { o.Touchpoint = "x" }, []string{": is about several things"}},
		{"an unknown zone", "a number that is none", slo.OfTouchpoint, func(o *slo.Objective) { o.Good.Zones = []event.Zone{9} }, []string{`good.apdex[0]: "" is no Apdex zone`}},
		{"all actors and channels", "each is known", slo.OfJourney, func(o *slo.Objective) {
			o.Except.Channels, o.Except.Actors = []event.Channel{event.OtherChannel}, []event.Actor{event.ActorCustomer, event.ActorSynthetic}
		}, nil},
		{"about nothing", "no subject", slo.OfJourney, func(o *slo.Objective) { o.Journey = "" }, []string{": is about nothing"}},
		{"about two things", "one subject", slo.OfJourney, func(o *slo.Objective) { o.Survey = "nps" }, []string{": is about several things"}},
		{"a composite of a journey", "one subject", slo.OfObjectives, func(o *slo.Objective) { o.Journey = "checkout" }, []string{": is about several things"}},
		{"a promise of no journey", "whose", slo.OfPromise, func(o *slo.Objective) { o.Journey = "" }, []string{"promise: needs a journey"}},
		{"a promise and a touchpoint", "one subject", slo.OfPromise, func(o *slo.Objective) { o.Touchpoint = "x" }, []string{": is about several things"}},
		{"names that are none", "each is named", slo.OfPromise, func(o *slo.Objective) { o.Journey, o.Promise = "_j", "_p" }, []string{"journey: not a valid name", "promise: not a valid name"}},

		{"everything as target", "no budget", slo.OfJourney, func(o *slo.Objective) { o.Target = 1 }, []string{"target: is 100%: a target is less than 100%"}},
		{"more than everything", "a percentage as a number", slo.OfJourney, func(o *slo.Objective) { o.Target = 95 }, []string{"target: is 95: a target is less than 100%"}},
		{"nothing as target", "nothing is promised", slo.OfJourney, func(o *slo.Objective) { o.Target = 0 }, []string{"target: is 0%: write a share of more than 0"}},
		{"less than nothing", "a typing mistake", slo.OfJourney, func(o *slo.Objective) { o.Target = -0.9 }, []string{"target: is -0.9: write"}},
		{"no number", "a quotient of two zeros", slo.OfJourney, func(o *slo.Objective) { o.Target = math.NaN() }, []string{"target: is NaN: write"}},
		{"nearly everything", "the largest share below 1", slo.OfJourney, func(o *slo.Objective) { o.Target = math.Nextafter(1, 0) }, nil},
		{"no window", "it is needed", slo.OfJourney, func(o *slo.Objective) { o.Window = slo.Window{} }, []string{"window: the window is missing"}},
		{"a negative number of events", "a typing mistake", slo.OfJourney, func(o *slo.Objective) { o.MinEvents = -1 }, []string{"min_events: is -1"}},
		{"an unknown dimension", "unbounded", slo.OfJourney, func(o *slo.Objective) { o.By = []slo.Dimension{"customer"} }, []string{`by[0]: "customer" is no dimension`}},
		{"a dimension twice", "once is enough", slo.OfJourney, func(o *slo.Objective) { o.By = []slo.Dimension{slo.ByArm, slo.ByArm} }, []string{`by[1]: "arm" occurs twice`}},

		{"a promise with criteria", "it was kept or not", slo.OfPromise, func(o *slo.Objective) { o.Good.Within = time.Hour }, []string{"good: a promise asks for nothing else"}},
		{"a survey without criteria", "no answer is good by itself", slo.OfSurvey, func(o *slo.Objective) { o.Good.ScoreAtLeast = nil }, []string{"good: the criteria are missing"}},
		{"a survey with a time", "an answer takes none", slo.OfSurvey, func(o *slo.Objective) { o.Good.Within = time.Hour }, []string{"good.within: takes no time"}},
		{"a survey with an outcome", "it has none", slo.OfSurvey, func(o *slo.Objective) { o.Good.Outcomes = []event.Outcome{event.OK} }, []string{"good.outcome: only a journey and a touchpoint have outcomes"}},
		{"a survey with a zone", "it has none", slo.OfSurvey, func(o *slo.Objective) { o.Good.Zones = []event.Zone{event.Satisfied} }, []string{"good.apdex: only a touchpoint"}},
		{"scores that exclude each other", "no answer is good", slo.OfSurvey, func(o *slo.Objective) { o.Good.ScoreAtLeast, o.Good.ScoreAtMost = &five, &two }, []string{"good.score_at_least: is 5, more than score_at_most, 2"}},
		{"every verdict", "no answer is bad", slo.OfSurvey, func(o *slo.Objective) {
			o.Good = slo.Criteria{Verdicts: []event.Verdict{event.Positive, event.Neutral, event.Negative}}
		}, []string{"good.verdict: every verdict is good"}},
		{"every verdict and a score", "the score decides", slo.OfSurvey, func(o *slo.Objective) { o.Good.Verdicts = []event.Verdict{1, 2, 3} }, nil},
		{"an unknown verdict", "a number that is none", slo.OfSurvey, func(o *slo.Objective) { o.Good.Verdicts = []event.Verdict{0} }, []string{`good.verdict[0]: "" is no verdict: use one of [positive neutral negative]`}},
		{"a journey with a zone", "only touchpoints have one", slo.OfJourney, func(o *slo.Objective) { o.Good.Zones = []event.Zone{event.Satisfied} }, []string{"good.apdex: only a touchpoint"}},
		{"a journey with a lowest score", "only answers have one", slo.OfJourney, func(o *slo.Objective) { o.Good.ScoreAtLeast = &five }, []string{"good.score_at_least: only the answer"}},
		{"a journey with a highest score", "only answers have one", slo.OfJourney, func(o *slo.Objective) { o.Good.ScoreAtMost = &five }, []string{"good.score_at_most: only the answer"}},
		{"a touchpoint with a verdict", "only answers have one", slo.OfTouchpoint, func(o *slo.Objective) { o.Good.Verdicts = []event.Verdict{event.Positive} }, []string{"good.verdict: only the answer"}},
		{"a journey that is ok", "a touchpoint's outcome", slo.OfJourney, func(o *slo.Objective) { o.Good.Outcomes = []event.Outcome{event.OK} }, []string{`good.outcome[0]: "ok" is no outcome of a journey: use one of [completed failed cancelled abandoned]`}},
		{"a touchpoint that is completed", "a journey's outcome", slo.OfTouchpoint, func(o *slo.Objective) { o.Good.Outcomes = []event.Outcome{event.Completed} }, []string{`good.outcome[0]: "completed" is no outcome of a touchpoint`}},
		{"an outcome twice", "once is enough", slo.OfJourney, func(o *slo.Objective) { o.Good.Outcomes = []event.Outcome{event.Completed, event.Completed} }, []string{`good.outcome[1]: "completed" occurs twice`}},
		{"every outcome", "no run is bad", slo.OfJourney, func(o *slo.Objective) { o.Good.Outcomes = []event.Outcome{6, 3, 4, 5} }, []string{"good.outcome: every outcome that counts is good"}},
		{"every outcome in time", "a slow run is bad", slo.OfJourney, func(o *slo.Objective) { o.Good.Outcomes, o.Good.Within = []event.Outcome{6, 3, 4, 5}, time.Hour }, nil},
		{"every zone", "no interaction is bad", slo.OfTouchpoint, func(o *slo.Objective) { o.Good.Zones = []event.Zone{1, 2, 3} }, []string{"good.apdex: every zone is good"}},
		{"every zone if it is ok", "a failure is bad", slo.OfTouchpoint, func(o *slo.Objective) {
			o.Good.Zones, o.Good.Outcomes = []event.Zone{1, 2, 3}, []event.Outcome{event.OK}
		}, nil},
		{"a negative time", "a typing mistake", slo.OfTouchpoint, func(o *slo.Objective) { o.Good.Within = -1 }, []string{"good.within: is -1ns"}},
		{"a time of more than ten years", "no event lasts as long", slo.OfTouchpoint, func(o *slo.Objective) { o.Good.Within = event.MaxDuration + 1 }, []string{"good.within: is "}},

		{"all that is bad is excepted", "no run is bad", slo.OfJourney, func(o *slo.Objective) { o.Except.Outcomes = []event.Outcome{3, 4, 5} }, []string{"good.outcome: every outcome that counts is good"}},
		{"what is good is excepted", "no run is good", slo.OfJourney, func(o *slo.Objective) { o.Except.Outcomes = []event.Outcome{event.Completed} }, []string{`except.outcome[0]: "completed" is good`}},
		{"what is good is excepted, at a touchpoint", "the default is ok", slo.OfTouchpoint, func(o *slo.Objective) { o.Except.Outcomes = []event.Outcome{event.OK} }, []string{`except.outcome[0]: "ok" is good`}},
		{"an outcome of a promise", "it has none", slo.OfPromise, func(o *slo.Objective) { o.Except.Outcomes = []event.Outcome{event.Failed} }, []string{"except.outcome: only a journey and a touchpoint"}},
		{"a cause of an answer", "it has none", slo.OfSurvey, func(o *slo.Objective) { o.Except.Causes = []string{"price"} }, []string{"except.cause: only a journey and a touchpoint"}},
		{"an unknown actor", "a number that is none", slo.OfJourney, func(o *slo.Objective) { o.Except.Actors = []event.Actor{9} }, []string{"except.actor[0]: is no actor"}},
		{"an unknown channel", "a number that is none", slo.OfJourney, func(o *slo.Objective) { o.Except.Channels = []event.Channel{0, event.Web, event.Web} }, []string{"except.channel[0]: is no channel", `except.channel[2]: "web" occurs twice`}},
		{"a segment that is no name", "no event has it", slo.OfJourney, func(o *slo.Objective) { o.Except.Segments = []string{"", "a", "a"} }, []string{"except.segment[0]: not a valid name", `except.segment[2]: "a" occurs twice`}},
		{"too many", "a list is searched for each event", slo.OfJourney, func(o *slo.Objective) { o.Except.Segments = slices.Repeat([]string{"a"}, slo.MaxExcepted+1) }, []string{"except.segment: has 101 entries"}},

		{"the same part twice", "one weight", slo.OfObjectives, func(o *slo.Objective) { o.Of[1].Objective = "a" }, []string{`of[1].objective: "a" occurs twice, first at of[0]`}},
		{"itself as part", "no end", slo.OfObjectives, func(o *slo.Objective) { o.Of[1].Objective = "o" }, []string{"of[1].objective: is the objective itself"}},
		{"a part without a name", "which", slo.OfObjectives, func(o *slo.Objective) { o.Of[0].Objective = "" }, []string{"of[0].objective: the name is missing"}},
		{"no weight", "a mean needs one", slo.OfObjectives, func(o *slo.Objective) { o.Of[0].Weight = 0 }, []string{"of[0].weight: is 0"}},
		{"infinite and no weight", "no numbers", slo.OfObjectives, func(o *slo.Objective) { o.Of[0].Weight, o.Of[1].Weight = math.Inf(1), math.NaN() }, []string{"of[0].weight: is +Inf", "of[1].weight: is NaN"}},
		{"weights beyond what float64 adds up", "a sum of 1e308 overflows, and a mean of 1e-300 has no digits", slo.OfObjectives, func(o *slo.Objective) { o.Of[0].Weight, o.Of[1].Weight = 1e308, 1e-300 }, []string{"of[0].weight: is 1e+308", "of[1].weight: is 1e-300"}},
		{"a composite that counts", "its parts count", slo.OfObjectives, func(o *slo.Objective) {
			o.Good.Within, o.Except.Segments, o.MinEvents, o.By, o.Maintenance = time.Hour, []string{"a"}, 5, slo.Dimensions(), []slo.Maintenance{night}
		}, []string{"good: counts no events", "except: counts no events", "min_events: counts no events", "by: counts no events", "maintenance: counts no events"}},

		{"a faulty maintenance", "its own faults", slo.OfJourney, func(o *slo.Objective) { o.Maintenance = []slo.Maintenance{{}} }, []string{"maintenance[0].name: not a valid name", "maintenance[0].from: beginning is missing", "maintenance[0].until: end is missing"}},
		{"a maintenance twice", "a report names them", slo.OfJourney, func(o *slo.Objective) { o.Maintenance = []slo.Maintenance{night, night} }, []string{`maintenance[1].name: "night" occurs twice`}},
		{"maintenance all the time", "nothing counts", slo.OfJourney, func(o *slo.Objective) { o.Maintenance = []slo.Maintenance{open("a", "mon-fri"), open("b", "sat-sun")} }, []string{"maintenance: leaves no time"}},
		{"too many maintenances", "each event asks all", slo.OfJourney, func(o *slo.Objective) { o.Maintenance = make([]slo.Maintenance, slo.MaxExcepted+1) }, []string{"maintenance: has 101 entries"}},
		{"all at once", "one run reports every fault", slo.OfJourney, func(o *slo.Objective) {
			*o = slo.Objective{Name: "o", Journey: "j", Target: 2, MinEvents: -1, Good: slo.Criteria{Within: -1}, By: []slo.Dimension{"x"}}
		}, []string{"target: is 2", "window: missing", "good.within: is", "min_events: is -1", "by[0]: is no dimension"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := valid(c.subject)
			c.change(&o)
			checkFaults(t, o.Validate(), c.want, c.reason)
		})
	}
}

func TestValidateSet(t *testing.T) {
	t.Parallel()
	part := func(name string) slo.Objective {
		o := valid(slo.OfJourney)
		o.Name = name
		return o
	}
	for _, c := range []struct {
		name, reason string
		change       func([]slo.Objective) []slo.Objective // of a, b and their composite o
		want         []string
	}{
		{"a composite", "both parts exist", func(all []slo.Objective) []slo.Objective { return all }, nil},
		{"the composite first", "the order means nothing", func(all []slo.Objective) []slo.Objective { return []slo.Objective{all[2], all[0], all[1]} }, nil},
		{"none", "a client without objectives", func([]slo.Objective) []slo.Objective { return nil }, nil},
		{"one name twice", "the counts would mix", func(all []slo.Objective) []slo.Objective { return append(all, part("a")) }, []string{"name: another objective has this name"}},
		{"a missing part", "a typing mistake", func(all []slo.Objective) []slo.Objective { return all[1:] }, []string{`of[0].objective: there is no objective "a"`}},
		{"a composite of a composite", "its weight would be hidden", func(all []slo.Objective) []slo.Objective {
			more := valid(slo.OfObjectives)
			more.Name, more.Of = "more", []slo.Part{{Objective: "o", Weight: 1}}
			return append(all, more)
		}, []string{`of[0].objective: "o" is a composite itself`}},
		{"another window", "other days", func(all []slo.Objective) []slo.Objective { all[1].Window.Days = 7; return all }, []string{`of[1].objective: "b" has the window 7d and not 28d`}},
		{"another zone", "other months", func(all []slo.Objective) []slo.Objective {
			for i := range all {
				all[i].Window = slo.Window{Period: slo.CalendarMonth, Zone: "UTC"}
			}
			all[0].Window.Zone = "Asia/Tokyo"
			return all
		}, []string{`of[0].objective: "a" has the window calendar-month in Asia/Tokyo and not calendar-month in UTC`}},
		{"a faulty one", "the faults of each are there", func(all []slo.Objective) []slo.Objective { all[0].Target = 0; return all }, []string{"target: is 0%"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkFaults(t, slo.Validate(c.change([]slo.Objective{part("a"), part("b"), valid(slo.OfObjectives)})), c.want, c.reason)
		})
	}
	many := make([]slo.Objective, slo.MaxObjectives)
	for i := range many {
		many[i] = part(fmt.Sprint("o", i))
	}
	if err := slo.Validate(many); err != nil {
		t.Errorf("the error of as many as there may be is %v", err)
	}
	if err := slo.Validate(make([]slo.Objective, slo.MaxObjectives+1)); err == nil || !strings.Contains(err.Error(), "at most 1000") {
		t.Errorf("the error of too many is %v", err)
	}
	lines := (&slo.Error{Name: "o", Faults: []slo.Fault{{Path: "", Message: "is about nothing"}, {Path: "target", Message: "is 0%"}}}).Error()
	if lines != "objective \"o\": is about nothing\nobjective \"o\": target: is 0%" {
		t.Errorf("the error is %q", lines)
	}
	two := slo.Validate([]slo.Objective{{Name: "a"}, {Name: "b"}})
	for _, name := range []string{`objective "a": is about nothing`, `objective "b": window`} {
		if two == nil || !strings.Contains(two.Error(), name) {
			t.Errorf("the error of two faulty ones is %v, without %s", two, name)
		}
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	for r, want := range []string{"", "good", "bad", "excluded", ""} {
		if got := slo.Result(r).String(); got != want {
			t.Errorf("result %d is %q, want %q", r, got, want)
		}
		var again slo.Result
		if text, _ := slo.Result(r).MarshalText(); want != "" && (again.UnmarshalText(text) != nil || again != slo.Result(r)) {
			t.Errorf("%q is read as %v", text, again)
		}
	}
	kept := slo.Bad
	if err := kept.UnmarshalText([]byte("fine")); err == nil || kept != slo.Bad || !strings.Contains(err.Error(), `["good" "bad" "excluded"]`) {
		t.Errorf("an unknown result is %v, %v", kept, err)
	}
	for _, d := range slo.Dimensions() {
		var again slo.Dimension
		if text, _ := d.MarshalText(); again.UnmarshalText(text) != nil || again != d {
			t.Errorf("%q is read as %q", text, again)
		}
	}
	arm := slo.ByArm
	if err := arm.UnmarshalText([]byte("customer")); err == nil || arm != slo.ByArm {
		t.Errorf("an unknown dimension is %v, %v", arm, err)
	}
	for s, want := range map[slo.Subject]string{slo.OfJourney: "journey", slo.OfPromise: "promise", slo.OfTouchpoint: "touchpoint", slo.OfSurvey: "survey", slo.OfObjectives: "composite"} {
		o := valid(s)
		if o.Subject() != s || s.String() != want {
			t.Errorf("the subject %v is %v", want, o.Subject())
		}
	}
	if fmt.Sprint(slo.Subject(9), slo.OutcomesOf(slo.OfSurvey), slo.OutcomesOf(slo.OfJourney)) != " [] [completed failed cancelled abandoned]" {
		t.Errorf("got %v, %v, %v", slo.Subject(9), slo.OutcomesOf(slo.OfSurvey), slo.OutcomesOf(slo.OfJourney))
	}
}

func TestGoodOutcomes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		subject slo.Subject
		good    slo.Criteria
		want    []event.Outcome
	}{
		"a journey":                {slo.OfJourney, slo.Criteria{}, []event.Outcome{event.Completed}},
		"a journey in time":        {slo.OfJourney, slo.Criteria{Within: time.Minute}, []event.Outcome{event.Completed}},
		"a touchpoint":             {slo.OfTouchpoint, slo.Criteria{}, []event.Outcome{event.OK}},
		"a touchpoint by its zone": {slo.OfTouchpoint, slo.Criteria{Zones: []event.Zone{event.Satisfied}}, nil},
		"outcomes and a zone":      {slo.OfTouchpoint, slo.Criteria{Zones: []event.Zone{event.Satisfied}, Outcomes: []event.Outcome{event.Degraded}}, []event.Outcome{event.Degraded}},
		"a promise":                {slo.OfPromise, slo.Criteria{}, nil},
		"a survey":                 {slo.OfSurvey, slo.Criteria{Verdicts: []event.Verdict{event.Positive}}, nil},
		"a composite":              {slo.OfObjectives, slo.Criteria{}, nil},
	} {
		o := valid(c.subject)
		o.Good = c.good
		if got := o.GoodOutcomes(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
