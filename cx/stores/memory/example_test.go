package memory_test

import (
	"context"
	"errors"
	"fmt"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
)

// A store that is full takes changes of the records that it has, and evicts none.
func ExampleNew() {
	store, err := memory.New(memory.WithMaxRecords(1))
	if err != nil {
		fmt.Println(err)
		return
	}
	add := func(to ledger.Store, key byte, log string) {
		records, err := to.Write(context.Background(), []ledger.Change{{Key: ledger.Key{key}, Append: []byte(log)}})
		if err != nil {
			fmt.Println("full:", errors.Is(err, memory.ErrFull))
			return
		}
		fmt.Printf("%s\n", records[0].Log)
	}
	add(store, 1, "started;")
	add(store, 2, "started;")
	add(store, 1, "paid;")
	add(store.Shelf("tasks"), 1, "called;")
	// Output:
	// started;
	// full: true
	// started;paid;
	// called;
}
