package console

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/feedback"
)

// dropped is the move that ends an action without a change.
const dropped = "dropped"

// actionMoves are those of an open action, in their order.
var actionMoves = []namedMove{
	{feedback.Planned, "Planned: it will be made"},
	{feedback.Made, "Made: customers experience it"},
	{feedback.Verified, "Verified: it helps. It ends"},
	{dropped, "Dropped: it will not be made. It ends"},
}

// nextOfAction returns the moves that are offered, the next one first.
func nextOfAction(run *insight.Run) []namedMove {
	return actionMoves[slices.IndexFunc(actionMoves, func(m namedMove) bool { return m.Name == run.Stage })+1:]
}

func (v *visit) moveAction(run *insight.Run, f *moveForm) (doing, error) {
	def := v.c.does.actions[run.Run.Name]
	if def == nil || !open(run) || !slices.ContainsFunc(nextOfAction(run), func(m namedMove) bool { return m.Name == f.Move }) {
		return nil, errNotNow
	}
	opts := stepOptions(f)
	return func(ctx context.Context) event.RunRef {
		ctx = def.Resume(ctx, run.Run.ID)
		switch f.Move {
		case feedback.Planned:
			def.Plan(ctx, opts...)
		case feedback.Made:
			def.Make(ctx, opts...)
		case feedback.Verified:
			def.Verify(ctx, opts...)
		default:
			def.Drop(ctx, opts...)
		}
		return run.Run
	}, nil
}

// proposing returns the address of the form that proposes a change, about the runs of the filter, and for a cause if it is not empty; "" for a reader who cannot
// propose one.
func (v *visit) proposing(f filter, cause string) string {
	switch {
	case v.mayAct() != nil || len(v.proposable()) == 0:
		return ""
	case cause == "":
		return v.linkOf(f, "propose")
	default:
		return v.linkOf(f, "propose", "cause", cause)
	}
}

// proposable are the actions that the reader may propose: those whose journey is in the reader's scope. No action has a customer, so that a reader with a scope of segments
// sees none, and proposes none.
func (v *visit) proposable() []string {
	if len(v.viewer.Segments) > 0 {
		return nil
	}
	return slices.DeleteFunc(sortedNames(v.c.does.actions), func(name string) bool { return !v.view.Sees(name) })
}

// about says in words which runs the filter of the address keeps; "" is all of the period.
func (v *visit) about() string {
	var parts []string
	if v.filter.Journey != "" {
		parts = append(parts, "journey = "+v.filter.Journey)
	}
	for _, w := range v.filter.Where {
		values := make([]string, len(w.Values))
		for i, value := range w.Values {
			values[i] = known(value)
		}
		sign := " = "
		if w.Not {
			sign = " ≠ "
		}
		parts = append(parts, string(w.Column)+sign+strings.Join(values, " or "))
	}
	if len(parts) == 0 {
		return ""
	}
	return "It is about runs with " + strings.Join(parts, " and ") + "."
}

// proposal is the form that proposes a change.
type proposal struct {
	Said, Action, Token, Cause, Since, Note string
	Names                                   []string
	Empty                                   *empty
}

// saidProposed are the words for a change that was just proposed.
const saidProposed = "The change is proposed. It stands among the runs of its journey as soon as the pages have it."

// proposePage has the form that proposes a change. The address may name the cause of complaints that the change is an answer to, and the page's period is that of
// the answers.
func proposePage(v *visit) (*page, error) {
	if err := v.mayAct(); err != nil {
		return nil, err
	}
	p := &page{name: "voice", title: "Propose a change", note: "A change answers what customers have said. It is followed until it is known whether it helps."}
	form := proposal{Action: v.link("propose"), Token: event.NewID(v.at).String(), Cause: v.r.URL.Query().Get("cause"), Since: v.from.Format("2 January 2006"), Note: v.about(), Names: v.proposable()}
	if v.justDone(event.RunRef{}, nil) {
		form.Said = saidProposed
	}
	switch {
	case len(form.Names) > 0:
	case len(v.c.does.actions) > 0:
		form.Empty = &empty{"You cannot propose a change.", "Changes are outside of the part that you see. Tell a colleague who sees them, or ask the people who run the console."}
	default:
		form.Empty = &empty{"The blueprint has no actions.", "Write actions: in the blueprint, or give definitions by console.WithDefinitions."}
	}
	p.sections = []section{ready("propose", "The change", "propose", form)}
	return p, nil
}

// propose begins an action. The token of the form gives its ID, so that a form that is sent twice proposes one change, and one that was changed and sent again is refused.
func (c *Console) propose(w http.ResponseWriter, r *http.Request) {
	v, f, err := c.acts(w, r)
	var id event.ID
	if err == nil {
		id, err = v.proposed(&f)
	}
	if err != nil {
		c.failed(w, r, err)
		return
	}
	http.Redirect(w, r, v.link("propose", "done", id.String()), http.StatusSeeOther) //nolint:gosec // the address is one of the console: see visit.link
}

// proposed proposes the change once, and returns the ID of the event that says who did it.
func (v *visit) proposed(f *moveForm) (id event.ID, err error) {
	def := v.c.does.actions[f.Name]
	var token event.ID
	if !slices.Contains(v.proposable(), f.Name) || f.Move == "" || token.UnmarshalText([]byte(f.Token)) != nil || token.IsZero() {
		return id, errNotAField
	}
	f.Kind = "propose"
	id = idOf(f.Token, f)
	run := event.RunRef{Namespace: v.c.cfg.client.Namespace(), Name: def.Name(), ID: token.String()}
	if done, err := v.wasProposed(run, id); done || err != nil {
		return id, err
	}
	if fresh, err := v.c.done.begin(id, doneMove{f.Token, v.viewer.Name, true, event.RunRef{}}); err != nil || !fresh {
		return id, err
	}
	opts := []feedback.Option{feedback.By(event.ActorEmployee), feedback.Change(f.Move), feedback.Note(f.Note)}
	if f.Owner != "" {
		opts = append(opts, feedback.Owner(f.Owner))
	}
	if f.Cause != "" {
		opts = append(opts, feedback.OnCause(f.Cause, v.from, time.Time{}))
	}
	def.Propose(v.inClient(), run.ID, opts...)
	e := v.employee(event.EmployeeActed, run, "")
	e.ID, e.Assisted.Disposition = id, feedback.Proposed
	v.c.cfg.client.Record(v.inClient(), e)
	return id, nil
}

// wasProposed reports whether the change was proposed by this very form. It returns errMovedOn if another one has the ID, also one that the reader may not see: a token is what a
// browser has sent.
func (v *visit) wasProposed(run event.RunRef, id event.ID) (bool, error) {
	if v.c.done.has(id) {
		return true, nil
	}
	there, err := direct(v.r.Context(), v, func(ctx context.Context) (insight.Run, error) { return v.view.For(insight.Everything()).Run(ctx, run) })
	switch {
	case errors.Is(err, insight.ErrNotFound):
		return false, nil
	case err != nil:
		return false, err
	case hasEvent(there.Steps, id):
		return true, nil
	}
	return false, errMovedOn
}
