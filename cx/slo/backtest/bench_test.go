package backtest_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/backtest"
)

// benchSize returns how many objectives and days the benchmark has. Fewer take less time, in proportion.
func benchSize(b *testing.B) (objectives, days int) {
	b.Helper()
	objectives, days = 10, backtest.DefaultDays
	if text := os.Getenv("CAIRN_BENCH_BACKTEST"); text != "" {
		if _, err := fmt.Sscanf(text, "%dx%d", &objectives, &days); err != nil {
			b.Fatalf("CAIRN_BENCH_BACKTEST=%s: write OBJECTIVESxDAYS, such as 2x10: %v", text, err)
		}
	}
	return objectives, days
}

// BenchmarkNinetyDays runs ten objectives over 90 days, of which the log has 118, at steps of five minutes:
//
//	go test -run '^$' -bench NinetyDays -benchtime 1x .
func BenchmarkNinetyDays(b *testing.B) {
	var objectives []slo.Objective
	n, days := benchSize(b)
	for i := range n {
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
		until := begin.AddDate(0, 0, 118)
		rep, err := backtest.Run(b.Context(), c, backtest.WithPeriod(until.AddDate(0, 0, -days), until))
		if err != nil {
			b.Fatal(err)
		}
		b.Log(rep.Verdict())
	}
}
