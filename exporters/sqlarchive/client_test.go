package sqlarchive_test

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/journey"
)

// TestClientForgets: what a client is told to forget is gone from its archive too, with what was still on
// its way there, and what is of others stays.
func TestClientForgets(t *testing.T) {
	t.Parallel()
	path := temp(t)
	spool, err := exporters.NewSpool(filepath.Join(t.TempDir(), "spool"), open(t, path))
	if err != nil {
		t.Fatal(err)
	}
	client, err := cx.New(cx.WithExporters(spool), cx.WithCustomerKey([]byte("a key of at least 16 bytes")))
	if err != nil {
		t.Fatal(err)
	}
	ctx := cx.NewContext(context.Background(), client)
	checkout := journey.Define("checkout")
	for _, customer := range []string{"ada", "ben"} {
		in := checkout.Start(ctx, "cart-of-"+customer, event.Customer{ID: customer})
		if customer == "ada" {
			checkout.Complete(in)
		}
	}
	if n, err := client.Forget(ctx, "ada"); err != nil || n != 0 { // whose journey has ended
		t.Errorf("Forget: %d, %v", n, err)
	}
	if n, err := client.Forget(ctx, "nobody"); err != nil || n != 0 {
		t.Errorf("Forget of somebody unknown: %d, %v", n, err)
	}
	if err := client.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	rows, err := raw(t, path).QueryContext(ctx, "SELECT run FROM transitions UNION SELECT run FROM journeys")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var left []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		left = append(left, id)
	}
	if err := rows.Err(); err != nil || !slices.Equal(left, []string{"cart-of-ben"}) {
		t.Errorf("there is %q: %v", left, err)
	}
}
