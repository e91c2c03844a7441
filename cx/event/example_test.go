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

// A name that looks like one, and is none, is refused with what is wrong with it.
func ExampleNameHint() {
	name := "check\u200bout"
	fmt.Println(event.ValidName(name), event.NameHint(name))
	// Output: false : byte 6 is U+200B, which cannot be seen: take it out
}
