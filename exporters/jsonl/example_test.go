package jsonl_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/jsonl"
	"cairncx.dev/cairn/touchpoint"
)

// The file is behind a spool on another disk. Events wait in the spool while the file's disk is full.
func Example() {
	folder, err := os.MkdirTemp("", "events") // a service uses permanent directories
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "events.jsonl")

	sink, err := jsonl.New(path, jsonl.WithSync(jsonl.EveryBatch))
	if err != nil {
		fmt.Println(err)
		return
	}
	spool, err := exporters.NewSpool(filepath.Join(folder, "spool"), sink) // owns the sink
	if err != nil {
		fmt.Println(err)
		return
	}
	at := time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)
	client, err := cx.New(cx.WithExporters(spool), cx.WithClock(func() time.Time { return at }))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	pay := touchpoint.Define("pay")
	_, tp := pay.Start(cx.NewContext(ctx, client), event.Web)
	tp.End()
	if err := client.Flush(ctx); err != nil { // on the spool's disk
		fmt.Println(err)
	}
	if err := spool.Drain(ctx); err != nil { // in the file
		fmt.Println(err)
	}
	if err := client.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}

	text, err := os.ReadFile(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	e, err := event.ParseJSON(text)
	fmt.Println(e.Kind, e.Touchpoint, e.Outcome, err)
	// Output: touchpoint.ended pay ok <nil>
}

func ExampleNew() {
	folder, err := os.MkdirTemp("", "events")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "events.jsonl")

	sink, err := jsonl.New(path,
		jsonl.WithMaxSize(64<<20),
		jsonl.WithMaxAge(time.Hour),
		jsonl.WithSync(jsonl.EveryBatch),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	// A client with cx.WithExporters(sink) does this.
	if err := sink.Export(ctx, []event.Event{
		{Kind: event.TouchpointEnded, Time: time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC), Touchpoint: "pay", Outcome: event.OK},
	}); err != nil {
		fmt.Println(err)
	}
	if err := sink.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}

	text, err := os.ReadFile(path)
	fmt.Printf("%s%v\n", text, err)
	// Output:
	// {"v":1,"kind":"touchpoint.ended","time":"2026-04-17T12:00:00Z","touchpoint":"pay","outcome":"ok"}
	// <nil>
}

func ExampleNewWriter() {
	sink, err := jsonl.NewWriter(os.Stdout)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	if err := sink.Export(ctx, []event.Event{
		{Kind: event.JourneyStarted, Time: time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC), Journey: event.Run{Name: "checkout", ID: "cart-42"}},
	}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(sink.Flush(ctx), sink.Shutdown(ctx))
	// Output:
	// {"v":1,"kind":"journey.started","time":"2026-04-17T12:00:00Z","journey":{"name":"checkout","id":"cart-42"}}
	// <nil> <nil>
}
