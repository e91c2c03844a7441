package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/mail"
	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/cx/insight/schedule"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
)

// The addresses of -mail. Those of example domains reach nobody (RFC 2606).
const (
	mailFrom = "Waymark <reports@waymark.example>"
	mailTo   = "team@waymark.example"
)

// scheduleReports sends the report of each day to the team, through the server of -mail. Processes that share a store send it once.
func (a *app) scheduleReports(table *insight.Table, log *slog.Logger) error {
	if a.mail == "" {
		return nil
	}
	plan, err := dailyReport(table, a.mail, log)
	if err != nil {
		return fmt.Errorf("shop: -mail: %w", err)
	}
	var store ledger.Store = new(memory.Store) // the plan begins anew with the process
	if a.journeys.Journeys != nil {
		store = a.journeys.Journeys
	}
	a.reports, err = schedule.New(store, plan, schedule.WithErrorHandler(func(err error) { log.Error("the report of the day", "error", err) }))
	if err != nil {
		return fmt.Errorf("shop: -mail: %w", err)
	}
	return nil
}

// dailyReport is the plan of the report. The table is kept current by the command centre. Nothing that customers wrote is in it.
func dailyReport(table *insight.Table, server string, log *slog.Logger) (schedule.Plan, error) {
	sender, err := mail.New(server, mailFrom, []string{mailTo}, mail.WithPlainLoopback(), mail.WithPage(),
		mail.WithErrorHandler(func(err error) { log.Error("the report of the day", "error", err) }))
	if err != nil {
		return schedule.Plan{}, fmt.Errorf("shop: %w", err)
	}
	return schedule.Plan{
		Name: "shop day", Every: report.Day, Zone: time.UTC, Deliver: sender,
		Make: func(ctx context.Context, p report.Period) (schedule.Report, error) {
			r, err := report.Make(ctx, table, insight.Viewer{Rights: insight.Numbers}, report.Settings{Title: "Waymark", From: p.From, Until: p.Until, Zone: time.UTC})
			if err != nil {
				return nil, fmt.Errorf("shop: %w", err)
			}
			return r, nil
		},
	}, nil
}

// stopReports waits for a report that is being sent.
func (a *app) stopReports(ctx context.Context) error {
	if a.reports == nil {
		return nil
	}
	if err := a.reports.Shutdown(ctx); err != nil {
		return fmt.Errorf("shop: %w", err)
	}
	return nil
}
