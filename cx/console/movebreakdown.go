package console

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/watch"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/flight"
)

// formBreakdown is the kind of the forms of a breakdown.
const formBreakdown = "breakdown"

// reasons are those that the form to dismiss a breakdown offers: those that every client knows, and the causes of the blueprint. A reader may write another one that the
// client knows.
func (v *visit) reasons() []string {
	list := watch.Reasons()
	for _, cause := range v.c.table.Blueprint().RootCauses {
		if !slices.Contains(list, cause) {
			list = append(list, cause)
		}
	}
	return list
}

// breakdownForm is a form of the page of a breakdown.
type breakdownForm struct {
	formShown

	Move, Says string
	// Plans are what may mend it, and New reports whether one of them is a new change.
	Plans   []namedMove
	New     bool
	Owner   string
	Reasons []string
}

// movingBreakdowns are the forms of the page of a breakdown, the next step first.
type movingBreakdowns struct {
	Said  string
	Forms []breakdownForm
}

// breakdownMoves are the moves: the button, and what a folded form says.
var breakdownMoves = map[string]struct{ button, says string }{
	watch.Confirmed: {"Confirm", "Confirm: it is a breakdown, and we deal with it"},
	watch.Planned:   {"Plan", "Plan: say what will mend it, and who does it"},
	watch.Mended:    {"Mended", "Mended: customers experience the change"},
	watch.Verified:  {"Verified", "Verified: we know that the change helps"},
	watch.Dismissed: {"Dismiss", "Dismiss: it is no breakdown, or we leave it as it is"},
}

// movingBreakdown returns the forms for what the reader may do about the breakdown now.
func (v *visit) movingBreakdown(b *aBreakdown) (m movingBreakdowns) {
	if b.run == nil {
		return m
	}
	if v.justDone(b.Run, b.run.Steps) {
		m.Said = saidDone
	}
	if v.mayAct() != nil || !v.ours(b.Run) {
		return m
	}
	base := formShown{Kind: formBreakdown, Action: v.c.path("breakdowns/"+segments(b.Run.ID)+"/move") + namespaceQuery(v, b.run), Token: tokenOf(b.run)}
	for i, move := range watch.NextSteps(b.Breakdown) {
		f := breakdownForm{formShown: base, Move: move, Owner: b.Details.Owner}
		of := breakdownMoves[move]
		if f.Button, f.Says = of.button, of.says; i > 0 {
			f.Fold, f.Says = of.says, ""
		}
		switch move {
		case watch.Planned:
			f.Owner = cmp.Or(f.Owner, v.toldOf(b.Breakdown))
			f.Plans = v.plans(&b.Details.Action)
			f.New = slices.ContainsFunc(f.Plans, func(p namedMove) bool { return strings.HasPrefix(p.Name, newPlan) })
			if len(f.Plans) == 0 {
				continue // the blueprint has no action, or the reader sees none
			}
		case watch.Dismissed:
			f.Reasons = v.reasons()
		}
		m.Forms = append(m.Forms, f)
	}
	return m
}

// The beginnings of the values of a plan: an action that there is, and the kind of one that the form proposes.
const (
	thisPlan = "run:"
	newPlan  = "new:"
)

// mostPlans is how many open actions of a kind are offered.
const mostPlans = 25

// plans are the kinds of new actions, and then the open ones, the newest first. The one that is the plan is not offered again.
func (v *visit) plans(now *event.RunRef) (list []namedMove) {
	for _, name := range v.proposable() {
		list = append(list, namedMove{newPlan + name, "A new change: " + name})
	}
	for _, name := range v.proposable() {
		w := insight.Which{Journey: name, Namespace: v.c.cfg.client.Namespace(), Where: []insight.Where{{Column: insight.Outcome, Values: []string{"open"}}}}
		exact := *v
		exact.exact()
		got, err := direct(v.r.Context(), v, func(ctx context.Context) (insight.RunList, error) {
			return exact.view.Runs(ctx, w, insight.RunsOf{}, mostPlans)
		})
		if err != nil {
			continue // nothing of this kind is open, and a new one is offered
		}
		for i := range got.List {
			ref := got.List[i].Run
			if ref == *now {
				continue
			}
			if a := v.action(ref); a != nil {
				list = append(list, namedMove{thisPlan + ref.Name + "/" + ref.ID, a.change + " (" + ref.Name + " " + ref.ID + ", " + a.state + ")"})
			}
		}
	}
	return list
}

// moveBreakdown moves a breakdown on, as a form of its page says, and sends the reader back to the page.
func (c *Console) moveBreakdown(w http.ResponseWriter, r *http.Request) {
	v, f, err := c.acts(w, r)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	b, err := v.aBreakdown()
	var id event.ID
	if err == nil {
		v.breakdown = b
		id, err = v.make(b.run, &f)
	}
	if err != nil {
		c.failed(w, r, err)
		return
	}
	http.Redirect(w, r, v.breakdownLink(b.Breakdown, "done", id.String())+"#moves", http.StatusSeeOther) //nolint:gosec // the address is one of the console: see visit.link
}

// moveOfBreakdown returns what a form of the page of a breakdown does.
func (v *visit) moveOfBreakdown(f *moveForm, id event.ID) (doing, error) {
	b := v.breakdown
	if b == nil || !slices.Contains(watch.NextSteps(b.Breakdown), f.Move) {
		return nil, errNotNow
	}
	j := v.c.does.breakdowns
	known := v.knownOf(b, f)
	known.Owner = cmp.Or(f.Owner, known.Owner)
	opts := []watch.StepOption{watch.Details(known), watch.Note(f.Note)}
	var step func(context.Context)
	switch f.Move {
	case watch.Confirmed:
		step = func(ctx context.Context) { j.Confirm(ctx, opts...) }
	case watch.Planned:
		plan, err := v.planOf(f, id)
		if err != nil {
			return nil, err
		}
		step = func(ctx context.Context) {
			if b.Step == watch.Planned {
				j.Replan(ctx, plan(ctx), known.Owner, opts...)
			} else {
				j.Plan(ctx, plan(ctx), known.Owner, opts...)
			}
		}
	case watch.Mended:
		step = func(ctx context.Context) { j.Mend(ctx, opts...) }
	case watch.Verified:
		step = func(ctx context.Context) { j.Verify(ctx, opts...) }
	default:
		if strings.TrimSpace(f.Cause) != f.Cause || !event.ValidName(f.Cause) || len(f.Cause) > event.MaxCause {
			return nil, tells(http.StatusBadRequest, "A breakdown is dismissed with a reason.", fmt.Sprintf("Go back, and give a short one of at most %d bytes, such as “intended”. It is not raised again for as long as the charts show it.", event.MaxCause))
		}
		if !v.c.cfg.client.KnowsCause(f.Cause) { // it would be recorded as another one, and the reason would be lost
			return nil, tells(http.StatusBadRequest, "The reason is none of those that the blueprint has.", "Go back, and choose one of these: "+strings.Join(v.reasons(), ", ")+". The note has room for more.")
		}
		step = func(ctx context.Context) { j.Dismiss(ctx, f.Cause, opts...) }
	}
	return func(ctx context.Context) event.RunRef {
		step(j.Resume(ctx, b.Run.ID))
		return b.Run
	}, nil
}

// knownOf are the details of a step: what the archive has of the breakdown, with the numbers of today's chart.
func (*visit) knownOf(b *aBreakdown, f *moveForm) event.Breakdown {
	d := b.Details
	d.Placed = slices.Clone(d.Placed)
	if c := &b.chart; c.Known {
		d.Before, d.Since, d.Excess = c.before().Value, c.lasted(b.Breakdown).Value, b.cost.Events
		if f.Move == watch.Verified && c.Since.OK() { // as event.Breakdown has it
			d.Since = c.Since.Value
		}
		d.Customers, d.Value = int(b.cost.Customers+0.5), nil
		if len(b.cost.Value) == 1 { // a value in several currencies is not known
			d.Value = &b.cost.Value[0]
		}
	}
	return d
}

// planOf returns what makes the plan that a form names: an action that there is, or a new one, whose ID is derived from the form.
func (v *visit) planOf(f *moveForm, id event.ID) (func(context.Context) event.RunRef, error) {
	if name, isNew := strings.CutPrefix(f.Plan, newPlan); isNew {
		def := v.c.does.actions[name]
		if def == nil || !slices.Contains(v.proposable(), name) {
			return nil, errNotAField
		}
		if f.Change == "" {
			return nil, tells(http.StatusBadRequest, "A new change has a name.", "Go back, and say in a few words what is changed.")
		}
		opts := []feedback.Option{feedback.By(event.ActorEmployee), feedback.Change(f.Change), feedback.Note(f.Note)}
		if f.Owner != "" {
			opts = append(opts, feedback.Owner(f.Owner))
		}
		return func(ctx context.Context) event.RunRef {
			run := event.RunRef{Namespace: v.c.cfg.client.Namespace(), Name: name, ID: id.String()}
			at := flight.RecorderFrom(ctx).Now()
			ctx = def.Propose(ctx, run.ID, append(opts, feedback.At(at))...)
			def.Plan(ctx, feedback.By(event.ActorEmployee), feedback.At(at.Add(time.Microsecond))) // a sink that keeps microseconds knows which one came last
			return run
		}, nil
	}
	given, isRun := strings.CutPrefix(f.Plan, thisPlan)
	name, runID, whole := strings.Cut(given, "/")
	run := event.RunRef{Namespace: v.c.cfg.client.Namespace(), Name: name, ID: runID}
	if !isRun || !whole || !slices.Contains(v.proposable(), name) {
		return nil, errNotAField
	}
	if f.Change != "" {
		return nil, tells(http.StatusBadRequest, "A change that there is has a name.", "Go back, and choose a new change for the name that you wrote, or leave the name out.")
	}
	if a := v.action(run); a == nil || !a.open {
		return nil, errNotNow
	}
	return func(context.Context) event.RunRef { return run }, nil
}
