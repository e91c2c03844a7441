package docs_test

import (
	"context"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// The code of docs/support.md.

var support = touchpoint.Define("support")

// newSupport makes the client. A service that loads a blueprint has the queues, intents and causes of the file: cx.WithBlueprint.
func newSupport(key []byte, more ...cx.Option) (*cx.Client, error) {
	return cx.New(append(more,
		cx.WithDefinitions(support),
		cx.WithQueues(assist.Queue{Name: "chat", Level: assist.Level{Within: 20 * time.Second}}), // answered within 20 seconds is in time
		cx.WithIntents("change-address", "order-late"),
		cx.WithCauses("not-understood", "no-authority"),
		cx.WithCustomerKey(key))...) // without a key no customer and no employee is known, and there are no efforts
}

// A chat server has a contact for each conversation, from the first message to the last.
func openChat(ctx context.Context, customerID string) (context.Context, *touchpoint.Contact) {
	ctx, chat := support.Contact(ctx, event.Chat, touchpoint.From(event.Customer{ID: customerID}))
	chat.AnswerBot()
	return ctx, chat
}

// The bot hands over: the customer waits in the queue until an employee answers.
func handOver(chat *touchpoint.Contact) {
	chat.Unable("not-understood")
	chat.Transfer("chat")
}

func employeeJoins(chat *touchpoint.Contact, employeeID string) { chat.Answer(employeeID) }

// The customer closes the window: in the queue that is an abandonment, in the talk it is the end.
func windowClosed(chat *touchpoint.Contact) { chat.End() }

// A desk says what the employee decided, and measures how long an approval takes.
func refund(ctx context.Context, cents int64, ask func(role string) bool) {
	call := touchpoint.ContactFromContext(ctx)
	approval := call.Approval("team_lead")
	decision := touchpoint.Decision{What: "refund", Amount: &event.Money{Amount: cents, Currency: "EUR"}}
	if ask("team_lead") {
		approval.Granted(decision)
	} else {
		approval.Refused(decision)
		call.Unable("no-authority")
	}
}

// The customer leaves the queue for a promise. The ID goes into the list of those to call back.
func promiseCallback(call *touchpoint.Contact) (id string) {
	defer call.End()
	return call.Callback(time.Now().Add(time.Hour))
}

// Whoever takes the next entry of the list keeps the promise when the customer answers.
func dialBack(ctx context.Context, id, employeeID string, dial func() bool) {
	ctx = touchpoint.Callbacks.Resume(ctx, id)
	_, call := support.Contact(ctx, event.Phone, touchpoint.Outbound())
	defer call.End()
	call.Ring()
	if dial() {
		call.Answer(employeeID)
	}
}

// supportTeller keeps what was recorded.
type supportTeller struct{ kinds []string }

func (s *supportTeller) Process(_ context.Context, e *event.Event) {
	s.kinds = append(s.kinds, string(e.Kind)+" "+e.Outcome.String())
}
func (*supportTeller) Shutdown(context.Context) error { return nil }

// A call about a change of address, as the one employee who took it reports it.
func addressChanged(ctx context.Context, customerID, employeeID string) {
	_, call := support.Contact(ctx, event.Phone, touchpoint.From(event.Customer{ID: customerID}), touchpoint.Intent("change-address"))
	defer call.End()
	call.Answer(employeeID)
	call.Claim(event.Yes)
}

// TestSupport runs the code of docs/support.md.
func TestSupport(t *testing.T) {
	t.Parallel()
	told := &supportTeller{}
	client, err := newSupport([]byte("a secret of at least 16 bytes"), cx.WithProcessors(told))
	if err != nil {
		t.Fatal(err)
	}
	ctx, chat := openChat(cx.NewContext(context.Background(), client), "customer-7")
	handOver(chat)
	employeeJoins(chat, "employee-12")
	refund(ctx, 9900, func(string) bool { return false })
	windowClosed(chat)
	ctx, call := openChat(cx.NewContext(context.Background(), client), "customer-7")
	handOver(call)
	dialBack(ctx, promiseCallback(call), "employee-12", func() bool { return true })
	addressChanged(cx.NewContext(context.Background(), client), "customer-7", "employee-12")
	if err := client.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	want := []string{"touchpoint.ended failed", "journey.started ", "promise.made ", "touchpoint.ended ok", "promise.kept ", "touchpoint.ended ok", "journey.ended completed", "touchpoint.ended ok"}
	if len(told.kinds) != len(want) {
		t.Fatalf("%q, want %q", told.kinds, want)
	}
	for i, k := range want {
		if told.kinds[i] != k {
			t.Errorf("event %d is %q, want %q", i+1, told.kinds[i], k)
		}
	}
}
