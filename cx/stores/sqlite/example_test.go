package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/sqlite"
)

func ExampleOpen() {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "journeys.db")

	ctx, run := context.Background(), ledger.Key{1}
	for _, what := range []string{"started", " and went on"} { // the second time it is there already
		store, err := sqlite.Open(path)
		if err != nil {
			fmt.Println(err)
			return
		}
		records, err := store.Write(ctx, []ledger.Change{{Key: run, Append: []byte(what), Lease: time.Hour}})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s\n", records[0].Log)
		if err := store.Close(); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// started
	// started and went on
}
