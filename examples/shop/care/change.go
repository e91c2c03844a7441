package care

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
)

// maxChanges bounds the changes that the page remembers; the oldest one makes room.
const maxChanges = 50

// change is what the company has changed.
type change struct {
	ID, Name, Cause string
	At              time.Time
	Told            int // customers
	Verified        bool
}

// cause is why customers were not content, and how many of them said so.
type cause struct {
	Name      string
	Customers int
}

// causes returns the causes that customers chose, the most frequent first.
func causes(all []item) (list []cause) {
	by := map[string]map[string]bool{}
	for _, i := range all {
		for _, c := range i.Causes {
			if by[c] == nil {
				by[c] = map[string]bool{}
			}
			by[c][cmp.Or(i.Customer, i.ID)] = true
		}
	}
	for name, who := range by {
		list = append(list, cause{name, len(who)})
	}
	slices.SortFunc(list, func(a, b cause) int { return cmp.Or(b.Customers-a.Customers, strings.Compare(a.Name, b.Name)) })
	return list
}

// takeChange takes a change that is made, and tells each customer whose follow-up has the cause:
//
//	POST /care/change cause=payment&name=second-bank
//
// A company proposes and plans a change days before it is made. The demonstration does all at once.
func (p *Page) takeChange(w http.ResponseWriter, r *http.Request) {
	c := change{ID: rand.Text(), Name: r.PostFormValue("name"), Cause: r.PostFormValue("cause"), At: p.cfg.Now()}
	all, err := p.read(r.Context())
	if err != nil || !event.ValidName(c.Name) || !slices.ContainsFunc(causes(all), func(o cause) bool { return o.Name == c.Cause }) {
		http.Error(w, "the form is invalid: want name, at most 64 bytes, and cause, one that customers chose", http.StatusBadRequest)
		return
	}
	var ids []event.ID
	told := map[string]bool{}
	for _, i := range all {
		if !slices.Contains(i.Causes, c.Cause) {
			continue
		}
		var id event.ID
		if id.UnmarshalText([]byte(i.Feedback)) == nil {
			ids = append(ids, id)
		}
		if i.Customer != "" {
			told[i.Customer] = true
		}
	}
	by := feedback.By(event.ActorEmployee)
	ctx := p.cfg.Action.Propose(r.Context(), c.ID, by, feedback.Change(c.Name), feedback.OnFeedback(ids...))
	ctx = p.cfg.Action.Plan(ctx, by)
	ctx = p.cfg.Action.Make(ctx, by)
	for who := range told {
		p.cfg.Action.Tell(ctx, event.Customer{Hash: who}, by, feedback.Via(event.Email))
	}
	c.Told = len(told)
	p.mu.Lock()
	if len(p.changes) >= maxChanges {
		p.changes = slices.Delete(p.changes, 0, 1)
	}
	p.changes = append(p.changes, c)
	p.mu.Unlock()
	http.Redirect(w, r, Path+"#changes", http.StatusSeeOther)
}

// Close ends the changes that the team has not verified, because the demonstration is over. Call it before the client is shut down.
func (p *Page) Close(ctx context.Context) {
	p.mu.Lock()
	changes := slices.Clone(p.changes)
	p.mu.Unlock()
	for _, c := range changes {
		if !c.Verified {
			p.cfg.Action.Drop(p.cfg.Action.Resume(ctx, c.ID), feedback.Because("demonstration-over"), feedback.By(event.ActorAutomation))
		}
	}
}

// verify takes that a change helps, which ends the action.
func (p *Page) verify(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	at := slices.IndexFunc(p.changes, func(c change) bool { return c.ID == r.PostFormValue("id") })
	found := at >= 0 && !p.changes[at].Verified
	if found {
		p.changes[at].Verified = true
	}
	p.mu.Unlock()
	if found {
		p.cfg.Action.Verify(p.cfg.Action.Resume(r.Context(), r.PostFormValue("id")), feedback.By(event.ActorEmployee))
	}
	http.Redirect(w, r, Path+"#changes", http.StatusSeeOther)
}
