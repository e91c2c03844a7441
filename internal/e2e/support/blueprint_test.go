// Package support_test records contacts with a client, and looks at them where a support team does: on the generated dashboard over a real
// Prometheus, and in the trace that a real OpenTelemetry Collector receives.
package support_test

import (
	"context"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/touchpoint"
)

// patience bounds waits that are long only if something is wrong.
const patience = time.Minute

const key = "a key of at least 16 bytes"

// team returns a blueprint with two queues.
func team(t *testing.T) *blueprint.Blueprint {
	t.Helper()
	week := slo.Window{Days: 7}
	b := &blueprint.Blueprint{
		Version:     blueprint.Version,
		Touchpoints: []blueprint.Touchpoint{{Name: helpline.Name()}},
		Hours:       map[string]blueprint.Hours{"office": {Zone: "UTC", Open: map[string]blueprint.Openings{"mon-fri": {"09:00-17:00"}}}},
		Queues: []blueprint.Queue{
			{Name: "support", Hours: "office", Channels: []string{"phone", "chat"}, ServiceLevel: blueprint.ServiceLevel{Within: blueprint.Duration(20 * time.Second)}},
			{Name: "billing", ServiceLevel: blueprint.ServiceLevel{Within: blueprint.Duration(time.Minute), Variant: "ignored"}},
		},
		Intents:    []string{"order-late", "refund"},
		RootCauses: []string{"no-authority", "not-understood"},
		Objectives: []blueprint.Objective{
			{Name: "support-answers", Queue: "support", Good: blueprint.Good{ServiceLevel: true}, Target: 0.8, Window: week},
			{Name: "solved-at-once", Effort: slo.AllEfforts, Target: 0.7, Window: week},
		},
	}
	if err := b.Validate(); err != nil {
		t.Fatal(err)
	}
	return b
}

var helpline = touchpoint.Define("helpline")

// newClient returns a context with a client of the blueprint. The client is shut down at the end of the test, or by stop before.
func newClient(t *testing.T, opts ...cx.Option) (ctx context.Context, client *cx.Client) {
	t.Helper()
	client, err := cx.New(append([]cx.Option{cx.WithBlueprint(team(t)), cx.WithCustomerKey([]byte(key))}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return cx.NewContext(t.Context(), client), client
}
