package webhook

import (
	"context"
	"crypto/sha256"
	"slices"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
)

// typePrefix begins the type of a CloudEvent whose data is the JSON form of an event.
const typePrefix = "dev.cairncx."

// parsed reads the event of a CloudEvent of a Cairn type.
func parsed(m *sent) (event.Event, *refusal) {
	e, err := event.ParseJSON(m.Data)
	switch {
	case err != nil:
		return e, refuse(codeInvalid, "the data is not the JSON form of an event, which cx/event/JSON.md describes")
	case typePrefix+string(e.Kind) != m.Type:
		return e, refuse(codeInvalid, "the type of the CloudEvent is not %q and the kind of its event", typePrefix)
	}
	return e, nil
}

// said checks an event, and returns what is to be recorded. It returns false for an event that is ignored.
func (h *Handler) said(ctx context.Context, e event.Event, key string, sentAt time.Time) (it item, ok bool, refused *refusal) {
	if e.Time.IsZero() {
		e.Time = sentAt
	}
	if refused := h.inTime(e.Time); refused != nil {
		return it, false, refused
	}
	if !e.ID.IsZero() {
		key = "event\x00" + e.ID.String()
	}
	if f := h.cfg.followUp(e.Journey.Name); f != nil && (e.Kind.IsTransition() || e.Kind == event.TouchpointEnded) {
		if own := cx.FromContext(ctx).Namespace(); e.Journey.Namespace != "" && e.Journey.Namespace != own {
			return it, false, refuse(codeInvalid, "the run of the event is of another namespace than the receiver's: the follow-ups of both have to be of one (cx.WithNamespace)")
		}
		return h.ofRun(f, &e, key)
	}
	if refused := h.ofCustomer(&e); refused != nil {
		return it, false, refused
	}
	if e.ID.IsZero() {
		sum := sha256.Sum256([]byte("cairn.webhook.event.1\x00" + key))
		copy(e.ID[:], sum[:])
		e.ID[6], e.ID[8] = e.ID[6]&0x0f|0x80, e.ID[8]&0x3f|0x80 // a UUID of version 8
	}
	return item{key: key, event: &e}, true, nil
}

// ofCustomer refuses an event that is none of what customers say, or that the client would drop.
func (h *Handler) ofCustomer(e *event.Event) *refusal {
	switch e.Kind {
	case event.FeedbackReceived, event.FeedbackAmended, event.FeedbackMentioned, event.SurveyRequested, event.SurveyShown, event.SurveyClosed:
	default:
		return refuse(codeNotTaken, "events of this kind are not taken: the handler takes feedback.received, feedback.amended, feedback.mentioned, survey.requested, "+
			"survey.shown and survey.closed, and the events of the runs of follow-ups: send no others, as with exporters.Filter")
	}
	if !h.cfg.feedback {
		return refuse(codeNotTaken, "the handler takes no events of what customers say: set webhook.WithFeedback")
	}
	f := e.Feedback
	switch {
	case f == nil:
		return refuse(codeInvalid, "the event has no feedback")
	case (e.Kind == event.SurveyShown || e.Kind == event.SurveyClosed) && f.Request.IsZero():
		return refuse(codeInvalid, "the feedback of the event names no request")
	case e.Kind == event.SurveyClosed && f.Ended == 0:
		return refuse(codeInvalid, "the feedback of the event does not say how the request ended")
	case e.Kind == event.FeedbackAmended && f.Amends.IsZero():
		return refuse(codeInvalid, "the feedback of the event does not say what it amends")
	case e.Kind == event.FeedbackReceived || e.Kind == event.FeedbackAmended && f.Scale != 0:
		if _, on := f.Scale.Verdict(f.Score); !on {
			return refuse(codeInvalid, "the score of the feedback is not on its scale")
		}
	}
	return nil
}

// ofRun returns the step of a follow-up that another service has recorded.
func (h *Handler) ofRun(f *feedback.FollowUp, e *event.Event, key string) (it item, ok bool, _ *refusal) {
	if !event.ValidID(e.Journey.ID) {
		return it, false, refuse(codeInvalid, "the run of the event has no valid ID")
	}
	it = item{key: key, followUp: f, id: e.Journey.ID, options: optionsOf(e)}
	switch e.Kind {
	case event.JourneyStarted:
		it.step, it.customer = StepOpened, e.Customer
	case event.JourneyStageEntered:
		if e.Stage == feedback.Received {
			it.options = append(it.options, feedback.At(e.Time.Add(-time.Nanosecond))) // feedback.FollowUp.Reopen adds it
		}
		switch it.step = e.Stage; {
		case e.Stage == feedback.Confirmed, // the end of the run follows
			e.Stage == feedback.Received && e.Visit <= 1: // it was opened
			return it, false, nil
		case !slices.Contains(feedback.Steps(), e.Stage):
			return it, false, refuse(codeStep, "the stage of the event is no step of a follow-up")
		}
	case event.JourneyEnded:
		switch e.Outcome {
		case event.Completed:
			if it.step = feedback.Confirmed; e.Cause == feedback.NoObjection {
				it.step = feedback.Closed
			}
		case event.Cancelled:
			it.step = feedback.Withdrawn
		case event.Failed:
			it.step = feedback.Failed
		default:
			return it, false, nil
		}
	default:
		return it, false, nil
	}
	return it, true, nil
}

// optionsOf returns what the event says of a step as options.
func optionsOf(e *event.Event) []feedback.Option {
	r := Report{Time: e.Time, Cause: e.Cause}
	if d := e.FollowUp; d != nil {
		r.Owner, r.Severity, r.Remedy, r.Note = d.Owner, d.Severity, d.Remedy, d.Note
	}
	list := append(r.options(), feedback.Via(e.Channel), feedback.By(e.Actor))
	if d := e.FollowUp; d != nil && e.Kind == event.JourneyStarted {
		if d.Rule != "" {
			list = append(list, feedback.ByRule(feedback.Rule{Name: d.Rule, Severity: d.Severity, Owner: d.Owner}))
		}
		list = append(list, feedback.CausedBy(d.CausedBy))
		if d.About.Name != "" && d.About.ID != "" {
			list = append(list, feedback.About(d.About.Name, d.About.ID))
		}
	}
	return list
}
