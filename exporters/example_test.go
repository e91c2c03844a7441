package exporters_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/sink"
	"cairncx.dev/cairn/exporters/stdout"
)

// A sink refuses an event for good: it is put aside, and the others are delivered.
func ExampleNewDeadLetters() {
	dir, err := os.MkdirTemp("", "letters")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	dead, err := exporters.NewDeadLetters(filepath.Join(dir, "dead.jsonl"))
	if err != nil {
		fmt.Println(err)
		return
	}
	sink := exporters.NewRetry(picky{}, exporters.WithDeadLetters(dead))

	ctx := context.Background()
	err = sink.Export(ctx, []event.Event{
		{Kind: event.TouchpointEnded, Touchpoint: "search"},
		{Kind: event.TouchpointEnded, Touchpoint: "no such touchpoint"},
		{Kind: event.TouchpointEnded, Touchpoint: "pay"},
	})
	fmt.Println("error:", err)
	if err := sink.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	letters, err := os.ReadFile(filepath.Join(dir, "dead.jsonl"))
	fmt.Print(string(letters), err)
	// Output:
	// taken: search
	// taken: pay
	// error: <nil>
	// {"v":1,"kind":"touchpoint.ended","touchpoint":"no such touchpoint"}
	// <nil>
}

// picky is a sink that knows two touchpoints.
type picky struct{}

func (picky) Export(_ context.Context, events []event.Event) error {
	p := &sink.PartialError{}
	for i := range events {
		switch e := &events[i]; e.Touchpoint {
		case "search", "pay":
			fmt.Println("taken:", e.Touchpoint)
		default:
			p.Failed = append(p.Failed, sink.Failure{
				Index: i, ID: e.ID, Err: sink.Permanent(errors.New("it is not in the catalogue")),
			})
		}
	}
	if len(p.Failed) > 0 {
		return p
	}
	return nil
}

func (picky) Shutdown(context.Context) error { return nil }

// Two sinks behind one exporter: neither waits for the other.
func ExampleNewTee() {
	tee := exporters.NewTee([]event.Exporter{stdout.New(), exporters.NewRetry(picky{})}, exporters.WithName("both"))
	ctx := context.Background()
	if err := tee.Export(ctx, []event.Event{{Kind: event.TouchpointEnded, Touchpoint: "pay"}}); err != nil {
		fmt.Println(err)
	}
	if err := tee.Shutdown(ctx); err != nil { // delivers what is queued
		fmt.Println(err)
	}
	// Unordered output:
	// {"v":1,"kind":"touchpoint.ended","touchpoint":"pay"}
	// taken: pay
}

// classify says what an HTTP status means, so that Retry and Spool know what to do.
func classify(status int) error {
	err := fmt.Errorf("the warehouse answers %d", status)
	switch status {
	case http.StatusOK:
		return nil
	case http.StatusBadRequest:
		return sink.Permanent(err) // the same again will not do
	case http.StatusTooManyRequests:
		return sink.RetryAfter(err, 30*time.Second) // as it asks for
	default:
		return err // perhaps next time
	}
}

func ExamplePermanent() {
	for _, status := range []int{400, 500} {
		err := classify(status)
		fmt.Println(err, sink.IsPermanent(err))
	}
	// Output:
	// the warehouse answers 400 true
	// the warehouse answers 500 false
}

func ExampleRetryAfter() {
	err := classify(429)
	after, asked := sink.RetryDelay(err)
	fmt.Println(err, after, asked)
	// Output: the warehouse answers 429 30s true
}

func ExamplePartialError() {
	err := picky{}.Export(context.Background(), []event.Event{{Touchpoint: "search"}, {Touchpoint: "fly"}})
	if p, ok := errors.AsType[*sink.PartialError](err); ok {
		for _, f := range p.Failed {
			fmt.Println("event", f.Index, "was not taken:", f.Err)
		}
	}
	// Output:
	// taken: search
	// event 1 was not taken: it is not in the catalogue
}

// What goes wrong in a queue goes to the application's own log.
func ExampleWithErrorHandler() {
	queue := exporters.NewBatch(nil, // the sink was forgotten
		exporters.WithErrorHandler(func(err error) { fmt.Println(err) }))
	_ = queue.Shutdown(context.Background())
	// Output:
	// cairn: exporters: NewBatch: the exporter is nil: give the sink that the events are for
}

// A filter drops what a sink is not to get, and scrubs the rest.
func ExampleFilter() {
	safe := exporters.Filter(terminal{}, func(e event.Event) (event.Event, bool) {
		e.Customer.Segment = ""                   // the sink never gets it
		return e, e.Actor != event.ActorSynthetic // a probe is no customer
	})
	batch := []event.Event{
		{Kind: event.TouchpointEnded, Touchpoint: "search", Customer: event.Customer{Segment: "gold"}},
		{Kind: event.TouchpointEnded, Touchpoint: "probe", Actor: event.ActorSynthetic},
	}
	fmt.Println(safe.Export(context.Background(), batch))
	fmt.Println(batch[0].Customer.Segment, "in the caller's batch")
	// Output:
	// search for the segment ""
	// <nil>
	// gold in the caller's batch
}

// terminal is a sink that prints the events.
type terminal struct{}

func (terminal) Export(_ context.Context, events []event.Event) error {
	for _, e := range events {
		fmt.Printf("%s for the segment %q\n", e.Touchpoint, e.Customer.Segment)
	}
	return nil
}

func (terminal) Shutdown(context.Context) error { return nil }
