package feedback_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/touchpoint"
)

var (
	support = touchpoint.Define("support-call")
	agreed  = event.Testimonial{Version: "2", Language: "en", Text: "You may quote me."}
)

// TestMention: a mention says what its fields and options say.
func TestMention(t *testing.T) {
	t.Parallel()
	s := start(t, cx.WithUnredactedText(), cx.WithDefinitions(checkout))
	whole := feedback.Mention{
		Source: "reviews.example", Ref: "r-7", Nature: event.Compliment, Text: "Quick and kind.", Language: "en",
		Causes: []string{"staff", "speed", "staff"}, Sentiment: event.Positive, Stars: 4.5, Reach: 120,
		Address: "https://reviews.example/r-7", ReplyTo: "r-7", Author: alice, Testimonial: &agreed,
	}
	id := whole.Record(s.ctx(), feedback.At(noon.Add(-time.Hour)), feedback.Via(event.Social), feedback.About("checkout", "cart-1"),
		feedback.AnsweringID(event.ID{1}))
	got := s.one(t, event.FeedbackMentioned)
	given := agreed
	given.Given = noon.Add(-time.Hour)
	want := event.Event{
		ID: id, Kind: event.FeedbackMentioned, Time: noon.Add(-time.Hour), Channel: event.Social,
		Journey:  event.Run{Namespace: "test", Name: "checkout", ID: "cart-1"},
		Customer: event.Customer{Hash: got.Customer.Hash, Segment: "new"},
		Feedback: &event.Feedback{
			Source: "reviews.example", Comment: "Quick and kind.", Language: "en", Causes: []string{"staff", "speed"}, Sentiment: event.Positive, Testimonial: &given,
		},
		Mention: &event.Mention{Nature: event.Compliment, Stars: 4.5, Reach: 120, Address: "https://reviews.example/r-7", ReplyTo: "r-7"},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(), cmpopts.IgnoreFields(event.Run{}, "Root")); diff != "" || got.Customer.Hash == "" {
		t.Errorf("the event differs (-want +got):\n%s", diff)
	}
	if f := s.faults(); len(f) != 0 {
		t.Errorf("faults: %v", f)
	}
	if whole.Testimonial.Given != (time.Time{}) || agreed.Given != (time.Time{}) {
		t.Error("the consent of the caller has changed")
	}
}

// TestMentionIDs: a mention with an ID at its source has the same ID in every process; all others differ.
func TestMentionIDs(t *testing.T) {
	t.Parallel()
	record := func(m feedback.Mention, opts ...feedback.Option) event.ID {
		s := start(t)
		id := m.Record(s.ctx(), opts...)
		if got := s.one(t, event.FeedbackMentioned).ID; got != id {
			t.Errorf("the event has the ID %v, and Record returns %v", got, id)
		}
		return id
	}
	first := record(feedback.Mention{Source: "reviews", Ref: "7", Nature: event.Complaint})
	if again := record(feedback.Mention{Source: "reviews", Ref: "7", Text: "edited"}); again != first || again != feedback.MentionID("reviews", "7") {
		t.Errorf("one mention has the IDs %v and %v", first, again)
	}
	if first[6]>>4 != 8 || first[8]>>6 != 2 {
		t.Errorf("%v is no UUID of version 8", first)
	}
	ids := map[event.ID]string{first: "reviews 7"}
	for name, m := range map[string]feedback.Mention{
		"another source": {Source: "letters", Ref: "7"}, "another ID": {Source: "reviews", Ref: "8"}, "shifted": {Source: "reviews7"},
		"shifted with an ID": {Source: "review", Ref: "s7"}, "without an ID": {Source: "reviews"}, "nothing": {},
	} {
		id := record(m)
		if other, twice := ids[id]; twice || id.IsZero() {
			t.Errorf("%s has the ID of %q: %v", name, other, id)
		}
		ids[id] = name
	}
	if one, other := record(feedback.Mention{Source: "a"}), record(feedback.Mention{Source: "a"}); one == other {
		t.Error("two mentions without an ID at the source have one ID")
	}
}

// TestMentionNeverFails: whatever it has, nothing panics, and a fault says what is wrong.
func TestMentionNeverFails(t *testing.T) {
	t.Parallel()
	if id := (feedback.Mention{Ref: "1"}).Record(nil); !id.IsZero() { //nolint:staticcheck // a nil context is what is tested
		t.Errorf("without a client the ID is %v", id)
	}
	for _, c := range []struct {
		name, reason string
		m            feedback.Mention
		opts         []feedback.Option
		faults       map[string]int64
	}{
		{"nothing", "somebody has mentioned the company", feedback.Mention{}, nil, map[string]int64{}},
		{"text without a redactor", "personal data stays in the process", feedback.Mention{Text: "x", Address: "y", ReplyTo: "z"}, nil, map[string]int64{"text_dropped": 1}},
		{"stars off the scale", "left out", feedback.Mention{Stars: 7}, nil, map[string]int64{"invalid_score": 1}},
		{"a nature that is none", "left out", feedback.Mention{Nature: 99}, nil, map[string]int64{"invalid_value": 1}},
		{"a mood that is none", "left out", feedback.Mention{Sentiment: 99}, nil, map[string]int64{"invalid_value": 1}},
		{"a negative reach", "left out", feedback.Mention{Reach: -1}, nil, map[string]int64{"invalid_number": 1}},
		{"too many causes", "the first ones stay", feedback.Mention{Causes: slices.Collect(maps.Keys(names(40)))}, nil, map[string]int64{"cause_limit": 1}},
		{"a long source", "cut", feedback.Mention{Source: strings.Repeat("s", 65)}, nil, map[string]int64{"too_long": 1}},
		{"a nil option", "no effect", feedback.Mention{}, []feedback.Option{nil, feedback.Testimonial(nil)}, map[string]int64{}},
		{"options of follow-ups", "no effect", feedback.Mention{}, []feedback.Option{feedback.Owner("care"), feedback.Remedy("refund")}, map[string]int64{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			c.m.Record(s.ctx(), c.opts...)
			if s.one(t, event.FeedbackMentioned); !maps.Equal(s.faults(), c.faults) {
				t.Errorf("the faults are %v, want %v: %s", s.faults(), c.faults, c.reason)
			}
		})
	}
}

func names(n int) map[string]bool {
	all := map[string]bool{}
	for i := range n {
		all[strings.Repeat("c", i+1)] = true
	}
	return all
}

// TestAmendedMention: the change names what it changes, and the same change has one ID in every process.
func TestAmendedMention(t *testing.T) {
	t.Parallel()
	change := func(m feedback.Mention, id event.ID) event.Event {
		s := start(t, cx.WithUnredactedText())
		m.Amend(s.ctx(), id)
		return s.one(t, event.FeedbackAmended)
	}
	id := feedback.MentionID("reviews", "7")
	a := change(feedback.Mention{Source: "reviews", Ref: "7", Nature: event.Complaint, Text: "Now it broke.", Stars: 1}, id)
	b := change(feedback.Mention{Source: "reviews", Ref: "7", Nature: event.Complaint, Text: "Now it broke.", Stars: 1}, id)
	c := change(feedback.Mention{Source: "reviews", Ref: "7", Nature: event.Complaint, Text: "Now it broke.", Stars: 1.5}, id)
	if a.Feedback.Amends != id || a.Mention.Stars != 1 || a.Feedback.Comment != "Now it broke." || a.OnlyConsent() {
		t.Errorf("the change is %+v", a.Feedback)
	}
	if a.ID != b.ID || a.ID == c.ID || a.ID == id {
		t.Errorf("the IDs are %v, %v and, for another change, %v", a.ID, b.ID, c.ID)
	}
	s := start(t)
	feedback.Mention{Nature: event.Question}.Amend(s.ctx(), event.ID{})
	if len(s.events) != 0 || s.faults()["missing_detail"] != 1 {
		t.Errorf("a change of nothing makes %d events and the faults %v", len(s.events), s.faults())
	}
}

// TestComplain: a complaint has what the contact knows, and options replace that.
func TestComplain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		do           func(ctx context.Context) event.ID
		want         event.Event
		source       string
		customer     bool
	}{
		{"in a call", "all that the contact knows", func(ctx context.Context) event.ID {
			ctx, call := support.Contact(ctx, event.Phone, touchpoint.From(alice), touchpoint.Intent("refund"))
			defer call.End()
			call.Answer("7")
			return feedback.Complain(ctx, "late")
		}, event.Event{Touchpoint: "support-call", Channel: event.Phone, Intent: "refund"}, "phone", true},
		{"in a call in a run", "the run is that of the context", func(ctx context.Context) event.ID {
			ctx = checkout.Start(ctx, "cart-3", alice)
			ctx, call := support.Contact(ctx, event.Phone)
			defer call.End()
			return feedback.Complain(ctx, "late")
		}, event.Event{Touchpoint: "support-call", Channel: event.Phone, Journey: event.Run{Name: "checkout", ID: "cart-3"}}, "phone", true},
		{"while the employee looks something up", "the inner interaction is not the contact", func(ctx context.Context) event.ID {
			ctx, call := support.Contact(ctx, event.Phone, touchpoint.From(alice))
			defer call.End()
			ctx, look := touchpoint.Define("look-up").Start(ctx, event.API, touchpoint.By(event.ActorEmployee))
			defer look.End()
			return feedback.Complain(ctx, "late")
		}, event.Event{Touchpoint: "support-call", Channel: event.Phone}, "phone", true},
		{"by a delegate", "the actor of the contact", func(ctx context.Context) event.ID {
			ctx, call := support.Contact(ctx, event.InPerson, touchpoint.By(event.ActorDelegate))
			defer call.End()
			return feedback.Complain(ctx, "late")
		}, event.Event{Touchpoint: "support-call", Channel: event.InPerson, Actor: event.ActorDelegate}, "in_person", false},
		{"after the call", "the contact is over", func(ctx context.Context) event.ID {
			ctx, call := support.Contact(ctx, event.Phone)
			call.End()
			return feedback.Complain(ctx, "late", feedback.Via(event.Email))
		}, event.Event{Channel: event.Email}, "email", false},
		{"without a contact", "options say the rest", func(ctx context.Context) event.ID {
			return feedback.Complain(ctx, "late", feedback.Via(event.Chat), feedback.From(alice), feedback.About("checkout", "cart-9"))
		}, event.Event{Channel: event.Chat, Journey: event.Run{Name: "checkout", ID: "cart-9"}}, "chat", true},
		{"options in a call", "they replace what the contact knows", func(ctx context.Context) event.ID {
			ctx, call := support.Contact(ctx, event.Phone)
			defer call.End()
			return feedback.Complain(ctx, "late", feedback.Via(event.Chat), feedback.By(event.ActorEmployee))
		}, event.Event{Touchpoint: "support-call", Channel: event.Chat, Actor: event.ActorEmployee}, "chat", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, cx.WithDefinitions(checkout))
			id := c.do(s.ctx())
			e := s.one(t, event.FeedbackMentioned)
			got := event.Event{Touchpoint: e.Touchpoint, Channel: e.Channel, Actor: e.Actor, Intent: e.Intent, Journey: event.Run{Name: e.Journey.Name, ID: e.Journey.ID}}
			if diff := cmp.Diff(c.want, got, cmpopts.EquateComparable()); diff != "" || e.ID != id || id.IsZero() {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
			if e.Mention.Nature != event.Complaint || !slices.Equal(e.Feedback.Causes, []string{"late"}) || e.Feedback.Source != c.source || (e.Customer.Hash != "") != c.customer {
				t.Errorf("%s: it is %+v of %+v, %+v", c.reason, e.Feedback, e.Customer, e.Mention)
			}
		})
	}
	if id := feedback.Complain(context.Background(), ""); !id.IsZero() {
		t.Error("without a client there is an ID")
	}
}

// TestTestimonials: a consent that is given or withdrawn later changes nothing else, and one that proves nothing is refused.
func TestTestimonials(t *testing.T) {
	t.Parallel()
	id := feedback.MentionID("reviews", "7")
	at := noon.Add(-time.Hour)
	for _, c := range []struct {
		name, reason string
		do           func(ctx context.Context)
		want         *event.Testimonial // nil is not recorded
		faults       map[string]int64
	}{
		{"granted", "the time is that of the event", func(ctx context.Context) { feedback.GrantTestimonial(ctx, id, agreed, feedback.At(at)) }, &event.Testimonial{Version: "2", Language: "en", Text: "You may quote me.", Given: at}, nil},
		{"granted earlier", "the time is the customer's", func(ctx context.Context) {
			t := agreed
			t.Given, t.Withdrawn = at, noon
			feedback.GrantTestimonial(ctx, id, t)
		}, &event.Testimonial{Version: "2", Language: "en", Text: "You may quote me.", Given: at}, nil},
		{"without a version", "it proves nothing", func(ctx context.Context) { feedback.GrantTestimonial(ctx, id, event.Testimonial{Text: "Quote me."}) }, nil, map[string]int64{"missing_detail": 1}},
		{"without a text", "it proves nothing", func(ctx context.Context) { feedback.GrantTestimonial(ctx, id, event.Testimonial{Version: "1"}) }, nil, map[string]int64{"missing_detail": 1}},
		{"withdrawn", "now", func(ctx context.Context) { feedback.WithdrawTestimonial(ctx, id) }, &event.Testimonial{Withdrawn: noon}, nil},
		{"withdrawn, with words", "it changes the consent only", func(ctx context.Context) {
			feedback.WithdrawTestimonial(ctx, id, feedback.Comment("no"), feedback.Causes("x"), feedback.At(at))
		}, &event.Testimonial{Withdrawn: at}, nil},
		{"withdrawn for nothing", "the event is not known", func(ctx context.Context) { feedback.WithdrawTestimonial(ctx, event.ID{}) }, nil, map[string]int64{"missing_detail": 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, cx.WithUnredactedText())
			c.do(s.ctx())
			if f := s.faults(); !maps.Equal(f, c.faults) {
				t.Errorf("the faults are %v: %s", f, c.reason)
			}
			if c.want == nil {
				if len(s.events) != 0 {
					t.Errorf("it is recorded: %s", c.reason)
				}
				return
			}
			e := s.one(t, event.FeedbackAmended)
			if diff := cmp.Diff(&event.Feedback{Amends: id, Testimonial: c.want}, e.Feedback); diff != "" || !e.OnlyConsent() {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
	feedback.WithdrawTestimonial(nil, id) //nolint:staticcheck // a nil context is what is tested
}

// TestAnswerID: the ID of an answer follows from the request, before there is an answer and in every process.
func TestAnswerID(t *testing.T) {
	t.Parallel()
	s := start(t, cx.WithContactsInMemory())
	survey := feedback.Define("ease", feedback.CES)
	request := event.NewID(noon)
	survey.Record(s.ctx(), 6, feedback.AnsweringID(request))
	if got, want := survey.Asked(request).Answer(), s.one(t, event.FeedbackReceived).ID; got != want {
		t.Errorf("Answer is %v, and the answer has the ID %v", got, want)
	}
	if id := survey.Asked(event.ID{}).Answer(); !id.IsZero() {
		t.Errorf("a refused request has the answer %v", id)
	}
	if id := (*feedback.Request)(nil).Answer(); !id.IsZero() {
		t.Errorf("a nil request has the answer %v", id)
	}
}

// TestReply: a reply is a touchpoint by the company that names the mention.
func TestReply(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := feedback.Mention{Source: "reviews", Ref: "7"}.Record(s.ctx())
	reply := touchpoint.Define("review-reply")
	feedback.Reply(s.ctx(), id, reply, event.Social, touchpoint.By(event.ActorEmployee))
	e := s.one(t, event.TouchpointEnded)
	if e.Direction != event.Outbound || e.Touchpoint != "review-reply" || e.Channel != event.Social || e.Actor != event.ActorEmployee ||
		len(e.Attributes) != 1 || e.Attributes[0].Key != feedback.MentionKey || e.Attributes[0].Value.AsString() != id.String() {
		t.Errorf("the reply is %+v", e)
	}
	feedback.Reply(s.ctx(), event.ID{}, reply, event.Social)
	feedback.Reply(context.Background(), id, nil, event.Social)
	if n := len(s.events); n != 3 || len(s.events[2].Attributes) != 0 {
		t.Errorf("%d events, the last one with %v", n, s.events[n-1].Attributes)
	}
}
