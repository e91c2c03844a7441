package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/feedback/redact"
	"cairncx.dev/cairn/journey"
)

// journeysOnly is a store without shelves: the command works on runs, and on no records of customers.
type journeysOnly struct{ ledger.Store }

// mover records a step of a run in the store of services.
type mover struct {
	what      string // the run is one, such as "follow-up"
	over      error  // if the run has ended
	takers    string // that take steps from the store
	prefixed  bool   // the store has a prefix
	store     ledger.Store
	namespace string
	defs      []event.Definition
	// resume returns a context in the run, and record records the step in it.
	resume func(context.Context) context.Context
	record func(context.Context, *cx.Client)

	key ledger.Key
	log []byte // the record with the step

	taken bool // already, when the command looked first

	waited time.Duration
}

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

// commit commits the step, if the store has the run and it is open.
func (m *mover) commit(ctx context.Context, client *cx.Client) error {
	ctx = m.resume(ctx)
	run, _ := journey.FromContext(ctx)
	if _, err := hex.Decode(m.key[:], []byte(run.TraceID())); err != nil {
		return fmt.Errorf("the key of the %s: %w", m.what, err)
	}
	before, err := m.read(ctx)
	switch {
	case err != nil:
		return err
	case before.Log == nil:
		return fmt.Errorf("the store has no such %s that is open: check the ID, --store, --store-prefix and --namespace, which have to be those of the services", m.what)
	case before.Closed:
		return m.over
	}
	m.record(ctx, client)
	if err := client.Flush(ctx); err != nil {
		return err
	}
	after, err := m.read(ctx)
	m.log = after.Log
	m.taken = err == nil && (after.Closed || !bytes.HasPrefix(after.Log, before.Log)) // by a service that was faster than this read
	return err
}

// client returns a client that hands over.
func (m *mover) client(noted *faults) (*cx.Client, error) {
	r, err := redact.New()
	if err != nil {
		return nil, err
	}
	opts := []cx.Option{
		cx.WithStore(journeysOnly{m.store}), cx.WithHandOver(), cx.WithDefinitions(m.defs...), cx.WithRedactor(r.Quick),
		cx.WithLogger(slog.New(slog.DiscardHandler)), cx.WithOnFault(noted.add),
	}
	if m.namespace != "" {
		opts = append(opts, cx.WithNamespace(m.namespace))
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

// await reports whether a service has taken the step: it has when the log is not what it was with the step.
func (m *mover) await(ctx context.Context, wait time.Duration) bool {
	if m.waited = wait; wait <= 0 || m.taken {
		return m.taken
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

// said prints what has become of the step that was recorded, and returns the exit code. The answer is that of --json.
func (m *mover) said(c *env, run, step string, taken, asJSON bool, answer any) (code int, err error) {
	if asJSON {
		err = writeJSON(c.stdout, answer)
	} else {
		is := "no service has taken it yet"
		if taken {
			is = "a service has taken it"
		}
		_, err = fmt.Fprintf(c.stdout, "%s: the step %s is in the store, and %s.\n", run, step, is)
	}
	if err == nil && !taken && m.waited > 0 {
		return exitDoubt, m.notTaken()
	}
	return exitOf(err)
}

// notTaken says that no service has taken the step.
func (m *mover) notTaken() error {
	same := ""
	if m.prefixed {
		same = ", and has the same --store-prefix"
	}
	return fmt.Errorf("no service has taken the step within %v: the next one that runs on this store does, and nothing is lost. Check that %s runs on it%s", m.waited, m.takers, same)
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
