package touchpoint_test

import (
	"context"
	"log/slog"
	"reflect"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.opentelemetry.io/otel/attribute"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/touchpoint"
)

func quiet() cx.Option { return cx.WithLogger(slog.New(slog.DiscardHandler)) }

// listen returns the reports of a client that has the option. The client gives them until Shutdown returns.
func listen() (reports func() []fault.Report, told cx.Option) {
	var mu sync.Mutex
	var all []fault.Report
	return func() []fault.Report {
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(all)
		}, cx.WithOnFault(func(_ context.Context, r fault.Report) {
			mu.Lock()
			defer mu.Unlock()
			all = append(all, r)
		})
}

// callAll calls each method of v with zero arguments, and with what it returns does the same.
func callAll(t *testing.T, v reflect.Value) {
	t.Helper()
	t.Log(v.Type())
	for m := range v.Type().Methods() {
		args := make([]reflect.Value, 0, 3)
		for n := range m.Type.NumIn() {
			if n > 0 && (!m.Type.IsVariadic() || n < m.Type.NumIn()-1) {
				args = append(args, reflect.Zero(m.Type.In(n)))
			}
		}
		v.MethodByName(m.Name).Call(args)
	}
}

// TestNilContact: every method is safe on nil, also those that a Touchpoint has, and on the zero value.
func TestNilContact(t *testing.T) {
	t.Parallel()
	callAll(t, reflect.ValueOf((*touchpoint.Contact)(nil)))
	callAll(t, reflect.ValueOf(&touchpoint.Contact{}))
	callAll(t, reflect.ValueOf(&touchpoint.Contact{Touchpoint: &touchpoint.Touchpoint{}}))
	callAll(t, reflect.ValueOf((*touchpoint.Approval)(nil)))
	own := reflect.TypeFor[*touchpoint.Contact]()
	for m := range reflect.TypeFor[*touchpoint.Touchpoint]().Methods() {
		if _, ok := own.MethodByName(m.Name); !ok {
			t.Errorf("a Contact has no method %s", m.Name)
		}
	}
}

// TestContactWithoutClient costs nothing.
func TestContactWithoutClient(t *testing.T) { //nolint:paralleltest // it counts allocations
	ctx := context.Background()
	if n := testing.AllocsPerRun(100, func() {
		_, c := support.Contact(ctx, event.Phone)
		c.Queue("a")
		c.Answer("x")
		c.Approval("lead").Granted(touchpoint.Decision{What: "refund"})
		c.End()
	}); n != 0 {
		t.Errorf("it allocates %v times", n)
	}
	//nolint:staticcheck // a nil context is what is tested
	if got, c := support.Contact(nil, event.Phone); got == nil || c != nil || touchpoint.ContactFromContext(nil) != nil {
		t.Error("without a context it is not a no-op")
	}
	if _, c := (*touchpoint.Definition)(nil).Contact(newSpy(t).context(), event.Phone); c != nil {
		t.Error("a nil definition makes a contact")
	}
}

// TestContactFromContext: inner interactions do not hide the contact, and an inner contact does.
func TestContactFromContext(t *testing.T) {
	t.Parallel()
	spy := newSpy(t)
	ctx, call := support.Contact(spy.context(), event.Phone)
	look := touchpoint.Define("look-up")
	inner, tp := look.Start(ctx, event.Web)
	if touchpoint.ContactFromContext(ctx) != call || touchpoint.ContactFromContext(inner) != call || touchpoint.FromContext(inner) != tp {
		t.Error("the contact is not found within an interaction")
	}
	second, other := touchpoint.Define("consult").Contact(inner, event.Chat)
	if touchpoint.ContactFromContext(second) != other || touchpoint.FromContext(second) != other.Touchpoint {
		t.Error("the inner contact is not found")
	}
	if touchpoint.ContactFromContext(spy.context()) != nil {
		t.Error("a contact is found where there is none")
	}
	call.Answer("")
	touchpoint.FromContext(ctx).End() // code that knows only the interaction
	if e := spy.only(t); len(e.Assisted.Legs) != 1 || e.Assisted.Legs[0].End != event.LegFinished {
		t.Errorf("the legs are %+v", e.Assisted.Legs)
	}
	other.End()
	tp.End()
}

// TestContactSays is what the methods that only say something leave in the event.
func TestContactSays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		spy := newSpy(t, quiet(), cx.WithCustomerKey([]byte("a key for these tests only")))
		_, c := support.Contact(spy.context(), event.Chat, touchpoint.Intent("where-is-it"))
		c.Answer("x")
		c.Line(2)
		c.Line(1)
		c.Claim(event.No)
		c.Claim(event.Yes)
		c.Disposition("late-delivery")
		c.Again(event.Yes)
		c.SamePerson(event.No)
		c.AskedToRepeat()
		c.AskedToRepeat()
		c.Unable("no-authority")
		c.Intent("refund")
		amount, skipped := &event.Money{Amount: 500, Currency: "EUR"}, []string{"return"}
		c.Decide(touchpoint.Decision{What: "replacement", Amount: amount, Skipped: skipped, Path: "courier"})
		amount.Amount, skipped[0] = 1, "changed" // the caller may reuse them
		lead, legal := c.Approval("lead"), c.Approval("legal")
		time.Sleep(3 * time.Second)
		lead.Granted(touchpoint.Decision{What: "refund", Refused: true})
		lead.Refused(touchpoint.Decision{What: "twice"})
		time.Sleep(2 * time.Second)
		legal.Refused(touchpoint.Decision{What: "exception"})
		c.Approval("nobody answers")
		c.Saw("orders", time.Hour, 2*time.Second, true)
		c.End()
		lead.Granted(touchpoint.Decision{What: "late"})
		c.Claim(event.No)
		e := spy.only(t)
		agent := e.Assisted.Legs[0].Agent
		want := &event.Assisted{
			Legs:        []event.Leg{{Answered: true, Agent: agent, Talk: seconds(5), End: event.LegFinished}},
			Disposition: "late-delivery", Line: 2, Claimed: event.Yes, Unable: "no-authority", Again: event.Yes, SamePerson: event.No, Repeated: 2,
			Decisions: []event.Decision{
				{What: "replacement", Amount: &event.Money{Amount: 500, Currency: "EUR"}, Path: "courier", Skipped: []string{"return"}},
				{What: "refund", Approval: true, Approver: "lead", Waited: seconds(3)},
				{What: "exception", Approval: true, Approver: "legal", Waited: seconds(5), Refused: true},
			},
			Views: []event.View{{Part: "orders", Age: seconds(3600), Took: seconds(2), Found: true}},
		}
		if diff := cmp.Diff(want, e.Assisted, cmpopts.EquateEmpty()); diff != "" || agent == "" || agent == "x" || e.Intent != "refund" {
			t.Errorf("the agent is %q, the intent %q; want -, got +:\n%s", agent, e.Intent, diff)
		}
		if f := spy.counted(); len(f) != 0 {
			t.Errorf("the faults are %q", f)
		}
	})
}

// TestContactIsBounded: a contact that goes on for ever keeps the first legs, decisions and views, and says so once for each.
func TestContactIsBounded(t *testing.T) {
	t.Parallel()
	reports, told := listen()
	spy := newSpy(t, quiet(), told)
	_, c := support.Contact(spy.context(), event.Phone)
	for range 1000 {
		c.Answer("")
		c.Transfer("a")
		c.Decide(touchpoint.Decision{What: "refund"})
		c.Saw("orders", 0, 0, true)
	}
	c.End()
	a := spy.only(t).Assisted
	if len(a.Legs) != event.MaxLegs || len(a.Decisions) != event.MaxDecisions || len(a.Views) != event.MaxViews {
		t.Errorf("it has %d legs, %d decisions and %d views", len(a.Legs), len(a.Decisions), len(a.Views))
	}
	must(t, spy.client.Shutdown(context.Background()))
	if r := reports(); len(r) != 1 || r[0].Fault != fault.DetailLimit {
		t.Errorf("the reports are %v", r)
	}
}

// TestContactMisuseIsTold names the call, the state and the remedy, and nothing of the customer.
func TestContactMisuseIsTold(t *testing.T) {
	t.Parallel()
	reports, told := listen()
	spy := newSpy(t, quiet(), told)
	_, c := support.Contact(spy.context(), event.Phone)
	c.Hold()
	c.End()
	must(t, spy.client.Shutdown(context.Background()))
	want := `contact_order "support": Hold was called, and nothing has happened in the contact yet: call the methods of a contact as things happen to the customer: Queue, Answer, Hold and Resume, Transfer after an answer and Overflow before one, Wrap, and End last`
	if r := reports(); len(r) != 1 || r[0].String() != want {
		t.Errorf("the reports are %v, want %s", r, want)
	}
}

// TestContactGoesOn: Assisted says what is known when the contact begins here, and stays the caller's.
func TestContactGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		spy := newSpy(t)
		known := event.Assisted{Legs: []event.Leg{{Queue: "menu", Queued: true, Answered: true, Bot: true, Talk: seconds(60), End: event.LegTransferred}}, Again: event.Yes}
		for range 2 { // the option is reused
			_, c := support.Contact(spy.context(), event.Phone, touchpoint.Assisted(known), touchpoint.At(time.Now().Add(-time.Minute)))
			c.Queue("a")
			time.Sleep(time.Second)
			c.Answer("")
			c.End()
		}
		for _, e := range spy.touchpoints() {
			want := event.Assisted{Legs: []event.Leg{known.Legs[0], {Queue: "a", Queued: true, Answered: true, Start: seconds(60), Wait: seconds(1), End: event.LegFinished}}, Again: event.Yes}
			if diff := cmp.Diff(&want, e.Assisted, cmpopts.EquateEmpty()); diff != "" || e.Duration != 61*time.Second {
				t.Errorf("it took %v; want -, got +:\n%s", e.Duration, diff)
			}
		}
		if len(known.Legs) != 1 || len(spy.touchpoints()) != 2 {
			t.Error("the caller's list has changed")
		}
	})
}

// TestContactClock: no time is negative, whatever the clock does, and no second is counted twice.
func TestContactClock(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		now := time.Date(2026, 3, 29, 1, 59, 0, 0, time.UTC)
		began, most := now, now
		spy := newSpy(t, quiet(), cx.WithClock(func() time.Time { return now }))
		_, c := support.Contact(spy.context(), event.Phone)
		words := []string{"queue a", "ring", "answer x", "hold", "resume", "transfer a", "overflow b"}
		for range rapid.IntRange(1, 12).Draw(rt, "calls") {
			now = now.Add(time.Duration(rapid.Int64Range(-3600, 3600).Draw(rt, "jump")) * time.Second)
			if now.After(most) {
				most = now
			}
			calls[rapid.SampledFrom(words).Draw(rt, "call")](c)
		}
		c.End()
		e := spy.only(t)
		if e.Duration != most.Sub(began) {
			rt.Fatalf("it took %v, want %v", e.Duration, most.Sub(began))
		}
		sum := time.Duration(-1)
		for _, l := range e.Assisted.Legs {
			if sum < 0 {
				sum = time.Duration(l.Start)
			}
			if l.Start < 0 || l.Wait < 0 || l.Ring < 0 || l.Talk < 0 || l.Hold < 0 || l.Ring > l.Wait || time.Duration(l.Start) != sum {
				rt.Fatalf("the leg is %+v, and what is before it lasts %v", l, sum)
			}
			sum += time.Duration(l.Wait + l.Talk + l.Hold)
		}
		if sum >= 0 && sum != e.Duration {
			rt.Fatalf("the legs last %v, the contact %v", sum, e.Duration)
		}
	})
}

// TestContactTook: a duration that the caller gives holds.
func TestContactTook(t *testing.T) {
	t.Parallel()
	spy := newSpy(t)
	_, c := support.Contact(spy.context(), event.Phone, touchpoint.Took(7*time.Minute))
	c.Answer("")
	c.End()
	if e := spy.only(t); e.Duration != 7*time.Minute {
		t.Errorf("it took %v", e.Duration)
	}
}

// TestContactAfterShutdown does no harm.
func TestContactAfterShutdown(t *testing.T) {
	t.Parallel()
	spy := newSpy(t, quiet())
	must(t, spy.client.Shutdown(context.Background()))
	_, c := support.Contact(spy.context(), event.Phone)
	c.Queue("a")
	c.Answer("x")
	c.Callback(time.Now().Add(time.Hour))
	c.End()
	if all := spy.all(); len(all) != 0 {
		t.Errorf("%d events", len(all))
	}
}

// TestContactConcurrently: any goroutine may call any method. The race detector and the event hold it.
func TestContactConcurrently(t *testing.T) {
	t.Parallel()
	spy := newSpy(t, quiet())
	words := make([]string, 0, len(calls))
	for w := range calls {
		words = append(words, w)
	}
	slices.Sort(words)
	for round := range 20 {
		_, c := support.Contact(spy.context(), event.Phone)
		var wg sync.WaitGroup
		for g := range 4 {
			wg.Go(func() {
				for n := range words { // their number has no factor 5
					calls[words[(n*5+g*4+round)%len(words)]](c)
					c.Approval("lead").Granted(touchpoint.Decision{What: "refund"})
					c.Saw("orders", 0, 0, true)
					c.SetAttributes(attribute.Int("n", n))
				}
			})
		}
		wg.Wait()
	}
	for _, e := range spy.touchpoints() {
		if e.Duration < 0 || e.Assisted == nil {
			t.Errorf("the contact is %+v", e)
		}
	}
	if n := len(spy.touchpoints()); n != 20 {
		t.Errorf("%d contacts, want 20: one for each End", n)
	}
}
