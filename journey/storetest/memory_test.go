package storetest_test

import (
	"context"
	"fmt"
	"testing"

	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/journey/storetest"
)

// TestReference: the store that is there to be read is a good one.
func TestReference(t *testing.T) {
	storetest.Run(t, func(*testing.T) func() journey.Store {
		m := &storetest.Memory{}
		return func() journey.Store { return m }
	})
}

// What is appended comes back with all that is there: that is how whoever appends knows what it did.
func ExampleMemory() {
	var store storetest.Memory
	run := journey.RunID{1}
	for _, entry := range []string{"started", ", paid"} {
		records, err := store.Write(context.Background(), []journey.Change{{Run: run, Append: []byte(entry)}})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s\n", records[0].Log)
	}
	// Output:
	// started
	// started, paid
}
