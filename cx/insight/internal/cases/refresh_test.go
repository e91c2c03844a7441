package cases_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/cases"
)

// growing is a stream, and after it what each further scan gives: events of the runs of these numbers.
type growing struct {
	stream
	next []int
	scan int
}

func (g *growing) Scan(ctx context.Context, s event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	if s.Since.Position == "" {
		return g.stream.Scan(ctx, s, each)
	}
	g.scan++
	for i, run := range g.next {
		e := g.begin(run, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
		e.Time = time.Date(2026, 2, 1, g.scan, 0, 0, i*1000, time.UTC)
		e.ID = event.NewID(e.Time)
		e.Kind, e.Touchpoint, e.Stage, e.Outcome = event.TouchpointEnded, names[i%5], stages[2], event.OK
		if err := each(&e); err != nil {
			return event.Cursor{}, err
		}
	}
	return event.Cursor{Position: fmt.Sprint(g.scan)}, nil
}

// BenchmarkRefresh loads 1,000 new events into a table of a million runs: of runs all over the table, and of the last ones.
func BenchmarkRefresh(b *testing.B) {
	const runs, events = 1_000_000, 1_000
	g := &growing{stream: stream{runs: runs, overlap: 20_000}}
	table := cases.New(cases.Config{})
	if err := table.Load(b.Context(), g); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		run  func(i int) int
	}{
		{"spread", func(i int) int { return i * (runs / events) }},
		{"last", func(i int) int { return runs - events + i }},
	} {
		g.next = g.next[:0]
		for i := range events {
			g.next = append(g.next, c.run(i))
		}
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				if err := table.Load(b.Context(), g); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "median-ms")
			b.ReportMetric(float64(took[0].Microseconds())/1000, "least-ms")
		})
	}
}
