// Package service is the part that the shop's two services and the other examples share: an HTTP server, a Cairn client
// and the OpenTelemetry providers behind it, started and stopped in the right order.
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
)

// Config has the parts and settings of a service.
type Config struct {
	// Name of the service, for its log lines.
	Name string
	// SDK has the OpenTelemetry providers. The service shuts it down when it stops.
	SDK *otelsetup.SDK
	// Clock gives events their time.
	Clock *Clock
	// DemoClock enables POST /demo/clock, with which the demonstration moves the clock.
	DemoClock bool
	// CustomerKey is the key for the hash of customers' IDs.
	CustomerKey []byte
	// DropTraces is the fraction of journeys whose traces are dropped, 0 to 1.
	DropTraces float64
	// Store keeps journeys. Default: nil, the memory of this process. The service does not close the store.
	Store ledger.Store
	// Contacts keeps customers' records, which the contact policy asks. Default: nil, Store.
	Contacts ledger.Store
	// Processors see every event. The service shuts them down when it stops.
	Processors []event.Processor
	// Options are further options of the client, such as what the service defines.
	Options []cx.Option
	// Log gets the service's log lines.
	Log *slog.Logger
}

// Service is one running service.
type Service struct {
	cfg    Config
	client *cx.Client
	server *http.Server
	url    string
	done   chan struct{} // closed when the server has ended
	err    error         // why the server ended; read it after done
}

// New returns a service with a Cairn client of its own. It does not listen yet.
func New(cfg Config) (*Service, error) {
	client, err := cx.New(append([]cx.Option{
		cx.WithTracerProvider(cfg.SDK.TracerProvider),
		cx.WithJourneyTracerProvider(cfg.SDK.JourneyTracerProvider),
		cx.WithMeterProvider(cfg.SDK.MeterProvider),
		cx.WithLoggerProvider(cfg.SDK.LoggerProvider),
		cx.WithCustomerKey(cfg.CustomerKey),
		cx.WithRedactor(Redact),
		cx.WithClock(cfg.Clock.Now),
		cx.WithJourneySampling(1 - cfg.DropTraces),
		cx.WithProcessors(cfg.Processors...),
		cx.WithStore(cfg.Store),
		cx.WithContactStore(cfg.Contacts),
	}, cfg.Options...)...)
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
		// Both services may run in one process, so each request's context carries the client of its service. A
		// process with one service calls cx.SetDefault instead.
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

// URL returns the URL of the service, as http://host:port.
func (s *Service) URL() string { return s.url }

// Client returns the service's Cairn client.
func (s *Service) Client() *cx.Client { return s.client }

// Wait returns the error with which the server has ended, or nil once ctx is done.
func (s *Service) Wait(ctx context.Context) error {
	select {
	case <-s.done:
		return s.err
	case <-ctx.Done():
		return nil
	}
}

// Advance moves the service's clock ahead and ends the journeys that are abandoned by then. No request should be
// running, because its duration would include the move.
func (s *Service) Advance(ctx context.Context, d time.Duration) error {
	s.cfg.Clock.Advance(d)
	return s.Flush(ctx)
}

// Flush ends the journeys that are abandoned by now and sends all waiting telemetry and events.
func (s *Service) Flush(ctx context.Context) error {
	if err := errors.Join(s.client.Flush(ctx), s.cfg.SDK.Flush(ctx)); err != nil {
		return fmt.Errorf("service %s: %w", s.cfg.Name, err)
	}
	return nil
}

// Stop lets running requests end and then sends what is left. It stops the server first, because requests record
// events. It then stops the client, which turns events into signals, and last the SDK, which sends them. Give it a
// new context with a timeout, because the interrupt has cancelled the service's own.
func (s *Service) Stop(ctx context.Context) error { return s.StopAfter(ctx, func() {}) }

// StopAfter is [Service.Stop], and calls last when the server has stopped, to record what is left.
func (s *Service) StopAfter(ctx context.Context, last func()) error {
	var errs []error
	if s.server != nil {
		errs = append(errs, s.server.Shutdown(ctx))
	}
	last()
	errs = append(errs, s.client.Shutdown(ctx), s.cfg.SDK.Shutdown(ctx))
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("service %s: %w", s.cfg.Name, err)
	}
	return nil
}

// Now returns the time on the service's clock.
func (s *Service) Now() time.Time { return s.cfg.Clock.Now() }
