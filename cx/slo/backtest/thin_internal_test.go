package backtest

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"pgregory.net/rapid"
)

// all is a storage that shows every scrape of its counter.
type all struct{ *store }

func (s all) Querier(from, until int64) (storage.Querier, error) {
	return allOf{&querier{store: s.store, whole: storage.SelectHints{Start: from, End: until}}}, nil
}

type allOf struct{ *querier }

// Select leaves the function out of the hints.
func (q allOf) Select(ctx context.Context, sorted bool, hints *storage.SelectHints, m ...*labels.Matcher) storage.SeriesSet {
	plain := *hints
	plain.Func = ""
	return q.querier.Select(ctx, sorted, &plain, m...)
}

// TestTwoScrapesAreEnough: an increase over the first and the last scrape of a window is the same as over all of them, in an instant query
// and in a range query, whatever the windows, steps and scrapes are.
func TestTwoScrapesAreEnough(t *testing.T) {
	t.Parallel()
	reader := parser.NewParser(parser.Options{})
	engine := newPromQL(reader)
	rapid.Check(t, func(rt *rapid.T) {
		scrape := rapid.SampledFrom([]int64{1000, 7000, 15000, 30000, 60000}).Draw(rt, "scrape")
		times := rapid.SliceOfN(rapid.Int64Range(0, 7_200_000), 0, 60).Draw(rt, "times")
		slices.Sort(times)
		window := scrape/1000*4 + rapid.Int64Range(0, 4000).Draw(rt, "window")
		step := time.Duration(rapid.Int64Range(1, 900).Draw(rt, "step")) * time.Second
		from := time.UnixMilli(rapid.Int64Range(0, 5_000_000).Draw(rt, "from"))
		until := from.Add(time.Duration(rapid.Int64Range(0, 20).Draw(rt, "steps")) * step)
		s := newStore([]*counter{{labels: labels.FromStrings(model.MetricNameLabel, "c"), times: times, scrape: scrape}})
		query := fmt.Sprintf("sum(increase(c[%ds]))", window)
		ask := func(q storage.Queryable) promql.Matrix {
			r, err := engine.NewRangeQuery(t.Context(), q, nil, query, from, until, step)
			if err != nil {
				rt.Fatal(err)
			}
			m, err := r.Exec(t.Context()).Matrix()
			if err != nil {
				rt.Fatal(err)
			}
			return m
		}
		two, every := ask(s), ask(all{s})
		if len(two) != len(every) || len(every) == 0 {
			rt.Fatalf("%d series, %d with all scrapes", len(two), len(every))
		}
		for i, p := range every[0].Floats {
			if got := two[0].Floats[i]; got != p {
				rt.Fatalf("at %d: %v, with all scrapes %v", p.T, got, p)
			}
			one, err := engine.NewInstantQuery(t.Context(), s, nil, query, time.UnixMilli(p.T))
			if err != nil {
				rt.Fatal(err)
			}
			v, err := one.Exec(t.Context()).Vector()
			if err != nil || len(v) != 1 || math.Float64bits(v[0].F) != math.Float64bits(p.F) {
				rt.Fatalf("at %d, asked alone: %v, %v; in a range %v", p.T, v, err, p)
			}
		}
	})
}
