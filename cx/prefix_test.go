package cx_test

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/cx/slo"
	authors "cairncx.dev/cairn/exporters/sink"
	"cairncx.dev/cairn/journey"
)

// awayStore is a store that never answers in time, or says why not.
type awayStore struct {
	ledgertest.Memory
	hang bool
}

var errNoRoute = errors.New("no route to the database")

func (s *awayStore) Write(ctx context.Context, _ []ledger.Change) ([]ledger.Record, error) {
	if s.hang {
		<-ctx.Done()
	}
	return nil, errNoRoute
}

// plainStore is a store that cannot forget.
type plainStore struct{ ledger.Store }

// insider is a processor that calls the client when it is asked to forget.
type insider struct{ call func(context.Context) }

func (*insider) Process(context.Context, *event.Event) {}
func (*insider) Shutdown(context.Context) error        { return nil }

func (i *insider) Forget(ctx context.Context, _ string) (int64, error) {
	i.call(ctx)
	return 0, nil
}

// noSink is an exporter that refuses every event.
type noSink struct{}

func (noSink) Export(context.Context, []event.Event) error { return authors.Permanent(errNoRoute) }
func (noSink) Shutdown(context.Context) error              { return errNoRoute }

// makeable returns an error of every kind that a client makes, by what it is of.
func makeable(t *testing.T) map[string]error {
	t.Helper()
	errs := map[string]error{}
	_, errs["New, with every option wrong"] = cx.New(
		cx.WithExporters(nil), cx.WithNamespace("_x"), cx.WithCustomerKey([]byte("short")), cx.WithJourneySampling(math.NaN()),
		cx.WithSpanLimit(-1), cx.WithClock(nil), cx.WithSweepInterval(0), cx.WithBlueprint(&blueprint.Blueprint{}), cx.WithMaxJourneys(-1),
		cx.WithStoreQueue(-1), cx.WithEndGrace(-1), cx.WithEndedRetention(-1), cx.WithLogger(nil), cx.WithOnFault(nil),
		cx.WithPositionKeys([]byte("short")), cx.WithDefinitions(journey.Define("checkout", journey.Stages("cart", "cart"))),
	)
	_, errs["New, with faulty objectives"] = cx.New(cx.WithObjectives(slo.Objective{Name: "a"}, slo.Objective{Name: "a"}))
	_, errs["New, with too many objectives"] = cx.New(cx.WithObjectives(make([]slo.Objective, slo.MaxCounted+1)...))
	_, errs["New, with keys and no life"] = cx.New(cx.WithPositionLife(0))
	_, errs["New, with an end grace that is too long"] = cx.New(cx.WithEndGrace(time.Hour))

	open := func(opts ...cx.Option) *cx.Client {
		c, err := cx.New(append(opts, cx.WithCustomerKey(make([]byte, 32)), cx.WithLogger(slog.New(slog.DiscardHandler)))...)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	start := func(c *cx.Client, id string) {
		c.Record(t.Context(), event.Event{Kind: event.JourneyStarted, Journey: event.Run{Name: "checkout", ID: id}})
	}
	soon := func() (context.Context, context.CancelFunc) { return context.WithTimeout(t.Context(), time.Second) }

	for name, hang := range map[string]bool{"a store that fails": false, "a store that hangs": true} {
		c := open(cx.WithStore(&awayStore{hang: hang}), cx.WithStoreQueue(1))
		for _, id := range []string{"1", "2", "3"} {
			start(c, id)
			synctest.Wait()
		}
		ctx, cancel := soon()
		defer cancel()
		errs["Flush, with "+name] = c.Flush(ctx)
		_, errs["Forget, with "+name] = c.Forget(ctx, "alice")
		errs["Shutdown, with "+name] = c.Shutdown(ctx)
		time.Sleep(2 * time.Minute)
		errs["Shutdown again, with "+name] = c.Shutdown(ctx)
		_ = c.Shutdown(t.Context())
	}

	c := open(cx.WithStore(plainStore{&ledgertest.Memory{}}))
	_, errs["Forget, with a store that cannot"] = c.Forget(t.Context(), "alice")
	_ = c.Shutdown(t.Context())

	c = open(cx.WithExporters(noSink{}))
	start(c, "1")
	errs["Flush, with a sink that refuses"] = c.Flush(t.Context())
	errs["Shutdown, with a sink that refuses"] = c.Shutdown(t.Context())

	var inside *cx.Client
	inside = open(cx.WithProcessors(&insider{func(ctx context.Context) {
		errs["Flush, inside a processor"] = inside.Flush(ctx)
		errs["Shutdown, inside a processor"] = inside.Shutdown(ctx)
	}}))
	_, _ = inside.Forget(t.Context(), "alice")
	_ = inside.Shutdown(t.Context())
	return errs
}

// TestErrorsHaveOnePrefix: an error of the client begins with "cx: ", and says it once. What is inside carries no prefix of a
// package that the application has not called.
func TestErrorsHaveOnePrefix(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inner := regexp.MustCompile(`\b(cx|track|journey|flight|resolve|telemetry|lifecycle): `)
		boundary := regexp.MustCompile(`\b(event|exporters|sink|blueprint|propagate|ledgertest|sqlite|postgres|redis): `)
		errs := makeable(t)
		for name, err := range errs {
			if err == nil {
				t.Errorf("%s: there is no error", name)
				continue
			}
			text, ok := strings.CutPrefix(err.Error(), "cx: ")
			if !ok {
				t.Errorf("%s: %q does not begin with the package", name, err)
			}
			if p := inner.FindString(text); p != "" {
				t.Errorf("%s: %q names the package %q once more", name, err, p)
			}
			for line := range strings.Lines(text) {
				all := boundary.FindAllString(line, -1)
				slices.Sort(all)
				if n := len(all); len(slices.Compact(all)) != n {
					t.Errorf("%s: %q says a prefix twice", name, line)
				}
			}
		}
	})
}

// TestEveryOptionIsChecked: what is wrong with an option is said with the option's name, and everything at once.
func TestEveryOptionIsChecked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		err := makeable(t)["New, with every option wrong"]
		if !errors.Is(err, cx.ErrConfig) {
			t.Fatalf("%v does not wrap ErrConfig", err)
		}
		for _, option := range []string{
			"WithExporters", "WithNamespace", "WithCustomerKey", "WithJourneySampling", "WithSpanLimit", "WithClock", "WithSweepInterval", "WithBlueprint",
			"WithMaxJourneys", "WithStoreQueue", "WithEndGrace", "WithEndedRetention", "WithLogger", "WithOnFault", "WithPositionKeys", `journey "checkout"`,
		} {
			if !strings.Contains(err.Error(), option) {
				t.Errorf("nothing is said about %s in\n%v", option, err)
			}
		}
	})
}
