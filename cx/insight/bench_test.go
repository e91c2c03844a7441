//go:build unix

package insight_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/internal/cases"
)

// stream is a source that makes its runs as it gives them: most of them are completed, at random, and each has a promise.
type stream int

func (stream) Distinct() bool { return true }

func (s stream) Scan(_ context.Context, _ event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	rng := rand.New(rand.NewPCG(3, 4))
	for n := range int(s) {
		l := ticket(n, float64(n)/1000)
		l.customer, l.segment, l.team, l.impact = fmt.Sprint(n/2), []string{"gold", "iron", "tin"}[rng.IntN(3)], []string{"north", "south"}[n%2], []string{"high", "low"}[n/2%2]
		l.touched = []touched{{1, "call", event.OK}, {2, "mail", event.Outcome(1 + n%7/6*2)}, {3, "visit", event.OK}}
		l.due = 48
		if rng.IntN(10) < 9 {
			l.ended, l.outcome, l.kept = 4+97*rng.Float64(), []event.Outcome{event.Completed, event.Completed, event.Completed, event.Completed, event.Completed, event.Completed, event.Completed, event.Failed, event.Cancelled, event.Abandoned}[rng.IntN(10)], 4+rng.ExpFloat64()
		}
		for _, e := range l.events() {
			if err := each(&e); err != nil {
				return event.Cursor{}, err
			}
		}
	}
	return event.Cursor{Position: "all"}, nil
}

func (stream) Events(context.Context, event.Query, func(*event.Event) error) error { return nil }

// sum keeps the passes from being removed.
var sum atomic.Int64

// bareColumns is one pass over the columns that the questions read, in a loop that does nothing but add.
func bareColumns(chunks []*cases.Chunk) {
	var all int64
	for _, c := range chunks {
		for row := range c.N {
			all += int64(c.Journey[row]) + int64(c.Flags[row]) + c.Base[row] + c.Ended[row] + int64(c.Outcome[row])
		}
	}
	sum.Add(all)
}

// bareEnds is bareColumns with the column of the last sign of life, which tells silent runs from open ones.
func bareEnds(chunks []*cases.Chunk) {
	var all int64
	for _, c := range chunks {
		for row := range c.N {
			all += int64(c.Journey[row]) + int64(c.Flags[row]) + c.Base[row] + c.Ended[row] + c.Last[row] + int64(c.Outcome[row])
		}
	}
	sum.Add(all)
}

func bareSegments(chunks []*cases.Chunk) {
	var all int64
	for _, c := range chunks {
		narrow, _ := c.First(cases.Segment)
		for row := range c.N {
			all += int64(c.Journey[row]) + int64(c.Flags[row]) + c.Base[row] + c.Ended[row] + c.Last[row] + int64(c.Outcome[row]) + int64(narrow[row])
		}
	}
	sum.Add(all)
}

func bareWords(t *cases.Snapshot) func([]*cases.Chunk) {
	return func(chunks []*cases.Chunk) {
		bareColumns(chunks)
		codes, all := t.Codes(), int64(0)
		for _, c := range chunks {
			for row := range c.N {
				for _, w := range c.Words(row) {
					all += c.At(row, w) + int64(codes[cases.CodeOf(w)].Kind)
				}
			}
		}
		sum.Add(all)
	}
}

// runs is the number of runs of [BenchmarkQuestions].
var runs = flag.Int("runs", 200_000, "the `number` of runs that BenchmarkQuestions asks about")

// BenchmarkQuestions asks each question, and reports how many times as long it takes as one bare pass over the columns that it reads, which takes one
// processor: by the clock (x-bare), and by the time of all processors (x-bare-cpu), which says the same on a machine that does something else as well. The
// times are the medians, and beside them the least ones, which other work on the machine disturbs least. A million runs:
//
//	go test -run '^$' -bench Questions ./cx/insight -args -runs 1000000
func BenchmarkQuestions(b *testing.B) {
	table, err := insight.New(tickets(), insight.WithAttributes("impact"))
	if err == nil {
		err = table.Load(b.Context(), stream(*runs))
	}
	if err != nil {
		b.Fatal(err)
	}
	view := table.View(insight.Everything(), time.Time{})
	w := insight.Which{Journey: "ticket"}
	rows := table.Cases().Snapshot()
	words := bareWords(rows)
	half := at(float64(*runs) / 2000)
	for _, c := range []struct {
		name string
		ask  func(*insight.View) error
		bare func([]*cases.Chunk)
	}{
		{"Outcomes", func(v *insight.View) error { _, err := v.Outcomes(b.Context(), w); return err }, bareEnds},
		{"Reopened", func(v *insight.View) error { _, err := v.Reopened(b.Context(), w); return err }, words},
		{"Promises", func(v *insight.View) error { _, err := v.Promises(b.Context(), w, time.Time{}, ""); return err }, words},
		{"PromisesByTeam", func(v *insight.View) error {
			_, err := v.Promises(b.Context(), w, time.Time{}, insight.Team)
			return err
		}, words},
		{"Backlog", func(v *insight.View) error { _, err := v.Backlog(b.Context(), w, insight.Team); return err }, words},
		{"Compare", func(v *insight.View) error {
			_, err := v.Compare(b.Context(), w, insight.Segment, insight.Completes())
			return err
		}, bareSegments},
		{"CompareFails", func(v *insight.View) error {
			_, err := v.Compare(b.Context(), w, insight.Segment, insight.Fails())
			return err
		}, words},
		{"ComparePromises", func(v *insight.View) error {
			_, err := v.Compare(b.Context(), w, insight.Segment, insight.Keeps("solved"))
			return err
		}, words},
		{"ComparePeriods", func(v *insight.View) error {
			_, err := v.ComparePeriods(b.Context(), insight.Which{From: half}, insight.Which{Until: half}, insight.Completes())
			return err
		}, bareEnds},
		{"Near", func(v *insight.View) error { _, err := v.Near(b.Context(), "Ticket no. 199999"); return err }, bareEnds},
	} {
		b.Run(c.name, func(b *testing.B) {
			var asked, bare, askedCPU, bareCPU []time.Duration
			timed := func(wall, all *[]time.Duration, f func()) {
				began, used := time.Now(), cpu(b)
				f()
				*wall, *all = append(*wall, time.Since(began)), append(*all, cpu(b)-used)
			}
			for b.Loop() {
				timed(&bare, &bareCPU, func() { c.bare(rows.Chunks()) })
				timed(&asked, &askedCPU, func() {
					if err := c.ask(view); err != nil {
						b.Fatal(err)
					}
				})
			}
			middle := func(list []time.Duration) float64 {
				slices.Sort(list)
				return float64(list[len(list)/2])
			}
			b.ReportMetric(middle(asked)/middle(bare), "x-bare")
			b.ReportMetric(middle(askedCPU)/middle(bareCPU), "x-bare-cpu")
			b.ReportMetric(float64(slices.Min(asked))/float64(slices.Min(bare)), "least-x-bare")
			b.ReportMetric(float64(slices.Min(askedCPU))/float64(slices.Min(bareCPU)), "least-x-bare-cpu")
			b.ReportMetric(middle(bareCPU)/float64(*runs), "bare-ns/run")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// cpu returns the time that the processors have worked for this process.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
