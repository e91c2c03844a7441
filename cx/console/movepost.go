package console

import (
	"context"
	"net/http"
	"slices"

	"cairncx.dev/cairn/cx/event"
	cxfault "cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/watch"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/flight"
)

// routeMoves mounts the forms of runs.
func (c *Console) routeMoves(mux *http.ServeMux) {
	mux.HandleFunc("POST "+c.path("runs/{journey}/{id}/move"), c.move)
	mux.HandleFunc("POST "+c.path("breakdowns/{id}/move"), c.moveBreakdown)
	mux.HandleFunc("GET "+c.path("propose"), func(w http.ResponseWriter, r *http.Request) { c.serve(w, r, proposePage) })
	mux.HandleFunc("POST "+c.path("propose"), c.propose)
}

// The faults of a move.
var (
	errNoMoves   = tells(http.StatusNotFound, "Nothing can be moved on here.", "The console has no client: the application gives it by console.WithClient.")
	errNotNow    = tells(http.StatusConflict, "This cannot be done now.", "The run has ended, or it is at another step. Go back, and reload the page to see where it stands.")
	errMovedOn   = tells(http.StatusConflict, "It has moved on since you opened the page.", "Go back, and reload the page: your step may have been made already. What you typed is still in the form that you go back to.")
	errNotKnown  = tells(http.StatusConflict, "This service does not know the run, and nothing was recorded.", "The run began in another process, or before a restart. The application shares runs between processes by cx.WithStore; until then, move it on where it began.")
	errNotTaken  = tells(http.StatusServiceUnavailable, "The service could not take it.", "Its store or its memory of runs is full; the people who run it find the reason in its log. Look at the run before you try again: a part may have been recorded.")
	errNotAField = tells(http.StatusBadRequest, "The form has a value that there is not.", "Go back, reload the page, and choose one of those that it offers.")
)

// mayAct returns an error if the reader may move nothing on.
func (v *visit) mayAct() error {
	if v.c.cfg.client == nil {
		return errNoMoves
	}
	for _, right := range []insight.Right{insight.Customers, insight.Act} {
		if !v.may(right) {
			return &insight.DeniedError{Question: "Act", Right: right}
		}
	}
	return nil
}

// acts is visit for a form. It reads the run anew.
func (c *Console) acts(w http.ResponseWriter, r *http.Request) (v *visit, f moveForm, err error) {
	if v, err = c.visit(r); err != nil {
		return nil, f, err
	}
	if err = v.mayAct(); err != nil {
		return nil, f, err
	}
	v.exact()
	f, err = readForm(w, r)
	return v, f, err
}

// move moves a run on, as a form of its page says, and sends the reader back to the page.
func (c *Console) move(w http.ResponseWriter, r *http.Request) {
	v, f, err := c.acts(w, r)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	run, err := v.run()
	var id event.ID
	if err == nil {
		id, err = v.make(run, &f)
	}
	if err != nil {
		c.failed(w, r, err)
		return
	}
	http.Redirect(w, r, v.runLink(run.Run, "done", id.String())+"#moves", http.StatusSeeOther) //nolint:gosec // the address is one of the console: see visit.link
}

// make makes the move once, and returns the ID of its event.
func (v *visit) make(run *insight.Run, f *moveForm) (event.ID, error) {
	token := tokenOf(run)
	id := idOf(f.Token, f)
	if v.c.done.has(id) || hasEvent(run.Steps, id) {
		return id, nil // the form was sent twice
	}
	do, err := v.moveOf(run, f, id)
	if err != nil {
		return id, err
	}
	if f.Token != token {
		return id, errMovedOn
	}
	if fresh, err := v.c.done.begin(id, doneMove{f.Token, v.viewer.Name, f.ends(), run.Run}); err != nil || !fresh {
		return id, err // nil: another request has just made it
	}
	ctx, faults := flight.WithRunFaults(v.inClient())
	about := do(ctx)
	if err := lost(faults, f); err != nil {
		v.c.done.forget(id)
		return id, err
	}
	e := v.employee(event.EmployeeActed, about, run.Customer)
	e.ID, e.Assisted.Disposition = id, doneOf(f)
	v.c.cfg.client.Record(v.inClient(), e)
	return id, nil
}

// doing makes a move through the client of the context, and returns the run that it has moved.
type doing func(ctx context.Context) event.RunRef

// moveOf returns what the form does, or why it cannot be done.
func (v *visit) moveOf(run *insight.Run, f *moveForm, id event.ID) (doing, error) {
	if !v.ours(run.Run) {
		return nil, errNotNow
	}
	switch f.Kind {
	case formFollowUp:
		return v.moveFollowUp(run, f)
	case formAction:
		return v.moveAction(run, f)
	case formPromise:
		return v.makePromise(run, f)
	case formKeep:
		return v.keepPromise(run, f)
	case formOpen:
		return v.openFollowUp(run, f, id)
	case formBreakdown:
		return v.moveOfBreakdown(f, id)
	}
	return nil, errNotAField
}

// lost returns the error of a move that the client has dropped. A move that ends the run ends it also where this process does not have its state.
func lost(faults *flight.RunFaults, f *moveForm) error {
	switch {
	case faults.Has(cxfault.StoreFull, cxfault.RunLimit):
		return errNotTaken
	case faults.Has(cxfault.UnknownRun) && (f.Kind == formBreakdown || f.Move != feedback.Confirmed && f.Move != feedback.Verified):
		return errNotKnown
	default:
		return nil
	}
}

// ours reports whether the client records in the namespace of the run. Runs of other environments are shown, and not moved.
func (v *visit) ours(run event.RunRef) bool { return run.Namespace == v.c.cfg.client.Namespace() }

// open reports whether a run has not ended.
func open(run *insight.Run) bool { return run.Ended.IsZero() }

// ends reports whether the move ends the run.
func (f *moveForm) ends() bool {
	switch f.Kind {
	case formFollowUp:
		return slices.Contains([]string{feedback.Confirmed, feedback.Closed, feedback.Withdrawn, feedback.Failed}, f.Move)
	case formAction:
		return f.Move == feedback.Verified || f.Move == dropped
	case formBreakdown:
		return f.Move == watch.Dismissed
	}
	return false
}

// doneOf is the word for a move in the event that says who did it.
func doneOf(f *moveForm) string {
	switch f.Kind {
	case formPromise:
		return "promised"
	case formKeep:
		return "kept"
	case formOpen:
		return "opened"
	default:
		return f.Move
	}
}

// oneOf reports whether the value is one of the list; an empty one is none.
func oneOf(value string, list []string) bool { return value == "" || slices.Contains(list, value) }
