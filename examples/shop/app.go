package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/cxslog"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/schedule"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/examples/shop/care"
	"cairncx.dev/cairn/examples/shop/centre"
	"cairncx.dev/cairn/examples/shop/experience"
	"cairncx.dev/cairn/examples/shop/export"
	"cairncx.dev/cairn/examples/shop/guide"
	"cairncx.dev/cairn/examples/shop/payments"
	"cairncx.dev/cairn/examples/shop/service"
	"cairncx.dev/cairn/examples/shop/store"
	"cairncx.dev/cairn/examples/shop/storefront"
	"cairncx.dev/cairn/examples/shop/story"
	"cairncx.dev/cairn/exporters"
	stdoutexporter "cairncx.dev/cairn/exporters/stdout"
)

// stopTimeout bounds the shutdown: it lets running requests end and sends the remaining telemetry and events.
const stopTimeout = 15 * time.Second

// storyInterval bounds how long a line of the story waits in the queue.
const storyInterval = 100 * time.Millisecond

// app is the running demonstration.
type app struct {
	settings
	stdout, stderr io.Writer
	log            *slog.Logger

	tally    *story.Tally     // with -traffic, else nil
	queue    *exporters.Batch // the queue in front of stdout for both services, else nil
	sinks    []*export.Sink   // from -export, for both services
	journeys *store.Store     // from -store, for both services
	services []*service.Service
	unsent   map[string]error // errors of sending the crowd's telemetry, by service
	shop     *storefront.Shop
	team     *care.Page
	centre   *centre.Centre     // pages over the archive; nil without one
	reports  *schedule.Schedule // sends the report of each day; nil without -mail
	archive  string             // path of the archive that the support team's page and the command centre read; "" is no page
	scratch  string             // the folder of an archive that ends with the process, or ""
	own      *exporters.Batch   // the queue in front of that archive, for both services, else nil
	// followedUp is the shop that hears of the steps of follow-ups. It is made after its client, which may hear of some before.
	followedUp atomic.Pointer[storefront.Shop]

	shopURL, paymentsURL string // of the services that this process has started
}

// serial makes a writer safe for several goroutines: the log, the sinks and the summary.
type serial struct {
	mu sync.Mutex
	w  io.Writer
}

// Write implements [io.Writer].
func (s *serial) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(b) //nolint:wrapcheck // the writer's own error
}

func newApp(set settings, stdout, stderr io.Writer) *app {
	level := slog.LevelInfo
	if set.traffic > 0 {
		level = slog.LevelError // the crowd's declined cards are expected
	}
	a := &app{settings: set, stdout: &serial{w: stdout}, stderr: &serial{w: stderr}}
	// cxslog adds the journey's trace ID to each log line of a request.
	a.log = slog.New(cxslog.NewHandler(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: level})))
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { a.log.Error("sending telemetry", "error", err) }))
	var sink event.Exporter
	switch set.events {
	case eventsJSON:
		sink = stdoutexporter.New(stdoutexporter.WithWriter(a.stdout))
	case eventsStory:
		sink = story.NewNarrator(a.stdout, story.Look(a.look))
	}
	if sink != nil {
		a.queue = exporters.NewBatch(sink, exporters.WithInterval(storyInterval))
	}
	if set.traffic > 0 {
		a.tally = story.NewTally()
	}
	return a
}

// guide returns the hints that the terminal and the pages show.
func (a *app) guide() guide.Config {
	g := guide.Config{Backend: otelsetup.Configured(), TraceURL: a.traceURL, QueryURL: a.queryURL}
	for _, t := range a.exports {
		if c := t.Command(); c != "" {
			g.Files = append(g.Files, c)
		}
	}
	return g
}

// start opens the store, and starts the services that -service names. It starts payments first, because the
// storefront calls it.
func (a *app) start(ctx context.Context) error {
	if err := errors.Join(a.open(ctx), a.findArchive(ctx)); err != nil {
		return err
	}
	if a.service != serviceStorefront {
		if err := a.startPayments(ctx); err != nil {
			return err
		}
	}
	if a.service != servicePayments {
		if err := a.startStorefront(ctx); err != nil {
			return err
		}
	}
	for _, s := range a.services {
		// Programs read these lines. Everything that is only for people goes to stderr.
		if _, err := fmt.Fprintf(a.stdout, "%s listening on %s\n", s.Name(), s.URL()); err != nil {
			return fmt.Errorf("shop: %w", err)
		}
	}
	return nil
}

// openSinks opens the sinks of the events, once. Their queues report to the provider of the first service.
func (a *app) openSinks(ctx context.Context, sdk *otelsetup.SDK) error {
	if len(a.sinks) > 0 {
		return nil
	}
	for _, t := range a.exports {
		sink, err := export.Open(ctx, t, export.Config{
			Stdout: a.stdout, Secrets: a.webhookSecrets, Spool: a.spool, Patient: a.traffic > 0, MeterProvider: sdk.MeterProvider,
		})
		if err != nil {
			return fmt.Errorf("shop: %w", err)
		}
		a.sinks = append(a.sinks, sink)
	}
	return nil
}

// open opens the store of journeys.
func (a *app) open(ctx context.Context) error {
	var err error
	if a.journeys, err = a.store.Open(ctx); err != nil {
		return fmt.Errorf("shop: %w", err)
	}
	if a.store.Shared() && len(a.customerKey) == 0 {
		if a.customerKey, err = keyBeside(a.store.Path()); err != nil {
			return fmt.Errorf("shop: %w", err)
		}
	}
	return nil
}

// startPayments starts payments. The storefront then calls it at its URL.
func (a *app) startPayments(ctx context.Context) error {
	sdk, svc, err := a.newService(ctx, servicePayments)
	if err != nil {
		return err
	}
	handler := payments.New(payments.Config{SDK: sdk, Log: a.log.With("service", servicePayments)})
	if err := svc.Serve(ctx, a.payments, handler); err != nil {
		return err
	}
	a.paymentsURL = svc.URL()
	return nil
}

// startStorefront starts the storefront.
func (a *app) startStorefront(ctx context.Context) error {
	sdk, svc, err := a.newService(ctx, serviceStorefront)
	if err != nil {
		return err
	}
	look := a.guide()
	cfg := storefront.Config{
		SDK: sdk, Log: a.log.With("service", serviceStorefront), Payments: cmp.Or(a.paymentsURL, a.payments), Now: svc.Now,
		Backend: look.Backend, TraceURL: look.TraceURL, QueryURL: look.QueryURL, Files: look.Files,
	}
	cfg.LinkKey = linkKey(a.customerKey)
	if a.store.Shared() {
		cfg.BasketKey = a.customerKey
	}
	if a.archive != "" {
		cfg.Care = care.Path
	}
	if a.shop, err = storefront.New(cfg); err != nil {
		return err
	}
	a.followedUp.Store(a.shop)
	if err := a.openCentre(svc); err != nil {
		return err
	}
	if err := svc.Serve(ctx, a.storefront, a.centre.Beside(a.withCare(sdk, svc, a.shop.Handler()))); err != nil {
		return err
	}
	a.shopURL = svc.URL()
	return nil
}

// newService makes one service, with OpenTelemetry providers and a Cairn client of its own. If a step fails, stop
// stops the parts that the steps before it made.
func (a *app) newService(ctx context.Context, name string) (*otelsetup.SDK, *service.Service, error) {
	sdk, err := otelsetup.Start(ctx,
		otelsetup.WithServiceName(name), otelsetup.WithoutGlobals(), otelsetup.OnlyIfConfigured(),
		otelsetup.WithLogger(a.log.With("service", name)))
	if err != nil {
		return nil, nil, fmt.Errorf("shop: %s: %w", name, err)
	}
	if err := a.openSinks(ctx, sdk); err != nil {
		return nil, nil, errors.Join(err, sdk.Shutdown(ctx))
	}
	var processors []event.Processor
	if a.tally != nil {
		processors = append(processors, a.tally)
	}
	for _, q := range []*exporters.Batch{a.queue, a.own} {
		if q != nil {
			processors = append(processors, lent{q})
		}
	}
	for _, s := range a.sinks {
		processors = append(processors, lent{s})
	}
	svc, err := service.New(service.Config{
		Name: name, SDK: sdk, Clock: service.NewClock(a.clock), DemoClock: a.demoClock,
		DropTraces: 1 - a.sample, CustomerKey: a.customerKey, Processors: processors, Store: a.journeys.Journeys, Contacts: a.journeys.Contacts,
		Options: []cx.Option{
			cx.WithDefinitions(experience.Definitions()...), cx.WithObjectives(experience.Objectives()...), cx.WithOnFollowUp(a.onFollowUp),
		},
		Log: a.log.With("service", name),
	})
	if err != nil {
		return nil, nil, errors.Join(err, sdk.Shutdown(ctx))
	}
	a.services = append(a.services, svc)
	return sdk, svc, nil
}

// lent is a queue that a client uses but does not own. The events of both services go through one queue, so that
// the story has the order in which they happened.
type lent struct{ queue }

type queue interface {
	event.Processor
	event.Flusher
}

// Shutdown implements [event.Processor]. It only flushes, because the other client still uses the queue.
func (l lent) Shutdown(ctx context.Context) error { return l.Flush(ctx) }

// invite tells a person how to use the shop.
func (a *app) invite() {
	if a.shopURL != "" {
		_, _ = fmt.Fprintf(a.stderr, "\nOpen %s in a browser and buy something. Ctrl-C ends it.\n", a.shopURL)
		if a.archive != "" {
			_, _ = fmt.Fprintf(a.stderr, "The support team answers customers at %s%s. The command centre is at %s%s.\n", a.shopURL, care.Path, a.shopURL, centre.Path)
		}
		if a.store.Shared() {
			_, _ = fmt.Fprintf(a.stderr, "Journeys are kept in %s: stop in the middle of a purchase, start the shop again with the same\n-store and -storefront, and go on in the same browser. The purchase remains one journey.\n", a.store)
		}
		_, _ = io.WriteString(a.stderr, "\n")
	}
}

// look returns where a person can see a checkout that has ended, or "" for any other event.
func (a *app) look(e *event.Event) string {
	if e.Kind != event.JourneyEnded || e.Journey.Name != experience.Checkout.Name() {
		return ""
	}
	return guide.Lines(a.guide().Journey(e.Journey.ID, e.Journey.TraceID().String()))
}

// wait returns when ctx is done or when a server has ended with an error.
func (a *app) wait(ctx context.Context) error {
	ended := make(chan error, len(a.services))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, s := range a.services {
		go func() { ended <- s.Wait(ctx) }()
	}
	return <-ended
}

// stop stops everything. It stops the storefront before the payments service, because the storefront calls
// payments. It makes a context of its own, because Ctrl-C has already cancelled ctx.
func (a *app) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	var errs []error
	a.centre.ClosePages()
	for _, s := range slices.Backward(a.services) {
		errs = append(errs, a.lost(s.Name(), s.StopAfter(ctx, func() { a.abandon(ctx, s) })))
		if s.Name() == serviceStorefront && a.shop != nil {
			a.shop.Close() // otherwise the connections to payments stay open
		}
	}
	for _, q := range []*exporters.Batch{a.queue, a.own} {
		if q != nil {
			errs = append(errs, q.Shutdown(ctx))
		}
	}
	errs = append(errs, a.stopReports(ctx))
	a.centre.Close()
	errs = append(errs, a.closeSinks(ctx), a.journeys.Close())
	if a.scratch != "" {
		errs = append(errs, os.RemoveAll(a.scratch))
	}
	return errors.Join(errs...)
}

// lost returns the error of a service that could not send everything: the error that stop has found, or else the
// earlier one.
func (a *app) lost(service string, stopped error) error {
	before := a.unsent[service]
	if before == nil {
		return stopped
	}
	if stopped == nil {
		stopped = before
	}
	return fmt.Errorf("%w: %w", errUnsent, stopped)
}

// closeSinks delivers the waiting events to all sinks at the same time and prints how many events each sink got.
func (a *app) closeSinks(ctx context.Context) error {
	said, errs := make([]string, len(a.sinks)), make([]error, len(a.sinks))
	var wg sync.WaitGroup
	for i, s := range a.sinks {
		wg.Go(func() { said[i], errs[i] = s.Close(ctx) })
	}
	wg.Wait()
	for i := range a.sinks {
		_, _ = fmt.Fprintf(a.stderr, "-export %s.\n", said[i])
		if errs[i] != nil {
			errs[i] = fmt.Errorf("shop: %w", errs[i])
		}
	}
	return errors.Join(errs...)
}
