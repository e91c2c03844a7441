package cx_test

import (
	"testing"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
)

// TestKnowsCause: a client with causes knows them, and those with which breakdowns and follow-ups end; one without knows every cause.
func TestKnowsCause(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason string
		opts   []cx.Option
		knows  map[string]bool
	}{
		{"no causes", nil, map[string]bool{"budget": true, "intended": true}},
		{"causes of an option", []cx.Option{cx.WithCauses("sale")}, map[string]bool{"sale": true, "intended": true, "held": true, "budget": false}},
		{"causes of a blueprint", []cx.Option{cx.WithBlueprint(&blueprint.Blueprint{Version: 1, RootCauses: []string{"sale"}})}, map[string]bool{"sale": true, "seasonal": true, "budget": false}},
	} {
		client, err := cx.New(c.opts...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Shutdown(t.Context()) })
		for cause, want := range c.knows {
			if client.KnowsCause(cause) != want {
				t.Errorf("%s: %q is known: %v", c.reason, cause, !want)
			}
		}
	}
	if !(*cx.Client)(nil).KnowsCause("budget") {
		t.Error("a nil client folds causes")
	}
}
