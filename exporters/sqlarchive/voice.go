package sqlarchive

import (
	"strings"

	"cairncx.dev/cairn/cx/event"
)

// This file fills the columns of what customers said, and of the company's answers. A follow-up and an action are runs of journeys, so
// that their details are in transitions. The table followups has the steps of follow-ups from before that.

func (r *row) feedback(e *event.Event) {
	f := e.Feedback
	if f == nil {
		return
	}
	r.text(colSurvey, f.Survey)
	r.text(colSurveyVersion, f.Version)
	r.text(colScale, f.Scale.String())
	if answered(e.Kind) && f.Scale != 0 {
		r.int(colScore, int64(f.Score))
	}
	r.text(colVerdict, f.Verdict.String())
	r.text(colComment, f.Comment)
	r.text(colLanguage, f.Language)
	if len(f.Causes) > 0 {
		r.given(colCauses, cleanList(f.Causes))
	}
	r.id(colRequestID, f.Request)
	if f.Ended != 0 || f.Shown {
		r.text(colSurveyEnd, f.Ended.String())
		r.bool(colShown, f.Shown)
	}
	r.id(colAmendsID, f.Amends)
	if f.Previous != nil {
		r.int(colPreviousScore, int64(*f.Previous))
	}
	r.text(colSource, f.Source)
	r.text(colSentiment, f.Sentiment.String())
	if t := f.Testimonial; t != nil {
		r.text(colTestimonialVersion, t.Version)
		r.text(colTestimonialLanguage, t.Language)
		r.text(colTestimonialText, t.Text)
		r.time(colTestimonialGiven, t.Given)
		r.time(colTestimonialWithdrawn, t.Withdrawn)
	}
	if m := e.Mention; m != nil {
		r.mention(m)
	}
}

// answered reports whether an event of the kind can have a score.
func answered(k event.Kind) bool {
	return k != event.SurveyRequested && k != event.SurveyShown && k != event.SurveyClosed
}

func (r *row) mention(m *event.Mention) {
	r.text(colNature, m.Nature.String())
	if m.Stars != 0 {
		r.cells[colStars] = cell{typ: realCell, f: m.Stars}
	}
	r.count(colReach, m.Reach)
	r.text(colAddress, m.Address)
	r.text(colReplyTo, m.ReplyTo)
}

// answer sets the columns of a follow-up.
func (r *row) answer(f *event.FollowUp) {
	r.text(colFollowup, f.ID)
	r.text(colOwner, f.Owner)
	r.text(colSeverity, f.Severity)
	r.text(colOpenedBy, f.Rule)
	r.id(colCausedByID, f.CausedBy)
	r.id(colFeedbackID, f.Feedback)
	if f.About != (event.RunRef{}) {
		r.given(colAboutNamespace, f.About.Namespace)
		r.given(colAboutJourney, f.About.Name)
		r.given(colAboutRun, f.About.ID)
	}
	r.time(colDue, f.Due)
	r.text(colRemedy, f.Remedy)
	r.text(colNote, f.Note)
	if len(f.Skipped) > 0 {
		r.given(colSkippedSteps, cleanList(f.Skipped))
	}
	if f.Silence != 0 {
		r.length(colSilenceSeconds, f.Silence)
	}
}

// action sets the columns of an action. The owner and the note of a follow-up come first.
func (r *row) action(a *event.Action) {
	r.text(colAction, a.Name)
	if r.cells[colOwner].typ == null {
		r.text(colOwner, a.Owner)
	}
	if r.cells[colNote].typ == null {
		r.text(colNote, a.Note)
	}
	if len(a.Feedbacks) > 0 {
		ids := make([]string, len(a.Feedbacks))
		for i, id := range a.Feedbacks {
			ids[i] = id.String()
		}
		r.given(colFeedbackIDs, string(appendList(nil, ids)))
	}
	r.text(colActionCause, a.Cause)
	r.time(colActionFrom, a.From)
	r.time(colActionUntil, a.Until)
}

// cleanList returns the texts as a JSON array, in a form that both databases can keep.
func cleanList(list []string) string {
	cleaned := make([]string, len(list))
	for i, s := range list {
		cleaned[i] = clean(s)
	}
	return string(appendList(nil, cleaned))
}

// followUp sets the columns of a step of a follow-up, of a kind from before a follow-up was a run.
func (r *row) followUp(e *event.Event) {
	_, state, _ := strings.Cut(string(e.Kind), ".")
	r.given(colState, state)
	f := e.FollowUp
	if f == nil {
		return
	}
	r.text(colFollowup, f.ID)
	r.text(colOwner, f.Owner)
	r.id(colFeedbackID, f.Feedback)
	r.time(colDue, f.Due)
	r.text(colRemedy, f.Remedy)
	r.text(colNote, f.Note)
}
