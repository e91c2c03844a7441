package console

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
)

// exact makes the page one of this very moment. Pages of one run or customer have no answers that readers share, and show a move as soon as it is stored.
func (v *visit) exact() {
	at := v.c.now()
	if at.IsZero() {
		return // the moment is that of the latest event
	}
	v.at, v.view = at, v.c.table.View(v.viewer, at).Workers(v.c.workers())
}

// found returns the runs that the path of the request names: the same ID may be that of runs of several journeys and namespaces.
func (v *visit) found() ([]event.RunRef, error) {
	ref := event.RunRef{Namespace: v.filter.Namespace, Name: part(v.r, "journey"), ID: part(v.r, "id")}
	return direct(v.r.Context(), v, func(ctx context.Context) ([]event.RunRef, error) { return v.view.Find(ctx, ref) })
}

// run returns the run that the path of the request names.
func (v *visit) run() (*insight.Run, error) {
	found, err := v.found()
	if err != nil {
		return nil, err
	}
	run, err := direct(v.r.Context(), v, func(ctx context.Context) (insight.Run, error) { return v.view.Run(ctx, found[0]) })
	return &run, err
}

// runPage tells one run: where it stands, what is next, what was promised and what to say come first.
func runPage(v *visit) (*page, error) {
	v.exact()
	run, err := v.run()
	if err != nil {
		return nil, err
	}
	v.looked(run.Customer, run.Run, partRun)
	p := &page{name: "runs", title: run.Run.ID, eyebrow: run.Run.Name, headline: run.Run.ID}
	add := func(id, title, name string, half bool, content any) {
		s := ready(id, title, name, content)
		s.half = half
		p.sections = append(p.sections, s)
	}
	facts := v.runFacts(&run.RunSummary)
	if said := v.lookedAt(run.Steps); said != "" {
		facts = append(facts, fact{Name: "Looked at", Says: said})
	}
	add("glance", "In short", "glance", false, v.glance(run))
	add("promises", "Promises", "run-promises", true, v.runPromises(&run.RunSummary))
	m := v.moving(run)
	moves := m.Said != "" || len(m.Forms) > 0
	if moves {
		add("moves", "Move it on", "moving", true, m)
	} else {
		add("facts", "Details", "facts", true, facts)
	}
	if len(run.FollowUps) > 0 {
		add("followups", "Follow-ups", "customer-runs", false, v.summaries(run.FollowUps))
	}
	p.sections = append(p.sections, v.storyPart(run.Steps, len(run.FollowUps) > 0))
	if moves {
		add("facts", "Details", "facts", true, facts)
	}
	if traces := v.traces(run); len(traces) > 0 {
		add("traces", "Traces", "traces", moves, traces)
	}
	p.sections = append(p.sections, section{id: "neighbours", title: "Beside it", template: "neighbours", fill: func(ctx context.Context) (any, error) { return v.neighbours(ctx, run) }})
	return p, nil
}

// glance is what a person on the phone has to know first.
func (v *visit) glance(run *insight.Run) []fact {
	state := fact{Name: "State", Says: run.State, Tone: stateTones[run.State]}
	if !run.Ended.IsZero() {
		state.Says += " on " + v.clock(run.Ended)
	} else if run.Stage != "" {
		state.Says += ", in “" + run.Stage + "”"
	}
	list := []fact{state, v.next(run)}
	if said := v.promised(run); said != "" {
		list = append(list, fact{Name: "Promised", Says: said})
	}
	say := run.RunSummary
	say.Promises = unkept(say.Promises)
	list = append(list, fact{Name: "What to say", Says: say.Spoken(v.zone), Wide: true})
	if run.Customer != "" {
		list = append(list, fact{Name: "Customer", Says: shortHash(run.Customer), Link: v.link("customers/" + segments(run.Customer))})
	}
	return list
}

// next says what the company has to do next: the promise that is owed first.
func (v *visit) next(run *insight.Run) fact {
	f := fact{Name: "Next"}
	p, of := owedFirst(run)
	switch {
	case p == nil && run.Ended.IsZero():
		f.Says = "Nothing is promised."
	case p == nil:
		f.Says = "Nothing: it has ended."
	case p.Due.IsZero():
		f.Says = "“" + p.Name + "” has no due time."
	case !p.Stopped.IsZero():
		f.Says = "“" + p.Name + "”, whose clock stands still since " + v.clock(p.Stopped) + "."
	case p.Due.After(v.at):
		f.Says = "“" + p.Name + "” is due in " + number.Duration(p.Due.Sub(v.at)) + ", by " + v.clock(p.Due) + "."
	default:
		f.Says, f.Tone = "“"+p.Name+"” is "+number.Duration(v.at.Sub(p.Due))+" late: it was due by "+v.clock(p.Due)+".", "bad"
	}
	if p != nil && of.ID != run.Run.ID {
		f.Says += " It is of the follow-up."
		f.Link = v.runLink(of)
	}
	return f
}

// owedFirst returns the promise of the run, and of its follow-ups, that is open and due first, or that was broken and is owed still; and the run that it is of.
func owedFirst(run *insight.Run) (first *insight.RunPromise, of event.RunRef) {
	look := func(s *insight.RunSummary) {
		if !s.Ended.IsZero() {
			return
		}
		for i := range s.Promises {
			p := &s.Promises[i]
			owed := p.State == "open" || p.State == "broken" && p.Late.IsZero()
			if owed && (first == nil || first.Due.IsZero() || !p.Due.IsZero() && p.Due.Before(first.Due)) {
				first, of = p, s.Run
			}
		}
	}
	look(&run.RunSummary)
	for i := range run.FollowUps {
		look(&run.FollowUps[i])
	}
	return first, of
}

// unkept are the promises that are open or were broken.
func unkept(all []insight.RunPromise) (list []insight.RunPromise) {
	for i := range all {
		if state := all[i].State; state == "open" || state == "broken" {
			list = append(list, all[i])
		}
	}
	return list
}

// promised says in one line what was promised: what is open or was broken, or else what became of all of it.
func (v *visit) promised(run *insight.Run) string {
	all := unkept(run.Promises)
	if len(all) == 0 {
		all = run.Promises
	}
	list := make([]string, 0, len(all))
	for i := range all {
		p := &all[i]
		said := "“" + p.Name + "” " + p.State
		if p.State == "open" && !p.Due.IsZero() {
			said += ", due by " + v.clock(p.Due)
		}
		list = append(list, said)
	}
	return strings.Join(list, "; ")
}

// neighbours are the runs beside one: with the same ID in other journeys, and of the same customer.
type neighbours struct {
	Same, Customer []runRow
	Link           string
	Empty          *empty
}

// mostNeighbours is how many runs of the customer stand beside a run.
const mostNeighbours = 10

func (v *visit) neighbours(ctx context.Context, run *insight.Run) (n neighbours, err error) {
	same, err := direct(ctx, v, func(ctx context.Context) ([]event.RunRef, error) {
		return v.view.Find(ctx, event.RunRef{ID: run.Run.ID})
	})
	if err != nil && !errors.Is(err, insight.ErrNotFound) {
		return n, err
	}
	for _, ref := range same {
		if ref != run.Run {
			n.Same = append(n.Same, runRow{ID: ref.ID, Journey: ref.Name, Link: v.runLink(ref)})
		}
	}
	if run.Customer != "" {
		c, err := v.customer(ctx, run.Customer)
		if err != nil && !errors.Is(err, insight.ErrNotFound) {
			return n, err
		}
		others := slices.DeleteFunc(c.Runs, func(s insight.RunSummary) bool { return s.Run == run.Run })
		slices.Reverse(others)
		n.Customer = v.summaries(others[:min(len(others), mostNeighbours)])
		n.Link = v.link("customers/" + segments(run.Customer))
	}
	if len(n.Same)+len(n.Customer) == 0 {
		n.Empty = &empty{"Nothing else is known of this customer.", "Other journeys of the customer, and of this ID, are listed here."}
	}
	return n, nil
}

// clock writes a time for readers.
func (v *visit) clock(t time.Time) string { return t.In(v.zone).Format("2 Jan 2006, 15:04") }
