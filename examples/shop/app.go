package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel"

	"cairncx.dev/cairn/cx/cxslog"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/otelsetup"
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

// stopTimeout bounds the end: requests that are under way, and sending what is left.
const stopTimeout = 15 * time.Second

// storyInterval is how long a line of the story may wait.
const storyInterval = 100 * time.Millisecond

// app is the running demonstration.
type app struct {
	settings
	stdout, stderr io.Writer
	log            *slog.Logger

	tally    *story.Tally     // with -traffic, else nil
	queue    *exporters.Batch // what both services write to stdout, else nil
	sinks    []*export.Sink   // of -export, for both services
	journeys *store.Store     // of -store, for both services
	services []*service.Service
	unsent   map[string]error // what the crowd's services could not send, by service
	shop     *storefront.Shop
	shopURL  string
}

// serial is a writer for several goroutines: the log's, the sinks' and the summary's.
type serial struct {
	mu sync.Mutex
	w  io.Writer
}

// Write implements [io.Writer].
func (s *serial) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(b) //nolint:wrapcheck // it is the writer's
}

func newApp(set settings, stdout, stderr io.Writer) *app {
	level := slog.LevelInfo
	if set.traffic > 0 {
		level = slog.LevelError // what happens to the crowd is no news
	}
	a := &app{settings: set, stdout: &serial{w: stdout}, stderr: &serial{w: stderr}}
	// With cxslog each log line of a request has the journey's trace ID.
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

// guide is what the terminal and the pages say about where to look.
func (a *app) guide() guide.Config {
	g := guide.Config{Backend: otelsetup.Configured(), TraceURL: a.traceURL, QueryURL: a.queryURL}
	for _, t := range a.exports {
		if c := t.Command(); c != "" {
			g.Files = append(g.Files, c)
		}
	}
	return g
}

// start starts the services that -service names, payments first, since the storefront calls it.
func (a *app) start(ctx context.Context) error {
	for _, t := range a.exports {
		sink, err := export.Open(ctx, t, export.Config{
			Stdout: a.stdout, Secrets: a.webhookSecrets, Spool: a.spool, Patient: a.traffic > 0,
		})
		if err != nil {
			return fmt.Errorf("shop: %w", err)
		}
		a.sinks = append(a.sinks, sink)
	}
	var err error
	if a.journeys, err = a.store.Open(ctx); err != nil {
		return fmt.Errorf("shop: %w", err)
	}
	if a.store.Shared() && len(a.customerKey) == 0 {
		if a.customerKey, err = keyBeside(a.store.Path()); err != nil {
			return fmt.Errorf("shop: %w", err)
		}
	}
	paymentsURL := a.payments
	if a.service != serviceStorefront {
		sdk, svc, err := a.newService(ctx, servicePayments)
		if err != nil {
			return err
		}
		handler := payments.New(payments.Config{SDK: sdk, Log: a.log.With("service", servicePayments)})
		if err := svc.Serve(ctx, a.payments, handler); err != nil {
			return err
		}
		paymentsURL = svc.URL()
	}
	if a.service != servicePayments {
		sdk, svc, err := a.newService(ctx, serviceStorefront)
		if err != nil {
			return err
		}
		look := a.guide()
		cfg := storefront.Config{
			SDK: sdk, Log: a.log.With("service", serviceStorefront), Payments: paymentsURL, Now: svc.Now,
			Backend: look.Backend, TraceURL: look.TraceURL, QueryURL: look.QueryURL, Files: look.Files,
		}
		if a.store.Shared() {
			cfg.BasketKey = a.customerKey
		}
		a.shop, err = storefront.New(cfg)
		if err != nil {
			return err
		}
		if err := svc.Serve(ctx, a.storefront, a.shop.Handler()); err != nil {
			return err
		}
		a.shopURL = svc.URL()
	}
	for _, s := range a.services {
		// Programs read these lines; everything that is only for people goes to stderr.
		if _, err := fmt.Fprintf(a.stdout, "%s listening on %s\n", s.Name(), s.URL()); err != nil {
			return fmt.Errorf("shop: %w", err)
		}
	}
	return nil
}

// newService makes one service, with OpenTelemetry providers and a Cairn client of its own.
// Where it fails, stop stops what was made.
func (a *app) newService(ctx context.Context, name string) (*otelsetup.SDK, *service.Service, error) {
	sdk, err := otelsetup.Start(ctx,
		otelsetup.WithServiceName(name), otelsetup.WithoutGlobals(), otelsetup.OnlyIfConfigured(),
		otelsetup.WithLogger(a.log.With("service", name)))
	if err != nil {
		return nil, nil, fmt.Errorf("shop: %s: %w", name, err)
	}
	var processors []event.Processor
	if a.tally != nil {
		processors = append(processors, a.tally)
	}
	if a.queue != nil {
		processors = append(processors, lent{a.queue})
	}
	for _, s := range a.sinks {
		processors = append(processors, lent{s})
	}
	svc, err := service.New(service.Config{
		Name: name, SDK: sdk, Clock: service.NewClock(a.clock), DemoClock: a.demoClock,
		DropTraces: 1 - a.sample, CustomerKey: a.customerKey, Processors: processors, Store: a.journeys.Journeys, Log: a.log.With("service", name),
	})
	if err != nil {
		return nil, nil, errors.Join(err, sdk.Shutdown(ctx))
	}
	a.services = append(a.services, svc)
	return sdk, svc, nil
}

// lent is a queue that a client uses but does not own: both services' events go through one,
// so that the story is told in the order in which things happened.
type lent struct{ queue }

type queue interface {
	event.Processor
	event.Flusher
}

// Shutdown implements [event.Processor]: the queue goes on for the other client.
func (l lent) Shutdown(ctx context.Context) error { return l.Flush(ctx) }

// invite tells a person what to do.
func (a *app) invite() {
	if a.shopURL != "" {
		_, _ = fmt.Fprintf(a.stderr, "\nOpen %s in a browser and buy something. Ctrl-C ends it.\n", a.shopURL)
		if a.store.Shared() {
			_, _ = fmt.Fprintf(a.stderr, "Journeys are kept in %s: stop in the middle of a purchase, start it again with the same\n-store and -storefront, and go on in the same browser. It stays one journey.\n", a.store)
		}
		_, _ = io.WriteString(a.stderr, "\n")
	}
}

// look says, of a journey that has ended, where it can be seen.
func (a *app) look(e *event.Event) string {
	if e.Kind != event.JourneyEnded {
		return ""
	}
	return guide.Lines(a.guide().Journey(e.Journey.ID, e.Journey.TraceID().String()))
}

// wait returns when ctx is done, or a server has ended by itself.
func (a *app) wait(ctx context.Context) error {
	ended := make(chan error, len(a.services))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, s := range a.services {
		go func() { ended <- s.Wait(ctx) }()
	}
	return <-ended
}

// stop stops everything, the storefront before the payments service that it calls. It has a
// context of its own: the one that Ctrl-C has cancelled would leave no time.
func (a *app) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	var errs []error
	for _, s := range slices.Backward(a.services) {
		errs = append(errs, a.lost(s.Name(), s.Stop(ctx)))
		if s.Name() == serviceStorefront && a.shop != nil {
			a.shop.Close() // or payments would wait for connections on which nothing comes any more
		}
	}
	if a.queue != nil {
		errs = append(errs, a.queue.Shutdown(ctx))
	}
	errs = append(errs, a.closeSinks(ctx), a.journeys.Close())
	return errors.Join(errs...)
}

// lost returns what a service could not send: what stop has found, else what was found before it.
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

// closeSinks delivers what waits, to all sinks at a time, and tells how much that was.
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
