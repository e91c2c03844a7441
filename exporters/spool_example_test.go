package exporters_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/stdout"
)

func ExampleNewSpool() {
	dir, err := os.MkdirTemp("", "spool") // in a service, a directory that outlives it
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)

	spool, err := exporters.NewSpool(dir, stdout.New())
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	// In a service: cx.New(cx.WithExporters(spool)), which exports to it.
	err = spool.Export(ctx, []event.Event{{
		Kind: event.TouchpointEnded, Time: time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC), Touchpoint: "pay",
	}})
	fmt.Println("on the disk:", err == nil)

	if err := spool.Drain(ctx); err != nil { // waits until the sink has everything
		fmt.Println(err)
	}
	fmt.Println("waiting:", spool.Stats().Waiting)
	if err := spool.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Unordered output:
	// on the disk: true
	// {"v":1,"kind":"touchpoint.ended","time":"2026-04-17T12:00:00Z","touchpoint":"pay"}
	// waiting: 0
}
