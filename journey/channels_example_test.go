package journey_test

import (
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
)

// Customers come by the web and by phone: the counters of starts and ends exist for both from the start, so that the
// first one of each is in the increase, too.
func ExampleChannels() {
	claim := journey.Define("claim",
		journey.Stages("report", "review", "decision"),
		journey.Channels(event.Web, event.Phone))
	fmt.Println(claim.Channels(), claim.Validate())
	// Output: [web phone] <nil>
}

// A customer who does nothing for half an hour has given up.
func ExampleAbandonAfter() {
	checkout := journey.Define("checkout", journey.AbandonAfter(30*time.Minute))
	fmt.Println(checkout.AbandonAfter(), checkout.Validate())
	fmt.Println(journey.Define("checkout", journey.AbandonAfter(-1)).Validate() != nil)
	// Output:
	// 30m0s <nil>
	// true
}
