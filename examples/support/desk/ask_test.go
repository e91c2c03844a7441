package desk_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
)

// TestLoop: a customer is asked after a call, is not satisfied, gets an answer, objects, gets another one, and is content.
func TestLoop(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	v, other := c.visitor(), c.visitor()
	v.do("call-dial", "intent=change-address", "line=orders")
	for _, act := range []string{"desk-answer", "desk-claim", "desk-end", "desk-end"} {
		v.do(act, "on=call", "resolved=yes")
	}
	m := regexp.MustCompile(`data-ask="([^"]+)"`).FindStringSubmatch(v.body)
	if m == nil {
		t.Fatalf("the customer is not asked:\n%s", v.body)
	}
	if status := v.send("POST", "/feedback/r/"+m[1], url.Values{"score": {"1"}, "causes": {"sent-around"}, "comment": {"Nobody knew."}}); status != 200 || !strings.Contains(v.body, "Larkfield") {
		t.Fatalf("the answer is answered with %d:\n%s", status, v.body)
	}
	if err := c.Client().Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	answers := c.Events(event.FeedbackReceived)
	if len(answers) != 1 || answers[0].Journey.Name != "matter" || answers[0].Customer.Hash == "" {
		t.Fatalf("the answers are %+v", answers)
	}
	f := blueprintOf(t).FollowUp("complaint")
	id := f.ID(answers[0].ID)
	const ours = "You told us that our help was not good" // the heading of an answer
	for _, said := range [][2]string{{"no", "We look at it again."}, {"yes", "Thank you."}} {
		f.Tell(f.Resume(c.Context(t.Context()), id), feedback.Note("<b>Sorry.</b>"))
		if err := c.advance(t.Context(), time.Second); err != nil {
			t.Fatal(err)
		}
		v.get("/")
		if other.get("/"); !strings.Contains(v.body, "&lt;b&gt;Sorry.&lt;/b&gt;") || strings.Contains(other.body, ours) {
			t.Errorf("the customer reads\n%s\nand another one\n%s", v.body, other.body)
		}
		if problem := other.try("reply", "id="+id, "content=yes"); problem == "" {
			t.Error("another customer confirms the answer")
		}
		v.do("reply", "id="+id, "content="+said[0])
		if !strings.Contains(v.body, said[1]) || strings.Contains(v.body, ours) {
			t.Errorf("after %s the customer reads\n%s", said[0], v.body)
		}
		if err := c.advance(t.Context(), time.Second); err != nil {
			t.Fatal(err)
		}
	}
	c.Journey("complaint", id).Completed().Stages("received", "told", "received", "told", "confirmed")

	// What is open when the program ends, ends with it.
	c.app.FollowedUp(t.Context(), event.Event{Kind: event.JourneyStageEntered, Stage: feedback.Received, Journey: event.Run{Name: "complaint", ID: "x"}, FollowUp: &event.FollowUp{Feedback: answers[0].ID}})
	f.Open(c.Context(t.Context()), "x", event.Customer{})
	c.app.Close(c.Context(t.Context()))
	c.Journey("complaint", "x").Cancelled().Because("demonstration-over")
}
