package cxtest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// printingTB stands for the *testing.T that a test has: it prints failures.
type printingTB struct {
	testing.TB
	cleanup func()
}

func (*printingTB) Helper()            {}
func (t *printingTB) Cleanup(f func()) { t.cleanup = f }
func (*printingTB) Errorf(format string, args ...any) {
	line, _, _ := strings.Cut(fmt.Sprintf(format, args...), "\n")
	fmt.Println("FAIL:", line)
}

func ExampleNew() {
	// The service: it takes payments.
	order := journey.Define("order", journey.Stages("basket", "payment"))
	payment := touchpoint.Define("submit-payment", touchpoint.In(order, "payment"))
	checkOut := func(ctx context.Context, id string) {
		ctx = order.Start(ctx, id, event.Customer{ID: "alice"})
		ctx, tp := payment.Start(ctx, event.Web)
		defer tp.End()
		tp.Degraded("slow-psp")
		order.Complete(ctx)
	}

	t := &printingTB{} // in a test: func TestCheckOut(t *testing.T)
	rec := cxtest.New(t)
	checkOut(rec.Context(context.Background()), "o-1")

	rec.Journey("order", "o-1").Started().Stages("payment").Completed()
	rec.Journey("order", "o-1").Touchpoint("submit-payment").Times(1).OK()

	t.cleanup() // a test does that by itself
	// Output:
	// FAIL: touchpoint submit-payment of journey order o-1: it was degraded, want ok
}
