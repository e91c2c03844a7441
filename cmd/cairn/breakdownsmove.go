package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/watch"
)

// movedBreakdown is the answer of move.
type movedBreakdown struct {
	ID    string    `json:"id"`
	Step  string    `json:"step"`
	At    time.Time `json:"at"`
	Taken bool      `json:"taken"` // a service has the step
}

// errMended says that a breakdown has ended.
var errMended = errors.New("the breakdown has ended: a matter that returns is a new breakdown")

// moveBreakdown records a step of a breakdown.
func moveBreakdown(ctx context.Context, c *env, s *breakdownsSettings) (code int, err error) {
	j, err := s.journey()
	if err != nil {
		return exitFault, err
	}
	known := &insight.Breakdown{Run: event.RunRef{Namespace: s.namespace, Name: j.Name(), ID: s.id}}
	if s.archive != "" {
		if known, err = s.archived(ctx, c); err != nil {
			return exitFault, err
		}
	}
	store, done, err := s.open(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w: check --store, which is that of the services, or the file that cairn watch --deliver has made", err)
	}
	if err != nil {
		return exitFault, err
	}
	defer func() { err = errors.Join(err, done()) }()
	m := mover{
		what: "breakdown", over: errMended, takers: "a service, or cairn watch with --deliver,", store: store, prefixed: !s.inFile(), namespace: known.Run.Namespace, defs: []event.Definition{j.Journey()},
		resume: func(ctx context.Context) context.Context { return j.Resume(ctx, known.Run.ID) },
		record: func(ctx context.Context, client *cx.Client) { s.record(ctx, client, j, known) },
	}
	if err := m.move(ctx); err != nil {
		return exitFault, err
	}
	answer := movedBreakdown{ID: known.Run.ID, Step: s.to, At: s.now.UTC(), Taken: m.await(ctx, s.wait)}
	return m.said(c, answer.ID, s.to, answer.Taken, s.json, answer)
}

// journey returns the journey of breakdowns of the blueprint, if the blueprint has what the command line names.
func (s *breakdownsSettings) journey() (*watch.Journey, error) {
	if err := s.named(); err != nil {
		return nil, err
	}
	b, err := s.load()
	if err != nil {
		return nil, err
	}
	names := make([]string, len(b.Actions))
	for i := range b.Actions {
		names[i] = b.Actions[i].Name
	}
	if name := s.run.Name; name != "" && !slices.Contains(names, name) {
		return nil, fmt.Errorf("--action: %s has no action %.80q%s", s.blueprint, name, cmp.Or(orList(meant(name, names), names), ": add it under actions"))
	}
	if all := slices.Concat(watch.Reasons(), b.RootCauses); s.cause != "" && len(b.RootCauses) > 0 && !slices.Contains(all, s.cause) {
		return nil, fmt.Errorf("--cause: %.80q is no reason to dismiss a breakdown, and no cause of %s: use %s%s", s.cause, s.blueprint, strings.Join(all, ", "), meant(s.cause, all))
	}
	return watch.FromBlueprint(b), nil
}

// archived returns the breakdown from the archive, if the step may be taken there. It tells the user of a plan that the archive does not have.
func (s *breakdownsSettings) archived(ctx context.Context, c *env) (b *insight.Breakdown, err error) {
	r, err := s.reader(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if b, err = s.one(ctx, r); err != nil {
		return nil, err
	}
	if !b.Open() {
		return nil, errMended
	}
	if b.Details.Better {
		return nil, errBetter
	}
	if next := watch.NextSteps(b); !slices.Contains(next, s.to) {
		return nil, fmt.Errorf("--to %s: the breakdown is at the step %s. The steps that may be taken are: %s", s.to, shown(b.Step), strings.Join(next, ", "))
	}
	if s.run.ID == "" {
		return b, nil
	}
	action := event.RunRef{Namespace: b.Run.Namespace, Name: s.run.Name, ID: s.run.ID}
	steps, err := r.Run(ctx, action)
	if err == nil && len(steps) == 0 {
		_, _ = fmt.Fprintf(c.stderr, "cairn breakdowns move: note: the archive has no action %s with the ID %s, and the breakdown is mended when it is made: "+
			"check the ID, or propose the action, in the console or in code (docs/followups.md of Cairn, \"Close the loop\")\n", shown(action.Name), shown(action.ID))
	}
	return b, err
}

var errBetter = errors.New("it is an improvement, which has no further steps: it ends by itself")

// record records the step of a breakdown of which the archive knows this. The step has what is known of it.
func (s *breakdownsSettings) record(ctx context.Context, client *cx.Client, j *watch.Journey, known *insight.Breakdown) {
	d := known.Details
	d.Note = ""
	if s.to == watch.Verified { // the share since it was mended is known to a comparison alone
		d.Since = 0
	}
	opts := []watch.StepOption{watch.At(s.now), watch.Note(s.note)}
	if d.About != "" {
		opts = append(opts, watch.Details(d))
	}
	if s.owner != "" {
		opts = append(opts, watch.Owner(s.owner))
	}
	switch s.to {
	case watch.Dismissed:
		j.Dismiss(ctx, s.cause, opts...)
	case watch.Confirmed:
		j.Confirm(ctx, opts...)
	case watch.Planned:
		action := s.run
		action.Namespace = client.Namespace()
		if known.Step == watch.Found || known.Step == watch.Confirmed {
			j.Plan(ctx, action, s.owner, opts...)
		} else { // it may be planned, where another plan would else be no step
			j.Replan(ctx, action, s.owner, opts...)
		}
	case watch.Mended:
		j.Mend(ctx, opts...)
	default:
		j.Verify(ctx, opts...)
	}
}
