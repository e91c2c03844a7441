package backtest_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/backtest"
)

// BenchmarkNinetyDays runs ten objectives over 90 days, of which the log has 118, at steps of five minutes:
//
//	go test -run '^$' -bench NinetyDays -benchtime 1x .
func BenchmarkNinetyDays(b *testing.B) {
	var objectives []slo.Objective
	for i := range 10 {
		objectives = append(objectives, paying(fmt.Sprintf("touchpoint-%d", i), 0.95, 28))
	}
	c := backtest.NewCounts(objectives)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range objectives {
		var events []happened
		for range 100_000 {
			events = append(events, happened{begin.Add(time.Duration(r.Int64N(int64(118 * 24 * time.Hour)))), r.Float64() < 0.04})
		}
		counts(b, c, objectives[i].Touchpoint, events)
	}
	for b.Loop() {
		rep, err := backtest.Run(b.Context(), c)
		if err != nil {
			b.Fatal(err)
		}
		b.Log(rep.Verdict())
	}
}
