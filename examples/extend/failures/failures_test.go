package failures_test

import (
	"errors"
	"testing"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/extend/failures"
	"cairncx.dev/cairn/exporters/processortest"
	"cairncx.dev/cairn/touchpoint"
)

func TestContract(t *testing.T) {
	t.Parallel()
	processortest.Run(t, func(*testing.T) processortest.Subject {
		return processortest.Subject{Processor: &failures.Counter{}}
	})
}

func TestCounts(t *testing.T) {
	t.Parallel()
	var c failures.Counter
	pay := touchpoint.Define("pay")
	client, err := cx.New(cx.WithProcessors(&c), cx.WithDefinitions(pay))
	if err != nil {
		t.Fatal(err)
	}
	ctx := cx.NewContext(t.Context(), client)
	for _, err := range []error{nil, errors.New("declined"), errors.New("declined")} {
		_, tp := pay.Start(ctx, event.Web)
		tp.Fail(err)
		tp.End()
	}
	if err := client.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	if got := c.Counts()["pay"]; got != 2 {
		t.Errorf("pay failed %d times, want 2", got)
	}
}
