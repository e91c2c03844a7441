package event_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
)

// TestContactBeforeLegs: a contact that was written before it had legs is read as what it meant.
func TestContactBeforeLegs(t *testing.T) {
	t.Parallel()
	minute := event.Seconds(time.Minute)
	for _, c := range []struct {
		name, reason, in string
		want             event.Assisted
	}{
		{"nothing", "it says only that somebody helped", `{}`, event.Assisted{}},
		{"queue and wait", "whoever waited was in a queue", `{"queue":"billing","agent":"a7","wait_seconds":60,"hold_seconds":1}`, event.Assisted{
			Legs: []event.Leg{{Queue: "billing", Queued: true, Answered: true, Agent: "a7", Wait: minute, Hold: event.Seconds(time.Second)}},
		}},
		{"no wait", "0 did not tell an immediate answer from no queue", `{"queue":"billing"}`, event.Assisted{
			Legs: []event.Leg{{Queue: "billing", Answered: true}},
		}},
		{"transfers", "the last leg had the queue, the first one the wait", `{"queue":"billing","wait_seconds":60,"transfers":2}`, event.Assisted{
			Legs: []event.Leg{
				{Queued: true, Answered: true, Wait: minute, End: event.LegTransferred},
				{Answered: true, End: event.LegTransferred},
				{Queue: "billing", Answered: true},
			},
		}},
		{"claims", "true was said, false was not", `{"repeat":true,"resolved":true}`, event.Assisted{Again: event.Yes, Claimed: event.Yes}},
		{"not resolved", "false did not tell no from not said", `{"repeat":false,"resolved":false}`, event.Assisted{}},
		{"decided", "without an approval", `{"decided":true}`, event.Assisted{Decisions: []event.Decision{{}}}},
		{"approved", "after a wait", `{"approval_seconds":60}`, event.Assisted{Decisions: []event.Decision{{Approval: true, Waited: minute}}}},
		{"absurd transfers", "the list is bounded", `{"transfers":-9}`, event.Assisted{Legs: []event.Leg{{Answered: true}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e, err := event.ParseJSON([]byte(with(`"assisted":` + c.in)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&c.want, e.Assisted); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
	e, err := event.ParseJSON([]byte(with(`"assisted":{"transfers":2000000000}`)))
	if err != nil || len(e.Assisted.Legs) != event.MaxLegs {
		t.Errorf("two billion transfers are read as %d legs, %v", len(e.Assisted.Legs), err)
	}
}
