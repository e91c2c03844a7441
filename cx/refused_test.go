package cx_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// TestRefused goes through every option that takes a number, a duration, a ratio or a name. What cannot be is an
// error that names the option, and never an option that is silently another one.
func TestRefused(t *testing.T) {
	t.Parallel()
	key := []byte("a key of more than 16 bytes")
	life := func(d time.Duration) []cx.Option {
		return []cx.Option{cx.WithPositionKeys(key), cx.WithPositionLife(d)}
	}
	define := func(d ...any) []cx.Option {
		var opts []cx.Option
		for _, d := range d {
			switch d := d.(type) {
			case *journey.Definition:
				opts = append(opts, cx.WithDefinitions(d))
			case *touchpoint.Definition:
				opts = append(opts, cx.WithDefinitions(d))
			case *feedback.Survey:
				opts = append(opts, cx.WithDefinitions(d))
			}
		}
		return opts
	}
	one := func(o cx.Option) []cx.Option { return []cx.Option{o} }
	const taken = "" // no error
	for _, c := range []struct {
		opts []cx.Option
		says string
	}{
		{one(cx.WithJourneySampling(-0.1)), "WithJourneySampling(-0.1)"},
		{one(cx.WithJourneySampling(1.1)), "WithJourneySampling(1.1)"},
		{one(cx.WithJourneySampling(math.NaN())), "WithJourneySampling(NaN)"},
		{one(cx.WithJourneySampling(math.Inf(1))), "WithJourneySampling(+Inf)"},
		{one(cx.WithJourneySampling(math.Inf(-1))), "WithJourneySampling(-Inf)"},
		{one(cx.WithJourneySampling(0)), taken},
		{one(cx.WithJourneySampling(1)), taken},
		{one(cx.WithSpanLimit(-1)), "WithSpanLimit(-1)"},
		{one(cx.WithSpanLimit(math.MinInt)), "WithSpanLimit(-"},
		{one(cx.WithSpanLimit(0)), taken},
		{one(cx.WithSpanLimit(1)), taken},
		{one(cx.WithSweepInterval(-1)), "WithSweepInterval(-1ns)"},
		{one(cx.WithSweepInterval(0)), "WithSweepInterval(0s)"},
		{one(cx.WithSweepInterval(1)), taken},
		{one(cx.WithMaxJourneys(-1)), "WithMaxJourneys(-1)"},
		{one(cx.WithMaxJourneys(math.MinInt)), "WithMaxJourneys(-"},
		{one(cx.WithMaxJourneys(0)), taken},
		{one(cx.WithMaxJourneys(1)), taken},
		{one(cx.WithMaxJourneys(math.MaxInt)), taken},
		{one(cx.WithStoreQueue(-1)), "WithStoreQueue(-1)"},
		{one(cx.WithStoreQueue(math.MaxInt)), "WithStoreQueue(9"},
		{one(cx.WithStoreQueue(0)), taken},
		{one(cx.WithStoreQueue(1 << 20)), taken},
		{one(cx.WithStoreQueue(1<<20 + 1)), "WithStoreQueue(1048577)"},
		{one(cx.WithEndGrace(-1)), "WithEndGrace(-1ns)"},
		{one(cx.WithEndGrace(-time.Hour)), "cx.NoEndGrace"},
		{one(cx.WithEndGrace(math.MinInt64)), "WithEndGrace(-"},
		{one(cx.WithEndGrace(30*time.Second + 1)), "WithEndGrace(30.000000001s)"},
		{one(cx.WithEndGrace(0)), taken},
		{one(cx.WithEndGrace(cx.NoEndGrace)), taken},
		{one(cx.WithEndGrace(30 * time.Second)), taken},
		{one(cx.WithEndedRetention(-1)), "WithEndedRetention(-1ns)"},
		{one(cx.WithEndedRetention(0)), taken},
		{one(cx.WithEndedRetention(math.MaxInt64)), taken},
		{life(-1), "it has to be from 1s"},
		{life(0), "WithPositionLife(0)"},
		{life(time.Second - 1), "it has to be from 1s"},
		{life(time.Second), taken},
		{one(cx.WithPositionLife(-1)), "WithPositionLife"},
		{one(cx.WithPositionKeys()), "WithPositionKeys"},
		{one(cx.WithPositionKeys(nil)), "WithPositionKeys"},
		{one(cx.WithCustomerKey(nil)), "WithCustomerKey"},
		{one(cx.WithCustomerKey(make([]byte, 15))), "WithCustomerKey"},
		{one(cx.WithClock(nil)), "WithClock(nil)"},
		{one(cx.WithNamespace("")), "WithNamespace"},
		{one(cx.WithNamespace("_x")), "WithNamespace"},
		{one(cx.WithNamespace(strings.Repeat("x", 65))), "WithNamespace"},
		{one(cx.WithStore(nil)), taken},
		{one(cx.WithBlueprint(nil)), taken},
		{one(cx.WithBlueprint(&blueprint.Blueprint{})), "WithBlueprint"},
		{one(cx.WithObjectives()), taken},
		{one(cx.WithObjectives(slo.Objective{Name: "o", Journey: "j", Target: 0.9, Window: slo.Window{Days: 28}})), taken},
		{one(cx.WithObjectives(slo.Objective{Name: "o", Journey: "j", Target: 1, Window: slo.Window{Days: 28}})), `WithObjectives: objective "o": target: is 100%`},
		{one(cx.WithObjectives(make([]slo.Objective, slo.MaxCounted+1)...)), "there are 301 objectives: a client counts at most 300"},
		{one(nil), taken},
		{define(journey.Define("j", journey.AbandonAfter(-1))), "AbandonAfter is -1ns"},
		{define(journey.Define("j", journey.AbandonAfter(math.MinInt64))), "AbandonAfter is -"},
		{define(journey.Define("j", journey.AbandonAfter(math.MaxInt64))), "AbandonAfter is"},
		{define(journey.Define("j", journey.AbandonAfter(0))), taken},
		{define(journey.Define("j", journey.Stages("s"), journey.Expect("s", -1))), "Expect of the stage"},
		{define(journey.Define("j", journey.Stages("s"), journey.Expect("s", math.MaxInt64))), "Expect of the stage"},
		{define(journey.Define("j", journey.Stages("s"), journey.Expect("s", 0))), taken},
		{define(touchpoint.Define("t", touchpoint.Satisfied(-1))), "Satisfied is -1ns"},
		{define(touchpoint.Define("t", touchpoint.Satisfied(math.MaxInt64))), "Satisfied is"},
		{define(touchpoint.Define("t", touchpoint.Satisfied(0))), taken},
		{define(feedback.Define("f", feedback.Question(200))), "it has no scale"},
	} {
		t.Run(c.says+fmt.Sprint(len(c.opts)), func(t *testing.T) {
			t.Parallel()
			for _, store := range []bool{false, true} {
				opts := c.opts
				if store {
					opts = append([]cx.Option{cx.WithStore(&ledgertest.Memory{})}, opts...)
				}
				client, err := cx.New(opts...)
				if shut := client.Shutdown(context.Background()); shut != nil {
					t.Errorf("Shutdown: %v", shut)
				}
				switch {
				case c.says == taken && err != nil:
					t.Errorf("New: %v, want a client (with a store: %v)", err, store)
				case c.says != taken && (client != nil || !errors.Is(err, cx.ErrConfig) || !strings.Contains(err.Error(), c.says)):
					t.Errorf("New: %v, %v; want an error with %q (with a store: %v)", client, err, c.says, store)
				}
			}
		})
	}
}

// TestRefusedTogether: every fault is named, and each once.
func TestRefusedTogether(t *testing.T) {
	t.Parallel()
	_, err := cx.New(cx.WithSpanLimit(-1), cx.WithMaxJourneys(-2), cx.WithStoreQueue(-3), cx.WithEndGrace(-4), cx.WithEndedRetention(-5), cx.WithSweepInterval(-6), cx.WithJourneySampling(-7))
	if err == nil {
		t.Fatal("all of that was taken")
	}
	for _, name := range []string{"WithSpanLimit", "WithMaxJourneys", "WithStoreQueue", "WithEndGrace", "WithEndedRetention", "WithSweepInterval", "WithJourneySampling"} {
		if n := strings.Count(err.Error(), name); n != 1 {
			t.Errorf("%s is named %d times in %v", name, n, err)
		}
	}
	if strings.Contains(err.Error(), "telemetry:") {
		t.Errorf("%v speaks of what the application has not called", err)
	}
}
