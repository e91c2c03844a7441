package lines_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/lines"
)

func ExampleNew() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "lines")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "events.jsonl")
	const first = `{"v":1,"id":"01970000-0000-7000-8000-000000000001","kind":"journey.started","time":"2026-03-02T08:00:00Z","journey":{"name":"checkout","id":"cart-1"}}` + "\n"
	const second = `{"v":1,"id":"01970000-0000-7000-8000-000000000002","kind":"journey.ended","time":"2026-03-02T08:05:00Z","journey":{"name":"checkout","id":"cart-1"},"outcome":"completed"}` + "\n"
	if err := os.WriteFile(path, []byte(first), 0o600); err != nil {
		fmt.Println(err)
		return
	}

	source, err := lines.New(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	show := func(e *event.Event) error {
		fmt.Println(e.Kind, e.Journey.ID)
		return nil
	}
	cursor, err := source.Scan(ctx, event.Scan{}, show)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := os.WriteFile(path, []byte(first+second), 0o600); err != nil { // the file has grown
		fmt.Println(err)
		return
	}
	if _, err := source.Scan(ctx, event.Scan{Since: cursor}, show); err != nil {
		fmt.Println(err)
	}
	// Output:
	// journey.started cart-1
	// journey.ended cart-1
}
