package care

import (
	"net/http"
	"slices"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/touchpoint"
)

// move takes a step of a follow-up:
//
//	POST /care/move name=recovery&id=…&to=told&note=We+have+refunded+you
//
// Told is also a mail to the customer, an outbound touchpoint in the run of the follow-up.
func (p *Page) move(w http.ResponseWriter, r *http.Request) {
	name, id, to := r.PostFormValue("name"), r.PostFormValue("id"), r.PostFormValue("to")
	at := slices.IndexFunc(p.cfg.FollowUps, func(f *feedback.FollowUp) bool { return f.Name() == name })
	if at < 0 || !event.ValidID(id) || !slices.Contains(feedback.Steps(), to) {
		http.Error(w, "the form is invalid: want name, id, and to, which is a step", http.StatusBadRequest)
		return
	}
	f := p.cfg.FollowUps[at]
	ctx := f.Resume(r.Context(), id)
	opts := []feedback.Option{feedback.By(event.ActorEmployee), feedback.Via(event.Email)}
	if note := r.PostFormValue("note"); note != "" {
		opts = append(opts, feedback.Note(note))
	}
	switch to {
	case feedback.Resolved:
		f.Resolve(ctx, remedy(r, p.cfg.Remedies), opts...)
	case feedback.Told:
		p.cfg.Mail.Record(ctx, event.Email, touchpoint.Outbound(), touchpoint.By(event.ActorEmployee))
		f.Tell(ctx, opts...)
	default:
		f.Move(ctx, to, opts...)
	}
	http.Redirect(w, r, Path, http.StatusSeeOther)
}

// remedy returns the remedy of the form if it is one of the list, else the first of the list.
func remedy(r *http.Request, of []string) string {
	if s := r.PostFormValue("remedy"); slices.Contains(of, s) || len(of) == 0 {
		return s
	}
	return of[0]
}
