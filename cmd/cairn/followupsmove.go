package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/feedback"
)

// movedFollowUp is the answer of move.
type movedFollowUp struct {
	Name  string    `json:"follow_up"`
	ID    string    `json:"id"`
	Step  string    `json:"step"`
	At    time.Time `json:"at"`
	Taken bool      `json:"taken"` // a service has the step
}

// moveFollowUp records a step of a follow-up.
func moveFollowUp(ctx context.Context, c *env, s *followUpsSettings) (code int, err error) {
	f, err := s.definition()
	if err != nil {
		return exitFault, err
	}
	known := &sqlarchive.FollowUp{Namespace: s.namespace, Name: s.name, ID: s.id}
	if s.archive != "" {
		if known, err = s.archived(ctx); err != nil {
			return exitFault, err
		}
	}
	store, done, err := s.open(ctx)
	if err != nil {
		return exitFault, err
	}
	defer func() { err = errors.Join(err, done()) }()
	m := mover{
		what: "follow-up", over: errOver, takers: "a service", store: store, prefixed: !s.inFile(), namespace: known.Namespace, defs: []event.Definition{f},
		resume: func(ctx context.Context) context.Context { return f.Resume(ctx, s.id) },
		record: func(ctx context.Context, _ *cx.Client) { s.record(ctx, f, known) },
	}
	if err := m.move(ctx); err != nil {
		return exitFault, err
	}
	answer := movedFollowUp{Name: s.name, ID: s.id, Step: s.to, At: s.now.UTC(), Taken: m.await(ctx, s.wait)}
	return m.said(c, s.name+" "+s.id, s.to, answer.Taken, s.json, answer)
}

// definition returns the follow-up of the blueprint, if the blueprint has what the command line names.
func (s *followUpsSettings) definition() (*feedback.FollowUp, error) {
	if err := s.named(); err != nil {
		return nil, err
	}
	b, err := yaml.Load(s.blueprint)
	if err != nil {
		return nil, err
	}
	f := b.FollowUp(s.name)
	if f == nil {
		return nil, fmt.Errorf("%s has no follow-up %.80q: %s", s.blueprint, s.name, theFollowUps(b, s.name))
	}
	if all := f.Severities(); s.severity != "" && len(all) > 0 && !slices.Contains(all, s.severity) {
		return nil, fmt.Errorf("--severity: the follow-up %q in %s has no severity %.80q: it has %q%s", s.name, s.blueprint, s.severity, all, meant(s.severity, all))
	}
	if all := b.RootCauses; s.cause != "" && len(all) > 0 && !slices.Contains(all, s.cause) {
		return nil, fmt.Errorf("--cause: %s has no cause %.80q: it has %q%s", s.blueprint, s.cause, all, meant(s.cause, all))
	}
	for _, x := range [...]struct{ flag, value string }{{"owner", s.owner}, {"severity", s.severity}, {"remedy", s.remedy}, {"cause", s.cause}} {
		if x.value != "" && !event.ValidName(x.value) {
			return nil, fmt.Errorf("--%s: %.80q is no name: write 1 to %d bytes, such as refund", x.flag, x.value, event.MaxName)
		}
	}
	return f, nil
}

func theFollowUps(b *blueprint.Blueprint, name string) string {
	names := make([]string, len(b.FollowUps))
	for i := range b.FollowUps {
		names[i] = b.FollowUps[i].Name
	}
	if len(names) == 0 {
		return "it has none under follow_ups:, and one that is defined in code is moved by code"
	}
	return fmt.Sprintf("it has %q%s", names, meant(name, names))
}

// archived returns the follow-up from the archive, if it is open there.
func (s *followUpsSettings) archived(ctx context.Context) (f *sqlarchive.FollowUp, err error) {
	r, err := s.reader(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if f, err = s.one(ctx, r); err != nil {
		return nil, err
	}
	if !f.Ended.IsZero() {
		return nil, fmt.Errorf("the follow-up has ended as %s: a matter that comes up again is a new follow-up", f.Outcome)
	}
	return f, nil
}

// errOver says that a follow-up has ended.
var errOver = errors.New("the follow-up has ended: a matter that comes up again is a new follow-up")

// record records the step of a follow-up of which the archive knows this.
func (s *followUpsSettings) record(ctx context.Context, f *feedback.FollowUp, known *sqlarchive.FollowUp) {
	severity := known.Severity
	if s.to == feedback.Assessed {
		severity = "" // the one that is known has its times already
	}
	opts := []feedback.Option{
		feedback.At(s.now), feedback.Via(s.on), feedback.Owner(s.owner), feedback.Note(s.note),
		feedback.Remedy(s.remedy), feedback.Severity(severity), feedback.ReceivedAt(receivedAt(known)),
	}
	if s.severity != "" {
		opts = append(opts, feedback.Severity(s.severity))
	}
	if s.cause != "" {
		opts = append(opts, feedback.Because(s.cause))
	}
	f.Move(ctx, s.to, opts...)
}

// receivedAt returns when the matter was received last: a follow-up that was reopened begins anew.
func receivedAt(f *sqlarchive.FollowUp) (at time.Time) {
	at = f.Opened
	for i := range f.Steps {
		if s := &f.Steps[i]; s.Step == feedback.Received && s.At.After(at) {
			at = s.At
		}
	}
	return at
}
