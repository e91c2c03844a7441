package sqlarchive_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

func ExampleReader_Scan() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "archive")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "archive.db")
	archive, err := sqlarchive.OpenSQLite(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = archive.Shutdown(ctx) }()
	happened := func(kind event.Kind) {
		e := event.Event{Kind: kind, Time: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC), Journey: event.Run{Name: "checkout", ID: "cart-1"}}
		if err := archive.Export(ctx, []event.Event{e}); err != nil {
			fmt.Println(err)
		}
	}
	happened(event.JourneyStarted)

	reader, err := sqlarchive.ReadSQLite(ctx, path)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = reader.Close() }()
	var kept []byte // a file, perhaps
	scan := func() {
		var since event.Cursor
		if len(kept) > 0 {
			if err := json.Unmarshal(kept, &since); err != nil {
				fmt.Println(err)
				return
			}
		}
		next, err := reader.Scan(ctx, event.Scan{Since: since}, func(e *event.Event) error {
			fmt.Println(e.Kind, e.Journey.ID)
			return nil
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		if kept, err = json.Marshal(next); err != nil {
			fmt.Println(err)
		}
	}
	scan()
	happened(event.JourneyEnded)
	scan()
	// Output:
	// journey.started cart-1
	// journey.ended cart-1
}
