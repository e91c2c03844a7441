package event_test

import (
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// An ID tells events apart, and the order of IDs is that of time.
func ExampleNewID() {
	first := event.NewID(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	second := event.NewID(time.Date(2026, 3, 2, 9, 0, 1, 0, time.UTC))
	fmt.Println(first.String() < second.String())
	// Output: true
}
