package tell

import (
	"fmt"
	"strconv"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/number"
)

func (s *sentences) survey(e *event.Event) {
	name := "an answer"
	f := e.Feedback
	if f != nil && f.Survey != "" {
		name = "an answer to " + Quote(f.Survey)
	}
	switch {
	case e.Kind == event.SurveyRequested:
		s.add("The company asked for %s%s.", name, on(e.Channel))
	case e.Kind == event.SurveyShown:
		s.add("The customer saw the request for %s.", name)
	case f == nil:
		s.add("The request for %s ended.", name)
	default:
		how := map[event.SurveyEnd]string{
			event.SurveyAnswered: "was answered", event.SurveyDismissed: "was dismissed by the customer", event.SurveyBounced: "did not reach the customer",
			event.SurveyExpired: "expired without an answer",
		}[f.Ended]
		if how == "" {
			how = "ended"
		}
		s.add("The request for %s %s.", name, how)
	}
}

// said says what a customer has said.
func (s *sentences) said(e *event.Event) {
	f := e.Feedback
	if f == nil {
		s.add("The customer said something.")
		return
	}
	switch {
	case e.OnlyConsent():
		s.consent(f.Testimonial)
		return
	case e.Kind == event.FeedbackMentioned:
		s.mention(e)
	case e.Kind == event.FeedbackAmended:
		s.add("The customer changed %s%s.", what(f), score(f))
	default:
		s.add("The customer answered%s%s.", survey(f), score(f))
	}
	if len(f.Causes) > 0 {
		s.add("The reason was %s.", named(f.Causes))
	}
	if f.Comment != "" {
		s.add("The customer wrote: %s", Quote(f.Comment))
	}
	if f.Testimonial != nil {
		s.consent(f.Testimonial)
	}
}

func (s *sentences) consent(t *event.Testimonial) {
	if t.Withdrawn.IsZero() {
		s.add("The customer agreed that the words are shown in public.")
		return
	}
	s.add("The customer no longer agrees that the words are shown in public.")
}

func (s *sentences) mention(e *event.Event) {
	f, m := e.Feedback, e.Mention
	where := on(e.Channel)
	if f.Source != "" {
		where = " on " + Quote(f.Source)
	}
	var nature event.Nature
	if m != nil {
		nature = m.Nature
		if m.Stars > 0 {
			where += " with " + strconv.FormatFloat(m.Stars, 'f', -1, 64) + " of 5 stars"
		}
	}
	how := map[event.Nature]string{
		event.Complaint: "The customer complained", event.Compliment: "The customer praised the company", event.Question: "The customer asked a question",
		event.Suggestion: "The customer made a suggestion",
	}[nature]
	if how == "" {
		how = "The customer said something"
		if v := f.Sentiment; v != 0 {
			how += " " + v.String()
		}
	}
	s.add("%s%s%s.", how, where, score(f))
	if m != nil && m.Address != "" {
		s.add("It is at %s.", Quote(m.Address))
	}
}

// score says what the answer was: " with 2 of 5, which is negative".
func score(f *event.Feedback) string {
	if f.Scale == 0 {
		return ""
	}
	said := fmt.Sprintf(" with %d of %d", f.Score, f.Scale.Max())
	if f.Scale == event.Thumbs {
		said = map[bool]string{true: " with a thumb up", false: " with a thumb down"}[f.Score > 0]
	}
	if f.Previous != nil {
		said += fmt.Sprintf(" instead of %d", *f.Previous)
	}
	if f.Verdict != 0 {
		said += ", which is " + f.Verdict.String()
	}
	return said
}

func survey(f *event.Feedback) string {
	if f.Survey == "" {
		return ""
	}
	return " the survey " + Quote(f.Survey)
}

func what(f *event.Feedback) string {
	if f.Survey == "" {
		return "what he or she had said"
	}
	return "the answer to " + Quote(f.Survey)
}

// rules says in words which rule of the contact policy decided.
var rules = map[string]string{
	event.RuleSuppressed: "the customer must not be contacted", event.RuleHold: "an open matter stops it", event.RuleConsent: "there is no consent",
	event.RuleQuietHours: "these are quiet hours", event.RuleCap: "there were as many contacts as are allowed", event.RuleUndeclared: "the policy does not have its purpose or channel",
	event.RuleUnknown: "the customer's record did not answer", event.RuleLapsed: "its grant had lapsed", event.RuleReleased: "its grant was released",
	event.RuleNoGrant: "it had no grant", event.RuleUsed: "its grant was used before", event.RuleMismatch: "its grant was for another customer or channel",
}

// contact says what the contact policy decided.
func (s *sentences) contact(e *event.Event) {
	purpose, why := "", ""
	if c := e.Contact; c != nil {
		if c.Purpose != "" {
			purpose = " for " + Quote(c.Purpose)
		}
		if why = rules[c.Rule]; why == "" && c.Rule != "" {
			why = "of the rule " + Quote(c.Rule)
		}
		if why != "" {
			why = ": " + why
		}
	}
	cause := ""
	if e.Cause != "" {
		cause = " (" + Quote(e.Cause) + ")"
	}
	if e.Kind == event.ContactSuppressed {
		s.add("The company did not contact the customer%s%s%s%s.", on(e.Channel), purpose, why, cause)
		return
	}
	s.add("The company contacted the customer%s%s against its contact policy%s%s.", on(e.Channel), purpose, why, cause)
}

func (s *sentences) resolved(e *event.Event) {
	matter := "The matter"
	if e.Intent != "" {
		matter += " " + Quote(e.Intent)
	}
	f := e.Effort
	switch {
	case f == nil:
		s.add("%s was resolved.", matter)
		return
	case f.FirstContact:
		s.add("%s was resolved with the first contact that was answered.", matter)
	default:
		s.add("%s is over after %s, %s of them answered.", matter, number.Of(int64(f.Contacts), "contact", "contacts"), number.Count(int64(f.Answered)))
	}
	if f.Switches > 0 {
		s.add("The customer changed the channel %s.", Times(f.Switches))
	}
	if f.From != "" {
		s.add("It began when %s failed.", Quote(f.From))
	}
}

// followUp says what an event of a follow-up has of it.
func (s *sentences) followUp(e *event.Event, in *time.Location) {
	f := e.FollowUp
	if f == nil || e.Kind.IsPromise() {
		return
	}
	switch e.Kind { //nolint:exhaustive // the others change the follow-up in one step
	case event.JourneyStarted:
		said := "It is a follow-up"
		if f.About.ID != "" {
			said += " about " + Quote(f.About.Name) + " " + Quote(f.About.ID)
		}
		if f.Rule != "" {
			said += ", opened by the rule " + Quote(f.Rule)
		}
		s.add("%s.", said)
		if f.Severity != "" {
			s.add("Its severity is %s.", Quote(f.Severity))
		}
		if f.Owner != "" {
			s.add("Its owner is %s.", Quote(f.Owner))
		}
	case event.JourneyEnded:
		if len(f.Skipped) > 0 {
			s.add("It left out %s.", named(f.Skipped))
		}
		if f.Silence > 0 {
			s.add("The customer heard nothing for %s at most.", number.Spell(time.Duration(f.Silence)))
		}
	}
	if !f.Due.IsZero() && e.Kind != event.JourneyEnded {
		s.add("The next step is due by %s.", When(f.Due, in))
	}
	if f.Remedy != "" {
		s.add("The remedy was %s.", Quote(f.Remedy))
	}
	if f.Note != "" {
		s.add("The note says: %s", Quote(f.Note))
	}
}

func (s *sentences) action(e *event.Event) {
	a := e.Action
	if a == nil || e.Kind != event.JourneyStarted {
		return
	}
	s.add("It is the action %s.", Quote(a.Name))
	if a.Note != "" {
		s.add("The note says: %s", Quote(a.Note))
	}
}

// breakdown says what a breakdown is about when it is found, and what it has cost by then.
func (s *sentences) breakdown(e *event.Event) {
	d := e.Breakdown
	if d == nil || e.Kind != event.JourneyStarted && e.Kind != event.JourneyStageEntered {
		return
	}
	if e.Kind == event.JourneyStarted {
		said := "It is about the " + Quote(d.About)
		if d.Name != "" {
			said += " " + Quote(d.Name)
		}
		if d.Journey != "" {
			said += " of " + Quote(d.Journey)
		}
		s.add("%s.", said)
		for _, p := range d.Placed {
			s.add("It is where %s is %s.", Quote(p.Column), Quote(p.Value))
		}
		if d.Severity != "" {
			s.add("Its severity is %s.", Quote(d.Severity))
		}
	}
	if d.Before > 0 || d.Since > 0 {
		s.add("The share was %s before, and is %s since.", number.Share(d.Before), number.Share(d.Since))
	}
	if d.Owner != "" {
		s.add("Its owner is %s.", Quote(d.Owner))
	}
	if d.Note != "" {
		s.add("The note says: %s", Quote(d.Note))
	}
}
