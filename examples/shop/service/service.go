// Package service is what the shop's two services have in common: an HTTP server, a Cairn
// client and the OpenTelemetry providers behind it, started and stopped in the right order.
package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/examples/shop/experience"
)

// Config is what a service is made of.
type Config struct {
	// Name of the service, for its log lines.
	Name string
	// SDK has the OpenTelemetry providers. The service shuts it down when it stops.
	SDK *otelsetup.SDK
	// Clock is what events take their time from.
	Clock *Clock
	// DemoClock opens POST /demo/clock, with which the demonstration moves the clock.
	DemoClock bool
	// CustomerKey is the key of the hash that customers are known by.
	CustomerKey []byte
	// DropTraces is the part of the journeys whose traces are not kept, 0 to 1.
	DropTraces float64
	// Store is where journeys are kept; nil is this process's memory. The service does not close it.
	Store ledger.Store
	// Processors see every event. The service shuts them down when it stops.
	Processors []event.Processor
	// Log is where the service logs.
	Log *slog.Logger
}

// Service is one running service.
type Service struct {
	cfg    Config
	client *cx.Client
	server *http.Server
	url    string
	done   chan struct{} // closed when the server has ended
	err    error         // why, to be read after done
}

// New returns a service with a Cairn client of its own. Nothing is served yet.
func New(cfg Config) (*Service, error) {
	client, err := cx.New(
		cx.WithDefinitions(experience.Definitions()...),
		cx.WithTracerProvider(cfg.SDK.TracerProvider),
		cx.WithJourneyTracerProvider(cfg.SDK.JourneyTracerProvider),
		cx.WithMeterProvider(cfg.SDK.MeterProvider),
		cx.WithLoggerProvider(cfg.SDK.LoggerProvider),
		cx.WithCustomerKey(cfg.CustomerKey),
		cx.WithRedactor(Redact),
		cx.WithClock(cfg.Clock.Now),
		cx.WithJourneySampling(1-cfg.DropTraces),
		cx.WithProcessors(cfg.Processors...),
		cx.WithStore(cfg.Store),
	)
	if err != nil {
		return nil, fmt.Errorf("service %s: %w", cfg.Name, err)
	}
	return &Service{cfg: cfg, client: client, done: make(chan struct{})}, nil
}

// Serve listens on the address and serves app until [Service.Stop].
func (s *Service) Serve(ctx context.Context, addr string, app http.Handler) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("service %s: %w", s.cfg.Name, err)
	}
	s.url = "http://" + listener.Addr().String()
	s.server = &http.Server{
		Handler: s.withDemoClock(app),
		// Both services may live in one process, so each request's context says whose client
		// records. A process that is one service calls cx.SetDefault instead.
		BaseContext:       func(net.Listener) context.Context { return cx.NewContext(context.Background(), s.client) },
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelWarn),
	}
	go func() {
		defer close(s.done)
		if err := s.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.err = fmt.Errorf("service %s: %w", s.cfg.Name, err)
		}
	}()
	return nil
}

// Name returns the service's name.
func (s *Service) Name() string { return s.cfg.Name }

// URL returns where the service is, as http://host:port.
func (s *Service) URL() string { return s.url }

// Client returns the service's Cairn client.
func (s *Service) Client() *cx.Client { return s.client }

// Wait returns when the server has ended by itself, with why, or when ctx is done.
func (s *Service) Wait(ctx context.Context) error {
	select {
	case <-s.done:
		return s.err
	case <-ctx.Done():
		return nil
	}
}

// Advance moves the service's clock ahead and ends the journeys that are abandoned by then.
// No request should be under way: it would seem to have taken that long.
func (s *Service) Advance(ctx context.Context, d time.Duration) error {
	s.cfg.Clock.Advance(d)
	return s.Flush(ctx)
}

// Flush ends the journeys that are abandoned by now and sends everything that waits to be
// sent.
func (s *Service) Flush(ctx context.Context) error {
	if err := errors.Join(s.client.Flush(ctx), s.cfg.SDK.Flush(ctx)); err != nil {
		return fmt.Errorf("service %s: %w", s.cfg.Name, err)
	}
	return nil
}

// Stop lets requests end, then sends what is left: first the server, which records, then the
// client, which makes signals of it, then the SDK, which sends them. Give it a context of its
// own with a timeout, not the one that the interrupt has cancelled.
func (s *Service) Stop(ctx context.Context) error {
	var errs []error
	if s.server != nil {
		errs = append(errs, s.server.Shutdown(ctx))
	}
	errs = append(errs, s.client.Shutdown(ctx), s.cfg.SDK.Shutdown(ctx))
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("service %s: %w", s.cfg.Name, err)
	}
	return nil
}

// Now returns the time on the service's clock.
func (s *Service) Now() time.Time { return s.cfg.Clock.Now() }
