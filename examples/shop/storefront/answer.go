package storefront

import (
	"context"
	"net/http"
	"slices"
	"sync"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/shop/experience"
	"cairncx.dev/cairn/feedback"
)

// maxAnswers bounds how many follow-ups the shop remembers; the oldest one makes room.
const maxAnswers = 10_000

// answered is a follow-up of one of the shop's visitors.
type answered struct {
	ID, Order string
	Note      string // what the support team writes
	name      string // the follow-up's
	visitor   string
	told      bool
}

// answers are the follow-ups whose customers the shop shows the answer to. The zero value is ready. Safe for concurrent use.
type answers struct {
	mu  sync.Mutex
	all []answered
}

// unconfirmed returns those answers that the visitor has not confirmed yet.
func (a *answers) unconfirmed(visitor string) []answered {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(a.all), func(o answered) bool { return !o.told || o.visitor != visitor || visitor == "" })
}

// FollowedUp is for cx.WithOnFollowUp. It keeps the customer in the loop: the first step says which order the matter is about, by which the
// shop knows its customer, and the step told has the answer.
func (s *Shop) FollowedUp(_ context.Context, e event.Event) {
	a := &s.answers
	a.mu.Lock()
	defer a.mu.Unlock()
	at := slices.IndexFunc(a.all, func(o answered) bool { return o.ID == e.Journey.ID })
	switch {
	case e.Kind == event.JourneyEnded:
		if at >= 0 {
			a.all = slices.Delete(a.all, at, at+1)
		}
	case e.Stage == feedback.Received && at < 0:
		b, _ := s.baskets.numbered(e.FollowUp.About.ID) // none for a matter about no order, or about one of another process
		if len(a.all) >= maxAnswers {
			a.all = slices.Delete(a.all, 0, 1)
		}
		a.all = append(a.all, answered{ID: e.Journey.ID, Order: b.Number, name: e.Journey.Name, visitor: b.Customer.ID})
	case at >= 0:
		a.all[at].told = e.Stage == feedback.Told
		if a.all[at].told {
			a.all[at].Note = e.FollowUp.Note
		}
	}
}

// takeAnswer takes what the customer says to the answer: yes confirms the follow-up, which ends it, and no opens it anew.
func (s *Shop) takeAnswer(w http.ResponseWriter, r *http.Request) {
	for _, o := range s.answers.unconfirmed(cookie(r, visitorCookie)) {
		if o.ID != r.PostFormValue("id") {
			continue
		}
		f := experience.Blueprint().FollowUp(o.name)
		ctx := f.Resume(r.Context(), o.ID)
		if r.PostFormValue("content") == "yes" {
			f.Confirm(ctx, feedback.Via(channel(r)))
		} else {
			f.Reopen(ctx, feedback.Via(channel(r)))
		}
		s.answers.hide(o.ID)
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// Abandon ends the follow-ups that are open, because the demonstration is over and keeps them in memory only. Call it before the client is
// shut down.
func (s *Shop) Abandon(ctx context.Context) {
	s.answers.mu.Lock()
	open := slices.Clone(s.answers.all)
	s.answers.mu.Unlock()
	for _, o := range open {
		f := experience.Blueprint().FollowUp(o.name)
		f.Withdraw(f.Resume(ctx, o.ID), feedback.Because("demonstration-over"), feedback.By(event.ActorAutomation))
	}
}

// hide hides the answer until there is another one.
func (a *answers) hide(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.all {
		if a.all[i].ID == id {
			a.all[i].told = false
		}
	}
}
