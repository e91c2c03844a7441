package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// Line is one event in words.
type Line struct {
	// At is when it was over.
	At   time.Time
	What string
	// Good and Bad mark what went well or badly for the customer.
	Good, Bad bool
	// Parts are what happened within it.
	Parts []string
	// Event is the event itself, as an exporter writes it, indented.
	Event string
}

func line(e *event.Event, zone *time.Location) Line {
	l := Line{At: e.Time.In(zone), Event: indented(e)}
	if e.Kind == event.TouchpointEnded {
		l.At = l.At.Add(e.Duration) // its time is the beginning, and that of every other event is the end
	}
	switch {
	case e.Kind == event.TouchpointEnded:
		l.touchpoint(e)
	case e.Kind == event.ContactResolved && e.Effort != nil:
		l.effort(e)
	case e.Kind == event.JourneyStarted:
		l.What = "journey " + e.Journey.Name + " begins"
	case e.Kind == event.JourneyStageEntered:
		l.What = fmt.Sprintf("journey %s is in the stage %s", e.Journey.Name, e.Stage)
	case e.Kind == event.JourneyEnded:
		l.ended(e)
	case e.Kind == event.PromiseMade && e.Promise != nil:
		l.What = fmt.Sprintf("promised: %s by %s", e.Promise.Name, e.Promise.Due.In(zone).Format("Mon 15:04"))
	case e.Kind == event.PromiseKept && e.Promise != nil:
		l.What, l.Good, l.Bad = "promise kept: "+e.Promise.Name, !e.Late, e.Late
		if e.Late {
			l.What += ", too late"
		}
	case e.Kind == event.PromiseBroken && e.Promise != nil:
		l.What, l.Bad = "promise broken: "+e.Promise.Name, true
	case e.Kind == event.SurveyRequested || e.Kind == event.SurveyShown:
		l.What = "the survey " + e.Feedback.Survey + " is " + map[bool]string{true: "asked", false: "shown"}[e.Kind == event.SurveyRequested]
	case e.Kind == event.FeedbackReceived:
		l.What = fmt.Sprintf("answer to the survey %s: %d of %d", e.Feedback.Survey, e.Feedback.Score, e.Feedback.Scale.Max())
		l.Good, l.Bad = e.Feedback.Verdict == event.Positive, e.Feedback.Verdict == event.Negative
	default:
		l.What = strings.TrimSpace(string(e.Kind) + " " + e.Journey.Name)
	}
	return l
}

// indented returns the event as the exporters write it, on several lines.
func indented(e *event.Event) string {
	var b bytes.Buffer
	if err := json.Indent(&b, e.AppendJSON(nil), "", "  "); err != nil {
		return err.Error() // an event is valid JSON
	}
	return b.String()
}

func (l *Line) touchpoint(e *event.Event) {
	l.What = fmt.Sprintf("%s on %s: %s", e.Touchpoint, e.Channel, e.Outcome)
	if e.Direction == event.Outbound {
		l.What = fmt.Sprintf("%s to the customer by %s: %s", e.Touchpoint, e.Channel, e.Outcome)
	}
	if e.Cause != "" {
		l.What += " (" + e.Cause + ")"
	}
	if e.Assisted != nil {
		l.What += ", " + took(e.Duration)
	}
	l.Good, l.Bad = e.Outcome == event.OK, e.Outcome == event.Failed || e.Outcome == event.Abandoned
	if e.Assisted != nil {
		l.assisted(e.Assisted)
	}
	if f := e.Effort; f != nil {
		l.add("the matter %s so far: %s", e.Intent, soFar(f))
	}
}

func (l *Line) add(format string, args ...any) {
	l.Parts = append(l.Parts, fmt.Sprintf(format, args...))
}

func (l *Line) assisted(a *event.Assisted) {
	for i := range a.Legs {
		l.add("%s", leg(&a.Legs[i]))
	}
	if a.Thread != nil {
		l.thread(a.Thread)
	}
	for i := range a.Decisions {
		l.add("%s", decision(&a.Decisions[i]))
	}
	for _, v := range a.Views {
		if v.Found {
			l.add("the employee saw %s, %s old", v.Part, took(time.Duration(v.Age)))
		} else {
			l.add("the employee looked for %s, and found nothing", v.Part)
		}
	}
	if a.Repeated > 0 {
		l.add("the customer was asked to repeat it, %d×", a.Repeated)
	}
	if a.SamePerson != 0 {
		l.add("the same person as last time: %s", a.SamePerson)
	}
	if a.Unable != "" {
		l.add("unable to help: %s", a.Unable)
	}
	if a.Claimed != 0 {
		l.add("resolved, as claimed: %s", a.Claimed)
	}
}

func (l *Line) ended(e *event.Event) {
	l.What = fmt.Sprintf("journey %s is %s after %s", e.Journey.Name, e.Outcome, took(e.Duration))
	l.Good, l.Bad = e.Outcome == event.Completed, e.Outcome == event.Failed || e.Outcome == event.Abandoned
	if e.Transition == nil {
		return
	}
	for kind, n := range e.Transition.Friction.Counts() {
		if n > 0 {
			l.add("friction: %s, %d×", kind, n)
		}
	}
}

// leg says what happened in one queue, or with one employee.
func leg(l *event.Leg) string {
	var s []string
	if l.Queued {
		s = append(s, fmt.Sprintf("queue %s, waited %s", l.Queue, took(time.Duration(l.Wait))))
	}
	switch {
	case l.Bot:
		s = append(s, "the bot talked "+took(time.Duration(l.Talk)))
	case l.Answered:
		s = append(s, fmt.Sprintf("employee %.8s talked %s", l.Agent, took(time.Duration(l.Talk))))
	}
	if l.Holds > 0 {
		s = append(s, fmt.Sprintf("on hold %d× for %s", l.Holds, took(time.Duration(l.Hold))))
	}
	if l.Wrap > 0 {
		s = append(s, "wrap "+took(time.Duration(l.Wrap)))
	}
	if l.End != event.LegFinished {
		s = append(s, l.End.String())
	}
	if l.Warm {
		s = append(s, "with a word to the next")
	}
	return strings.Join(s, ", ")
}

func (l *Line) thread(t *event.Thread) {
	for i, r := range t.Replies {
		name := "next"
		if i == 0 {
			name = "first"
		}
		l.add("%s public reply after %s, %s of it in business hours", name, took(time.Duration(r.After)), took(time.Duration(r.Open)))
	}
	if t.BotReplies > 0 {
		l.add("replies of the bot, which stop no clock: %d", t.BotReplies)
	}
	if t.Unanswered {
		l.add("the last word is the customer's")
	}
}

func decision(d *event.Decision) string {
	s := "decided: " + d.What
	if d.Amount != nil {
		s += " " + Money(d.Amount)
	}
	if d.Limit != nil {
		s += ", with a limit of " + Money(d.Limit)
	}
	switch {
	case d.Refused:
		s += fmt.Sprintf(", refused by %s after %s", d.Approver, took(time.Duration(d.Waited)))
	case d.Approval:
		s += fmt.Sprintf(", approved by %s after %s", d.Approver, took(time.Duration(d.Waited)))
	}
	if d.Path != "" {
		s += ", by " + d.Path
	}
	if len(d.Skipped) > 0 {
		s += ", without " + strings.Join(d.Skipped, ", ")
	}
	return s
}

// Money returns the amount in words, such as 12.50 EUR.
func Money(m *event.Money) string {
	return fmt.Sprintf("%d.%02d %s", m.Amount/100, m.Amount%100, m.Currency)
}

func (l *Line) effort(e *event.Event) {
	l.What = fmt.Sprintf("the matter %s is over: %s", e.Intent, soFar(e.Effort))
	if e.Effort.FirstContact {
		l.What, l.Good = l.What+", resolved at the first contact", true
		return
	}
	if e.Effort.Answered == 0 {
		l.What, l.Bad = l.What+", and no person has answered", true
		return
	}
	l.What, l.Bad = l.What+", not resolved at the first contact", true
}

func soFar(f *event.Effort) string {
	s := fmt.Sprintf("contacts: %d, answered by a person: %d, changes of channel: %d", f.Contacts, f.Answered, f.Switches)
	if f.From != "" {
		s += ", after " + f.From + " had failed"
	}
	return s
}

// took rounds a duration to a precision that people read.
func took(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	case d < day:
		return d.Round(time.Second).String()
	default:
		return fmt.Sprintf("%dd%dh", d/day, d%day/time.Hour)
	}
}
