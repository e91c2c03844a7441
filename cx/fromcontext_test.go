package cx_test

import (
	"context"
	"testing"

	"cairncx.dev/cairn/cx"
)

// TestFromContext: the client of the context comes before the default one. It sets the default client, so that no other test runs beside it.
func TestFromContext(t *testing.T) {
	own, standard := newAsking(t).client, newAsking(t).client
	if got := cx.FromContext(t.Context()); got != nil {
		t.Errorf("without a client it is %p", got)
	}
	cx.SetDefault(standard)
	defer cx.SetDefault(nil)
	ctx := cx.NewContext(t.Context(), own)
	var none context.Context
	for _, test := range []struct {
		name string
		ctx  context.Context //nolint:containedctx // a case of the table
		want *cx.Client
	}{
		{"of the context", ctx, own},
		{"the default one", t.Context(), standard},
		{"the default one of no context", none, standard},
		{"none, because the context says so", cx.NewContext(ctx, nil), nil},
	} {
		if got := cx.FromContext(test.ctx); got != test.want {
			t.Errorf("%s: it is %p, want %p", test.name, got, test.want)
		}
	}
}
