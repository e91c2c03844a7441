package journey_test

import (
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/journey"
)

// promise prints the promises of the journey, in the form of the blueprint.
func promise(opts ...journey.Option) {
	claim := journey.Define("claim", append(opts, journey.Stages("received", "waiting", "replied"))...)
	if err := claim.Validate(); err != nil {
		fmt.Println(err)
	}
	for p := range claim.Promises() {
		fmt.Println(p.Name, p.String())
	}
}

func ExampleSince() {
	promise(journey.Promise("answered", 24*time.Hour, journey.Since("received")))
	// Output: answered within 24h0m0s from received until end
}

func ExampleSinceTouchpoint() {
	promise(journey.Promise("answered", 24*time.Hour, journey.SinceTouchpoint("send-claim")))
	// Output: answered within 24h0m0s from the touchpoint send-claim until end
}

func ExampleUntil() {
	promise(journey.Promise("answered", 24*time.Hour, journey.Until("replied")))
	// Output: answered within 24h0m0s from start until replied
}

func ExampleUntilTouchpoint() {
	promise(journey.Promise("answered", 24*time.Hour, journey.UntilTouchpoint("answer-by-mail")))
	// Output: answered within 24h0m0s from start until the touchpoint answer-by-mail
}

// The time does not count while the company waits for the customer. It has to count in some stage.
func ExamplePauses() {
	promise(journey.Promise("answered", 24*time.Hour, journey.Pauses("waiting")))
	promise(journey.Promise("answered", 24*time.Hour, journey.Pauses("received", "waiting", "replied")))
	// Output:
	// answered within 24h0m0s from start until end, not in waiting
	// journey "claim": the promise "answered" pauses in every stage, so that its time never ends: leave out the stages in which the customer waits for the company
	// answered within 24h0m0s from start until end, not in received, waiting, replied
}

func ExampleTarget() {
	promise(journey.Promise("answered", 24*time.Hour, journey.Target(0.9)))
	// Output: answered within 24h0m0s from start until end, 90% of them
}

// A claim that comes in on Friday afternoon has eight opened hours, which end on Monday.
func ExampleHours() {
	office := calendar.Define("office", calendar.Zone("Europe/London"), calendar.Open("mon-fri", "09:00-17:00"))
	claim := journey.Define("claim", journey.Promise("answered", 8*time.Hour, journey.Hours(office)))
	for p := range claim.Promises() {
		fmt.Println(p.Due(time.Date(2026, time.January, 9, 15, 0, 0, 0, time.UTC)).Format("Mon 15:04"))
	}
	// Output: Mon 15:00
}

// The third business day after a Thursday is a Tuesday, if the weekend is closed.
func ExampleBusinessDays() {
	office := calendar.Define("office", calendar.Zone("Europe/London"), calendar.Open("mon-fri", "09:00-17:00"))
	claim := journey.Define("claim", journey.Promise("answered", 0, journey.BusinessDays(3), journey.Hours(office)))
	for p := range claim.Promises() {
		fmt.Println(p.Due(time.Date(2026, time.January, 8, 15, 0, 0, 0, time.UTC)).Format("Mon 15:04"))
	}
	// Output: Tue 17:00
}

// The definition names what code promises, so that a misspelt name is found.
func ExampleByHand() {
	claim := journey.Define("claim", journey.ByHand("call back"))
	fmt.Println(claim.HasPromise("call back"), claim.HasPromise("cal back"))
	// Output: true false
}
