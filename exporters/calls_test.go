package exporters_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
)

func TestCalls(t *testing.T) {
	var calls exporters.Calls
	done, cancel := context.WithCancelCause(t.Context())
	why := errors.New("no time")
	cancel(why)

	first, err := calls.Begin()
	if err != nil {
		t.Fatal(err)
	}
	second, err := calls.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if err := calls.Wait(done); !errors.Is(err, why) || !strings.Contains(err.Error(), "2 calls") {
		t.Errorf("Wait with two calls under way: %v", err)
	}
	first()
	first() // once is enough, and twice is no more
	if err := calls.Close(done); !errors.Is(err, why) || !strings.Contains(err.Error(), "1 calls") {
		t.Errorf("Close with a call under way: %v", err)
	}
	if _, err := calls.Begin(); !errors.Is(err, exporters.ErrClosed) || !calls.Closed() {
		t.Errorf("Begin after Close: %v", err)
	}
	second()
	if err := calls.Close(done); err != nil {
		t.Errorf("Close with nothing under way, whatever the context: %v", err)
	}
	if err := calls.Wait(nil); err != nil { //nolint:staticcheck // what a sink is given
		t.Errorf("Wait without a context: %v", err)
	}
}

// TestCallsWaitForThoseBefore: Wait does not wait for calls that begin after it.
func TestCallsWaitForThoseBefore(t *testing.T) {
	var calls exporters.Calls
	end, _ := calls.Begin()
	waited := make(chan error)
	go func() { waited <- calls.Wait(t.Context()) }()
	// Whether it has begun to wait or not: the later call never ends, the earlier one does.
	end()
	if err := <-waited; err != nil {
		t.Error(err)
	}
	if _, err := calls.Begin(); err != nil {
		t.Error(err)
	}
}

// terminal is a sink that prints the events.
type terminal struct{ calls exporters.Calls }

func (p *terminal) Export(_ context.Context, events []event.Event) error {
	end, err := p.calls.Begin()
	if err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	defer end()
	for i := range events {
		fmt.Println(events[i].Kind, events[i].Touchpoint)
	}
	return nil
}

func (p *terminal) Flush(ctx context.Context) error { return p.calls.Wait(ctx) }

func (p *terminal) Shutdown(ctx context.Context) error { return p.calls.Close(ctx) }

func ExampleCalls() {
	ctx := context.Background()
	p := &terminal{}
	_ = p.Export(ctx, []event.Event{{Kind: event.TouchpointEnded, Touchpoint: "search"}})
	_ = p.Shutdown(ctx)
	fmt.Println(p.Export(ctx, nil))
	// Output:
	// touchpoint.ended search
	// terminal: exporters: it is shut down
}

// TestContextsEnd: the context that a sink is given ends with the call, so that what the sink has begun with it does
// not live on until the time of the call is over.
func TestContextsEnd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var given []context.Context
		s := &sink{export: func(ctx context.Context, _ []event.Event) error {
			if ctx.Err() != nil {
				t.Error("a call begins with a context that has ended")
			}
			given = append(given, ctx)
			return nil
		}}
		b := exporters.NewBatch(s)
		b.Process(background, touch("of the queue"))
		must(t, b.Flush(background))
		spool, err := exporters.NewSpool(t.TempDir(), s)
		must(t, err)
		must(t, spool.Export(background, events(1)))
		must(t, spool.Drain(background))
		if len(given) != 2 {
			t.Fatalf("%d calls", len(given))
		}
		for i, ctx := range given {
			if ctx.Err() == nil {
				t.Errorf("the context of call %d lives on", i+1)
			}
		}
		must(t, spool.Shutdown(background))
		must(t, b.Shutdown(background))
	})
}
