package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/insight/watch"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/examples/support/desk"
	"cairncx.dev/cairn/examples/support/past"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// watchEvery is how often the charts are looked at. A real service does so every few minutes, because days are counted.
const watchEvery = time.Second

// startWatch keeps the breakdowns that the charts of the table show.
func (a *app) startWatch(ctx context.Context, table *insight.Table) error {
	reader, err := sqlarchive.ReadSQLite(ctx, a.archive)
	if err != nil {
		return fmt.Errorf("support: %w", err)
	}
	a.steps, a.table, a.looks = reader, table, make(chan struct{})
	charts := &watch.Charts{Table: table, Now: a.now}
	a.watch, err = watch.New(demoStore{new(memory.Store), a.now}, watch.Plan{
		Journey: watch.FromBlueprint(a.blueprint), Client: a.service.Client(), Steps: reader,
		Find: func(ctx context.Context, open []breakdown.Open) (breakdown.Findings, error) {
			select {
			case a.looks <- struct{}{}:
			default: // no week is passing
			}
			return charts.Find(ctx, open)
		},
		Place: charts.Place, Compare: charts.Compare,
		ReportUp: a.reportUp, Tell: a.tellNews,
	}, watch.WithEvery(watchEvery), watch.WithErrorHandler(a.watchFault))
	if err != nil {
		return fmt.Errorf("support: %w", err)
	}
	return nil
}

// reportUp tells those who can decide. A real service calls a pager, or writes to a channel.
func (a *app) reportUp(_ context.Context, o watch.Overdue) error {
	_, _ = fmt.Fprintf(a.stderr, "Reported up: the breakdown of the %s %q was to be %s by %s. It has cost about %d customers.\n",
		o.About, o.Name, o.Promise, o.Due.In(a.zone).Format("2 January"), o.Customers)
	return nil
}

func (a *app) tellNews(_ context.Context, n watch.News) error {
	if n.Kind == watch.NewsFound {
		_, _ = fmt.Fprintln(a.stderr, n.Found.Sentence())
	}
	return nil
}

// stopWatch stops it. Call it before the client is shut down.
func (a *app) stopWatch(ctx context.Context) (errs []error) {
	if a.watch != nil {
		errs = append(errs, a.watch.Shutdown(ctx))
	}
	if a.steps != nil {
		errs = append(errs, a.steps.Close())
	}
	return errs
}

// crowd are the other customers of the demonstration, who come while weeks pass; nil without the command centre.
func (a *app) crowd() *desk.Crowd {
	if a.past == nil {
		return nil
	}
	return &desk.Crowd{
		Days: func(ctx context.Context, n int) error {
			if err := a.past.Days(ctx, n); err != nil {
				return fmt.Errorf("support: %w", err)
			}
			if err := a.service.Flush(ctx); err != nil {
				return err
			}
			return a.look(ctx)
		},
		Faults: []desk.Fault{
			{Name: past.Silent, Broken: "The carrier northway does not answer the new website", Mended: "The carrier northway answers the new website"},
		},
		On: a.past.Fault, Switch: a.past.Switch,
	}
}

// look waits until the charts were looked at with all that has happened: when the second look begins, the first one is over.
func (a *app) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	if err := a.table.Load(ctx, a.steps); err != nil {
		return fmt.Errorf("support: %w", err)
	}
	for range 2 {
		select {
		case <-a.looks:
		case <-ctx.Done():
			return fmt.Errorf("support: the charts were not looked at: %w", context.Cause(ctx))
		}
	}
	return nil
}

// demoStore is a store whose clock is that of the demonstration. A real service shares a database, such as SQLite's or PostgreSQL's, and has the clock of the store.
type demoStore struct {
	store interface {
		ledger.Store
		ledger.Shelver
	}
	now func() time.Time
}

// Write implements [ledger.Store].
func (s demoStore) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	return s.store.Write(ctx, changes)
}

// Claim implements [ledger.Store].
func (s demoStore) Claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	_, due, err := s.store.Claim(ctx, limit, lease)
	return s.now(), due, err
}

// Shelf implements [ledger.Shelver].
func (s demoStore) Shelf(name string) ledger.Store { return demoShelf{s.store.Shelf(name), s.now} }

// demoShelf is a shelf of it.
type demoShelf struct {
	ledger.Store

	now func() time.Time
}

// Claim implements [ledger.Store].
func (s demoShelf) Claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	_, due, err := s.Store.Claim(ctx, limit, lease)
	return s.now(), due, err
}

// watchFault logs an error of the watch. While the table is being read for the first time, there is nothing to look at.
func (a *app) watchFault(err error) {
	if !errors.Is(err, insight.ErrLoading) {
		a.log.Error("the breakdowns", "error", err)
	}
}
