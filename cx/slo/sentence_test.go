package slo_test

import (
	"fmt"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
)

func ExampleObjective_Sentence() {
	o := slo.Objective{
		Name: "checkout-completes", Journey: "checkout", Good: slo.Criteria{Within: 3 * time.Minute},
		Except: slo.Except{Actors: []event.Actor{event.ActorDelegate}}, Target: 0.95, Window: slo.Window{Days: 28},
	}
	fmt.Println(o.Sentence())
	// Output:
	// 95% of the runs of "checkout" end completed and within 3 minutes, over 28 days. It leaves out what is done by the actor delegate.
}

func TestSentence(t *testing.T) {
	t.Parallel()
	four, five, two := 4.0, 5.0, 2.0
	for _, c := range []struct {
		name, want string
		objective  slo.Objective
	}{
		{
			"the default of a journey", "99.9% of the runs of \"checkout\" end completed, over a day.",
			slo.Objective{Journey: "checkout", Target: 0.999, Window: slo.Window{Days: 1}},
		},
		{
			"outcomes, and what is left out", "95% of the runs of \"checkout\" end completed, cancelled or failed and within 1 day 12 hours, over 7 days. It leaves out the channels web and api, the outcome abandoned and the cause fraud.",
			slo.Objective{
				Journey: "checkout", Target: 0.95, Window: slo.Window{Days: 7},
				Good:   slo.Criteria{Outcomes: []event.Outcome{event.Completed, event.Cancelled, event.Failed}, Within: 36 * time.Hour},
				Except: slo.Except{Channels: []event.Channel{event.Web, event.API}, Outcomes: []event.Outcome{event.Abandoned}, Causes: []string{"fraud"}},
			},
		},
		{
			"a promise in a calendar", "99% of the promises \"answered\" of \"order\" are kept in time, in each calendar month of Europe/London.",
			slo.Objective{Journey: "order", Promise: "answered", Target: 0.99, Window: slo.Window{Period: slo.CalendarMonth, Zone: "Europe/London"}},
		},
		{
			"a calendar without a zone", "99% of the promises \"answered\" of \"order\" are kept in time, in each calendar week of UTC. Fewer than 20 promises are not enough to say. Nothing counts during maintenance: \"Sunday\".",
			slo.Objective{
				Journey: "order", Promise: "answered", Target: 0.99, MinEvents: 20, Window: slo.Window{Period: slo.CalendarWeek},
				Maintenance: []slo.Maintenance{{Name: "Sunday"}},
			},
		},
		{
			"the default of a touchpoint", "90% of the interactions at \"pay\" end ok, over 28 days.",
			slo.Objective{Touchpoint: "pay", Target: 0.9, Window: slo.Window{Days: 28}},
		},
		{
			"a touchpoint by zone and time", "90% of the interactions at \"pay\" have the Apdex zone satisfied or tolerating, end ok or degraded and take at most 1.5 seconds, over 28 days.",
			slo.Objective{Touchpoint: "pay", Target: 0.9, Window: slo.Window{Days: 28}, Good: slo.Criteria{
				Zones: []event.Zone{event.Satisfied, event.Tolerating}, Outcomes: []event.Outcome{event.OK, event.Degraded}, Within: 1500 * time.Millisecond,
			}},
		},
		{
			"a score", "85% of the answers to \"csat\" have a score of at least 4, over 28 days. Fewer than 50 answers are not enough to say.",
			slo.Objective{Survey: "csat", Target: 0.85, MinEvents: 50, Window: slo.Window{Days: 28}, Good: slo.Criteria{ScoreAtLeast: &four}},
		},
		{
			"scores and verdicts", "85% of the answers to \"csat\" have a score from 2 to 5 and are positive or neutral, over 28 days.",
			slo.Objective{Survey: "csat", Target: 0.85, Window: slo.Window{Days: 28}, Good: slo.Criteria{
				ScoreAtLeast: &two, ScoreAtMost: &five, Verdicts: []event.Verdict{event.Positive, event.Neutral},
			}},
		},
		{
			"a highest score", "85% of the answers to \"effort\" have a score of at most 2, over 28 days.",
			slo.Objective{Survey: "effort", Target: 0.85, Window: slo.Window{Days: 28}, Good: slo.Criteria{ScoreAtMost: &two}},
		},
		{
			"a composite", "92% of what its parts count is good, by weight, over 28 days: \"a\" (weight 3) and \"b\" (weight 0.5).",
			slo.Objective{Of: []slo.Part{{Objective: "a", Weight: 3}, {Objective: "b", Weight: 0.5}}, Target: 0.92, Window: slo.Window{Days: 28}},
		},
		{"short times", "90% of the interactions at \"pay\" end ok and take at most 800 milliseconds, over 28 days.", slo.Objective{Touchpoint: "pay", Target: 0.9, Window: slo.Window{Days: 28}, Good: slo.Criteria{Within: 800 * time.Millisecond}}},
		{"no subject", "", slo.Objective{Target: 0.9}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := c.objective.Sentence(); got != c.want {
				t.Errorf("the sentence is\n\t%s\nwant\n\t%s", got, c.want)
			}
		})
	}
}
