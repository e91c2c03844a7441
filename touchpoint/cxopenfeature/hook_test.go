package cxopenfeature_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
	"github.com/open-feature/go-sdk/openfeature/memprovider"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/cxopenfeature"
)

// byTier gives gold customers the arm b.
func byTier(f memprovider.InMemoryFlag, of openfeature.FlattenedContext) (any, openfeature.ProviderResolutionDetail) {
	arm := "a"
	if of["tier"] == "gold" {
		arm = "b"
	}
	return f.Variants[arm], openfeature.ProviderResolutionDetail{Variant: arm, Reason: openfeature.TargetingMatchReason}
}

// flags is a client of the SDK's own provider in memory, with the hook.
func flags(t testing.TB, hook *cxopenfeature.Hook) *openfeature.Client {
	t.Helper()
	evaluator := byTier
	unnamed := func(memprovider.InMemoryFlag, openfeature.FlattenedContext) (any, openfeature.ProviderResolutionDetail) {
		return true, openfeature.ProviderResolutionDetail{Reason: openfeature.SplitReason}
	}
	api := isolated.NewAPI()
	if err := api.SetProviderAndWait(context.Background(), memprovider.NewInMemoryProvider(map[string]memprovider.InMemoryFlag{
		"page":     {State: memprovider.Enabled, DefaultVariant: "a", Variants: map[string]any{"a": "old", "b": "new"}, ContextEvaluator: &evaluator},
		"search":   {State: memprovider.Enabled, DefaultVariant: "fast", Variants: map[string]any{"fast": 1}},
		"disabled": {State: memprovider.Disabled, DefaultVariant: "a", Variants: map[string]any{"a": "x"}},
		"unnamed":  {State: memprovider.Enabled, DefaultVariant: "on", Variants: map[string]any{"on": true}, ContextEvaluator: &unnamed},
		"other":    {State: memprovider.Enabled, DefaultVariant: "x", Variants: map[string]any{"x": true}},
	})); err != nil {
		t.Fatal(err)
	}
	client := api.NewClient()
	client.AddHooks(hook)
	return client
}

// TestHook says which evaluations are arms.
func TestHook(t *testing.T) {
	t.Parallel()
	gold := openfeature.NewEvaluationContext("customer-1", map[string]any{"tier": "gold"})
	for _, c := range []struct {
		name, reason string
		flags        []string
		evaluate     func(ctx context.Context, client *openfeature.Client)
		want         string
	}{
		{"a named flag", "its variant is the arm", []string{"page"}, func(ctx context.Context, client *openfeature.Client) {
			if v := client.String(ctx, "page", "old", gold); v != "new" {
				panic(v)
			}
		}, "page: b"},
		{"a flag that is not named", "the vocabulary is the application's", []string{"page"}, func(ctx context.Context, client *openfeature.Client) {
			client.Boolean(ctx, "other", false, gold)
		}, ""},
		{"two, the first one first", "the one that is named first matters more", []string{"page", "search"}, func(ctx context.Context, client *openfeature.Client) {
			client.String(ctx, "page", "", gold)
			client.Int(ctx, "search", 0, gold)
		}, "page: b"},
		{"two, the first one last", "the order of evaluations is no matter", []string{"page", "search"}, func(ctx context.Context, client *openfeature.Client) {
			client.Int(ctx, "search", 0, gold)
			client.String(ctx, "page", "", gold)
		}, "page: b"},
		{"the same flag twice", "the last evaluation holds", []string{"page"}, func(ctx context.Context, client *openfeature.Client) {
			client.String(ctx, "page", "", gold)
			client.String(ctx, "page", "", openfeature.NewEvaluationContext("customer-2", nil))
		}, "page: a"},
		{"a disabled flag", "its customers are in no experiment", []string{"disabled"}, func(ctx context.Context, client *openfeature.Client) {
			client.String(ctx, "disabled", "d", gold)
		}, ""},
		{"a flag that does not exist", "the default is no arm", []string{"missing"}, func(ctx context.Context, client *openfeature.Client) {
			client.String(ctx, "missing", "d", gold)
		}, ""},
		{"another type", "the evaluation failed", []string{"page"}, func(ctx context.Context, client *openfeature.Client) {
			client.Boolean(ctx, "page", true, gold)
		}, ""},
		{"a boolean without a variant", "its value is the arm", []string{"unnamed"}, func(ctx context.Context, client *openfeature.Client) {
			client.Boolean(ctx, "unnamed", false, gold)
		}, "unnamed: true"},
		{"no flags", "the zero value records nothing", nil, func(ctx context.Context, client *openfeature.Client) {
			client.String(ctx, "page", "", gold)
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := cxtest.New(t)
			client := flags(t, cxopenfeature.NewHook(c.flags...))
			mux := http.NewServeMux()
			mux.HandleFunc("GET /pay", func(_ http.ResponseWriter, q *http.Request) {
				c.evaluate(q.Context(), client)
				feedback.CSAT.Record(q.Context(), 5)
			})
			server := httptest.NewServer(r.Handler(touchpoint.Handler(mux)))
			defer server.Close()
			answer, err := http.Get(server.URL + "/pay") //nolint:noctx // a test
			if err != nil {
				t.Fatal(err)
			}
			_ = answer.Body.Close()
			server.Close() // the touchpoint is over
			events := r.Events()
			if len(events) != 2 {
				t.Fatalf("%d events, want an answer and a touchpoint", len(events))
			}
			for _, e := range events {
				got := ""
				if e.Variant != nil {
					got = e.Variant.Experiment + ": " + e.Variant.Arm
				}
				if got != c.want {
					t.Errorf("%s: %s has the arm %q, want %q", c.reason, e.Kind, got, c.want)
				}
			}
		})
	}
}

// TestNilHook records nothing, and evaluates.
func TestNilHook(t *testing.T) {
	t.Parallel()
	client := flags(t, nil)
	if v := client.String(t.Context(), "page", "old", openfeature.NewEvaluationContext("c", map[string]any{"tier": "gold"})); v != "new" {
		t.Errorf("the flag is %q", v)
	}
}

func ExampleNewHook() {
	api := isolated.NewAPI()
	_ = api.SetProviderAndWait(context.Background(), memprovider.NewInMemoryProvider(map[string]memprovider.InMemoryFlag{
		"one-page-checkout": {State: memprovider.Enabled, DefaultVariant: "b", Variants: map[string]any{"b": true}},
	}))
	flags := api.NewClient()
	flags.AddHooks(cxopenfeature.NewHook("one-page-checkout"))

	client, err := cx.New(cx.WithProcessors(printer{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, tp := touchpoint.Define("pay").Start(cx.NewContext(context.Background(), client), event.Web)
	flags.Boolean(ctx, "one-page-checkout", false, openfeature.EvaluationContext{})
	tp.End()
	_ = client.Shutdown(context.Background())
	// Output: pay one-page-checkout b
}

type printer struct{}

func (printer) Process(_ context.Context, e *event.Event) {
	fmt.Println(e.Touchpoint, e.Variant.Experiment, e.Variant.Arm)
}

func (printer) Shutdown(context.Context) error { return nil }
