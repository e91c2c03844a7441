package crowd_test

import (
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/shop/crowd"
)

// The numbers of 20 customers, counted by hand from the list in the comment of crowd.At.
func twenty() crowd.Counts {
	return crowd.Counts{
		Started:   20,
		Ended:     map[string]int{"completed": 14, "abandoned": 6},
		Abandoned: map[string]int{"cart": 1, "address": 2, "payment": 3},
		Entered:   map[string]int{"cart": 20, "address": 19, "payment": 17, "confirmation": 14},
		Promises:  map[string]map[string]int{"confirmed": {"made": 17, "kept": 14, "broken": 3}}, // 14 pay, and 3 leave at the payment
		Touchpoints: map[string]map[string]int{
			"view-cart":       {"ok": 20},
			"enter-address":   {"ok": 17},
			"submit-payment":  {"ok": 12, "degraded": 2, "failed": 5},
			"charge-card":     {"ok": 12, "degraded": 2, "failed": 5},
			"order-confirmed": {"ok": 14},
			"call-support":    {"ok": 2, "failed": 1},
			"survey-mail":     {"ok": 13}, // 14 pay, and one of them is a widow
			"campaign-mail":   {"ok": 30}, // two to each of 17 customers, without the widow and the one who complains
		},
		Refused: map[string]map[string]int{
			"survey":   {"suppressed (deceased)": 1},
			"campaign": {"suppressed (deceased)": 3, "hold (complaint)": 3, "cap": 15},
		},
		Asked: map[string]int{"post-purchase": 14, "nps": 13}, // the question of the mails
		Answers: map[string]map[string]int{
			"post-purchase": {"positive": 8, "neutral": 2, "negative": 2},
			"nps":           {"positive": 4, "neutral": 3, "negative": 3},
		},
		FollowUps: map[string]map[string]int{
			"recovery":  {"dissatisfied": 2, "detractor": 3}, // the negative answers
			"complaint": {"complaint": 1},
		},
	}
}

func TestExpect(t *testing.T) {
	got := crowd.Expect(20)
	for _, diff := range got.Diff(twenty()) {
		t.Error(diff)
	}
	if got := got.SupportCalls(); got != 3 {
		t.Errorf("support calls: %d, want 3", got)
	}
	forty := crowd.Expect(40)
	if forty.Started != 40 || forty.Touchpoints["submit-payment"]["failed"] != 10 {
		t.Errorf("the crowd of 40 is not twice the crowd of 20: %+v", forty)
	}
	nobody := crowd.Expect(0)
	if diff := nobody.Diff(crowd.Counts{}); len(diff) > 0 {
		t.Errorf("a crowd of 0 customers has counts: %q", diff)
	}
}

func TestEveryJourneyEnds(t *testing.T) {
	for n := range 100 {
		c := crowd.Expect(n)
		if ended := c.Ended["completed"] + c.Ended["abandoned"]; ended != c.Started {
			t.Errorf("%d customers made %d starts and %d ends", n, c.Started, ended)
		}
	}
}

func TestDiffNamesWhatDiffers(t *testing.T) {
	got := crowd.Expect(20)
	got.Add(&event.Event{Kind: event.TouchpointEnded, Touchpoint: "view-cart", Outcome: event.Failed})
	got.Add(&event.Event{Kind: event.JourneyStarted})
	diff := got.Diff(crowd.Expect(20))
	want := []string{"journeys started: 21, want 20", "touchpoint view-cart: failed: 1, want 0"}
	if len(diff) != len(want) || diff[0] != want[0] || diff[1] != want[1] {
		t.Errorf("got %q, want %q", diff, want)
	}
}

// TestPromisesAreCountedOnce: a promise that is kept late stays broken, and one that was withdrawn is neither.
func TestPromisesAreCountedOnce(t *testing.T) {
	var c crowd.Counts
	for _, e := range []event.Event{
		{Kind: event.PromiseMade},
		{Kind: event.PromiseKept},
		{Kind: event.PromiseMade},
		{Kind: event.PromiseBroken},
		{Kind: event.PromiseKept, Late: true},
		{Kind: event.PromiseMade},
		{Kind: event.PromiseWithdrawn},
	} {
		e.Promise = &event.Promise{Name: "confirmed"}
		c.Add(&e)
	}
	want := crowd.Counts{Promises: map[string]map[string]int{"confirmed": {"made": 3, "kept": 1, "broken": 1, "withdrawn": 1}}}
	for _, diff := range c.Diff(want) {
		t.Error(diff)
	}
}
