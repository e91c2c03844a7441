package touchpoint_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// held is a processor that keeps the lists of the contacts that it is shown, as an exporter's queue does.
type held struct {
	mu  sync.Mutex
	all []*event.Assisted
}

func (h *held) Process(_ context.Context, e *event.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, e.Assisted)
}

func (*held) Shutdown(context.Context) error { return nil }

// TestContactLists: a contact shares no list with the caller, and its event none with the contact. The client cuts a part that is too
// long in the event alone, and what is said after End is in no list.
func TestContactLists(t *testing.T) {
	t.Parallel()
	h := &held{}
	client, err := cx.New(cx.WithProcessors(h), quiet())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Shutdown(context.Background()) }()
	long := strings.Repeat("x", 100) // longer than a label may be
	given := func() event.Assisted {
		return event.Assisted{
			Legs:      []event.Leg{{Queue: long, Answered: true}},
			Decisions: append(make([]event.Decision, 0, 8), event.Decision{What: long, Skipped: []string{long}}),
			Views:     append(make([]event.View, 0, 8), event.View{Part: long, Age: -1}),
		}
	}
	a, amount := given(), event.Money{Amount: 100, Currency: "EUR"}
	_, c := touchpoint.Define("support").Contact(cx.NewContext(context.Background(), client), event.Phone, touchpoint.Assisted(a))
	c.Decide(touchpoint.Decision{What: "refund", Amount: &amount})
	c.Saw("orders", time.Hour, time.Second, true)
	amount.Amount = 7
	c.End()
	if diff := cmp.Diff(given(), a); diff != "" {
		t.Errorf("the caller's lists have changed (-was +is):\n%s", diff)
	}
	if beyond := a.Decisions[:2][1]; beyond.What != "" {
		t.Errorf("the contact has written %+v behind the caller's list", beyond)
	}
	got := h.all[0]
	if len(got.Decisions) != 2 || len(got.Decisions[0].What) >= len(long) || got.Decisions[1].Amount.Amount != 100 || len(got.Views) != 2 || got.Views[0].Age != 0 {
		t.Fatalf("the event has %+v", got)
	}
	was := append([]event.Decision(nil), got.Decisions...)
	c.Decide(touchpoint.Decision{What: "later"})
	c.Saw("later", 0, 0, true)
	if diff := cmp.Diff(was, got.Decisions); diff != "" || got.Views[1].Part != "orders" || len(got.Views) != 2 {
		t.Errorf("what is said after End is in the event (-was +is):\n%s%+v", diff, got.Views)
	}
}
