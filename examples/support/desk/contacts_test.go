package desk_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

const (
	seconds10 = 10 * time.Second
	minute    = time.Minute
	minutes30 = 30 * time.Minute
	days9     = 9 * 24 * time.Hour
)

func euros(n int64) *event.Money { return &event.Money{Amount: n * 100, Currency: "EUR"} }

// TestOneEffort: a customer fails on the website, gets no help in the chat, and calls. That is one matter, and it is told while the
// visitor watches.
func TestOneEffort(t *testing.T) {
	t.Parallel()
	v := newCompany(t).visitor()
	if problem := v.try("address", "street=12 Orchard Lane", "town=Newfield"); !strings.Contains(problem, "does not know this town") {
		t.Errorf("the page says %q", problem)
	}
	v.pass(minute)
	v.do("chat-open", "intent=change-address")
	v.do("chat-say", "text=My town")
	v.pass(seconds10)
	v.do("chat-say", "text=Newfield") // not understood for the second time: the bot hands over
	v.pass(seconds10)
	v.do("desk-answer", "on=chat")
	v.do("desk-reply", "on=chat", "text=Hello")
	v.pass(minute)
	v.do("desk-unable", "on=chat", "cause=no-authority")
	v.do("desk-end", "on=chat")
	v.pass(seconds10)
	v.do("desk-end", "on=chat")
	v.pass(24 * time.Hour)
	v.do("call-dial", "intent=change-address", "line=orders")
	v.pass(seconds10)
	v.do("desk-ring", "on=call")
	v.do("desk-answer", "on=call")
	v.do("desk-claim", "on=call", "resolved=yes")
	v.do("desk-end", "on=call")
	v.do("desk-end", "on=call")

	v.Touchpoint("change-address").Times(1).Failed()
	want := []event.Leg{
		{Answered: true, Bot: true, Talk: event.Seconds(seconds10), End: event.LegTransferred},
		{
			Queue: "orders", Queued: true, Answered: true, Start: event.Seconds(seconds10), Wait: event.Seconds(seconds10), Talk: event.Seconds(minute),
			Wrap: event.Seconds(seconds10), End: event.LegFinished,
		},
	}
	chat := v.last("chat")
	if diff := cmp.Diff(want, chat.Assisted.Legs, cmpopts.IgnoreFields(event.Leg{}, "Agent")); diff != "" {
		t.Errorf("the legs of the chat (-want +got):\n%s", diff)
	}
	if chat.Outcome != event.Failed || chat.Cause != "no-authority" || chat.Assisted.Unable != "no-authority" {
		t.Errorf("the chat is %v because of %q", chat.Outcome, chat.Cause)
	}
	call := v.last("call")
	if a := call.Assisted; a.Again != event.Yes || a.SamePerson != event.Yes || a.Claimed != event.Yes {
		t.Errorf("again %v, same person %v, claimed %v", a.Again, a.SamePerson, a.Claimed)
	}
	v.Effort("change-address").Over(0)
	v.pass(days9)
	v.Effort("change-address").Over(1).Contacts(2).FirstContact(false).From("change-address")
	if e := v.Effort("change-address").Events()[0].Effort; e.Switches != 1 || e.Answered != 2 {
		t.Errorf("the effort is %+v", e)
	}
	ended := v.Events(event.JourneyEnded)
	if len(ended) != 1 || ended[0].Outcome != event.Completed || ended[0].Transition.Friction == nil || ended[0].Transition.Friction.ChannelSwitches != 2 {
		t.Errorf("the journey of the matter has ended with %+v", ended)
	}
	story := v.get("/story")
	for _, part := range []string{
		"change-address on web: failed (unknown-town)", "unable to help: no-authority", "the same person as last time: yes",
		"after change-address had failed, not resolved at the first contact", "&#34;kind&#34;: &#34;contact.resolved&#34;",
	} {
		if !strings.Contains(story, part) {
			t.Errorf("%q is missing in the story", part)
		}
	}
}

// TestFirstContact: one answered contact, and none after it, is first-contact resolution, whatever was claimed.
func TestFirstContact(t *testing.T) {
	t.Parallel()
	v := newCompany(t).visitor()
	v.do("call-dial", "intent=refund", "line=billing")
	v.do("desk-seat", "employee=employee-2")
	v.do("desk-answer", "on=call")
	v.do("call-hangup")
	v.do("desk-end", "on=call")
	v.do("call-dial", "intent=none", "line=billing") // a contact about nothing that is known
	v.do("desk-answer", "on=call")
	v.do("call-hangup")
	v.do("desk-end", "on=call")
	v.pass(days9)
	v.Effort("refund").Over(1).Contacts(1).FirstContact(true).From("")
	numbers := v.get("/numbers")
	for _, row := range []string{
		"<th scope=\"row\">refund</th><td>1</td><td>100.0%</td><td>0</td><td>1</td><td>1</td><td>100.0%</td><td>0</td><td>0</td>",
		"<th scope=\"row\">all</th><td>2</td><td>50.0%</td><td>0</td><td>1</td><td>1</td><td>100.0%</td><td>0</td><td>0</td>",
	} {
		if !strings.Contains(numbers, row) {
			t.Errorf("%s is missing in\n%s", row, numbers)
		}
	}
}

// TestAuthority: what an employee may give without asking, and what waits for the team lead.
func TestAuthority(t *testing.T) {
	t.Parallel()
	ada := euros(25)
	for _, c := range []struct {
		name   string
		fields []string
		answer string // of the team lead; "" is not asked
		want   event.Decision
	}{
		{"at the limit", []string{"decision=refund", "amount=25"}, "", event.Decision{What: "refund", Amount: euros(25), Limit: ada}},
		{
			"a cent more, approved",
			[]string{"decision=refund", "amount=25.01"},
			"yes",
			event.Decision{What: "refund", Amount: &event.Money{Amount: 2501, Currency: "EUR"}, Limit: ada, Approval: true, Approver: "team_lead", Waited: event.Seconds(minute)},
		},
		{
			"refused",
			[]string{"decision=refund", "amount=1000"},
			"no",
			event.Decision{What: "refund", Amount: euros(1000), Limit: ada, Approval: true, Approver: "team_lead", Waited: event.Seconds(minute), Refused: true},
		},
		{"a replacement", []string{"decision=replacement"}, "", event.Decision{What: "replacement", Limit: ada, Path: "send-anew"}},
		{"an exception", []string{"decision=exception"}, "", event.Decision{What: "exception", Limit: ada, Path: "goodwill", Skipped: []string{"return", "pictures"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v := newCompany(t).visitor()
			v.do("call-dial", "intent=refund", "line=orders")
			v.do("desk-answer", "on=call")
			v.do("desk-decide", append(c.fields, "on=call")...)
			if asks := strings.Contains(v.body, "asks the team lead for"); asks != (c.answer != "") {
				t.Errorf("the team lead is asked: %v", asks)
			}
			if c.answer != "" {
				if problem := v.try("desk-decide", "on=call", "decision=refund", "amount=1"); problem == "" {
					t.Error("a second decision while one waits is no problem")
				}
				v.pass(minute)
				v.do("desk-lead", "on=call", "answer="+c.answer)
			}
			if problem := v.try("desk-lead", "on=call", "answer=yes"); problem == "" {
				t.Error("an answer that nobody waits for is no problem")
			}
			v.do("desk-end", "on=call")
			v.do("desk-end", "on=call")
			if diff := cmp.Diff([]event.Decision{c.want}, v.last("call").Assisted.Decisions); diff != "" {
				t.Errorf("the decisions (-want +got):\n%s", diff)
			}
		})
	}
}

// TestGoodbyeWithAQuestion: a question that is open when the customer leaves is answered by nobody, and leaves no decision.
func TestGoodbyeWithAQuestion(t *testing.T) {
	t.Parallel()
	for _, leave := range [][]string{{"desk-end", "on=call"}, {"call-hangup"}} {
		v := newCompany(t).visitor()
		v.do("call-dial", "intent=refund", "line=orders")
		v.do("desk-answer", "on=call")
		v.do("desk-decide", "on=call", "decision=refund", "amount=26")
		v.do(leave[0], leave[1:]...)
		if strings.Contains(v.body, "asks the team lead") {
			t.Errorf("%q: the team lead is still asked", leave)
		}
		v.do("desk-end", "on=call")
		if d := v.last("call").Assisted.Decisions; len(d) != 0 {
			t.Errorf("%q: the decisions are %+v", leave, d)
		}
	}
}

// TestAmounts: an amount is from one cent to 1000 euros, with cents or without.
func TestAmounts(t *testing.T) {
	t.Parallel()
	v := newCompany(t).visitor()
	v.do("call-dial", "intent=refund", "line=orders")
	v.do("desk-answer", "on=call")
	for amount, ok := range map[string]bool{
		"0.01": true, " 7 ": true, "3.5": true, "0": false, "": false, "-1": false, "1000.01": false, "1e3": false, "1.005": false, "1.": false, ".5": false,
		"99999999999999999999": false, "1,5": false, "+1": false, "NaN": false, "0x1": false, "٣": false,
	} {
		problem := v.try("desk-decide", "on=call", "decision=refund", "amount="+amount)
		if (problem == "") != ok {
			t.Errorf("%q: the problem is %q", amount, problem)
		}
	}
	v.app.Close(v.Context(context.Background()))
	if got := len(v.last("call").Assisted.Decisions); got != 3 {
		t.Errorf("there are %d decisions, want 3", got)
	}
}

// TestCall: each thing that happens in a call is in its legs, with the time that it took.
func TestCall(t *testing.T) {
	t.Parallel()
	v := newCompany(t).visitor()
	v.do("call-dial", "intent=order-late", "line=orders")
	v.pass(seconds10)
	v.do("desk-ring", "on=call")
	v.pass(seconds10)
	v.do("desk-answer", "on=call")
	v.pass(minute)
	v.do("desk-hold", "on=call")
	v.pass(minutes30)
	v.do("desk-hold", "on=call")
	v.do("desk-look", "on=call", "part=orders")
	v.do("desk-look", "on=call", "part=earlier_contacts")
	v.do("desk-again", "on=call")
	v.do("desk-transfer", "on=call", "queue=billing", "warm=1")
	v.pass(minute)
	if problem := v.try("desk-answer", "on=call"); !strings.Contains(problem, "Ada does not serve the queue billing") {
		t.Errorf("an employee without the skill answers: %q", problem)
	}
	v.do("desk-seat", "employee=employee-2")
	v.do("desk-answer", "on=call")
	v.pass(seconds10)
	v.do("call-hangup")
	v.pass(minute)
	v.do("desk-end", "on=call")
	s := func(d time.Duration) event.Seconds { return event.Seconds(d) }
	want := event.Assisted{
		Legs: []event.Leg{
			{Queue: "orders", Queued: true, Answered: true, Wait: s(2 * seconds10), Ring: s(seconds10), Talk: s(minute), Hold: s(minutes30), Holds: 1, End: event.LegTransferred, Warm: true},
			{Queue: "billing", Queued: true, Answered: true, Start: s(2*seconds10 + minute + minutes30), Wait: s(minute), Talk: s(seconds10), Wrap: s(minute), End: event.LegFinished},
		},
		Line: 2, Repeated: 1,
		Views: []event.View{{Part: "orders", Age: s(12*time.Hour + 2*seconds10 + minute + minutes30), Found: true}, {Part: "earlier_contacts"}},
	}
	got := v.last("call")
	if diff := cmp.Diff(want, *got.Assisted, cmpopts.IgnoreFields(event.Leg{}, "Agent"), cmpopts.IgnoreFields(event.View{}, "Took")); diff != "" {
		t.Errorf("the call (-want +got):\n%s", diff)
	}
	if a := got.Assisted.Legs; a[0].Agent == "" || a[0].Agent == a[1].Agent || strings.Contains(a[0].Agent, "employee") {
		t.Errorf("the employees are %q and %q", a[0].Agent, a[1].Agent)
	}
}

// TestLeaving: a customer who leaves is an abandonment in the queue, and none in a conversation or for a callback.
func TestLeaving(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		do      func(v *visitor)
		outcome event.Outcome
		end     event.LegEnd
	}{
		{"in the queue", func(v *visitor) { v.do("call-hangup") }, event.Abandoned, event.LegAbandoned},
		{"while it rings", func(v *visitor) { v.do("desk-ring", "on=call"); v.do("call-hangup") }, event.Abandoned, event.LegAbandoned},
		{"for a callback", func(v *visitor) { v.do("call-callback") }, event.OK, event.LegCallback},
		{"on hold", func(v *visitor) {
			v.do("desk-answer", "on=call")
			v.do("desk-hold", "on=call")
			v.do("call-hangup")
		}, event.Abandoned, event.LegFinished},
		{"after a talk", func(v *visitor) {
			v.do("desk-answer", "on=call")
			v.do("call-hangup")
			v.do("desk-end", "on=call")
		}, event.OK, event.LegFinished},
		{"when the program ends", func(v *visitor) { v.app.Close(v.Context(context.Background())) }, event.Abandoned, event.LegAbandoned},
		{"for another customer", func(v *visitor) { v.send("POST", "/customer", nil) }, event.Abandoned, event.LegAbandoned},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v := newCompany(t).visitor()
			v.do("call-dial", "intent=refund", "line=orders")
			v.pass(minute)
			c.do(v)
			e := v.last("call")
			if e.Outcome != c.outcome || e.Assisted.Legs[0].End != c.end || e.Assisted.Legs[0].Wait != event.Seconds(minute) {
				t.Errorf("the call is %v, and its leg %+v", e.Outcome, e.Assisted.Legs[0])
			}
		})
	}
}

// TestCallback: the promise is kept when the customer picks up, broken when nobody called in time, and open after a call that nobody
// picked up.
func TestCallback(t *testing.T) {
	t.Parallel()
	v := newCompany(t).visitor()
	call := func(then string) {
		_, rest, _ := strings.Cut(v.get("/"), `name="id" value="`)
		id, _, _ := strings.Cut(rest, `"`)
		v.do("desk-callback", "id="+id)
		v.do(then)
	}
	v.do("call-dial", "intent=refund", "line=orders")
	v.do("call-callback")
	call("call-hangup")
	v.Promise(touchpoint.CalledBack).Open()
	v.pass(minute)
	call("call-pickup")
	v.Promise(touchpoint.CalledBack).Kept()
	if strings.Contains(v.body, "To call back") {
		t.Error("the list still has the customer who was called back")
	}
	v.do("desk-end", "on=call")
	v.do("desk-end", "on=call")
	if back := v.last("call"); back.Direction != event.Outbound || back.Outcome != event.OK || back.Journey.Name != "callback" {
		t.Errorf("the callback is %v, %v, in %q", back.Direction, back.Outcome, back.Journey.Name)
	}
	late := v.visitor()
	late.do("call-dial", "intent=refund", "line=orders")
	late.do("call-callback")
	late.pass(minutes30)
	late.pass(minute)
	if got := late.Events(event.PromiseBroken); len(got) != 1 {
		t.Errorf("%d promises are broken, want 1", len(got))
	}
}

// TestSocial: the first public reply counts. A note to colleagues and the bot stop no clock.
func TestSocial(t *testing.T) {
	t.Parallel()
	v := newCompany(t).visitor()
	v.do("post-write", "text=Where is my bench?", "intent=order-late")
	v.pass(minutes30)
	if problem := v.try("desk-post", "text=Tomorrow"); !strings.Contains(problem, "Ada does not serve the queue social") {
		t.Errorf("an employee without the skill replies: %q", problem)
	}
	v.do("desk-seat", "employee=employee-3")
	v.do("desk-post", "text=Who knows?", "internal=1")
	v.pass(minute)
	v.do("desk-post", "text=Tomorrow")
	v.pass(minute)
	v.do("post-write", "text=When?")
	v.pass(seconds10)
	v.do("desk-post", "text=At nine")
	v.do("desk-close")
	first := event.Seconds(minutes30 + minute)
	want := &event.Thread{
		Replies: []event.Reply{{After: first, Open: first}, {After: event.Seconds(seconds10), Open: event.Seconds(seconds10)}}, BotReplies: 1,
		Waited: first + event.Seconds(seconds10), WaitedOpen: first + event.Seconds(seconds10),
	}
	e := v.last("post")
	if diff := cmp.Diff(want, e.Assisted.Thread); diff != "" {
		t.Errorf("the thread (-want +got):\n%s", diff)
	}
	if e.Channel != event.Social || e.Duration != minutes30+2*minute+seconds10 || e.Intent != "order-late" {
		t.Errorf("the post is on %v, took %v, about %q", e.Channel, e.Duration, e.Intent)
	}
	if numbers := v.get("/numbers"); !strings.Contains(numbers, "<td>31 min 0 s</td>") {
		t.Errorf("the first reply is missing in\n%s", numbers)
	}
}

// TestTracking: the three orders are ok, failed and degraded.
func TestTracking(t *testing.T) {
	t.Parallel()
	v := newCompany(t).visitor()
	for order, want := range map[string]event.Outcome{"1001": event.OK, "1002": event.Failed, "1003": event.Degraded, "no order": event.OK} {
		problem := v.try("track", "order="+order)
		if e := v.last("track-order"); e.Outcome != want || (problem != "") != (want == event.Failed) {
			t.Errorf("%s is %v, and the page says %q", order, e.Outcome, problem)
		}
	}
	v.do("address", "street=1 Lane", "town=Riverton")
	v.Touchpoint("change-address").OK()
	if !strings.Contains(v.body, "We deliver to 1 Lane, Riverton.") {
		t.Error("the page does not show the new address")
	}
}

// TestChatOnHold: the customer's side of the chat works while the employee has the customer on hold. A matter that was claimed as resolved
// is over when the customer closes the chat.
func TestChatOnHold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, claim string
		outcome     event.Outcome
		ended       bool
	}{
		{"nothing claimed", "", event.Abandoned, false},
		{"claimed as resolved, taken back", "yes", event.OK, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v := newCompany(t).visitor()
			v.do("chat-open", "intent=refund")
			v.do("chat-person")
			v.do("desk-answer", "on=chat")
			v.do("desk-hold", "on=chat")
			v.do("chat-say", "text=Are you there?")
			if c.claim != "" {
				v.do("desk-hold", "on=chat")
				v.do("desk-claim", "on=chat", "resolved="+c.claim)
			}
			v.do("chat-leave")
			if chat := v.last("chat"); chat.Outcome != c.outcome {
				t.Errorf("the chat is %v, want %v", chat.Outcome, c.outcome)
			}
			ended := slices.ContainsFunc(v.Events(), func(e event.Event) bool { return e.Kind == event.JourneyEnded && e.Outcome == event.Completed })
			if ended != c.ended {
				t.Errorf("the matter is completed: %v, want %v", ended, c.ended)
			}
		})
	}
}
