package insight_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// many is a source of n whole events that it makes when it is asked. At the end it measures the heap of the question.
type many struct {
	n     int
	event func(n int) event.Event
	heap  uint64
}

func (*many) Scan(context.Context, event.Scan, func(*event.Event) error) (event.Cursor, error) {
	return event.Cursor{Position: "end"}, nil
}

func (m *many) Events(_ context.Context, q event.Query, each func(*event.Event) error) error {
	if len(q.Kinds) == 1 && q.Kinds[0] == event.ContactResolved {
		return nil
	}
	before := heap()
	for n := range m.n {
		e := m.event(n)
		if err := each(&e); err != nil {
			return err
		}
	}
	m.heap = heap() - before
	return nil
}

func heap() uint64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

// BenchmarkWhole measures the questions that read whole events: the time and the memory for each event, without those of the source.
func BenchmarkWhole(b *testing.B) {
	id := func(kind byte, n int) event.ID {
		return event.ID{0: kind, 12: byte(n >> 24), 13: byte(n >> 16), 14: byte(n >> 8), 15: byte(n)}
	}
	said := func(n int) event.Event {
		e := event.Event{
			ID: id(1, n/2), Kind: event.SurveyRequested, Time: at(0).Add(time.Duration(n) * time.Second), Channel: event.Email,
			Customer: event.Customer{Hash: fmt.Sprintf("%032x", n/6), Segment: []string{"gold", "iron"}[n/6%2]}, Feedback: &event.Feedback{Survey: "after", Version: "1", Scale: event.CSAT},
		}
		if n%2 == 1 {
			e.ID, e.Kind = id(2, n/2), event.FeedbackReceived
			e.Feedback.Request, e.Feedback.Score, e.Feedback.Causes, e.Feedback.Comment = id(1, n/2), 1+n%5, []string{[]string{"slow", "rude"}[n/2%2]}, "The customer's own words, such as there are."
		}
		return e
	}
	called := func(n int) event.Event {
		e := call(n, 0, fmt.Sprintf("%032x", n/3), []string{"first", "second"}[n%2], float64(n%40), n%9 > 0)
		e.Time, e.Intent = at(0).Add(time.Duration(n)*10*time.Second), "bill"
		return e
	}
	for _, c := range []struct {
		name  string
		event func(int) event.Event
		ask   func(*insight.View) error
	}{
		{"Voice", said, func(v *insight.View) error { _, err := v.Voice(context.Background(), insight.Which{}); return err }},
		{"Support", called, func(v *insight.View) error { _, err := v.Support(context.Background(), insight.Which{}); return err }},
	} {
		b.Run(c.name, func(b *testing.B) {
			m := &many{n: 200_000, event: c.event}
			table, err := insight.New(nil)
			if err == nil {
				err = table.Load(b.Context(), m)
			}
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := c.ask(table.View(insight.Everything(), time.Time{})); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(m.heap)/float64(m.n), "B/event")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(m.n), "ns/event")
		})
	}
}
