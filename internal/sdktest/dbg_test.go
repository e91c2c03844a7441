package sdktest_test

import (
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/journey/storetest"
)

func TestDbg(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("SEED"))
	synctest.Test(t, func(t *testing.T) {
		events := &processor{}
		opts := []cx.Option{cx.WithProcessors(events), cx.WithDefinitions(checkout, viewCart, enterAddress, submitPayment, seeReceipt, chargeCard)}
		if os.Getenv("STORE") != "" {
			opts = append(opts, cx.WithStore(&storetest.Memory{}))
		}
		p := newProcess(t, "shop", opts...)
		l := &life{rng: rand.New(rand.NewPCG(uint64(n), 9)), p: p, ctx: p.context()}
		l.live()
		must(t, p.client.Flush(t.Context()))
		for _, e := range events.all() {
			t.Log(e.Kind, e.Time.Format("05.000"), e.Duration, e.Stage, e.Visit, e.Touchpoint, e.Late, e.Transition)
		}
		spans := journeySpans(traceID("checkout", orderID), p)
		slices.SortFunc(spans, func(a, b tracetest.SpanStub) int { return a.StartTime.Compare(b.StartTime) })
		for _, s := range spans {
			t.Log(s.SpanContext.SpanID(), "<", s.Parent.SpanID(), s.Name, s.StartTime.Format("05.000"), s.EndTime.Format("05.000"), attrs(s.Attributes)["cx.stage.name"], attrs(s.Attributes)["cx.stage.visit"])
		}
	})
}
