package console_test

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/feedback"
)

// TestMovesOfAnotherProcess: a follow-up that a service opened is moved on by the console of another process, over their store. A form that comes to two consoles
// before the archive has the step is one step, and one event says who took it.
func TestMovesOfAnotherProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &ledgertest.Memory{}
		opts := []cx.Option{cx.WithStore(store), cx.WithDefinitions(complaint), cx.WithCustomerKey([]byte("0123456789abcdef"))}
		service, staff := cxtest.New(t, opts...), cxtest.New(t, opts...)
		complaint.Open(service.Context(t.Context()), "C-1", event.Customer{ID: "alice"})
		all := func() (list []event.Event) {
			for _, r := range []*cxtest.Recorder{service, staff} {
				if err := r.Client().Flush(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			for _, e := range append(service.Events(), staff.Events()...) {
				if !slices.ContainsFunc(list, func(o event.Event) bool { return o.ID == e.ID }) {
					list = append(list, e)
				}
			}
			return list
		}
		table, err := insight.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		load := func() {
			time.Sleep(time.Minute)
			if err := table.Load(t.Context(), &memory{events: all()}); err != nil {
				t.Fatal(err)
			}
		}
		load()
		page := func(r *cxtest.Recorder) *office {
			return &office{t: t, rec: r, table: table, console: served(t, table, console.WithClient(r.Client()), console.WithDefinitions(complaint), console.WithClock(time.Now))}
		}
		one, other := page(staff), page(service)
		address, token := one.form("/runs/complaint/C-1", "followup")
		for _, o := range []*office{one, other, one} {
			if w := o.post(address, "form", "followup", "token", token, "move", feedback.Acknowledged); w.Code != http.StatusSeeOther {
				t.Fatalf("it is answered with %d: %s", w.Code, w.Body)
			}
			time.Sleep(time.Second)
		}
		load()
		var steps, acted, kept int
		for _, e := range all() {
			switch {
			case e.Kind == event.JourneyStageEntered && e.Stage == feedback.Acknowledged:
				if steps++; e.Actor != event.ActorEmployee || e.Customer.Hash == "" {
					t.Errorf("the step is %s", e.AppendJSON(nil))
				}
			case e.Kind == event.EmployeeActed:
				acted++
			case e.Kind == event.PromiseKept && e.Promise.Name == feedback.PromiseAcknowledged:
				kept++
			}
		}
		if steps != 1 || acted != 1 || kept != 1 {
			t.Errorf("%d steps, %d events say who took it, and the promise was kept %d times, want 1 each", steps, acted, kept)
		}
	})
}
