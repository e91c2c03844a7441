package cx_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
)

// TestEmployeesChangeNothing: what employees look at and move on is passed on with a pseudonym, and is neither late nor a part of any run.
func TestEmployeesChangeNothing(t *testing.T) {
	t.Parallel()
	patient := journey.Define("patient", journey.Stages("a"), journey.AbandonAfter(time.Hour))
	synctest.Test(t, func(t *testing.T) {
		var got seen
		i := open(t, nil, cx.WithProcessors(&got), cx.WithDefinitions(patient))
		ctx := patient.Start(i.ctx(), "1", event.Customer{ID: "alice"})
		patient.Complete(ctx)
		for n, kind := range []event.Kind{event.EmployeeLooked, event.EmployeeActed} {
			for _, id := range []string{"1", "unknown"} {
				i.Record(i.ctx(), event.Event{
					ID: event.ID{1, byte(n), id[0]}, Kind: kind, Journey: event.Run{Name: "patient", ID: id}, Customer: event.Customer{Hash: "h"},
					Actor: event.ActorEmployee, Assisted: &event.Assisted{Legs: []event.Leg{{AgentID: "jane"}}},
				})
			}
		}
		i.close(t)
		looked := append(got.of(event.EmployeeLooked), got.of(event.EmployeeActed)...)
		if len(looked) != 4 || len(got.of(event.JourneyStarted)) != 1 {
			t.Fatalf("%d events of employees and %d starts, want 4 and 1", len(looked), len(got.of(event.JourneyStarted)))
		}
		for _, e := range looked {
			if e.Late || e.Stage != "" || e.ID[0] != 1 || e.Assisted.Legs[0].AgentID != "" || strings.Contains(string(e.AppendJSON(nil)), "jane") {
				t.Errorf("the event is %s, late %v", e.AppendJSON(nil), e.Late)
			}
		}
	})
}

// TestCustomerHash: it is what events have.
func TestCustomerHash(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var got seen
		i := open(t, nil, cx.WithProcessors(&got), cx.WithCustomerKey([]byte("0123456789abcdef")))
		order.Start(i.ctx(), "1", event.Customer{ID: "alice"})
		hash, err := i.CustomerHash("alice")
		if want := got.of(event.JourneyStarted)[0].Customer.Hash; err != nil || hash != want || hash == "" {
			t.Errorf("the pseudonym is %q (%v), want %q", hash, err, want)
		}
		for _, id := range []string{"", "a\nb", strings.Repeat("x", event.MaxID+1)} {
			if hash, err := i.CustomerHash(id); err == nil || hash != "" || strings.Contains(err.Error(), "a\nb") {
				t.Errorf("%.10q has the pseudonym %q: %v", id, hash, err)
			}
		}
		i.close(t)
	})
	without, err := cx.New(cx.WithoutCustomerIDs())
	if err != nil {
		t.Fatal(err)
	}
	if hash, err := without.CustomerHash("alice"); err == nil || hash != "" {
		t.Errorf("without a key the pseudonym is %q: %v", hash, err)
	}
	if err := without.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if hash, err := (*cx.Client)(nil).CustomerHash("alice"); err == nil || hash != "" {
		t.Errorf("without a client the pseudonym is %q: %v", hash, err)
	}
}
