package sdktest_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/touchpoint"
)

// effortCounts returns the points of the metrics of efforts, in a line each.
func effortCounts(t *testing.T, reader *sdkmetric.ManualReader) (lines []string) {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	for _, s := range all.ScopeMetrics {
		for _, m := range s.Metrics {
			sum, ok := m.Data.(metricdata.Sum[int64])
			if !ok || !strings.HasPrefix(m.Name, "cx.effort.") {
				continue
			}
			for _, p := range sum.DataPoints {
				line := strings.TrimPrefix(m.Name, "cx.effort.")
				for _, kv := range p.Attributes.ToSlice() {
					line += " " + kv.Value.Emit()
				}
				lines = append(lines, fmt.Sprint(line, " ", p.Value))
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// TestEffortMetrics: what efforts and their coverage count. Two instances share a store, and each effort counts once.
func TestEffortMetrics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, reader := new(memory.Store), sdkmetric.NewManualReader()
		provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
		instance := func() *cx.Client {
			client, err := cx.New(cx.WithStore(store), cx.WithMeterProvider(provider), cx.WithCustomerKey([]byte("a key of at least 16 bytes")),
				cx.WithSweepInterval(24*time.Hour), cx.WithDefinitions(touchpoint.Define("helpline"), touchpoint.Define("login")))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = client.Shutdown(context.Background()) })
			return client
		}
		web, desk := instance(), instance()
		contact := func(intent string, channel event.Channel) event.Event {
			return event.Event{
				Kind: event.TouchpointEnded, Touchpoint: "helpline", Channel: channel, Actor: event.ActorEmployee, Outcome: event.OK, Intent: intent,
				Customer: event.Customer{ID: "alice"}, Time: time.Now().Add(-10 * time.Minute), Duration: 10 * time.Minute,
				Assisted: &event.Assisted{Legs: []event.Leg{{Queue: "first", Queued: true, Answered: true}}, Claimed: event.Yes},
			}
		}
		record := func(c *cx.Client, e event.Event) { c.Record(t.Context(), e) }
		record(web, event.Event{
			Kind: event.TouchpointEnded, Touchpoint: "login", Channel: event.Web, Outcome: event.Failed, Intent: "bill",
			Customer: event.Customer{ID: "alice"}, Time: time.Now(),
		})
		time.Sleep(time.Hour)
		record(web, contact("bill", event.Chat))
		time.Sleep(6 * 24 * time.Hour)
		record(desk, contact("bill", event.Phone))
		unanswered := contact("return", event.Phone)
		unanswered.Assisted = &event.Assisted{Legs: []event.Leg{{Queue: "first", Queued: true}, {Bot: true, Answered: true}}}
		record(desk, unanswered)
		record(desk, contact("move", event.Email))
		outbound := contact("bill", event.Phone)
		outbound.Direction = event.Outbound
		record(desk, outbound)
		record(desk, contact(event.Other, event.Phone)) // intents of several kinds are folded into it
		unknown := contact("", event.Phone)
		record(desk, unknown)
		unknown.Customer = event.Customer{}
		record(desk, unknown)
		unknown.Intent = "bill"
		record(desk, unknown)
		time.Sleep(20 * 24 * time.Hour)
		synctest.Wait()
		if got, want := effortCounts(t, reader), []string{
			"contacts known 4", "contacts neither 1", "contacts no_customer 1", "contacts no_intent 2",
			"ended unsaid false unanswered return 1", "ended yes false first_contact move 1", "ended yes true repeated bill 1",
			"repeats bill 1", "repeats move 0", "repeats return 0", "switches bill 1", "switches move 0", "switches return 0",
		}; !slices.Equal(got, want) {
			t.Errorf("counted\n%s, want\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}
