package sqlite_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/stores/sqlite"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

type sink struct{ unsafe bool }

func (sink) Export(context.Context, []event.Event) error { return nil }
func (sink) Shutdown(context.Context) error              { return nil }
func (s sink) Flush(context.Context) error {
	if s.unsafe {
		return errors.New("not safe")
	}
	return nil
}

func TestWriteOldLogs(t *testing.T) {
	store, err := sqlite.Open(os.Getenv("OUT"))
	if err != nil {
		t.Fatal(err)
	}
	order := journey.Define("order", journey.Stages("cart", "review", "payment", "delivery"))
	browse := touchpoint.Define("browse")
	nine := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	client := func(unsafe bool) (context.Context, *cx.Client) {
		c, err := cx.New(cx.WithNamespace("upgrade"), cx.WithDefinitions(order, browse), cx.WithStore(store), cx.WithExporters(sink{unsafe}),
			cx.WithSweepInterval(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		return cx.NewContext(context.Background(), c), c
	}
	at := func(m int) journey.RecordOption { return journey.At(nine.Add(time.Duration(m) * time.Minute)) }

	first, c := client(false)
	for _, id := range []string{"settled", "both", "ended"} {
		ctx := order.Start(first, id, event.Customer{Segment: "gold"}, at(0), journey.Via(event.Web))
		ctx = order.Enter(ctx, "cart", at(1))
		browse.Record(ctx, event.Web, touchpoint.At(nine.Add(2*time.Minute)))
		if id == "ended" {
			order.Complete(ctx, at(3))
		}
	}
	if err := c.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := c.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}

	second, c := client(true)
	order.Enter(order.Resume(second, "both"), "review", at(5))
	ctx := order.Start(second, "open", event.Customer{Segment: "gold"}, at(0), journey.Via(event.Web))
	order.Enter(ctx, "cart", at(1))
	within, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	t.Log(c.Flush(within))
	if err := store.Close(); err != nil { // as if the process had been killed
		t.Fatal(err)
	}
}
