package exporters_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/processortest"
)

// valve keeps calls from going on while it is shut.
type valve struct {
	mu   sync.Mutex
	shut chan struct{} // closed when the valve opens again; nil while it is open
}

func (g *valve) pass(ctx context.Context) error {
	g.mu.Lock()
	shut := g.shut
	g.mu.Unlock()
	if shut == nil {
		return nil
	}
	select {
	case <-shut:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// stall shuts the valve until it is released.
func (g *valve) stall(*testing.T) (release func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	shut := make(chan struct{})
	g.shut = shut
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		close(shut)
		g.shut = nil
	}
}

// TestBatchIsAProcessor: a Batch keeps the contract of processors, whatever it does with what does not fit.
func TestBatchIsAProcessor(t *testing.T) {
	for name, opts := range map[string][]exporters.BatchOption{
		"by default":       nil,
		"drops the oldest": {exporters.WithOverflow(exporters.DropOldest)},
		"four at a time":   {exporters.WithConcurrency(4), exporters.WithBatchSize(16)},
	} {
		t.Run(name, func(t *testing.T) {
			processortest.Run(t, func(*testing.T) processortest.Subject {
				var g valve
				s := &fake{export: func(ctx context.Context, _ []event.Event) error { return g.pass(ctx) }}
				subject := processortest.Subject{Processor: exporters.NewBatch(s, append(opts, exporters.WithMeterProvider(newMeters()))...), Stall: g.stall}
				if name != "four at a time" { // which keeps the order of a journey, not of all
					subject.Processed = func(*testing.T) []event.Event {
						s.mu.Lock()
						defer s.mu.Unlock()
						return slices.Clone(s.events)
					}
				}
				return subject
			})
		})
	}
}
