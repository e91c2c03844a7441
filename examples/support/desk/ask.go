package desk

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/feedback/intake"
)

// intakePath is where the widget sends answers.
const intakePath = "/feedback"

// maxReplies bounds how many questions and follow-ups the program remembers.
const maxReplies = 1000

// loop has the questions that customers were asked, and what became of the answers. The zero value is ready. It is safe for concurrent use.
type loop struct {
	mu      sync.Mutex
	asked   []question
	replies []reply
}

// question is one that was asked: the ID that its answer has, and the number of the customer.
type question struct {
	answer event.ID
	number string
}

// reply is a follow-up of a customer. Note is what the team leads have written.
type reply struct {
	ID, Note string
	number   string
	told     bool
}

// newIntake returns what takes in the answers, and what signs their tokens.
func newIntake(cfg *Config, survey *feedback.Survey) (*intake.Handler, *intake.Signer, error) {
	signer, err := intake.NewSigner(cfg.LinkKey)
	if err != nil {
		return nil, nil, fmt.Errorf("desk: %w", err)
	}
	h, err := intake.New(intake.WithSurveys(survey), intake.WithSigner(signer), intake.WithCompany("Larkfield"), intake.WithClock(cfg.Now))
	if err != nil {
		return nil, nil, fmt.Errorf("desk: %w", err)
	}
	return h, signer, nil
}

// ask asks the customer after a contact how satisfied he or she is, and puts the question on the page.
func (a *App) ask(ctx context.Context, v *visit, intent string) {
	v.question = ""
	opts := []feedback.AskOption{feedback.Via(event.Web)}
	if m, open := v.matters[intent]; open {
		opts = append(opts, feedback.AboutRun(a.matter, m.id))
	}
	req := a.help.Ask(ctx, event.Customer{ID: v.id()}, opts...)
	token, err := a.signer.Token(req)
	if err != nil {
		a.cfg.Log.WarnContext(ctx, "a customer is not asked", "refused", req.Refused(), "error", err)
		return
	}
	v.question = token
	l := &a.loop
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.asked) >= maxReplies {
		l.asked = slices.Delete(l.asked, 0, 1)
	}
	l.asked = append(l.asked, question{req.Answer(), v.number})
}

// FollowedUp is for cx.WithOnFollowUp. It keeps the customer in the loop: the step received says which answer the follow-up is about, and
// the step told has what the team leads have written.
func (a *App) FollowedUp(_ context.Context, e event.Event) {
	l := &a.loop
	l.mu.Lock()
	defer l.mu.Unlock()
	at := slices.IndexFunc(l.replies, func(o reply) bool { return o.ID == e.Journey.ID })
	switch {
	case e.Kind == event.JourneyEnded:
		if at >= 0 {
			l.replies = slices.Delete(l.replies, at, at+1)
		}
	case e.Stage == feedback.Received && at < 0:
		i := slices.IndexFunc(l.asked, func(q question) bool { return q.answer == e.FollowUp.Feedback })
		if i >= 0 && len(l.replies) < maxReplies {
			l.replies = append(l.replies, reply{ID: e.Journey.ID, number: l.asked[i].number})
		}
	case at >= 0:
		l.replies[at].told = e.Stage == feedback.Told
		if l.replies[at].told {
			l.replies[at].Note = e.FollowUp.Note
		}
	}
}

// of returns the answers that the customer has not spoken to yet.
func (l *loop) of(number string) []reply {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(l.replies), func(o reply) bool { return !o.told || o.number != number })
}

// takeReply takes what the customer says to the answer: yes confirms the follow-up, and no opens it anew.
func (a *App) takeReply(ctx context.Context, v *visit, r *http.Request) (string, error) {
	for _, o := range a.loop.of(v.number) {
		if o.ID != r.PostFormValue("id") {
			continue
		}
		a.loop.mu.Lock()
		for i := range a.loop.replies {
			a.loop.replies[i].told = a.loop.replies[i].told && a.loop.replies[i].ID != o.ID
		}
		a.loop.mu.Unlock()
		in := a.complaint.Resume(ctx, o.ID)
		if choice(r, "content", "no", "yes") == "yes" {
			a.complaint.Confirm(in, feedback.Via(event.Web))
			return "Thank you.", nil
		}
		a.complaint.Reopen(in, feedback.Via(event.Web))
		return "We look at it again.", nil
	}
	return "", errUnfit
}

// abandon ends the follow-ups that are open, because the demonstration is over.
func (a *App) abandon(ctx context.Context) {
	a.loop.mu.Lock()
	open := slices.Clone(a.loop.replies)
	a.loop.mu.Unlock()
	for _, o := range open {
		a.complaint.Withdraw(a.complaint.Resume(ctx, o.ID), feedback.Because("demonstration-over"), feedback.By(event.ActorAutomation))
	}
}
