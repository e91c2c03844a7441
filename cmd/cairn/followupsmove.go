package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/feedback/redact"
	"cairncx.dev/cairn/journey"
)

// journeysOnly is a store without shelves: the command works on runs, and on no records of customers.
type journeysOnly struct{ ledger.Store }

// movedFollowUp is the answer of move.
type movedFollowUp struct {
	Name  string    `json:"follow_up"`
	ID    string    `json:"id"`
	Step  string    `json:"step"`
	At    time.Time `json:"at"`
	Taken bool      `json:"taken"` // a service has the step
}

var (
	errMoveBlueprint = errors.New("move needs the blueprint of the services: name it by --blueprint")
	errMoveStdin     = errors.New("move reads the blueprint from a file: name it by --blueprint")
)

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
	m := mover{s: s, f: f, known: known, store: store}
	if err := m.move(ctx); err != nil {
		return exitFault, err
	}
	answer := movedFollowUp{Name: s.name, ID: s.id, Step: s.to, At: s.now.UTC(), Taken: m.await(ctx, s.wait)}
	if s.json {
		err = writeJSON(c.stdout, answer)
	} else {
		_, err = fmt.Fprintf(c.stdout, "%s %s: the step %s is in the store, and %s.\n", s.name, s.id, s.to, map[bool]string{true: "a service has taken it", false: "no service has taken it yet"}[answer.Taken])
	}
	if err == nil && !answer.Taken && s.wait > 0 {
		return exitDoubt, fmt.Errorf("no service has taken the step within %v: the next one that runs on this store does, and nothing is lost. Check that a service runs, and that it has the same --store-prefix", s.wait)
	}
	return exitOf(err)
}

// definition returns the follow-up of the blueprint, if the blueprint has what the command line names.
func (s *followUpsSettings) definition() (*feedback.FollowUp, error) {
	switch s.blueprint {
	case "":
		return nil, errMoveBlueprint
	case eventlog.Stdin:
		return nil, errMoveStdin
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

// mover records a step of a follow-up in the store of services.
type mover struct {
	s     *followUpsSettings
	f     *feedback.FollowUp
	known *sqlarchive.FollowUp // what the archive says
	store ledger.Store

	key ledger.Key
	log []byte // the record with the step
}

// The errors of the record of a run.
var (
	errNoFollowUp = errors.New("the store has no such follow-up that is open: check the ID, --store, --store-prefix and --namespace, which have to be those of the services")
	errOver       = errors.New("the follow-up has ended: a matter that comes up again is a new follow-up")
)

// move commits the step. It leaves what becomes of it to the services.
func (m *mover) move(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, contactsTime)
	defer cancel()
	var noted faults
	client, err := m.client(&noted)
	if err != nil {
		return err
	}
	err = m.commit(cx.NewContext(ctx, client), client)
	end, stop := context.WithTimeout(context.WithoutCancel(ctx), contactsTime)
	defer stop()
	if e := client.Shutdown(end); err == nil {
		err = e
	}
	if err == nil {
		err = noted.err()
	}
	return err
}

// commit commits the step, if the store has the follow-up and it is open.
func (m *mover) commit(ctx context.Context, client *cx.Client) error {
	ctx = m.f.Resume(ctx, m.s.id)
	run, _ := journey.FromContext(ctx)
	if _, err := hex.Decode(m.key[:], []byte(run.TraceID())); err != nil {
		return fmt.Errorf("the key of the follow-up: %w", err)
	}
	before, err := m.read(ctx)
	switch {
	case err != nil:
		return err
	case before.Log == nil:
		return errNoFollowUp
	case before.Closed:
		return errOver
	}
	m.record(ctx)
	if err := client.Flush(ctx); err != nil {
		return err
	}
	after, err := m.read(ctx)
	m.log = after.Log
	return err
}

// client returns a client that hands over.
func (m *mover) client(noted *faults) (*cx.Client, error) {
	r, err := redact.New()
	if err != nil {
		return nil, err
	}
	opts := []cx.Option{
		cx.WithStore(journeysOnly{m.store}), cx.WithHandOver(), cx.WithDefinitions(m.f), cx.WithRedactor(r.Quick),
		cx.WithLogger(slog.New(slog.DiscardHandler)), cx.WithOnFault(noted.add),
	}
	if ns := m.known.Namespace; ns != "" {
		opts = append(opts, cx.WithNamespace(ns))
	}
	return cx.New(opts...)
}

// read returns the record of the run, and changes nothing.
func (m *mover) read(ctx context.Context) (ledger.Record, error) {
	records, err := m.store.Write(ctx, []ledger.Change{{Key: m.key, If: []byte("no log is ever this"), Replace: []byte{}}})
	if err != nil {
		return ledger.Record{}, fmt.Errorf("the store: %w", err)
	}
	return records[0], nil
}

// record records the step.
func (m *mover) record(ctx context.Context) {
	s := m.s
	severity := m.known.Severity
	if s.to == feedback.Assessed {
		severity = "" // the one that is known has its times already
	}
	opts := []feedback.Option{
		feedback.At(s.now), feedback.Via(s.on), feedback.Owner(s.owner), feedback.Note(s.note),
		feedback.Remedy(s.remedy), feedback.Severity(severity), feedback.ReceivedAt(receivedAt(m.known)),
	}
	if s.severity != "" {
		opts = append(opts, feedback.Severity(s.severity))
	}
	if s.cause != "" {
		opts = append(opts, feedback.Because(s.cause))
	}
	m.f.Move(ctx, s.to, opts...)
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

// await reports whether a service has taken the step: it has when the log is not what it was with the step.
func (m *mover) await(ctx context.Context, wait time.Duration) bool {
	if wait <= 0 {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if r, err := m.read(ctx); err == nil && (r.Closed || !bytes.HasPrefix(r.Log, m.log)) {
			return true
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
}

// faults keeps what a client reports.
type faults struct {
	mu   sync.Mutex
	said []string
}

func (f *faults) add(_ context.Context, r fault.Report) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.said = append(f.said, strings.TrimSpace(r.Fault.String()+" "+r.Name+": "+r.Detail))
}

// err returns what was reported, or nil.
func (f *faults) err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.said) == 0 {
		return nil
	}
	return errors.New(strings.Join(f.said, "; ")) //nolint:err113 // no caller branches on it
}
