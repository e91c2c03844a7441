package tell_test

import (
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/tell"
)

var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func seconds(n float64) event.Seconds { return event.Seconds(n * float64(time.Second)) }

// TestEvent: what a support lead reads for each kind of event.
func TestEvent(t *testing.T) {
	t.Parallel()
	promised := &event.Promise{Name: "solved", Number: 1, Made: monday, Due: monday.Add(8 * time.Hour)}
	two := 2
	for _, c := range []struct {
		name, want string
		event      event.Event
	}{
		{"start", "It began.", event.Event{Kind: event.JourneyStarted}},
		{"stage", `It came to the stage "payment".`, event.Event{Kind: event.JourneyStageEntered, Stage: "payment", Visit: 1}},
		{"stage again", `It came to the stage "payment" for the 3rd time because of "declined".`, event.Event{Kind: event.JourneyStageEntered, Stage: "payment", Visit: 3, Cause: "declined"}},
		{"stall", `Nothing had happened in the stage "payment" for 2 days.`, event.Event{Kind: event.JourneyStalled, Stage: "payment", Duration: 48 * time.Hour}},
		{"stall of unknown length", `Nothing had happened for longer than it should.`, event.Event{Kind: event.JourneyStalled}},
		{"end", "It was completed after 1 hour 30 minutes.", event.Event{Kind: event.JourneyEnded, Outcome: event.Completed, Duration: 90 * time.Minute, Transition: &event.Transition{LastCause: "late"}}},
		{"end with a last cause", `It failed because of "late".`, event.Event{Kind: event.JourneyEnded, Outcome: event.Failed, Transition: &event.Transition{LastCause: "late"}}},
		{"end without an outcome", "It ended.", event.Event{Kind: event.JourneyEnded}},
		{"promise", `The company promised "solved" by Mon 2 March 2026 18:00.`, event.Event{Kind: event.PromiseMade, Promise: promised}},
		{"kept", `The promise "solved" was kept, 1 hour before it was due.`, event.Event{Kind: event.PromiseKept, Time: monday.Add(7 * time.Hour), Promise: promised}},
		{"kept at the last moment", `The promise "solved" was kept.`, event.Event{Kind: event.PromiseKept, Time: monday.Add(8 * time.Hour), Promise: promised}},
		{"kept late", `The promise "solved" was kept 30 minutes too late: it was due by Mon 2 March 2026 18:00.`, event.Event{Kind: event.PromiseKept, Late: true, Time: monday.Add(8*time.Hour + 30*time.Minute), Promise: promised}},
		{"broken", `The promise "solved" was broken: it was due by Mon 2 March 2026 18:00.`, event.Event{Kind: event.PromiseBroken, Promise: promised}},
		{"withdrawn, the second one", `The promise "solved" (number 2) no longer applies.`, event.Event{Kind: event.PromiseWithdrawn, Promise: &event.Promise{Name: "solved", Number: 2}}},
		{"a promise without a promise", "A promise was recorded.", event.Event{Kind: event.PromiseBroken}},
		{
			"touchpoint", `"pay" took place on the web, and failed because of "card_declined". The error was "timeout". This was after the end.`,
			event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Channel: event.Web, Outcome: event.Failed, Zone: event.Frustrated, Cause: "card_declined", ErrorType: "timeout", Late: true},
		},
		{"slow", `"search" took place. It took 4.2 seconds, longer than its target.`, event.Event{Kind: event.TouchpointEnded, Touchpoint: "search", Outcome: event.OK, Zone: event.Tolerating, Duration: 4200 * time.Millisecond}},
		{"outbound failed", `The company contacted the customer by phone with "call". The contact failed because of "not_reached".`, event.Event{Kind: event.TouchpointEnded, Touchpoint: "call", Direction: event.Outbound, Channel: event.Phone, Outcome: event.Failed, Cause: "not_reached"}},
		{"outbound", `The company contacted the customer by email with "invoice". The purpose was "billing".`, event.Event{Kind: event.TouchpointEnded, Touchpoint: "invoice", Direction: event.Outbound, Channel: event.Email, Actor: event.ActorEmployee, Contact: &event.Contact{Purpose: "billing"}}},
		{"delegate", `Somebody did "claim" through the API for the customer, and was left before it was done.`, event.Event{Kind: event.TouchpointEnded, Touchpoint: "claim", Channel: event.API, Actor: event.ActorDelegate, Outcome: event.Abandoned}},
		{
			"call", `"call" took place by phone. The matter was "refund". The customer waited 4 minutes in the queue "first" until an employee answered. They talked for 6 minutes, and the customer was on hold for 1 minute. The customer was transferred, and the next employee was told what it was about. The customer waited 30 seconds in the queue "second" without an answer. The customer left before an answer. It was noted as "billing". It was decided: "refund" of 12.00 EUR, without "form" and "photo", with an approval after 2 minutes. The matter was said not to be resolved. The customer had asked about it before. The customer had to repeat 2 things. It was the 2nd contact about the matter.`,
			event.Event{
				Kind: event.TouchpointEnded, Touchpoint: "call", Channel: event.Phone, Intent: "refund", Effort: &event.Effort{Contacts: 2},
				Assisted: &event.Assisted{
					Legs: []event.Leg{
						{Queue: "first", Queued: true, Answered: true, Agent: "00ff", Wait: seconds(240), Talk: seconds(360), Hold: seconds(60), End: event.LegTransferred, Warm: true},
						{Queue: "second", Queued: true, Wait: seconds(30), End: event.LegAbandoned},
					},
					Disposition: "billing", Claimed: event.No, Again: event.Yes, Repeated: 2,
					Decisions: []event.Decision{{What: "refund", Amount: &event.Money{Amount: 1200, Currency: "EUR"}, Approval: true, Waited: seconds(120), Skipped: []string{"form", "photo"}}},
				},
			},
		},
		{
			"mails", `"ask" took place by email. The company replied twice, first after 15 hours, 1 hour of it in opening hours. The customer waited 20 hours for the company in all. The customer's last message has no reply.`,
			event.Event{
				Kind: event.TouchpointEnded, Touchpoint: "ask", Channel: event.Email,
				Assisted: &event.Assisted{Thread: &event.Thread{Replies: []event.Reply{{After: seconds(54000), Open: seconds(3600)}, {After: seconds(60), Open: seconds(60)}}, Waited: seconds(72000), Unanswered: true}},
			},
		},
		{"asked", `The company asked for an answer to "csat" by email.`, event.Event{Kind: event.SurveyRequested, Channel: event.Email, Feedback: &event.Feedback{Survey: "csat"}}},
		{"not answered", `The request for an answer to "csat" expired without an answer.`, event.Event{Kind: event.SurveyClosed, Feedback: &event.Feedback{Survey: "csat", Ended: event.SurveyExpired}}},
		{
			"answer", `The customer answered the survey "csat" with 2 of 5, which is negative. The reason was "price". The customer wrote: "Said 'never again' twice"`,
			event.Event{Kind: event.FeedbackReceived, Feedback: &event.Feedback{Survey: "csat", Scale: event.CSAT, Score: 2, Verdict: event.Negative, Causes: []string{"price"}, Comment: "Said \"never again\"\n twice"}},
		},
		{"changed", `The customer changed the answer to "csat" with 5 of 5 instead of 2, which is positive.`, event.Event{Kind: event.FeedbackAmended, Feedback: &event.Feedback{Survey: "csat", Scale: event.CSAT, Score: 5, Verdict: event.Positive, Previous: &two}}},
		{"consent", `The customer no longer agrees that the words are shown in public.`, event.Event{Kind: event.FeedbackAmended, Feedback: &event.Feedback{Survey: "csat", Testimonial: &event.Testimonial{Withdrawn: monday}}}},
		{"review", `The customer complained on "trustworthy" with 1.5 of 5 stars.`, event.Event{Kind: event.FeedbackMentioned, Feedback: &event.Feedback{Source: "trustworthy"}, Mention: &event.Mention{Nature: event.Complaint, Stars: 1.5}}},
		{"suppressed", `The company did not contact the customer by email for "news": the customer must not be contacted ("opted_out").`, event.Event{Kind: event.ContactSuppressed, Channel: event.Email, Cause: "opted_out", Contact: &event.Contact{Purpose: "news", Rule: event.RuleSuppressed}}},
		{"violated", `The company contacted the customer against its contact policy: of the rule "moon".`, event.Event{Kind: event.ContactViolated, Contact: &event.Contact{Rule: "moon"}}},
		{"resolved", `The matter "refund" is over after 3 contacts, 2 of them answered. The customer changed the channel once. It began when "help page" failed.`, event.Event{Kind: event.ContactResolved, Intent: "refund", Effort: &event.Effort{Contacts: 3, Answered: 2, Switches: 1, From: "help page"}}},
		{
			"follow-up", `It began. It is a follow-up about "order" "o-7", opened by the rule "detractor". Its severity is "high". Its owner is "care". The next step is due by Mon 2 March 2026 18:00. The note says: "call back"`,
			event.Event{Kind: event.JourneyStarted, FollowUp: &event.FollowUp{ID: "f", About: event.RunRef{Name: "order", ID: "o-7"}, Rule: "detractor", Severity: "high", Owner: "care", Due: promised.Due, Note: "call back"}},
		},
		{"unknown kind", `"moon.rose" was recorded because of "tide".`, event.Event{Kind: "moon.rose", Cause: "tide"}},
		{"looked", `An employee looked at what is stored: "run".`, event.Event{Kind: event.EmployeeLooked, Assisted: &event.Assisted{Legs: []event.Leg{{Agent: "a-17"}}, Views: []event.View{{Part: "run"}}}}},
		{"acted", `An employee moved it on by hand: "acknowledged".`, event.Event{Kind: event.EmployeeActed, Assisted: &event.Assisted{Legs: []event.Leg{{Agent: "a-17"}}, Disposition: "acknowledged"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := tell.Event(&c.event, time.FixedZone("CET", 3600)); got != c.want {
				t.Errorf("it says\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestEveryKind: no kind is without a sentence, also where the details of its event are missing.
func TestEveryKind(t *testing.T) {
	t.Parallel()
	for _, k := range append(event.Kinds(), "") {
		if said := tell.Event(&event.Event{Kind: k}, time.UTC); !strings.HasSuffix(said, ".") {
			t.Errorf("%q says %q", k, said)
		}
	}
}

// TestHostile: no text of an event moves the cursor, turns text around, or ends a quote.
func TestHostile(t *testing.T) {
	t.Parallel()
	const bad = "a\x1b[2J\n\u202eb\u2066\x00\u200b\"c\xff"
	f := event.Feedback{Survey: bad, Source: bad, Comment: bad, Causes: []string{bad, bad}}
	for _, k := range append(event.Kinds(), bad) {
		e := event.Event{
			Kind: k, Stage: bad, Touchpoint: bad, Cause: bad, ErrorType: bad, Intent: bad, Visit: 2, Feedback: &f,
			Mention: &event.Mention{Address: bad}, Promise: &event.Promise{Name: bad}, Contact: &event.Contact{Purpose: bad, Rule: bad},
			Effort: &event.Effort{From: bad, Contacts: 2}, FollowUp: &event.FollowUp{ID: bad, Owner: bad, Severity: bad, Rule: bad, Remedy: bad, Note: bad, About: event.RunRef{Name: bad, ID: bad}, Skipped: []string{bad}},
			Action:    &event.Action{Name: bad, Note: bad},
			Breakdown: &event.Breakdown{About: bad, Journey: bad, Name: bad, Severity: bad, Owner: bad, Note: bad, Placed: []event.Placed{{Column: bad, Value: bad}}, Since: 0.5},
			Assisted: &event.Assisted{
				Legs: []event.Leg{{Queue: bad, Wait: 1}}, Disposition: bad, Unable: bad,
				Decisions: []event.Decision{{What: bad, Path: bad, Skipped: []string{bad}, Amount: &event.Money{Currency: bad}}},
			},
		}
		said := tell.Event(&e, time.UTC)
		if strings.ContainsAny(said, "\x1b\n\u202e\u2066\x00\u200b") || !strings.Contains(said, "a\ufffd[2J") || strings.Count(said, `"`)%2 != 0 {
			t.Errorf("%q says %q", k, said)
		}
	}
}
