package cx_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// TestNamesOfPromises: a name that no definition has is reported, with the one that was probably meant. The event keeps the name.
func TestNamesOfPromises(t *testing.T) {
	t.Parallel()
	order := journey.Define("order", journey.Promise("confirmed", time.Hour), journey.ByHand("call back"))
	for _, c := range []struct {
		name, reason string
		defs         []event.Definition
		do           func(ctx context.Context)
		want         []string
	}{
		{"declared", "both names are known", []event.Definition{order}, func(ctx context.Context) {
			order.Promise(ctx, "call back", time.Now().Add(time.Hour))
			order.Keep(ctx, "call back")
			order.Promise(ctx, "confirmed", time.Now().Add(2*time.Hour))
			order.Keep(ctx, "confirmed")
		}, nil},
		{"kept under a misspelt name", "it keeps nothing", []event.Definition{order}, func(ctx context.Context) { order.Keep(ctx, "confirmd") }, []string{
			`"confirmd": it is a promise that the definition of the journey order does not name, so that metrics count it under _other: did you mean "confirmed"?`,
		}},
		{"made under another name", "nothing is like it", []event.Definition{order}, func(ctx context.Context) { order.Promise(ctx, "refund", time.Now().Add(time.Hour)) }, []string{
			`"refund": it is a promise that the definition of the journey order does not name, so that metrics count it under _other: correct`,
		}},
		{"by touchpoints that are not defined", "one is nearly right", []event.Definition{
			journey.Define("claim", journey.Stages("received"),
				journey.Promise("answered", time.Hour, journey.SinceTouchpoint("ask"), journey.UntilTouchpoint("repyl")),
				journey.Promise("seen", time.Hour, journey.UntilTouchpoint("received"))),
			touchpoint.Define("reply"), touchpoint.Define("ask"),
		}, nil, []string{
			`"repyl": UntilTouchpoint of the promise "answered" of the journey "claim" names a touchpoint that is not defined: did you mean "reply"?`,
			`"received": UntilTouchpoint of the promise "seen" of the journey "claim" names a touchpoint that is not defined: it is the name of a stage, which Since and Until take`,
		}},
		{"by touchpoints that are met in use", "a library may define them", []event.Definition{journey.Define("claim", journey.Promise("answered", time.Hour, journey.UntilTouchpoint("reply")))}, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			heard := make(chan string, 16)
			var got seen
			client, err := cx.New(silent(), cx.WithDefinitions(c.defs...), cx.WithProcessors(&got), cx.WithOnFault(func(_ context.Context, r fault.Report) {
				if r.Fault == fault.UnknownName {
					heard <- r.String()
				}
			}))
			if err != nil {
				t.Fatal(err)
			}
			if c.do != nil {
				c.do(order.Start(cx.NewContext(t.Context(), client), "1", event.Customer{}))
			}
			_ = client.Shutdown(context.Background())
			close(heard)
			var faults []string
			for r := range heard {
				faults = append(faults, strings.TrimPrefix(r, "unknown_name "))
			}
			if !slices.EqualFunc(faults, c.want, strings.HasPrefix) {
				t.Errorf("the faults are %q, want %q: %s", faults, c.want, c.reason)
			}
			for _, e := range got.of(event.PromiseMade) {
				if e.Promise.Name == event.Other {
					t.Error("the event has lost its name")
				}
			}
		})
	}
}

// TestKeepsAMisspeltPromise: a touchpoint that keeps a promise which its journey does not have is a faulty definition.
func TestKeepsAMisspeltPromise(t *testing.T) {
	t.Parallel()
	order := journey.Define("order", journey.Promise("confirmed", time.Hour), journey.ByHand("call back"))
	const want = `touchpoint "mail": Keeps names the promise "confirmd", which the journey "order" does not have: it has ["confirmed" "call back"]: did you mean "confirmed"?`
	if _, err := cx.New(silent(), cx.WithDefinitions(touchpoint.Define("mail", touchpoint.Keeps(order, "confirmd")))); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("New returns %v, want %q", err, want)
	}
}
