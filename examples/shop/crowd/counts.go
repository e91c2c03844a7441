package crowd

import (
	"fmt"
	"maps"
	"slices"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/shop/experience"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/touchpoint"
)

// Counts has the numbers of a stream of events. Its keys are the words that telemetry and JSON use. A key with the
// number 0 is left out.
type Counts struct {
	Started   int            // number of journeys
	Ended     map[string]int // journeys, by outcome: completed, abandoned
	Abandoned map[string]int // journeys, by the stage in which the customer left
	Entered   map[string]int // stages, by name, each visit
	// Promises by name and what became of them: made, kept, broken, withdrawn. Each that is kept, broken or withdrawn was
	// made before.
	Promises map[string]map[string]int
	// Touchpoints by name and outcome.
	Touchpoints map[string]map[string]int
	// Refused counts the mails that the contact policy refused, by purpose and reason: the rule, and what it is about. Touchpoints has
	// those that were sent.
	Refused map[string]map[string]int
	// Violations is the number of mails that were sent against the contact policy.
	Violations int
	// Asked is how often a survey asked its question, by survey.
	Asked map[string]int
	// Answers by survey and verdict: positive, neutral, negative.
	Answers map[string]map[string]int
	// FollowUps is how many follow-ups the blueprint's rules have opened, by follow-up and rule. The other numbers of journeys, stages and
	// promises are those of the checkout.
	FollowUps map[string]map[string]int
}

// The words for what becomes of a promise.
const (
	PromiseMade      = "made"
	PromiseKept      = "kept"
	PromiseBroken    = "broken"
	PromiseWithdrawn = "withdrawn"
)

// SupportCalls returns how many customers called support.
func (c *Counts) SupportCalls() (n int) {
	for _, times := range c.Touchpoints[experience.CallSupport.Name()] {
		n += times
	}
	return n
}

// Expect returns the counts of a crowd of n customers in both services together, over both days, once the sweep
// has ended each abandoned journey.
func Expect(n int) Counts {
	var c Counts
	for i := range n {
		c.expect(At(i))
	}
	return c
}

func (c *Counts) expect(who Customer) {
	c.Started++
	c.stage(experience.StageCart)
	c.touchpoint(experience.ViewCart.Name(), event.OK)
	if who.Leaves != experience.StageCart {
		c.stage(experience.StageAddress)
		if who.Leaves != experience.StageAddress {
			c.touchpoint(experience.EnterAddress.Name(), event.OK)
			c.stage(experience.StagePayment)
			c.promise(who.Leaves == "")
		}
	}
	for _, card := range who.Cards {
		c.touchpoint(experience.SubmitPayment.Name(), paid(card))
		c.touchpoint(experience.ChargeCard.Name(), paid(card))
	}
	if who.Leaves == "" {
		c.stage(experience.StageConfirmation)
		c.touchpoint(experience.OrderConfirmed.Name(), event.OK)
		add(&c.Asked, experience.PostPurchase.Name())
		if !who.Widow {
			add(&c.Asked, experience.Recommend.Name())
		}
		add(&c.Ended, event.Completed.String())
	} else {
		add(&c.Ended, event.Abandoned.String())
		add(&c.Abandoned, who.Leaves)
	}
	if who.CSAT > 0 {
		v, _ := feedback.CSAT.Verdict(who.CSAT)
		add2(&c.Answers, experience.PostPurchase.Name(), v.String())
		if v == event.Negative {
			add2(&c.FollowUps, experience.Recovery().Name(), string(feedback.OnDissatisfied))
		}
	}
	if who.NPSVia != 0 {
		v, _ := feedback.NPS.Verdict(who.NPS)
		add2(&c.Answers, experience.Recommend.Name(), v.String())
		if v == event.Negative {
			add2(&c.FollowUps, experience.Recovery().Name(), string(feedback.OnDetractor))
		}
	}
	c.mails(who)
	switch who.Call {
	case NoCall:
	case Resolved:
		c.touchpoint(experience.CallSupport.Name(), event.OK)
	case Unresolved:
		c.touchpoint(experience.CallSupport.Name(), event.Failed)
		add2(&c.FollowUps, experience.Complaint().Name(), string(feedback.OnComplaint))
	}
}

// mails counts the mails of the next day: a question after a purchase, and a campaign.
func (c *Counts) mails(who Customer) {
	dead, complaint := Reason(event.RuleSuppressed, string(touchpoint.Deceased)), Reason(event.RuleHold, experience.HoldComplaint)
	switch {
	case who.Leaves != "":
	case who.Widow:
		add2(&c.Refused, experience.PurposeSurvey, dead)
	default:
		c.touchpoint(experience.SurveyMail.Name(), event.OK)
	}
	for n := range campaign {
		switch {
		case !who.Known():
		case who.Widow:
			add2(&c.Refused, experience.PurposeCampaign, dead)
		case who.Call == Unresolved:
			add2(&c.Refused, experience.PurposeCampaign, complaint)
		case n < experience.CampaignMails:
			c.touchpoint(experience.CampaignMail.Name(), event.OK)
		default:
			add2(&c.Refused, experience.PurposeCampaign, event.RuleCap)
		}
	}
}

// Reason names why a contact was refused: the rule, and what it is about, if anything.
func Reason(rule, cause string) string {
	if cause == "" {
		return rule
	}
	return rule + " (" + cause + ")"
}

// promise counts the promise that the shop makes to a customer who gets to the payment. The clock of a day later breaks those
// that nothing has kept.
func (c *Counts) promise(kept bool) {
	add2(&c.Promises, experience.Confirmed, PromiseMade)
	if kept {
		add2(&c.Promises, experience.Confirmed, PromiseKept)
	} else {
		add2(&c.Promises, experience.Confirmed, PromiseBroken)
	}
}

func (c *Counts) stage(name string) { add(&c.Entered, name) }

func (c *Counts) touchpoint(name string, o event.Outcome) { add2(&c.Touchpoints, name, o.String()) }

func add(m *map[string]int, key string) {
	if *m == nil {
		*m = map[string]int{}
	}
	(*m)[key]++
}

func add2(m *map[string]map[string]int, outer, inner string) {
	if *m == nil {
		*m = map[string]map[string]int{}
	}
	if (*m)[outer] == nil {
		(*m)[outer] = map[string]int{}
	}
	(*m)[outer][inner]++
}

// Add counts an event that comes from a processor, an exporter or its JSON form.
func (c *Counts) Add(e *event.Event) {
	if e.FollowUp != nil || e.Journey.Name == experience.Complaint().Name() || e.Journey.Name == experience.Recovery().Name() {
		if e.Kind == event.JourneyStarted {
			add2(&c.FollowUps, e.Journey.Name, e.FollowUp.Rule)
		}
		return
	}
	switch e.Kind { //nolint:exhaustive // the shop emits no other kinds
	case event.JourneyStarted:
		c.Started++
	case event.JourneyStageEntered:
		c.stage(e.Stage)
	case event.JourneyEnded:
		add(&c.Ended, e.Outcome.String())
		if e.Outcome == event.Abandoned {
			add(&c.Abandoned, e.Stage)
		}
	case event.PromiseMade:
		add2(&c.Promises, e.Promise.Name, PromiseMade)
	case event.PromiseKept:
		if !e.Late { // a promise that is kept late stays broken
			add2(&c.Promises, e.Promise.Name, PromiseKept)
		}
	case event.PromiseBroken:
		add2(&c.Promises, e.Promise.Name, PromiseBroken)
	case event.PromiseWithdrawn:
		add2(&c.Promises, e.Promise.Name, PromiseWithdrawn)
	case event.TouchpointEnded:
		c.touchpoint(e.Touchpoint, e.Outcome)
	case event.ContactSuppressed:
		add2(&c.Refused, e.Contact.Purpose, Reason(e.Contact.Rule, e.Cause))
	case event.ContactViolated:
		c.Violations++
	case event.SurveyRequested:
		add(&c.Asked, e.Feedback.Survey)
	case event.FeedbackReceived:
		add2(&c.Answers, e.Feedback.Survey, e.Feedback.Verdict.String())
	}
}

// Diff returns a line for each number that differs from want; none if all are equal.
func (c *Counts) Diff(want Counts) []string {
	got, wanted := c.flat(), want.flat()
	keys := slices.Collect(maps.Keys(wanted))
	for k := range got {
		if _, ok := wanted[k]; !ok {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	var lines []string
	for _, k := range keys {
		if got[k] != wanted[k] {
			lines = append(lines, fmt.Sprintf("%s: %d, want %d", k, got[k], wanted[k]))
		}
	}
	return lines
}

// flat returns each number under a key of its own.
func (c *Counts) flat() map[string]int {
	out := map[string]int{"journeys started": c.Started, "contacts against the policy": c.Violations}
	for prefix, m := range map[string]map[string]int{
		"journeys ended: ": c.Ended, "journeys abandoned in ": c.Abandoned, "stage entered: ": c.Entered, "asked: ": c.Asked,
	} {
		for k, n := range m {
			out[prefix+k] = n
		}
	}
	for prefix, m := range map[string]map[string]map[string]int{"touchpoint ": c.Touchpoints, "answers to ": c.Answers, "promise ": c.Promises, "refused ": c.Refused, "follow-ups ": c.FollowUps} {
		for k, inner := range m {
			for o, n := range inner {
				out[prefix+k+": "+o] = n
			}
		}
	}
	return out
}
