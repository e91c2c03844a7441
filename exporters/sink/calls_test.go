package sink_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

func TestCalls(t *testing.T) {
	var calls sink.Calls
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
	if _, err := calls.Begin(); !errors.Is(err, sink.ErrClosed) || !calls.Closed() {
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
	var calls sink.Calls
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
type terminal struct{ calls sink.Calls }

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
	// terminal: it is shut down
}
