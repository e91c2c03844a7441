package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"sync/atomic"
	"time"

	lognoop "go.opentelemetry.io/otel/log/noop"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
)

// lookEvery is after how many rows the player looks up: at the progress, and at failures.
const lookEvery = 4096

// player gives the rows of a log to a client, one after the other, at their own times.
type player struct {
	client    *cx.Client
	clock     *logClock
	otlp      *otlpSink // nil without --otlp
	blueprint *blueprint.Blueprint
	notes     *notes
	until     time.Time
	customers bool // are hashed, so known

	known      map[string]bool // the touchpoints of the blueprint
	activities []activity
	event      event.Event

	events, unknown int64
}

// activity is what is known of the activity of a number.
type activity struct {
	name    string
	journey string // "" where nobody can tell
	asked   bool
	known   bool
}

// logClock is the time of the log.
type logClock struct{ ns atomic.Int64 }

func (c *logClock) now() time.Time { return time.Unix(0, c.ns.Load()).UTC() }

func newPlayer(ctx context.Context, s *replaySettings, bp *blueprint.Blueprint, to event.Processor, n *notes) (*player, error) {
	p := &player{clock: &logClock{}, blueprint: bp, notes: n, until: s.until, customers: s.keyFile != "", known: map[string]bool{}}
	for _, name := range touchpointNames(bp) {
		p.known[name] = true
	}
	opts := []cx.Option{
		cx.WithBlueprint(bp), cx.WithClock(p.clock.now), cx.WithImplicitStarts(),
		cx.WithSweepInterval(math.MaxInt64), // the player sweeps: the time passes with the log
		cx.WithProcessors(to), cx.WithMeterProvider(metricnoop.NewMeterProvider()),
		cx.WithTracerProvider(tracenoop.NewTracerProvider()),
		cx.WithSpanLimit(math.MaxInt32), // a log has an end
	}
	if s.keyFile != "" {
		key, err := os.ReadFile(s.keyFile)
		if err != nil {
			return nil, fmt.Errorf("--customer-key-file: %w", err)
		}
		opts = append(opts, cx.WithCustomerKey(bytes.TrimRight(key, "\r\n")))
	} else if s.columns.Customer != "" {
		n.say("customers are not known without --customer-key-file")
	}
	if s.otlp == "" {
		opts = append(opts, cx.WithJourneyTracerProvider(tracenoop.NewTracerProvider()), cx.WithLoggerProvider(lognoop.NewLoggerProvider()))
	} else {
		sink, err := newOTLPSink(ctx, s.otlp)
		if err != nil {
			return nil, err
		}
		p.otlp = sink
		opts = append(opts, cx.WithJourneyTracerProvider(sink.spans), cx.WithLoggerProvider(sink.logs))
	}
	client, err := cx.New(opts...)
	if err != nil {
		return nil, errors.Join(err, p.otlp.close(ctx))
	}
	p.client = client
	return p, nil
}

// play plays the log to its end.
func (p *player) play(ctx context.Context, log *eventlog.Log) error {
	for {
		row, err := log.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err //nolint:wrapcheck // says all there is to say
		}
		p.clock.ns.Store(row.Time)
		p.client.Sweep(ctx)
		if row.JSON != nil {
			if err := p.playJSON(ctx, row); err != nil {
				return err
			}
		} else {
			p.playRow(ctx, log, row)
		}
		if p.events++; p.events%lookEvery == 0 {
			if err := errors.Join(context.Cause(ctx), p.otlp.failure()); err != nil {
				return err
			}
			done, total := log.Done()
			p.notes.progress("Replaying", done, total)
		}
	}
	if !p.until.IsZero() {
		p.clock.ns.Store(p.until.UnixNano())
	}
	p.client.Sweep(ctx)
	return p.otlp.flush(ctx)
}

// playRow records the touchpoint that a row of a CSV file says.
func (p *player) playRow(ctx context.Context, log *eventlog.Log, row *eventlog.Row) {
	a := p.activity(log, row.Activity)
	e := &p.event
	*e = event.Event{
		Kind: event.TouchpointEnded, Time: p.clock.now(), Touchpoint: a.name,
		Channel: row.Channel, Outcome: row.Outcome,
	}
	if a.journey != "" {
		e.Journey = event.Journey{Name: a.journey, ID: string(row.Case)}
	}
	if p.customers && len(row.Customer) > 0 {
		e.Customer.ID = string(row.Customer)
	}
	p.record(ctx, e, a.known)
}

// playJSON records an event as it is.
func (p *player) playJSON(ctx context.Context, row *eventlog.Row) error {
	e, err := event.ParseJSON(row.JSON)
	if err != nil {
		return fmt.Errorf("an event that could be read cannot be read again: %w", err)
	}
	p.record(ctx, &e, e.Kind != event.TouchpointEnded || p.known[e.Touchpoint])
	return nil
}

// record records e and notes whether a name of it was unknown: then the client has folded it.
func (p *player) record(ctx context.Context, e *event.Event, known bool) {
	name := e.Touchpoint
	p.client.Record(ctx, e)
	if e.Touchpoint == event.Other || e.Journey.Name == event.Other || e.Stage == event.Other ||
		e.Feedback != nil && e.Feedback.Survey == event.Other {
		p.unknown++
	}
	if !known {
		p.notes.unknownActivity(name)
	}
}

// activity returns what is known of the activity of the number.
func (p *player) activity(log *eventlog.Log, number int) *activity {
	for number >= len(p.activities) {
		p.activities = append(p.activities, activity{})
	}
	a := &p.activities[number]
	if a.asked {
		return a
	}
	a.asked, a.name = true, log.Activity(number)
	a.known = p.known[a.name]
	if j, _ := p.blueprint.Touchpoint(a.name).Journey(); j != nil {
		a.journey = j.Name()
	} else if len(p.blueprint.Journeys) == 1 {
		a.journey = p.blueprint.Journeys[0].Name
	}
	return a
}

// close shuts everything down.
func (p *player) close(ctx context.Context) error {
	const patience = time.Minute
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := p.client.Shutdown(ctx)
	return errors.Join(err, p.otlp.close(ctx))
}
