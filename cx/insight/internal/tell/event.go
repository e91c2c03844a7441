package tell

import (
	"fmt"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/number"
)

// Event says what the event was, in whole sentences. Due times are written in the zone.
func Event(e *event.Event, in *time.Location) string {
	var s sentences
	switch e.Kind {
	case event.JourneyStarted:
		s.add("It began.")
	case event.JourneyStageEntered:
		s.stage(e)
	case event.JourneyStalled:
		s.stalled(e)
	case event.JourneyEnded:
		s.ended(e)
	case event.PromiseMade, event.PromiseKept, event.PromiseBroken, event.PromiseWithdrawn:
		s.promise(e, in)
	case event.TouchpointEnded:
		s.touchpoint(e)
	case event.SurveyRequested, event.SurveyShown, event.SurveyClosed:
		s.survey(e)
	case event.FeedbackReceived, event.FeedbackAmended, event.FeedbackMentioned:
		s.said(e)
	case event.ContactSuppressed, event.ContactViolated:
		s.contact(e)
	case event.ContactResolved:
		s.resolved(e)
	case event.EmployeeLooked:
		s.add("An employee looked at %s.", looked(e))
	case event.EmployeeActed:
		s.acted(e)
	default:
		s.add("%s was recorded%s.", Quote(string(e.Kind)), because(e.Cause))
	}
	s.followUp(e, in)
	s.action(e)
	s.breakdown(e)
	return s.String()
}

// sentences collects sentences.
type sentences struct{ strings.Builder }

func (s *sentences) add(format string, args ...any) {
	if s.Len() > 0 {
		_ = s.WriteByte(' ') // never fails
	}
	_, _ = fmt.Fprintf(s, format, args...) // as above
}

// looked says what an employee has looked at.
func looked(e *event.Event) string {
	if e.Assisted == nil || len(e.Assisted.Views) == 0 {
		return "what is stored"
	}
	return "what is stored: " + Quote(e.Assisted.Views[0].Part)
}

func (s *sentences) acted(e *event.Event) {
	if e.Assisted == nil || e.Assisted.Disposition == "" {
		s.add("An employee moved it on by hand.")
		return
	}
	s.add("An employee moved it on by hand: %s.", Quote(e.Assisted.Disposition))
}

func (s *sentences) stage(e *event.Event) {
	switch {
	case e.Visit > 1:
		s.add("It came to the stage %s for the %s time%s.", Quote(e.Stage), ordinal(e.Visit), because(e.Cause))
	default:
		s.add("It came to the stage %s%s.", Quote(e.Stage), because(e.Cause))
	}
}

func (s *sentences) stalled(e *event.Event) {
	where := ""
	if e.Stage != "" {
		where = " in the stage " + Quote(e.Stage)
	}
	if e.Duration > 0 {
		s.add("Nothing had happened%s for %s.", where, number.Spell(e.Duration))
		return
	}
	s.add("Nothing had happened%s for longer than it should.", where)
}

func (s *sentences) ended(e *event.Event) {
	how := map[event.Outcome]string{
		event.Completed: "It was completed", event.Failed: "It failed", event.Cancelled: "It was cancelled", event.Abandoned: "It was given up, because nothing happened any more",
	}[e.Outcome]
	if how == "" {
		how = "It ended"
	}
	cause := e.Cause
	if cause == "" && e.Transition != nil && e.Outcome != event.Completed {
		cause = e.Transition.LastCause
	}
	if e.Duration > 0 {
		how += " after " + number.Spell(e.Duration)
	}
	s.add("%s%s.", how, because(cause))
}

func (s *sentences) promise(e *event.Event, in *time.Location) {
	p := e.Promise
	if p == nil {
		s.add("A promise was recorded.")
		return
	}
	name, due := Quote(p.Name), ""
	if p.Number > 1 {
		name += fmt.Sprintf(" (number %d)", p.Number)
	}
	if !p.Due.IsZero() {
		due = When(p.Due, in)
	}
	switch {
	case e.Kind == event.PromiseMade && due != "":
		s.add("The company promised %s by %s.", name, due)
	case e.Kind == event.PromiseMade:
		s.add("The company promised %s.", name)
	case e.Kind == event.PromiseWithdrawn:
		s.add("The promise %s no longer applies.", name)
	case e.Kind == event.PromiseBroken && due != "":
		s.add("The promise %s was broken: it was due by %s.", name, due)
	case e.Kind == event.PromiseBroken:
		s.add("The promise %s was broken.", name)
	case e.Late && due != "":
		s.add("The promise %s was kept %s too late: it was due by %s.", name, number.Spell(e.Time.Sub(p.Due)), due)
	case e.Late:
		s.add("The promise %s was kept too late.", name)
	case due != "" && p.Due.After(e.Time):
		s.add("The promise %s was kept, %s before it was due.", name, number.Spell(p.Due.Sub(e.Time)))
	default:
		s.add("The promise %s was kept.", name)
	}
}

// touchpoint says who did what, how it ended, and how people helped.
func (s *sentences) touchpoint(e *event.Event) {
	name := Quote(e.Touchpoint)
	switch {
	case e.Direction == event.Outbound:
		how := strings.TrimPrefix(outcomes[e.Outcome], ", and ")
		if how == "" {
			s.add("The company contacted the customer%s with %s%s.", on(e.Channel), name, because(e.Cause))
			break
		}
		s.add("The company contacted the customer%s with %s.", on(e.Channel), name)
		s.add("The contact %s%s.", how, because(e.Cause)) // which is not to say that the company failed
	case e.Actor == event.ActorEmployee:
		s.add("An employee did %s%s%s%s.", name, on(e.Channel), outcomes[e.Outcome], because(e.Cause))
	case e.Actor == event.ActorAutomation:
		s.add("The company's system did %s%s%s%s.", name, on(e.Channel), outcomes[e.Outcome], because(e.Cause))
	case e.Actor == event.ActorDelegate:
		s.add("Somebody did %s%s for the customer%s%s.", name, on(e.Channel), outcomes[e.Outcome], because(e.Cause))
	default: // a log may not know who acted: the sentence does not say it
		s.add("%s took place%s%s%s.", name, on(e.Channel), outcomes[e.Outcome], because(e.Cause))
	}
	if e.ErrorType != "" {
		s.add("The error was %s.", Quote(e.ErrorType))
	}
	if e.Outcome != event.Failed && (e.Zone == event.Tolerating || e.Zone == event.Frustrated) {
		s.add("It took %s, longer than its target.", number.Spell(e.Duration))
	}
	if e.Late {
		s.add("This was after the end.")
	}
	if e.Intent != "" {
		s.add("The matter was %s.", Quote(e.Intent))
	}
	if c := e.Contact; c != nil && c.Purpose != "" {
		s.add("The purpose was %s.", Quote(c.Purpose))
	}
	if e.Assisted != nil {
		s.assisted(e.Assisted)
	}
	if f := e.Effort; f != nil && f.Contacts > 1 {
		s.add("It was the %s contact about the matter.", ordinal(f.Contacts))
	}
}

// outcomes are the words for outcomes that are worth one.
var outcomes = map[event.Outcome]string{
	event.Degraded: ", and worked less well than promised", event.Failed: ", and failed", event.Cancelled: ", and was called off", event.Abandoned: ", and was left before it was done",
}

// ordinal writes 1st, 2nd, 3rd, 4th, 11th.
func ordinal(n int) string {
	end := "th"
	if tens := n % 100; tens < 11 || tens > 13 {
		switch n % 10 {
		case 1:
			end = "st"
		case 2:
			end = "nd"
		case 3:
			end = "rd"
		}
	}
	return number.Count(int64(n)) + end
}
