//go:build unix

package archive_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// story returns the events of some customers in some weeks. They are the same each time.
func story(runs int) []event.Event {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	begin := time.Date(2026, 3, 2, 8, 0, 0, 987_654_321, time.UTC)
	var events []event.Event
	for n := range runs {
		j := event.Run{Namespace: "production", Name: pick("checkout", "claim"), ID: fmt.Sprintf("run-%d", n), Version: "2026-03"}
		at := begin.Add(time.Duration(n) * 37 * time.Minute)
		j.Started = at
		who := event.Customer{Hash: fmt.Sprintf("%016x", n%17), Segment: pick("new", "Returning", "gold")}
		one := func(e event.Event, id string) {
			e.ID, e.Journey, e.Customer, e.Time = flight.DeriveID(j, id), j, who, at
			if e.Channel == 0 {
				e.Channel = event.Web
			}
			events = append(events, e)
		}
		one(event.Event{Kind: event.JourneyStarted}, "started")
		last := ""
		for s, stage := range []string{"cart", "address", "payment"}[:1+random.IntN(3)] {
			at = at.Add(time.Duration(1+random.IntN(300)) * time.Second)
			one(event.Event{Kind: event.JourneyStageEntered, Stage: stage, Visit: 1, Transition: &event.Transition{From: last, Visit: min(s, 1)}}, "entered/"+stage)
			last = stage
			for i := range 1 + random.IntN(4) {
				at = at.Add(time.Second)
				e := event.Event{
					Kind: event.TouchpointEnded, Stage: stage, Visit: 1, Touchpoint: pick("open-"+stage, "submit-"+stage),
					Duration: time.Duration(random.Int64N(5_000_000_000)), Outcome: event.OK, Zone: event.Satisfied, Channel: event.Phone,
				}
				if random.IntN(5) == 0 {
					e.Outcome, e.ErrorType = event.Failed, pick("timeout", "")
				}
				one(e, fmt.Sprintf("touch/%s/%d", stage, i))
			}
		}
		if random.IntN(10) > 0 {
			at = at.Add(time.Minute)
			j.Value = &event.Money{Amount: int64(random.IntN(10_000)), Currency: pick("EUR", "USD")}
			one(event.Event{Kind: event.JourneyEnded, Stage: last, Visit: 1, Duration: at.Sub(j.Started), Outcome: []event.Outcome{event.Completed, event.Completed, event.Abandoned, event.Failed}[random.IntN(4)], Transition: rough(n)}, "ended")
		}
		if random.IntN(2) == 0 {
			at = at.Add(time.Hour)
			score := 1 + random.IntN(5)
			verdict, _ := event.CSAT.Verdict(score)
			asked := flight.DeriveID(j, "csat")
			one(event.Event{Kind: event.FeedbackReceived, Feedback: &event.Feedback{Survey: "after", Scale: event.CSAT, Score: score, Verdict: verdict, Comment: "Ünïcode\tand \\ \"more\"\n"}}, "csat")
			if verdict == event.Negative && random.IntN(2) == 0 {
				at = at.Add(time.Minute)
				one(event.Event{Kind: "followup.opened", FollowUp: &event.FollowUp{ID: "fu-" + j.ID, Owner: "care", Feedback: asked, Due: at.Add(48 * time.Hour)}}, "followup")
			}
		}
	}
	return append(events, event.Event{ID: event.NewID(begin), Kind: "action.taken", Time: begin, Action: &event.Action{Name: "shorter form"}})
}

// rough returns an end's detail for the n-th run: it has friction, has none, or it is not known.
func rough(n int) *event.Transition {
	switch n % 4 {
	case 0:
		return nil
	case 1:
		return &event.Transition{}
	default:
		return &event.Transition{Friction: &event.Friction{Repeats: n % 3, FailuresBeforeSuccess: n % 5 / 2, Loops: n % 7 / 5, ChannelSwitches: n % 2, Overdue: n % 11 / 9}}
	}
}

// saying adds to the events of a story what their customers saw and want, and promises to every third run.
func saying(events []event.Event) []event.Event {
	random := rand.New(rand.NewPCG(3, 4))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	var promises []event.Event
	for i := range events {
		e := &events[i]
		if random.IntN(3) == 0 {
			e.Variant = &event.Variant{Release: pick("", "2026.3", "2026.4"), Experiment: pick("", "one-page"), Arm: pick("", "a", "Ä")}
		}
		if random.IntN(3) == 0 {
			e.Intent, e.Customer.Account = pick("", "pay", "complain"), pick("", "0f34", "ac78")
		}
		if random.IntN(4) == 0 {
			e.Cause = pick("", "slow", "Ärger", "with \"quotes\" and \\", "line\nbreak\x01", fmt.Sprintf("cause-%d", random.IntN(60)))
		}
		if e.Feedback != nil {
			e.Feedback.Causes = []string{"unclear", pick("slow", "rude", "")}
		}
		if e.Kind != event.JourneyStarted || i%3 > 0 {
			continue
		}
		due := e.Time.Add(time.Hour)
		for n, kind := range []event.Kind{event.PromiseMade, event.PromiseMade, event.PromiseKept, event.PromiseBroken, event.PromiseWithdrawn} {
			at := e.Time.Add(time.Duration(random.IntN(4))*time.Minute + time.Duration(n+1)*time.Millisecond) // the queries order by time
			p := event.Event{
				ID: flight.DeriveID(e.Journey, fmt.Sprintf("promise/%d", n)), Kind: kind, Time: at, Journey: e.Journey,
				Promise: &event.Promise{Name: pick("answered", "called back"), Number: 1 + random.IntN(2), Due: due.Add(time.Duration(n) * time.Minute)},
				Late:    random.IntN(4) == 0,
			}
			if random.IntN(2) == 0 {
				p.Customer, p.Promise.Made, p.Duration = e.Customer, e.Time, at.Sub(e.Time)
			}
			promises = append(promises, p)
		}
	}
	return append(events, promises...)
}

// voices returns requests with every end, answers that were changed, mentions, testimonials, and follow-ups and an action about them.
func voices() (list []event.Event) {
	begin := time.Date(2026, 3, 2, 9, 15, 18, 123456000, time.UTC)
	add := func(at time.Time, e event.Event) event.ID {
		e.ID, e.Time = event.NewID(at), at
		list = append(list, e)
		return e.ID
	}
	for i := range 40 {
		at := begin.Add(time.Duration(i) * 7 * time.Hour)
		of := event.Feedback{Survey: "after-call", Scale: event.CES, Version: []string{"", "1f0c9a7e"}[i%2]}
		asked := add(at, event.Event{Kind: event.SurveyRequested, Channel: event.Email, Feedback: new(of)})
		of.Request = asked
		switch end := event.SurveyEnd(i % 5); end {
		case 0: // open
		case event.SurveyAnswered:
			of.Score, of.Verdict, of.Causes, of.Comment = 2, event.Negative, []string{"slow", "a \"b\""}, "words"
			of.Testimonial = &event.Testimonial{Version: "1", Language: "en", Text: "Quote me.", Given: at}
			answer := add(at.Add(time.Hour), event.Event{Kind: event.FeedbackReceived, Feedback: new(of)})
			if i%3 == 0 {
				of.Amends, of.Previous, of.Score, of.Causes = answer, new(2), 6, nil
				of.Testimonial = &event.Testimonial{Version: "1", Given: at, Withdrawn: at.Add(2 * time.Hour)}
				add(at.Add(2*time.Hour), event.Event{Kind: event.FeedbackAmended, Feedback: new(of)})
			}
			run := event.Run{Namespace: "test", Name: "complaint", ID: fmt.Sprint("fu-voice-", i), Started: at.Add(time.Hour)}
			detail := &event.FollowUp{
				ID: run.ID, Owner: "care", Severity: "high", Rule: "detractor", CausedBy: answer, Feedback: answer, About: event.RunRef{Namespace: "test", Name: "checkout", ID: "run"},
				Due: at.Add(25 * time.Hour), Note: "note",
			}
			add(run.Started, event.Event{Kind: event.JourneyStarted, Journey: run, FollowUp: detail})
			add(run.Started.Add(time.Minute), event.Event{Kind: event.JourneyStageEntered, Journey: run, Stage: "acknowledged", Visit: 1, FollowUp: detail})
			if i%2 == 0 {
				add(run.Started.Add(time.Hour), event.Event{Kind: event.JourneyEnded, Journey: run, Stage: "told", Outcome: event.Completed, FollowUp: detail})
			}
		default:
			of.Ended, of.Shown = end, i%2 == 0
			add(at.Add(3*time.Hour), event.Event{Kind: event.SurveyClosed, Feedback: new(of)})
		}
		add(at.Add(4*time.Hour), event.Event{Kind: event.FeedbackMentioned, Feedback: &event.Feedback{Source: []string{"", "forum"}[i%2]}, Mention: &event.Mention{
			Nature: event.Nature(i % 5), Stars: float64(i%11) / 2, Reach: i, Address: "https://a.example", ReplyTo: "r",
		}})
	}
	change := event.Run{Namespace: "test", Name: "improvement", ID: "a-1", Started: begin}
	add(begin.Add(time.Hour), event.Event{Kind: event.JourneyStageEntered, Journey: change, Stage: "made", Visit: 1, Action: &event.Action{
		Name: "faq", Owner: "web", Feedbacks: []event.ID{list[0].ID}, Cause: "slow", From: begin, Until: begin.Add(time.Hour),
	}})
	return list
}

// looks are what employees do with what is stored.
func looks() (list []event.Event) {
	for i := range 12 {
		at := time.Date(2026, 4, 1+i, 13, 0, 0, 0, time.UTC)
		list = append(list, event.Event{
			ID: event.NewID(at), Kind: []event.Kind{event.EmployeeLooked, event.EmployeeActed}[i%2], Time: at, Actor: event.ActorEmployee,
			Journey: event.Run{Namespace: "shop", Name: "checkout", ID: "looked-at"}, Customer: event.Customer{Hash: "abcdef0123456789"},
			Assisted: &event.Assisted{Legs: []event.Leg{{Agent: fmt.Sprintf("%032x", i%3)}}, Views: []event.View{{Part: "run", Found: true}}},
		})
	}
	return list
}

// contacts are contacts that were made, refused, and against the policy.
func contacts() (list []event.Event) {
	for i := range 30 {
		kind := []event.Kind{event.TouchpointEnded, event.ContactSuppressed, event.ContactViolated}[i%3]
		at := time.Date(2026, 4, 1+i, 12, 0, 0, 0, time.UTC)
		list = append(list, event.Event{
			ID: event.NewID(at), Kind: kind, Time: at, Touchpoint: "survey-mail", Channel: event.Email, Direction: event.Outbound,
			Contact: &event.Contact{Purpose: []string{"survey", "offer"}[i%2], Rule: event.RuleCap, Grant: event.NewID(at)},
		})
	}
	return list
}
