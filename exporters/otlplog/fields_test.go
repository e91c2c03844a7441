package otlplog_test

import (
	"slices"
	"testing"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/proto"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/internal/fill"
	"cairncx.dev/cairn/exporters/otlplog"
)

// bodyOnly are the fields that package semconv does not name: a record has them in its body, and lacks them with WithoutJSON.
// Late marks an event whose journey is over, which the attributes do not say.
var bodyOnly = []string{
	"Duration", "Journey.Started", "Late",
	"Transition.From", "Transition.Visit", "Transition.Entered", "Promise.Made", "Promise.ByHand",
	"Feedback.Language", "Feedback.Causes", "Feedback.Sentiment", "Feedback.Amends", "Feedback.Previous",
	"Feedback.Testimonial.Version", "Feedback.Testimonial.Language", "Feedback.Testimonial.Text", "Feedback.Testimonial.Given",
	"Feedback.Testimonial.Withdrawn", "Mention.Address", "Mention.ReplyTo",
	"Assisted.Legs.Queue", "Assisted.Legs.Queued", "Assisted.Legs.Answered", "Assisted.Legs.Bot", "Assisted.Legs.Agent",
	"Assisted.Legs.Start", "Assisted.Legs.Wait", "Assisted.Legs.Ring", "Assisted.Legs.Talk", "Assisted.Legs.Hold",
	"Assisted.Legs.Wrap", "Assisted.Legs.Holds", "Assisted.Legs.End", "Assisted.Legs.Warm", "Assisted.Disposition",
	"Assisted.Line", "Assisted.Claimed", "Assisted.Unable", "Assisted.Again", "Assisted.SamePerson", "Assisted.Repeated",
	"Assisted.Decisions.What", "Assisted.Decisions.Amount.Amount", "Assisted.Decisions.Amount.Currency",
	"Assisted.Decisions.Limit.Amount", "Assisted.Decisions.Limit.Currency", "Assisted.Decisions.Approval",
	"Assisted.Decisions.Approver", "Assisted.Decisions.Waited", "Assisted.Decisions.Refused", "Assisted.Decisions.Path",
	"Assisted.Decisions.Skipped", "Assisted.Views.Part", "Assisted.Views.Age", "Assisted.Views.Took", "Assisted.Views.Found",
	"Assisted.Thread.Replies.After", "Assisted.Thread.Replies.Open", "Assisted.Thread.BotReplies", "Assisted.Thread.Waited",
	"Assisted.Thread.WaitedOpen", "Assisted.Thread.Unanswered", "Effort.Began", "Effort.Window", "Effort.Contacts",
	"Effort.Answered", "Effort.Switches", "Effort.From", "Effort.FirstContact",
	"FollowUp.ID", "FollowUp.CausedBy", "FollowUp.Feedback", "FollowUp.About.Namespace", "FollowUp.About.Name", "FollowUp.About.ID",
	"FollowUp.Due", "FollowUp.Note", "FollowUp.Skipped", "FollowUp.Silence", "Action.Feedbacks", "Action.Cause", "Action.From", "Action.Until", "Action.Note", "Contact.Grant",
	"Breakdown.Began", "Breakdown.BaselineUntil", "Breakdown.Placed.Column", "Breakdown.Placed.Value", "Breakdown.Before", "Breakdown.Since", "Breakdown.Excess", "Breakdown.Customers",
	"Breakdown.Value.Amount", "Breakdown.Value.Currency", "Breakdown.Action.Namespace", "Breakdown.Action.Name", "Breakdown.Action.ID", "Breakdown.Earlier", "Breakdown.Note",
}

// TestEveryField: a record has every field of an event and of its details in its body, and each field but those of bodyOnly
// outside it, too. A new field fails the test until it has a place or is named there.
func TestEveryField(t *testing.T) {
	t.Parallel()
	full := fill.Event()
	// Without a request and a stage, the record is at the root of the journey's trace.
	atRoot := func(e event.Event) event.Event {
		e.SpanContext, e.Stage = trace.SpanContext{}, ""
		return e
	}
	events, paths := []event.Event{full, atRoot(full)}, []string{"", ""}
	for path, e := range fill.Without() {
		events, paths = append(events, e, atRoot(e)), append(paths, path, path)
	}
	r := newReceiver(t)
	if err := newSink(t, otlplog.WithEndpoint(r.URL)).Export(t.Context(), events); err != nil {
		t.Fatal(err)
	}
	for i, record := range r.records() {
		if got, want := record.GetBody().GetStringValue(), string(events[i].AppendJSON(nil)); got != want {
			t.Errorf("the body of the event without %q is\n%s, want\n%s", paths[i], got, want)
		}
	}
	r = newReceiver(t)
	if err := newSink(t, otlplog.WithEndpoint(r.URL), otlplog.WithoutJSON()).Export(t.Context(), events); err != nil {
		t.Fatal(err)
	}
	records := r.records()
	var lost []string
	for i := 2; i < len(records); i += 2 {
		if proto.Equal(records[0], records[i]) && proto.Equal(records[1], records[i+1]) {
			lost = append(lost, paths[i])
		}
	}
	slices.Sort(lost)
	want := append(fill.Private(), bodyOnly...)
	slices.Sort(want)
	if !slices.Equal(lost, want) {
		t.Errorf("the record without the JSON form lacks %q, want %q", lost, want)
	}
}
