package touchpoint_test

import (
	"context"
	"fmt"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// identities is a processor that says which event it gets.
type identities struct{}

func (identities) Process(_ context.Context, e *event.Event) { fmt.Println(e.ID, e.Outcome) }
func (identities) Shutdown(context.Context) error            { return nil }

// A job sends the invoices of the night. It stops in the middle and runs again: an archive keeps the first event of an ID.
func ExampleOncePer() {
	client, err := cx.New(cx.WithProcessors(identities{}), cx.WithNamespace("production"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Shutdown(context.Background()) }()
	ctx := cx.NewContext(context.Background(), client)
	invoice := touchpoint.Define("invoice")
	for range 2 {
		_, tp := invoice.Start(ctx, event.Email, touchpoint.OncePer("invoices", "2026-04-17", "order-7"))
		tp.End()
	}
	// Output:
	// f04187a4-d677-8870-a0bf-87b4e11b828c ok
	// f04187a4-d677-8870-a0bf-87b4e11b828c ok
}
