package resolve

import (
	"math"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/flight"
)

// This file completes and bounds what customers say, and the company's answers. It works on copies of what belongs to the caller.

// survey folds an unknown name of the event's survey, and sets the scale and the version of a known one. The first definition of a name
// holds: an answer on another scale keeps its own scale and is folded, so that it is not lost and the survey's numbers stay
// those of one scale. A version that the event has is kept: the answer may be to an earlier text.
func (c *catalogue) survey(e *flight.Event, f *Findings) {
	a := e.OwnFeedback()
	d, ok := e.Definition().(*feedback.Survey)
	if !ok || d.Name() != a.Survey {
		d = nil
	}
	known, is := c.surveys.get(a.Survey)
	switch {
	case d != nil:
		if known, is = c.adoptSurvey(d, f); !is || known.Scale() != d.Scale() {
			a.Survey = event.Other
		}
	case is && a.Scale == 0:
		a.Scale = known.Scale()
	case is && a.Scale != known.Scale():
		f.otherScale(known, a.Scale, c.sides(known, nil))
		a.Survey = event.Other
	case is:
	case a.Survey == a.Scale.String() && a.Survey != "":
		// One of the published questions, which needs no definition. From now on the name has this scale.
		if known, is = adopt(c, &c.surveys, feedback.Define(a.Survey, feedback.Question(a.Scale)), f); !is {
			a.Survey = event.Other
		}
	case a.Survey == "" && e.Kind == event.FeedbackMentioned, a.Survey == "" && e.Kind == event.FeedbackAmended && a.Scale == 0:
		// A mention answers no survey.
	default:
		a.Survey = f.fold("survey", a.Survey)
	}
	if is && a.Version == "" && a.Survey != event.Other {
		a.Version = known.Version()
	}
}

// adoptSurvey does for a survey what [adopt] does. A definition without options agrees with one that has some.
func (c *catalogue) adoptSurvey(d *feedback.Survey, f *Findings) (known *feedback.Survey, ok bool) {
	switch known, ok = c.surveys.get(d.Name()); {
	case ok && (known == d || onlyNames(known, d)):
		return known, true
	case ok && onlyNames(d, known) && d.Validate() == nil:
		if r := c.takeSurvey(d); r != nil {
			f.refused(r)
			return known, true
		}
		return d, true
	default:
		return adopt(c, &c.surveys, d, f)
	}
}

// onlyNames reports whether the second definition only names the first survey and its scale.
func onlyNames(survey, name *feedback.Survey) bool {
	return name.Plain() && name.Scale() == survey.Scale()
}

// feedback completes and bounds what a customer said. It returns false for an answer that is not on its scale.
func (r *Resolver) feedback(e *flight.Event, f *Findings) bool {
	a := e.OwnFeedback()
	_, on := a.Scale.Verdict(a.Score)
	switch {
	case e.Kind == event.FeedbackReceived, e.Kind == event.FeedbackAmended && a.Scale != 0:
		if a.Verdict, _ = a.Scale.Verdict(a.Score); !on {
			f.score(a)
			return false
		}
	default:
		known(&a.Scale, flight.NumScales, 0, "scale", f)
		if !on && a.Score != 0 { // 0 is no score here
			f.score(a)
			a.Score = 0
		}
	}
	a.Comment = r.text(a.Comment, "the comment", f)
	cut(&a.Language, event.MaxName, "the language of the comment", f)
	cut(&a.Source, event.MaxName, "the source of the answer", f)
	label(&a.Version, "the version of the survey", f)
	known(&a.Ended, flight.NumSurveyEnds, 0, "end of a request", f)
	if a.Previous != nil {
		a.Previous = previous(a, f)
	}
	if a.Testimonial != nil {
		a.Testimonial = testimonial(*a.Testimonial, e.Time, f)
	}
	if len(a.Causes) > event.MaxAttributes {
		f.beyond(fault.CauseLimit, a.Survey, "the causes of an answer", len(a.Causes), event.MaxAttributes)
		a.Causes = a.Causes[:event.MaxAttributes]
	}
	a.Causes = slices.Clone(a.Causes)
	for i := range a.Causes {
		label(&a.Causes[i], "a cause of the answer", f)
	}
	if int(a.Sentiment) >= flight.NumVerdicts || int(a.Verdict) >= flight.NumVerdicts {
		f.beyond(fault.InvalidValue, "sentiment", "a number that stands for none", int(max(a.Sentiment, a.Verdict)), flight.NumVerdicts-1)
		a.Sentiment, a.Verdict = 0, 0
	}
	return true
}

// previous returns a copy of the score before a change, or nil for one that is not on the scale.
func previous(a *event.Feedback, f *Findings) *int {
	was := *a.Previous
	if _, ok := a.Scale.Verdict(was); !ok {
		f.add(fault.Score, a.Survey, "the score before the change is not on the scale of the answer")
		return nil
	}
	return &was
}

// testimonial bounds the consent to show the customer's words. A consent without a time was given when the event happened.
func testimonial(t event.Testimonial, at time.Time, f *Findings) *event.Testimonial {
	label(&t.Version, "the version of the consent text", f)
	cut(&t.Language, event.MaxName, "the language of the consent text", f)
	cut(&t.Text, event.MaxLine, "the consent text", f)
	moment(&t.Given, "the time of the consent is", f)
	moment(&t.Withdrawn, "the time at which the consent was withdrawn is", f)
	if t.Given.IsZero() && t.Withdrawn.IsZero() {
		t.Given = at
	}
	return &t
}

// moment removes a time that cannot be stored. What begins the detail of the fault.
func moment(t *time.Time, what string, f *Findings) {
	if !t.IsZero() && !event.ValidTime(*t) {
		*t = time.Time{}
		f.add(fault.Time, "", what+outOfRange)
	}
}

// mention bounds what only a mention has.
func (r *Resolver) mention(m event.Mention, f *Findings) *event.Mention {
	known(&m.Nature, flight.NumNatures, 0, "nature of a mention", f)
	const most, step = 5, 0.5
	switch half := math.Round(m.Stars/step) * step; {
	case m.Stars == 0:
	case !(half >= step && half <= most): // not a number is no rating, too
		m.Stars = 0
		f.add(fault.Score, "", "the rating of a mention is not from 0.5 to 5 stars, and is left out")
	case half != m.Stars:
		m.Stars = half
		f.add(fault.Score, "", "the rating of a mention is between two halves of a star, and is rounded")
	}
	count(&m.Reach, "the reach of a mention", f)
	m.Address = r.address(m.Address, "the address of a mention", f)
	m.ReplyTo = r.address(m.ReplyTo, "the address for a reply", f)
	return &m
}

// address redacts or drops an address, as [Resolver.text] does a text. It drops one that is too long, because a part of it is the
// address of something else.
func (r *Resolver) address(s, what string, f *Findings) string {
	if len(s) > event.MaxLine {
		f.beyond(fault.TooLong, "", what+", in bytes", len(s), event.MaxLine)
		return ""
	}
	s = r.text(s, what, f)
	cut(&s, event.MaxLine, what, f)
	return s
}

// followUp bounds the details of a follow-up, which is the run of the event.
func (r *Resolver) followUp(d event.FollowUp, e *flight.Event, f *Findings) *event.FollowUp {
	if d.ID == "" {
		d.ID = e.Journey.ID
	}
	cut(&d.ID, event.MaxID, "the ID of the follow-up", f)
	cut(&d.Owner, event.MaxName, "the owner of the follow-up", f)
	label(&d.Severity, "the severity of the follow-up", f)
	label(&d.Rule, "the rule of the follow-up", f)
	cut(&d.Remedy, event.MaxName, "the remedy of the follow-up", f)
	d.Note = r.text(d.Note, "the note of the follow-up", f)
	moment(&d.Due, "the time at which the follow-up is due is", f)
	d.Skipped, d.Silence = nil, 0 // the state of the run has them
	if d.About != (event.RunRef{}) {
		d.About = reference(d.About, "run that a follow-up is about", f)
	}
	return &d
}

// action bounds the details of an action, which is the run of the event.
func (r *Resolver) action(d event.Action, f *Findings) *event.Action {
	cut(&d.Name, event.MaxName, "the name of the action", f)
	cut(&d.Owner, event.MaxName, "the owner of the action", f)
	label(&d.Cause, "the cause that the action is for", f)
	d.Feedbacks = firstOf(d.Feedbacks, event.MaxFeedbacks, false, "the answers that an action names", f)
	moment(&d.From, "the beginning of the period of an action is", f)
	moment(&d.Until, "the end of the period of an action is", f)
	d.Note = r.text(d.Note, "the note of the action", f)
	return &d
}
