package insight_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/internal/cases"
)

// stream is a source that makes its runs as it gives them: most of them are completed, and each has a promise.
type stream int

func (stream) Distinct() bool { return true }

func (s stream) Scan(_ context.Context, _ event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	for n := range int(s) {
		l := ticket(n, float64(n)/1000)
		l.customer, l.segment, l.team, l.impact = fmt.Sprint(n/2), []string{"gold", "iron", "tin"}[n%3], []string{"north", "south"}[n%2], []string{"high", "low"}[n/2%2]
		l.touched = []touched{{1, "call", event.OK}, {2, "mail", event.Outcome(1 + n%7/6*2)}, {3, "visit", event.OK}}
		l.due = 48
		if n%10 < 9 {
			l.ended, l.outcome, l.kept = 4+float64(n%97), event.Completed, 4
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

var sum int64 // so that the compiler keeps the passes

// bare are passes over the columns that the questions read, in one loop that does nothing but add.
func bareColumns(chunks []*cases.Chunk) {
	for _, c := range chunks {
		for row := range c.N {
			sum += int64(c.Journey[row]) + int64(c.Flags[row]) + c.Base[row] + c.Ended[row] + c.Last[row] + int64(c.Outcome[row])
		}
	}
}

func bareSegments(chunks []*cases.Chunk) {
	bareColumns(chunks)
	for _, c := range chunks {
		narrow, _ := c.First(cases.Segment)
		for row := range c.N {
			sum += int64(narrow[row]) + int64(c.Customer[row])
		}
	}
}

func bareWords(t *cases.Table) func([]*cases.Chunk) {
	return func(chunks []*cases.Chunk) {
		bareColumns(chunks)
		codes := t.Codes()
		for _, c := range chunks {
			for row := range c.N {
				for _, w := range c.Words(row) {
					sum += c.At(row, w) + int64(codes[cases.CodeOf(w)].Kind)
				}
			}
		}
	}
}

// BenchmarkQuestions asks each question about 200,000 runs, and reports how many times as long it takes as one bare pass over the columns that it reads.
func BenchmarkQuestions(b *testing.B) {
	table, err := insight.New(tickets(), insight.Attributes("impact"))
	if err == nil {
		err = table.Load(b.Context(), stream(200_000))
	}
	if err != nil {
		b.Fatal(err)
	}
	view := table.View(insight.Everything(), time.Time{})
	w := insight.Which{Journey: "ticket"}
	words := bareWords(table.Cases())
	half := at(100)
	for _, c := range []struct {
		name string
		ask  func() error
		bare func([]*cases.Chunk)
	}{
		{"Outcomes", func() error { _, err := view.Outcomes(w); return err }, bareColumns},
		{"Reopened", func() error { _, err := view.Reopened(w); return err }, words},
		{"Promises", func() error { _, err := view.Promises(w, time.Time{}, ""); return err }, words},
		{"PromisesByTeam", func() error { _, err := view.Promises(w, time.Time{}, insight.Team); return err }, words},
		{"Compare", func() error { _, err := view.Compare(w, insight.Segment, insight.Completes()); return err }, bareSegments},
		{"ComparePeriods", func() error {
			_, err := view.ComparePeriods(insight.Which{From: half}, insight.Which{Until: half}, insight.Completes())
			return err
		}, bareColumns},
	} {
		b.Run(c.name, func(b *testing.B) {
			var asked, bare time.Duration
			for b.Loop() {
				began := time.Now()
				table.Cases().Read(c.bare)
				middle := time.Now()
				if err := c.ask(); err != nil {
					b.Fatal(err)
				}
				bare += middle.Sub(began)
				asked += time.Since(middle)
			}
			b.ReportMetric(float64(asked)/float64(bare), "x-bare")
			b.ReportMetric(float64(asked.Nanoseconds())/float64(b.N)/200_000, "ns/run")
		})
	}
}
