package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/examples/shop/care"
	"cairncx.dev/cairn/examples/shop/centre"
	"cairncx.dev/cairn/examples/shop/experience"
	"cairncx.dev/cairn/examples/shop/service"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/feedback"
)

// linkKey derives the key of the links by which customers answer from the customers' key, so that one secret is enough.
func linkKey(customerKey []byte) []byte {
	m := hmac.New(sha256.New, customerKey)
	_, _ = m.Write([]byte("links to questions")) // a hash's Write never fails
	return m.Sum(nil)
}

// onFollowUp keeps the customer of a follow-up in the loop.
func (a *app) onFollowUp(ctx context.Context, e event.Event) {
	if shop := a.followedUp.Load(); shop != nil {
		shop.FollowedUp(ctx, e)
	}
}

// abandon ends the follow-ups and the changes of the storefront whose journeys end with the process.
func (a *app) abandon(ctx context.Context, s *service.Service) {
	if s.Name() != serviceStorefront || a.shop == nil || a.store.Shared() {
		return
	}
	if err := s.Client().Flush(ctx); err == nil { // the shop has heard of all follow-ups then; Shutdown reports an error
		ctx = cx.NewContext(ctx, s.Client())
		a.shop.Abandon(ctx)
		if a.team != nil {
			a.team.Close(ctx)
		}
	}
}

// findArchive says which archive the support team's page reads: that of -export sqlite, else one that ends with the process. A crowd
// without -serve needs none, and neither does a process without the storefront.
func (a *app) findArchive(ctx context.Context) error {
	if a.service == servicePayments || a.traffic > 0 && !a.serve {
		return nil
	}
	for _, t := range a.exports {
		if path := t.ArchivePath(); path != "" {
			a.archive = path
			return nil
		}
	}
	var err error
	if a.scratch, err = os.MkdirTemp("", "shop-archive-"); err != nil {
		return fmt.Errorf("shop: %w", err)
	}
	a.archive = filepath.Join(a.scratch, "archive.db")
	archive, err := sqlarchive.OpenSQLite(a.archive)
	if err == nil {
		err = archive.Ping(context.WithoutCancel(ctx)) // it makes the tables
	}
	if err != nil {
		return fmt.Errorf("shop: %w", err)
	}
	a.own = exporters.NewBatch(archive)
	return nil
}

// withCare adds the page of the support team, which this machine's browsers see only.
func (a *app) withCare(sdk *otelsetup.SDK, svc *service.Service, shop http.Handler) http.Handler {
	if a.archive == "" {
		return shop
	}
	a.team = care.New(care.Config{
		Company: "Waymark", FollowUps: []*feedback.FollowUp{experience.Complaint(), experience.Recovery()}, Action: experience.Improvement(),
		Mail: experience.AnswerMail, Remedies: []string{"refund", "voucher", "payment-by-invoice", "apology"}, Example: "second-bank", Archive: a.archive, TraceURL: a.traceURL, Now: svc.Now,
		Log: a.log.With("service", serviceStorefront),
	})
	traced := otelhttp.NewHandler(a.team.Handler(), "care", otelhttp.WithTracerProvider(sdk.TracerProvider), otelhttp.WithMeterProvider(sdk.MeterProvider))
	mux := http.NewServeMux()
	mux.Handle(care.Path, http.MaxBytesHandler(http.NewCrossOriginProtection().Handler(service.Secure(service.OnlyLoopback(traced))), 16<<10))
	mux.Handle("/", shop)
	return mux
}

// openCentre mounts the command centre over the archive, which this machine's browsers see only.
func (a *app) openCentre(svc *service.Service) error {
	if a.archive == "" {
		return nil
	}
	all, err := blueprint.From(experience.Definitions()...) // the journey is a Go value, and the pages are about those of a blueprint
	if err != nil {
		return fmt.Errorf("shop: %w", err)
	}
	table, err := insight.New(all)
	if err != nil {
		return fmt.Errorf("shop: %w", err)
	}
	opts := []console.Option{console.WithTitle("Waymark"), console.WithClock(svc.Now), console.WithClient(svc.Client())}
	if a.traceURL != "" {
		opts = append(opts, console.WithTraces(strings.Replace(a.traceURL, "%s", "{trace_id}", 1)))
	}
	log := a.log.With("service", serviceStorefront)
	if a.centre, err = centre.Open(table, a.archive, log, opts...); err != nil {
		return fmt.Errorf("shop: %w", err)
	}
	return a.scheduleReports(table, log)
}
